"""Fuzzed events and sequences as values: an ordinary event with edits, deliveries of a few conversations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Any, Literal, get_args

from ada_schemas.contract.paths import joined
from ada_schemas.variation.enumeration import ANY
from ada_schemas.variation.extreme import reshaped

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "FUZZ",
    "MODES",
    "SEQUENCES",
    "Edit",
    "Fuzzed",
    "FuzzedEvent",
    "FuzzedSequence",
    "Mode",
    "Step",
    "is_visible",
]

Mode = Literal["documented", "forward", "hostile"]
MODES: tuple[Mode, ...] = get_args(Mode)
"""Within the contract; within what the versioning policy lets be sent tomorrow; beyond both."""

SEQUENCES = "sequences"
FUZZ = "fuzz"
"""What the ids of fuzzed cases begin with behind their slash."""


def is_visible(text: str) -> bool:
    """True for a text that shows something: no other is sent, so none is drawn or left of one."""
    return any(not c.isspace() and c.isprintable() for c in text)


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of an ordinary event, at a path of member names.

    ``put`` sets the member to ``value``, a new one where none is; ``remove`` takes it away; ``id`` gives it
    the form of ``value``, as particular as the id that it replaces.
    """

    path: tuple[str, ...]
    op: Literal["put", "remove", "id"]
    value: Any = None

    def apply(self, payload: Any) -> Any:
        """A copy of the payload with this change; the payload itself where nothing is at its place."""
        return self._within(payload, self.path)

    def _within(self, node: Any, path: tuple[str, ...]) -> Any:
        if not isinstance(node, dict):
            return node
        name, *rest = path
        if rest:
            return {**node, name: self._within(node[name], tuple(rest))} if name in node else node
        if self.op == "remove":
            return {k: v for k, v in node.items() if k != name}
        if self.op == "id":
            old = node.get(name)
            return {**node, name: reshaped(self.value)(old)} if isinstance(old, str) else node
        return {**node, name: self.value}

    @property
    def place(self) -> str:
        """The payload path."""
        return reduce(joined, self.path, "")

    def as_json(self) -> list[Any]:
        """The change as JSON: a path, what is done, and with what."""
        return [list(self.path), self.op, *([] if self.op == "remove" else [self.value])]

    @classmethod
    def from_json(cls, value: Any) -> Edit:
        """The change that `as_json` wrote; raises ValueError for anything else."""
        match value:
            case [[*path], "remove"] if _is_path(path):
                return cls(tuple(path), "remove")
            case [[*path], "put", new] if _is_path(path):
                return cls(tuple(path), "put", new)
            case [[*path], "id", str(form)] if _is_path(path):
                return cls(tuple(path), "id", form)
        raise ValueError("no change of an event")


def _is_path(path: Sequence[Any]) -> bool:
    return bool(path) and all(isinstance(name, str) for name in path)


@dataclass(frozen=True, slots=True)
class FuzzedEvent:
    """An event that is sent once: an ordinary one of that name with edits."""

    event: str
    mode: Mode
    edits: tuple[Edit, ...]

    @property
    def area(self) -> str:
        """The id of the case that it belongs to."""
        return f"{self.event}/{FUZZ}:{self.mode}"

    @property
    def parts(self) -> tuple[Edit, ...]:
        """The parts that can be taken away."""
        return self.edits

    def with_parts(self, parts: Sequence[Edit]) -> FuzzedEvent:
        """The same with some parts only."""
        return replace(self, edits=tuple(parts))

    def as_json(self) -> Any:
        """What distinguishes it within its area, as JSON."""
        return [edit.as_json() for edit in self.edits]


LATEST = 10 * 365 * 86_400
MOST_NUMBERED = 1_000_000
"""Bounds of what is read: seconds after the first delivery, and any other number of a delivery."""


@dataclass(frozen=True, slots=True)
class Step:
    """One delivery of a sequence.

    ``talk`` is the number of its conversation and ``person`` that of its end user; ``ordinal`` counts the
    events of one name in a conversation. ``again`` is how often the same message was delivered before;
    ``late`` is true where an event that happened later was delivered before it. ``at`` is when it happened,
    in seconds.
    """

    event: str
    talk: int = 0
    person: int = 0
    ordinal: int = 0
    again: int = 0
    late: bool = False
    at: float = 0
    edits: tuple[Edit, ...] = ()

    @property
    def key(self) -> tuple[str, int, int, int]:
        """The same for deliveries of one message."""
        return self.event, self.talk, self.person, self.ordinal

    def as_json(self) -> list[Any]:
        """The delivery as JSON."""
        numbers = [self.talk, self.person, self.ordinal, self.again, int(self.late), self.at]
        return [self.event, numbers, [edit.as_json() for edit in self.edits]]

    @classmethod
    def from_json(cls, value: Any) -> Step:
        """The delivery that `as_json` wrote; raises ValueError for anything else."""
        match value:
            case [
                str(event),
                [int(talk), int(person), int(ordinal), int(again), (0 | 1) as late, int() | float() as at],
                [*edits],
            ]:
                made = tuple(map(Edit.from_json, edits))
                if 0 <= at <= LATEST and all(0 <= n <= MOST_NUMBERED for n in (talk, person, ordinal, again)):
                    return cls(event, talk, person, ordinal, again, bool(late), at, made)
        raise ValueError("no delivery of a sequence")


@dataclass(frozen=True, slots=True)
class FuzzedSequence:
    """Deliveries, one after the other."""

    steps: tuple[Step, ...]

    @property
    def area(self) -> str:
        """The id of the case that it belongs to."""
        return f"{ANY}/{FUZZ}:{SEQUENCES}"

    @property
    def parts(self) -> tuple[Step, ...]:
        """The parts that can be taken away."""
        return self.steps

    def with_parts(self, parts: Sequence[Step]) -> FuzzedSequence:
        """The same with some parts only."""
        return replace(self, steps=tuple(parts))

    def as_json(self) -> Any:
        """What distinguishes it within its area, as JSON."""
        return [step.as_json() for step in self.steps]


Fuzzed = FuzzedEvent | FuzzedSequence
