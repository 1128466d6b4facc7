"""What the fixtures ``ada_event`` and ``ada_deliver`` give to hand-written tests."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ada_contract_tests.targets.opening import SECRET_VARIABLE, UNSIGNED
from ada_mockserver.clock import SystemClock
from ada_mockserver.events import EventFactory, event_name
from ada_mockserver.overrides import coherent, set_member
from ada_mockserver.payloads import encode
from ada_mockserver.sender import delivery_headers
from ada_mockserver.signing import new_message_id, signature_headers
from ada_schemas.errors import UsageError
from ada_schemas.paths import ABSENT, remove

if TYPE_CHECKING:
    from ada_contract_tests.pytest_runtime import Runtime
    from ada_contract_tests.targets.base import Answer
    from ada_mockserver.message import Response

__all__ = ["ABSENT", "Deliver", "EventMaker", "Exchange", "SignedEvent"]


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
        value ``ada_contract_tests.pytest_fixtures.ABSENT`` takes a member away. What the documentation
        ties to a member that is set, and that is not set itself, follows. Raises UsageError for an unknown
        event or a path that leads nowhere.
        """
        self._made += 1
        base = EventFactory(seed=self.seed).event(event_name(event), key=f"{self.key}/{self._made}")
        paths = {"data." + member.replace("__", "."): value for member, value in members.items()}
        payload: dict[str, Any] = base
        for path, value in paths.items():
            payload = remove(payload, path) if value is ABSENT else set_member(payload, path, value)
        return self._signed(coherent(payload, base=base, keep=tuple(paths)))

    def _signed(self, payload: dict[str, Any]) -> SignedEvent:
        import os  # noqa: PLC0415 - the environment is read when an event is made, not before

        secret = self.secret or os.environ.get(SECRET_VARIABLE)
        if not secret:
            raise UsageError(
                "No secret to sign the event with.",
                next_step=f"Set ada_secret or {SECRET_VARIABLE}, or override the fixture ada_secret.",
            )
        body = encode(payload)
        signature = signature_headers(
            [] if secret == UNSIGNED else [secret],
            message_id=new_message_id(random.SystemRandom()),
            timestamp=int(SystemClock().now()),
            body=body,
        )
        return SignedEvent(body, dict(delivery_headers(signature)), json.loads(body))


@dataclass(frozen=True, slots=True)
class Exchange:
    """What came back from the target: a status and a body, or the reason for none.

    ``traceback`` is the application's, where it runs in process and raised.
    """

    answer: Answer = field(repr=False)

    @property
    def response(self) -> Response:
        """The response; raises the WireError that stands for it when there was none."""
        if self.answer.error is not None:
            raise self.answer.error
        assert self.answer.response is not None  # noqa: S101 - an answer without error has a response
        return self.answer.response

    @property
    def status(self) -> int:
        """The HTTP status."""
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

    def __call__(self, event: SignedEvent) -> Exchange:
        """Deliver and wait for the answer, in a test that is a plain function."""
        headers = tuple(event.headers.items())
        return Exchange(self.runtime.deliver(self.target, self.secret, headers, event.body))

    async def send(self, event: SignedEvent) -> Exchange:
        """Deliver and await the answer, in a test that is a coroutine."""
        headers = tuple(event.headers.items())
        return Exchange(await self.runtime.adeliver(self.target, self.secret, headers, event.body))
