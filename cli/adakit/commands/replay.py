"""``adakit replay``."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import click

from ada_mockserver.clock import SystemClock
from ada_mockserver.delivery.load import Load
from ada_mockserver.delivery.signing import new_message_id
from ada_mockserver.recording import read_recording
from adakit.deliveries import delivering, show_delivery
from adakit.load.run import end, run_load
from adakit.options import CONTRACT, read_bytes

if TYPE_CHECKING:
    from ada_mockserver.delivery.attempt import Attempt
    from ada_mockserver.delivery.endpoint import Endpoint
    from ada_mockserver.recording import Recorded

__all__ = ["command"]


@click.command("replay")
@click.argument("file")
@delivering
@CONTRACT
def command(file: str, endpoint: Endpoint, rate: float | None, contract: str | None) -> None:  # noqa: ARG001 - the endpoint knows it
    """Send the events of a recording again, in its order, signed anew.

    FILE is what `adakit listen --record` wrote, or NDJSON of events (- is standard input). What came under
    one svix-id goes out under one, a new one in each run, so that a consumer which remembers ids takes it.
    """
    events = read_recording(read_bytes(file), name="standard input" if file == "-" else file)
    rng = random.SystemRandom()
    fresh = {known: new_message_id(rng) for event in events if (known := event.message_id) is not None}

    def done(event: Recorded, attempt: Attempt) -> None:
        show_delivery(event.type, attempt.message_id or "", attempt)

    summary = run_load(
        Load(endpoint, SystemClock(), rng, rate=rate),
        events,
        what=file,
        body=lambda event: event.body,
        message_id=lambda event: None if event.message_id is None else fresh[event.message_id],
        done=done,
    )
    end(summary)
