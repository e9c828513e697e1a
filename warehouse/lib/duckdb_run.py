"""Builds the project on DuckDB, for `build_command`, in the environment that has dbt and DuckDB."""

import json
import sys
from pathlib import Path

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager

from lib.failure import Failure, run
from lib.project import Project


def main():
    order = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    project = Project(order, "duckdb")
    if order["old"]:
        refuse_strangers(Path(order["old"]), set(project.names("model")))
    project.build()
    if undocumented := close(order["warehouse"]):
        raise Failure(Failure.LAW, f"columns that nothing describes: {', '.join(undocumented)}")
    return 0


def refuse_strangers(old, models):
    """Tables that somebody made in the warehouse would be gone with it."""
    try:
        with duckdb.connect(str(old), read_only=True) as warehouse:
            found = warehouse.execute("select table_name from information_schema.tables").fetchall()
    except duckdb.Error as error:
        raise Failure(Failure.REFUSED, f"{old}: {error}; use --replace to build it anew") from None
    if strangers := sorted({name for (name,) in found} - models):
        raise Failure(
            Failure.REFUSED,
            f"{old}: holds {', '.join(strangers)}, which this build does not make and which would be gone; "
            "export them, or use --replace",
        )


def close(path):
    """Writes everything out; the columns without a description."""
    # dbt keeps the file open, with settings of its own.
    DuckDBConnectionManager.close_all_connections()
    with duckdb.connect(path) as warehouse:
        warehouse.execute("checkpoint")
        return [
            f"{table}.{column}"
            for table, column in warehouse.execute(
                "select table_name, column_name from duckdb_columns() "
                "where not internal and comment is null order by all"
            ).fetchall()
        ]


if __name__ == "__main__":
    run(main)
