"""`warehouse/dashboard`: shows a run's warehouse in a browser, from this machine alone."""

import argparse
import os
import sys

from lib import run_folder
from lib.failure import Failure, run
from lib.run_folder import PROJECT


def parse():
    parser = argparse.ArgumentParser(
        prog="warehouse/dashboard",
        description="Show a run's warehouse in a browser: play time, fights, revenue, retention. Reads only, takes "
        "in a rebuilt warehouse by itself, and asks nothing of any other machine. Ends with Ctrl-C.",
    )
    parser.add_argument("run", metavar="RUN", help="folder of a finished run with a warehouse (warehouse/build RUN)")
    parser.add_argument("--port", type=int, default=8501, metavar="N", help="port on this machine [default: 8501]")
    return parser.parse_args()


def main():
    args = parse()
    found = run_folder.find(args.run)
    if not found.warehouse.is_file():
        raise Failure(Failure.INPUT, f"{args.run}: has no warehouse yet; build it: warehouse/build {args.run}")
    if "players" not in found.tables:
        raise Failure(Failure.INPUT, f"{args.run}: the run has no table players, by which the dashboard filters")
    options = {
        "server.address": "127.0.0.1",
        "server.port": args.port,
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
    }
    command = [sys.executable, "-m", "streamlit", "run", str(PROJECT / "lib" / "dashboard_app.py")]
    command += [f"--{key}={value}" for key, value in options.items()]
    print(f"http://127.0.0.1:{args.port}", file=sys.stderr, flush=True)
    os.execv(sys.executable, [*command, "--", str(found.root)])


if __name__ == "__main__":
    run(main)
