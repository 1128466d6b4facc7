"""adakit: in this process, and by its command as a user runs it.

What a command takes to start is taken off by difference: it is run for little and for much, and what counts
is what the second made, and took, beyond the first.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contenders.timed import drained, repeated

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "bodies",
    "make_command",
    "make_generation",
    "make_sign",
    "make_validate",
    "make_verify",
]

Run = "Callable[[int], dict[str, Any]]"
COMMAND = (sys.executable, "-m", "adakit")


def bodies(scenario: str = "conversation", seed: int = 1) -> Iterator[bytes]:
    """The bodies of one whole conversation after the other, endlessly: all that knows our generator."""
    from ada_mockserver.events.scenarios import Teller

    teller = Teller(scenario, seed=seed)
    return (body for index in itertools.count() for body in teller.bodies(index))


def make_generation(scenario: str = "conversation") -> Run:
    """What is timed of the generator in this process."""
    return drained(bodies(scenario))


def make_command() -> Run:
    """What is timed of ``adakit generate conversation -n N -o FILE``."""
    folder = tempfile.TemporaryDirectory()
    file = Path(folder.name, "events.ndjson")

    def generated(stories: int) -> tuple[int, float]:
        start = time.perf_counter()
        command = [*COMMAND, "generate", "conversation", "-n", str(stories), "--seed", "1", "-o", str(file)]
        subprocess.run(command, check=True, capture_output=True)
        seconds = time.perf_counter() - start
        with file.open("rb") as lines:
            return sum(1 for _ in lines), seconds

    def run(count: int, keep: Any = folder) -> dict[str, Any]:  # noqa: ARG001 - the folder lives as long
        few, start_up = generated(1)
        many, seconds = generated(max(2, count // 10))
        return {"count": many - few, "seconds": max(seconds - start_up, start_up / 10)}

    return run


def _events(file: str) -> list[Any]:
    return [json.loads(line) for line in Path(file).read_bytes().splitlines()]


def make_validate(events: str, _folder: str) -> Run:
    """What is timed of ``ada_schemas.validate``, which jsonschema-rs answers where an event is valid."""
    from ada_schemas import validate

    assert not any(map(validate, _events(events)))
    return repeated(validate, _events(events))


def make_sign(secret: str, file: str) -> Run:
    """What is timed of signing."""
    from ada_mockserver import sign

    def signed(body: bytes) -> str:
        return sign(secret, message_id="msg_1", timestamp=1_770_000_000, body=body)

    return repeated(signed, Path(file).read_bytes().splitlines())


def make_verify(secret: str, file: str) -> Run:
    """What is timed of verifying."""
    from ada_mockserver import sign, verify

    now = time.time()
    moment = int(now)

    def verified(pair: tuple[bytes, dict[str, str]]) -> None:
        verify(secret, pair[1], pair[0], now=now)

    return repeated(
        verified,
        [
            (
                body,
                {
                    "svix-id": "msg_1",
                    "svix-timestamp": str(moment),
                    "svix-signature": sign(secret, message_id="msg_1", timestamp=moment, body=body),
                },
            )
            for body in Path(file).read_bytes().splitlines()
        ],
    )
