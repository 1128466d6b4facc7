"""``adakit send``, and what ``replay`` has in common with it."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
from typing import TYPE_CHECKING, Any

import click

from ada_contract_tests.engine.check import draw_seed
from ada_contract_tests.targets.open import UNSIGNED
from ada_mockserver.clock import SystemClock
from ada_mockserver.delivery.client import Wire, make_ssl_context
from ada_mockserver.delivery.load import Tally, dispatch
from ada_mockserver.delivery.sender import TIME_LIMIT, Sender
from ada_mockserver.delivery.signing import parse_secret
from ada_schemas.errors import TargetError, UsageError
from adakit.options import CONTRACT, POSITIVE, parse_headers, read_bytes, require_secret, use_contract
from adakit.payload_plan import Order, Planned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ada_mockserver.delivery.attempt import Attempt
    from ada_schemas.errors import WireError

__all__ = ["command", "open_secrets", "open_tls", "show_delivery", "summarise"]

SHOWN = 40
"""So many deliveries are shown one by one; more are counted."""


@click.command("send")
@click.argument("name", metavar="EVENT|SCENARIO", required=False)
@click.option("--to", "url", required=True, metavar="URL", help="The endpoint.")
@click.option("--secret", help="Its signing secret, or none; else ADA_WEBHOOK_SECRET.")
@click.option("-n", "--count", type=click.IntRange(1), help="How many, or how often.  [default: 1]")
@click.option("--rate", type=POSITIVE, help="Deliveries begun per second.")
@click.option("--concurrency", type=click.IntRange(1), default=1, show_default=True)
@click.option("--duration", type=POSITIVE, metavar="SECONDS", help="Send for so long.")
@click.option("--case", metavar="ID", help="A variant, as `adakit check --list` names it.")
@click.option("--set", "assignments", multiple=True, metavar="PATH=VALUE", help="Set a member.")
@click.option("--unset", "removals", multiple=True, metavar="PATH", help="Take a member away.")
@click.option("--payload", metavar="FILE", help="Send these bytes, or these lines of JSON, as they are.")
@click.option("-H", "--header", "headers", multiple=True, metavar="K:V", help="A further header.")
@click.option("--seed", type=click.IntRange(0), help="Repeat what this seed gave; drawn if not given.")
@click.option("--locale", default="en_US", show_default=True, help="Where the people are from.")
@click.option("--timeout", type=POSITIVE, default=TIME_LIMIT, show_default=True, metavar="SECONDS")
@click.option("--cacert", metavar="FILE", help="Certificates to trust, in place of the system's.")
@click.option("--insecure", is_flag=True, help="Do not verify certificates.")
@CONTRACT
def command(  # noqa: PLR0917 - click passes every option by name
    name: str | None,
    url: str,
    secret: str | None,
    count: int | None,
    seed: int | None,
    payload: str | None,
    headers: tuple[str, ...],
    timeout: float,
    cacert: str | None,
    insecure: bool,
    rate: float | None,
    concurrency: int,
    duration: float | None,
    contract: str | None,
    **chosen: Any,
) -> None:
    """Send signed events to an endpoint; each delivery is tried once.

    Exit code 0 when all were answered 2xx, 1 when one was not, 3 when nothing was listening. A file given
    with --payload is sent byte for byte; each line of its own where it is NDJSON, as `adakit generate`
    prints it.
    """
    use_contract(contract)
    secrets, tls = open_secrets(secret), open_tls(url, cacert, insecure)
    chosen_seed = draw_seed() if seed is None else seed
    endless = duration is not None and count is None
    if payload is not None:
        if name is not None or any(chosen[k] for k in ("case", "assignments", "removals")):
            raise UsageError(
                "--payload sends a file as it is; it goes with no event, --case, --set or --unset."
            )
        bodies = _bodies(read_bytes(payload))
        items: Iterator[Any] = itertools.cycle(bodies) if endless else iter(bodies * (count or 1))
    elif name is None:
        raise UsageError(
            "Nothing to send.", next_step="Name an event or a scenario, or a file with --payload."
        )
    else:
        order = Order(name, seed=chosen_seed, count=10**9 if endless else count or 1, **chosen)
        items = order.payloads()
        if seed is None:
            click.echo(f"seed {order.seed}", err=True)
    sender = Sender(
        url,
        secrets,
        wire=Wire(clock=SystemClock(), ssl_context=tls),
        clock=SystemClock(),
        rng=random.SystemRandom(),
        timeout=timeout,
        headers=parse_headers(headers),
    )
    shown = not endless and (count or 1) <= SHOWN
    first: list[WireError] = []

    def done(item: Planned | bytes, attempt: Attempt) -> None:
        if attempt.error is not None and not first:
            first.append(attempt.error)
        if shown:
            _show(item, attempt)

    tally = asyncio.run(
        dispatch(
            sender,
            items,
            body=lambda item: item if isinstance(item, bytes) else item.body,
            clock=SystemClock(),
            concurrency=concurrency,
            rate=rate,
            duration=duration,
            done=done,
        )
    )
    summarise(tally, url, first[0].next_step if first else "")


def open_secrets(option: str | None) -> list[str]:
    """The secrets that ``--secret`` or the environment gives; none for ``none``."""
    secret = require_secret(option, "sign the requests", otherwise="; --secret none sends them unsigned")
    if secret == UNSIGNED:
        return []
    parse_secret(secret)
    return [secret]


def open_tls(url: str, cacert: str | None, insecure: bool) -> Any:
    """The TLS context for an https URL, else None."""
    return make_ssl_context(cacert=cacert, insecure=insecure) if url.lower().startswith("https:") else None


def _bodies(content: bytes) -> list[bytes]:
    """The lines of NDJSON, if it is that: an object on each of several lines; else all of it as it is."""
    lines = [line for line in content.splitlines() if line.strip()]
    if len(lines) < 2:
        return [content]
    try:
        return lines if all(isinstance(json.loads(line), dict) for line in lines) else [content]
    except (ValueError, RecursionError):
        return [content]


def _show(item: Planned | bytes, attempt: Attempt) -> None:
    if isinstance(item, bytes):
        show_delivery(f"{len(item)} bytes", "", attempt)
    else:
        show_delivery(str(item.payload.get("type", "(no type)")), item.narration, attempt)


def show_delivery(what: str, note: str, attempt: Attempt) -> None:
    """Print one line about a delivery."""
    if attempt.response is not None:
        outcome = f"{attempt.response.status} in {attempt.response.elapsed * 1000:.0f} ms"
        colour = "green" if attempt.accepted else "red"
    else:
        outcome, colour = str(attempt.error.what if attempt.error else ""), "red"
    click.echo(f"{click.style(f'{what:<30}', bold=True)} {click.style(outcome, fg=colour)}  {note}")


def summarise(tally: Tally, url: str, next_step: str) -> None:
    """Print the sum; exits with 1 when a delivery failed, raises `TargetError` when nothing was there."""
    sent = tally.delivered + tally.failed
    if sent and tally.unconnected == sent:
        raise TargetError(
            tally.first_error,
            usage=False,
            next_step=next_step or "Is the service running, and the URL right?",
        )
    speed = f", {sent / tally.seconds:.0f}/s" if sent > 1 and tally.seconds > 0 else ""
    spread = ""
    if len(tally.latencies) > 1:
        half, most = tally.latency(0.5) * 1000, tally.latency(0.99) * 1000
        spread = f"; half within {half:.1f} ms, 99 % within {most:.1f} ms"
    click.echo(f"{tally.delivered} of {sent} delivered to {url}{speed}{spread}")
    if tally.first_error:
        click.echo(f"first failure: {tally.first_error}")
    if tally.failed:
        raise SystemExit(1)
