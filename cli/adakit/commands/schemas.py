"""``adakit schemas``: the schema files, and payloads checked against them."""

from __future__ import annotations

import codecs
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ada_schemas.contract.contract import load, read_contract, shipped
from ada_schemas.contract.json_schema import bundle
from ada_schemas.contract.paths import get
from ada_schemas.contract.versions import fingerprint
from ada_schemas.errors import DocumentError, UsageError
from ada_schemas.files.endpoint import ENDPOINT_FILE, endpoint_document
from ada_schemas.files.write import (
    as_file,
    committed_directory,
    committed_root,
    differences,
    remove_left_over,
    render,
    render_closed,
    render_committed,
    write,
)
from ada_schemas.foreign_json import read_json
from ada_schemas.shown import shown, shown_json
from adakit.commands.drift import diff_command, observe_command
from adakit.options import CONTRACT, read_bytes, use_contract

if TYPE_CHECKING:
    from ada_schemas.contract.contract import Contract
    from ada_schemas.validation import Violation

__all__ = ["command"]


@click.group("schemas")
def command() -> None:
    """The schema files: list, show, export, validate, generate, diff, observe."""


command.add_command(diff_command)
command.add_command(observe_command)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@CONTRACT
def list_schemas(as_json: bool, contract: str | None) -> None:
    """List the schemas and where their files lie."""
    directory = committed_directory() if contract is None else Path(contract)
    known = use_contract(contract)
    rows = [{"type": e.type, "file": str(directory / f"{e.name}.schema.json")} for e in known.events]
    rows.append({"type": "(all events)", "file": str(directory / "bundle.schema.json")})
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    width = max(len(row["type"]) for row in rows)
    for row in rows:
        click.echo(f"{shown(row['type']):<{width}}  {shown(row['file'])}")


@command.command("show")
@click.argument("event")
@click.option("--closed", is_flag=True, help="The sender's form: nothing undocumented is valid.")
@CONTRACT
def show(event: str, closed: bool, contract: str | None) -> None:
    """Print the JSON Schema of EVENT, with or without v1., or of 'bundle'."""
    if event == "bundle" and not closed and contract is None:
        click.echo((committed_directory() / "bundle.schema.json").read_bytes(), nl=False)
        return
    known = use_contract(contract)
    is_bundle = event == "bundle" and not closed
    schema = bundle(known.events) if is_bundle else load(event, closed=closed, contract=known)
    click.echo(shown_json(schema, indent=2).encode())


@command.command("export")
@click.option("-o", "--output", required=True, metavar="DIR", help="Where to write the files.")
@click.option("--closed", is_flag=True, help="The sender's form: nothing undocumented is valid.")
@click.option("--cases", is_flag=True, help="Also an example file for every case of the contract check.")
@click.option(
    "--endpoint", metavar="PATH", help="Also endpoint.openapi.json: an OpenAPI document of your endpoint."
)
@click.option("--events", multiple=True, metavar="GLOB", help="Only these in --endpoint; !GLOB leaves out.")
@CONTRACT
def export(
    output: str,
    closed: bool,
    cases: bool,
    endpoint: str | None,
    events: tuple[str, ...],
    contract: str | None,
) -> None:
    """Write the schema files to DIR."""
    directory = _directory(output)
    if closed and (cases or endpoint is not None):
        other = "--cases" if cases else "--endpoint"
        raise UsageError(f"--closed writes schemas alone; it does not go with {other}.")
    if events and endpoint is None:
        raise UsageError(
            "--events chooses what the endpoint receives.", next_step="Give its path with --endpoint."
        )
    known = use_contract(contract)
    files = render_closed(known) if closed else render(known, cases=cases)
    if endpoint is not None:
        from ada_contract_tests.suites.selection import chosen_events  # noqa: PLC0415 - loads the cases

        chosen = chosen_events(events, known)
        received = [event for event in known.events if event.name in chosen]
        files[ENDPOINT_FILE] = as_file(endpoint_document(known, path=endpoint, events=received))
    write(files, directory)
    click.echo(f"Wrote {len(files)} files to {shown(str(directory))}")


def _directory(name: str) -> Path:
    if not name:
        raise UsageError("The name of the directory is empty.")
    return Path(name)


