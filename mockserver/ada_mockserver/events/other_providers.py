"""Ordinary events of a provider whose people and stories are not known: its examples, told anew for each key.

Ids are drawn in the form of the documented ones, so that no two events speak of the same thing. Where the
document shows none, ids are the same if their names say the same thing: ``product_id`` and ``product.id``.
Times follow each other. A text that nothing is said of gets a value that its name suggests.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ada_mockserver.events.ids import below, source, uuid4
from ada_schemas.contract.fitting import branch_of, fits
from ada_schemas.contract.identity import is_id, numbered, thing_of
from ada_schemas.contract.samples import fitted
from ada_schemas.contract.shapes import Array, Mapping, Object, Scalar, Shape, Union

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from ada_mockserver.events.payload import Payload
    from ada_schemas.contract.shapes import Event

__all__ = ["ordinary_event"]

BEGINNING = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""The time before which no event happens."""
SPAN = 200 * 24 * 3_600
"""Seconds within which the events of different keys happen."""
OWN_IDS = ("id", "event_id", "eventId", "webhook_id", "webhookId", "notification_id", "delivery_id", "uuid")
"""The names of a member of the payload itself that tells one event from another."""
TIME = re.compile(r"(?:.*_)?(?:at|time|timestamp|created|updated|date)|.*(?:At|Time|Date|Timestamp)")
PLACEHOLDER = "example"
SUGGESTED: tuple[tuple[str, str], ...] = (
    (r".*e-?mail.*", "kim.lee@example.com"),
    (r".*(url|uri|link|href|website)", "https://example.com/adakit"),
    (r".*(phone|mobile|msisdn).*", "+15555550100"),
    (r".*currency.*", "USD"),
    (r".*country.*", "US"),
    (r".*(language|locale).*", "en"),
    (r".*time_?zone.*", "UTC"),
    (r"(.*_)?ip(_?address)?", "192.0.2.10"),
    (r".*(mime|content)_?type", "text/plain"),
    (r".*(host|domain)(name)?", "example.com"),
    (r".*amount.*", "10.00"),
    (r".*(description|message|comment|note|reason|text|body|content|summary)", "An example of a text."),
    (r".*(name|title|label)", "Kim Lee"),
)
"""Values for texts of which the document says nothing, by the names of their members."""


def ordinary_event(event: Event, *, seed: str, key: str, ordinal: int) -> Payload:
    """One valid payload of an event, the same for the same arguments; nothing in it is null.

    Events of one key are about the same things, where they have an id of their own; those of another key are
    about others.
    """
    example = next((example.value for example in event.examples), None)
    made: Payload = fitted(event.payload, event.envelope() if example is None else example)
    moment = BEGINNING + timedelta(
        seconds=below(source(seed, "moment", key), SPAN) + ordinal, milliseconds=7 * ordinal + 1
    )
    telling = _Telling(event, seed, key, ordinal, moment, frozenset(_texts_in(example)))
    told: Payload = telling.told(event.payload, made, ())
    return told


