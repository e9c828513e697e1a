"""`warehouse/build`: builds the warehouse of a run, all of it or none."""

import argparse
import fcntl
import json
import os
import re
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from lib import environments, run_folder
from lib.failure import Failure
from lib.run_folder import PROJECT

# Rows up to which facts are tables of the warehouse. Above, they are views over the run's files, which are read as fast
# as a table and need not be copied: of 67 million sessions the copy took a third of the build.
LARGE_ROWS = 50_000_000
# Tables that a run is without unless it is asked for them.
OFF_BY_DEFAULT = {"encounters_swept", "encounters_team", "encounters_group", "rounds"}
# What the warehouse takes, generously, per row of a table that is copied, and per session besides.
BYTES_PER_ROW = 60
BYTES_PER_SESSION = 40


def main():
    args = parse()
    say = (lambda text: None) if args.quiet else (lambda text: print(text, file=sys.stderr, flush=True))
    run = run_folder.find(args.run)
    if "session_ends" not in run.tables:
        raise Failure(
            Failure.INPUT,
            f"{args.run}: the run has no table session_ends, of which nearly everything is made; run the scenario with "
            "output.tables.session_ends = true",
        )
    run_folder.check_files(run)
    said = variables(run)
    folder = run.warehouse.parent
    check_space(run, args, folder if folder.is_dir() else run.root)
    if args.scratch and not (Path(args.scratch).is_dir() and os.access(args.scratch, os.W_OK)):
        raise Failure(Failure.USAGE, f"--scratch {args.scratch}: is no folder that can be written to; make it first")
    # Whoever ends this ends what it has started, and what was begun is cleared away.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    folder.mkdir(exist_ok=True)
    with open(folder / "_lock", "w", encoding="utf-8") as guard:
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failure(Failure.REFUSED, f"{folder}: another build is at work here; wait until it is done") from None
        for left in folder.glob("_building-*"):
            # Of a build that was killed: whoever holds the lock is the only one who builds.
            shutil.rmtree(left)
        refuse_open(run.warehouse)
        interpreter = environments.python("build" if args.engine == "duckdb" else "spark", say)
        with tempfile.TemporaryDirectory(prefix="_building-", dir=folder) as scratch:
            build(run, args, said, interpreter, Path(scratch), guard, say)
    return 0


def parse():
    parser = argparse.ArgumentParser(
        prog="warehouse/build",
        description="Build the warehouse of a run: RUN/_warehouse/warehouse.duckdb, models and checks of the dbt "
        "project in this folder. An older warehouse is replaced when the new one is whole and every check has passed. "
        "On Spark the warehouse is RUN/_warehouse/spark, a folder of Parquet a table.",
        epilog="Then: warehouse/ask RUN answers seven questions; duckdb -readonly RUN/_warehouse/warehouse.duckdb.",
    )
    parser.add_argument("run", metavar="RUN", help="folder of a finished run")
    parser.add_argument("--engine", choices=("duckdb", "spark"), default="duckdb", help="what builds [default: duckdb]")
    parser.add_argument(
        "--master", metavar="URL", help="Spark cluster, such as spark://host:7077 [default: this machine]"
    )
    parser.add_argument(
        "--conf", type=option, metavar="KEY=VALUE", action="append", default=[], help="option of Spark; may be repeated"
    )
    parser.add_argument("--copy-views", action="store_true", help="on Spark, write views as tables, too")
    parser.add_argument("--no-checks", action="store_true", help="build without the checks")
    parser.add_argument("--threads", type=positive, metavar="N", help="threads [default: one per core]")
    parser.add_argument(
        "--memory",
        type=mebibytes,
        metavar="SIZE",
        help="memory for the engine, such as 12GB [default: 60 %% of what is free]",
    )
    parser.add_argument(
        "--scratch", metavar="DIR", help="where to spill what does not fit [default: beside the warehouse]"
    )
    parser.add_argument("--replace", action="store_true", help="replace a warehouse even if it holds tables of others")
    parser.add_argument("--allow-large", action="store_true", help="build even if it seems not to fit on the disk")
    parser.add_argument("--quiet", "-q", action="store_true", help="show nothing but errors")
    return parser.parse_args()


