"""Events, cases and deliveries for hand-written tests: the values of the fixtures."""

from __future__ import annotations

import json
import os
import random
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from ada_contract_tests.case import CaseRun
from ada_contract_tests.engine.checks import judge
from ada_contract_tests.pacing import PacedSender
from ada_contract_tests.pytest.options import UNSIGNED
from ada_contract_tests.pytest.seal import Seal
from ada_contract_tests.pytest.violation import ContractViolation
from ada_contract_tests.targets.base import Target
from ada_contract_tests.targets.load_app import is_application_spec
from ada_mockserver.clock import SystemClock
from ada_mockserver.delivery.attempt import Attempt, delivery_headers
from ada_mockserver.delivery.http import Response
from ada_mockserver.delivery.signing import authentic_headers, new_message_id
from ada_mockserver.events.edits import coherent, set_member
from ada_mockserver.events.factory import EventFactory
from ada_mockserver.events.payload import encode
from ada_schemas.contract.contract import Contract, shipped
from ada_schemas.contract.paths import ABSENT, remove
from ada_schemas.contract.profile import filled
from ada_schemas.errors import AdakitError, UsageError

if TYPE_CHECKING:
    from ada_contract_tests.case import Case
    from ada_contract_tests.pytest.bridge import Bridge
    from ada_mockserver.delivery.http import Headers
    from ada_schemas.contract.profile import Profile

__all__ = [
    "ABSENT",
    "Deliver",
    "Delivered",
    "EventMaker",
    "SignedCase",
    "SignedEvent",
    "refuse_transaction",
    "signed_case",
]


@dataclass(frozen=True, slots=True)
class SignedEvent:
    """An event ready to be sent: ``body`` are the bytes that ``headers`` sign, ``json`` is the payload.

    The headers are signed at the moment of use.
    """

    body: bytes
    json: dict[str, Any]
    seal: Seal = field(repr=False, compare=False)

    @property
    def headers(self) -> dict[str, str]:
        """The headers that sign the body, by the clock of the moment."""
        return self.seal.headers


@dataclass(slots=True)
class EventMaker:
    """Makes signed events; every call gives an event of its own, the same for the same seed and test."""

    seed: int
    key: str
    secret: str | None = field(default=None, repr=False)
    contract: Contract = field(default_factory=shipped)
    _made: int = 0

    def __call__(self, event: str, /, **members: Any) -> SignedEvent:
        """Make an event of that type, with or without ``v1.``.

        Keywords set members of ``data``, of another provider's event those of the event itself; two
        underscores step inside: ``author__role="human_agent"``. The
        value ``ada_contract_tests.ABSENT`` takes a member away. What the documentation
        ties to a member that is set, and that is not set itself, follows. Raises UsageError for an unknown
        event or a path that leads nowhere.
        """
        __tracebackhide__ = True
        self._made += 1
        try:
            profile = self.contract.profile
            payload, secrets = self._payload(event, members), signing_secrets(self.secret, profile)
        except AdakitError as error:
            raise error.with_traceback(None) from None  # the test's line is the place to look at
        new_id, body = new_message_id(random.SystemRandom()), encode(payload)

        further = profile.further_headers(self.contract.event(event).type)

        def headers() -> dict[str, str]:
            now = int(SystemClock().now())
            signature = authentic_headers(
                secrets, message_id=new_id, timestamp=now, body=body, families=profile.families
            )
            return dict(delivery_headers((*signature, *filled(further, message_id=new_id, timestamp=now))))

        return SignedEvent(body, json.loads(body), Seal(headers))

    def _payload(self, event: str, members: dict[str, Any]) -> dict[str, Any]:
        events = EventFactory(seed=self.seed, contract=self.contract)
        base = events.event(event, key=f"{self.key}/{self._made}")
        within = "data." if self.contract.is_ada else ""
        paths = {within + member.replace("__", "."): value for member, value in members.items()}
        payload: dict[str, Any] = base
        for path, value in paths.items():
            payload = remove(payload, path) if value is ABSENT else set_member(payload, path, value)
        return coherent(payload, base=base, keep=tuple(paths), contract=events.contract)


def signing_secrets(given: str | None, profile: Profile) -> tuple[str, ...]:
    """The secret to sign with: as given, else from the profile's variable; none to sign nothing.

    Raises UsageError where there is none to be found.
    """
    if not profile.families:
        return ()
    secret = given or os.environ.get(profile.secret_variable)
    if not secret:
        raise UsageError(
            "No secret to sign the event with.",
            next_step=f"Set ada_secret or {profile.secret_variable}, or override the fixture ada_secret.",
        )
    return () if secret == UNSIGNED else (secret,)


