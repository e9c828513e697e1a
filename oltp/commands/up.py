"""`oltp/up`: a database that runs and has the schema, in one command."""

import argparse
import sys
from pathlib import Path

from commands.install import install
from commands.postgres import Database
from commands.server import Server, default_folder


def main():
    parser = argparse.ArgumentParser(
        prog="oltp/up",
        description="Start a PostgreSQL database, leave it running with the schema installed, and print its URL as "
        "the last line. Without a URL it is a server of its own in a folder, from the PostgreSQL of this machine or, "
        "if there is none, from a Python package; other servers of the machine are left alone.",
        epilog='Then: skirmish ingest output/quickstart --to "$(oltp/up)"; psql "$(oltp/up)". oltp/down stops it.',
    )
    parser.add_argument("url", metavar="URL", nargs="?", help="a database that is there: the schema is installed in it")
    parser.add_argument("--dir", metavar="DIR", type=Path, help=f"folder of the server [default: {default_folder()}]")
    parser.add_argument(
        "--server", choices=("auto", "installed", "wheel"), default="auto", help="whose PostgreSQL [default: auto]"
    )
    parser.add_argument("--quiet", "-q", action="store_true", help="show nothing but errors and the URL")
    args = parser.parse_args()
    if args.url and (args.dir or args.server != "auto"):
        parser.error("a URL is of a server that is there: --dir and --server are for one of its own")
    say = (lambda text: None) if args.quiet else (lambda text: print(text, file=sys.stderr, flush=True))
    if args.dir is not None and not args.dir.name:
        parser.error("--dir: needs the name of a folder")
    if args.url:
        url = args.url
        install(Database(url, say))
    else:
        url = Server(args.dir or default_folder(), say, args.server).start(lambda url: install(Database(url, say)))
    print(url)
    return 0
