"""``adakit replay``."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import click

from ada_mockserver.clock import SystemClock
from ada_mockserver.delivery.load import dispatch
from ada_mockserver.delivery.sender import TIME_LIMIT
from ada_mockserver.delivery.signing import new_message_id
from ada_mockserver.events.payload import encode
from ada_mockserver.recording import read_recording
from adakit.commands.send import open_sender, show_delivery, summarise
from adakit.options import POSITIVE, read_bytes

if TYPE_CHECKING:
    from ada_mockserver.delivery.attempt import Attempt

__all__ = ["command"]


@click.command("replay")
@click.argument("file")
@click.option("--to", "url", required=True, metavar="URL", help="The endpoint.")
@click.option("--secret", help="Its signing secret, or none; else ADA_WEBHOOK_SECRET.")
@click.option("--rate", type=POSITIVE, help="Deliveries begun per second.")
@click.option("-H", "--header", "headers", multiple=True, metavar="K:V", help="A further header.")
@click.option("--timeout", type=POSITIVE, default=TIME_LIMIT, show_default=True, metavar="SECONDS")
@click.option("--cacert", metavar="FILE", help="Certificates to trust, in place of the system's.")
@click.option("--insecure", is_flag=True, help="Do not verify certificates.")
def command(
    file: str,
    url: str,
    secret: str | None,
    rate: float | None,
    headers: tuple[str, ...],
    timeout: float,
    cacert: str | None,
    insecure: bool,
) -> None:
    """Send the events of a recording again, in its order, signed anew.

    FILE is what `adakit listen --record` wrote, or NDJSON of events (- is standard input). What came under
    one svix-id goes out under one, a new one in each run, so that a consumer which remembers ids takes it.
    """
    recorded = read_recording(read_bytes(file), name=file)
    rng = random.SystemRandom()
    fresh = {known: new_message_id(rng) for known, _ in recorded if known is not None}
    sender = open_sender(
        url, secret=secret, headers=headers, timeout=timeout, cacert=cacert, insecure=insecure
    )

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
    summarise(tally, url)
