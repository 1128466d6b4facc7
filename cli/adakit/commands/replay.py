"""``adakit replay``."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import click

from ada_mockserver.clock import SystemClock
from ada_mockserver.delivery.load import dispatch
from ada_mockserver.delivery.signing import new_message_id
from ada_mockserver.events.payload import encode
from ada_mockserver.recording import read_recording
from adakit.deliveries import delivering, show_delivery, summarise
from adakit.options import read_bytes

if TYPE_CHECKING:
    from ada_mockserver.delivery.attempt import Attempt
    from ada_mockserver.delivery.sender import Sender

__all__ = ["command"]


@click.command("replay")
@click.argument("file")
@delivering
def command(file: str, sender: Sender, rate: float | None) -> None:
    """Send the events of a recording again, in its order, signed anew.

    FILE is what `adakit listen --record` wrote, or NDJSON of events (- is standard input). What came under
    one svix-id goes out under one, a new one in each run, so that a consumer which remembers ids takes it.
    """
    recorded = read_recording(read_bytes(file), name=file)
    rng = random.SystemRandom()
    fresh = {known: new_message_id(rng) for known, _ in recorded if known is not None}

    def done(item: tuple[str | None, dict[str, object]], attempt: Attempt) -> None:
        show_delivery(str(item[1].get("type", "(no type)")), attempt.message_id or "", attempt)

    tally = asyncio.run(
        dispatch(
            sender,
            recorded,
            body=lambda item: encode(item[1]),
            message_id=lambda item: None if item[0] is None else fresh[item[0]],
            clock=SystemClock(),
            rate=rate,
            done=done,
        )
    )
    summarise(tally, sender.url)
