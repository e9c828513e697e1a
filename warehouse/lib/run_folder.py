"""A run's folder: what it says of itself, and whether that is there."""

import json
import re
import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from lib.failure import Failure

AGAIN = "run the scenario again with skirmish run --overwrite"
PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Run:
    """A finished run."""

    root: Path
    summary: dict

    @property
    def first_day(self):
        return date.fromisoformat(self.summary["start"])

    @property
    def days(self):
        return self.summary["days"]

    @property
    def last_day(self):
        return self.first_day + timedelta(days=self.days - 1)

    @property
    def tables(self):
        """Names of the tables that were written, with rows, bytes and files of each."""
        return self.summary["tables"]

    @property
    def warehouse(self):
        return self.root / "_warehouse" / "warehouse.duckdb"

    def scenario(self):
        """The scenario with every default filled in."""
        path = self.root / "scenario.resolved.toml"
        try:
            with open(path, "rb") as file:
                return tomllib.load(file)
        except (ValueError, FileNotFoundError):
            raise Failure(Failure.INPUT, f"{path}: is not there or no scenario; {AGAIN}") from None


def find(folder):
    """The run in a folder, or why it is none that can be used."""
    root = Path(folder).resolve()
    if not root.exists():
        raise Failure(Failure.INPUT, f"{folder}: there is no such folder; make a run: skirmish run quickstart")
    if not root.is_dir():
        raise Failure(Failure.INPUT, f"{folder}: is a file; give the folder of the run that it is in")
    try:
        str(root).encode()
    except UnicodeEncodeError:
        raise Failure(Failure.INPUT, f"{str(root)!r}: has a name that is no text; move the run") from None
    if "?" in str(root):
        raise Failure(Failure.INPUT, f"{folder}: DuckDB takes a ? in a path for the start of a query; move the run")
    path = root / "run.json"
    if not path.is_file():
        raise Failure(Failure.INPUT, f"{folder}: is no run, it has no run.json; give the folder that --out named")
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
        status = summary["status"]
    except (ValueError, KeyError, TypeError):
        raise Failure(Failure.INPUT, f"{path}: is no summary of a run; {AGAIN}") from None
    if status != "complete":
        raise Failure(
            Failure.INPUT,
            f"{folder}: the run is not finished, its status is {status!r}; let it finish, or start it over with "
            "skirmish run --overwrite",
        )
    ours = data_version()
    if summary.get("data_version") != ours:
        raise Failure(
            Failure.INPUT,
            f"{folder}: the run has data version {summary.get('data_version')}, this warehouse reads {ours}; run the "
            "scenario again with the skirmish of this checkout, or use the checkout that made the run",
        )
    try:
        date.fromisoformat(summary["start"])
        tables = summary["tables"].items()
        is_whole = all(isinstance(said[key], int) for _, said in tables for key in ("rows", "bytes", "files"))
        is_whole = is_whole and all(
            key in summary for key in ("days", "scenario", "world_hash", "seed", "skirmish_version")
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        is_whole = False
    if not is_whole:
        raise Failure(Failure.INPUT, f"{path}: lacks what a finished run says of itself; {AGAIN}")
    return Run(root, summary)


def data_version():
    """The data version that the sources were generated for."""
    sources = (PROJECT / "models" / "sources.yml").read_text(encoding="utf-8")
    return int(re.search(r"data_version: (\d+)", sources)[1])


def known_tables():
    """Every table that a run may write."""
    sources = (PROJECT / "models" / "sources.yml").read_text(encoding="utf-8")
    return re.findall(r"^      - name: (\w+)$", sources, re.MULTILINE)


def check_files(run):
    """Whether the tables hold the files that the run says it wrote: as many, of as many bytes."""
    for table, said in run.tables.items():
        files = list((run.root / "tables" / table).rglob("*"))
        files = [path for path in files if path.is_file()]
        strangers = [path for path in files if path.suffix != ".parquet"]
        if strangers:
            raise Failure(Failure.INPUT, f"{strangers[0]}: is not of the run; move it out of the table's folder")
        found = (len(files), sum(path.stat().st_size for path in files))
        if found != (said["files"], said["bytes"]):
            raise Failure(
                Failure.INPUT,
                f"{run.root / 'tables' / table}: holds {found[0]} files of {found[1]} bytes where the run wrote "
                f"{said['files']} of {said['bytes']}; something was lost or added, run the scenario again",
            )
