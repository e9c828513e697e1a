"""Builds the project on Spark, for `build_command`, in the environment that has dbt and Spark.

The session is made here, before dbt asks for one: its catalogue lives in memory, its tables are Parquet files in one
folder, and a time without a zone is what a timestamp means.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from pyspark.sql import SparkSession

from lib.failure import Failure, run
from lib.project import Project


def main():
    order = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        raise Failure(Failure.IO, "Spark needs Java 17 or newer: apt install openjdk-17-jre-headless")
    spark = session(order)
    try:
        register(spark, order)
        project = Project(order, "spark")
        project.build()
        if order["copy_views"]:
            copy_views(spark, project, Path(order["warehouse"]))
    finally:
        spark.stop()
    return 0


def session(order):
    builder = (
        SparkSession.builder.appName("skirmish warehouse")
        .master(order["master"])
        .config("spark.sql.catalogImplementation", "in-memory")
        .config("spark.sql.warehouse.dir", order["warehouse"])
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.timestampType", "TIMESTAMP_NTZ")
        .config("spark.sql.shuffle.partitions", str(2 * order["threads"]))
        .config("spark.driver.memory", order["memory"])
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.log.level", "ERROR")
    )
    for option in order["conf"]:
        builder = builder.config(*option.split("=", 1))
    return builder.getOrCreate()


def register(spark, order):
    """The tables of the run as tables of Spark, in a database that models are not in."""
    folder = plain_path(Path(order["run"]))
    spark.sql("create database run")
    for table in order["variables"]["tables"]:
        files = folder / "tables" / table
        spark.catalog.createTable(f"run.{table}", path=str(files), source="parquet")
        if any(files.glob("date=*")):
            # The catalogue knows only the days that it has been told of.
            spark.catalog.recoverPartitions(f"run.{table}")


def plain_path(run):
    """The run's folder, or a link to it: Spark would read brackets, braces and stars in a path as patterns."""
    if not set("[]{}*?\\%") & set(str(run)):
        return run
    link = Path(tempfile.mkdtemp(prefix="skirmish-")) / "run"
    link.symlink_to(run, target_is_directory=True)
    return link


def copy_views(spark, project, folder):
    """Views are gone with the session; whoever compares every model needs them, too."""
    for name in project.names("model"):
        if not (folder / name).exists():
            spark.table(name).write.parquet(str(folder / name))


if __name__ == "__main__":
    # Workers of this Python are this Python.
    os.environ["PYSPARK_PYTHON"] = sys.executable
    run(main)
