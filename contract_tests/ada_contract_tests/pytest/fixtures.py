"""What the fixtures ``ada_event`` and ``ada_deliver`` give to hand-written tests."""

from __future__ import annotations

import json
import os
import random
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from ada_contract_tests.engine.case_run import Attempt, Trial, sealed, signed
from ada_contract_tests.engine.checks import judge
from ada_contract_tests.pytest.bridge import ContractViolation
from ada_contract_tests.targets.base import Answer
from ada_contract_tests.targets.load_app import is_application_spec
from ada_contract_tests.targets.open import SECRET_VARIABLE, UNSIGNED
from ada_mockserver.clock import SystemClock
from ada_mockserver.delivery.attempt import delivery_headers
from ada_mockserver.delivery.http import Response
from ada_mockserver.delivery.sender import TIME_LIMIT
from ada_mockserver.delivery.signing import new_message_id
from ada_mockserver.events.edits import coherent, set_member
from ada_mockserver.events.factory import EventFactory, event_name
from ada_mockserver.events.payload import encode
from ada_schemas.contract.paths import ABSENT, remove
from ada_schemas.errors import AdakitError, UsageError

if TYPE_CHECKING:
    from ada_contract_tests.pytest.bridge import Runtime
    from ada_contract_tests.suites.registry import Case

__all__ = [
    "ABSENT",
    "Deliver",
    "EventMaker",
    "Exchange",
    "SignedCase",
    "SignedEvent",
    "refuse_transaction",
    "signed_case",
]


@dataclass(frozen=True, slots=True)
class SignedEvent:
    """An event ready to be sent: ``body`` are the bytes that ``headers`` sign, ``json`` is the payload."""

    body: bytes
    headers: dict[str, str]
    json: dict[str, Any]


@dataclass(slots=True)
class EventMaker:
    """Makes signed events; every call gives an event of its own, the same for the same seed and test."""

    seed: int
    key: str
    secret: str | None = field(default=None, repr=False)
    _made: int = 0

    def __call__(self, event: str, /, **members: Any) -> SignedEvent:
        """Make an event of that type, with or without ``v1.``.

        Keywords set members of ``data``, two underscores step inside: ``author__role="human_agent"``. The
        value ``ada_contract_tests.pytest.fixtures.ABSENT`` takes a member away. What the documentation
        ties to a member that is set, and that is not set itself, follows. Raises UsageError for an unknown
        event or a path that leads nowhere.
        """
        __tracebackhide__ = True
        try:
            return self._made_of(event, members)
        except AdakitError as error:
            raise error.with_traceback(None) from None  # the test's line is the place to look at

    def _made_of(self, event: str, members: dict[str, Any]) -> SignedEvent:
        self._made += 1
        base = EventFactory(seed=self.seed).event(event_name(event), key=f"{self.key}/{self._made}")
        paths = {"data." + member.replace("__", "."): value for member, value in members.items()}
        payload: dict[str, Any] = base
        for path, value in paths.items():
            payload = remove(payload, path) if value is ABSENT else set_member(payload, path, value)
        return self._signed(coherent(payload, base=base, keep=tuple(paths)))

    def _signed(self, payload: dict[str, Any]) -> SignedEvent:
        body = encode(payload)
        signature = signed(
            signing_secret(self.secret),
            message_id=new_message_id(random.SystemRandom()),
            timestamp=int(SystemClock().now()),
            body=body,
        )
        return SignedEvent(body, dict(delivery_headers(signature)), json.loads(body))


def signing_secret(given: str | None) -> str | None:
    """The secret to sign with: as given, else from ADA_WEBHOOK_SECRET, None to sign nothing.

    Raises UsageError where there is none.
    """
    secret = given or os.environ.get(SECRET_VARIABLE)
    if not secret:
        raise UsageError(
            "No secret to sign the event with.",
            next_step=f"Set ada_secret or {SECRET_VARIABLE}, or override the fixture ada_secret.",
        )
    return None if secret == UNSIGNED else secret


