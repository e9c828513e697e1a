"""Summarises every table of a run with Spark."""

from pyspark.sql import SparkSession
from pyspark.sql import functions as f
from summary import show

NUMBERS = ("tinyint", "smallint", "int", "bigint", "boolean")

spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.ui.enabled", "false")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.sql.shuffle.partitions", "2")
    .config("spark.log.level", "ERROR")
    .getOrCreate()
)


def summarize(folder):
    table = spark.read.option("recursiveFileLookup", True).parquet(str(folder))
    wanted = [f.count(f.lit(1)).alias("rows")]
    for name, kind in table.dtypes:
        column = f.col(name)
        wanted.append(f.min(column).alias(f"{name}.min"))
        # Sums of match numbers go beyond 64 bits.
        number = column.cast("int").cast("decimal(38, 0)") if kind == "boolean" else column.cast("decimal(38, 0)")
        wanted.append((f.sum(number) if kind in NUMBERS else f.lit(None)).alias(f"{name}.sum"))
        wanted.append(f.count_distinct(column).alias(f"{name}.distinct"))
    row = table.agg(*wanted).first().asDict()
    parts = ("min", "sum", "distinct")
    return {"rows": row["rows"]} | {name: {part: row[f"{name}.{part}"] for part in parts} for name in table.columns}


if __name__ == "__main__":
    show(summarize)
