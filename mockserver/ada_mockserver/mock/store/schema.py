"""The version of a database's tables: an older database is brought up to date, or refused, and never misread.

All of it happens within the caller's transaction, so that what is refused stays as it was.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn

import sqlalchemy as sa
from sqlalchemy.engine.reflection import ObjectKind
from sqlalchemy.schema import CreateColumn

from ada_mockserver.mock.store.base import Base
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Column, Connection, Table
    from sqlalchemy.engine.interfaces import ReflectedColumn
    from sqlalchemy.types import TypeEngine

    Migration = Callable[[Connection], None]

__all__ = ["MIGRATIONS", "bring_up_to_date"]


def _drop_planned_replies(connection: Connection) -> None:
    # Its rows would keep the conversations that they name from being cleared.
    connection.execute(sa.text("DROP TABLE IF EXISTS api_planned_replies"))


def _date_messages(connection: Connection) -> None:
    # Messages were dated within their data alone.
    inspector = sa.inspect(connection)
    if not inspector.has_table("api_messages"):
        return
    if "created_at" in {column["name"] for column in inspector.get_columns("api_messages")}:
        return
    connection.exec_driver_sql("ALTER TABLE api_messages ADD COLUMN created_at BIGINT DEFAULT 0 NOT NULL")
    _create_indexes(connection, Base.metadata.tables["api_messages"].c.created_at)
    messages = sa.table(
        "api_messages", sa.column("ordinal"), sa.column("data", sa.JSON), sa.column("created_at")
    )
    for ordinal, data in connection.execute(sa.select(messages.c.ordinal, messages.c.data)).all():
        dated = round(datetime.fromisoformat(data["created_at"]).timestamp() * 1000)
        connection.execute(messages.update().where(messages.c.ordinal == ordinal).values(created_at=dated))


MIGRATIONS: Sequence[Migration] = (_drop_planned_replies, _date_messages)
"""The first makes version 2 of version 1, which is that of tables made before versions were stored."""

_VERSIONS = sa.Table("mock_schema", sa.MetaData(), sa.Column("version", sa.Integer, nullable=False))
"""Apart from the models' metadata: clearing the mock keeps it."""


def bring_up_to_date(
    connection: Connection, file: str | None, *, migrations: Sequence[Migration] = MIGRATIONS
) -> None:
    """Create the tables that are missing, and migrate those of an older version.

    ``file`` is the database's, None on a server. Raises `UsageError` for a database of a newer version, and
    for one whose tables are not adakit's.
    """
    newest = len(migrations) + 1
    present = _columns(connection, [*Base.metadata.tables.values(), _VERSIONS])
    stored = _stored(connection, file, present.get(_VERSIONS.name))
    ours_exist = bool(present.keys() - {_VERSIONS.name})
    version = stored or (1 if ours_exist else newest)
    if version > newest:
        raise UsageError(
            f"{file or 'The database'} was written by a newer adakit "
            f"(schema {version}; this one knows {newest}).",
            next_step=f"Update adakit, or name another {'file' if file else 'database'}.",
        )
    for migrate in migrations[version - 1 :]:
        migrate(connection)
    if ours_exist:
        _compare(connection, file)
    Base.metadata.create_all(connection)
    if stored != newest:
        _VERSIONS.create(connection, checkfirst=True)
        connection.execute(_VERSIONS.delete())
        connection.execute(_VERSIONS.insert().values(version=newest))


def _columns(connection: Connection, tables: Sequence[Table]) -> dict[str, list[ReflectedColumn]]:
    """The columns of those tables that exist, by table; a view counts as one."""
    names = [table.name for table in tables]
    found = sa.inspect(connection).get_multi_columns(filter_names=names, kind=ObjectKind.ANY)
    return {name: columns for (_, name), columns in found.items() if columns}


