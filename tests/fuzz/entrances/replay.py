"""``adakit replay``: what goes out is what a recording holds, or nothing does."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from ada_mockserver.delivery.signing import verify
from ada_mockserver.recording import Redactor
from ada_schemas.errors import DocumentError
from ada_schemas.foreign_json import read_json
from fuzz.campaign import Entrance
from fuzz.command import SECRET, adakit, folder
from fuzz.mutation import damaged, mutated
from fuzz.recordings import events, spelled
from fuzz.sandbox import require
from fuzz.values import json_values
from support.threaded_endpoint import threaded_endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ENTRANCES"]

IDS = st.sampled_from((None, "msg_1", "msg_2", "")) | st.text(max_size=5)


@dataclass(frozen=True)
class File:
    """The lines of a recording, and what their ends are."""

    lines: tuple[bytes, ...]
    end: bytes = b"\n"

    @property
    def raw(self) -> bytes:
        """The content of the file."""
        return self.end.join(self.lines)


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """A line: as ``listen`` records it, an event itself, or either of them changed."""
    event, message_id = draw(events()), draw(IDS)
    match draw(st.integers(0, 4)):
        case 0:
            return spelled(draw, event)
        case 1:
            return draw(st.binary(max_size=20))
    headers = (
        () if message_id is None else (("svix-id", message_id), ("User-Agent", draw(st.text(max_size=3))))
    )
    line = Redactor(b"k").line(
        headers, spelled(draw, event), at=1.5, verified=draw(st.sampled_from((None, True)))
    )
    if draw(st.integers(0, 3)) == 0:
        return json.dumps(mutated(draw, json.loads(line), foreign=json_values(3))).encode()
    return line.rstrip(b"\n")


@st.composite
def files(draw: st.DrawFn) -> File:
    """A recording, whole, or damaged like any file."""
    drawn = draw(st.lists(lines(), max_size=5))
    end = draw(st.sampled_from((b"\n", b"\n", b"\r\n", b"\n\n", b"\r")))
    if draw(st.integers(0, 2)) == 0:
        return File((damaged(draw, end.join(drawn)),))
    return File(tuple(drawn), end)


def expected(raw: bytes) -> list[tuple[str | None, bytes]] | None:
    """The events of a file with the ids that they came under; None where one of its lines is none."""
    found: list[tuple[str | None, bytes]] = []
    for line in raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"):
        bare = line.strip().removeprefix(b"\xef\xbb\xbf")
        if not line.strip():
            continue
        try:
            record = json.loads(bare.decode())
        except (ValueError, RecursionError):
            return None
        if not isinstance(record, dict) or not record.keys() & {"event", "type"}:
            return None
        event, known = record.get("event"), record.get("svix_id")
        if "type" in record and not (isinstance(event, dict) and "type" in event):
            found.append((None, bare))
        elif isinstance(event, dict):
            text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
            found.append((known if isinstance(known, str) else None, text.encode("utf-8", "surrogatepass")))
    return found


def check(given: File) -> None:
    """Either a file is refused, and nothing goes out; or all of its events do, in order, signed."""
    with folder(), threaded_endpoint() as endpoint:
        Path("file").write_bytes(given.raw)
        outcome = adakit("replay", "file", "--to", endpoint.url, "--secret", SECRET)
        sent = list(endpoint.requests)
    events_in = expected(given.raw)
    if outcome.code == 2:
        require(not sent, "something goes out of a file that is refused", sent)
        where = "Line " in outcome.err or "holds no event" in outcome.err
        require(where, "an error that names no line", outcome.err)
        bad = not events_in or not can_be_sent(given.raw, [body for _, body in events_in])
        require(bad, "a recording is refused", outcome.err)
        return
    require(outcome.code == 0, "a delivery fails", outcome)
    require(events_in is not None, "a file is taken that is no recording", outcome)
    bodies = [body for _, body in events_in or ()]
    require([body for _, body in sent] == bodies, "what goes out is not what was recorded", (sent, bodies))
    ids: dict[str, str] = {}
    for (known, _), (headers, body) in zip(events_in or (), sent, strict=True):
        verify(SECRET, tuple(headers.items()), body, now=int(headers["svix-timestamp"]))
        require(ids.setdefault(headers["svix-id"], str(known)) == str(known), "two ids become one", ids)
    different = {known for known, _ in events_in or () if known is not None}
    plain = sum(known is None for known, _ in events_in or ())
    require(len(ids) == len(different) + plain, "one id becomes two", (ids, different))


def can_be_sent(raw: bytes, bodies: list[bytes]) -> bool:
    """Whether all of a file is within the bounds of foreign JSON, and has a form in UTF-8."""
    try:
        for line in raw.splitlines():
            if line.strip():
                read_json(line, name="line")
        for body in bodies:
            body.decode()
    except (DocumentError, UnicodeDecodeError):
        return False
    return True


def smaller(given: File) -> Iterator[File]:
    """The file with fewer lines, or shorter ones."""
    for number, line in enumerate(given.lines):
        others = given.lines[:number], given.lines[number + 1 :]
        yield replace(given, lines=(*others[0], *others[1]))
        for cut in (line[: len(line) // 2], line[len(line) // 2 :]):
            if cut != line:
                yield replace(given, lines=(*others[0], cut, *others[1]))


ENTRANCES = [Entrance("replay", files(), check, lambda given: repr(given.raw), smaller)]
