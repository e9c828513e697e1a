"""What every example here prints: each table's rows, and of each column the least value, the sum and how many differ.

The tools must agree on all of it; a test compares them.
"""

import json
import sys
from datetime import date, datetime
from pathlib import Path


def tables(run):
    """The folders of a run's tables."""
    return sorted(folder for folder in Path(run, "tables").iterdir() if folder.is_dir())


def show(summarize):
    """Prints as JSON what a tool says of each table of the run on the command line."""
    if len(sys.argv) != 2 or not Path(sys.argv[1], "run.json").is_file():
        sys.exit(f"usage: {sys.argv[0]} RUN, the folder of a run such as output/quickstart")
    found = {folder.name: plain(summarize(folder)) for folder in tables(sys.argv[1])}
    print(json.dumps(found, indent=1, sort_keys=True))


def plain(value):
    """Values as JSON has them: times as milliseconds since 1970, days as text, truth as 0 and 1."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, datetime):
        return round((value.replace(tzinfo=None) - datetime(1970, 1, 1)).total_seconds() * 1000)
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, str):
        return value
    return int(value)
