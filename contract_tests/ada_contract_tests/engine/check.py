"""``check``: every selected case against one target, as a report."""

from __future__ import annotations

import asyncio
import random
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ada_contract_tests.engine.fuzzing import FUZZ_FOLDER, Fuzzing, FuzzPlan
from ada_contract_tests.engine.handoffs import with_handoffs
from ada_contract_tests.engine.ignores import read_ignores
from ada_contract_tests.engine.reproduction import Reproduction
from ada_contract_tests.engine.run import Run
from ada_contract_tests.engine.run_events import CaseFinished, RunFinished
from ada_contract_tests.engine.session import Session
from ada_contract_tests.engine.witness import Witness, asking
from ada_contract_tests.findings import Report
from ada_contract_tests.fuzz.extra import require_fuzz
from ada_contract_tests.pacing import PacedSender
from ada_contract_tests.rules import rule_in_role
from ada_contract_tests.suites.fuzzed import is_area
from ada_contract_tests.suites.handoffs import is_handoff
from ada_contract_tests.suites.registry import all_cases
from ada_contract_tests.suites.selection import Selection
from ada_contract_tests.targets.load_app import is_application_spec
from ada_contract_tests.targets.open import open_target, resolve_secret
from ada_mockserver.clock import SystemClock, new_event_loop
from ada_mockserver.events.factory import EventFactory
from ada_schemas.contract.contract import shipped
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ada_contract_tests.case import Case
    from ada_contract_tests.engine.run_events import RunEvent
    from ada_contract_tests.handoff import Handoff
    from ada_contract_tests.targets.base import Target
    from ada_contract_tests.targets.open import Secret
    from ada_mockserver.clock import Clock
    from ada_mockserver.delivery.http import Headers
    from ada_schemas.contract.contract import Contract

__all__ = ["Options", "acheck", "check", "draw_seed", "open_named", "planned", "run_cases", "witness_of"]

BUDGET = 120.0
"""Seconds that a check over HTTP may take; one in process takes as many as it needs."""

JOBS = 8
"""Deliveries at a time over HTTP; an application in process is called one request after the other."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a target is checked.

    ``secret`` is the signing secret, ``"none"`` for a consumer that verifies nothing (ADA3xx is left out),
    None to take it from the environment (the contract's profile names the variable); ``accept`` is ``"200"``
    to make any other 2xx an error, ``"2xx"`` to say nothing of it, None as the profile says it, which for Ada
    is to warn; ``seed`` None draws one; ``timeout`` is in seconds, that of the profile if None; ``budget`` is
    how many seconds the check may take, 0 for as many as it needs, None for 120 over HTTP and no limit in
    process; ``strict`` makes warnings errors; ``seen_url`` is the witness: a URL, or in process a path of the
    application; ``ignores`` declares what the consumer ignores on purpose (see `read_ignores`); ``fuzz`` is
    how much is fuzzed, None for nothing; ``handoff`` is how a handoff is started, None where that is not
    checked; ``search_path`` goes to the front of ``sys.path`` for ``module:app``; ``contract`` is the
    contract, ours if None, and ``contract_directory`` names it in the lines that repeat a case.
    """

    path: str | None = None
    secret: str | None = field(default=None, repr=False)
    accept: str | None = None
    selection: Selection = field(default_factory=Selection)
    headers: Headers = ()
    timeout: float | None = None
    jobs: int | None = None
    budget: float | None = None
    seed: int | None = None
    cacert: str | None = None
    insecure: bool = False
    strict: bool = False
    seen_url: str | None = None
    ignores: Sequence[str] = ()
    fuzz: FuzzPlan | None = None
    handoff: Handoff | None = None
    search_path: Sequence[Path] = ()
    contract: Contract | None = None
    contract_directory: str | None = None

    @property
    def known(self) -> Contract:
        """The contract, ours if none is given."""
        return self.contract or shipped()

    @property
    def accepts(self) -> str | None:
        """What counts as delivered: as asked for, else by the profile."""
        return self.accept or self.known.profile.accept

    @property
    def time_limit(self) -> float:
        """Seconds within which an answer must come: as asked for, else by the profile."""
        return self.known.profile.timeout if self.timeout is None else self.timeout


