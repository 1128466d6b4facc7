"""Compares two contracts event by event."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from ada_schemas.contract.contract import shipped
from ada_schemas.contract.paths import apart
from ada_schemas.drift.compare import CLASSES, Change, compare, likeness, same_payload
from ada_schemas.drift.sources import Side, Webhook, opened, our_side, side_of
from ada_schemas.drift.wording import described_otherwise, wording_changes
from ada_schemas.errors import UsageError, some

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ada_schemas.contract.corrections import Correction

__all__ = ["Drift", "diff"]

MOSTLY = 0.75
"""With so much of their members in common, an event that went and one that came are taken for one."""


@dataclass(frozen=True, slots=True)
class Drift:
    """The drift of the contract ``against`` from ``base``: its changes, the gravest class first."""

    base: str
    against: str
    changes: tuple[Change, ...]
    notes: tuple[str, ...]

    def of(self, kind: str) -> tuple[Change, ...]:
        """The changes of one class."""
        return tuple(change for change in self.changes if change.kind == kind)

    def is_alarming(self, *, strict: bool = False) -> bool:
        """True where something is breaking; with ``strict``, where anything has changed."""
        kinds = {change.kind for change in self.changes}
        return bool(kinds - {"corrected"}) if strict else "breaking" in kinds


def diff(*, base: str | None = None, against: str | None = None) -> Drift:
    """The changes from one contract to another.

    Each is a file or a URL (an OpenAPI document with webhooks) or a directory of schema files, which stands
    for the document that it was made from; None stands for our own contract. Against a document, ours is
    taken as published, and what we correct in it is listed with its reason. Beside a directory without its
    document, both are taken in the receiver's form, and a note says what that leaves out.
    Raises DocumentError for what cannot be read, UsageError where both are None.
    """
    if base is None and against is None:
        raise UsageError("Nothing to compare with.", next_step="Name a file, a URL or a directory.")
    sides = [our_side() if location is None else side_of(location) for location in (base, against)]
    ours = base is None
    notes = tuple(note for side in sides for note in side.notes)
    if not all(side.published for side in sides):
        sides = [opened(side, location) for side, location in zip(sides, (base, against), strict=True)]
    old, new = sides
    found = _changes(old, new, ours="base" if ours else "against" if against is None else None)
    if ours and new.published:
        corrected, further = _corrected(new)
        found, notes = [*map(_against_corrected, found), *corrected], (*notes, *further)
    order = list(CLASSES)
    found.sort(key=lambda change: order.index(change.kind))
    return Drift(old.name, new.name, tuple(found), notes)


def _against_corrected(change: Change) -> Change:
    """A change by what we take for documented: a longer maximum length than that is no tighter."""
    length = change.after.get("maxLength") if isinstance(change.after, dict) else None
    for correction in shipped().corrections:
        ours = correction.actions.get("max_length")
        if (
            change.kind == "tightened"
            and correction.path == change.path
            and (correction.operation == "*" or change.event in _types_of(correction))
            and isinstance(ours, int)
            and isinstance(length, int)
            and length > ours
        ):
            return replace(change, kind="loosened", what=f"maxLength {length}, where adakit has {ours}")
    return change


def _types_of(correction: Correction) -> list[str]:
    return [e.type for e in shipped().events if e.operation == correction.operation]


def _changes(old: Side, new: Side, *, ours: Literal["base", "against"] | None) -> list[Change]:
    pairs = _paired(old, new)
    found: list[Change] = []
    for webhook in old.webhooks:
        match = next((n for o, n in pairs if o is webhook), None)
        if match is None:
            found.append(Change("breaking", webhook.type or webhook.key, "", "the event is removed"))
        else:
            found += _of_pair(webhook, match)
    taken = [n for _, n in pairs]
    found += [
        Change("additive", w.type or w.key, "", f"new event ({_members(w)})")
        for w in new.webhooks
        if w not in taken
    ]
    if old.published and new.published:
        said = wording_changes(old, new, pairs, {change.event for change in found}, ours=ours)
    else:
        said = described_otherwise(pairs)
    return _joined(found, list(said))


def _joined(changes: list[Change], said: list[Change]) -> list[Change]:
    """The changes with the prose that changed beside them; other prose is a change of its own."""
    for words in said:
        here = [c for c in changes if c.event == words.event and c.path == words.path]
        renamed = [c for c in changes if c.event == words.event and c.path == "type" and not words.path]
        for change in (here or renamed)[:1]:
            changes[changes.index(change)] = replace(change, what=f"{change.what}; {words.what}")
    taken = {(c.event, c.path) for c in changes}
    renamed_events = {c.event for c in changes if c.path == "type" and c.what.startswith("renamed")}
    return changes + [
        words
        for words in said
        if (words.event, words.path) not in taken and (words.path or words.event not in renamed_events)
    ]


def _members(webhook: Webhook) -> str:
    names = [f.path for f in webhook.payload.walk() if f.path.startswith("data.") and f.path.count(".") == 1]
    return f"{len(names)} member{'s' * (len(names) != 1)} in data" if names else "without documented data"


def _of_pair(old: Webhook, new: Webhook) -> Iterator[Change]:
    event = old.type or new.type or old.key
    is_renamed = bool(old.type and new.type and old.type != new.type)
    if is_renamed:
        yield Change("breaking", event, "type", f"renamed to {new.type}", old.type, new.type)
    if old.method != new.method:
        yield Change("breaking", event, "", f"sent by {new.method.upper()}, no longer {old.method.upper()}")
    if old.media != new.media:
        kind = "documentation" if _plain_media(old.media) == _plain_media(new.media) else "breaking"
        yield Change(kind, event, "", f"sent as {new.media}, no longer {old.media}", old.media, new.media)
    for change in compare(event, old.headers, new.headers):
        path, what = (text.replace("\\:", ":") for text in (change.path, change.what))  # `header:x-name`
        yield replace(change, path=path, what=what.replace("member", "header"))
    for change in compare(event, old.payload, new.payload):
        if not (is_renamed and change.path == "type"):
            yield change


def _plain_media(media: str) -> tuple[str, str]:
    """A media type without parameters, and the character set where it is not that of JSON."""
    base, _, parameters = media.lower().partition(";")
    named = dict(p.strip().partition("=")[::2] for p in parameters.split(";"))
    charset = named.get("charset", "utf-8").strip('"')
    return base.strip(), "" if charset in ("utf-8", "utf8") else charset


def _paired(old: Side, new: Side) -> list[tuple[Webhook, Webhook]]:
    """The webhooks in pairs, old and new: by event type, by key, by operation, else by the payload."""
    left, right = list(old.webhooks), list(new.webhooks)
    pairs: list[tuple[Webhook, Webhook]] = []

    def take(fits: Callable[[Webhook, Webhook], Any]) -> None:
        for webhook in list(left):
            fitting = [w for w in right if fits(webhook, w)]
            if fitting:
                match = max(fitting, key=lambda w: likeness(webhook.key, w.key))
                left.remove(webhook)
                right.remove(match)
                pairs.append((webhook, match))

    take(lambda a, b: a.type and a.type == b.type)
    take(lambda a, b: a.key == b.key)
    take(lambda a, b: a.prose.get("operationId", 0) == b.prose.get("operationId", 1))
    take(lambda a, b: same_payload(a.payload, b.payload, apart_from="type"))
    take(lambda a, b: _members_in_common(a, b) >= MOSTLY)
    return pairs


def _members_in_common(one: Webhook, other: Webhook) -> float:
    places, others = ({form.path for form in w.payload.walk()} for w in (one, other))
    return len(places & others) / len(places | others)


def _corrected(side: Side) -> tuple[list[Change], list[str]]:
    """Our corrections of a document, and a note of those that fit nothing in it any more."""
    found, unfit = [], []
    places = {w.key: _places(w) for w in side.webhooks}
    types = {w.key: w.type for w in side.webhooks}
    for correction in shipped().corrections:
        keys = [k for k in places if correction.operation in ("*", k) and correction.path in places[k]]
        said = _said(correction)
        if not keys:
            if said and correction.operation in ("*", *places):
                unfit.append(correction.key)
            continue
        if said:
            event = types[keys[0]] if len(keys) == 1 else "*"
            reason, source = " ".join(correction.reason.split()), correction.source
            found.append(Change("corrected", event, correction.path, said, reason=reason, source=source))
    return found, [f"What adakit corrects at {some(unfit)} is not there in {side.name}."] if unfit else []


def _places(webhook: Webhook) -> set[str]:
    paths = {form.path for form in webhook.payload.walk()}
    return paths | {apart(path)[0] for path in paths}


SAID = {
    "event": "the event type is {}",
    "require": "always has {}",
    "identity": "always sent, though documented as optional",
    "discriminator": "`{}` tells the branches apart",
    "values": "any of {}, not exactly one of them",
    "sends": "the sender keeps to {}",
    "format": "the format is {}",
    "known_values": "known values are {}",
    "may_be_empty": "empty where not available",
    "max_length": "at most {} characters",
    "max_bytes": "at most {} bytes in all",
    "example": "the documented example should show {}",
}
"""The actions of corrections that change something, as phrases."""


def _said(correction: Correction) -> str:
    """The change that a correction makes, as a phrase; empty where it only says how to vary a member."""
    said = []
    for action, value in correction.actions.items():
        listed = ", ".join(map(str, value)) if isinstance(value, list) else value
        nothing = {"format": "none", "example": "null"}.get(action) if value is None else None
        said += [SAID[action].format(nothing or listed)] if action in SAID else []
    return "; ".join(said)
