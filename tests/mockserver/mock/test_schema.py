"""The version of the database's tables: older ones are brought up to date, strange ones refused untouched."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import create_engine, select, text

from ada_mockserver.mock.store.base import Base
from ada_mockserver.mock.store.database import Database
from ada_mockserver.mock.store.models import Conversation, Message, StoredChannel
from ada_mockserver.mock.store.schema import MIGRATIONS, bring_up_to_date
from ada_schemas.errors import UsageError

OLD = """
CREATE TABLE api_channels (
    custom BOOLEAN NOT NULL, modality VARCHAR(64) NOT NULL, value JSON NOT NULL,
    ordinal INTEGER NOT NULL, id VARCHAR(64) NOT NULL UNIQUE, PRIMARY KEY (ordinal));
CREATE TABLE api_conversations (
    channel_id VARCHAR(64) NOT NULL REFERENCES api_channels (id), end_user_id VARCHAR(64) NOT NULL,
    created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, last_at BIGINT NOT NULL, domain TEXT NOT NULL,
    details JSON NOT NULL, ended BOOLEAN NOT NULL, handoff VARCHAR(128), handoff_count INTEGER NOT NULL,
    human JSON, turns INTEGER NOT NULL, ordinal INTEGER NOT NULL, id VARCHAR(64) NOT NULL UNIQUE,
    PRIMARY KEY (ordinal));
CREATE TABLE api_messages (
    conversation_id VARCHAR(64) NOT NULL REFERENCES api_conversations (id), data JSON NOT NULL,
    ordinal INTEGER NOT NULL, id VARCHAR(64) NOT NULL UNIQUE, PRIMARY KEY (ordinal));
CREATE TABLE api_planned_replies (
    ordinal INTEGER NOT NULL PRIMARY KEY, reply JSON NOT NULL,
    conversation_id VARCHAR(64) NOT NULL REFERENCES api_conversations (id));
INSERT INTO api_channels VALUES (1, 'messaging', '{"id": "c", "name": "App", "description": "Ours",
    "modality": "messaging", "created_at": 0, "metadata": {}, "markdown": false, "custom": true}', 1, 'c');
