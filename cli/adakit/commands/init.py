"""``adakit init``: a contract directory of another provider."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ada_schemas.contract.contract import contract_of
from ada_schemas.contract.documents import load_document
from ada_schemas.contract.profile import PROFILE_FILE, slug_of
from ada_schemas.contract.proposal import named_provider
from ada_schemas.errors import UsageError, some
from ada_schemas.files.profile import profile_text
from ada_schemas.files.write import render, write
from ada_schemas.shown import shown

if TYPE_CHECKING:
    from ada_schemas.contract.contract import Contract

__all__ = ["command"]


@click.command("init")
@click.option(
    "--from", "location", required=True, metavar="FILE|URL", help="An OpenAPI document with webhooks."
)
@click.option("-o", "--output", metavar="DIR", help="Where to write.  [default: contracts/PROVIDER]")
@click.option(
    "--provider", metavar="NAME", help="What reports call the provider, if not as the document does."
)
def command(location: str, output: str | None, provider: str | None) -> None:
    """Make a contract directory from another provider's documented webhooks.

    It holds the schema files, and profile.toml: how the provider delivers, as far as the document says it,
    with comments. Correct it, and work with it: adakit check TARGET --contract DIR. A profile.toml that is
    there already stays as it is, and holds.
    """
    if output == "":
        raise UsageError("The name of the directory is empty.")
    if provider is not None and (not provider.strip() or not provider.isprintable()):
        raise UsageError("The provider's name is empty, or no text of one line.")
    document = load_document(location)
    built = contract_of(document, name=location, beside=output)
    if output is None:
        name = slug_of(provider or built.proposal.profile.provider)
        output = str(Path("contracts", name))
        built = contract_of(document, name=location, beside=output)
    directory = Path(output)
    is_new = not (directory / PROFILE_FILE).is_file()
    files: dict[str, str] = {}
    if is_new:
        proposal = replace(built.proposal, profile=built.profile)
        if provider is not None:
            proposal = named_provider(proposal, provider)
        files[PROFILE_FILE] = profile_text(proposal)
        write(files, directory)
        built = contract_of(document, name=location, beside=output)
    elif provider is not None:
        raise UsageError(
            f"{directory / PROFILE_FILE} names the provider already.", next_step="Correct it there."
        )
    for warning in built.warnings:
        click.echo(f"warning: {shown(warning)}", err=True)
    write(render(built), directory)
    _announce(built, directory, is_new=is_new)


def _announce(built: Contract, directory: Path, *, is_new: bool) -> None:
    profile = built.profile
    place = shown(str(directory))
    names = shown(some(built.event_names))
    click.echo(f"{len(built.events)} events of {shown(profile.provider)} in {place}: {names}.\n")
    told = f"`{profile.type_path}` in the body" if profile.type_path else f"the header {profile.type_header}"
    rows = (
        ("event type", told if profile.type_path or profile.type_header else "nowhere in a delivery"),
        (
            "signature",
            " and ".join(f"{family}-*" for family in profile.families) or "none that adakit can make",
        ),
        ("secret", profile.secret_variable if profile.families else "none"),
        ("answer", f"{profile.accept or '200'} within {profile.timeout:g} s"),
    )
    for name, value in rows:
        click.echo(f"  {name:<11}{shown(value)}")
    state = "Look through it:" if is_new else "As it says:"
    click.echo(
        f"\n{state} {shown(str(directory / PROFILE_FILE))}\nThen: adakit check TARGET --contract {place}"
    )
