"""``adakit serve``: the mock Ada, or with another provider's contract what sends that one's events."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from ada_mockserver.clock import parse_clock
from ada_mockserver.delivery.chaos import parse_rules
from ada_mockserver.delivery.request_bytes import parse_url
from ada_mockserver.delivery.signing import parse_secret
from ada_mockserver.extras import require_mock
from ada_mockserver.mock.outbox.backoff import SCHEDULES
from ada_schemas.contract.yaml_reader import parse_yaml
from ada_schemas.errors import UsageError
from ada_schemas.shown import shown
from adakit.options import CONTRACT, Whole, read_text, use_contract

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ada_mockserver.mock.assembly import Assembly
    from ada_mockserver.mock.script import Script
    from ada_schemas.contract.contract import Contract
    from ada_schemas.contract.profile import Profile

__all__ = ["command"]

KEY_VARIABLE = "ADA_API_KEY"
OF_ADA = {
    "api_key": "there is no API that asks for a key",
    "script": "there is no AI Agent",
    "pace": "there is no AI Agent",
    "handoff_url": "there are no handoffs",
    "rate_limits": "there is no API that limits calls",
}
"""The options that another provider's contract has no use for, each with the reason."""


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The interface to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=8787, show_default=True, help="0: a free one."
)
@click.option(
    "--db",
    "database",
    default="sqlite://",
    metavar="URL",
    help="Where things are kept: sqlite:///FILE, postgresql://...  [default: in memory]",
)
@click.option("--clock", default="real", show_default=True, metavar="real|fast:N", help="How time passes.")
@click.option(
    "--schedule",
    type=click.Choice(list(SCHEDULES)),
    default="svix-8",
    show_default=True,
    help="When a failed delivery is tried again.",
)
@click.option("--api-key", help="The key that clients send; else ADA_API_KEY, else one is made and shown.")
@click.option("--script", metavar="FILE", help="How the AI Agent behaves, as YAML or JSON.")
@click.option(
    "--pace",
    type=click.Choice(["natural", "instant"]),
    default="natural",
    show_default=True,
    help="How long agents take where the script names no delay: as people, or no time.",
)
@click.option(
    "--webhook",
    metavar="URL",
    help="Register this webhook, signed with ADA_WEBHOOK_SECRET if set (or what the profile names).",
)
@click.option("--handoff-url", metavar="URL", help="Call this when a conversation goes to custom-handoff.")
@click.option("--chaos", default="", metavar="RULES", help="Disturb deliveries.")
@click.option("--chaos-seed", type=Whole(0), help="Repeat the disturbances of this seed.")
@click.option("--rate-limits", is_flag=True, help="Answer 429 where Ada would.")
@CONTRACT
def command(host: str, port: int, database: str, clock: str, chaos: str, **chosen: Any) -> None:
    """Run the mock Ada: its REST API, its webhooks with their retries, and a console.

    Point a client's ADA_BASE_URL at it. The console is the page at the same address. With the --contract of
    another provider it sends that one's events, with retries and the console, and without an API.
    """
    require_mock("adakit serve")
    from ada_mockserver.http_server import bind, is_loopback, raise_file_limit  # noqa: PLC0415 - with the extra
    from ada_mockserver.mock.assembly import MockSettings, assemble, running  # noqa: PLC0415 - likewise
    from adakit.check_page.routes import check_page  # noqa: PLC0415 - likewise

    contract = use_contract(chosen["contract"])
    if not contract.is_ada:
        _refuse_options_of_ada(contract)
    key, is_made = _api_key(chosen["api_key"])
    settings = MockSettings(
        api_key=key,
        clock=parse_clock(clock),
        database=database,
        script=_script(chosen["script"], chosen["handoff_url"]),
        pace=chosen["pace"],
        contract=contract,
        contract_directory=chosen["contract"],
        schedule=chosen["schedule"],
        rate_limits=chosen["rate_limits"],
    )
    parse_rules(chaos, contract)
    variable = contract.profile.secret_variable
    secret = os.environ.get(variable) or None
    if chosen["webhook"] is not None:
        parse_url(chosen["webhook"])
        _check_secret(secret, variable)
    raise_file_limit()
    _follow_handoffs()

    async def serve() -> int | None:
        with bind(host, port) as bound:
            mock = assemble(settings, bound, more_pages=[check_page(chosen["contract"])])
            async with running(mock.context, mock.outbox):
                initial = await mock.create_initial(webhook=chosen["webhook"], secret=secret)
                if chaos:
                    await mock.outbox.set_chaos(chaos, seed=chosen["chaos_seed"])
                open_to = "" if is_loopback(bound) else host

                def announce() -> None:
                    url, channel = mock.context.base_url, initial.channel
                    if channel is None:
                        _announce_events(url, contract, chosen["webhook"], given=secret is not None)
                    else:
                        made = key if is_made else None
                        _announce_api(url, made, channel.id, settings.script.called)
                    _announce_end(mock, open_to)

                mock.server.on_started = announce
                await mock.server.serve(sockets=[bound])
        return mock.server.ended_by

    if asyncio.run(serve()) == signal.SIGINT:
        raise KeyboardInterrupt


