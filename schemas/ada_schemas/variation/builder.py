"""One documented degree of freedom: how a base event is turned into a variant."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from ada_schemas.contract.constraints import Constraint, repair
from ada_schemas.contract.fitting import branch_of
from ada_schemas.contract.paths import apart, branches_along, get, joined, put, remove, through_entries
from ada_schemas.contract.samples import as_branch, complete, sample, supplier
from ada_schemas.contract.shapes import Object, Shape, Union, payload_path, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ada_schemas.contract.shapes import Event

__all__ = [
    "Change",
    "Variation",
    "VariationBuilder",
    "changing",
    "plain",
    "putting",
    "removing",
    "slug",
    "unchanged",
]

Payload = dict[str, Any]
Change = Callable[[Payload], Payload]
"""From a base event to a changed copy of it."""


@dataclass(frozen=True, slots=True)
class Variation:
    """A variant before a base event is given; ``apply`` makes its payload from one.

    ``ignorable`` is true where there is nothing in it to act on: a consumer may accept and ignore it.
    """

    id: str
    rule: str
    event: str
    path: str
    summary: str
    refusable: bool
    apply: Change
    ignorable: bool = False


def unchanged(base: Payload) -> Payload:
    """The base itself."""
    return base


def putting(path: str, value: Any) -> Change:
    """A change that sets the member at a payload path."""
    return lambda base: put(base, path, value)


def removing(path: str) -> Change:
    """A change that takes the member at a payload path away."""
    return lambda base: remove(base, path)


def changing(path: str, alter: Callable[[Any], Any]) -> Change:
    """A change that replaces the member at a payload path by what ``alter`` makes of it."""
    return lambda base: put(base, path, alter(get(base, path)))


def slug(value: Any) -> str:
    """A value as part of a case id: letters, digits, ``.``, ``_`` and ``-`` only."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text) or "empty"


def plain(path: str) -> str:
    """A path as part of a case id, in which other characters than ``.``, ``:``, ``_`` and ``-`` are lost."""
    return re.sub(r"[^A-Za-z0-9.:_-]+", "-", path)


class VariationBuilder:
    """Builds the variations of one event, keeping union branches and constraints.yaml consistent."""

    def __init__(self, event: Event, constraints: tuple[Constraint, ...]) -> None:
        self.event = event
        self.constraints = constraints
        self.places: dict[str, Shape] = {p: s for p, s in walk(event.payload) if not through_entries(p)}
        """The shapes by shape path; those of the values of maps and lists are left out."""

    def build(
        self,
        rule: str,
        family: str,
        path: str,
        summary: str,
        change: Change,
        *,
        detail: str = "",
        keep: tuple[str, ...] = (),
        refusable: bool = False,
        ignorable: bool = False,
    ) -> Variation:
        """A variation at a shape path; ``change`` gets a base that is complete and in the path's branches.

        ``keep`` names the payload paths that the change is about: constraints repair the others.
        """

        def apply(base: Payload) -> Payload:
            full = complete(self.event.payload, base)
            placed, branches = self.placed(full, path)
            return self.repaired(change(placed), full, keep=(*keep, *branches))

        where = f":{plain(path)}" if path else ""
        tail = f":{detail}" if detail else ""
        return Variation(
            f"{self.event.name}/{family}{where}{tail}",
            rule,
            self.event.name,
            path,
            summary,
            refusable,
            apply,
            ignorable,
        )

    def put(
        self,
        rule: str,
        family: str,
        path: str,
        phrase: str,
        value: Any,
        *,
        detail: str = "",
        ignorable: bool = False,
    ) -> Variation:
        """A variation that sets the member at a shape path; ``phrase`` says what it is then."""
        place = payload_path(path)
        change = putting(place, value)
        said = f"{place} {phrase}"
        return self.build(rule, family, path, said, change, detail=detail, keep=(place,), ignorable=ignorable)

    def repaired(self, payload: Payload, base: Payload, *, keep: tuple[str, ...]) -> Payload:
        """The payload with what is tied to the members in ``keep`` brought in line."""
        supply = supplier(self.event.payload, base)
        made: Payload = repair(self.constraints, payload, keep=keep, supply=supply)
        return made

    def placed(self, base: Payload, path: str) -> tuple[Payload, tuple[str, ...]]:
        """Bring every union along a path into the branch that it names; also gives what says so.

        What is null along the path has a value then.
        """
        kept = []
        for at in self._along(path):
            if get(base, payload_path(at)) is None:
                base = put(base, payload_path(at), sample(self.places[at]))
        for at, tag in branches_along(path):
            union = cast("Union", self.places[at])  # only unions have branches
            branch = next(b for b in union.branches if b.tag == tag)
            place = payload_path(at)
            value = complete(branch.shape, as_branch(union, branch, get(base, place)))
            base = put(base, place, value)
            if union.discriminator:
                kept.append(joined(place, union.discriminator))
        return base, tuple(kept)

    def _along(self, path: str) -> Iterator[str]:
        """The shape paths of what stands along a path, from the outermost to what it leads to."""
        outer, _ = apart(path)
        if outer:
            yield from self._along(outer)
        if path in self.places:
            yield path

    def usual_branch(self, path: str) -> str:
        """The branch of the union at a shape path that an ordinary event has."""
        union = cast("Union", self.places[path])
        examples = (get(example.value, payload_path(path)) for example in self.event.examples)
        found = (branch_of(union, value) for value in examples)
        return next((branch for branch in found if branch is not None), union.branches[0]).tag

    def objects(self) -> Iterator[tuple[str, Object]]:
        """Every object with documented members, with its shape path."""
        return ((path, shape) for path, shape in self.places.items() if isinstance(shape, Object))
