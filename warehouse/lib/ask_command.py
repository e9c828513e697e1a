"""`warehouse/ask`: answers the seven questions from a run's warehouse, in one JSON object."""

import argparse
import json
import re
import sys
import time
from datetime import date

from lib import run_folder
from lib.failure import Failure, run
from lib.run_folder import PROJECT

QUESTIONS = ("q1", "q2", "q3", "q4", "q5", "q6", "q7")
# The model that a question asks and a run may be without.
NEEDS = {"q6": "revenue_by_country_week", "q7": "encounters_by_day"}


def main():
    args = parse()
    run_of = run_folder.find(args.run)
    with open_warehouse(run_of) as warehouse:
        given = arguments(args, run_of, warehouse)
        answers = {}
        for question in args.only or QUESTIONS:
            started = time.perf_counter()
            answers[question] = ask(warehouse, question, given)
            if args.times:
                print(f"{question} {time.perf_counter() - started:.3f} s", file=sys.stderr)
    print(json.dumps(answers, indent=2))
    return 0


def parse():
    parser = argparse.ArgumentParser(
        prog="warehouse/ask",
        description="Answer seven questions from a run's warehouse, as one JSON object. Each is a SQL file in "
        "warehouse/queries with its definition on top.",
    )
    parser.add_argument("run", metavar="RUN", help="folder of a finished run with a warehouse (warehouse/build RUN)")
    parser.add_argument("--day", metavar="YYYY-MM-DD", help="day of q1 [default: the last whole day]")
    parser.add_argument(
        "--month",
        metavar="YYYY-MM",
        help="month of q3 and q7, that of the day if one is given [default: that of the day]",
    )
    parser.add_argument("--player", metavar="ID", help="player of q4 and q5 [default: the one with the most kills]")
    parser.add_argument("--relation", choices=("opponents", "allies"), help="which encounters q7 counts [default: all]")
    parser.add_argument(
        "--only", metavar="Q", choices=QUESTIONS, action="append", help="only this question; may be repeated"
    )
    parser.add_argument("--times", action="store_true", help="say on standard error how long each answer took")
    return parser.parse_args()


def open_warehouse(run_of):
    """The warehouse of just this run, for reading."""
    # Here, so that --help needs nothing.
    import duckdb

    path = run_of.warehouse
    if not path.is_file():
        raise Failure(Failure.INPUT, f"{run_of.root}: has no warehouse yet; build it: warehouse/build {run_of.root}")
    try:
        warehouse = duckdb.connect(str(path), read_only=True)
        *built_of, place = warehouse.execute("select world_hash, days, tables, folder from run_info").fetchone()
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        raise Failure(
            Failure.REFUSED,
            f"{path}: cannot be read: {first}; close who writes to it, or build it again: "
            f"warehouse/build {run_of.root}",
        ) from None
    if built_of != [run_of.summary["world_hash"], run_of.days, " ".join(sorted(run_of.tables))]:
        raise Failure(
            Failure.REFUSED, f"{path}: is of another run than the folder now holds; warehouse/build {run_of.root}"
        )
    if place != str(run_of.root):
        print(f"note: the run was in {place} when its warehouse was built; views in it look there", file=sys.stderr)
    return warehouse


def arguments(args, run_of, warehouse):
    """What is asked about: given or by default, and in the run."""
    day = run_of.last_day
    if args.day is not None:
        day = parse_day(args.day)
        if not run_of.first_day <= day <= run_of.last_day:
            raise Failure(Failure.USAGE, f"--day {day}: the run has {run_of.first_day} to {run_of.last_day}")
    month = day.replace(day=1)
    if args.month is not None:
        month = parse_month(args.month)
        if not run_of.first_day.replace(day=1) <= month <= run_of.last_day:
            raise Failure(
                Failure.USAGE,
                f"--month {args.month}: the run has {run_of.first_day:%Y-%m} to {run_of.last_day:%Y-%m}",
            )
        if args.day is not None and day.replace(day=1) != month:
            raise Failure(
                Failure.USAGE,
                f"--day {day} --month {args.month}: the day is in another month; ask about them one by one",
            )
    return {
        "day": day.isoformat(),
        "month": month.isoformat(),
        "player": player(args, warehouse),
        "relation": args.relation,
    }


def parse_day(text):
    try:
        if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise Failure(Failure.USAGE, f"--day {text}: is no day such as 2026-01-31") from None


def parse_month(text):
    try:
        if not re.fullmatch("[0-9]{4}-[0-9]{2}", text):
            raise ValueError
        return date.fromisoformat(text + "-01")
    except ValueError:
        raise Failure(Failure.USAGE, f"--month {text}: is no month such as 2026-01") from None


def player(args, warehouse):
    if args.player is None:
        found = warehouse.execute(
            "select player_id from player_lifetime order by kills desc, player_id limit 1"
        ).fetchone()
        return found[0] if found else None
    if not re.fullmatch("[0-9]{1,9}", args.player):
        raise Failure(Failure.USAGE, f"--player {args.player}: is no account number; they are whole numbers from 1 on")
    number = int(args.player)
    has_players = exists(warehouse, "dim_players")
    table = "dim_players" if has_players else "player_lifetime"
    if not warehouse.execute(f"select 1 from {table} where player_id = ? limit 1", [number]).fetchone():
        what = "no such account" if has_players else "nobody of that number has played"
        raise Failure(Failure.USAGE, f"--player {number}: {what} in this run")
    return number


def exists(warehouse, model):
    return bool(warehouse.execute("select 1 from duckdb_columns() where table_name = ? limit 1", [model]).fetchone())


def ask(warehouse, question, given):
    """The answer, with what the run did not write as unknown."""
    is_unknown = question in NEEDS and not exists(warehouse, NEEDS[question])
    if is_unknown:
        print(
            f"note: {question} needs {NEEDS[question]}, which the run has a table switched off for; it is not known",
            file=sys.stderr,
        )
        if question == "q6":
            return None
        # Sessions and days are known all the same.
        warehouse.execute("create temp table encounters_by_day (day date, relation varchar, encounters bigint)")
    sql = (PROJECT / "queries" / f"{question}.sql").read_text(encoding="utf-8")
    named = {name: given[name] for name in set(re.findall(r"\$(\w+)", sql))}
    found = warehouse.execute(sql, named)
    keys = [column[0] for column in found.description]
    rows = [dict(zip(keys, map(plain, row), strict=True)) for row in found.fetchall()]
    if is_unknown:
        rows[0].update(encounters=None, per_session=None, per_day=None, allies=None)
    return rows if question == "q6" else rows[0]


def plain(value):
    """A value as JSON has it: days as text, sums as integers."""
    return value.isoformat() if isinstance(value, date) else value


if __name__ == "__main__":
    run(main)