@dataclass(frozen=True, slots=True)
class SignedCase:
    """One case, ready to be sent by any client: ``body`` are the bytes, ``headers`` sign them or fail to.

    The headers are signed at the moment of use.
    ``rule`` is the code of the one that judges it, ``event`` stands without ``v1.``, ``summary`` is its
    difference from an ordinary delivery. ``json`` is the payload, None where the body is no JSON; ``refused``
    is true for a request that must be refused, because it is not authentic.
    """

    id: str
    rule: str
    event: str
    summary: str
    refused: bool
    body: bytes
    json: Any
    run: CaseRun = field(repr=False)
    bridge: Bridge = field(repr=False)
    seal: Seal = field(repr=False, compare=False)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the request, by the clock of the moment."""
        return self.seal.headers

    def check(self, status: int, body: bytes = b"") -> None:
        """Judge an answer by the rule: raises ContractViolation, an AssertionError, if it breaks it.

        ``body`` is the answer's, for the message. A case that may fail, by ``ada_xfail`` or the baseline,
        ends as an expected failure.
        """
        __tracebackhide__ = True
        case, sent, limit = self.run.case, self.run.deliveries[0], self.run.sender.timeout
        answered = replace(sent, attempt=Attempt(response=Response(status, (), body, 0.0)))
        finding = judge(case, replace(self.run.exchange, deliveries=(answered,)), timeout=limit)
        if finding is not None and sent.authentic and 400 <= status < 500:
            finding = replace(finding, hint=self.seal.difference() or finding.hint)
        known = self.bridge.known_failures
        state, excuse = known.verdict(case, finding) if finding else ("passed", "")
        if state == "excused":
            pytest.xfail(excuse)
        if finding is not None and state in ("excused", "failed"):  # with --runxfail nothing is excused
            raise ContractViolation(finding, self.run.events.contract.profile)


class _Capture(Target):
    """Stands for a target: keeps the request in place of sending it, and answers 200."""

    name = address = "a test client"
    in_process = True
    request_headers: Headers = ()
    request_body = b""

    async def request(self, headers: Headers, body: bytes, **_: Any) -> Attempt:
        """Keep the request."""
        self.request_headers, self.request_body = headers, body
        return Attempt(response=Response(200, (), b"", 0.0))


def signed_case(case: Case, *, seed: int, secret: str | None, bridge: Bridge) -> SignedCase:
    """Make the request of a case that is one request; raises UsageError where there is no secret."""
    contract = bridge.contract
    secrets = signing_secrets(secret, contract.profile)
    drawn = random.SystemRandom().getrandbits(64)

    def made() -> tuple[_Capture, CaseRun]:
        capture = _Capture()
        sender = PacedSender(
            target=capture,
            secrets=secrets,
            timeout=contract.profile.timeout,
            clock=SystemClock(),
            rng=random.Random(drawn),  # noqa: S311 - signed anew it has the same id, and forger's secret
        )
        run = CaseRun(case, sender, EventFactory(seed=seed, contract=contract))
        try:
            case.deliver(run).send(None)  # type: ignore[attr-defined]  # a coroutine that never waits
        except StopIteration:
            return capture, run
        raise AssertionError(f"{case.id} is more than one request")

    capture, run = made()
    body, refused = capture.request_body, not run.deliveries[0].authentic
    told = (case.id, case.rule, case.event, case.summary, refused)
    seal = Seal(lambda: dict(made()[0].request_headers))
    return SignedCase(*told, body, _parsed(body), run, bridge, seal)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


@dataclass(frozen=True, slots=True)
class Delivered:
    """The target's answer to an event that a test delivered; raises the WireError where there was none.

    ``traceback`` is the application's, where it runs in process and raised.
    """

    attempt: Attempt = field(repr=False)

    @property
    def response(self) -> Response:
        """The response; raises the WireError that stands for it when there was none."""
        __tracebackhide__ = True
        if self.attempt.error is not None:
            raise self.attempt.error
        assert self.attempt.response is not None  # noqa: S101 - an attempt without error has a response
        return self.attempt.response

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
        return self.attempt.traceback


@dataclass(frozen=True, slots=True)
class Deliver:
    """Delivers events to the configured target."""

    bridge: Bridge = field(repr=False)
    target: Any
    secret: str | None = field(repr=False)

    def __call__(self, event: SignedEvent | SignedCase) -> Delivered:
        """Deliver and wait for the answer, in a test that is a plain function."""
        __tracebackhide__ = True
        headers = tuple(event.headers.items())
        try:
            return Delivered(self.bridge.deliver(self.target, self.secret, headers, event.body))
        except AdakitError as error:
            raise error.with_traceback(None) from None

    async def send(self, event: SignedEvent | SignedCase) -> Delivered:
        """Deliver and await the answer, in a test that is a coroutine, of asyncio or of Trio."""
        __tracebackhide__ = True
        headers = tuple(event.headers.items())
        try:
            return Delivered(await self.bridge.adeliver(self.target, self.secret, headers, event.body))
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
