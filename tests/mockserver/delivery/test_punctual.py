"""The punctual event loop: its timers do not wait for whole milliseconds."""

from __future__ import annotations

import asyncio
import sys
import time

import pytest

from ada_mockserver.delivery.punctual import punctual_event_loop


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the loop is asyncio's own")
def test_short_sleeps():
    """A sleep of a fifth of a millisecond takes less than one, which with epoll alone it never does."""

    async def shortest():
        taken = []
        for _ in range(50):
            begun = time.perf_counter()
            await asyncio.sleep(0.0002)
            taken.append(time.perf_counter() - begun)
        return min(taken)

    with asyncio.Runner(loop_factory=punctual_event_loop) as runner:
        assert 0.0002 <= runner.run(shortest()) < 0.0009


def test_what_is_ready_is_told():
    """Sockets, timers and threads wake the loop as ever."""

    async def woken():
        loop = asyncio.get_running_loop()
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
        server.close()
        return await loop.run_in_executor(None, lambda: "from a thread")

    with asyncio.Runner(loop_factory=punctual_event_loop) as runner:
        assert runner.run(woken()) == "from a thread"
