# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL to measure with: durable, on loopback, as a user without
privileges; and what it and its standby have used up."""
import contextlib
import functools
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time

from kit import server

# Debian's; LICET_POSTGRES names the programs of another.
DEBIAN = pathlib.Path("/usr/lib/postgresql")
# What the figures rest on; all else as PostgreSQL ships it. No checkpoint falls
# into a run, so its full-page images are told apart (wal_fpi).
SETTINGS = {"shared_buffers": "256MB", "max_wal_size": "8GB",
            "checkpoint_timeout": "1h", "max_connections": "100"}
TICKS_NS = 10**9 // os.sysconf("SC_CLK_TCK")


def programs():
    named = os.environ.get("LICET_POSTGRES")
    if named:
        return pathlib.Path(named)
    found = sorted(DEBIAN.glob("[0-9]*/bin"),
                   key=lambda folder: int(folder.parent.name))
    if not found:
        raise server.Failed("there is no PostgreSQL (Debian: postgresql)")
    return found[-1]


def owner():
    """Options of subprocess: PostgreSQL declines to run as root."""
    if os.getuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def new_folder():
    """Where that user may write, whoever owns the working copy."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="licet-bench-"))
    if owner():
        os.chown(folder, owner()["user"], owner()["group"])
    return folder


def run(name, *words):
    done = subprocess.run([programs() / name, *map(str, words)], check=False,
                          capture_output=True, text=True, cwd="/", **owner())
    if done.returncode != 0:
        raise server.Failed(f"{name}: {done.stdout}{done.stderr}")
    return done.stdout


class Node:
    """A server that runs already; `dsn` is a superuser's."""

    standby = None

    def __init__(self, dsn):
        self.dsn = dsn

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def query(self, sql):
        return subprocess.run(
            ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", self.dsn,
             "-c", sql], check=True, capture_output=True,
            text=True).stdout.strip()

    def wait_until(self, sql, answer):
        for _ in range(600):
            with contextlib.suppress(subprocess.CalledProcessError):
                if self.query(sql) == answer:
                    return
            time.sleep(0.05)
        raise server.Failed(f"PostgreSQL does not say {answer} to {sql}")

    def version(self):
        return self.query("SHOW server_version").split()[0]

    @functools.cached_property
    def pid(self):
        """The postmaster's."""
        data = pathlib.Path(self.query("SHOW data_directory"))
        return int((data / "postmaster.pid").read_text().split()[0])

    @functools.cached_property
    def port(self):
        return int(self.query("SHOW port"))

    def wal(self):
        """Bytes of the log so far, and full-page images in it."""
        return [int(word) for word in self.query(
            "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0'), "
            "wal_fpi FROM pg_stat_wal").split("|")]

    def wire_bytes(self):
        """Of the connections to it that stand, but for its standby's: by TCP's
        own count."""
        standby = self.query("SELECT coalesce(max(client_port), 0) "
                             "FROM pg_stat_replication")
        told = subprocess.run(
            ["ss", "-tinH", f"( dport = :{self.port} and sport != :{standby} )"],
            check=True, capture_output=True, text=True).stdout
        return sum(int(number) for number in
                   re.findall(r"bytes_(?:sent|received):(\d+)", told))

    def cpu_ns(self):
        """Of all its processes, those that have ended included."""
        root = self.pid
        return (sum(on_cpu_ns(pid) for pid in [root, *children(root)])
                + ended_ns(root))


class Postgres(Node):
    """One of our own, in a folder of its own; `standby` follows it."""

    def __init__(self):
        self.folder = new_folder()
        self.data = self.folder / "data"
        self.port = server.free_port()
        self.process = None
        super().__init__(f"host=127.0.0.1 port={self.port} user=licet "
                         "dbname=postgres")

    def __enter__(self):
        run("initdb", "-D", self.data, "-U", "licet", "-A", "trust",
            "-E", "UTF8", "--no-locale")
        self.start()
        return self

    def __exit__(self, *_):
        if self.standby:
            self.standby.__exit__()
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(60)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        words = [str(programs() / "postgres"), "-D", str(self.data),
                 "-k", str(self.folder), "-p", str(self.port),
                 "-c", "listen_addresses=127.0.0.1"]
        for name, value in SETTINGS.items():
            words += ["-c", f"{name}={value}"]
        with open(self.folder / "log", "ab") as log:
            self.process = server.start(words, set(server.all_cpus()),
                                        stdout=log, stderr=log,
                                        cwd=self.folder, **owner())
        server.wait_for_port(self.process, self.port)
        self.wait_until("SELECT 1", "1")

    def add_standby(self):
        """One that each commit waits for."""
        standby = Postgres()
        run("pg_basebackup", "-D", standby.data, "-R", "-X", "stream",
            "-c", "fast", "-d", self.dsn + " application_name=second")
        self.standby = standby
        standby.start()
        self.query("ALTER SYSTEM SET synchronous_standby_names = 'second'")
        self.query("SELECT pg_reload_conf()")
        self.wait_until("SELECT sync_state FROM pg_stat_replication", "sync")


def stat_of(pid):
    """The fields of proc(5)'s stat behind the name; none when it is gone."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def children(root):
    """PostgreSQL's processes are all its postmaster's children."""
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        if stat_of(entry.name)[1:2] == [str(root)]:
            yield int(entry.name)


def on_cpu_ns(pid):
    try:
        return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text()
                   .split()[0])
    except OSError:
        return 0


def ended_ns(root):
    fields = stat_of(root)
    return (int(fields[13]) + int(fields[14])) * TICKS_NS if fields else 0