def draw_seed() -> int:
    """A seed that is easy to copy: up to nine digits."""
    return random.SystemRandom().randrange(10**9)


def planned(options: Options, *, unsigned: bool = False) -> list[Case]:
    """The cases that a check with these options runs.

    Raises UsageError when an option fits nothing, or when nothing is left.
    """
    if options.accept not in (None, "200", "2xx"):
        raise UsageError(f"{options.accept!r} is no status to accept.", next_step="Give 200 or 2xx.")
    read_ignores(options.ignores, options.contract)
    if options.fuzz is not None:
        require_fuzz(options.fuzz.folder)
    chosen = options.selection.choose(
        options.contract, fuzzed=options.fuzz is not None, handoff=options.handoff
    )
    left_out = {rule_in_role("exact status").code} if options.accepts == "2xx" else set()
    unsigned = unsigned or not options.known.profile.families
    cases = [c for c in chosen if c.rule not in left_out and not (unsigned and c.is_about_signing)]
    if not cases:
        raise UsageError(
            "No case is left to run.",
            next_step="--secret none leaves out ADA3xx, --accept 2xx leaves out ADA401; select others too.",
        )
    return cases


async def acheck(
    target: str,
    options: Options | None = None,
    *,
    clock: Clock | None = None,
    progress: Callable[[int, int], None] | None = None,
    notify: Callable[[RunEvent], None] | None = None,
) -> Report:
    """Check a target: a URL, or ``module:app`` (ASGI or WSGI) in process.

    ``progress`` is called after each case with how many are done and how many there are; ``notify`` is told
    of every event of the run. Raises UsageError for options that cannot be used, TargetError when the target
    cannot be loaded or not one connection can be made.
    """
    options = options or Options()
    clock = clock or SystemClock()

    def tell(event: RunEvent) -> None:
        if progress is not None and isinstance(event, CaseFinished):
            progress(event.done, event.total)
        if notify is not None:
            notify(event)

    # A URL that cannot be used is said before a secret is asked for; an application finds it once loaded.
    opened = None if is_application_spec(target) else open_named(target, options, clock)
    profile = options.known.profile
    secret = resolve_secret(opened.name if opened else target, options.secret, profile)
    cases = planned(options, unsigned=secret.value is None)
    aim = opened or open_named(target, options, clock)
    witness = witness_of(options.seen_url, aim, options, clock) if options.seen_url else None
    named = target if is_application_spec(target) else aim.name
    await aim.start()
    try:
        return await run_cases(
            cases, aim, secret, options, clock=clock, target=named, witness=witness, notify=tell
        )
    finally:
        await aim.stop()


