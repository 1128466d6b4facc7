"""The database of the mock: SQLite by default, in memory for tests, PostgreSQL where processes share it.

What reads or changes `ada_mockserver.mock.store.models` takes an open ``AsyncSession``; nobody but `Database`
opens or commits one.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import sqlite3
import uuid
from contextlib import asynccontextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

from sqlalchemy import create_engine, event, func, insert, inspect, make_url, select
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, StaticPool

from ada_mockserver.mock.store.base import Base, Identified
from ada_mockserver.mock.store.schema import bring_up_to_date
from ada_mockserver.private_files import create_private, is_exposed, open_private
from ada_schemas.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from sqlalchemy import URL, Connection, Delete, Update
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
    from sqlalchemy.orm import Session

__all__ = ["MEMORY", "Database", "add_many", "change", "find", "unwritable", "wake_on_commit"]

Thing = TypeVar("Thing", bound=Identified)

MEMORY = "sqlite://"
"""The URL of a database that lives as long as its `Database`."""

_WAKE = "adakit-wake"
_WRITTEN = "adakit-written"
_READING = ("SELECT", "BEGIN", "PRAGMA")
_BUSY = 30.0
_TRIES = 100
_TURNS, _GATE = 0xADA, 0xADB
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS)
_SQLITE_NO_ROOM = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY")
_POSTGRES_NO_ROOM = ("53100", "25006")
"""``disk_full`` and ``read_only_sql_transaction``."""


class Database:
    """One database; ``url`` is ``sqlite://``, ``sqlite:///file`` or ``postgresql://...``.

    On SQLite there is one connection, so transactions run one after another: keep them short, and wait for
    nothing but the database within one. Raises `UsageError` for a URL that cannot be used and
    `MissingExtraError` where the driver is not installed.
    """

    def __init__(self, url: str = MEMORY) -> None:
        self._listeners: list[Callable[[], None]] = []
        self._followers: list[Callable[[], None]] = []
        self._lock: IO[bytes] | None = None
        self._keeper: sqlite3.Connection | None = None
        parsed = _parse(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.file = (
            parsed.database if self.is_sqlite and parsed.database not in (None, "", ":memory:") else None
        )
        self.engine = self._sqlite(parsed) if self.is_sqlite else _postgres(parsed)
        event.listen(self.engine.sync_engine, "after_cursor_execute", _note_writing)

    def _sqlite(self, url: URL) -> AsyncEngine:
        if self.file is None:
            # The pool may replace a connection whose task was cancelled; the keeper holds the content.
            name = f"file:adakit-{uuid.uuid4().hex}?mode=memory&cache=shared"
            self._keeper = sqlite3.connect(name, uri=True, check_same_thread=False)
            url = make_url(f"sqlite+aiosqlite:///{name}&uri=true")
        engine = create_async_engine(
            url.set(drivername="sqlite+aiosqlite"),
            poolclass=AsyncAdaptedQueuePool,
            pool_size=1,
            max_overflow=0,
            pool_timeout=600,
            connect_args={"timeout": _BUSY},
        )
        if self.file is not None:
            event.listen(engine.sync_engine, "do_connect", partial(_create_first, self.file))
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine

    @property
    def exposed(self) -> str | None:
        """The database's file if others on this machine may read it, with the signing secrets in it."""
        return self.file if self.file is not None and is_exposed(self.file) else None

    def lock(self) -> bool:
        """Keep other processes from a database on SQLite until this one is closed, or dies.

        Returns whether nobody else can use it; on PostgreSQL, and where files cannot be locked, others may.
        Raises `UsageError` when another process has it.
        """
        if self.file is None:
            return self.is_sqlite
        if find_spec("fcntl") is None:
            return False
        import fcntl  # noqa: PLC0415 - not on Windows

        if self._lock is None:
            lock = open_private(f"{self.file}.lock")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                lock.close()
                raise UsageError(
                    f"{self.file} is in use by another mock.",
                    next_step="Give each a file of its own; on PostgreSQL several can share one database.",
                ) from error
            self._lock = lock
        return True

    async def create(self) -> None:
        """Create the tables that do not exist yet, and bring older ones up to date.

        Raises `UsageError` for a database that cannot be reached or used; it is as it was then.
        """
        try:
            if self.file is not None:
                await asyncio.to_thread(_prepare_file, self.file)
                return
            async with self.engine.begin() as connection:
                await self.take_turns(connection)
                if self.is_sqlite:  # in memory nothing can be older
                    await connection.run_sync(Base.metadata.create_all)
                else:
                    await connection.run_sync(bring_up_to_date, None)
        except (OSError, SQLAlchemyError, sqlite3.Error, TypeError, ValueError) as error:  # options of a URL
            reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
            place = f"The file {self.file}" if self.file else "The database"
            raise UsageError(
                f"{place} cannot be used: {reason.rstrip('.')}.", next_step=_advice(self.file)
            ) from error

    async def take_turns(self, connection: AsyncConnection | AsyncSession) -> None:
        """Wait until no other process is in a transaction that took turns, until the end of this one.

        For what is done once for a database; on SQLite transactions take turns anyway.
        """
        if not self.is_sqlite:
            await connection.execute(select(func.pg_advisory_xact_lock(_TURNS)))

    @asynccontextmanager
    async def begin(self, *, alone: bool = False) -> AsyncIterator[AsyncSession]:
        """One transaction: committed at the end of the block, rolled back when it raises.

        What was read can be used after it. One that is ``alone`` begins when no other is under way, and
        others begin after it, in all processes.
        """
        async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
            connection = await session.connection()  # begins now, and not with the first statement
            written = _note_of(connection)
            if not self.is_sqlite:  # there transactions run one after another anyway
                lock = func.pg_advisory_xact_lock if alone else func.pg_advisory_xact_lock_shared
                await session.execute(select(lock(_GATE)))
            yield session
        if session.info.get(_WAKE):
            for listener in self._listeners:
                listener()
        if written:
            for follower in self._followers:
                follower()

    def on_wake(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` after every commit of a transaction that asked for it (`wake_on_commit`)."""
        self._listeners.append(listener)

    def on_write(self, follower: Callable[[], None]) -> Callable[[], None]:
        """Call ``follower`` after every commit of this process that changed something.

        Returns what ends that.
        """
        self._followers.append(follower)
        return partial(self._followers.remove, follower)

    async def close(self) -> None:
        """Close all connections; a database in memory is gone then."""
        await self.engine.dispose()
        for held in (self._keeper, self._lock):
            if held is not None:
                held.close()
        self._keeper = self._lock = None


def wake_on_commit(session: AsyncSession) -> None:
    """Have the listeners of `Database.on_wake` called once this transaction is committed."""
    session.info[_WAKE] = True


async def add_many(session: AsyncSession, things: Sequence[Base]) -> None:
    """Store new things of one kind in this order; the session will not hold them, nor they their ordinals.

    The session would send SQLite a statement for each of them.
    """
    await session.flush()
    if things:
        names = [each.key for each in inspect(type(things[0])).column_attrs if each.key != "ordinal"]
        rows = [{name: getattr(thing, name) for name in names} for thing in things]
        await session.execute(insert(type(things[0])), rows)


async def change(session: AsyncSession, statement: Update | Delete) -> int:
    """Run a statement past the things that the session holds; returns how many rows it changed."""

    def run(held: Session) -> int:
        held.flush()
        return held.connection().execute(statement).rowcount

    return await session.run_sync(run)


def unwritable(error: BaseException) -> str:
    """The reason why nothing more can be stored, such as a full disk; "" for an error of another kind."""
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return os.strerror(error.errno)
    cause = getattr(error, "orig", error)
    if getattr(cause, "sqlite_errorname", "").startswith(_SQLITE_NO_ROOM):
        return str(cause)
    while cause is not None:  # SQLAlchemy wraps what asyncpg raises
        if getattr(cause, "sqlstate", None) in _POSTGRES_NO_ROOM:
            return str(cause).partition("\n")[0]
        cause = cause.__cause__
    return ""


async def find(
    session: AsyncSession, kind: type[Thing], thing_id: str, *, lock: bool = False
) -> Thing | None:
    """The thing of that id, or None; ``lock`` keeps others from changing it until the transaction ends."""
    key = kind.key(thing_id)
    if key is None:
        return None
    statement = select(kind).where(kind.id == key, kind.present())
    return await session.scalar(statement.with_for_update(of=kind) if lock else statement)


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # The URL may hold a password, so it is not repeated.
        raise UsageError(
            "The database's URL cannot be read.",
            next_step="Write sqlite:///mock.db, sqlite:// for memory, or postgresql://user:password@host/name.",
        ) from None
    backend = {"postgres": "postgresql"}.get(parsed.get_backend_name(), parsed.get_backend_name())
    if backend not in ("sqlite", "postgresql"):
        raise UsageError(
            f"There is no database '{parsed.drivername}' here.",
            next_step="Write sqlite:///mock.db, sqlite:// for memory, or postgresql://user:password@host/name.",
        )
    if backend == "sqlite" and parsed.query:
        raise UsageError(
            f"A database on SQLite takes no options here, such as '{next(iter(parsed.query))}'.",
            next_step="Write sqlite:///mock.db, or sqlite:// for memory.",
        )
    return parsed.set(drivername=backend)


def _advice(file: str | None) -> str:
    """The next step for a database that cannot be used."""
    if file is None:
        return "Is the server running, and the URL right?"
    if Path(file).is_file():
        return "Is it a database of adakit's, that this user may write?"
    return "Name a file in a folder that exists, and that this user may write."


def _postgres(url: URL) -> AsyncEngine:
    if find_spec("asyncpg") is None:
        raise MissingExtraError("A database on PostgreSQL", "postgres")
    return create_async_engine(
        url.set(drivername="postgresql+asyncpg"), pool_size=10, max_overflow=10, pool_pre_ping=True
    )


def _prepare_file(file: str) -> None:
    """Bring a file up to date, or raise what is wrong with it, in which case not a byte of it has changed.

    Not over aiosqlite, which would tell an event loop that may be closed by then, and not yet with a
    write-ahead log, which is written into the file.
    """
    _create_first(file)
    with contextlib.closing(sqlite3.connect(file, timeout=_BUSY, check_same_thread=False)) as opened:
        opened.isolation_level = None
        engine = create_engine("sqlite://", creator=lambda: opened, poolclass=StaticPool)
        event.listen(engine, "begin", _begin_sqlite)
        with engine.begin() as connection:
            bring_up_to_date(connection, file)
        _write_ahead(opened)
        engine.dispose()


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Turn the write-ahead log on, before anybody works with the file.

    SQLite does not wait for another process that is at work: it says that the file is locked.
    """
    for _ in range(_TRIES):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
        else:
            return
        connection.execute("BEGIN IMMEDIATE")  # this it waits for
        connection.execute("ROLLBACK")
    connection.execute("PRAGMA journal_mode=WAL")


def _create_first(file: str, *_: Any) -> None:
    """Create the file before SQLite does, which gives its -wal and -shm the same mode.

    What keeps it from being created, SQLite will say.
    """
    with contextlib.suppress(OSError):
        create_private(file)


def _prepare_sqlite(connection: Any, record: Any) -> None:  # noqa: ARG001 - SQLAlchemy's signature
    """Let SQLAlchemy begin transactions, and wait for other readers and writers of the file.

    A write-ahead log with ``synchronous=NORMAL`` keeps every commit when the process is killed: what was
    written is in the kernel's hands. Only a failing machine can lose the last commits.
    """
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _note_of(connection: AsyncConnection) -> list[bool]:
    """A list that stays empty while nothing is written over a connection."""
    written: list[bool] = []
    assert connection.sync_connection is not None  # noqa: S101 - it has begun
    connection.sync_connection.info[_WRITTEN] = written
    return written


def _note_writing(connection: Connection, cursor: Any, statement: str, *_: Any) -> None:
    if cursor.rowcount and not statement.startswith(_READING):
        connection.info.setdefault(_WRITTEN, []).append(True)


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that begins as a reader cannot become a writer while another process writes.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
