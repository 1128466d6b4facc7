"""Inputs, outputs and options that several commands share."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from ada_mockserver.numbers import MOST_WHOLE, finite
from ada_schemas.contract.documents import read_file
from ada_schemas.errors import UsageError
from ada_schemas.shown import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ada_mockserver.delivery.http import Headers
    from ada_schemas.contract.contract import Contract
    from ada_schemas.contract.profile import Profile

__all__ = [
    "CONTRACT",
    "NOT_NEGATIVE",
    "POSITIVE",
    "SECRET_HELP",
    "Finite",
    "Whole",
    "parse_headers",
    "read_bytes",
    "read_text",
    "require_secret",
    "together",
    "use_contract",
    "use_profile",
    "write_bytes",
    "writing",
]


class Finite(click.FloatRange):
    """A number of a range; ``nan`` and ``inf``, which compare with nothing or never end, are none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number; click's own error for anything else."""
        number = finite(super().convert(value, param, ctx))
        if number is None:
            self.fail(f"{value!r} is not a finite number.", param, ctx)
        return number


class Whole(click.IntRange):
    """A whole number of a range, none that is larger than every program can hold."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number; click's own error for anything else."""
        number = int(super().convert(value, param, ctx))
        if abs(number) > MOST_WHOLE:
            self.fail(f"{str(value)[:40]!r} is too large a number.", param, ctx)
        return number


NOT_NEGATIVE = Finite(min=0)
POSITIVE = Finite(min=0, min_open=True)


def read_bytes(name: str) -> bytes:
    """The content of a file, or of standard input for ``-``; raises UsageError when it cannot be read."""
    if not name:
        raise UsageError("The name of the file is empty.")
    if name == "-":
        if sys.stdin is None:
            raise UsageError("Standard input is closed.")
        return sys.stdin.buffer.read()
    return read_file(Path(name))


def read_text(name: str) -> str:
    """The content of a UTF-8 file, or of standard input for ``-``; raises UsageError as `read_bytes` does."""
    try:
        return read_bytes(name).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{name} is not UTF-8.") from None


@contextmanager
def writing(name: str | Path | None) -> Iterator[BinaryIO]:
    """A file to write to, or standard output for None or ``-``; raises UsageError when writing fails."""
    if name in (None, "-"):
        if sys.stdout is None:
            raise UsageError("Standard output is closed.")
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        with Path(str(name)).open("wb") as file:
            yield file
    except OSError as error:
        raise UsageError(f"{name} cannot be written: {error.strerror}.") from error


def write_bytes(name: str | Path | None, content: bytes) -> None:
    """Write to a file, or to standard output for None or ``-``; raises UsageError when that fails."""
    with writing(name) as file:
        file.write(content)


def parse_headers(values: tuple[str, ...]) -> Headers:
    """``K: V`` options as headers; raises UsageError for one without a colon or a name."""
    headers = []
    for value in values:
        name, colon, content = value.partition(":")
        if not colon or not name.strip():
            raise UsageError(f"{value!r} is not a header.", next_step="Write it as 'Name: value'.")
        headers.append((name.strip(), content.strip()))
    return tuple(headers)


def require_secret(option: str | None, what: str, profile: Profile, *, otherwise: str = "") -> str:
    """The secret of the option or of the profile's variable; raises UsageError that names both.

    ``otherwise`` completes the next step where there is a way without a secret. Raises UsageError, too, where
    the provider signs in a way that is not known here.
    """
    import os  # noqa: PLC0415 - only commands that need a secret read the environment

    if not profile.families:
        raise UsageError(
            f"The signatures of {profile.provider} are of a kind that adakit does not know.",
            next_step="Its profile.toml says so: signature.headers is empty.",
        )
    secret = os.environ.get(profile.secret_variable) if option is None else option
    if not secret and option is None:
        raise UsageError(
            f"No secret to {what} with.",
            next_step=f"Give it with --secret or in {profile.secret_variable}{otherwise}.",
        )
    return secret or ""


def together(*options: Callable[[Any], Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Several options as one decorator; the help shows them in this order."""
    return lambda command: reduce(lambda made, option: option(made), reversed(options), command)


SECRET_HELP = "Its signing secret, or none; else ADA_WEBHOOK_SECRET, or the variable of the contract."  # noqa: S105 - a help text
"""The help of ``--secret``."""
CONTRACT = click.option(
    "--contract",
    metavar="DIR",
    help="Work with the contract in DIR, which `adakit init` wrote, in place of Ada's.",
)


def use_profile(directory: str | None) -> Profile:
    """The profile of ``--contract DIR``, Ada's for None; raises DocumentError."""
    from ada_schemas.contract.contract import ada_profile, profile_in  # noqa: PLC0415 - as above

    return ada_profile() if directory is None else profile_in(directory)


def use_contract(directory: str | None) -> Contract:
    """The contract of ``--contract DIR``, ours for None; warns on standard error; raises DocumentError."""
    from ada_schemas.contract.contract import contract_in, shipped  # noqa: PLC0415 - few commands need the contract

    if directory is None:
        return shipped()
    found = contract_in(directory)
    for warning in found.warnings:
        click.echo(f"warning: {shown(warning)}", err=True)
    return found
