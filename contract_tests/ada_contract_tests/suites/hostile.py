"""Hostile input, correctly signed: ADA501 to ADA505. What a receiver must survive."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ada_contract_tests.case import BodyVariant, case
from ada_contract_tests.rules import expecting
from ada_contract_tests.suites.signatures import UNSIGNED
from ada_mockserver.events.payload import encode
from ada_schemas.contract.paths import joined, put
from ada_schemas.contract.shapes import Mapping, Object, Scalar, Union
from ada_schemas.variation.builder import plain
from ada_schemas.variation.enumeration import ANY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ada_contract_tests.case import Case
    from ada_schemas.contract.contract import Contract
    from ada_schemas.contract.shapes import Shape

__all__ = ["BODIES", "HostileBody", "cases"]

Payload = dict[str, Any]
DEPTH = 500


def cases(contract: Contract, event: str) -> Iterator[Case]:
    """Bytes that are no event, signed and once more unsigned; of an event, values outside its contract."""
    if event != ANY:
        for label, summary, make in _hostile_values(contract, event):
            case_id = f"{event}/hostile:{plain(label)}"
            yield case(case_id, "ADA505", event, summary, payload=BodyVariant(encode=make))
        return
    for body in BODIES:
        variant = BodyVariant(encode=body.encode)
        yield case(
            f"any/body:{body.name}",
            body.rule,
            ANY,
            body.summary,
            payload=variant,
            base_event=contract.event_names[0],
        )
        yield case(
            f"any/body-unsigned:{body.name}",
            body.rule,
            ANY,
            f"{body.summary}, and it is not signed",
            deliver=UNSIGNED.deliver(variant),
            base_event=contract.event_names[0],
            expect=expecting(body.rule, answer="refused", handled="never", severity="error"),
        )


@dataclass(frozen=True, slots=True)
class HostileBody:
    """Bytes that are no event; ``make`` turns the bytes of an ordinary event into them."""

    name: str
    rule: str
    summary: str
    make: Callable[[bytes], bytes]

    def encode(self, payload: Payload) -> bytes:
        """The bytes that are sent in place of an event."""
        return self.make(encode(payload))


def _nested(opening: str, closing: str) -> Callable[[bytes], bytes]:
    deep = (opening * DEPTH + "1" + closing * DEPTH).encode()
    return lambda body: body.rstrip()[:-1] + b',"adakit_deep":' + deep + b"}"


def _in_a_string(raw: bytes) -> Callable[[bytes], bytes]:
    return lambda body: body.rstrip()[:-1] + b',"adakit_text":"' + raw + b'"}'


BODIES: tuple[HostileBody, ...] = (
    HostileBody("malformed-json:truncated", "ADA501", "the body is cut off", lambda b: b[: len(b) // 2]),
    HostileBody("malformed-json:empty", "ADA501", "the body is empty", lambda _: b""),
    HostileBody("malformed-json:trailing-comma", "ADA501", "a comma too many", lambda b: b[:-1] + b",}"),
    HostileBody("malformed-json:text", "ADA501", "the body is plain text", lambda _: b"upstream timed out"),
    HostileBody("malformed-json:two", "ADA501", "two events stand one after the other", lambda b: b + b),
    HostileBody("no-object:null", "ADA502", "the body is null", lambda _: b"null"),
    HostileBody("no-object:list", "ADA502", "the body is a list of events", lambda b: b"[" + b + b"]"),
    HostileBody("no-object:string", "ADA502", "the body is a string", lambda _: b'"v1.conversation.created"'),
    HostileBody("no-object:number", "ADA502", "the body is a number", lambda _: b"42"),
    HostileBody("no-object:empty-list", "ADA502", "the body is an empty list", lambda _: b"[]"),
    HostileBody(
        "invalid-utf-8:string", "ADA503", "a string holds bytes that are no UTF-8", _in_a_string(b"\xff\xfe")
    ),
    HostileBody("invalid-utf-8:cut", "ADA503", "a character is cut in half", _in_a_string("é".encode()[:1])),
    HostileBody("deep:lists", "ADA504", f"lists are nested {DEPTH} deep", _nested("[", "]")),
    HostileBody("deep:objects", "ADA504", f"objects are nested {DEPTH} deep", _nested('{"a":', "}")),
)


def _hostile_values(contract: Contract, event: str) -> Iterator[tuple[str, str, Callable[[Payload], bytes]]]:
    """ADA505 of an event: (label, summary, function from an event to its bytes).

    Every documented member of the event and of its data with a value of another type, and numbers that
    other languages cannot hold.
    """
    shape = contract.event(event).payload
    yield "empty-object", "the event is an empty object", lambda _: b"{}"
    data = shape.member("data")
    members = [joined("", m.name) for m in shape.members]
    if data is not None and isinstance(data.shape, Object):
        members += [joined("data", m.name) for m in data.shape.members]
    for path in members:
        for label, value in (("null", None), ("number", 7), ("list", [1]), ("object", {"a": 1})):
            yield f"{path}:{label}", f"{path} is {json.dumps(value)}", _with(path, value)
    if data is not None and isinstance(data.shape, Object):
        for path in _texts(data.shape, "data"):
            yield f"{path}:nul", f"{path} holds the character U+0000", _with(path, "before\0after")
    if data is not None:
        yield from _numbers(data.shape)


def _numbers(data: Any) -> Iterator[tuple[str, str, Callable[[Payload], bytes]]]:
    for path in _maps(data, "data"):
        place = joined(path, "adakit_entry")
        for label, text in (("beyond-64-bit", "1" + "0" * 30), ("1e400", "1e400")):
            yield f"{path}:{label}", f"{path} holds {text}", _with_token(place, text)
        nested = {"a": {"b": [1, {"c": None}]}}
        yield f"{path}:nested", f"{path} holds a nested object", _with(place, nested)


def _texts(data: Shape, at: str) -> Iterator[str]:
    """The paths of what people write below a path; of a union, those of its first branch that has any."""
    if isinstance(data, Union):
        found = (list(_texts(branch.shape, at)) for branch in data.branches)
        yield from next((paths for paths in found if paths), [])
    if not isinstance(data, Object):
        return
    for member in data.members:
        path = joined(at, member.name)
        match member.shape:
            case Scalar(holds="message" | "text"):
                yield path
            case Object() | Union() as inner:
                yield from _texts(inner, path)


def _maps(data: Any, at: str) -> Iterator[str]:
    """The paths of the maps (metadata) inside the object at a path; of a union, those of its last branch."""
    if isinstance(data, Union):
        data = data.branches[-1].shape
    if not isinstance(data, Object):
        return
    for member in data.members:
        path = joined(at, member.name)
        if isinstance(member.shape, Mapping):
            yield path
        else:
            yield from _maps(member.shape, path)


def _with(path: str, value: Any) -> Callable[[Payload], bytes]:
    return lambda payload: encode(put(payload, path, value))


def _with_token(path: str, token: str) -> Callable[[Payload], bytes]:
    marked = _with(path, "adakit-number")
    return lambda payload: marked(payload).replace(b'"adakit-number"', token.encode())