def _stored(connection: Connection, file: str | None, columns: list[ReflectedColumn] | None) -> int | None:
    """The version that the database says it has, None where it says nothing."""
    if columns is None:
        return None
    if [column["name"] for column in columns] != ["version"]:
        _refuse(file, "its table 'mock_schema' is not adakit's")
    versions = list(connection.scalars(sa.select(_VERSIONS.c.version)))
    if not versions:
        return None
    version: object = versions[0]  # in SQLite a column holds whatever it was given
    if len(versions) > 1 or not isinstance(version, int) or version < 1:
        _refuse(file, "its table 'mock_schema' is not adakit's")
    return version


def _compare(connection: Connection, file: str | None) -> None:
    """Add what tables can do without so far; refuse those that differ otherwise."""
    present = _columns(connection, list(Base.metadata.tables.values()))
    keys = sa.inspect(connection).get_multi_pk_constraint(filter_names=list(present), kind=ObjectKind.ANY)
    primary = {name: key["constrained_columns"] for (_, name), key in keys.items()}
    lacking = []
    for table in Base.metadata.sorted_tables:
        if table.name not in present:
            continue
        found = {column["name"]: column for column in present[table.name]}
        for column in table.columns:
            if column.name in found:
                _compare_column(connection, file, column, found.pop(column.name))
            elif _addable(column):
                lacking.append(column)
            else:
                _refuse(file, f"its table '{table.name}' has no column '{column.name}'")
        for name, unknown in found.items():
            if not unknown["nullable"] and unknown["default"] is None:
                _refuse(
                    file, f"its table '{table.name}' demands a column '{name}' that this adakit does not know"
                )
        if primary.get(table.name) != [column.name for column in table.primary_key]:
            _refuse(file, f"its table '{table.name}' has another primary key")
    for column in lacking:
        _add(connection, column)


def _compare_column(
    connection: Connection, file: str | None, column: Column[Any], found: ReflectedColumn
) -> None:
    name = f"column '{column.name}' of its table '{column.table.name}'"
    lenient = connection.dialect.name == "sqlite"
    wanted, held = _kind(column.type, lenient=lenient), _kind(found["type"], lenient=lenient)
    if held and wanted != held:
        _refuse(file, f"the {name} holds {held}, not {wanted}")
    if found["nullable"] and not column.nullable:
        _refuse(file, f"the {name} may be empty")
    if column.nullable and not found["nullable"]:
        _refuse(file, f"the {name} may not be empty")


def _kind(kind: TypeEngine[Any], *, lenient: bool) -> str:
    """The values that a type is for, loosely, "" for an unknown type.

    Where it is ``lenient``, as SQLite is, JSON is text, and truth values are numbers.
    """
    affinity = kind._type_affinity or sa.types.NullType  # noqa: SLF001 - SQLAlchemy has no other name for it
    if issubclass(affinity, sa.JSON):
        return "text" if lenient else "JSON"
    if issubclass(affinity, sa.Boolean):
        return "numbers" if lenient else "truth values"
    if issubclass(affinity, (sa.Integer, sa.Numeric)):
        return "numbers"
    if issubclass(affinity, sa.String):
        return "text"
    return "bytes" if issubclass(sa.LargeBinary, affinity) and affinity is not sa.types.TypeEngine else ""


def _addable(column: Column[Any]) -> bool:
    """True if the rows that are there can do without the column; SQLite adds no unique one."""
    return (column.nullable or column.server_default is not None) and not (
        column.unique or column.primary_key
    )


def _add(connection: Connection, column: Column[Any]) -> None:
    table = connection.dialect.identifier_preparer.format_table(column.table)
    definition = CreateColumn(column).compile(dialect=connection.dialect)
    connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {definition}")
    _create_indexes(connection, column)


def _create_indexes(connection: Connection, column: Column[Any]) -> None:
    for index in column.table.indexes:
        if column in index.columns.values():
            index.create(connection, checkfirst=True)


def _refuse(file: str | None, reason: str) -> NoReturn:
    place = f"The file {file}" if file else "The database"
    raise UsageError(
        f"{place} cannot be used: {reason}.",
        next_step=(
            "Name another file, or delete this one if it is an old one of adakit's."
            if file
            else "Name another database, or a user whose search_path begins with another schema."
        ),
    )
