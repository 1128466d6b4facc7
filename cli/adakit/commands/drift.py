"""``adakit schemas diff`` and ``adakit schemas observe``: an alarm when a documentation moves."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ada_schemas.drift import diff, observe
from ada_schemas.errors import UsageError
from adakit.drift_reports import DIFF_RENDERERS, OBSERVATION_RENDERERS
from adakit.options import CONTRACT, together, use_contract, write_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["diff_command", "observe_command"]

T = TypeVar("T")

RENDERING = together(
    click.option(
        "--format", "form", type=click.Choice(list(DIFF_RENDERERS)), default="text", show_default=True
    ),
    click.option("--json", "as_json", is_flag=True, help="The same as --format json."),
    click.option("--markdown", "as_markdown", is_flag=True, help="The same as --format markdown."),
    click.option("-o", "--output", metavar="FILE", help="Write to a file."),
)


def _write(
    found: T,
    renderers: dict[str, Callable[[T], str]],
    *,
    form: str,
    as_json: bool,
    as_markdown: bool,
    output: str | None,
) -> None:
    """Write what was found in the one form that is asked for."""
    asked = {"json": as_json, "markdown": as_markdown}
    chosen = {name for name in renderers if asked.get(name) or name == form != "text"} or {form}
    if len(chosen) > 1:
        raise UsageError(
            f"Only one form can be written, not {' and '.join(sorted(chosen))}.",
            next_step="Give one of --format, --json and --markdown.",
        )
    write_bytes(output, renderers[chosen.pop()](found).encode(errors="backslashreplace"))


@click.command("diff")
@click.option("--against", metavar="FILE|URL|DIR", help="The contract to compare with; ours if not given.")
@click.option("--base", metavar="FILE|URL|DIR", help="The older one of the two; ours if not given.")
@click.option("--strict", is_flag=True, help="Any change is an alarm, not only a breaking one.")
@RENDERING
def diff_command(*, against: str | None, base: str | None, strict: bool, **rendering: Any) -> None:
    """Say what changes for a consumer from one contract to another.

    A contract is an OpenAPI document with webhooks (a file or a URL), or a directory of schema files. Each
    change is breaking, loosened, additive, tightened or documentation only, by the versioning policy; what
    adakit corrects in a published document is listed with its reason and is no change. Exit code 1 for a
    breaking change, with --strict for any change; 2 for a document that cannot be used.
    """
    if against is None and base is None:
        raise UsageError(
            "Nothing to compare with.", next_step="Name a file, a URL or a directory with --against."
        )
    drift = diff(base=base, against=against)
    _write(drift, DIFF_RENDERERS, **rendering)
    if drift.is_alarming(strict=strict):
        raise SystemExit(1)


@click.command("observe")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--strict", is_flag=True, help="Exit with 1 when something is not documented.")
@click.option("--no-examples", is_flag=True, help="Show no values: recorded events hold what people wrote.")
@CONTRACT
@RENDERING
def observe_command(
    *, files: tuple[str, ...], strict: bool, no_examples: bool, contract: str | None, **rendering: Any
) -> None:
    """Say what recorded events contain that the documentation does not.

    FILE is NDJSON: an event a line, or a record that holds one as payload, body or event; - is standard
    input. Unknown event types, members, values, branches, types and nulls are counted, with examples.
    """
    name = files[0] if len(files) == 1 else f"{len(files)} files"
    found = observe(_lines(files), use_contract(contract), name="standard input" if name == "-" else name)
    if no_examples:
        found = replace(found, observed=tuple(replace(o, examples=()) for o in found.observed))
    _write(found, OBSERVATION_RENDERERS, **rendering)
    if strict and found.observed:
        raise SystemExit(1)


def _lines(files: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """Each line with its place, read as it is needed: recordings may be large."""
    for name in files:
        if name == "-" and sys.stdin is None:
            raise UsageError("Standard input is closed.")
        shown = "standard input" if name == "-" else name
        try:
            with click.open_file(name, "rb") as file:
                yield from ((f"{shown}, line {number}", line) for number, line in enumerate(file, 1))
        except OSError as error:
            raise UsageError(f"{name} cannot be read: {error.strerror}.") from error