@command.command("generate")
@click.option("--check", is_flag=True, help="Write nothing; fail when the files are not up to date.")
@click.option("--from", "location", metavar="FILE|URL", help="An OpenAPI 3.1 document with webhooks.")
@click.option("-o", "--output", metavar="DIR", help="Where to write, or what to check.")
def generate(check: bool, location: str | None, output: str | None) -> None:
    """Generate the schema files from the documented payloads.

    Without --from, from the transcription that adakit ships; with it, from a document of your choice, such
    as Ada's own openapi.yaml, into a directory of your own. What its profile.toml says holds;
    `adakit init` writes one.
    """
    if location is not None and output is None:
        raise UsageError("--from needs a directory for what it generates.", next_step="Name one with -o DIR.")
    built = read_contract(location, beside=output) if location else shipped()
    for warning in built.warnings:
        click.echo(f"warning: {shown(warning)}", err=True)
    if output is None:
        directory, files, within = committed_root(), render_committed(built), "ada_schemas/v1"
        if built.version.startswith("custom-"):
            mark = fingerprint(built.events)
            raise UsageError(
                "The contract has changed and has no version yet.",
                next_step=f"Add one to documented/versions.yaml, with fingerprint: {mark}",
            )
    else:
        directory, files, within = _directory(output), render(built), ""
    if check:
        if not directory.is_dir():
            raise UsageError(f"{directory} is not a directory.")
        found = differences(files, directory, within=within)
        for line in found:
            click.echo(shown(line))
        if found:
            click.echo("The schema files are not what the documents generate; run: adakit schemas generate")
            raise SystemExit(1)
        click.echo(f"The schema files of {len(built.events)} events are up to date.")
        return
    changed = write(files, directory)
    for name in changed:
        click.echo(f"wrote {shown(name)}")
    for name in remove_left_over(files, directory, within=within) if output is None else ():
        click.echo(f"removed {shown(name)}")
    click.echo(f"{len(built.events)} events, {len(changed)} files changed in {shown(str(directory))}")


@command.command("validate")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--event", help="Check against this event, whatever the payload's type says.")
@click.option("--closed", is_flag=True, help="Also refuse everything that is not documented.")
@CONTRACT
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def validate_files(
    files: tuple[str, ...], event: str | None, closed: bool, as_json: bool, contract: str | None
) -> None:
    """Validate payloads: JSON files, or NDJSON with an event a line; - is standard input.

    Exit code 0 when all are valid, 1 when one is not, 2 when a file cannot be read.
    """
    from ada_schemas.validation import validate  # noqa: PLC0415 - jsonschema is loaded for this alone

    known = use_contract(contract)
    rows = []
    for name in files:
        for place, payload in _payloads(name):
            rows.append((place, payload, validate(payload, event=event, closed=closed, contract=known)))
    if as_json:
        results = [
            {"payload": place, "valid": not found, "violations": list(map(asdict, found))}
            for place, _, found in rows
        ]
        click.echo(json.dumps(results, indent=2))
    else:
        for place, payload, found in rows:
            _print_result(place, payload, found, closed=closed, contract=known)
    if any(found for _, _, found in rows):
        raise SystemExit(1)


def _payloads(name: str) -> list[tuple[str, Any]]:
    """The payloads of a file with the name of their place: one JSON text, or one a line."""
    raw = read_bytes(name)
    place = "standard input" if name == "-" else name
    if not raw.strip():
        raise DocumentError(f"{place} is empty.", next_step="It should hold a JSON payload, or one a line.")
    try:
        return [(place, read_json(raw, name=place))]
    except DocumentError:
        bare = raw.removeprefix(codecs.BOM_UTF8)  # read_json takes it for a whole text alone
        lines = [(n, line) for n, line in enumerate(bare.splitlines(), 1) if line.strip()]
        if len(lines) < 2 or not all(line.lstrip().startswith(b"{") for _, line in lines):
            raise
        return [(f"{place}:{n}", read_json(line, name=f"{place}, line {n}")) for n, line in lines]


def _print_result(
    place: str, payload: Any, found: list[Violation], *, closed: bool, contract: Contract
) -> None:
    kind = get(payload, contract.profile.type_path) if contract.profile.type_path else "by its schema"
    if found:
        click.echo(f"{shown(place)}: not valid{' (closed)' if closed else ''}")
        for violation in found:
            click.echo(f"  {shown(str(violation))}")
        return
    is_known = not contract.profile.type_path or kind in contract.by_type
    unknown = ", an event type that is not documented; a receiver must accept it"
    click.echo(f"{shown(place)}: valid ({shown(str(kind))}{'' if is_known else unknown})")
