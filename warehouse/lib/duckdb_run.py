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
    described = {(model, column) for model, columns in project.columns().items() for column in columns}
    there = close(order["warehouse"])
    if undocumented := sorted(column for column, comment in there.items() if not comment):
        raise Failure(Failure.LAW, f"columns that nothing describes: {undocumented}")
    # Of a run that has some tables switched off some models have fewer columns.
    if not order["off"] and (invented := sorted(described - there.keys())):
        raise Failure(Failure.LAW, f"columns that are described and not there: {invented}")
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
    """Writes everything out; the comments of all columns."""
    # dbt keeps the file open, with settings of its own.
    DuckDBConnectionManager.close_all_connections()
    with duckdb.connect(path) as warehouse:
        warehouse.execute("checkpoint")
        found = warehouse.execute("select table_name, column_name, comment from duckdb_columns() where not internal")
        return {(table, column): comment for table, column, comment in found.fetchall()}


if __name__ == "__main__":
    run(main)
