"""The options of commands that deliver, the endpoint that they name, and the line about a delivery."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from ada_contract_tests.targets.open import UNSIGNED
from ada_mockserver.delivery.endpoint import Endpoint
from ada_mockserver.delivery.signing import parse_secret
from ada_mockserver.delivery.tls import make_ssl_context
from ada_schemas.shown import shown
from adakit.options import POSITIVE, SECRET_HELP, parse_headers, require_secret, together, use_profile

if TYPE_CHECKING:
    from collections.abc import Callable

    from ada_mockserver.delivery.attempt import Attempt
    from ada_schemas.contract.profile import Profile

__all__ = ["CONNECTION", "delivering", "delivering_if_asked", "show_delivery"]

CONNECTION = together(
    click.option("-H", "--header", "headers", multiple=True, metavar="K:V", help="A further header."),
    click.option(
        "--timeout", type=POSITIVE, metavar="SECONDS", help="[default: as the contract says, 15 for Ada]"
    ),
    click.option("--cacert", metavar="FILE", help="Certificates to trust, in place of the system's."),
    click.option("--insecure", is_flag=True, help="Do not verify certificates."),
)
"""The options of a connection: ``headers``, ``timeout``, ``cacert``, ``insecure``."""


def delivering(command: Callable[..., None]) -> Callable[..., None]:
    """A command that delivers: it has the options of an ``endpoint``, and gets it."""
    return _with_endpoint(command, required=True)


def delivering_if_asked(command: Callable[..., None]) -> Callable[..., None]:
    """A command that delivers where an ``endpoint`` is named with --to; otherwise that is None."""
    return _with_endpoint(command, required=False)


def _with_endpoint(command: Callable[..., None], *, required: bool) -> Callable[..., None]:

    @wraps(command)
    def with_endpoint(
        *,
        url: str | None,
        secret: str | None,
        headers: tuple[str, ...],
        timeout: float | None,
        cacert: str | None,
        insecure: bool,
        **others: Any,
    ) -> None:
        if url is None:
            command(endpoint=None, **others)
            return
        tls = make_ssl_context(cacert=cacert, insecure=insecure) if url.lower().startswith("https:") else None
        profile = use_profile(others.get("contract"))
        endpoint = Endpoint(
            url,
            _secrets(secret, profile),
            parse_headers(headers),
            timeout or profile.timeout,
            tls,
            profile.families,
            profile.further_headers(None),
        )
        command(endpoint=endpoint, **others)

    return together(
        click.option("--to", "url", required=required, metavar="URL", help="The endpoint."),
        click.option("--secret", help=SECRET_HELP),
        click.option("--rate", type=POSITIVE, help="Deliveries begun per second."),
        CONNECTION,
    )(with_endpoint)


def _secrets(option: str | None, profile: Profile) -> list[str]:
    """The secrets that ``--secret`` or the environment gives; none for ``none``, and to sign in no way."""
    if not profile.families:
        return []
    unsigned = "; --secret none sends them unsigned"
    secret = require_secret(option, "sign the requests", profile, otherwise=unsigned)
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
