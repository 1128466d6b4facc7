"""``adakit events``."""

from __future__ import annotations

import json
from collections import Counter

import click

from ada_contract_tests.suites.registry import all_cases
from adakit.options import CONTRACT, use_contract

__all__ = ["command"]


@click.command("events")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@CONTRACT
def command(as_json: bool, contract: str | None) -> None:
    """List the event types and how many cases the contract check has for each."""
    known = use_contract(contract)
    counts = Counter(case.event for case in all_cases(known))
    rows = [
        {"type": e.type, "name": e.name, "cases": counts[e.name], "description": e.description}
        for e in known.events
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    from rich.table import Table  # noqa: PLC0415 - JSON output does not need it

    from adakit.console import open_console  # noqa: PLC0415 - likewise

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("event", no_wrap=True)
    table.add_column("cases", justify="right")
    table.add_column("")
    for row in rows:
        table.add_row(str(row["type"]), str(row["cases"]), str(row["description"]))
    again = f" --contract {contract}" if contract else ""
    console = open_console()
    console.print(table)
    console.print(
        f"\n{sum(counts.values())} cases in all, {counts['any']} of them about no documented event."
        f" List them with: adakit check --list{again}",
    )