@dataclass(frozen=True, slots=True)
class _Telling:
    """How the values of one event are told anew; ``shown`` are the texts of the documented example."""

    event: Event
    seed: str
    key: str
    ordinal: int
    moment: datetime
    shown: frozenset[str]

    def told(self, shape: Shape, value: Any, path: tuple[str, ...]) -> Any:
        """The value at a path, told anew."""
        if value is None and shape.nullable:
            value = fitted(replace(shape, nullable=False), None)
        match shape:
            case Object() if isinstance(value, dict):
                return {
                    name: self.told(member.shape, inner, (*path, name))
                    if (member := shape.member(name))
                    else inner
                    for name, inner in value.items()
                }
            case Union():
                branch = branch_of(shape, value)
                return value if branch is None else self.told(branch.shape, value, path)
            case Array() if isinstance(value, list):
                told = [self.told(shape.items, inner, (*path, "*")) for inner in value]
                provider = self.event.profile.provider
                return [
                    numbered(shape.items, inner, n, provider) if inner in told[:n] else inner
                    for n, inner in enumerate(told)
                ]
            case Mapping() if isinstance(value, dict):
                return {name: self.told(shape.values, inner, (*path, "*")) for name, inner in value.items()}
            case Scalar() if not shape.enum and not shape.known_values:
                made = self._scalar(shape, value, path)
                return made if fits(shape, made) else value
        return value

    def _scalar(self, shape: Scalar, value: Any, path: tuple[str, ...]) -> Any:
        name = next((step for step in reversed(path) if step != "*"), "")
        if isinstance(value, str):
            if shape.format == "date-time" or (TIME.fullmatch(name) and _is_time(value)):
                return _time(value, self.moment)
            if shape.format == "uuid":
                return uuid4(self._chance(path, value))
            if shape.format is None and is_id(name):
                made = _id(value, self._chance(path, value), thing_of(self.event, path))
                return made if shape.max_length is None else made[-shape.max_length :]
            return _suggested(name) if value == PLACEHOLDER else value
        if isinstance(value, int) and not isinstance(value, bool):
            if TIME.fullmatch(name) and (value == 7 or value > 10**9):
                seconds = int(self.moment.timestamp())
                return seconds * 1_000 if value > 10**12 else seconds
            if is_id(name):
                return 10_000_000 + below(self._chance(path, str(value)), 900_000_000)
        return value

    def _chance(self, path: tuple[str, ...], value: str) -> Random:
        """Where an id comes from: the same for the same thing.

        In a documented example equal ids are of the same thing; elsewhere the names of members say it.
        """
        own = value if value in self.shown else f"of {thing_of(self.event, path)}"
        if len(path) == 1 and path[0] in OWN_IDS:
            return source(self.seed, "event id", self.key, self.event.name, self.ordinal, own)
        has_own_id = any(member.name in OWN_IDS for member in self.event.payload.members)
        return source(self.seed, "id", self.key, "" if has_own_id else self.ordinal, own)


def _texts_in(value: Any) -> Iterator[str]:
    """The texts and numbers of a payload, as texts."""
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts_in(inner)
    else:
        yield str(value)


def _is_time(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return "T" in value


def _time(shown: str, moment: datetime) -> str:
    """A time in the form of a documented one: with as many digits of a second, and its kind of offset."""
    fraction = re.search(r"\.(\d+)", shown)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    if fraction:
        text += f".{moment.microsecond:06d}"[: 1 + len(fraction[1])].ljust(1 + len(fraction[1]), "0")
    offset = re.search(r"T.*([+-]\d\d:?\d\d)$", shown)
    if offset is None:
        return text if _is_time(shown) and not shown.endswith(("Z", "z")) else f"{text}Z"
    return f"{text}{'+00:00' if ':' in offset[1] else '+0000'}"


def _id(shown: str, rng: Random, thing: str) -> str:
    """An id in the form of a documented one: what stands before its last separator stays."""
    if shown == PLACEHOLDER:
        return f"{re.sub('[^a-z]', '', thing) or 'id'}_{rng.getrandbits(64):016x}"
    if re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", shown):
        return uuid4(rng)
    kept = max(shown.rfind(separator) for separator in "_-:/.") + 1
    if len(shown) - kept < 4:
        kept = 0
    return shown[:kept] + "".join(_alike(character, shown[kept:], rng) for character in shown[kept:])


def _alike(character: str, whole: str, rng: Random) -> str:
    """A character of the same kind; of hexadecimal digits another one."""
    if re.fullmatch(r"[0-9a-f]*\d[0-9a-f]*", whole):
        return "0123456789abcdef"[below(rng, 16)] if not whole.isdigit() else str(1 + below(rng, 9))
    if character.isdigit():
        return str(1 + below(rng, 9))
    if character.isascii() and character.isalpha():
        drawn = "abcdefghijklmnopqrstuvwxyz"[below(rng, 26)]
        return drawn.upper() if character.isupper() else drawn
    return character


@lru_cache(maxsize=4096)
def _suggested(name: str) -> str:
    plain = name.lower()
    return next((value for form, value in SUGGESTED if re.fullmatch(form, plain)), PLACEHOLDER)
