"""``adakit check``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ada_contract_tests.engine.check import Options, check, planned
from ada_contract_tests.engine.fuzzing import FUZZ_FOLDER, FUZZ_SECONDS, FuzzPlan
from ada_contract_tests.engine.project_settings import handoff_of, ignores_in
from ada_contract_tests.rules import rule, rules_of
from ada_contract_tests.suites.selection import Selection
from ada_contract_tests.targets.open import UNSIGNED
from ada_mockserver.delivery.signing import parse_secret
from ada_schemas.errors import UsageError
from ada_schemas.shown import shown_json
from adakit.deliveries import CONNECTION
from adakit.options import (
    CONTRACT,
    NOT_NEGATIVE,
    SECRET_HELP,
    Whole,
    parse_headers,
    together,
    use_contract,
    write_bytes,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ada_contract_tests.case import Case
    from ada_contract_tests.findings import Report
    from ada_schemas.contract.contract import Contract

__all__ = ["command"]

HANDOFF = together(
    click.option("--handoff-path", metavar="PATH", help="Also start handoffs there, as a handoff flow does."),
    click.option(
        "--handoff-body",
        metavar="JSON|@FILE",
        help="What the flow sends, if not Ada's guide's one field; {conversation_id} is filled in.",
    ),
    click.option(
        "--handoff-header",
        "handoff_headers",
        multiple=True,
        metavar="NAME=VALUE",
        help="A header that the flow sends.",
    ),
    click.option(
        "--handoff-api",
        metavar="PORT",
        help="Serve transcripts at that port of 127.0.0.1, for an endpoint with it as Ada's base URL.",
    ),
    click.option(
        "--handoff-conversation", metavar="ID", help="A conversation that your endpoint's Ada knows."
    ),
)
"""The options of the start of a handoff; each may also stand in [tool.adakit] of pyproject.toml."""


@click.command("check")
@click.argument("target", required=False)
@click.option("--path", help="The endpoint's path; for a URL in place of the one in it.")
@click.option("--secret", help=SECRET_HELP)
@click.option(
    "--accept", type=click.Choice(["200", "2xx"]), help="200: other 2xx are errors; 2xx: they are fine."
)
@click.option("--events", multiple=True, metavar="GLOB", help="Only these event types; !GLOB leaves out.")
@click.option("--select", default="", metavar="CODES", help="Only these rules: ADA104,ADA2xx.")
@click.option("--ignore", default="", metavar="CODES", help="Not these rules, or case ids.")
@click.option("--case", "cases", multiple=True, metavar="ID", help="Only this case.")
@click.option("--list", "list_cases", is_flag=True, help="List the cases that would run.")
@click.option("--explain", metavar="CODE", help="Explain a rule.")
@click.option("--seen-url", metavar="URL", help="The witness: answers what the consumer really handled.")
@click.option(
    "--ignores",
    multiple=True,
    metavar="EVENT:PATH=VALUE",
    help="What the consumer ignores on purpose; also [tool.adakit] ignores in pyproject.toml.",
)
@click.option(
    "--strict",
    is_flag=True,
    help="Warnings fail too: also what only the owner of the secret could send, and statuses other than 200.",
)
@click.option("--jobs", type=click.IntRange(1, 256), help="Deliveries at a time.  [default: 8, in process 1]")
@click.option("--seed", type=Whole(0), help="Repeat the payloads of this seed; drawn if not given.")
@CONNECTION
@click.option(
    "--budget",
    type=NOT_NEGATIVE,
    metavar="SECONDS",
    help="Time for the check; 0 for no limit.  [default: 120, in process 0]",
)
@HANDOFF
@click.option(
    "--fuzz",
    type=click.IntRange(1, 1_000_000),
    metavar="N",
    help="Also draw N events of each type, and N sequences.",
)
@click.option(
    "--fuzz-seconds",
    type=NOT_NEGATIVE,
    default=FUZZ_SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="Time for --fuzz; 0 for no limit.",
)
@click.option(
    "--fuzz-db",
    type=click.Path(path_type=Path),
    default=Path(FUZZ_FOLDER),
    show_default=True,
    metavar="DIR",
    help="Where --fuzz keeps failures, which the next run tries first.",
)
@click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="NAME=FILE",
    help="Also write a report: json, html, junit or markdown.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@CONTRACT
def command(
    *,
    target: str | None,
    events: tuple[str, ...],
    select: str,
    ignore: str,
    cases: tuple[str, ...],
    list_cases: bool,
    explain: str | None,
    ignores: tuple[str, ...],
    headers: tuple[str, ...],
    reports: tuple[str, ...],
    as_json: bool,
    contract: str | None,
    handoff_path: str | None,
    handoff_body: str | None,
    handoff_headers: tuple[str, ...],
    handoff_conversation: str | None,
    handoff_api: str | None,
    fuzz: int | None,
    fuzz_seconds: float,
    fuzz_db: Path,
    **chosen: Any,
) -> None:
    """Prove that an endpoint handles every documented event variant.

    TARGET is a URL, or module:app (ASGI or WSGI), which is called in process. Exit code 0 when all is good,
    1 with findings, 2 for a bad option, 3 when nothing answers.
    """
    if explain is not None:
        click.echo(explanation(explain, use_contract(contract) if contract else None))
        return
    known = use_contract(contract)
    options = Options(
        selection=Selection(select=select, ignore=ignore, events=events, cases=cases),
        ignores=(*ignores_in(Path.cwd(), known), *ignores),
        handoff=handoff_of(
            Path.cwd(),
            path=handoff_path,
            body=handoff_body,
            headers=handoff_headers,
            conversation=handoff_conversation,
            api=handoff_api,
            contract=known,
        ),
        fuzz=FuzzPlan(fuzz, fuzz_seconds, fuzz_db) if fuzz else None,
        headers=parse_headers(headers),
        search_path=(Path.cwd(),),
        contract=known,
        contract_directory=contract,
        **chosen,
    )
    if list_cases:
        variable = options.known.profile.secret_variable
        unsigned = (options.secret or os.environ.get(variable)) == UNSIGNED
        _print_cases(planned(options, unsigned=unsigned), as_json=as_json)
        return
    if target is None:
        raise UsageError(
            "No target to check.",
            next_step="Name a URL, such as http://127.0.0.1:8000/webhooks, or an application: module:app.",
        )
    outputs = _outputs(reports)
    if options.secret == "":
        parse_secret("")  # an unset variable in the shell: not the same as no option
    if as_json:
        report = check(target, options)
        click.echo(_renderers()["json"](report).encode(errors="backslashreplace"), nl=False)
    else:
        from ada_contract_tests.reports.terminal import print_report  # noqa: PLC0415 - JSON output does not need it
        from adakit.console import open_console  # noqa: PLC0415 - likewise

        report = _with_progress(lambda progress: check(target, options, progress=progress))
        print_report(report, open_console())
    for form, file in outputs:
        write_bytes(Path(file), _renderers()[form](report).encode(errors="backslashreplace"))
    raise SystemExit(report.exit_code)


def _print_cases(cases: list[Case], *, as_json: bool) -> None:
    if as_json:
        rows = [{"id": c.id, "rule": c.rule, "event": c.event, "summary": c.summary} for c in cases]
        click.echo(shown_json(rows, indent=2).encode(errors="backslashreplace"))
        return
    for case in cases:
        click.echo(f"{case.rule}  {case.id}")


def explanation(code: str, contract: Contract | None = None) -> str:
    """A rule as a person is told of it, in words for a contract, ours if none is given.

    Raises UsageError for a code that is none.
    """
    found = rule(code)
    if contract is not None:
        found = rules_of(contract.profile)[found.code]
    return "\n".join(
        (
            f"{found.code}: {found.title} ({found.family})",
            "",
            f"Documented      {found.documents}",
            f"Source          {found.source}",
            f"What must hold  {found.must_hold}",
            f"What breaks     {found.breaks}",
            f"How to fix      {found.fix}",
            f"Switch off      adakit check TARGET --ignore {found.code}",
        )
    )


def _renderers() -> dict[str, Callable[[Report], str]]:
    from ada_contract_tests.reports import RENDERERS  # noqa: PLC0415 - only a run needs them

    return RENDERERS


def _outputs(reports: tuple[str, ...]) -> list[tuple[str, str]]:
    outputs = []
    for entry in reports:
        form, equals, file = entry.partition("=")
        if form not in _renderers() or not equals or not file:
            raise UsageError(
                f"{entry!r} is no report.",
                next_step=f"Write it as NAME=FILE; NAME is {', '.join(_renderers())}.",
            )
        if not Path(file).absolute().parent.is_dir():
            raise UsageError(f"{file} cannot be written: its directory does not exist.")
        if Path(file).is_dir():
            raise UsageError(f"{file} cannot be written: it is a directory.")
        outputs.append((form, file))
    return outputs


def _with_progress(run: Callable[[Callable[[int, int], None] | None], Report]) -> Report:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415 - JSON output does not need it

    from adakit.console import open_console  # noqa: PLC0415 - likewise

    console = open_console(stderr=True)
    if not console.is_terminal:
        return run(None)
    columns = (TextColumn("checking"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("checking", total=None)
        return run(lambda done, total: bar.update(task, completed=done, total=total))
