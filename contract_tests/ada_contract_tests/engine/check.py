"""``check``: every selected case against one target, as a report."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ada_contract_tests.engine.case_run import Courier
from ada_contract_tests.engine.reproduction import Reproduction, judging_options
from ada_contract_tests.engine.run import Runner
from ada_contract_tests.engine.witness import Witness, asking
from ada_contract_tests.suites.registry import Selection, all_cases
from ada_contract_tests.targets.load_app import is_application_spec
from ada_contract_tests.targets.open import open_target, resolve_secret
from ada_mockserver.clock import SystemClock
from ada_mockserver.delivery.sender import TIME_LIMIT
from ada_mockserver.events.factory import EventFactory
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ada_contract_tests.findings import Report
    from ada_contract_tests.suites.registry import Case
    from ada_contract_tests.targets.base import Target
    from ada_mockserver.clock import Clock
    from ada_mockserver.delivery.http import Headers
    from ada_schemas.contract.contract import Contract

__all__ = ["Options", "acheck", "check", "draw_seed", "planned"]

JOBS = 8
"""Deliveries at a time over HTTP; an application in process is called one request after the other."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a target is checked.

    ``secret`` is the signing secret, ``"none"`` for a consumer that verifies nothing (ADA3xx is left out),
    None to take ADA_WEBHOOK_SECRET; ``accept`` is ``"200"`` to make any other
    2xx an error, ``"2xx"`` to say nothing of it, None to warn; ``seed`` None draws one;
    ``timeout`` is in seconds; ``strict`` makes warnings errors; ``seen_url`` is
    the witness: a URL, or in process a path of the application; ``search_path`` goes to the
    front of ``sys.path`` for ``module:app``; ``contract_in_use`` is the contract, ours if None,
    and ``contract`` its directory, for the lines that repeat a case.
    """

    path: str | None = None
    secret: str | None = field(default=None, repr=False)
    accept: str | None = None
    selection: Selection = field(default_factory=Selection)
    headers: Headers = ()
    timeout: float = TIME_LIMIT
    jobs: int | None = None
    seed: int | None = None
    cacert: str | None = None
    insecure: bool = False
    strict: bool = False
    seen_url: str | None = None
    search_path: Sequence[Path] = ()
    contract: str | None = None
    contract_in_use: Contract | None = None


def draw_seed() -> int:
    """A seed that is easy to copy: up to nine digits."""
    return random.SystemRandom().randrange(10**9)


def planned(options: Options, *, unsigned: bool = False) -> list[Case]:
    """The cases that a check with these options runs.

    Raises UsageError when an option fits nothing, or when nothing is left.
    """
    if options.accept not in (None, "200", "2xx"):
        raise UsageError(f"{options.accept!r} is no status to accept.", next_step="Give 200 or 2xx.")
    chosen = options.selection.choose(options.contract_in_use)
    left_out = {"ADA401"} if options.accept == "2xx" else set()
    cases = [c for c in chosen if c.rule not in left_out and not (unsigned and _is_about_signing(c))]
    if not cases:
        raise UsageError(
            "No case is left to run.",
            next_step="--secret none leaves out ADA3xx, --accept 2xx leaves out ADA401; select others too.",
        )
    return cases


def _is_about_signing(case: Case) -> bool:
    return case.forgery is not None or case.rule.startswith("ADA3")


async def acheck(
    target: str,
    options: Options | None = None,
    *,
    clock: Clock | None = None,
    progress: Callable[[int, int], None] | None = None,
    opened: Target | None = None,
) -> Report:
    """Check a target: a URL, or ``module:app`` (ASGI or WSGI) in process.

    ``opened`` is a target that is made already, in place of the one that ``target`` names. Raises
    UsageError for options that cannot be used, TargetError when the target cannot be loaded or not one
    connection can be made.
    """
    options = options or Options()
    clock = clock or SystemClock()
    in_process = is_application_spec(target)
    if opened is None and not in_process:  # a URL that cannot be used is said before a secret is asked for
        opened = _open(target, options, clock)
    secret = resolve_secret(opened.name if opened and not in_process else target, options.secret)
    cases = planned(options, unsigned=secret.value is None)
    seed = draw_seed() if options.seed is None else options.seed
    aim = opened or _open(target, options, clock)
    courier = Courier(
        target=aim,
        secret=secret.value,
        timeout=options.timeout,
        clock=clock,
        rng=random.SystemRandom(),
        headers=options.headers,
    )
    reproduction = _reproduction(target, aim, options, seed=seed, unsigned=secret.value is None)
    runner = Runner(
        courier=courier,
        events=EventFactory(seed=seed, contract=options.contract_in_use),
        jobs=options.jobs or (1 if in_process else JOBS),
        reproduce=reproduction.lines,
        secret_given=secret.given,
        accept=options.accept,
        codes=options.selection.codes(),
    )
    if progress is not None:
        runner.progress = progress
    if options.seen_url:
        ask = asking(_witness_target(options, aim, clock), _witness_path(options.seen_url))
        runner.witness = Witness(ask, clock)
    await aim.start()
    try:
        report = await runner.run(cases, total_cases=len(all_cases(options.contract_in_use)), seed=seed)
    finally:
        await aim.stop()
    return report.strictly() if options.strict else report


def _open(target: str, options: Options, clock: Clock) -> Target:
    return open_target(
        target,
        path=options.path,
        clock=clock,
        search_path=options.search_path or (Path.cwd(),),
        cacert=options.cacert,
        insecure=options.insecure,
    )


def _reproduction(target: str, aim: Target, options: Options, *, seed: int, unsigned: bool) -> Reproduction:
    """How to repeat a case of this run; values that may be credentials are left out."""
    headers = [part for name, _ in options.headers for part in ("--header", f"{name}: ...")]
    limit = ["--timeout", f"{options.timeout:g}"] if options.timeout != TIME_LIMIT else []
    trust = ["--insecure"] if options.insecure else ["--cacert", options.cacert] if options.cacert else []
    in_process = is_application_spec(target)
    return Reproduction(
        target if in_process else aim.name,
        options.path if in_process else None,
        seed,
        unsigned=unsigned,
        wire=(*headers, *limit, *trust),
        curl=(*headers, *trust),
        judging=judging_options(accept=options.accept, seen_url=options.seen_url, strict=options.strict),
        contract=("--contract", options.contract) if options.contract else (),
    )


def _witness_target(options: Options, aim: Target, clock: Clock) -> Target:
    """Where the witness is asked: the application itself, or whatever its URL names."""
    assert options.seen_url is not None  # noqa: S101 - asked only with one
    if not options.seen_url.startswith(("http://", "https://")):
        return aim
    return open_target(
        options.seen_url,
        path=None,
        clock=clock,
        search_path=(),
        cacert=options.cacert,
        insecure=options.insecure,
    )


def _witness_path(seen_url: str) -> str | None:
    """The path to ask for; None where the witness has a URL of its own."""
    return None if seen_url.startswith(("http://", "https://")) else seen_url


def check(
    target: str,
    options: Options | None = None,
    *,
    clock: Clock | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Check a target from code without an event loop; see ``acheck``."""
    return asyncio.run(acheck(target, options, clock=clock, progress=progress))
