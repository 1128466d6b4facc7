"""Events near real ones, and the bytes that somebody may write them in."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any

from hypothesis import strategies as st

from ada_mockserver.events.factory import EventFactory
from ada_schemas.contract.contract import shipped
from fuzz.mutation import mutated, places
from fuzz.values import json_values, texts

__all__ = ["NUMBERS", "events", "spelled"]


@cache
def real() -> tuple[dict[str, Any], ...]:
    """One event of each type."""
    made = EventFactory(seed=7)
    return tuple(made.event(name) for name in shipped().event_names)


@st.composite
def events(draw: st.DrawFn) -> Any:
    """A real event, one that was changed in some places, or any value."""
    event = copy.deepcopy(draw(st.sampled_from(real())))
    match draw(st.integers(0, 9)):
        case 0:
            return draw(json_values())
        case 1:
            depth = draw(st.sampled_from((95, 96, 97, 98, 99, 100, 101, 150)))
            for _ in range(depth - 1):
                event = {"type": "v1.deep", "data": event} if isinstance(event, dict) and _ % 2 else [event]
            return {"type": "v1.conversation.ended", "data": event}
        case 2 | 3:
            return event
        case 4:  # what tells one branch, or one member of an enum, from another
            for node, key in places(event["data"]):
                if key in ("type", "role"):
                    node[key] = draw(texts())
            return event
    odd = st.sampled_from(({"type": "\ud800"}, {"type": []}, {"type": "file"}, [[]], {"event": {}})).map(
        copy.deepcopy
    )
    foreign = json_values(3) | odd
    return mutated(draw, event, foreign=foreign, most=3)


NUMBERS = (
    b"NaN",
    b"-Infinity",
    b"1e400",
    b"-0",
    b"1.10",
    b"0.1000000000000000055",
    b"1E5",
    b"9" * 400,
    b"9" * 5_000,
)


def spelled(draw: st.DrawFn, value: Any) -> bytes:
    """The value in one of the forms that mean the same, or mean it to one reader alone."""
    match draw(st.integers(0, 6)):
        case 0:
            return json.dumps(value, indent=1).encode()
        case 1:
            return b"\xef\xbb\xbf" + json.dumps(value).encode()
        case 2:  # twice the same name
            text = json.dumps(value)
            return (
                text[:1] + '"type": "first", "type": "second", ' + text[1:] if text[:2] == '{"' else text
            ).encode()
        case 3:
            return (
                json.dumps(value)
                .replace('"type"', '"x": %b, "type"', 1)
                .encode()
                .replace(b"%b", draw(st.sampled_from(NUMBERS)))
            )
        case 4:
            return json.dumps(value).encode("utf-16")
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
