"""``adakit schemas observe`` and ``schemas validate``: captures of whatever came."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
from hypothesis import strategies as st

from ada_schemas.contract.contract import shipped
from ada_schemas.contract.json_schema import event_schema
from ada_schemas.errors import DocumentError
from ada_schemas.foreign_json import read_json
from ada_schemas.validation import validate
from fuzz.campaign import Entrance
from fuzz.command import adakit, folder
from fuzz.mutation import damaged, less
from fuzz.recordings import events, spelled
from fuzz.sandbox import bounded, require

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ENTRANCES"]


def check_validate(payload: Any) -> None:
    """The verdict is that of the reference validator, and each of its reasons can be printed."""
    contract = shipped()
    kind = payload.get("type") if isinstance(payload, dict) else None
    event = contract.by_type.get(kind) if isinstance(kind, str) else None
    with bounded():
        found = validate(payload)
        closed = validate(payload, closed=True)
    require(not found or closed, "what the open form refuses, the closed form takes", found)
    if event is not None:
        valid = jsonschema.Draft202012Validator(event_schema(event)).is_valid(payload)
        require(valid == (not found), "a verdict that is not the reference validator's", found)
    else:
        known = isinstance(kind, str)
        require(known == (not found), "a payload without a type is valid, or one of a new type is not", found)


@dataclass(frozen=True)
class Capture:
    """The lines of a capture; ``whole`` says that nothing became of them afterwards."""

    lines: tuple[bytes, ...]
    whole: bool = True

    @property
    def raw(self) -> bytes:
        """The content of the file."""
        return b"\n".join(self.lines)


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """An event, or a record that holds it in one of the ways that tools have."""
    event = draw(events())
    wrapping = draw(st.sampled_from((None, None, "payload", "body", "event", "data")))
    if wrapping is not None:
        event = {"at": 1, wrapping: draw(st.sampled_from((event, json.dumps(event))))}
    return spelled(draw, event)


@st.composite
def captures(draw: st.DrawFn) -> Capture:
    """A capture, whole, or damaged like any file."""
    drawn = draw(st.lists(lines(), min_size=1, max_size=4))
    if draw(st.integers(0, 2)) == 0:
        raw = damaged(draw, b"\n".join(drawn))
        return Capture((raw,), whole=False)
    return Capture(tuple(drawn))


def check_commands(given: Capture) -> None:
    """What the commands print is plain, and JSON where it is to be; each line is counted, or named as unread."""
    with folder():
        Path("file").write_bytes(given.raw)
        for options in ([], ["--json"], ["--markdown"], ["--strict", "--no-examples"]):
            hold_observed(adakit("schemas", "observe", "file", *options), given.raw, options)
        for options in ([], ["--json"], ["--closed"], ["--event", "conversation.message"]):
            outcome = adakit("schemas", "validate", "file", *options)
            require(outcome.code in (0, 1, 2), "an exit code that validate has not", outcome)
            if outcome.code == 2:
                require(
                    "file" in outcome.err and not outcome.out, "an error that does not name the file", outcome
                )
            elif options == ["--json"]:
                rows = json.loads(outcome.text)
                require(
                    outcome.code == int(not all(row["valid"] for row in rows)),
                    "a code that is not the verdict",
                    rows,
                )
            else:
                refused = re.search(r"^file(:\d+)?: not valid", outcome.text, re.MULTILINE)
                require(outcome.code == int(bool(refused)), "a code that is not the verdict", outcome)


def hold_observed(outcome: Any, raw: bytes, options: list[str]) -> None:
    """What ``observe`` says about a file is about all of its lines."""
    held = [line for line in raw.split(b"\n") if line.strip()]
    if outcome.code == 2:
        require("file holds no event." in outcome.err, "an error that does not name the file", outcome)
        typed = [line for line in held if is_event(line)]
        require(not typed, "a capture is refused", (outcome, typed))
        return
    require(
        outcome.code in ((0, 1) if "--strict" in options else (0,)),
        "an exit code that observe has not",
        outcome,
    )
    if options == ["--json"]:
        found = json.loads(outcome.text)
        require(found["events"] + len(found["unread"]) == len(held), "a line is lost", (found, held))
        require(all(o["count"] <= o["of"] for o in found["observed"]), "more events than there are", found)


def is_event(line: bytes) -> bool:
    """Whether a line is an object with a type, within the bounds of what is read."""
    try:
        value = read_json(line, name="line")
    except DocumentError:
        return False
    return isinstance(value, dict) and isinstance(value.get("type"), str)


def smaller(given: Capture) -> Iterator[Capture]:
    """The capture with fewer lines, or shorter ones."""
    for number, line in enumerate(given.lines):
        before, after = given.lines[:number], given.lines[number + 1 :]
        yield replace(given, lines=(*before, *after))
        for cut in (line[: len(line) // 2], line[len(line) // 2 :]):
            if cut != line:
                yield replace(given, lines=(*before, cut, *after))


ENTRANCES = [
    Entrance("validate", events(), check_validate, smaller=less),
    Entrance("captures", captures(), check_commands, lambda given: repr(given.raw), smaller),
]
