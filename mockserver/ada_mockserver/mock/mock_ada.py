"""The mock Ada for tests in Python: a server in a thread, on a free port, with a clock that tests move on.

With another provider's contract it sends that one's events.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import secrets
from dataclasses import dataclass, field
from random import Random, SystemRandom
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlsplit

from ada_mockserver.clock import ManualClock
from ada_mockserver.extras import require_mock
from ada_schemas.errors import AdakitError, UsageError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from ada_mockserver.clock import AdjustableClock
    from ada_mockserver.events.dialogues import Kind
    from ada_mockserver.http_server import ServerThread
    from ada_mockserver.mock.assembly import Assembly
    from ada_mockserver.mock.console.page import Page
    from ada_mockserver.mock.script import Script
    from ada_schemas.contract.contract import Contract

__all__ = ["MockAda", "MockWebhook"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class MockWebhook:
    """A webhook of the mock: its id and what its deliveries are signed with."""

    id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Served:
    """A mock that runs: its thread and its parts."""

    thread: ServerThread
    assembly: Assembly


class MockAda:
    """A mock Ada that runs while it is entered as a context manager, or from `start` to `stop`.

    ``base_url`` is what clients take for Ada's address (``ADA_BASE_URL``), ``api_key`` what they send.
    Events are delivered as they happen; retries fall due when `advance` moves ``clock`` on. ``script`` is how
    the AI Agent behaves: a `Script`, or the data that docs/mock-ada.md describes. ``database`` is a URL as
    `adakit serve --db` takes it. ``schedule`` (``svix-8`` or ``ada-9``) says when a failed delivery is tried
    again, ``jitter`` is the share by which those times vary, by default not at all. ``contract`` has the
    events that webhooks can subscribe to, ours if it is None; ``contract_directory`` names its directory in
    the commands that the console shows. With another provider's, events are sent as that one sends them, and
    there is no API, no AI Agent and no conversation. ``pace`` is how long agents take where the
    script names no delay, and how long a story takes: none for ``instant``, that of people for ``natural``.
    ``handoff_url`` is the customer's endpoint that a handoff to ``custom-handoff`` calls. ``pages`` are pages
    of the console beside its own.

    Raises `MissingExtraError` without the extra ``mock``, `UsageError` for a script, a URL, a pace, a
    schedule, a database or a port that cannot be used.
    """

    def __init__(
        self,
        *,
        api_key: str | None = None,
        clock: AdjustableClock | None = None,
        script: Script | Mapping[str, Any] | None = None,
        database: str = "sqlite://",
        port: int = 0,
        rng: Random | None = None,
        schedule: str = "svix-8",
        jitter: float = 0.0,
        rate_limits: bool = False,
        contract: Contract | None = None,
        contract_directory: str | None = None,
        pace: str = "instant",
        handoff_url: str | None = None,
        pages: Sequence[Page] = (),
    ) -> None:
        require_mock("The mock Ada")
        from ada_mockserver.mock.assembly import MockSettings  # noqa: PLC0415 - with the extra
        from ada_mockserver.mock.outbox.backoff import schedule_named  # noqa: PLC0415 - likewise
        from ada_mockserver.mock.script import (  # noqa: PLC0415 - likewise
            DEFAULT_SCRIPT,
            Script,
            parse_pace,
            parse_script,
        )
        from ada_schemas.contract.contract import shipped  # noqa: PLC0415 - it is read here alone

        self._contract = contract or shipped()
        self.api_key = api_key or f"mock-{secrets.token_hex(16)}"
        self.clock: AdjustableClock = clock or ManualClock()
        if not isinstance(script, Script):
            script = DEFAULT_SCRIPT if script is None else parse_script(dict(script))
        if handoff_url is not None:
            script = script.with_handoff_url(handoff_url)
        schedule_named(schedule)
        self._settings = MockSettings(
            api_key=self.api_key,
            clock=self.clock,
            database=database,
            rng=rng or SystemRandom(),
            script=script,
            pace=parse_pace(pace),
            contract=self._contract,
            contract_directory=contract_directory,
            schedule=schedule,
            jitter=jitter,
            rate_limits=rate_limits,
        )
        self._port = port
        self._pages = pages
        self._served: _Served | None = None

    def start(self) -> Self:
        """Start to serve; returns the mock itself."""
        from ada_mockserver.http_server import ServerThread, bind  # noqa: PLC0415 - with the extra
        from ada_mockserver.mock.assembly import assemble, running  # noqa: PLC0415 - likewise

        bound = bind("127.0.0.1", self._port)
        try:
            assembly = assemble(self._settings, bound, more_pages=self._pages)
        except UsageError:
            bound.close()
            raise
        around = running(assembly.context, assembly.outbox)
        thread = ServerThread(assembly.server, bound, around)
        thread.start()
        self._served = _Served(thread, assembly)
        return self

    def stop(self) -> None:
        """Stop to serve; what is in memory is gone."""
        if self._served is not None:
            self._served.thread.stop()
            self._served = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def base_url(self) -> str:
        """The address that clients use (``ADA_BASE_URL``), without a slash at its end."""
        return self._running.thread.url

    @property
    def channel_id(self) -> str:
        """The id of a custom channel (``ADA_CHANNEL_ID``), which is created at first use."""
        self._need_ada("channels")
        from ada_mockserver.mock.state.records import custom_channel  # noqa: PLC0415 - with the extra

        async def find() -> str:
            async with self._running.assembly.context.begin() as transaction:
                return (await custom_channel(transaction)).id

        return self._run(find())

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Call the API, or what is below ``/_mock``, as a client does: ``call("POST", "/v2/channels/", {})``.

        Returns the JSON of the answer, None for an empty one; raises `AdakitError` for one of 400 and above.
        """
        parts = urlsplit(self.base_url)
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
        try:
            headers = {"authorization": f"Bearer {self.api_key}", "content-type": "application/json"}
            text = None if body is None else json.dumps(body).encode()
            connection.request(method, f"/api{path}" if path.startswith("/v2") else path, text, headers)
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status >= 400:
            raise AdakitError(
                f"{method} {path} was answered {response.status}: {answer.decode('utf-8', 'replace')}"
            )
        return json.loads(answer) if answer else None

    def add_webhook(
        self,
        url: str,
        *,
        events: Sequence[str] = (),
        channels: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
        secret: str | None = None,
    ) -> MockWebhook:
        """Register a webhook.

        ``events`` are as on the wire (``v1.conversation.message``), all if empty; ``channels`` are the tags
        to filter by, the ids of custom channels and the names of integrations; ``headers`` go with every
        delivery; ``secret`` is made if None.
        """
        wanted: dict[str, Any] = {} if secret is None else {"secret": secret}
        wanted |= {"url": url, "event_filters": list(events), "channels": list(channels)}
        made = self.call("POST", "/_mock/seed", {"webhooks": [{**wanted, "headers": dict(headers or {})}]})
        webhook_id = made["webhooks"][0]["id"]
        return MockWebhook(webhook_id, self._secret_of(webhook_id))

    def _secret_of(self, webhook_id: str) -> str:
        from ada_mockserver.mock.store.endpoints import list_endpoints  # noqa: PLC0415 - with the extra

        async def find() -> str:
            async with self._running.assembly.context.database.begin() as session:
                return next(each.secret for each in await list_endpoints(session) if each.id == webhook_id)

        return self._run(find())

    def install(self, integration_id: str, *, configuration: Mapping[str, Any] | None = None) -> int:
        """Install an integration as an admin does in a browser, up to its own page.

        Its OAuth callback is called with a code; returns the status of the answer. Raises `AdakitError` for a
        configuration that its form would not take, and where no answer came.
        """
        self._need_ada("integrations")
        from ada_mockserver.clock import SystemClock  # noqa: PLC0415 - it is used here alone
        from ada_mockserver.delivery.client import Wire  # noqa: PLC0415 - likewise
        from ada_mockserver.delivery.endpoint import TIME_LIMIT  # noqa: PLC0415 - likewise
        from ada_mockserver.delivery.http import Request  # noqa: PLC0415 - likewise

        wanted = {"integration_id": integration_id, "configuration": dict(configuration or {})}
        made = self.call("POST", "/_mock/seed", {"installations": [wanted]})["installations"][0]
        headers = (("referer", f"{self.base_url}/"), ("accept", "text/html, */*"))
        request = Request(made["callback_url"], headers, b"", method="GET")
        return self._run(Wire(clock=SystemClock()).send(request, timeout=TIME_LIMIT)).status

    def play(
        self,
        story: Kind,
        *,
        locale: str = "en_US",
        dialogue: str | None = None,
        handoff: bool | None = None,
        seed: int | str | None = None,
    ) -> str:
        """Have a whole conversation: ``messaging``, ``handoff``, ``voice`` or ``email``; returns its id.

        At the pace ``natural`` it begins now, and goes on as the clock does. ``locale`` is where the end user
        is from; ``dialogue`` is the id of one, ``handoff`` asks for one with a handoff or without, and the
        same ``seed`` draws the same people, words and times.
        """
        self._need_ada("conversations")
        chosen = {"story": story, "locale": locale, "dialogue": dialogue, "handoff": handoff, "seed": seed}
        made = self.call("POST", "/_mock/seed", {"stories": [chosen]})
        return str(made["stories"][0]["conversation_id"])

    def emit(self, event: str) -> dict[str, Any]:
        """Send an event of the contract, about people or things of its own; returns its payload."""
        payload: dict[str, Any] = self.call("POST", "/_mock/seed", {"events": [event]})["events"][0]
        return payload

    def events(self, event: str | None = None) -> list[dict[str, Any]]:
        """The latest 100 events, the oldest first; ``id`` is the ``svix-id``, ``payload`` what is sent."""
        query = "" if event is None else f"?type={quote(event)}"
        listed: list[dict[str, Any]] = self.call("GET", f"/_mock/events{query}")["data"]
        return listed[::-1]

    def attempts(self, event_id: str | None = None) -> list[dict[str, Any]]:
        """The attempts to deliver so far, the oldest first, each with its request and its answer or error."""
        from ada_mockserver.mock.outbox.attempts_log import Filters, list_attempts  # noqa: PLC0415 - with the extra

        async def read() -> list[dict[str, Any]]:
            async with self._running.assembly.context.database.begin() as session:
                return await list_attempts(session, Filters(event_id=event_id))

        return self._run(read())[::-1]

    def handoffs(self) -> list[dict[str, Any]]:
        """The latest 100 calls that started handoffs, the oldest first, each with its answer or error."""
        self._need_ada("handoffs")
        listed: list[dict[str, Any]] = self.call("GET", "/_mock/handoffs")["data"]
        return listed[::-1]

    def settle(self) -> None:
        """Return when everything that is due by now has been attempted."""
        self._run(self._running.assembly.outbox.run_due())

    def advance(self, seconds: float) -> None:
        """Move the clock on, and return when everything that fell due on the way has been attempted."""
        self._run(self._running.assembly.outbox.advance(seconds))

    def resend(self, event_id: str, *, endpoint_id: str | None = None) -> int:
        """Deliver an event again, to one webhook or to all that it was meant for; returns to how many."""
        return self._run(self._running.assembly.outbox.resend(event_id, endpoint_id=endpoint_id))

    def recover(self, endpoint_id: str, *, since: float) -> int:
        """Deliver again what a webhook missed since a time (Unix seconds of the clock); returns how many."""
        return self._run(self._running.assembly.outbox.recover(endpoint_id, since=since))

    def set_chaos(self, rules: str, *, seed: int | None = None) -> None:
        """Disturb deliveries as ``adakit serve --chaos`` does; ``""`` for none."""
        self._run(self._running.assembly.outbox.set_chaos(rules, seed=seed))

    def clear(self) -> None:
        """Forget everything but the time: webhooks, conversations, events, attempts, chaos."""
        self.call("POST", "/_mock/clear")
        self.set_chaos("")

    def _need_ada(self, what: str) -> None:
        """Raise `UsageError` where the contract is another provider's, which has no ``what``."""
        if not self._contract.is_ada:
            raise UsageError(
                f"The mock of {self._contract.profile.provider} has no {what}: they are Ada's alone.",
                next_step="Send its events with emit().",
            )

    @property
    def _running(self) -> _Served:
        if self._served is None:
            raise AdakitError(
                "The mock Ada is not running.", next_step="Use it as: with MockAda() as mock: ..."
            )
        return self._served

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._running.thread.loop).result()
