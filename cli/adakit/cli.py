"""The command group, and the one place where errors become exit codes.

0 good · 1 error findings, a failed delivery, invalid payloads · 2 usage · 3 nothing ever answered ·
130 interrupted.
"""

from __future__ import annotations

import errno
import io
import os
import re
import sys
from importlib import import_module
from typing import Any, NoReturn

import click

from ada_schemas.errors import AdakitError, TargetError, UsageError, WireError, did_you_mean
from ada_schemas.shown import shown, shown_lines
from adakit import __version__

__all__ = ["COMMANDS", "exit_code_of", "group", "main"]

COMMANDS = {
    "demo": "See the whole kit at work on a small consumer, in seconds.",
    "check": "Prove that an endpoint handles every documented event variant.",
    "serve": "Run the mock Ada: its API, its webhooks, and a console.",
    "send": "Send signed events to an endpoint.",
    "listen": "Receive webhooks: verify, validate, show and record them.",
    "replay": "Send recorded events again, signed anew.",
    "scenario": "Check and tell scenarios that you write in YAML.",
    "generate": "Print realistic events as NDJSON.",
    "events": "List the event types and how many variants each has.",
    "init": "Make a contract of another provider's documented webhooks.",
    "schemas": "List, show, export, validate and generate the schema files.",
    "sign": "Print the signature headers for a body.",
    "verify": "Say why a captured request does or does not verify.",
}


OUTPUT_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What keeps a file, standard output among them, from taking more."""

_SECRET = re.compile(r"whsec_[A-Za-z0-9+/=_-]{8,}")


class _ReaderGone(Exception):  # noqa: N818 - not an error: `adakit generate ... | head` ends like that
    """Nobody reads our output any more. Click has an exit code of its own for BrokenPipeError."""


class _LateGroup(click.Group):
    """Imports a command's module only when that command is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - likewise
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"adakit.commands.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            nearest = did_you_mean(args[0], COMMANDS)
            if not nearest:
                raise
            raise click.UsageError(f"{error.message} {nearest}", ctx) from None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise _ReaderGone from None
        except ExceptionGroup as group:
            raise _first(group) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - likewise
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _first(group: ExceptionGroup[Exception]) -> Exception:
    """The first error of a task group, in which all that were under way failed for the same reason."""
    error = group.exceptions[0]
    if isinstance(error, ExceptionGroup):
        return _first(error)
    return _ReaderGone() if isinstance(error, BrokenPipeError) else error


@click.group(
    cls=_LateGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="adakit")
@click.pass_context
def group(context: click.Context) -> None:
    """Contract tests and a mock sender for Ada webhooks.

    Start with: adakit demo
    """
    if os.environ.get("NO_COLOR"):
        context.color = False


def exit_code_of(error: AdakitError) -> int:
    """The exit code that an error means."""
    match error:
        case UsageError():
            return 2
        case TargetError():
            return 2 if error.usage else 3
        case WireError():
            return 3 if error.kind in ("refused", "dns", "tls") else 1
    return 1


def main() -> NoReturn:
    """Run the command line; every expected error is one clear line, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        # Where the terminal cannot show a character, its code is better than no report.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        _check_encoding(sys.argv[1:])
        code = group.main(prog_name="adakit", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except click.ClickException as error:
        said = io.StringIO()
        error.show(said)
        one_line = said.getvalue().replace(error.message, shown(error.message))
        click.echo(_without_secrets(shown_lines(one_line)), nl=False, err=True)
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        sys.exit(130)
    except AdakitError as error:
        lines = [f"adakit: {error.what}", *(f"  {line}" for line in error.next_step.splitlines())]
        click.echo(_without_secrets("\n".join(lines)), err=True)
        sys.exit(exit_code_of(error))
    except (_ReaderGone, BrokenPipeError):
        _discard_output()
        sys.exit(141)
    except OSError as error:
        if error.errno not in OUTPUT_ERRORS:
            raise
        _discard_output()
        click.echo(f"adakit: The output cannot be written: {error.strerror}.", err=True)
        sys.exit(2)
    sys.exit(code if isinstance(code, int) else 0)


def _without_secrets(text: str) -> str:
    """An error that repeats an argument, without the secret that was given in the wrong place."""
    return _SECRET.sub("whsec_***", text)


def _check_encoding(arguments: list[str]) -> None:
    """Raise `UsageError` for an argument whose bytes are no text: it could be neither printed nor sent."""
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            shown = argument.encode(errors="backslashreplace").decode()
            raise UsageError(f"The argument '{shown[:200]}' is not UTF-8.") from None


def _discard_output() -> None:
    """Let what is still buffered go nowhere, so that the interpreter does not fail on it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
