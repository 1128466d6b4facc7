"""What delivers on behalf of the pytest plugin: one for a session, with the target started once."""

from __future__ import annotations

import asyncio
import random
import sys
import threading
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar

from ada_contract_tests.engine.case_run import Courier, perform
from ada_contract_tests.engine.check import Options, planned
from ada_contract_tests.engine.checks import always_the_same, changes_of, judge, status_findings
from ada_contract_tests.engine.reproduction import Reproduction, judging_options
from ada_contract_tests.engine.witness import LONGEST_WAIT, Witness, asking, entries_seen, witness_findings
from ada_contract_tests.findings import Result
from ada_contract_tests.pytest.known_failures import expectations_of, names_of, read_entries
from ada_contract_tests.pytest.plugin import UNSIGNED, file_lines, file_setting, session_seed, setting
from ada_contract_tests.reports.plain import finding_text
from ada_contract_tests.suites.registry import Selection, all_cases
from ada_contract_tests.targets.load_app import application_interface
from ada_contract_tests.targets.open import application_target, open_target, resolve_secret
from ada_mockserver.clock import SystemClock
from ada_mockserver.delivery.sender import TIME_LIMIT
from ada_mockserver.events.factory import EventFactory
from ada_schemas.errors import AdakitError, TargetError, UsageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    import pytest

    from ada_contract_tests.engine.case_run import Trial
    from ada_contract_tests.engine.witness import Seen
    from ada_contract_tests.findings import Finding
    from ada_contract_tests.pytest.known_failures import Expectations
    from ada_contract_tests.suites.registry import Case
    from ada_contract_tests.targets.base import Answer, Target
    from ada_contract_tests.targets.open import Secret
    from ada_mockserver.delivery.http import Headers

__all__ = ["ContractViolation", "NotApplicable", "Runtime"]

MOST_SILENCES = 3
"""After so many requests without an answer no further one is made in a session."""

T = TypeVar("T")


