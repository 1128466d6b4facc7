"""A session: one target, what was sent to it, and the verdicts. The command and pytest both run on it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ada_contract_tests.case import FORGED, CaseRun
from ada_contract_tests.engine.checks import changes_of, judge
from ada_contract_tests.engine.circuit_breaker import CircuitBreaker
from ada_contract_tests.engine.ignores import Ignores
from ada_contract_tests.engine.run_checks import limit_finding, status_findings
from ada_contract_tests.engine.witness import CUT_SHORT, LONGEST_WAIT, witness_findings
from ada_contract_tests.findings import Result
from ada_contract_tests.rules import rule_in_role
from ada_contract_tests.suites.registry import all_cases
from ada_contract_tests.suites.signatures import UNSIGNED
from ada_schemas.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ada_contract_tests.case import Case
    from ada_contract_tests.engine.witness import Witness
    from ada_contract_tests.exchange import Exchange
    from ada_contract_tests.findings import Finding
    from ada_contract_tests.pacing import PacedSender
    from ada_contract_tests.rules import Severity
    from ada_mockserver.delivery.attempt import Attempt
    from ada_mockserver.events.factory import EventFactory

__all__ = ["Session"]


MOST_ASKED = 20
"""Times at most that an event is sent again to see if a 503 was about the other event."""


def _is_taken(result: Result) -> bool:
    return result.outcome == "passed" and result.case.expect.is_acceptance and result.case.payload is not None


ONE_MORE = 2
"""Events that come one by one at the end: the first may complete a batch with one that may be ignored."""


@dataclass(slots=True)
class Session:
    """Carries cases out and judges them: `run_case` one, `close` what the whole of them shows.

    ``reproduce`` gives the lines that repeat cases; ``accept`` is ``"200"`` to make any other 2xx an error,
    ``"2xx"`` to say nothing of it; ``witness`` is asked for the rules of the witness among ``codes``;
    ``ignores`` is what the consumer may ignore.
    ``stopped`` is the reason for which no further case is sent, empty while there is none; ``unsettled`` is
    how many messages had no entry yet when the witness was given up. ``put_off`` is the case and the attempt
    that showed a limited rate, and when it was, see `PacedSender.limit_seen`.
    """

    sender: PacedSender
    events: EventFactory
    reproduce: Callable[..., tuple[str, ...]]
    accept: str | None = None
    witness: Witness | None = None
    codes: frozenset[str] = frozenset()
    ignores: Ignores = field(default_factory=Ignores)
    results: dict[str, Result] = field(default_factory=dict)
    stopped: str = ""
    unsettled: int = 0
    put_off: tuple[Case, Attempt, tuple[int, float]] | None = None
    breaker: CircuitBreaker = field(init=False)
    _to_finish: list[CaseRun] = field(default_factory=list)
    _asked_again: int = 0

    def __post_init__(self) -> None:
        self.breaker = CircuitBreaker(self.sender.clock, self.sender.timeout)

    async def start(self) -> None:
        """Begin: ask the witness for the first time; raises TargetError where it cannot be used."""
        self.breaker.start()
        if self.witness is not None:
            await self.witness.begin()

    async def run_case(self, case: Case, *, alone: bool = False, earlier: Exchange | None = None) -> Result:
        """Carry a case out and judge it; never raises for what the consumer does.

        A case that gets no answer has no verdict yet: the circuit breaker keeps it, to be repeated ``alone``.
        ``earlier`` is the exchange that it repeats: it begins anew with other events.
        """
        for delivery in earlier.deliveries if earlier is not None else ():
            delivery.final = False
        run = CaseRun(case, self.sender, self.events, round=0 if earlier is None else 1)
        await case.deliver(run)
        if run.at_end is not None and run.deliveries[-1].attempt.accepted:
            self._to_finish.append(run)
        exchange = run.exchange
        silent = self.breaker.is_silence(exchange)
        if await self._is_put_off(case, exchange):
            return Result(case, "not run", exchange, note="put off: the endpoint limits its rate")
        if silent and not alone:
            self.breaker.keep(case, exchange)
            return Result(case, "not run", exchange, note="got no answer, and was not repeated alone")
        return self._judge(case, exchange)

    async def _is_put_off(self, case: Case, exchange: Exchange) -> bool:
        """True, and no verdict is given, if the answer is about the rate of requests.

        A 429 always is. A 503 is one if an event that was taken before gets it now as well.
        """
        delivery = exchange.put_off
        if delivery is None:
            return False
        if delivery.attempt.status != 429 and not await self._refuses_what_it_took():
            return False
        if self.put_off is None:
            self.put_off = case, delivery.attempt, self.sender.limit_seen()
        return True

    async def _refuses_what_it_took(self) -> bool:
        taken = next((r.case for r in self.results.values() if _is_taken(r)), None)
        if taken is None or self._asked_again >= MOST_ASKED:
            return False
        self._asked_again += 1
        return (await CaseRun(taken, self.sender, self.events, round=4).probe()).status in (429, 503)

    def limit_found(self) -> list[Finding]:
        """The finding about the rate, where the endpoint limits it; it belongs to the rule's own case."""
        if self.put_off is None:
            return []
        case, attempt, limited_at = self.put_off
        code = rule_in_role("rate limit").code
        own = [c for c in all_cases(self.events.contract) if c.rule == code]
        chosen = next((c for c in own if c.event == case.event), own[0])
        return [limit_finding(chosen, attempt, limited_at)]

    async def strange_requests(self, case: Case) -> list[Attempt]:
        """The answers to an ordinary event at a made-up path nearby, and to one without a signature."""
        run = CaseRun(case, self.sender, self.events, round=3)
        elsewhere = await run.probe(path=self.sender.made_up_path(self.sender.target.address))
        unsigned = [await run.probe(seal=UNSIGNED)] if self.sender.secrets else []
        return [elsewhere, *unsigned]

    async def answers_any_path(self) -> bool:
        """True if every forgery is accepted, and an event at a made-up path is answered like one of them."""
        forged = [r for r in self.results.values() if r.case.expect == FORGED and r.exchange is not None]
        answers = [r.attempt.response if r.attempt else None for r in forged]
        if not forged or self.stopped or not all(answer and answer.accepted for answer in answers):
            return False
        elsewhere = (await self.strange_requests(forged[0].case))[0].response
        return elsewhere is not None and any(
            answer is not None and (answer.status, answer.body) == (elsewhere.status, elsewhere.body)
            for answer in answers
        )

    def _judge(self, case: Case, exchange: Exchange) -> Result:
        finding = judge(case, exchange, timeout=self.sender.timeout, reproduce=self.reproduce(case))
        failed = finding is not None and finding.severity == "error"
        result = self.results[case.id] = Result(case, "failed" if failed else "passed", exchange, finding)
        return result

    async def finish(self) -> None:
        """Make the deliveries that belong at the end of the run, of cases that have passed so far."""
        for run in self._to_finish:
            result = self.results.get(run.case.id)
            if result is not None and result.outcome == "passed" and not self._is_over():
                await run.finish()
                self.breaker.is_silence(run.exchange)
                self._judge(run.case, run.exchange)
        self._to_finish.clear()

    @property
    def to_finish(self) -> int:
        """How many deliveries belong at the end of the run."""
        return len(self._to_finish)

    def _is_over(self) -> bool:
        return bool(self.stopped) or self.breaker.out_of_patience(settling=True)

    async def close(self) -> list[Finding]:
        """The findings that only the whole run shows: the exact status, and what the witness says."""
        found = self.limit_found()
        if self.accept != "2xx":
            severity: Severity = "error" if self.accept == "200" else "warning"
            results = list(self.results.values())
            found += status_findings(
                results,
                severity=severity,
                reproduce=self.reproduce,
                profile=self.events.contract.profile,
            )
        return [*found, *await self._witnessed()]

    async def _witnessed(self) -> list[Finding]:
        """The findings of the witness, once the consumer has settled."""
        if self.witness is None:
            return []
        try:
            longest = CUT_SHORT if self.stopped else LONGEST_WAIT
            seen = await self.witness.settled(self._owed(), sent=self._sent(), longest=longest)
            for time in range(ONE_MORE):
                if not self.stopped and seen.counts.keys() >= set(self._owed()):
                    await self._one_more(time)
                    seen = await self.witness.settled(self._owed(), sent=self._sent())
        except TargetError as error:
            self.stopped = self.stopped or error.what
            return []
        order = {case_id: number for number, case_id in enumerate(self.results)}
        # what was put off has no result, and so no verdict
        judged = [delivery for delivery in self.sender.ledger if delivery.case in order]
        found = witness_findings(
            sorted(judged, key=lambda delivery: order[delivery.case]),
            replace(seen, settled=seen.settled and not self.stopped),
            {case_id: result.case for case_id, result in self.results.items()},
            reproduce=self.reproduce if self.witness.is_named else lambda *_: (),
            nameless=self.witness.nameless(seen) if self.sender.secrets else 0,
            ignores=self.ignores,
        )
        self.unsettled = 0 if seen.settled else len(set(self._owed()) - seen.counts.keys())
        exchanges = {case_id: result.exchange for case_id, result in self.results.items()}
        return [
            replace(finding, changes=changes_of(exchange))
            for finding in found
            if finding.rule in self.codes and (exchange := exchanges[finding.case]) is not None
        ]

    def _sent(self) -> Iterator[str | None]:
        return (delivery.message_id for delivery in self.sender.ledger)

    def _owed(self) -> list[str]:
        """The messages that were accepted and must have had an effect."""
        return [d.message_id for d in self.sender.ledger if d.message_id and self.ignores.owed(d)]

    async def _one_more(self, time: int) -> None:
        """One more ordinary event, alone: a consumer that waits for others to come never handles it.

        It comes only where nothing is waiting, or it might be what completes a batch. ``time`` counts from 0.
        """
        for result in list(self.results.values()):
            if result.case.expect.handled == "must" and result.outcome == "passed":
                run = CaseRun(result.case, self.sender, self.events, round=2 + time)
                event = run.event()
                if not self.ignores.covers(result.case.base_event, event):
                    await run.send(event, label="one more event, alone")
                    return
