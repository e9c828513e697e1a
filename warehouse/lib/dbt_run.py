"""Runs the dbt project for `build_command`, in the environment that has dbt: progress while it lasts, and what broke."""

import json
import sys
import time
from pathlib import Path

import duckdb
from dbt.cli.main import dbtRunner

from lib.failure import Failure, run


def main():
    order = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    started = time.monotonic()
    arguments = ["--project-dir", order["project"], "--profiles-dir", order["project"], "--quiet"]
    arguments += ["--vars", json.dumps(order["variables"])]
    manifest = invoke(["parse"] + arguments).result
    kinds = [(node.resource_type, node.name) for node in manifest.nodes.values()]
    models = [name for kind, name in kinds if kind == "model"]
    if order["old"]:
        refuse_strangers(Path(order["old"]), set(models))
    progress = Progress(len(kinds), order["quiet"])
    done = invoke(["build"] + arguments, manifest=manifest, callbacks=[progress.note])
    progress.end()
    broken = [result for result in done.result.results if result.status not in ("success", "pass")]
    if broken:
        raise Failure(Failure.LAW, "\n".join(describe(result) for result in broken if result.status != "skipped"))
    undocumented = close(order["warehouse"])
    if undocumented:
        raise Failure(Failure.LAW, f"columns that nothing describes: {', '.join(undocumented)}")
    if not order["quiet"]:
        checks = len(done.result.results) - len(models)
        seconds = time.monotonic() - started
        print(f"{len(models)} models built and {checks} checks passed in {seconds:.0f} s", file=sys.stderr)
    return 0


def invoke(arguments, **given):
    done = dbtRunner(**given).invoke(arguments)
    if done.exception is not None:
        raise Failure(1, str(done.exception))
    return done


def refuse_strangers(old, models):
    """Tables that somebody made in the warehouse would be gone with it."""
    try:
        with duckdb.connect(str(old), read_only=True) as warehouse:
            names = {name for (name,) in warehouse.execute("select table_name from information_schema.tables").fetchall()}
    except duckdb.Error as error:
        raise Failure(Failure.REFUSED, f"{old}: {error}; use --replace to build it anew") from None
    # What an older project made is in its own list.
    if strangers := sorted(names - models):
        raise Failure(
            Failure.REFUSED,
            f"{old}: holds {', '.join(strangers)}, which no build made and which would be gone; export them, or use --replace",
        )


def describe(result):
    name = getattr(result.node, "name", "?")
    path = getattr(result.node, "original_file_path", "?")
    law = getattr(result.node, "description", "") or ""
    if result.status == "fail":
        return f"{name} does not hold: {result.failures} rows break it ({path}) {law}".rstrip()
    return f"{name}: {result.message} ({path})"


def close(path):
    """Writes everything out; the columns without a description."""
    with duckdb.connect(path) as warehouse:
        warehouse.execute("checkpoint")
        return [
            f"{table}.{column}"
            for table, column in warehouse.execute(
                "select table_name, column_name from duckdb_columns() where not internal and comment is null order by all"
            ).fetchall()
        ]


class Progress:
    """A line that says what is being done, on a terminal only."""

    def __init__(self, total, is_quiet):
        self.total = total
        self.done = 0
        self.is_shown = sys.stderr.isatty() and not is_quiet

    def note(self, event):
        if event.info.name in ("LogModelResult", "LogTestResult"):
            self.done += 1
            self.show(event.data.node_info.node_name)

    def show(self, name):
        if self.is_shown:
            print(f"\r{self.done:>4} of {self.total}  {name[:60]:<60}", end="", file=sys.stderr, flush=True)

    def end(self):
        if self.is_shown:
            print("\r" + " " * 76 + "\r", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    run(main)