class ContractViolation(AssertionError):  # noqa: N818 - it is what a finding is called in a test report
    """A case whose answer breaks its rule; the message is the finding, as text."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding_text(finding))
        self.finding = finding


class NotApplicable(Exception):  # noqa: N818 - it is a state of a case, not an error
    """A case makes no difference to this target, and was not sent."""


class Runtime:
    """Delivers cases and events to the targets of a session.

    ``stopped`` says why no further case is sent, once it makes no sense: what keeps one from being
    delivered would keep all the others. ``in_process`` tells whether the last case went to an application
    in process.

    The asyncio side runs in a thread of its own, so that tests, sync or async, never share their loop.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._clock = SystemClock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="adakit", daemon=True)
        self._thread.start()
        self._targets: list[tuple[Any, Target]] = []
        self._silences = 0
        self._is_probed = False
        self._in_vain = 0
        self._slowest = 0.0
        self._first: dict[str, str] = {}
        self.in_process = False
        self.stopped = ""

    @cached_property
    def expectations(self) -> Expectations:
        """What the configuration says of cases beforehand; raises UsageError where that cannot be used."""
        return expectations_of(self._config)

    @cached_property
    def cases(self) -> list[Case]:
        """The cases that the options select; raises UsageError for options that fit nothing."""
        return self._planned(setting, ignore=self.expectations.ignored_names)

    @cached_property
    def unignored_cases(self) -> list[Case]:
        """The same with those that are ignored."""
        return self._planned(setting, ignore="")

    @property
    def configured_cases(self) -> list[Case] | None:
        """The cases of a run without options on the command line; None where the file alone fits nothing."""
        try:
            ignored = read_entries(file_lines(self._config, "ignore"), option="ada_ignore", lenient=True)
            return self._planned(file_setting, ignore=names_of(ignored))
        except UsageError:
            return None

    def _planned(self, given: Callable[[pytest.Config, str], str | None], *, ignore: str) -> list[Case]:
        selection = Selection(
            select=given(self._config, "select") or "",
            ignore=ignore,
            events=(given(self._config, "events") or "",),
        )
        options = Options(accept=given(self._config, "accept"), selection=selection)
        return planned(options, unsigned=given(self._config, "secret") == UNSIGNED)

    def run(self, case: Case, target: Any, secret: str | None, witness: Any = None) -> Finding | None:
        """Deliver one case and judge the answer.

        Where every ordinary event fails in the same way the finding is about that, and ``stopped`` is set.
        Raises NotApplicable for a case that is not sent to this target, TargetError when the target cannot
        be loaded or takes no connections, UsageError when the target or the secret is not usable.
        """
        try:
            return self._run(case, target, secret, witness)
        except AdakitError as error:
            self.stopped = error.what
            raise

    def _run(self, case: Case, target: Any, secret: str | None, witness: Any) -> Finding | None:
        courier = self._courier(target, secret)
        self.in_process = courier.target.in_process
        if case.over_http and courier.target.in_process:
            raise NotApplicable("makes a difference over HTTP only")
        trial = self._wait(perform(case, courier, EventFactory(seed=session_seed(self._config))))
        self._note(trial)
        lines = self._reproduction(case, target, witness, unsigned=courier.secret is None)
        finding = judge(case, trial, timeout=TIME_LIMIT, reproduce=lines)
        if finding is not None and trial.unanswered is None and not self._is_probed:
            self._is_probed = True
            general = self._wait(self._always_the_same(courier, lines))
            if general is not None:
                self.stopped = "every ordinary event fails in the same way"
                return general
        if finding is None and witness is not None:
            finding = self._wait(self._witnessed(case, trial, courier, witness, lines))
        result = Result(case, "failed" if finding else "passed", trial, finding)
        if case.rule == "ADA401" and finding is None:
            asked = setting(self._config, "accept") == "200"
            found = status_findings([result], severity="error" if asked else "warning")
            return replace(found[0], reproduce=lines) if found else None
        return finding

    async def _always_the_same(self, courier: Courier, lines: tuple[str, ...]) -> Finding | None:
        """One finding in place of hundreds, where no ordinary event passes; these are events of their own."""
        wanted = {case.event for case in self.unignored_cases}
        events = EventFactory(seed=session_seed(self._config) + 1)
        results = []
        for case in all_cases():
            if case.rule == "ADA101" and case.event in wanted:
                trial = await perform(case, courier, events)
                finding = judge(case, trial, timeout=TIME_LIMIT, reproduce=lines)
                if finding is None or trial.unanswered is not None:
                    return None
                results.append(Result(case, "failed", trial, finding))
        given = bool(setting(self._config, "secret"))
        return always_the_same(results, secret_given=given) if results else None

    async def _witnessed(
        self, case: Case, trial: Trial, courier: Courier, witness: Any, lines: tuple[str, ...]
    ) -> Finding | None:
        """What the witness says of this case: a function that gives its entries, a URL, or a path."""

        # What has been received so far grows with the session, and is asked for after each case.
        own = {attempt.message_id for attempt in courier.ledger}

        async def entries() -> Seen:
            return entries_seen(witness(), only=own)

        ask: Callable[[], Awaitable[Seen]] = entries
        if not callable(witness):
            is_url = witness.startswith(("http://", "https://"))
            aim = courier.target
            if is_url:
                aim = open_target(witness, path=None, clock=self._clock, search_path=())
            ask = asking(aim, None if is_url else witness)
        wanted = [a.message_id for a in courier.ledger if a.message_id and a.accepted and not a.stale]
        seen = await self._settled(Witness(ask, self._clock), wanted if case.handling == "must" else [])
        told = () if callable(witness) else lines  # a command asks no function, and would find nothing
        found = witness_findings(courier, seen, {case.id: case}, reproduce={case.id: told})
        return replace(found[0], changes=changes_of(trial)) if found else None

    async def _settled(self, witness: Witness, wanted: list[str]) -> Seen:
        """What was seen once all that is wanted was, or nothing more comes.

        After a few messages that were waited for in vain, each is given three times as long as the slowest
        took that came, and a second at least: or hundreds that are lost would take a session hours.
        """
        longest = LONGEST_WAIT
        if self._in_vain >= MOST_SILENCES:
            longest = max(1.0, 3 * self._slowest)
        started = self._clock.monotonic()
        seen = await witness.settled(wanted, longest=longest)
        if all(message_id in seen.counts for message_id in wanted):
            self._slowest = max(self._slowest, self._clock.monotonic() - started)
        else:
            self._in_vain += 1
        return seen

    def _reproduction(self, case: Case, target: Any, witness: Any, *, unsigned: bool) -> tuple[str, ...]:
        """Commands that repeat a case; none for what a fixture gave, which no command can name."""
        if target != setting(self._config, "target"):
            return ()
        return Reproduction(
            target,
            setting(self._config, "path"),
            session_seed(self._config),
            unsigned=unsigned,
            judging=judging_options(
                accept=setting(self._config, "accept"),
                seen_url=witness if isinstance(witness, str) else None,
                strict=self.expectations.strict,
            ),
        ).lines(case)

    def _note(self, trial: Trial) -> None:
        """Count what got no answer; a target that takes no connections stops the session."""
        silent = trial.unanswered
        if silent is None or silent.answer.error is None:
            return
        error = silent.answer.error
        if error.kind in ("refused", "dns", "tls"):
            raise TargetError(error.what, usage=False, next_step=error.next_step)
        self._silences += 1
        if self._silences == MOST_SILENCES:
            self.stopped = f"the endpoint left {MOST_SILENCES} requests without an answer"

    def simpler(self, finding: Finding) -> str:
        """A case that failed earlier for the same reason, or "" if there is none."""
        first = self._first.setdefault(finding.cause, finding.case)
        return first if first != finding.case else ""

    def deliver(self, target: Any, secret: str | None, headers: Headers, body: bytes) -> Answer:
        """Make one request with these headers and bytes."""
        self._resolve(target, secret)
        return self._wait(self._target(target).request(headers, body, timeout=TIME_LIMIT))

    async def adeliver(self, target: Any, secret: str | None, headers: Headers, body: bytes) -> Answer:
        """The same from a test that is a coroutine, whose loop goes on meanwhile."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return await self._in_trio(partial(self.deliver, target, secret, headers, body))
        self._resolve(target, secret)
        opened = await asyncio.to_thread(self._target, target)
        request = opened.request(headers, body, timeout=TIME_LIMIT)
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(request, self._loop))

    async def _in_trio(self, deliver: Callable[[], Answer]) -> Answer:
        """Without a loop of asyncio the coroutine can only be one of Trio, which is loaded then."""
        trio = sys.modules.get("trio")
        if trio is None:
            raise UsageError(
                "ada_deliver.send is awaited outside of asyncio and Trio.", next_step="Call ada_deliver."
            )
        answer: Answer = await trio.to_thread.run_sync(deliver)
        return answer

    def close(self) -> None:
        """Shut the applications down and end the thread."""
        for _, opened in self._targets:
            self._wait(opened.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5.0)
        self._loop.close()

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _resolve(self, target: Any, secret: str | None) -> Secret:
        """The secret for a target; an application object counts as one in process."""
        return resolve_secret(target if isinstance(target, str) else "application:object", secret)

    def _courier(self, target: Any, secret: str | None) -> Courier:
        resolved = self._resolve(target, secret)
        return Courier(
            target=self._target(target),
            secret=resolved.value,
            timeout=TIME_LIMIT,
            clock=self._clock,
            rng=random.SystemRandom(),
        )

    def _target(self, target: Any) -> Target:
        """The started target that a fixture's value means; the same for the same value."""
        for value, opened in self._targets:
            if value is target or (isinstance(value, str) and value == target):
                return opened
        opened = self._open(target)
        self._wait(opened.start())
        self._targets.append((target, opened))
        return opened

    def _open(self, target: Any) -> Target:
        path = setting(self._config, "path")
        if target is None:
            raise UsageError(
                "There is no target to deliver to.",
                next_step="Set ada_target in the configuration file, or override the fixture ada_target.",
            )
        if not isinstance(target, str):
            name = f"{type(target).__module__}.{type(target).__qualname__}"
            interface = application_interface(target, name=name)
            return application_target(target, interface, name=name, path=path, clock=self._clock)
        root = self._config.inipath.parent if self._config.inipath else self._config.rootpath
        return open_target(target, path=path, clock=self._clock, search_path=(root,))
