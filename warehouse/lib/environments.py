"""Virtual environments: one a purpose, made of locked wheels on first use and kept for the next."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from lib.failure import Failure, run
from lib.run_folder import PROJECT


def python(purpose, say, requirements=PROJECT / "requirements"):
    """The interpreter of the environment for a purpose, one of `requirements/*.txt`; makes it if need be."""
    lock = requirements / f"{purpose}.txt"
    version = f"py{sys.version_info.major}.{sys.version_info.minor}"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:12]
    folder = home() / f"{purpose}-{version}-{digest}"
    interpreter = folder / "bin" / "python"
    done = folder / "complete"
    if done.exists():
        return interpreter
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Two commands at once would install into the same folder.
    with open(f"{folder}.lock", "w", encoding="utf-8") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not done.exists():
            say(f"setting up Python packages for {purpose} in {folder}, once")
            shutil.rmtree(folder, ignore_errors=True)
            call([sys.executable, "-m", "venv", str(folder)])
            call(
                [str(interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
                # Spark comes as an archive of its jars and plain Python, never as a wheel.
                + ["--require-hashes", "--only-binary", ":all:", "--no-binary", "pyspark", "--requirement", str(lock)]
            )
            done.touch()
    return interpreter


def home():
    """Where environments lie: SKIRMISH_ENVIRONMENTS, or the user's cache."""
    if chosen := os.environ.get("SKIRMISH_ENVIRONMENTS"):
        return Path(chosen).resolve()
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "skirmish" / "environments"


def call(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise Failure(
            Failure.IO,
            f"{' '.join(command)}\n{done.stdout}\nPython 3.11 to 3.13 with venv is needed, and a "
            "registry of packages to install from, once",
        )


def become(purpose, module):
    """Goes on as a module of this project in the environment for a purpose, with the arguments of this command."""

    def start():
        interpreter = python(purpose, lambda text: print(text, file=sys.stderr))
        environment = dict(os.environ, PYTHONPATH=str(PROJECT), PYTHONSAFEPATH="1")
        os.execve(interpreter, [str(interpreter), "-m", module, *sys.argv[1:]], environment)

    run(start)
