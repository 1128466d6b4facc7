"""An endpoint on loopback that keeps its connections, for tests of what delivers many events."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ada_mockserver.clock import SystemClock
from ada_mockserver.delivery.endpoint import Endpoint
from ada_mockserver.delivery.load import Load
from support.command_line import SECRET
from support.raw_server import serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from ada_mockserver.delivery.load_report import LoadReport
    from support.raw_server import Connection, Server

__all__ = ["HANG_UP", "OK", "KeptEndpoint", "PausingClock", "Received", "answer", "deliver", "numbered"]


def answer(status: int, *headers: str, body: str = "ok") -> bytes:
    """A whole answer."""
    lines = (f"HTTP/1.1 {status} Said", *headers, f"Content-Length: {len(body)}", "", body)
    return "\r\n".join(lines).encode()


OK = answer(200)
HANG_UP = None
"""In place of an answer."""


@dataclass(frozen=True)
class Received:
    """One request, with the number of its connection."""

    connection: int
    head: str
    body: bytes

    def header(self, name: str) -> str:
        (value,) = re.findall(rf"(?im)^{name}: (.*?)\r?$", self.head)
        return value


@dataclass
class KeptEndpoint:
    """Answers request after request; ``answering`` says with which bytes, by the number of the request.

    After an answer that holds ``Connection: close`` or is none the connection is closed.
    """

    answering: Callable[[int], bytes | None] = lambda _: OK
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    together: int = 0
    most_together: int = 0
    url: str = ""

    async def script(self, connection: Connection) -> None:
        self.connections += 1
        mine = self.connections
        while True:
            request = await connection.request()
            head, _, body = request.partition(b"\r\n\r\n")
            number = len(self.received)
            self.received.append(Received(mine, head.decode("latin-1"), body))
            self.together += 1
            self.most_together = max(self.most_together, self.together)
            await asyncio.sleep(0)
            self.together -= 1
            said = self.answering(number)
            if said is HANG_UP:
                return
            await connection.send(said)
            if b"Connection: close" in said:
                return

    @contextlib.asynccontextmanager
    async def serve(self, **options: Any) -> AsyncIterator[Server]:
        async with serving(self.script, **options) as server:
            self.url = f"{'https' if options else 'http'}://localhost:{server.port}/hook"
            yield server

    @property
    def bodies(self) -> list[bytes]:
        return [request.body for request in self.received]

    @property
    def ids(self) -> list[str]:
        return [request.header("svix-id") for request in self.received]


class PausingClock(SystemClock):
    """The machine's clock, whose pauses are kept in place of slept."""

    def __init__(self) -> None:
        self.pauses: list[float] = []
        self.on_pause: Callable[[], Any] = lambda: None

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        waited_for = self.on_pause()
        if waited_for is not None:
            await waited_for
        await asyncio.sleep(0)


def numbered(count: int) -> list[bytes]:
    return [b"%d" % number for number in range(count)]


def deliver(
    endpoint: KeptEndpoint,
    items: Iterable[bytes],
    *,
    clock: Any = None,
    secrets: Iterable[str] = (SECRET,),
    headers: Any = (),
    timeout: float = 15.0,
    key: Any = None,
    done: Any = None,
    body: Any = lambda item: item,
    **options: Any,
) -> LoadReport:
    """Serve the endpoint and deliver bytes to it."""

    async def run() -> LoadReport:
        async with endpoint.serve():
            target = Endpoint(endpoint.url, tuple(secrets), headers, timeout)
            load = Load(target, clock or PausingClock(), random.Random(1), **options)
            return await load.deliver(items, body=body, key=key, done=done)

    return asyncio.run(run())
