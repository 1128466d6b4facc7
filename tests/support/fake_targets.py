"""A consumer in memory, and a run against it: what a test says is all that happens."""

from __future__ import annotations

import asyncio
import inspect
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ada_contract_tests.case import BodyVariant, Case, CaseRun, case
from ada_contract_tests.engine.run import Run
from ada_contract_tests.engine.session import Session
from ada_contract_tests.pacing import PacedSender
from ada_contract_tests.rules import expecting
from ada_mockserver.clock import ManualClock
from ada_mockserver.delivery.attempt import Attempt
from ada_mockserver.delivery.http import Response
from ada_mockserver.events.factory import EventFactory
from ada_schemas.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ada_contract_tests.case import Seal
    from ada_contract_tests.findings import Report

__all__ = [
    "ENDED",
    "EVENTS",
    "MESSAGE",
    "SECRET",
    "FakeTarget",
    "Sent",
    "answer",
    "carried_out",
    "carry_out",
    "cases_of",
    "counted",
    "examples",
    "numbered",
    "outcomes",
    "run",
    "session",
    "silence",
    "times_sent",
]

EVENTS = ("conversation.created", "conversation.message", "conversation.ended", "end_user.created")
MESSAGE = "conversation.message"
ENDED = "conversation.ended"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def answer(status: int, body: bytes = b"", *, traceback: str | None = None, **headers: str) -> Attempt:
    """A response after 10 ms."""
    lines = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Attempt(response=Response(status, lines, body, 0.01), traceback=traceback)


def silence(kind: str = "timeout", what: str = "127.0.0.1:9 said nothing.", next_step: str = "") -> Attempt:
    """No response, for that reason."""
    return Attempt(error=WireError(what, kind=kind, elapsed=0.5, next_step=next_step))


@dataclass(frozen=True)
class Sent:
    """One request that arrived; ``number`` counts from 1, ``together`` are those under way with it."""

    number: int
    together: int
    headers: dict[str, str]
    body: bytes
    path: str | None = None

    @property
    def event(self) -> str:
        """The event type without its version, "" for a body that is no event."""
        return str(self.json.get("type", "")).removeprefix("v1.")

    @property
    def mark(self) -> str:
        """What ``cases_of`` wrote into the event."""
        return str(self.json.get("mark", ""))

    @property
    def json(self) -> dict[str, Any]:
        value = json.loads(self.body)
        return value if isinstance(value, dict) else {}


@dataclass
class FakeTarget:
    """Answers each request with what ``answering`` makes of it, after the others had a turn."""

    answering: Callable[[Sent], Any] = lambda _: answer(200)
    clock: ManualClock = field(default_factory=ManualClock)
    name: str = "http://consumer.example/hook"
    address: str = "http://consumer.example/hook"
    in_process: bool = False
    sent: list[Sent] = field(default_factory=list)
    most_together: int = 0
    started: int = 0
    stopped: int = 0
    _together: int = 0

    async def start(self) -> None:
        self.started += 1

    async def stop(self) -> None:
        self.stopped += 1

    async def request(
        self,
        headers: Any,
        body: bytes,
        *,
        timeout: float,
        method: str = "POST",
        path: str | None = None,
        **_: Any,
    ) -> Attempt:
        self._together += 1
        self.most_together = max(self.most_together, self._together)
        sent = Sent(len(self.sent) + 1, self._together, {n.lower(): v for n, v in headers}, body, path)
        self.sent.append(sent)
        await asyncio.sleep(0)
        try:
            found = self.answering(sent)
            found = await found if inspect.isawaitable(found) else found
        finally:
            self._together -= 1
        if found.error is not None and found.error.kind == "timeout":
            self.clock.advance(timeout)
        return found

    async def requests_in_turn(self, requests: Any, *, timeout: float) -> list[tuple[Attempt, bool]]:
        return [
            (await self.request(headers, body, timeout=timeout), number > 0)
            for number, (headers, body) in enumerate(requests)
        ]

    async def requests_together(self, requests: Any, *, timeout: float) -> list[Attempt]:
        return await asyncio.gather(*(self.request(*each, timeout=timeout) for each in requests))


def cases_of(
    event: str,
    *marks: str,
    rule: str = "ADA102",
    forgery: Seal | None = None,
    form: Seal | None = None,
    needs: Any = (),
    **expected: Any,
) -> list[Case]:
    """Cases that differ from the event by a mark of their own: plain, as a forgery, or in an authentic form.

    ``expected`` are the fields in which their expectation differs from the rule's.
    """

    def marking(mark: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
        return lambda payload: {**payload, "mark": mark}

    def marked(mark: str) -> Case:
        variant, seal = BodyVariant(change=marking(mark)), forgery or form
        about, verdict = f"the mark is {mark}", expecting(rule, **expected)
        if seal is None:
            return case(f"{event}/{mark}", rule, event, about, payload=variant, needs=needs, expect=verdict)

        async def deliver(run: CaseRun) -> None:
            await run.send_variant(variant, seal=seal, authentic=forgery is None)

        return case(f"{event}/{mark}", rule, event, about, deliver=deliver, needs=needs, expect=verdict)

    return [marked(mark) for mark in marks]


def examples(*events: str) -> list[Case]:
    """An ordinary case of each event."""
    return [one for event in events for one in cases_of(event, "example", rule="ADA101")]


def numbered(count: int) -> list[str]:
    """So many marks."""
    return [f"n{number}" for number in range(count)]


def session(target: FakeTarget, **options: Any) -> Session:
    """A session with the test's secret, against ``target``."""
    sender = PacedSender(
        target=target,
        secrets=options.pop("secrets", (SECRET,)),
        timeout=options.pop("timeout", 15.0),
        clock=target.clock,
        rng=random.Random(1),
    )
    settings = {"reproduce": lambda case, *_: (f"repeat {case.id}",), **options}
    return Session(sender, EventFactory(seed=1), **settings)


def run(target: FakeTarget, cases: list[Case], **options: Any) -> Report:
    """The report of running the cases against ``target``."""
    of_the_run = {name: options.pop(name) for name in ("made_for", "notify", "budget") if name in options}
    jobs = options.pop("jobs", 8)
    whole = Run(session(target, **options), jobs, **of_the_run)
    return asyncio.run(whole.run(cases, total_cases=len(cases), seed=1))


def carried_out(one: Case, target: FakeTarget | None = None, *, seed: int = 1) -> CaseRun:
    """A case that was carried out by itself, what belongs at the end of a run included."""
    return asyncio.run(carry_out(one, target or FakeTarget(), seed=seed))


async def carry_out(one: Case, target: FakeTarget, *, seed: int) -> CaseRun:
    """Carry out a case by itself."""
    made = CaseRun(one, session(target).sender, EventFactory(seed=seed))
    await one.deliver(made)
    await made.finish()
    return made


def outcomes(report: Report) -> dict[str, str]:
    """The outcome of every case, by its id."""
    return {result.case.id: result.outcome for result in report.results}


def counted(report: Report) -> Counter[str]:
    """How many cases ended in each way."""
    return Counter(result.outcome for result in report.results)


def times_sent(target: FakeTarget, mark: str) -> int:
    """How often the message with that mark was sent."""
    return sum(sent.event == MESSAGE and sent.mark == mark for sent in target.sent)
