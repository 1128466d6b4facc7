"""What stored things have in common: how they are mapped, numbered, identified and shown.

What is looked up or counted has a column. Everything that a client writes is in a JSON column, so that any
text is kept as it came: PostgreSQL's text columns refuse NUL.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column

from ada_mockserver.events.payload import member_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Self

    from sqlalchemy import ColumnElement, Dialect

__all__ = [
    "Base",
    "Identified",
    "NamedByClient",
    "Numbered",
    "Requested",
    "Resource",
    "Stored",
    "Tuples",
    "Value",
    "is_id",
]

T = TypeVar("T")

_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


def is_id(text: str) -> bool:
    """True if a text can be an id here; no other is looked up."""
    return _ID.fullmatch(text) is not None


class Value(sa.TypeDecorator[T], Generic[T]):
    """A column for the values of a dataclass, as JSON."""

    impl = sa.JSON
    cache_ok = True

    def __init__(self, kind: type[T]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002 - SQLAlchemy's signature
        """The fields of a value."""
        return asdict(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> T:  # noqa: ARG002 - likewise
        """The value with these fields."""
        return self.kind(**value)


class Tuples(sa.TypeDecorator[tuple[Any, ...]]):
    """A column for a tuple, possibly of tuples, as JSON."""

    impl = sa.JSON
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[Any, ...]:  # noqa: ARG002 - likewise
        """The tuple, with tuples for the lists in it."""
        return tuple(tuple(each) if isinstance(each, list) else each for each in value)


class Base(MappedAsDataclass, DeclarativeBase, kw_only=True):
    """A thing in the database, with a keyword for each of its columns."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's name and form
        float: sa.Double(),
        bytes: sa.LargeBinary(),
        str: sa.String(64),
        dict[str, Any]: sa.JSON(),
    }


class Numbered(Base):
    """A thing that is counted in order of creation."""

    __abstract__ = True

    ordinal: Mapped[int] = mapped_column(
        sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True, init=False
    )


class Identified(Numbered):
    """A thing with an id that others know it by."""

    __abstract__ = True

    id: Mapped[str] = mapped_column(unique=True)

    @classmethod
    def present(cls) -> ColumnElement[bool]:
        """The condition that holds for what is there, and not kept for the log alone."""
        return sa.true()

    @classmethod
    def key(cls, text: str) -> str | None:
        """The ``id`` in the database for an id as clients write it, None for what can be none."""
        return text if is_id(text) else None


class Requested(Identified):
    """A request that was made, or is to be, with what came of it.

    ``elapsed`` is in seconds of the machine's time, ``finished_at`` in Unix seconds of the mock's.
    """

    __abstract__ = True

    finished_at: Mapped[float | None] = mapped_column(default=None)
    elapsed: Mapped[float | None] = mapped_column(default=None)
    status: Mapped[int | None] = mapped_column(default=None)
    response_headers: Mapped[list[list[str]] | None] = mapped_column(sa.JSON, default=None)
    response_body: Mapped[bytes | None] = mapped_column(default=None)
    error_kind: Mapped[str | None] = mapped_column(default=None)
    error: Mapped[str | None] = mapped_column(sa.Text, default=None)

    def outcome(self, headers: Sequence[Sequence[str]] | None) -> dict[str, Any]:
        """The members ``response``, with these headers, and ``error``; null for what there is not."""
        response = error = None
        if self.status is not None:
            body = (self.response_body or b"").decode("utf-8", "replace")
            response = {"status": self.status, "headers": headers, "body": body}
        elif self.error_kind:
            error = {"kind": self.error_kind, "message": self.error}
        return {"response": response, "error": error}


class Resource(Identified):
    """A thing that the API answers about.

    ``kind`` is its name in the document (``x-thing``) and in words; ``entity`` is what the audit log calls
    it, "" for what is no part of the configuration.
    """

    __abstract__ = True

    kind: ClassVar[str] = ""
    entity: ClassVar[str] = ""

    @classmethod
    def all(cls) -> Iterator[type[Self]]:
        """Every kind of thing that there is."""
        for kind in cls.__subclasses__():
            if "__tablename__" in vars(kind):
                yield kind
            yield from kind.all()

    @property
    def named(self) -> str:
        """The id as clients know it."""
        return self.id

    @property
    def title(self) -> str:
        """A name for people, "" where it has none."""
        return ""

    def shown(self) -> dict[str, Any]:
        """The thing as the API answers it."""
        raise NotImplementedError


class Stored(Resource):
    """A thing of which ``data`` has the members that the API answers, its id among them.

    Times are Unix milliseconds. ``label`` is the member that names it for people.
    """

    __abstract__ = True

    label: ClassVar[str] = "name"

    created_at: Mapped[int] = mapped_column(sa.BigInteger)
    updated_at: Mapped[int] = mapped_column(sa.BigInteger)
    data: Mapped[dict[str, Any]]

    @classmethod
    def key_of(cls, text: str) -> str:
        """The ``id`` in the database for the id of a new thing."""
        return text

    @property
    def named(self) -> str:
        """The id as clients know it."""
        return str(self.data["id"])

    @property
    def title(self) -> str:
        """A name for people, "" where it has none."""
        return str(self.data.get(self.label) or "")

    def shown(self) -> dict[str, Any]:
        """Its members."""
        return dict(self.data)

    def dated(self) -> dict[str, Any]:
        """Its members, with the times at which it was made and changed as ``created`` and ``updated``."""
        return {**self.data, "created": member_time(self.created_at), "updated": member_time(self.updated_at)}


class NamedByClient(Stored):
    """A thing to which clients give its id, of any characters: it is looked up by a hash of that."""

    __abstract__ = True

    @classmethod
    def key(cls, text: str) -> str | None:
        """The hash of an id."""
        return cls.key_of(text)

    @classmethod
    def key_of(cls, text: str) -> str:
        """The hash of an id."""
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
