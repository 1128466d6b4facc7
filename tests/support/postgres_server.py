"""A PostgreSQL server of our own: in a folder of its own, on a socket of its own, under an ordinary user."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

__all__ = ["PostgresServer", "missing_postgres"]

USERS = ("postgres", "nobody")
"""Who it runs as where we are root, which initdb refuses: the first of these that exists."""


def _programs() -> Path | None:
    """The folder with initdb and postgres: where Debian puts them, newest first, else on the path."""
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -float(path.parent.name))
    if found := shutil.which("initdb"):
        candidates.append(Path(found).parent)
    return next((folder for folder in candidates if (folder / "initdb").is_file()), None)


def missing_postgres() -> str:
    """What keeps a server from being started here, "" if nothing does."""
    if _programs() is None:
        return "PostgreSQL's initdb is not there; Debian has it in the package postgresql"
    if os.geteuid() == 0 and _ordinary_user() is None:
        return f"initdb refuses root, and there is no user {' or '.join(USERS)} to run it as"
    return ""


def _ordinary_user() -> str | None:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next((user for user in USERS if user in names), None)


class PostgresServer:
    """Runs while it is entered; ``url`` names its one database."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="adakit-pg-", dir="/tmp"))
        self._process: subprocess.Popen[bytes] | None = None
        self._user = _ordinary_user() if os.geteuid() == 0 else None
        self.url = f"postgresql://adakit@/postgres?host={self._folder}"

    def __enter__(self) -> Self:
        programs = _programs()
        if programs is None:
            raise RuntimeError(missing_postgres())
        if self._user:
            entry = pwd.getpwnam(self._user)
            os.chown(self._folder, entry.pw_uid, entry.pw_gid)
        data = self._folder / "data"
        self._run(programs / "initdb", "-D", data, "-U", "adakit", "-A", "trust", "-E", "UTF8", "--no-sync")
        command = [programs / "postgres", "-D", data, "-k", self._folder, "-c", "listen_addresses="]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, user=self._user, cwd=self._folder, start_new_session=True
            )
        ready = [programs / "pg_isready", "-q", "-h", self._folder]
        for _ in range(600):
            if subprocess.run(ready, check=False).returncode == 0:
                return self
            if self._process.poll() is not None:
                raise RuntimeError(f"PostgreSQL ended:\n{(self._folder / 'log').read_text()}")
            try:
                self._process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
        raise RuntimeError("PostgreSQL took no connection within 30 s")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, *command: str | Path) -> None:
        done = subprocess.run(
            command, capture_output=True, text=True, user=self._user, cwd=self._folder, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
