"""`oltp/diagram`: the entities of a database and what refers to what, drawn from its catalogue."""

import argparse
import json
import shutil
import subprocess
from html import escape

from commands.postgres import OLTP, Database
from lib.failure import Failure

# References of partitions stand for those of their table; a day is opened to see them, and taken back.
CATALOGUE = """
begin;
call api.open_day('2000-01-01');
select json_build_object(
    'tables', (
        select json_agg(json_build_object(
            'name', c.oid::regclass::text,
            'columns', (
                select json_agg(json_build_object(
                    'name', a.attname,
                    'type', format_type(a.atttypid, a.atttypmod),
                    'is_key', a.attnum = any(k.conkey),
                    'is_optional', not a.attnotnull
                ) order by a.attnum)
                from pg_attribute as a
                where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            )
        ) order by c.oid::regclass::text)
        from pg_class as c
        left join pg_constraint as k on k.conrelid = c.oid and k.contype = 'p'
        where
            c.relnamespace in ('game'::regnamespace, 'audit'::regnamespace)
            and c.relkind in ('r', 'p')
            and not c.relispartition
    ),
    'references', (
        select json_agg(distinct jsonb_build_object(
            'from', coalesce(i.inhparent, k.conrelid)::regclass::text,
            'to', k.confrelid::regclass::text,
            'name', k.conname
        ))
        from pg_constraint as k
        left join pg_inherits as i on k.conrelid = i.inhrelid
        where k.contype = 'f'
    )
);
rollback;
"""
# Tables of the machinery would hide those that the game is about.
HIDDEN = {"game.schema_version", "game.run", "game.stream_position", "game.day", "audit.head"}


def main():
    parser = argparse.ArgumentParser(
        prog="oltp/diagram",
        description="Print the entity-relationship diagram of an installed database as DOT, or write it with its "
        "pictures to oltp/docs, for which graphviz is needed.",
    )
    parser.add_argument("url", metavar="URL", help="a database in which the schema is installed")
    parser.add_argument("--write", action="store_true", help="write docs/er-diagram.dot, .svg and .png")
    args = parser.parse_args()
    database = Database(args.url, lambda text: None)
    text = dot(json.loads(database.run(["--tuples-only", "--no-align", "--file", "-"], CATALOGUE)))
    if not args.write:
        print(text, end="")
        return 0
    program = shutil.which("dot")
    if program is None:
        raise Failure(Failure.IO, "dot: is not installed; install graphviz")
    target = OLTP / "docs" / "er-diagram.dot"
    target.write_text(text, encoding="utf-8")
    for kind in ("svg", "png"):
        subprocess.run([program, f"-T{kind}", "-o", str(target.with_suffix(f".{kind}")), str(target)], check=True)
    return 0


def dot(catalogue):
    lines = [
        "// Drawn from the catalogue by oltp/diagram; a test fails when it is out of date.",
        "digraph oltp {",
        '    graph [rankdir=LR, nodesep=0.25, ranksep=1.1, fontname="DejaVu Sans", bgcolor=white];',
        '    node [shape=plain, fontname="DejaVu Sans", fontsize=10];',
        '    edge [color="#5b6573", arrowhead=none, arrowtail=crow, dir=both, fontname="DejaVu Sans", fontsize=8];',
    ]
    for table in catalogue["tables"]:
        if table["name"] not in HIDDEN:
            lines.append(f'    "{table["name"]}" [label=<{label(table)}>];')
    for reference in sorted(catalogue["references"], key=lambda r: (r["from"], r["name"])):
        lines.append(f'    "{reference["from"]}" -> "{reference["to"]}" [tooltip="{reference["name"]}"];')
    # Entries belong to links without a foreign key: see schema/constraints.sql.
    lines.append('    "audit.audit_log" -> "audit.link" [style=dashed, tooltip="verified, not declared"];')
    return "\n".join(lines) + "\n}\n"


def label(table):
    colour = "#dbe7f5" if table["name"].startswith("game.") else "#f3e3d3"
    rows = [f'<tr><td colspan="2" bgcolor="{colour}"><b>{escape(table["name"])}</b></td></tr>']
    for column in table["columns"]:
        name = escape(column["name"])
        name = f"<u>{name}</u>" if column["is_key"] else name
        kind = escape(column["type"].replace("timestamp with time zone", "timestamptz"))
        kind += "?" if column["is_optional"] else ""
        rows.append(f'<tr><td align="left">{name}</td><td align="left"><font color="#5b6573">{kind}</font></td></tr>')
    return f'<table border="0" cellborder="1" cellspacing="0" cellpadding="3" color="#b8c0cc">{"".join(rows)}</table>'
