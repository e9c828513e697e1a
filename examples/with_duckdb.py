"""Summarises every table of a run with DuckDB."""

import duckdb
from summary import show

NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "BOOLEAN")


def summarize(folder):
    files = [str(path) for path in sorted(folder.rglob("*.parquet"))]
    table = duckdb.read_parquet(files, hive_partitioning=False)
    found = {"rows": table.aggregate("count(*)").limit(1).fetchall()[0][0]}
    for name, kind in zip(table.columns, map(str, table.types), strict=True):
        total = f"sum({name}::hugeint)" if kind in NUMBERS else "null"
        wanted = f"min({name}), {total}, count(distinct {name})"
        least, total, distinct = table.aggregate(wanted).limit(1).fetchall()[0]
        found[name] = {"min": least, "sum": total, "distinct": distinct}
    return found


if __name__ == "__main__":
    show(summarize)