def positive(text):
    if not re.fullmatch("[0-9]{1,4}", text) or not 1 <= int(text) <= 1024:
        raise argparse.ArgumentTypeError(f"{text} is no whole number from 1 to 1024")
    return int(text)


def mebibytes(text):
    """An amount of memory such as 12GB, 800MB or 3GiB, in MiB."""
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([MGT])(i?)B?", text, re.IGNORECASE)
    if not found or float(found[1]) == 0:
        raise argparse.ArgumentTypeError(f"{text} is no amount of memory such as 12GB")
    base, power = (1024 if found[3] else 1000), "MGT".index(found[2].upper()) + 2
    return max(1, int(float(found[1]) * base**power) // 2**20)


def option(text):
    if not re.fullmatch(r"[\w.-]+=.+", text):
        raise argparse.ArgumentTypeError(f"{text} is no KEY=VALUE")
    return text


def large_tables(run):
    return sorted(table for table, said in run.tables.items() if said["rows"] > LARGE_ROWS)


def check_space(run, args, folder):
    """Says before anything is built that it would not fit."""
    copied = {"session_ends", "purchases", "kills", "matches", "participations"} - set(large_tables(run))
    rows = sum(said["rows"] for table, said in run.tables.items() if table in copied)
    needs = rows * BYTES_PER_ROW + run.tables["session_ends"]["rows"] * BYTES_PER_SESSION
    free = shutil.disk_usage(folder).free
    if needs > free and not args.allow_large:
        raise Failure(
            Failure.REFUSED,
            f"{run.root}: the warehouse may take {needs / 1e9:.1f} GB where {free / 1e9:.1f} GB are free; make room, "
            "or use --allow-large",
        )


def refuse_open(warehouse):
    """A warehouse that somebody is writing to is theirs; readers keep what they have opened."""
    if warehouse.with_name(warehouse.name + ".wal").exists():
        raise Failure(
            Failure.REFUSED,
            f"{warehouse}.wal: holds changes that are not in the warehouse yet; close whoever made them, or open the "
            "warehouse once with duckdb and leave it",
        )
    if not warehouse.exists():
        return
    with open(warehouse, "rb") as file:
        asked = struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0)
        kind, _, _, _, holder = struct.unpack("hhqqi4x", fcntl.fcntl(file, fcntl.F_GETLK, asked))
        if kind != fcntl.F_UNLCK:
            raise Failure(
                Failure.REFUSED,
                f"{warehouse}: process {holder} has it open for writing; close it there, or open it with -readonly",
            )


def variables(run):
    """What the project must know of the run."""
    scenario = run.scenario()
    encounter = scenario["encounter"]
    return {
        "tables": sorted(run.tables),
        "large": large_tables(run),
        "first_day": run.first_day.isoformat(),
        "days": run.days,
        "heartbeat_s": scenario["clock"]["heartbeat_seconds"],
        "radius_cm": encounter["radius_cm"],
        "exit_radius_cm": max(encounter["radius_cm"], encounter["exit_radius_cm"]),
        "merge_gap_s": encounter["merge_gap_s"],
        "relation": encounter["relation"],
        "all_heartbeats": scenario["output"]["heartbeat_players_one_in"] == 1,
    }


