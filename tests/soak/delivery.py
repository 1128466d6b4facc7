"""Deliveries to nginx that closes connections, reloads, stops, and answers 500: what arrives is what is reported."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ada_mockserver import Endpoint, EventFactory, Load, LoadReport, SystemClock, conversation_of
from ada_mockserver.events.payload import encode
from soak.nginx import Nginx, read_log

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path
    from random import Random

    from ada_mockserver import Attempt

__all__ = ["SCENES", "Scene", "audit_deliveries", "soak_deliveries"]

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass(frozen=True)
class Scene:
    """What nginx does while events are delivered, and how.

    With ``lossy`` a new connection may be cut before its answer, which no sender can tell from an event that
    arrived: such a delivery may be reported as failed, and no other.
    """

    name: str
    settings: str = ""
    failing: str = ""
    disturb: Callable[[Nginx], Awaitable[None]] | None = None
    lossy: bool = False
    options: dict[str, Any] = field(default_factory=dict)


async def _reload(nginx: Nginx) -> None:
    await asyncio.sleep(0.4)
    await nginx.signal("reload")


async def _restart(nginx: Nginx, how: str) -> None:
    await asyncio.sleep(0.7)
    await nginx.signal(how)
    await asyncio.sleep(0.4)
    await nginx.start()


IMPATIENT = "keepalive_requests 20; keepalive_timeout 30ms;"

SCENES = (
    Scene("idle connections are closed", IMPATIENT, options={"rate": 400.0}),
    Scene("connections end after twenty requests", "keepalive_requests 20;"),
    Scene("one in ten is answered 500", failing="10%"),
    Scene("one in ten is answered 500, five attempts", IMPATIENT, "10%", options={"attempts": 5}),
    Scene("the server reloads", disturb=_reload),
    Scene("the server ends gracefully and starts", disturb=lambda n: _restart(n, "quit"), lossy=True),
    Scene("the server is stopped and starts", disturb=lambda n: _restart(n, "stop"), lossy=True),
    Scene(
        "stopped, impatient and failing, five attempts",
        *(IMPATIENT, "10%", lambda n: _restart(n, "stop")),
        options={"attempts": 5, "rate": 2000.0},
    ),
)


def events(rng: Random) -> Iterator[Any]:
    """Messages, endlessly."""
    factory = EventFactory(seed=rng.randrange(1 << 30))
    kinds = [factory.event("conversation.message", key=str(number)) for number in range(50)]
    for number in itertools.count():
        event = kinds[number % len(kinds)]
        yield {**event, "data": {**event["data"], "conversation_id": f"{number // 5:024x}"}}


async def soak_deliveries(scene: Scene, *, seconds: float, rng: Random, folder: Path) -> dict[str, list[str]]:
    """Play one scene; prints counts, returns violations by kind."""
    nginx = Nginx(folder, scene.settings, scene.failing)
    await nginx.start()
    outcomes: list[tuple[str, int | str]] = []

    def done(_: Any, attempt: Attempt) -> None:
        error = attempt.error
        assert attempt.message_id is not None
        outcomes.append((attempt.message_id, attempt.status or (error.kind if error else "")))

    async def disturb() -> None:
        while scene.disturb is not None:
            await scene.disturb(nginx)

    disturbing = asyncio.create_task(disturb())
    endpoint = Endpoint(nginx.url, (SECRET,))
    load = Load(endpoint, SystemClock(), rng, concurrency=20, duration=seconds, **scene.options)
    try:
        report = await load.deliver(events(rng), body=encode, key=conversation_of, done=done)
    finally:
        disturbing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await disturbing
        with contextlib.suppress(RuntimeError):
            await nginx.start()  # the scene may have ended between stop and start
        await nginx.signal("quit")
    log = read_log(folder)
    print(
        f"  {report.ended:>8}  {scene.name}: {report.delivered} accepted, {report.failed} failed"
        f" {dict(report.errors)}, {report.resent} resent, {report.repeated} repeated,"
        f" {report.connections} connections",
        flush=True,
    )
    return audit_deliveries(
        outcomes, log, report, lossy=scene.lossy, attempts=scene.options.get("attempts", 1)
    )


def audit_deliveries(
    outcomes: list[tuple[str, int | str]],
    log: dict[str, list[int]],
    report: LoadReport,
    *,
    lossy: bool,
    attempts: int,
) -> dict[str, list[str]]:
    """Violations by kind: of what was delivered, by ``svix-id``, against the receiver's own log."""
    told = dict(outcomes)
    accepted = {one for one, outcome in outcomes if outcome == 200}
    unanswered = {one for one, outcome in outcomes if isinstance(outcome, str)}
    arrived = {one: Counter(statuses) for one, statuses in log.items()}
    nothing: Counter[int] = Counter()
    answered = Counter(outcome for _, outcome in outcomes if isinstance(outcome, int))
    logged = Counter(status for statuses in log.values() for status in statuses)
    wrong = {
        "deliveries told twice": [f"{len(outcomes) - len(told)}"] * (len(outcomes) != len(told)),
        "accepted deliveries that did not arrive": [
            one for one in accepted if not arrived.get(one, nothing)[200]
        ],
        "events that were accepted twice": [one for one, statuses in arrived.items() if statuses[200] > 1],
        "events that arrived and were not told": sorted(set(arrived) - set(told)),
        "deliveries lost without need": [f"{one}: {told[one]}" for one in unanswered if not lossy],
        "deliveries that were neither answered nor dropped": [
            f"{one}: {told[one]}" for one in unanswered if told[one] != "dropped"
        ],
        "the report's sums are not the deliveries'": [
            f"{report.statuses} and {report.errors}, not {dict(answered)} and {len(unanswered)}"
        ]
        * (report.statuses != dict(answered) or sum(report.errors.values()) != len(unanswered)),
    }
    if attempts == 1:
        late = sum(len(log.get(one, ())) for one in unanswered)
        wrong["events that arrived more than once"] = [
            f"{one}: {statuses}" for one, statuses in log.items() if len(statuses) > 1
        ]
        wrong["the report's sums are not the log's"] = [f"{report.statuses} and {dict(logged)}"] * (
            sum(logged.values()) - late != sum(report.statuses.values())
            or (not late and dict(logged) != report.statuses)
        )
    else:
        wrong["deliveries that no attempt brought through"] = [
            f"{one}: {outcome}" for one, outcome in outcomes if outcome != 200 and not lossy
        ]
    return wrong
