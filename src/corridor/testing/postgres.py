"""A private PostgreSQL server for tests: in a temporary folder, on a port of its own, gone afterwards."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

PATIENCE: Final = 60.0
"""Seconds for the server to answer, or to end."""


def binaries() -> Path | None:
    """The folder with `initdb` and `postgres`, of the latest version that is installed; None if there is none."""
    on_path = shutil.which("initdb")
    places = [Path(on_path).resolve().parent] if on_path else []
    # Debian keeps the server's programs off the path, one folder for each version.
    versions = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdigit()]
    places += sorted(versions, key=lambda path: int(path.parent.name), reverse=True)
    return next((place for place in places if (place / "initdb").exists() and (place / "postgres").exists()), None)


def _unprivileged() -> dict[str, Any]:
    """How to start the server, which refuses to run as root: as `postgres` or else as `nobody`."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


class Cluster:
    """A server that runs; `create` makes a database on it and gives its URL.

    Attributes:
        durable: whether it syncs to disk, as a real one does; tests need not wait for that.
        listen: the IPv4 address that it answers on; if that is not loopback, to neighbours who know the password.
    """

    def __init__(self, folder: Path, programs: Path, *, durable: bool = False, listen: str = "127.0.0.1") -> None:
        self._folder = folder
        self._programs = programs
        self._durable = durable
        self._listen = listen
        self._identity = _unprivileged()
        self._password = secrets.token_urlsafe(16)
        self._numbers = itertools.count()
        self._process: subprocess.Popen[bytes] | None = None
        self.port = _free_port(listen)
        if self._identity:
            os.chown(folder, self._identity["user"], self._identity["group"])

    def start(self) -> None:
        """Make the data folder if there is none, start the server, and wait until it answers."""
        if not (self._folder / "data").exists():
            self._initialise()
        settings = {
            "port": self.port,
            "listen_addresses": self._listen,
            "unix_socket_directories": self._folder,
            "max_connections": 200,
            "shared_buffers": "64MB",
            **({} if self._durable else {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}),
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [str(self._programs / "postgres"), "-D", str(self._folder / "data"), *options]
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - the server's own program
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self._folder, **self._identity
            )
        self._await()

    def stop(self) -> None:
        """End the server, and every connection to it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(PATIENCE)
            self._process = None

    def create(self, *, template: str = "template0") -> str:
        """A new database, empty or a copy of `template`; its URL."""
        name = f"node_{next(self._numbers)}"
        self.say(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is on it."""
        self.say(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    def disconnect(self, url: str) -> None:
        """Break every connection to a database, as a restart of the server would."""
        name = url.rpartition("/")[2]
        self.say(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")  # noqa: S608 - ours

    def url(self, name: str) -> str:
        """The URL of a database by its name."""
        return f"postgresql://postgres:{self._password}@{self._listen}:{self.port}/{name}"

    def say(self, sql: str, database: str = "postgres") -> str:
        """Run a statement as the superuser; what `psql` shows of it."""
        command = [str(self._programs / "psql"), "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1"]
        where = ["-h", str(self._folder), "-p", str(self.port), "-U", "postgres", "-d", database, "-c", sql]
        done = subprocess.run([*command, *where], capture_output=True, text=True, check=False, cwd=self._folder)  # noqa: S603 - as above
        if done.returncode:
            raise RuntimeError(f"{sql}: {done.stderr}")
        return done.stdout.strip()

    def _initialise(self) -> None:
        password = self._folder / "password"
        password.write_text(self._password, "utf-8")
        if self._identity:
            os.chown(password, self._identity["user"], self._identity["group"])
        words = ["-D", str(self._folder / "data"), "-U", "postgres", "--pwfile", str(password), "--no-sync"]
        auth = ["--auth-local=trust", "--auth-host=scram-sha-256", "--encoding=UTF8", "--no-locale"]
        command = [str(self._programs / "initdb"), *words, *auth]
        subprocess.run(command, check=True, capture_output=True, cwd=self._folder, **self._identity)  # noqa: S603 - as above
        # initdb lets loopback in, and nobody else.
        with (self._folder / "data" / "pg_hba.conf").open("a", encoding="utf-8") as rules:
            rules.write("" if self._listen == "127.0.0.1" else "host all all samenet scram-sha-256\n")

    def _await(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(RuntimeError):
                self.say("SELECT 1")
                return
            ended = self._process is None or self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                raise RuntimeError((self._folder / "server.log").read_text("utf-8", "replace")[-2000:])
            time.sleep(0.02)


def _free_port(address: str) -> int:
    with socket.create_server((address, 0)) as found:
        port: int = found.getsockname()[1]
        return port


@contextlib.contextmanager
def cluster(programs: Path, *, durable: bool = False, listen: str = "127.0.0.1") -> Iterator[Cluster]:
    """A server for as long as the block lasts."""
    # Not below pytest's folders: the server's user could not get there.
    folder = Path(tempfile.mkdtemp(prefix="corridor-pg-"))
    made = Cluster(folder, programs, durable=durable, listen=listen)
    try:
        try:
            made.start()
        except RuntimeError:
            # Another program can have taken the port between its being found and its being bound.
            made.stop()
            made.port = _free_port(listen)
            made.start()
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)
