"""``adakit verify``."""

from __future__ import annotations

import click

from ada_mockserver.clock import SystemClock
from ada_mockserver.delivery.signing import PARTS, UNEXPLAINED, doubt, verify
from ada_schemas.errors import SignatureError, UsageError
from adakit.options import (
    CONTRACT,
    NOT_NEGATIVE,
    SECRET_HELP,
    parse_headers,
    read_bytes,
    require_secret,
    use_profile,
)

__all__ = ["command"]


@click.command("verify")
@click.argument("file", default="-")
@click.option("-H", "--header", "headers", multiple=True, metavar="K:V", help="A header of the request.")
@click.option("--secret", help=SECRET_HELP)
@click.option("--now", type=NOT_NEGATIVE, metavar="SECONDS", help="Unix time to judge the timestamp by.")
@click.option("--any-age", is_flag=True, help="Do not judge the timestamp: the request was captured earlier.")
@CONTRACT
def command(
    file: str,
    headers: tuple[str, ...],
    secret: str | None,
    now: float | None,
    any_age: bool,
    contract: str | None,
) -> None:
    """Say whether a captured request verifies, and if not, why.

    FILE holds the raw body, byte for byte (- is standard input). Give its headers with -H.
    """
    profile = use_profile(contract)
    prefix = profile.prefix
    names = [f"{prefix}-{part}" for part in PARTS]
    parsed = parse_headers(headers)
    if not parsed:
        raise UsageError(
            "No headers to verify.",
            next_step=f"Give {', '.join(names[:-1])} and {names[-1]}, each with -H 'name: value'.",
        )
    moment = SystemClock().now() if now is None else now
    tolerance = float("inf") if any_age or not profile.tolerance else profile.tolerance
    key = require_secret(secret, "verify", profile)
    try:
        verify(key, parsed, read_bytes(file), now=moment, tolerance=tolerance, prefix=prefix)
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