def build(run, args, said, interpreter, scratch, guard, say):
    """Builds into a folder of its own and puts the result in place."""
    old = result_of(run, args)
    new = scratch / old.name
    before = identity(old)
    memory = args.memory or free_memory() * 6 // 10 // 2**20
    memory = f"{memory}m" if args.engine == "spark" else f"{memory}MiB"
    threads = args.threads or os.cpu_count()
    environment = dict(
        os.environ,
        PYTHONPATH=str(PROJECT),
        SKIRMISH_WAREHOUSE_RUN=str(run.root),
        SKIRMISH_WAREHOUSE_RUN_INFO=json.dumps(
            {key: run.summary[key] for key in ("scenario", "world_hash", "seed", "data_version", "skirmish_version")}
        ),
        # dbt reads a path as an address, with a ? and a # that mean something; the child works in the folder.
        SKIRMISH_WAREHOUSE_FILE=new.name,
        # Nothing is imported from wherever the user happens to be.
        PYTHONSAFEPATH="1",
        SKIRMISH_WAREHOUSE_THREADS=str(threads),
        SKIRMISH_WAREHOUSE_MEMORY=memory,
        SKIRMISH_WAREHOUSE_SCRATCH=str(Path(args.scratch).resolve() if args.scratch else scratch / "spill"),
        DBT_TARGET_PATH=str(scratch / "target"),
        DBT_LOG_PATH=str(scratch / "logs"),
        DBT_SEND_ANONYMOUS_USAGE_STATS="false",
    )
    if args.engine == "spark" and args.master is None:
        # Nobody else needs to reach this machine.
        environment["SPARK_LOCAL_IP"] = "127.0.0.1"
    order = {
        "project": str(PROJECT),
        "variables": said,
        "run": str(run.root),
        "warehouse": str(new),
        "old": str(old) if old.exists() and not args.replace else None,
        "off": sorted(set(run_folder.known_tables()) - set(run.tables) - OFF_BY_DEFAULT),
        "checks": not args.no_checks,
        "quiet": args.quiet,
        "threads": threads,
        "memory": memory,
        "master": args.master or f"local[{threads}]",
        "conf": args.conf,
        "copy_views": args.copy_views,
    }
    path = scratch / "order.json"
    path.write_text(json.dumps(order), encoding="utf-8")
    done = subprocess.run(
        [str(interpreter), "-m", f"lib.{args.engine}_run", str(path)],
        env=environment,
        stdin=subprocess.DEVNULL,
        cwd=scratch,
        # The lock lasts as long as the child, should this process be killed.
        pass_fds=[guard.fileno()],
        check=False,
    )
    if done.returncode != 0:
        raise Failure(
            done.returncode if 0 < done.returncode < 128 else 1,
            "the warehouse was not built; what was there is as it was",
        )
    if args.engine == "duckdb":
        refuse_open(old)
    if identity(old) != before:
        raise Failure(Failure.REFUSED, f"{old}: somebody has changed it meanwhile; it is as they left it. Build again")
    publish(new, old)
    for table in order["off"]:
        say(f"without {table}: the run has it switched off, and models that need it are not there")
    for table in said["large"]:
        say(f"{table} has more than {LARGE_ROWS:,} rows: facts over it are views of the run's files, so keep those")
    files = [file for file in old.rglob("*") if file.is_file()] if old.is_dir() else [old]
    say(f"{old}  {sum(file.stat().st_size for file in files) / 1e6:,.1f} MB")
    if args.engine == "duckdb":
        say(f"Views in it read the run's files where they are now: build again if {run.root} moves")
        say("Ask:  " + shlex.join([str(Path(sys.argv[0]).with_name("ask")), args.run]))


def result_of(run, args):
    """What a build leaves: a file of DuckDB, or a folder with a folder of Parquet a table."""
    return run.warehouse if args.engine == "duckdb" else run.warehouse.with_name("spark")


def identity(path):
    """What changes when somebody writes to a warehouse."""
    if not path.exists():
        return None
    stat = path.stat()
    return (stat.st_ino, stat.st_size, stat.st_mtime_ns)


def publish(new, old):
    """Puts a result in place; whoever looks sees the old one or the new one, whole, also after a power cut."""
    for file in new.rglob("*") if new.is_dir() else [new]:
        if file.is_file():
            with open(file, "rb") as written:
                os.fsync(written.fileno())
    replaced = new.with_name("replaced")
    if old.is_dir():
        # A folder cannot be replaced by another in one step; if the second fails the first is taken back.
        old.rename(replaced)
    try:
        os.replace(new, old)
    except OSError:
        if replaced.is_dir():
            replaced.rename(old)
        raise
    folder = os.open(old.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def free_memory():
    """Bytes of memory that are free, or half of what there is where the system does not say."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
