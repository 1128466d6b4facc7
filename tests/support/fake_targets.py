"""A consumer in memory, and a run against it: what a test says is all that happens."""

from __future__ import annotations

import asyncio
import inspect
import json
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ada_contract_tests.engine.case_run import Courier
from ada_contract_tests.engine.run import Runner
from ada_contract_tests.suites.registry import Case
from ada_contract_tests.targets.base import Answer
from ada_mockserver.clock import ManualClock
from ada_mockserver.delivery.http import Response
from ada_mockserver.events.factory import EventFactory
from ada_schemas.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ada_contract_tests.findings import Report

__all__ = ["SECRET", "FakeTarget", "Sent", "answer", "cases_of", "run", "runner", "silence"]

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def answer(status: int, body: bytes = b"", *, traceback: str | None = None, **headers: str) -> Answer:
    """A response after 10 ms."""
    lines = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer(Response(status, lines, body, 0.01), traceback=traceback)


def silence(kind: str = "timeout", what: str = "127.0.0.1:9 said nothing.", next_step: str = "") -> Answer:
    """No response, for that reason."""
    return Answer(error=WireError(what, kind=kind, elapsed=0.5, next_step=next_step))


@dataclass(frozen=True)
class Sent:
    """One request that arrived; ``number`` counts from 1, ``together`` are those under way with it."""

    number: int
    together: int
    headers: dict[str, str]
    body: bytes

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
        self, headers: Any, body: bytes, *, timeout: float, method: str = "POST", **_: Any
    ) -> Answer:
        self._together += 1
        self.most_together = max(self.most_together, self._together)
        sent = Sent(len(self.sent) + 1, self._together, {n.lower(): v for n, v in headers}, body)
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


def cases_of(event: str, *marks: str, rule: str = "ADA102", **options: Any) -> list[Case]:
    """Cases that differ from the event by a mark of their own."""

    def marking(mark: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
        return lambda payload: {**payload, "mark": mark}

    return [
        Case(f"{event}/{mark}", rule, event, f"the mark is {mark}", change=marking(mark), **options)
        for mark in marks
    ]


def runner(target: FakeTarget, **options: Any) -> Runner:
    """A runner with the test's secret, against ``target``."""
    courier = Courier(
        target=target,
        secret=options.pop("secret", SECRET),
        timeout=options.pop("timeout", 15.0),
        clock=target.clock,
        rng=random.Random(1),
    )
    settings = {"jobs": 8, "reproduce": lambda case: (f"repeat {case.id}",), **options}
    return Runner(courier=courier, events=EventFactory(seed=1), **settings)


def run(target: FakeTarget, cases: list[Case], **options: Any) -> Report:
    """The report of running the cases against ``target``."""
    return asyncio.run(runner(target, **options).run(cases, total_cases=len(cases), seed=1))
