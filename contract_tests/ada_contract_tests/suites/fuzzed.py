"""ADA7xx: events and sequences that nobody enumerated, as cases that can be written down and repeated.

A fuzzed event is an ordinary event with edits; a sequence is a list of deliveries of a few conversations.
Both fit into the id of a case (``conversation.message/fuzz:documented:i65W...``), so that ``--case ID`` and
``--seed N`` repeat exactly that one without a file. `ada_contract_tests.fuzz` draws them; nothing here needs
Hypothesis.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections import defaultdict
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from ada_contract_tests.case import BodyVariant, case
from ada_contract_tests.rules import RULES
from ada_contract_tests.suites.edits import (
    FUZZ,
    MODES,
    SEQUENCES,
    Edit,
    Fuzzed,
    FuzzedEvent,
    FuzzedSequence,
    Step,
    is_visible,
)
from ada_contract_tests.suites.summaries import event_summary, sequence_summary
from ada_mockserver.events.factory import EventFactory
from ada_mockserver.events.payload import member_time, timestamp
from ada_schemas.contract.paths import get
from ada_schemas.contract.samples import as_branch, complete
from ada_schemas.contract.shapes import Scalar, Union, payload_path
from ada_schemas.errors import UsageError
from ada_schemas.validation import validate
from ada_schemas.variation.builder import VariationBuilder
from ada_schemas.variation.enumeration import ANY
from ada_schemas.variation.forward import new_branch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ada_contract_tests.case import Case, CaseRun
    from ada_schemas.contract.contract import Contract

__all__ = [
    "area_of",
    "areas",
    "builder_of",
    "can_be_sent",
    "fuzzed_case",
    "fuzzed_of_id",
    "is_area",
    "is_fuzzed",
    "is_of_a_form",
    "is_whole",
]

Payload = dict[str, Any]

_RULES = dict(zip((*MODES, SEQUENCES), (c for c, r in RULES.items() if r.family == "fuzzed"), strict=True))

MESSAGE = "conversation.message"
"""The event that is never stale: whenever it comes, it was said."""

TOO_LONG = ".long"
LONGEST_TOKEN = 1_200
"""Characters of an id in which an event can be written down; a longer one is named by a digest."""


def is_area(case_id: str) -> bool:
    """True for the id of a case that stands for all fuzzed events of one event and mode."""
    return _colons(case_id) == 1


def is_fuzzed(case_id: str) -> bool:
    """True for the id of one fuzzed event or sequence."""
    return _colons(case_id) == 2


def area_of(case_id: str) -> str:
    """The id of the area that one fuzzed event or sequence belongs to."""
    return case_id.rpartition(":")[0]


def is_whole(case_id: str) -> bool:
    """True unless the id is that of a fuzzed event that did not fit into it."""
    return not (is_fuzzed(case_id) and case_id.endswith(TOO_LONG))


def _colons(case_id: str) -> int:
    """How many colons are in the id of something fuzzed; 0 for any other."""
    rest = case_id.partition("/")[2]
    return rest.count(":") if rest.startswith(f"{FUZZ}:") else 0


def areas(contract: Contract, events: frozenset[str]) -> list[Case]:
    """The cases that stand for what is fuzzed about chosen events: one a mode, and one for sequences.

    The engine carries none of them out: it draws events and sequences in their place.
    """
    said = {
        "documented": "values within the contract, together",
        "forward": "additions within the versioning policy, together",
        "hostile": "values beyond the contract",
    }
    found = [
        case(f"{name}/{FUZZ}:{mode}", _RULES[mode], name, f"events with {said[mode]}")
        for name in contract.event_names
        if name in events
        for mode in MODES
    ]
    if found:
        summary = "events in an order that retries allow"
        first = next(name for name in contract.event_names if name in events)
        found.append(case(f"{ANY}/{FUZZ}:{SEQUENCES}", _RULES[SEQUENCES], ANY, summary, base_event=first))
    return found


def fuzzed_case(fuzzed: Fuzzed, contract: Contract, case_id: str = "") -> Case:
    """The case that sends a fuzzed event, or sequence, and has it in its id.

    That is ``case_id`` where one was read from it: another machine may compress otherwise.
    """
    case_id = case_id or f"{fuzzed.area}:{token_of(fuzzed)}"
    if isinstance(fuzzed, FuzzedSequence):
        return case(
            case_id,
            _RULES[SEQUENCES],
            ANY,
            sequence_summary(fuzzed),
            base_event=fuzzed.steps[0].event if fuzzed.steps else contract.event_names[0],
            deliver=partial(_deliver, fuzzed, contract),
            deliveries=len(fuzzed.steps),
        )
    return case(
        case_id,
        _RULES[fuzzed.mode],
        fuzzed.event,
        event_summary(fuzzed.edits),
        payload=BodyVariant(change=partial(changed, fuzzed, contract)),
    )


@lru_cache(maxsize=64)
def builder_of(contract: Contract, event: str) -> VariationBuilder:
    """What keeps changed events of one name within the contract."""
    found = contract.event(event)
    return VariationBuilder(found, contract.constraints_of(found))


def changed(fuzzed: FuzzedEvent, contract: Contract, base: Payload) -> Payload:
    """The event that is sent, made from an ordinary one.

    Within the contract, what the edits are tied to is brought in line. Raises ValueError where the edits
    contradict each other.
    """
    builder = builder_of(contract, fuzzed.event)
    full = complete(builder.event.payload, base)
    return _edited(builder, fuzzed.edits, full, within=fuzzed.mode != "hostile")


def _edited(builder: VariationBuilder, edits: Sequence[Edit], full: Payload, *, within: bool) -> Payload:
    payload = full
    for edit in edits:
        payload = edit.apply(payload)
        union = builder.places.get(edit.place)
        if within and edit.op == "put" and isinstance(union, Union):
            payload = Edit(edit.path, "put", _whole(union, edit.value, get(full, edit.place))).apply(payload)
    if not within:
        return payload
    return builder.repaired(payload, full, keep=tuple(edit.place for edit in edits))


def _whole(union: Union, value: Any, usual: Any) -> Any:
    """An object of the branch that a value names, with all of its members.

    One of a new branch has those of the ``usual`` object that every branch requires.
    """
    if not isinstance(value, dict) or not union.discriminator:
        return value
    tag = value.get(union.discriminator)
    branch = union.branch(tag)
    if branch is not None:
        return complete(branch.shape, as_branch(union, branch, value))
    return {**new_branch(union, str(tag), usual), **value} if isinstance(usual, dict) else value


def can_be_sent(fuzzed: Fuzzed, contract: Contract, *, validated: bool = True) -> bool:
    """True for what is as its mode says: within the contract, or the versioning policy, unless it is hostile.

    Unless ``validated``, it is enough that its edits do not contradict each other.
    """
    try:
        for event, edits in _parts(fuzzed):
            hostile = isinstance(fuzzed, FuzzedEvent) and fuzzed.mode == "hostile"
            if not hostile and not all(_is_fit(contract, event, edit) for edit in edits):
                return False
            builder = builder_of(contract, event)
            base = complete(builder.event.payload, EventFactory(seed=0, contract=contract).event(event))
            payload = _edited(builder, edits, base, within=not hostile)
            closed = not isinstance(fuzzed, FuzzedEvent) or fuzzed.mode == "documented"
            if validated and not hostile and validate(payload, event=event, closed=closed, contract=contract):
                return False
    except ValueError:
        return False
    return True


@lru_cache(maxsize=64)
def _held(contract: Contract, event: str) -> dict[str, set[str]]:
    """What the strings at each place of an event hold."""
    held: dict[str, set[str]] = defaultdict(set)
    for path, shape in builder_of(contract, event).places.items():
        if isinstance(shape, Scalar):
            held[payload_path(path)].add(shape.holds)
    return dict(held)


def is_of_a_form(fuzzed: Fuzzed, contract: Contract, edit: Edit) -> bool:
    """True for a value that has a form, such as a time, which none of its parts has.

    A consumer that stumbles over it may rightly do so over a part of it.
    """
    if not isinstance(fuzzed, FuzzedEvent) or fuzzed.mode == "hostile":
        return False
    return not _held(contract, fuzzed.event).get(edit.place, set()).isdisjoint(FORMS)


def _is_fit(contract: Contract, event: str, edit: Edit) -> bool:
    """False for a text that shows nothing, and for an address that is none; "" may stand for no value."""
    if edit.op != "put" or not isinstance(edit.value, str) or not edit.value:
        return True
    held = _held(contract, event).get(edit.place, set())
    if "url" in held:
        return _ADDRESS.fullmatch(edit.value) is not None
    return held.isdisjoint(("message", "text")) or is_visible(edit.value)


FORMS = ("time", "email", "domain", "ip", "language", "mime")
"""Of which there is no plainer one that is a part of it."""

_ADDRESS = re.compile(r"https?://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:\d+)?([/?#][!-~]*)?")


def _parts(fuzzed: Fuzzed) -> list[tuple[str, tuple[Edit, ...]]]:
    if isinstance(fuzzed, FuzzedEvent):
        return [(fuzzed.event, fuzzed.edits)]
    return [(step.event, step.edits) for step in fuzzed.steps]


async def _deliver(fuzzed: FuzzedSequence, contract: Contract, run: CaseRun) -> None:
    """Make the deliveries of a sequence, as long as each gets an answer; then again what was asked for."""
    ids: dict[tuple[str, int, int, int], str] = {}
    wanted = []
    for number, step in enumerate(fuzzed.steps, 1):
        payload = _event_of(step, contract, run)
        known = ids.setdefault(step.key, run.sender.new_id())
        label = f"delivery {number} of {len(fuzzed.steps)}"
        stale = step.late and step.event != MESSAGE
        sent = await run.send(payload, message_id=known, label=label, again=False, stale=stale)
        wanted.append((sent, payload))
        if sent.attempt.error is not None:
            break
    await run.redeliver_wanted(wanted)


def _event_of(step: Step, contract: Contract, run: CaseRun) -> Payload:
    parts = (run.case.id, f"talk {step.talk}", f"round {run.round}" if run.round else "")
    key = "/".join(part for part in parts if part)
    event = run.events.event(step.event, key=key, ordinal=step.ordinal)
    if step.person != step.talk:
        other = "/".join(part for part in (run.case.id, f"talk {step.person}", parts[2]) if part)
        event = _of_person(event, run.events.cast(key).end_user.id, run.events.cast(other).end_user.id)
    builder = builder_of(contract, step.event)
    full = _at(
        step, complete(builder.event.payload, event), run.events.cast(run.case.id).conversation.created_at
    )
    return _edited(builder, step.edits, full, within=True)


def _at(step: Step, event: Payload, start: int) -> Payload:
    """The event at the time of its step, counted from ``start`` in Unix milliseconds."""
    now = start + round(step.at * 1_000)
    data = event.get("data")
    times = {"timestamp": timestamp(now)} if isinstance(event.get("timestamp"), str) else {}
    if not isinstance(data, dict):
        return {**event, **times}
    began = start if "updated_at" in data and not step.event.endswith(".created") else now
    members = {"created_at": member_time(began), "updated_at": member_time(now)}
    return {
        **event,
        **times,
        "data": {**data, **{k: v for k, v in members.items() if isinstance(data.get(k), str)}},
    }


def _of_person(value: Any, own: str, other: str) -> Any:
    """The event as that of another end user."""
    match value:
        case dict():
            return {name: _of_person(inner, own, other) for name, inner in value.items()}
        case list():
            return [_of_person(inner, own, other) for inner in value]
    return other if value == own else value


def token_of(fuzzed: Fuzzed) -> str:
    """What distinguishes a fuzzed event within its area, for an id; a digest where it would be too long."""
    text = json.dumps(fuzzed.as_json(), ensure_ascii=False, separators=(",", ":")).encode()
    packer = zlib.compressobj(9, wbits=-15)
    packed = _check(text) + packer.compress(text) + packer.flush()
    token = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    return token if len(token) <= LONGEST_TOKEN else f"{zlib.crc32(text):08x}{TOO_LONG}"


def _check(text: bytes) -> bytes:
    """Two bytes by which an id that was changed is told."""
    return zlib.crc32(text).to_bytes(4)[:2]


def fuzzed_of_id(case_id: str, contract: Contract) -> Fuzzed:
    """The event or sequence that an id holds; raises UsageError for one that holds none."""
    event, _, rest = case_id.partition("/")
    _, mode, token = rest.split(":")
    reason = "it was cut or changed"
    try:
        if token.endswith(TOO_LONG):
            reason = "it was too long for an id"
        packed = base64.b64decode(token + "=" * (-len(token) % 4), altchars="-_", validate=True)
        unpacker = zlib.decompressobj(wbits=-15)
        text = unpacker.decompress(packed[2:], MOST_UNPACKED)
        if unpacker.unused_data or packed[:2] != _check(text):
            raise ValueError("another text")  # noqa: TRY301 - one error for all that may be wrong with it
        fuzzed = fuzzed_from(event, mode, json.loads(text), contract)
    except (ValueError, binascii.Error, zlib.error, RecursionError, KeyError):
        raise UsageError(
            f"The case {case_id} holds no event that can be sent: {reason}.",
            next_step="Copy the id whole, or run the check again with --fuzz N and the same --seed.",
        ) from None
    return fuzzed


MOST_UNPACKED = 1_000_000
"""Characters of an event, or a sequence, that an id may hold."""


def fuzzed_from(event: str, mode: str, value: Any, contract: Contract) -> Fuzzed:
    """The event or sequence of an area that JSON describes; raises ValueError for one that cannot be sent."""
    fuzzed: Fuzzed
    if not isinstance(value, list):
        value = [None]  # no edit, and no delivery
    if event == ANY and mode == SEQUENCES:
        fuzzed = FuzzedSequence(tuple(map(Step.from_json, value)))
        if any(step.event not in contract.event_names for step in fuzzed.steps):
            raise ValueError("an event that is not of the contract")
    elif event in contract.event_names and mode in MODES:
        fuzzed = FuzzedEvent(event, next(m for m in MODES if m == mode), tuple(map(Edit.from_json, value)))
    else:
        raise ValueError("no area")
    if not can_be_sent(fuzzed, contract):
        raise ValueError("an event that the contract forbids")
    return fuzzed
