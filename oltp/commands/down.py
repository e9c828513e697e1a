"""`oltp/down`: stops what `oltp/up` started; its folder stays."""

import argparse
import sys
from pathlib import Path

from commands.server import Server, default_folder
from lib.failure import Failure


def main():
    parser = argparse.ArgumentParser(
        prog="oltp/down",
        description="Stop the database that oltp/up started. Its folder stays, and oltp/up goes on with it.",
    )
    parser.add_argument("--dir", metavar="DIR", type=Path, help=f"folder of the server [default: {default_folder()}]")
    args = parser.parse_args()
    server = Server(args.dir or default_folder(), lambda text: print(text, file=sys.stderr))
    if not server.is_ours():
        raise Failure(Failure.INPUT, f"{server.folder}: is no folder of oltp/up; give --dir as it was given there")
    stopped = server.stop()
    print(f"{server.folder}: {'stopped' if stopped else 'was not running'}", file=sys.stderr)
    return 0
