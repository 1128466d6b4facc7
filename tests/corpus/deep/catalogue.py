"""The catalogue: every consumer of this corpus by its id, and what is known of those with a bug."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from corpus.deep.events import ABSENT, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KINDS = ("interaction", "sequence", "range", "text")

Shows = Literal["400", "409", "422", "500", "lost", "twice"]
"""What the trigger comes to: a status, or what only the witness tells."""


@dataclass(frozen=True)
class Bug:
    """A consumer with one bug."""

    id: str
    kind: str
    framework: str
    happens: str
    trigger: str
    """When it happens, in a sentence."""
    steps: tuple[Step, ...]
    """The smallest trigger: nothing of it can be left out."""
    shows: Shows
    near: tuple[tuple[Step, ...], ...]
    """What is close to the trigger, and taken rightly."""
    split: str

    @property
    def witness_only(self) -> bool:
        """Whether the answers are those of a correct consumer."""
        return self.shows in ("lost", "twice")

    def reductions(self) -> Iterator[tuple[str, tuple[Step, ...]]]:
        """The trigger without one part of it, each way; then what is near to it."""
        if len(self.steps) > 1:
            for place in range(len(self.steps)):
                yield f"without delivery {place + 1}", self.steps[:place] + self.steps[place + 1 :]
        for number, step in enumerate(self.steps, 1):
            for place, part in enumerate(step.parts):
                less = replace(step, parts=step.parts[:place] + step.parts[place + 1 :])
                steps = tuple(less if one == step else one for one in self.steps)
                yield f"without {', '.join(part)} of delivery {number}", steps
        for place, steps in enumerate(self.near, 1):
            yield f"near it ({place})", steps

    def as_data(self) -> dict[str, Any]:
        """The entry as JSON: a trigger is a list of deliveries, each with the members that differ."""
        return {
            "id": self.id,
            "kind": self.kind,
            "framework": self.framework,
            "split": self.split,
            "witness_only": self.witness_only,
            "happens": self.happens,
            "trigger": self.trigger,
            "shows": self.shows,
            "deliveries": [self._delivery(place, step) for place, step in enumerate(self.steps)],
        }

    def _delivery(self, place: int, step: Step) -> dict[str, Any]:
        first = self.steps.index(step)
        if first < place:
            return {"again": first + 1}
        about = {"event": step.event, "conversation": step.conversation, "end_user": step.end_user}
        members = [(path, value) for part in step.parts for path, value in part.items()]
        differs = {path: value for path, value in members if value is not ABSENT}
        return {
            **about,
            "number": step.number,
            "differs": differs,
            "absent": [path for path, value in members if value is ABSENT],
        }


@dataclass(frozen=True)
class Correct:
    """A consumer without a bug; ``may_ignore`` says what of Ada's traffic it lawfully leaves alone."""

    id: str
    framework: str
    about: str
    may_ignore: str = ""


BUGS: dict[str, Bug] = {}
CORRECT: dict[str, Correct] = {}
CLASSES: dict[str, type[Any]] = {}

C = TypeVar("C", bound=type)


def bug(
    consumer_id: str,
    *,
    happens: str,
    trigger: str,
    steps: tuple[Step, ...] | Step,
    shows: Shows,
    near: tuple[tuple[Step, ...] | Step, ...] = (),
) -> Callable[[C], C]:
    """Enter a class as a consumer with a bug; the id begins with its kind, within which the splits alternate."""
    kind = consumer_id.split("-", maxsplit=1)[0]
    if kind not in KINDS or consumer_id in CLASSES:
        raise ValueError(f"{consumer_id}: unknown kind or second consumer")

    def enter(cls: C) -> C:
        place = KINDS.index(kind) + sum(other.kind == kind for other in BUGS.values())
        BUGS[consumer_id] = Bug(
            id=consumer_id,
            kind=kind,
            framework=cls.framework,
            happens=happens,
            trigger=trigger,
            steps=_sequence(steps),
            shows=shows,
            near=tuple(map(_sequence, near)),
            split="tune" if place % 2 == 0 else "held-out",
        )
        CLASSES[consumer_id] = cls
        return cls

    return enter


def _sequence(steps: tuple[Step, ...] | Step) -> tuple[Step, ...]:
    return (steps,) if isinstance(steps, Step) else steps


def correct(consumer_id: str, about: str, *, may_ignore: str = "") -> Callable[[C], C]:
    """Enter a class as a correct consumer."""

    def enter(cls: C) -> C:
        CORRECT[consumer_id] = Correct(consumer_id, cls.framework, about, may_ignore)
        CLASSES[consumer_id] = cls
        return cls

    return enter
