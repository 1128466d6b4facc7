"""The command group, and the one place where errors become exit codes.

0 good · 1 error findings, a failed delivery, invalid payloads · 2 usage · 3 nothing ever answered ·
130 interrupted.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import NoReturn

import click

from ada_schemas.errors import AdakitError, TargetError, UsageError, WireError
from adakit import __version__

__all__ = ["COMMANDS", "exit_code_of", "group", "main"]

COMMANDS = {
    "demo": "See the whole kit at work on a small consumer, in seconds.",
    "check": "Prove that an endpoint handles every documented event variant.",
    "send": "Send signed events to an endpoint.",
    "generate": "Print realistic events as NDJSON.",
    "events": "List the event types and how many variants each has.",
    "schemas": "List, show, export, validate and generate the schema files.",
    "sign": "Print the signature headers for a body.",
    "verify": "Say why a captured request does or does not verify.",
}


class _LateGroup(click.Group):
    """Imports a command's module only when that command is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - likewise
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"adakit.commands.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - likewise
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=_LateGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="adakit")
def group() -> None:
    """Contract tests and a mock sender for Ada webhooks.

    Start with: adakit demo
    """


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
    try:
        code = group.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        sys.exit(130)
    except AdakitError as error:
        click.echo(f"adakit: {error.what}", err=True)
        for line in error.next_step.splitlines():
            click.echo(f"  {line}", err=True)
        sys.exit(exit_code_of(error))
    except BrokenPipeError:
        # The reader of our output is gone, as in `adakit generate ... | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    sys.exit(code if isinstance(code, int) else 0)
