"""The option ``--contract DIR``: work with a contract of one's own in place of the shipped one.

A command takes it with ``@CONTRACT`` and calls ``use_contract`` before anything else; what follows reads the
contract where it always does, from ``ada_schemas.catalog``.
"""

from __future__ import annotations

import click

from ada_schemas.catalog import adopt, contract_in

__all__ = ["CONTRACT", "use_contract"]

CONTRACT = click.option(
    "--contract",
    metavar="DIR",
    help="Work with the contract in DIR, which `adakit schemas generate --from` wrote.",
)


def use_contract(directory: str | None) -> None:
    """Adopt the contract in a directory until the running command ends; nothing for None.

    Raises DocumentError for a directory that holds none. What of its document cannot be used is said on
    standard error.
    """
    if directory is None:
        return
    found = contract_in(directory)
    for warning in found.contract.warnings:
        click.echo(f"warning: {warning}", err=True)
    click.get_current_context().call_on_close(lambda: adopt(None))
    adopt(found)
