"""``adakit generate``."""

from __future__ import annotations

import click

from ada_contract_tests.engine.check import draw_seed
from adakit.options import CONTRACT, use_contract, write_bytes
from adakit.payload_plan import Order

__all__ = ["command"]


@click.command("generate")
@click.argument("name", metavar="EVENT|SCENARIO")
@click.option("-n", "--count", type=click.IntRange(1), default=1, help="How many, or how often.")
@click.option("--seed", type=click.IntRange(0), help="Repeat what this seed gave; drawn if not given.")
@click.option("--locale", default="en_US", show_default=True, help="Where the people are from.")
@click.option("--case", metavar="ID", help="A variant, as `adakit check --list` names it.")
@click.option("--set", "assignments", multiple=True, metavar="PATH=VALUE", help="Set a member.")
@click.option("--unset", "removals", multiple=True, metavar="PATH", help="Take a member away.")
@click.option("-o", "--output", metavar="FILE", help="Write to a file in place of standard output.")
@CONTRACT
def command(
    name: str,
    count: int,
    seed: int | None,
    locale: str,
    case: str | None,
    assignments: tuple[str, ...],
    removals: tuple[str, ...],
    output: str | None,
    contract: str | None,
) -> None:
    """Print realistic events as NDJSON, exactly the bytes that `adakit send` would send.

    EVENT is an event type, with or without v1.; SCENARIO a whole story, such as conversation or handoff.
    """
    order = Order(
        name,
        use_contract(contract),
        seed=draw_seed() if seed is None else seed,
        count=count,
        locale=locale,
        case=case,
        assignments=assignments,
        removals=removals,
    )
    bodies = [planned.body for planned in order.payloads()]
    single = len(bodies) == 1 and output is not None
    write_bytes(output, bodies[0] if single else b"".join(body + b"\n" for body in bodies))
    if seed is None:
        click.echo(f"seed {order.seed}", err=True)
