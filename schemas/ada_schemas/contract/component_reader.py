"""Components of a document: references followed, and one shape for each component.

One that contains itself is not followed again where it does. What cannot be used is noted, and the rest
goes on.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.documents import malformed
from ada_schemas.contract.keywords import types_of
from ada_schemas.contract.omissions import Omissions, UnusableError
from ada_schemas.contract.references import MAX_REFERENCES, References
from ada_schemas.contract.schema_parts import (
    ENDLESS,
    UNUSABLE,
    Plain,
    bare_reference,
    both,
    endless,
    is_unread,
    said_beside,
    unusable,
)
from ada_schemas.contract.shapes import Anything, Shape
from ada_schemas.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MAX_DEPTH", "MAX_PLACES", "ComponentReader", "TooLargeError"]

MAX_DEPTH = 40
MAX_PLACES = 20_000
MAX_FOLLOWED = 100


class TooLargeError(Exception):
    """A schema that describes more members than are looked at."""


class ComponentReader(References, ABC):
    """Makes shapes of the schemas of one document, down to ``levels``; below them, required members alone."""

    def __init__(
        self, document: dict[str, Any], name: str, omissions: Omissions, levels: int = MAX_DEPTH
    ) -> None:
        super().__init__(document, name)
        self._omissions = omissions
        self._levels = levels
        self._places = 0
        self._active: set[str] = set()
        self._cut: set[str] = set()
        """The references that were not followed again, of those that are followed now; "" for the depth."""
        self._known: dict[tuple[str, int], tuple[Shape, int]] = {}

    def payload(self, node: Any, place: str) -> Shape:
        """The shape of a whole payload; ENDLESS or UNUSABLE where there is none.

        Raises TooLargeError for one of more than 20,000 members.
        """
        self._places, self._active, self._cut = 0, set(), set()
        return self._shape(node, place, 0)

    def _count(self, places: int = 1) -> None:
        self._places += places
        if self._places > MAX_PLACES:
            raise TooLargeError

    def _shape(self, node: Any, place: str, depth: int) -> Shape:
        if node is False:
            return UNUSABLE
        if depth > MAX_DEPTH:
            self._cut.add("")
            return ENDLESS
        self._count()
        try:
            if node is True:
                return Anything()
            reference = bare_reference(node)
            if reference is not None:
                return self._referred(reference, node, place, depth)
            schema, references = self._resolved(node)
            if again := references & self._active:
                self._cut |= again
                return replace(ENDLESS, nullable=types_of(schema)[1])
            with self._following(references):
                return self._read(schema, place, depth)
        except UnusableError as error:
            self._omissions.note(place, error)
            return UNUSABLE

    @contextmanager
    def _following(self, references: frozenset[str]) -> Iterator[None]:
        """While a schema is read that is reached by some references, which are then not followed again."""
        fresh = references - self._active
        self._active |= fresh
        if len(self._active) > MAX_FOLLOWED:
            self._active -= fresh
            raise unusable("{} refers too far", "{} refer too far")
        try:
            yield
        finally:
            self._active -= fresh
            self._cut -= fresh

    def _referred(self, reference: str, node: dict[str, Any], place: str, depth: int) -> Shape:
        """The shape of a component, with the words that stand beside the reference."""
        target = self._target(reference)
        if reference in self._active:
            self._cut.add(reference)
            return endless(target, node)
        key = (reference, depth if self._levels < MAX_DEPTH else 0)
        if key in self._known:
            shape, places = self._known[key]
            self._count(places)
        else:
            before, outer, self._cut = self._places, self._cut, set()
            with self._following(frozenset({reference})):
                shape = self._shape(target, place, depth)
            if not self._cut - ({""} if self._levels < MAX_DEPTH else set()):
                self._known[key] = (shape, self._places - before)
            self._cut |= outer
        said = said_beside(node)
        return shape if is_unread(shape) or not said else replace(shape, **said)

    def _target(self, reference: str) -> Any:
        try:
            return self.lookup(reference, "")
        except DocumentError:
            where = "does not exist" if reference.startswith("#/") else "is outside the document"
            raise unusable(
                f"{{}} refers to {reference}, which {where}", f"{{}} refer to {reference}, which {where}"
            ) from None

    def _resolved(self, node: Any) -> tuple[Plain, frozenset[str]]:
        """A node with its references followed, whose keywords hold what they take, and the references.

        What stands beside a reference is demanded, too; of words, those of the outer one count.
        """
        schema: Plain = {}
        references: set[str] = set()
        for _ in range(MAX_REFERENCES):
            if node is True:
                return schema, frozenset(references)
            if not isinstance(node, dict):
                said = "is empty" if node is None else "is no schema"
                raise unusable(f"{{}} {said}", "{} are no schemas")
            wrong = malformed(node)
            if wrong:
                raise unusable(f"{{}} cannot be read: {wrong}", f"{{}} cannot be read: {wrong}")
            schema = both(schema, {k: v for k, v in node.items() if k != "$ref"})
            if "$ref" not in node:
                return schema, frozenset(references)
            references.add(node["$ref"])
            node = self._target(node["$ref"])
        raise unusable("{} refers to itself", "{} refer to themselves")

    @abstractmethod
    def _read(self, schema: Plain, place: str, depth: int) -> Shape:
        """The shape of a schema without references; raises UnusableError."""