INSERT INTO api_conversations VALUES ('c', 'u', 5, 6, 7, 'x', '{"a": 1}', 0, NULL, 2, NULL, 3, 1, 'v');
INSERT INTO api_messages VALUES ('v', '{"created_at": "2023-11-14T22:13:20.005000+00:00"}', 1, 'm');
INSERT INTO api_planned_replies VALUES (1, '{}', 'v');
"""
"""Some tables as they were before versions, planned steps and origins."""

HINT = "\n  Name another file, or delete this one if it is an old one of adakit's."
NEWEST = len(MIGRATIONS) + 1


def write(file, script):
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(script)


def read(file, query):
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(query).fetchall()


def create(file):
    """Create the tables as the mock does when it starts."""

    async def scenario():
        database = Database(f"sqlite:///{file}")
        try:
            await database.create()
        finally:
            await database.close()

    asyncio.run(scenario())


def test_new(tmp_path):
    """A new file has all tables and the newest version, and is used again as it is."""
    file = tmp_path / "a.db"
    create(file)
    before = file.read_bytes()
    create(file)
    assert file.read_bytes() == before
    assert read(file, "SELECT version FROM mock_schema") == [(NEWEST,)]
    tables = {name for (name,) in read(file, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables == {*Base.metadata.tables, "mock_schema"}


def test_before_versions(tmp_path):
    """A file from before versions keeps what is in it, and gets the tables and columns that came since."""
    file = tmp_path / "a.db"
    write(file, OLD)
    create(file)

    async def scenario():
        database = Database(f"sqlite:///{file}")
        async with database.begin() as session:
            conversation = await session.scalar(select(Conversation))
            assert (conversation.id, conversation.turns, conversation.details) == ("v", 3, {"a": 1})
            assert (conversation.origin, conversation.ended) == (None, False)
            assert (await session.scalar(select(Message))).created_at == 1_700_000_000_005
            conversation.origin = "http://mock.test"
            assert await session.scalar(text("SELECT count(*) FROM api_planned_steps")) == 0
            await session.flush()
            for table in reversed(Base.metadata.sorted_tables):
                await session.execute(table.delete())
        await database.close()

    asyncio.run(scenario())
    assert read(file, "SELECT version FROM mock_schema") == [(NEWEST,)]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (
            "CREATE TABLE api_channels (id INTEGER PRIMARY KEY, name TEXT)",
            "its table 'api_channels' has no column 'custom'",
        ),
        (
            OLD + "ALTER TABLE api_channels RENAME COLUMN modality TO kind",
            "its table 'api_channels' has no column 'modality'",
        ),
        (
            "CREATE TABLE api_secrets (name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL, owner INT NOT NULL)",
            "its table 'api_secrets' demands a column 'owner' that this adakit does not know",
        ),
        (
            "CREATE TABLE api_secrets (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)",
            "the column 'value' of its table 'api_secrets' holds text, not bytes",
        ),
        (
            "CREATE TABLE api_secrets (name TEXT NOT NULL PRIMARY KEY, value BLOB)",
            "the column 'value' of its table 'api_secrets' may be empty",
        ),
        (
            OLD + "ALTER TABLE api_conversations ADD COLUMN origin TEXT NOT NULL DEFAULT ''",
            "the column 'origin' of its table 'api_conversations' may not be empty",
        ),
        (
            "CREATE TABLE api_secrets (name TEXT NOT NULL, value BLOB NOT NULL)",
            "its table 'api_secrets' has another primary key",
        ),
        (
            "CREATE VIEW api_secrets AS SELECT 1 AS name",
            "the column 'name' of its table 'api_secrets' may be empty",
        ),
        ("CREATE TABLE mock_schema (version INT, by TEXT)", "its table 'mock_schema' is not adakit's"),
        (
            "CREATE TABLE mock_schema (version); INSERT INTO mock_schema VALUES ('one')",
            "its table 'mock_schema' is not adakit's",
        ),
        (
            "CREATE TABLE mock_schema (version INT); INSERT INTO mock_schema VALUES (1), (2)",
            "its table 'mock_schema' is not adakit's",
        ),
    ],
)
def test_refused(tmp_path, script, reason):
    """A database whose tables are not ours is refused in a sentence, and not a byte of it changes."""
    file = tmp_path / "a.db"
    write(file, script)
    before = file.read_bytes()
    with pytest.raises(UsageError) as error:
        create(file)
    assert str(error.value) == f"The file {file} cannot be used: {reason}." + HINT
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def test_no_database(tmp_path):
    """A file of another kind is refused, and not a byte of it changes."""
    file = tmp_path / "a.db"
    file.write_bytes(b"no database" * 1000)
    with pytest.raises(UsageError) as error:
        create(file)
    assert str(error.value) == (
        f"The file {file} cannot be used: file is not a database.\n"
        "  Is it a database of adakit's, that this user may write?"
    )
    assert file.read_bytes() == b"no database" * 1000


def test_newer(tmp_path):
    """What a newer adakit wrote is refused, whatever its tables look like."""
    file = tmp_path / "a.db"
    write(file, "CREATE TABLE mock_schema (version INT); INSERT INTO mock_schema VALUES (70)")
    before = file.read_bytes()
    with pytest.raises(UsageError) as error:
        create(file)
    assert str(error.value) == (
        f"{file} was written by a newer adakit (schema 70; this one knows {NEWEST}).\n"
        "  Update adakit, or name another file."
    )
    assert file.read_bytes() == before


def test_strangers(tmp_path):
    """Tables of other names are left alone, and so are columns that nobody has to fill."""
    file = tmp_path / "a.db"
    write(file, "CREATE TABLE theirs (a INT); INSERT INTO theirs VALUES (1)")
    create(file)
    write(file, "ALTER TABLE api_secrets ADD COLUMN note TEXT")
    create(file)
    assert read(file, "SELECT a FROM theirs") == [(1,)]


def test_migrations():
    """An older version passes through the migrations that came since, in their order, and those alone."""
    done = []
    migrations = [lambda connection, step=step: done.append(step) for step in (1, 2, 3)]

    def versions(count):
        with engine.begin() as connection:
            bring_up_to_date(connection, None, migrations=migrations[:count])
            return connection.scalars(text("SELECT version FROM mock_schema")).all()

    engine = create_engine("sqlite://")
    assert (versions(1), done) == ([2], [])
    assert (versions(3), done) == ([4], [2, 3])
    assert (versions(3), done) == ([4], [2, 3])
    with pytest.raises(UsageError) as error:
        versions(2)
    assert str(error.value) == (
        "The database was written by a newer adakit (schema 4; this one knows 3).\n"
        "  Update adakit, or name another database."
    )
    engine.dispose()


def test_failed_migration(tmp_path):
    """A migration that fails leaves the database as it was."""
    file = tmp_path / "a.db"
    write(file, OLD + "ALTER TABLE api_channels RENAME COLUMN modality TO kind")
    with pytest.raises(UsageError):
        create(file)
    assert read(file, "SELECT count(*) FROM api_planned_replies") == [(1,)]


def test_at_once(tmp_path):
    """Mocks that start at the same time on one file, new or old, bring it up to date once."""
    write(tmp_path / "old.db", OLD)

    async def start(file):
        database = Database(f"sqlite:///{file}")
        await database.create()
        async with database.begin() as session:
            await session.execute(text("SELECT origin FROM api_conversations"))
        await database.close()

    async def scenario():
        await asyncio.gather(*(start(tmp_path / name) for name in ("old.db", "new.db") * 4))

    asyncio.run(scenario())
    for name in ("old.db", "new.db"):
        assert read(tmp_path / name, "SELECT version FROM mock_schema") == [(NEWEST,)]
        assert read(tmp_path / name, "PRAGMA journal_mode") == [("wal",)]


def test_memory_is_new():
    """A database in memory has the models' tables alone: nothing in it can be older."""

    async def scenario():
        database = Database()
        await database.create()
        async with database.begin() as session:
            names = (await session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'"))).all()
            assert set(names) == set(Base.metadata.tables)
            assert (await session.scalars(select(StoredChannel))).all() == []
        await database.close()

    asyncio.run(scenario())
