"""``adakit replay``."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import click

from ada_mockserver.clock import SystemClock
from ada_mockserver.delivery.client import Wire
from ada_mockserver.delivery.load import dispatch
from ada_mockserver.delivery.sender import TIME_LIMIT, Sender
from ada_mockserver.delivery.signing import new_message_id
from ada_mockserver.events.payload import encode
from ada_mockserver.recording import read_recording
from adakit.commands.send import open_secrets, open_tls, show_delivery, summarise
from adakit.options import POSITIVE, parse_headers, read_bytes

if TYPE_CHECKING:
    from ada_mockserver.delivery.attempt import Attempt
    from ada_schemas.errors import WireError

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
    sender = Sender(
        url,
        open_secrets(secret),
        wire=Wire(clock=SystemClock(), ssl_context=open_tls(url, cacert, insecure)),
        clock=SystemClock(),
        rng=rng,
        timeout=timeout,
        headers=parse_headers(headers),
    )
    first: list[WireError] = []

    def done(item: tuple[str | None, dict[str, object]], attempt: Attempt) -> None:
        if attempt.error is not None and not first:
            first.append(attempt.error)
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
    summarise(tally, url, first[0].next_step if first else "")
