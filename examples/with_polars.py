"""Summarises every table of a run with Polars."""

import polars as pl
from summary import show


def summarize(folder):
    table = pl.scan_parquet(sorted(folder.rglob("*.parquet")), glob=False, hive_partitioning=False)
    found = {"rows": table.select(pl.len()).collect().item()}
    for name, kind in table.collect_schema().items():
        column = pl.col(name).cast(pl.String) if kind == pl.Categorical else pl.col(name)
        is_number = kind.is_integer() or kind == pl.Boolean
        total = column.cast(pl.Int128).sum() if is_number else pl.lit(None)
        wanted = [column.min().alias("min"), total.alias("sum"), column.drop_nulls().n_unique().alias("distinct")]
        found[name] = table.select(wanted).collect().row(0, named=True)
        if found["rows"] == 0:
            # Polars says that the sum of nothing is 0, SQL that there is none.
            found[name]["sum"] = None
    return found


if __name__ == "__main__":
    show(summarize)
