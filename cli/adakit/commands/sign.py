"""``adakit sign``."""

from __future__ import annotations

import json
import random
import re

import click

from ada_mockserver.clock import SystemClock
from ada_mockserver.delivery.signing import new_message_id, signature_headers
from ada_schemas.errors import UsageError
from adakit.options import CONTRACT, SECRET_HELP, Whole, read_bytes, require_secret, use_profile

__all__ = ["command"]

VISIBLE = re.compile(r"[!-~]+")


@click.command("sign")
@click.argument("file", default="-")
@click.option("--secret", help=SECRET_HELP)
@click.option("--id", "message_id", metavar="ID", help="The id of the delivery; drawn if not given.")
@click.option("--timestamp", type=Whole(0), metavar="SECONDS", help="Unix time; now if not given.")
@click.option(
    "--format",
    "layout",
    type=click.Choice(["headers", "curl", "json"]),
    default="headers",
    show_default=True,
    help="Header lines, options for curl, or a JSON object.",
)
@CONTRACT
def command(
    file: str,
    secret: str | None,
    message_id: str | None,
    timestamp: int | None,
    layout: str,
    contract: str | None,
) -> None:
    """Print the signature headers for the exact bytes of FILE (- is standard input)."""
    if message_id is not None and not VISIBLE.fullmatch(message_id):
        raise UsageError(
            f"{message_id!r} cannot stand in a header as an id.",
            next_step="Give visible ASCII characters without spaces, such as msg_2b4.",
        )
    profile = use_profile(contract)
    headers = signature_headers(
        [require_secret(secret, "sign", profile)],
        message_id=message_id or new_message_id(random.SystemRandom()),
        timestamp=int(SystemClock().now()) if timestamp is None else timestamp,
        body=read_bytes(file),
        families=profile.families,
    )
    match layout:
        case "json":
            click.echo(json.dumps(dict(headers), indent=2))
        case "curl":
            click.echo(" ".join(f"-H {name}:{value}" for name, value in headers))
        case _:
            for name, value in headers:
                click.echo(f"{name}: {value}")
