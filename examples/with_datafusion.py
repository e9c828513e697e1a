"""Summarises every table of a run with DataFusion."""

import pyarrow as pa
from datafusion import SessionContext
from summary import show


def summarize(folder):
    context = SessionContext()
    days = [("date", pa.string())] if any(folder.glob("date=*")) else []
    context.register_parquet("t", str(folder), table_partition_cols=days)
    found = {"rows": one(context, "select count(*) as n from t")["n"]}
    for field in context.table("t").schema():
        name = field.name
        if name == "date":
            continue
        is_number = pa.types.is_integer(field.type) or pa.types.is_boolean(field.type)
        total = f"sum(cast(cast({name} as bigint) as decimal(38, 0)))" if is_number else "null"
        sql = f"select min({name}) as min, {total} as sum, count(distinct {name}) as distinct_values from t"
        found[name] = one(context, sql)
        found[name]["distinct"] = found[name].pop("distinct_values")
    return found


def one(context, sql):
    (row,) = context.sql(sql).to_pylist()
    return row


if __name__ == "__main__":
    show(summarize)
