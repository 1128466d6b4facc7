"""The steps of a scenario as values, from a document that has the form."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from ada_mockserver.events.conversation import Close, HandBack, HandOver, Learn, Survey
from ada_mockserver.events.dialogues import Turn
from ada_mockserver.events.files import mime_type_of
from ada_mockserver.events.written.document import KINDS
from ada_schemas.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from ada_mockserver.events.conversation import Action
    from ada_mockserver.events.edits import Edit
    from ada_mockserver.events.written.document import Document, Problem
    from ada_schemas.contract.contract import Contract

__all__ = ["Sample", "Wait", "WrittenStep", "edits_of", "parse_start", "parse_steps"]

_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_LONGEST = 3_650 * 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TEXTS = {"end_user", "ai_agent", "human_agent", "survey", "profile"}
"""The kinds whose texts have placeholders."""
_SILENT = {"handoff", "wait"}
"""The kinds about which no event is sent."""


class Wait(NamedTuple):
    """Nothing happens for so many milliseconds."""

    milliseconds: int


class Sample(NamedTuple):
    """An event of that name is sent, and nothing happens."""

    event: str


@dataclass(frozen=True, slots=True)
class WrittenStep:
    """What happens, ``after`` so many milliseconds, None where they are to be drawn, ``repeat`` times.

    ``number`` counts from 1, ``edits`` change its event. The texts of the action have placeholders,
    and doubled braces, where the document has any.
    """

    number: int
    kind: str
    action: Action | Wait | Sample
    after: int | None
    repeat: int
    edits: tuple[Edit, ...]

    @property
    def title(self) -> str:
        """The step as messages name it."""
        return f"step {self.number} ({self.kind})"


class _Reader:
    """Reads the steps of one document, and keeps what is wrong with them."""

    def __init__(self, document: Document, words: Collection[str], contract: Contract) -> None:
        self.problems: list[Problem] = []
        self._document = document
        self._words = words
        self._contract = contract
        self._filling = document.data.get("placeholders", True)

    def step(self, index: int) -> WrittenStep | None:
        entry = self._document.data["steps"][index]
        kind = next(one for one in KINDS if one in entry)
        way: tuple[str | int, ...] = ("steps", index)
        title = f"step {index + 1} ({kind})"
        before = len(self.problems)
        after = self._duration((*way, "after"), title, entry["after"]) if "after" in entry else None
        if kind in _TEXTS and self._filling:
            self._check_texts((*way, kind), title, entry[kind])
        action = self._action((*way, kind), title, kind, entry[kind])
        edits = edits_of(entry)
        if edits and kind in _SILENT:
            first = "set" if "set" in entry else "unset"
            self._tell(
                (*way, first), f"{title} gives no event in which to {first} a member. Leave {first} out."
            )
        if action is None or len(self.problems) > before:
            return None
        return WrittenStep(index + 1, kind, action, after, entry.get("repeat", 1), edits)

    def _action(self, way: tuple[str | int, ...], title: str, kind: str, value: Any) -> Any:
        match kind:
            case "handoff":
                return HandOver(value or "")
            case "end_handoff":
                return HandBack()
            case "profile":
                return Learn(value)
            case "survey":
                return Survey() if value is None else Survey(value)
            case "end":
                return Close(value)
            case "wait":
                taken = self._duration(way, title, value)
                return None if taken is None else Wait(taken)
            case "event":
                return self._sample(way, title, value)
        return self._speak(way, title, kind, value)

    def _speak(self, way: tuple[str | int, ...], title: str, kind: Any, value: Any) -> Turn | None:
        said = {"text": value} if isinstance(value, str) else value
        mime_type = said.get("mime_type", "")
        if "file" in said and not mime_type:
            known = mime_type_of(said["file"])
            if known is None:
                self._tell(
                    (*way, "file"),
                    f"{title}: the type of {said['file']!r} does not follow from its name. "
                    "Add mime_type, such as mime_type: application/pdf.",
                )
                return None
            mime_type = known
        link = said.get("link") or said.get("url", "")
        return Turn(kind, said.get("text", ""), said.get("file", ""), mime_type, link)

    def _sample(self, way: tuple[str | int, ...], title: str, name: str) -> Sample | None:
        event = self._contract.known(name)
        if event is None:
            names = self._contract.event_names
            near = did_you_mean(name.removeprefix("v1."), names) or f"The events are: {', '.join(names)}."
            self._tell(way, f"{title}: there is no event {name!r}. {near}")
            return None
        return Sample(event.name)

    def _duration(self, way: tuple[str | int, ...], title: str, text: str) -> int | None:
        parts = re.findall(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)", text)
        taken = round(sum(float(number) * _UNITS[unit] for number, unit in parts))
        if taken > _LONGEST:
            self._tell(way, f"{title}: {way[-1]} is longer than ten years. Give at most 3650d.")
            return None
        return taken

    def _check_texts(self, way: tuple[str | int, ...], title: str, value: Any) -> None:
        if isinstance(value, dict):
            for name, member in value.items():
                if name != "mime_type":
                    self._check_texts((*way, name), title, member)
        elif isinstance(value, str):
            for wrong in _misfilled(value, self._words):
                self._tell(way, f"{title}: {wrong}")

    def _tell(self, way: tuple[str | int, ...], what: str) -> None:
        self.problems.append(self._document.problem(way, what))


def parse_steps(
    document: Document, words: Collection[str], contract: Contract
) -> tuple[list[WrittenStep], list[Problem]]:
    """The steps of a document that has the form, and what is wrong with them.

    ``words`` are the names of the placeholders that there are. A step that is wrong is left out.
    """
    reader = _Reader(document, words, contract)
    found = [reader.step(index) for index in range(len(document.data["steps"]))]
    return [step for step in found if step is not None], reader.problems


def parse_start(document: Document) -> int | None:
    """When a document begins (Unix milliseconds), None if it does not say; ValueError for no such day."""
    text = document.data.get("start")
    return None if text is None else (datetime.fromisoformat(text) - _EPOCH) // timedelta(milliseconds=1)


def edits_of(entry: Mapping[str, Any]) -> tuple[Edit, ...]:
    """The edits that ``set`` and ``unset`` ask for."""
    assigned = ((path, (value,)) for path, value in entry.get("set", {}).items())
    return (*assigned, *((path, ()) for path in entry.get("unset", ())))


def _misfilled(text: str, words: Collection[str]) -> Iterator[str]:
    """Say what is wrong with the placeholders of a text."""
    braces = "Write {{ and }} for braces, or set placeholders: false."
    try:
        fields = [
            (name, form, how) for _, name, form, how in string.Formatter().parse(text) if name is not None
        ]
    except ValueError:
        yield f"a brace in {text[:60]!r} has no other that belongs to it. {braces}"
        return
    for name, form, how in fields:
        written = f"{{{name}{f'!{how}' if how else ''}{f':{form}' if form else ''}}}"
        if name not in words or form or how:
            near = did_you_mean(name, words) or f"There are: {', '.join(words)}."
            yield f"there is no placeholder {written}. {near} {braces}"
