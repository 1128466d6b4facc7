"""The console at 10,000 events: how soon it answers, how smoothly it lives, and what it costs deliveries."""

from __future__ import annotations

import asyncio
import multiprocessing
import statistics
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from measuring import Part, Run, figure, run_part
from sqlalchemy import func, select

from ada_mockserver import MockAda
from ada_mockserver.clock import SteeredClock
from ada_mockserver.events.factory import EventFactory
from ada_mockserver.events.payload import encode
from ada_mockserver.mock.outbox.publish import publish_all
from ada_mockserver.mock.store.models import Delivery

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing import Queue

    from playwright.sync_api import Browser, Page

__all__ = ["console"]

EVENTS = 10_000
PAGES = 4
LIMITS = {"first page": 0.2, "slower": 1.1}
"""Seconds for the first page; how many times as long deliveries may take while pages are open."""

FRAMES = """() => {
  window.frames_ = [];
  let last = performance.now();
  (function next() {
    const now = performance.now();
    frames_.push(now - last);
    last = now;
    requestAnimationFrame(next);
  })();
}"""


class Stage:
    """A mock that runs in this process, with a consumer in another that answers at once."""

    def __init__(self, mock: MockAda) -> None:
        self.mock = mock
        factory = EventFactory(seed=1)
        self._bodies = [encode(factory.event("conversation.message")) for _ in range(200)]

    def publish(self, count: int) -> None:
        """Store so many events, which are delivered from then on."""

        async def store(bodies: list[bytes]) -> None:
            async with self.mock._running.assembly.context.begin() as transaction:  # noqa: SLF001 - no client is as fast
                await publish_all(
                    transaction.session,
                    event_type="v1.conversation.message",
                    bodies=bodies,
                    channels=(),
                    now=transaction.now,
                )

        bodies = [self._bodies[index % len(self._bodies)] for index in range(count)]
        for begun in range(0, count, 1000):
            self.mock._run(store(bodies[begun : begun + 1000]))  # noqa: SLF001 - likewise

    def delivered(self) -> int:
        """How many events have been delivered."""

        async def count() -> int:
            async with self.mock._running.assembly.context.begin() as transaction:  # noqa: SLF001 - likewise
                found = select(func.count(Delivery.ordinal)).where(Delivery.state == "delivered")
                return await transaction.session.scalar(found) or 0

        return self.mock._run(count())  # noqa: SLF001 - likewise

    def deliver(self, count: int) -> float:
        """The seconds that it takes to store and deliver so many events."""
        wanted, began = self.delivered() + count, time.perf_counter()
        self.publish(count)
        while self.delivered() < wanted:
            time.sleep(0.05)
        return time.perf_counter() - began


def consume(ports: Queue[int]) -> None:
    """Answer 200 to all, without reading what it is."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                await reader.readexactly(int(head.partition(b"content-length:")[2].split()[0]))
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        ports.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


@contextmanager
def staged() -> Iterator[Stage]:
    """A stage, to be used in turn."""
    ports: Queue[int] = multiprocessing.Queue()
    process = multiprocessing.Process(target=consume, args=(ports,), daemon=True)
    process.start()
    try:
        with MockAda(clock=SteeredClock()) as mock:
            mock.add_webhook(f"http://127.0.0.1:{ports.get()}/webhooks/ada")
            yield Stage(mock)
    finally:
        process.terminate()
        process.join()


def answered(url: str, times: int) -> float:
    """The median of the seconds that a page takes to be answered in full."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        with urllib.request.urlopen(url) as answer:
            answer.read()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def opened(browser: Browser, url: str) -> Page:
    """A page in a window of its own."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(url)
    return page


def frames(page: Page) -> list[float]:
    """The milliseconds between the frames since the last time, in ascending order."""
    seen: list[float] = page.evaluate("frames_.splice(0)")
    return sorted(seen)


def smooth(name: str, seen: Sequence[float]) -> list[str]:
    """A row about frames."""
    median, late = seen[len(seen) // 2], seen[int(len(seen) * 0.99)]
    return [name, f"{median:.0f} ms", f"99 % within {late:.0f} ms, the longest {seen[-1]:.0f} ms"]


def looked_at(stage: Stage, browser: Browser, *, seconds: float) -> list[list[str]]:
    """The rows about a page that is scrolled, and one on which 100 events a second come in."""
    page = opened(browser, stage.mock.base_url)
    page.evaluate(FRAMES)
    while page.locator("#more").is_visible():
        page.mouse.wheel(0, 5000)
        page.wait_for_timeout(30)
    listed = page.locator("#rows li").count()
    rows = [smooth(f"frames while {listed:,} rows are scrolled through", frames(page))]
    page.reload()
    page.evaluate(FRAMES)
    began = time.perf_counter()
    for turn in range(int(seconds * 10)):
        stage.publish(10)
        page.wait_for_timeout(max(0.0, began + (turn + 1) / 10 - time.perf_counter()) * 1000)
    rows.append(smooth("frames while 100 events a second come in", frames(page)))
    page.context.close()
    return rows


def slowed(stage: Stage, browser: Browser, *, count: int, rounds: int) -> list[float]:
    """How many times as long deliveries take while pages are open, in each round."""
    ratios = []
    for _ in range(rounds):
        before = stage.deliver(count)
        pages = [opened(browser, stage.mock.base_url) for _ in range(PAGES)]
        during = stage.deliver(count)
        for page in pages:
            page.context.close()
        ratios.append(during / ((before + stage.deliver(count)) / 2))
    return ratios


def console(run: Run) -> list[Part]:
    """The table of the console."""
    events = 300 if run.quick else EVENTS
    part = Part(
        "The console",
        f"`MockAda` on SQLite in memory with {events:,} events that were delivered, and the console in "
        "headless Chromium at 1440 x 900 without a graphics card, all on this machine. Deliveries are timed "
        f"with no page open, with the list of events open {PAGES} times, and with none again, in turns: the "
        "ratio is the median of the rounds.",
        ["", "", ""],
    )
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from support.browser import MISSING, browser, find_chromium

    with staged() as stage:
        stage.deliver(events)
        url = stage.mock.base_url
        first = answered(url, run.least * 3)
        part.rows.append(["the first page", f"{first * 1000:.0f} ms", f"{100:,} rows of {events:,}"])
        search = answered(f"{url}/?text=nothing+like+this", run.least * 3)
        part.rows.append(["a search that finds nothing", f"{search * 1000:.0f} ms", "all payloads read"])
        if first > LIMITS["first page"]:
            part.broken.append(f"The console's first page takes {first * 1000:.0f} ms")
        if find_chromium() is None:
            part.left_out.append(MISSING)
            return [part]
        with browser() as chromium:
            part.rows += looked_at(stage, chromium, seconds=1 if run.quick else 10)
            count, rounds = (50, 1) if run.quick else (1500, run.rounds)
            ratios = slowed(stage, chromium, count=count, rounds=rounds)
    ratio = statistics.median(ratios)
    spread = f"{figure(min(ratios))} to {figure(max(ratios))}"
    part.rows.append([f"deliveries while {PAGES} pages are open take", f"{figure(ratio)} x", spread])
    if ratio > LIMITS["slower"] and not run.quick:
        part.broken.append(f"Deliveries take {figure(ratio)} times as long while {PAGES} pages are open")
    return [part]


if __name__ == "__main__":
    run_part(console, __doc__)
