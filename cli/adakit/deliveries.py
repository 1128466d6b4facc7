"""The options of commands that deliver, the sender that they make, and the lines about its deliveries."""

from __future__ import annotations

import random
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from ada_contract_tests.targets.open import UNSIGNED
from ada_mockserver.clock import SystemClock
from ada_mockserver.delivery.client import Wire, make_ssl_context
from ada_mockserver.delivery.sender import TIME_LIMIT, Sender
from ada_mockserver.delivery.signing import parse_secret
from ada_schemas.errors import TargetError
from ada_schemas.shown import shown
from adakit.options import POSITIVE, parse_headers, require_secret, together

if TYPE_CHECKING:
    from collections.abc import Callable

    from ada_mockserver.delivery.attempt import Attempt
    from ada_mockserver.delivery.load import Tally

__all__ = ["CONNECTION", "delivering", "delivering_if_asked", "show_delivery", "summarise"]

CONNECTION = together(
    click.option("-H", "--header", "headers", multiple=True, metavar="K:V", help="A further header."),
    click.option("--timeout", type=POSITIVE, default=TIME_LIMIT, show_default=True, metavar="SECONDS"),
    click.option("--cacert", metavar="FILE", help="Certificates to trust, in place of the system's."),
    click.option("--insecure", is_flag=True, help="Do not verify certificates."),
)
"""The options of a connection: ``headers``, ``timeout``, ``cacert``, ``insecure``."""


def delivering(command: Callable[..., None]) -> Callable[..., None]:
    """A command that delivers: it has the options of an endpoint and gets the ``sender`` that they make."""
    return _with_sender(command, required=True)


def delivering_if_asked(command: Callable[..., None]) -> Callable[..., None]:
    """A command that delivers where an endpoint is named with --to; otherwise its ``sender`` is None."""
    return _with_sender(command, required=False)


def _with_sender(command: Callable[..., None], *, required: bool) -> Callable[..., None]:

    @wraps(command)
    def with_sender(
        *,
        url: str | None,
        secret: str | None,
        headers: tuple[str, ...],
        timeout: float,
        cacert: str | None,
        insecure: bool,
        **others: Any,
    ) -> None:
        if url is None:
            command(sender=None, **others)
            return
        tls = make_ssl_context(cacert=cacert, insecure=insecure) if url.lower().startswith("https:") else None
        clock = SystemClock()
        sender = Sender(
            url,
            _secrets(secret),
            wire=Wire(clock=clock, ssl_context=tls),
            clock=clock,
            rng=random.SystemRandom(),
            timeout=timeout,
            headers=parse_headers(headers),
        )
        command(sender=sender, **others)

    return together(
        click.option("--to", "url", required=required, metavar="URL", help="The endpoint."),
        click.option("--secret", help="Its signing secret, or none; else ADA_WEBHOOK_SECRET."),
        click.option("--rate", type=POSITIVE, help="Deliveries begun per second."),
        CONNECTION,
    )(with_sender)


def _secrets(option: str | None) -> list[str]:
    """The secrets that ``--secret`` or the environment gives; none for ``none``."""
    secret = require_secret(option, "sign the requests", otherwise="; --secret none sends them unsigned")
    if secret == UNSIGNED:
        return []
    parse_secret(secret)
    return [secret]


def show_delivery(what: str, note: str, attempt: Attempt) -> None:
    """Print one line about a delivery."""
    if attempt.response is not None:
        outcome = f"{attempt.response.status} in {attempt.response.elapsed * 1000:.0f} ms"
        colour = "green" if attempt.accepted else "red"
    else:
        outcome, colour = str(attempt.error.what if attempt.error else ""), "red"
    click.echo(
        f"{click.style(f'{shown(what):<30}', bold=True)} {click.style(outcome, fg=colour)}  {shown(note)}"
    )


def summarise(tally: Tally, url: str) -> None:
    """Print the sum; exits with 1 when a delivery failed, raises `TargetError` when nothing was there."""
    sent, error = tally.delivered + tally.failed, tally.first_error
    if error is not None and tally.unconnected == sent:
        step = error.next_step or "Is the service running, and the URL right?"
        raise TargetError(error.what, usage=False, next_step=step)
    speed = f", {sent / tally.seconds:.0f}/s" if sent > 1 and tally.seconds > 0 else ""
    spread = ""
    if len(tally.latencies) > 1:
        half, most = tally.latency(0.5) * 1000, tally.latency(0.99) * 1000
        spread = f"; half within {half:.1f} ms, 99 % within {most:.1f} ms"
    click.echo(f"{tally.delivered} of {sent} delivered to {shown(url)}{speed}{spread}")
    if error is not None:
        click.echo(f"first failure: {error.what}")
    if tally.failed:
        raise SystemExit(1)
