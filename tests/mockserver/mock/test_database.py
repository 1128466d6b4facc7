"""The database: its URLs, its transactions, its file."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import subprocess
import sys

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, PendingRollbackError

from ada_mockserver.mock.store.database import Database, unwritable, wake_on_commit
from ada_schemas.errors import MissingExtraError, UsageError

HINT = "\n  Write sqlite:///mock.db, sqlite:// for memory, or postgresql://user:password@host/name."


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://user:tell-nobody@host/x", "There is no database 'mysql' here." + HINT),
        ("tell-nobody", "The database's URL cannot be read." + HINT),
        ("postgresql://tell-nobody@host:x/y", "The database's URL cannot be read." + HINT),
        (
            "sqlite:///mock.db?mode=tell-nobody",
            (
                "A database on SQLite takes no options here, such as 'mode'.\n"
                "  Write sqlite:///mock.db, or sqlite:// for memory."
            ),
        ),
    ],
)
def test_bad_urls(url, message):
    """A URL that cannot be used is refused without showing it, since it may hold a password."""
    with pytest.raises(UsageError) as error:
        Database(url)
    assert str(error.value) == message


def test_missing_driver(monkeypatch):
    """PostgreSQL without its driver names the extra that brings it."""
    monkeypatch.setattr("ada_mockserver.mock.store.database.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError) as error:
        Database("postgres://user@host/x")
    assert str(error.value) == (
        "A database on PostgreSQL needs the extra 'postgres', which is not installed.\n"
        "  Install it with: pip install 'adakit[postgres]'"
    )


def test_memory():
    """Two databases in memory have nothing in common; a connection that is lost takes nothing with it."""

    async def scenario():
        first, second = Database(), Database()
        async with first.begin() as connection:
            await connection.execute(text("CREATE TABLE one (a INTEGER)"))
        with contextlib.suppress(PendingRollbackError):
            async with first.begin() as connection:
                await connection.invalidate()
        async with first.begin() as connection:
            await connection.execute(text("SELECT a FROM one"))
        async with second.begin() as connection:
            tables = (await connection.execute(text("SELECT name FROM sqlite_master"))).all()
        assert tables == []
        await first.close()
        await second.close()

    asyncio.run(scenario())


def test_pragmas(tmp_path):
    """A file is written ahead, and a commit is in the kernel's hands when it returns."""

    async def scenario():
        database = Database(f"sqlite:///{tmp_path / 'a.db'}")
        async with database.begin() as connection:
            found = [
                (await connection.execute(text(f"PRAGMA {name}"))).scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys")
            ]
        assert found == ["wal", 1, 1]
        await database.close()

    asyncio.run(scenario())


def test_waking():
    """Listeners are called after a commit that asked for it, and at no other time."""
    woken = []

    async def scenario():
        database = Database()
        database.on_wake(lambda: woken.append(1))
        async with database.begin() as connection:
            await connection.execute(text("SELECT 1"))
        assert woken == []
        with pytest.raises(ZeroDivisionError):
            await fail(database)
        async with database.begin() as connection:
            await connection.execute(text("SELECT 1"))
        assert woken == []
        async with database.begin() as connection:
            wake_on_commit(connection)
            assert woken == []
        assert woken == [1]
        await database.close()

    asyncio.run(scenario())


async def fail(database):
    async with database.begin() as connection:
        wake_on_commit(connection)
        raise ZeroDivisionError


def test_lock(tmp_path):
    """A file on SQLite belongs to one process, until that one dies."""
    file = tmp_path / "a.db"
    script = (
        "import sys\nfrom ada_mockserver.mock.store.database import Database\n"
        f"database = Database('sqlite:///{file}')\n"
        "print(database.lock(), flush=True)\nsys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"True\n"
        mine = Database(f"sqlite:///{file}")
        with pytest.raises(UsageError) as error:
            mine.lock()
        assert str(error.value) == (
            f"{file} is in use by another mock.\n"
            "  Give each a file of its own; on PostgreSQL several can share one database."
        )
        other.kill()
        other.wait()
    assert mine.lock() is True
    assert mine.lock() is True
    asyncio.run(mine.close())
    asyncio.run(memory_is_alone())


async def memory_is_alone():
    database = Database()
    assert database.lock() is True
    await database.close()


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX's")
def test_modes(tmp_path):
    """All files of a new database are its owner's alone; one that others can read is said to be so."""
    before = os.umask(0)

    async def scenario():
        database = Database(f"sqlite:///{tmp_path / 'a.db'}")
        database.lock()
        await database.create()
        async with database.begin() as session:
            await session.execute(text("CREATE TABLE one (a INTEGER)"))
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
        assert modes == {"a.db": 0o600, "a.db-wal": 0o600, "a.db-shm": 0o600, "a.db.lock": 0o600}
        assert database.exposed is None
        (tmp_path / "a.db").chmod(0o644)
        assert database.exposed == str(tmp_path / "a.db")
        await database.close()

    try:
        asyncio.run(scenario())
    finally:
        os.umask(before)
    assert Database().exposed is None


def test_unwritable():
    """What keeps anything more from being stored is told from errors of other kinds."""
    assert unwritable(OSError(errno.ENOSPC, "full")) == "No space left on device"
    assert unwritable(OSError(errno.ENOENT, "gone")) == ""
    assert unwritable(ValueError("full")) == ""
    full, wrapped = Exception("could not extend file\nHINT: more"), Exception("wrapped")
    full.sqlstate, wrapped.__cause__ = "53100", full
    assert unwritable(DBAPIError("INSERT", {}, wrapped)) == "could not extend file"
    assert unwritable(DBAPIError("INSERT", {}, Exception("other"))) == ""