@dataclass(frozen=True, slots=True)
class SignedCase:
    """One case, ready to be sent by any client: ``body`` are the bytes, ``headers`` sign them or fail to.

    ``json`` is the payload, None where the body is no JSON; ``refused`` is true for a request that must be
    refused, because it is not authentic.
    """

    case: Case = field(repr=False)
    body: bytes
    headers: dict[str, str]
    trial: Trial = field(repr=False)
    runtime: Runtime = field(repr=False)

    @property
    def id(self) -> str:
        """The id of the case."""
        return self.case.id

    @property
    def rule(self) -> str:
        """The code of the rule that judges it."""
        return self.case.rule

    @property
    def event(self) -> str:
        """The event that it is about, without ``v1.``."""
        return self.case.event

    @property
    def summary(self) -> str:
        """What is particular about it, as a phrase."""
        return self.case.summary

    @property
    def refused(self) -> bool:
        """Whether it must be refused."""
        return self.case.forgery is not None

    @property
    def json(self) -> Any:
        """The payload; None where the body is no JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def check(self, status: int, body: bytes = b"") -> None:
        """Judge an answer by the rule: raises ContractViolation, an AssertionError, if it breaks it.

        ``body`` is the answer's, for the message. A case that may fail, by ``ada_xfail`` or the baseline,
        ends as an expected failure.
        """
        __tracebackhide__ = True
        answer = Answer(Response(status, (), body, 0.0))
        attempt = Attempt(self.id, self.event, None, answer, authentic=not self.refused)
        finding = judge(self.case, replace(self.trial, attempts=(attempt,)), timeout=TIME_LIMIT)
        state, excuse = self.runtime.expectations.verdict(self.case, finding) if finding else ("passed", "")
        if state == "excused":
            pytest.xfail(excuse)
        if finding is not None and state in ("excused", "failed"):  # with --runxfail nothing is excused
            raise ContractViolation(finding)


def signed_case(case: Case, *, seed: int, secret: str | None, runtime: Runtime) -> SignedCase:
    """Make the request of a case that is one request; raises UsageError where there is no secret."""
    events = EventFactory(seed=seed)
    base = case.base(events)
    payload = case.change(base)
    rng = random.SystemRandom()
    headers, body = sealed(
        case,
        signing_secret(secret),
        message_id=new_message_id(rng),
        timestamp=int(SystemClock().now()),
        body=case.encode(payload),
        rng=rng,
    )
    return SignedCase(case, body, dict(delivery_headers((), headers)), Trial((), base, payload), runtime)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What came back from the target: a status and a body, or the reason for none.

    ``traceback`` is the application's, where it runs in process and raised.
    """

    answer: Answer = field(repr=False)

    @property
    def response(self) -> Response:
        """The response; raises the WireError that stands for it when there was none."""
        __tracebackhide__ = True
        if self.answer.error is not None:
            raise self.answer.error
        assert self.answer.response is not None  # noqa: S101 - an answer without error has a response
        return self.answer.response

    @property
    def status(self) -> int:
        """The HTTP status."""
        __tracebackhide__ = True
        return self.response.status

    @property
    def body(self) -> bytes:
        """The first 64 KiB of the response's body."""
        return self.response.body

    @property
    def traceback(self) -> str | None:
        """The application's traceback as text, or None."""
        return self.answer.traceback


@dataclass(frozen=True, slots=True)
class Deliver:
    """Delivers events to the configured target."""

    runtime: Runtime = field(repr=False)
    target: Any
    secret: str | None = field(repr=False)

    def __call__(self, event: SignedEvent | SignedCase) -> Exchange:
        """Deliver and wait for the answer, in a test that is a plain function."""
        __tracebackhide__ = True
        headers = tuple(event.headers.items())
        try:
            return Exchange(self.runtime.deliver(self.target, self.secret, headers, event.body))
        except AdakitError as error:
            raise error.with_traceback(None) from None

    async def send(self, event: SignedEvent | SignedCase) -> Exchange:
        """Deliver and await the answer, in a test that is a coroutine, of asyncio or of Trio."""
        __tracebackhide__ = True
        headers = tuple(event.headers.items())
        try:
            return Exchange(await self.runtime.adeliver(self.target, self.secret, headers, event.body))
        except AdakitError as error:
            raise error.with_traceback(None) from None


def refuse_transaction(request: pytest.FixtureRequest, target: Any) -> None:
    """Fail a test in a transaction of pytest-django, of which an application in another thread sees nothing.

    On SQLite it would wait for the test in vain; elsewhere it would leave its rows to other tests.
    """
    if isinstance(target, str) and not is_application_spec(target):
        return
    marker = request.node.get_closest_marker("django_db")
    if marker is None and "db" not in request.fixturenames:
        return
    asked = marker is not None and bool(marker.kwargs.get("transaction") or marker.args[:1] == (True,))
    if not asked and not {"transactional_db", "live_server"} & set(request.fixturenames):
        pytest.fail(
            "ada_deliver calls the application in a thread of its own, outside of this test's transaction.\n"
            "  Mark the test with django_db(transaction=True), or send the event with Django's test client.",
            pytrace=False,
        )
