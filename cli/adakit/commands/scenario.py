"""``adakit scenario``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ada_contract_tests.engine.check import draw_seed
from ada_mockserver.events.written.checking import try_out
from ada_mockserver.events.written.document import ScenarioError, schema_text
from ada_mockserver.events.written.plan import read_plan
from ada_schemas.errors import DocumentError, UsageError
from ada_schemas.shown import shown
from adakit.commands.generate import print_payloads
from adakit.commands.send import ENDLESS, SHOWN, LoadOptions, loading, send_payloads
from adakit.deliveries import delivering_if_asked
from adakit.options import CONTRACT, Whole, read_text, use_contract
from adakit.payload_plan import OVERRIDES, PROFILE, Order, read_profile

if TYPE_CHECKING:
    from ada_mockserver.delivery.endpoint import Endpoint
    from ada_schemas.contract.contract import Contract

__all__ = ["command"]


@click.group("scenario")
def command() -> None:
    """Check and tell scenarios that you write in YAML; docs/scenarios.md shows how."""


@command.command("validate")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@CONTRACT
def validate(files: tuple[str, ...], contract: str | None) -> None:
    """Check scenarios, and the events that they give; - is standard input.

    Exit code 0 when all are valid, warnings included, 1 when one is not, 2 when a file cannot be read.
    """
    known = _of_conversations(contract)
    texts = [(name, read_text(name)) for name in files]
    valid = sum(_is_valid(_titled(name), text, known) for name, text in texts)
    if valid < len(texts):
        raise SystemExit(1)


def _of_conversations(directory: str | None) -> Contract:
    """The contract of ``--contract DIR``; raises UsageError for one of other events than conversations."""
    known = use_contract(directory)
    if not known.is_ada:
        raise UsageError(
            f"Scenarios tell conversations, and {known.profile.provider} sends other events.",
            next_step="Send events one by one with: adakit send EVENT --contract DIR --to URL",
        )
    return known


def _is_valid(name: str, text: str, contract: Contract) -> bool:
    """Print whether a scenario is valid, and why it is not."""
    try:
        plan = read_plan(text, name=name, contract=contract)
        events, warnings = try_out(plan, seed=plan.seed or 0)
    except ScenarioError as error:
        said = error.next_step
    except DocumentError as error:
        said = error.what
    else:
        some = f", {len(warnings)} warning{'s' * (len(warnings) > 1)}" if warnings else ""
        click.echo(f"{shown(name)}: ok, {events} events{some}")
        for warning in warnings:
            click.echo(f"  {shown(str(warning))}")
        return True
    click.echo(f"{shown(name)}: not valid")
    for line in said.splitlines():
        click.echo(f"  {shown(line)}")
    return False


@command.command("run")
@click.argument("file", metavar="FILE")
@delivering_if_asked
@click.option("-n", "--count", type=Whole(1), help="How often, each time with other people.  [default: 1]")
@click.option("-o", "--output", metavar="FILE", help="Write to a file in place of standard output.")
@loading
@click.option(
    "--seed", type=Whole(0), help="Repeat what this seed gave.  [default: the scenario's, else drawn]"
)
@click.option("--locale", help="Where the people are from.  [default: the scenario's, else en_US]")
@PROFILE
@OVERRIDES
@CONTRACT
def run(
    *,
    file: str,
    endpoint: Endpoint | None,
    count: int | None,
    output: str | None,
    seed: int | None,
    locale: str | None,
    profile: str | None,
    load: LoadOptions,
    contract: str | None,
    **overrides: Any,
) -> None:
    """Print the events of a scenario as NDJSON, or send them with --to.

    With --to the events of one scenario are sent in order, and the exit codes are those of `adakit send`. The
    scenario is checked before, as `adakit scenario validate` checks it; an invalid one is exit code 2.
    """
    _check_options(endpoint, output, load)
    plan = read_plan(read_text(file), name=_titled(file), locale=locale, contract=_of_conversations(contract))
    wanted = plan.seed if seed is None else seed
    chosen = draw_seed() if wanted is None else wanted
    for warning in try_out(plan, seed=chosen, profile=read_profile(profile)).warnings:
        click.echo(shown(str(warning)), err=True)
    endless = load.duration is not None and count is None
    order = Order(
        file,
        plan.contract,
        seed=chosen,
        count=ENDLESS if endless else count or 1,
        profile=profile,
        written=plan,
        **overrides,
    )
    if wanted is None:
        click.echo(f"seed {chosen}", err=True)
    if endpoint is None:
        print_payloads(order, output)
        return
    send_payloads(
        endpoint,
        order,
        load,
        what=file,
        seed=chosen,
        shown=not endless and (count or 1) <= SHOWN,
    )


def _check_options(endpoint: Endpoint | None, output: str | None, load: LoadOptions) -> None:
    if endpoint is not None:
        if output is not None:
            raise UsageError("--output is for events that are printed; it does not go with --to.")
        return
    given: dict[str, Any] = {
        "--rate": load.rate,
        "--duration": load.duration,
        "--concurrency": load.concurrency if load.concurrency > 1 else None,
        "--attempts": load.attempts if load.attempts > 1 else None,
        "--json": load.as_json or None,
        "--report": load.page,
    }
    if alone := next((name for name, value in given.items() if value is not None), None):
        raise UsageError(
            f"{alone} is for events that are sent.", next_step="Name the endpoint with --to URL."
        )


@command.command("schema")
def schema() -> None:
    """Print the JSON Schema of scenarios, for editors."""
    click.echo(schema_text().encode(), nl=False)


def _titled(name: str) -> str:
    """The file as messages name it."""
    return "standard input" if name == "-" else name
