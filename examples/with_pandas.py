"""Summarises every table of a run with PyArrow and pandas."""

import pandas as pd
import pyarrow.dataset as ds
from summary import show


def summarize(folder):
    files = [str(path) for path in sorted(folder.rglob("*.parquet"))]
    table = ds.dataset(files, format="parquet").to_table().to_pandas()
    found = {"rows": len(table)}
    for name, column in table.items():
        present = column.dropna().astype(object if isinstance(column.dtype, pd.CategoricalDtype) else column.dtype)
        is_number = pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)
        found[name] = {
            "min": present.min() if len(present) else None,
            "sum": sum(map(int, present)) if is_number and len(present) else None,
            "distinct": present.nunique(),
        }
    return found


if __name__ == "__main__":
    show(summarize)
