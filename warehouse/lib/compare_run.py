"""Compares every model of a run's warehouse on DuckDB with the one on Spark, row for row; for tests.

Takes the run's folder. A row that differs in a value, or is there a different number of times, is a difference.
"""

import sys
from pathlib import Path

import duckdb

from lib.failure import Failure, run


def main():
    folder = Path(sys.argv[1]) / "_warehouse"
    compared = rows = 0
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as warehouse:
        warehouse.execute("set TimeZone = 'UTC'")
        models = warehouse.execute("select distinct table_name from duckdb_columns() where not internal").fetchall()
        for (model,) in sorted(models):
            files = str(folder / "spark" / model / "*.parquet")
            if not (folder / "spark" / model).is_dir():
                raise Failure(Failure.LAW, f"{model}: is not there on Spark")
            columns = warehouse.execute(f"select * from {model} limit 0").description
            names = ", ".join(f'"{column[0]}"' for column in columns)
            ours, theirs = f"select {names} from {model}", f"select {names} from read_parquet('{files}')"
            for left, right, what in ((ours, theirs, "only on DuckDB"), (theirs, ours, "only on Spark")):
                difference = warehouse.execute(f"({left}) except all ({right}) limit 3").fetchall()
                if difference:
                    raise Failure(Failure.LAW, f"{model}: {what}: {difference}")
            compared += 1
            rows += warehouse.execute(f"select count(*) from {model}").fetchone()[0]
    print(f"{compared} models, {rows} rows: no difference")
    return 0


if __name__ == "__main__":
    run(main)