def _follow_handoffs() -> None:
    """Print a line for each call that starts a handoff, on standard error."""
    log = logging.getLogger("ada_mockserver.handoffs")
    log.addHandler(logging.StreamHandler())
    log.setLevel(logging.INFO)
    log.propagate = False


def _api_key(option: str | None) -> tuple[str, bool]:
    """The key, and whether it was made here."""
    given = option if option is not None else os.environ.get(KEY_VARIABLE)
    if given is None:
        return f"mock-{secrets.token_hex(16)}", True
    if not given or not given.isascii() or not given.isprintable() or " " in given:
        raise UsageError(
            "The API key is empty, or holds what a header cannot carry.",
            next_step=f"Give visible ASCII characters with --api-key or in {KEY_VARIABLE}, or have one made.",
        )
    return given, False


def _refuse_options_of_ada(contract: Contract) -> None:
    """Raise `UsageError` for an option that the contract of another provider has no use for."""
    context = click.get_current_context()
    for name, reason in OF_ADA.items():
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            option, provider = f"--{name.replace('_', '-')}", contract.profile.provider
            raise UsageError(
                f"{option} is for Ada's contract alone: with that of {provider} {reason}.",
                next_step=f"Leave out {option}, or --contract.",
            )


def _check_secret(secret: str | None, variable: str) -> None:
    try:
        if secret is not None:
            parse_secret(secret)
    except UsageError as error:
        step = f"Correct {variable}, or unset it, and one is made."
        raise UsageError(f"{error.what} It is in {variable}.", next_step=step) from None


def _script(file: str | None, handoff_url: str | None) -> Script:
    from ada_mockserver.mock.script import DEFAULT_SCRIPT, parse_script  # noqa: PLC0415 - with the extra

    script = DEFAULT_SCRIPT if file is None else parse_script(parse_yaml(read_text(file), name=file))
    return script if handoff_url is None else script.with_handoff_url(handoff_url)


def _announce_events(url: str, contract: Contract, webhook: str | None, *, given: bool) -> None:
    """Say what there is with another provider's contract."""
    profile, types = contract.profile, len(contract.events)
    provider = shown(profile.provider)
    name = shown(profile.at_start.removeprefix("The "))  # where no document names the provider
    click.echo(f"The mock {name} and its console are at {click.style(url, bold=True)}\n")
    click.echo(f"  {types} event type{'' if types == 1 else 's'} of {provider}, {_signing(profile)}\n")
    if webhook is None:
        click.echo("Events go to the endpoints that the console or --webhook adds.")
    elif not profile.families:
        click.echo(f"Events go to {shown(webhook)}, unsigned.")
    else:
        secret = f"the secret in {profile.secret_variable}" if given else "a secret that its page reveals"
        click.echo(f"Events go to {shown(webhook)}, signed with {secret}.")
    click.echo(f"It sends events alone: there is no API of {provider}.")


def _signing(profile: Profile) -> str:
    if not profile.families:
        return "which are not signed in a way that is known here"
    names = [f"{family}-signature" for family in profile.families]
    headers = f"header{'' if len(names) == 1 else 's'} {' and '.join(names)}"
    return f"signed in the {headers}; consumers take the secret from {profile.secret_variable}"


def _announce_api(url: str, made_key: str | None, channel_id: str, handoffs: Mapping[str, str]) -> None:
    click.echo(f"The mock Ada and its console are at {click.style(url, bold=True)}\n")
    click.echo(f"  ADA_BASE_URL={url}")
    if made_key is None:
        click.echo("  ADA_API_KEY is the one that you gave")
    else:
        click.echo(f"  ADA_API_KEY={made_key}")
    click.echo(f"  ADA_CHANNEL_ID={channel_id}\n")
    click.echo(
        "That base URL is for clients that add /api/v2 to it, such as ada-conversations-api-demo.\n"
        f"Those that add /v2, such as ada-handoffs-api-demo, take {url}/api\n"
    )
    for integration, called in handoffs.items():
        click.echo(f"A handoff to {shown(integration)} calls {shown(called)}")


def _announce_end(mock: Assembly, open_to: str) -> None:
    exposed = mock.context.database.exposed
    if open_to:
        click.echo(
            f"It listens on {open_to}: whoever reaches it can read and clear it without a key.", err=True
        )
    if exposed is not None:
        click.echo(
            f"{shown(exposed)} holds signing secrets, and others on this machine may read it:"
            " chmod 600 makes it yours.",
            err=True,
        )
    click.echo("Ctrl-C stops it.")
