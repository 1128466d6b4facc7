"""``adakit verify``."""

from __future__ import annotations

import click

from ada_mockserver.clock import SystemClock
from ada_mockserver.delivery.signing import UNEXPLAINED, doubt, verify
from ada_schemas.errors import SignatureError, UsageError
from adakit.options import NOT_NEGATIVE, parse_headers, read_bytes, require_secret

__all__ = ["command"]


@click.command("verify")
@click.argument("file", default="-")
@click.option("-H", "--header", "headers", multiple=True, metavar="K:V", help="A header of the request.")
@click.option("--secret", help="The endpoint's signing secret; else ADA_WEBHOOK_SECRET.")
@click.option("--now", type=NOT_NEGATIVE, metavar="SECONDS", help="Unix time to judge the timestamp by.")
@click.option("--any-age", is_flag=True, help="Do not judge the timestamp: the request was captured earlier.")
def command(
    file: str, headers: tuple[str, ...], secret: str | None, now: float | None, any_age: bool
) -> None:
    """Say whether a captured request verifies, and if not, why.

    FILE holds the raw body, byte for byte (- is standard input). Give the three svix headers with -H.
    """
    parsed = parse_headers(headers)
    if not parsed:
        raise UsageError(
            "No headers to verify.",
            next_step="Give svix-id, svix-timestamp and svix-signature, each with -H 'name: value'.",
        )
    moment = SystemClock().now() if now is None else now
    tolerance = float("inf") if any_age else 300.0
    key = require_secret(secret, "verify")
    try:
        verify(key, parsed, read_bytes(file), now=moment, tolerance=tolerance)
    except SignatureError as error:
        if error.what == UNEXPLAINED and (reason := doubt(key)):
            raise UsageError(
                f"The signing secret {reason}. No signature matches with it.", next_step=error.next_step
            ) from None
        click.echo(f"Does not verify ({error.reason}): {error.what}")
        if error.next_step:
            click.echo(f"  {error.next_step}")
        raise SystemExit(1) from None
    click.echo("Verifies.")