async def run_cases(
    cases: Sequence[Case],
    aim: Target,
    secret: Secret,
    options: Options,
    *,
    clock: Clock,
    target: str | None,
    witness: Witness | None = None,
    notify: Callable[[RunEvent], None] | None = None,
) -> Report:
    """Run cases against a target that is started: the one way, whoever asks for the run.

    ``target`` is the name by which a command line repeats a case, None where no command can name it. Raises
    as `acheck`.
    """
    seed = draw_seed() if options.seed is None else options.seed
    profile = options.known.profile
    handoffs = [case for case in cases if is_handoff(case.id)]
    enumerated = [case for case in cases if not is_area(case.id) and not is_handoff(case.id)]
    areas = [case for case in cases if is_area(case.id)]
    notify = notify or (lambda _: None)
    budget = options.budget if options.budget is not None else 0.0 if aim.in_process else BUDGET

    def new_session(accept: str | None = options.accepts) -> Session:
        sender = PacedSender(
            target=aim,
            secrets=(secret.value,) if secret.value is not None else (),
            timeout=options.time_limit,
            clock=clock,
            rng=random.SystemRandom(),
            headers=options.headers,
            handoff=options.handoff,
        )
        return Session(
            sender,
            EventFactory(seed=seed, contract=options.contract),
            reproduce=_reproduction(
                target, options, seed=seed, unsigned=secret.value is None and bool(profile.families)
            ),
            accept=accept,
            witness=witness,
            codes=options.selection.codes(),
            ignores=read_ignores(options.ignores, options.contract),
        )

    def new_run(session: Session, seconds: float | None) -> Run:
        jobs = options.jobs or (1 if aim.in_process else JOBS)
        return Run(
            session,
            jobs,
            made_for="" if secret.given else profile.secret_variable,
            budget=seconds,
            notify=notify,
        )

    report = Report(aim.name, seed, (), (), 0.0, len(all_cases(options.contract)), profile=profile)
    api = options.handoff.api if handoffs and options.handoff is not None else None
    async with api or nullcontext():
        if enumerated:
            run = new_run(new_session(), budget or None)
            report = await run.run(enumerated, total_cases=report.total_cases, seed=seed)
        if areas and options.fuzz is not None:
            name = target or aim.name
            fuzzing = Fuzzing(options.fuzz, seed, name, lambda: new_session("2xx"), new_run)
            report = await fuzzing.extend(report, areas)
        elif options.fuzz is not None and not options.selection.fuzzes:
            report = replace(
                report, notes=(*report.notes, "Nothing was fuzzed: the selection leaves out ADA7xx.")
            )
        if handoffs and options.handoff is not None:
            report = await with_handoffs(report, handoffs, new_session(), options.handoff, notify=notify)
    report = report.strictly() if options.strict else report
    notify(RunFinished(report))
    return report


def open_named(target: str, options: Options, clock: Clock) -> Target:
    """The target that a URL or ``module:app`` names; raises as `open_target`."""
    return open_target(
        target,
        path=options.path,
        clock=clock,
        search_path=options.search_path or (Path.cwd(),),
        cacert=options.cacert,
        insecure=options.insecure,
    )


def _reproduction(
    target: str | None, options: Options, *, seed: int, unsigned: bool
) -> Callable[..., tuple[str, ...]]:
    """Gives the lines that repeat cases of this run; values that may be credentials are left out."""
    if target is None:
        return lambda *_: ()
    headers = [part for name, _ in options.headers for part in ("--header", f"{name}: ...")]
    accept = ["--accept", options.accept] if options.accept else []
    witness = ["--seen-url", options.seen_url] if options.seen_url else []
    ignores = [part for text in options.ignores for part in ("--ignores", text)]
    changed = options.timeout not in (None, options.known.profile.timeout)
    limit = ["--timeout", f"{options.timeout:g}"] if changed else []
    folder = options.fuzz.folder if options.fuzz else None
    kept = ["--fuzz", "1", *(["--fuzz-db", str(folder)] if folder not in (None, Path(FUZZ_FOLDER)) else [])]
    trust = ["--insecure"] if options.insecure else ["--cacert", options.cacert] if options.cacert else []
    return Reproduction(
        target,
        options.path if is_application_spec(target) else None,
        seed,
        unsigned=unsigned,
        wire=(*headers, *limit, *trust),
        curl=(*headers, *trust),
        judging=(*accept, *witness, *ignores, *(["--strict"] if options.strict else [])),
        contract=("--contract", options.contract_directory) if options.contract_directory else (),
        kept=tuple(kept),
        handoff=options.handoff.given if options.handoff is not None else (),
        known=options.known,
    ).lines


def witness_of(seen_url: str, aim: Target, options: Options, clock: Clock) -> Witness:
    """The witness at a URL, or at a path of the application itself."""
    prefix = options.known.profile.prefix
    if not seen_url.startswith(("http://", "https://")):
        return Witness(asking(aim, seen_url, prefix), clock)
    elsewhere = open_named(seen_url, replace(options, path=None), clock)
    return Witness(asking(elsewhere, None, prefix), clock)


def check(
    target: str,
    options: Options | None = None,
    *,
    clock: Clock | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Check a target from code without an event loop; see ``acheck``."""
    reports: list[Report] = []

    async def make() -> None:
        reports.append(await acheck(target, options, clock=clock, progress=progress))

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(
            make()
        )  # at its end it writes the result out as text, in vain, which for a report takes long
    return reports[0]
