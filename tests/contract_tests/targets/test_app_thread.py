"""The worker thread: it hands results over, and never hangs its caller."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time

import pytest

from ada_contract_tests.targets.app_thread import AppThread
from ada_schemas.errors import WireError


async def in_worker(work, *, timeout=5.0, grace=0.5):
    worker = AppThread("test-worker")
    worker.start()
    try:
        return await worker.run(work, timeout=timeout, grace=grace)
    finally:
        await worker.stop()


def test_result_comes_from_the_thread():
    """The work runs in the worker's own daemon thread and its result comes back."""

    async def work():
        return threading.current_thread()

    thread = asyncio.run(in_worker(work))
    assert thread.name == "test-worker"
    assert thread.daemon
    assert not thread.is_alive()


def test_exception_comes_from_the_thread():
    """What the work raises is raised to the caller."""

    async def work():
        raise LookupError("nothing there")

    with pytest.raises(LookupError, match="nothing there"):
        asyncio.run(in_worker(work))


def test_not_started():
    """Running without starting is a programming error, and the work is not even created."""

    async def main():
        await AppThread("test-worker").run(asyncio.Event().wait, timeout=1.0)

    with pytest.raises(RuntimeError, match="the target is not started"):
        asyncio.run(main())


def test_blocked_thread():
    """A blocked thread is a timeout, the next call is told at once, and it recovers when released."""
    release = threading.Event()

    async def block():
        release.wait()

    async def fine():
        return "fine"

    async def main():
        worker = AppThread("test-worker", hint="Do not block.")
        worker.start()
        with pytest.raises(WireError) as first:
            await worker.run(block, timeout=0.05, grace=0.0)
        assert worker.stuck
        async with asyncio.timeout(10):  # on a busy machine it may not have come so far yet
            while "release.wait()" not in (place := worker.blocked_at()):  # noqa: ASYNC110 - a thread gets there
                await asyncio.sleep(0.001)
        with pytest.raises(WireError) as second:
            await worker.run(fine, timeout=60.0)
        release.set()
        while worker.stuck:  # noqa: ASYNC110 - another thread clears it
            await asyncio.sleep(0.001)
        assert await worker.run(fine, timeout=5.0) == "fine"
        await worker.stop()
        return first.value, place, second.value

    first, place, second = asyncio.run(main())
    assert str(first) == "no answer within 0.05 s: the application is blocked\n  Do not block."
    assert (first.kind, first.elapsed) == ("timeout", 0.05)
    assert str(second) == "not sent: the application is still blocked by an earlier request\n  Do not block."
    assert (second.kind, second.elapsed) == ("timeout", 0.0)
    assert place.startswith("Blocked here (most recent call last):\n")
    assert "release.wait()" in place
    assert "targets/app_thread.py" not in place
    assert "base_events.py" not in place


def test_stop_with_a_blocked_thread():
    """Stopping returns although the thread is blocked, and the thread ends once it is released."""
    release, begun = threading.Event(), threading.Event()
    threads = []

    async def block():
        threads.append(threading.current_thread())
        begun.set()
        release.wait()

    async def main():
        worker = AppThread("test-worker")
        worker.start()
        with pytest.raises(WireError):
            await worker.run(block, timeout=0.05, grace=0.0)
        await asyncio.wait_for(worker.stop(), 2.0)

    asyncio.run(main())
    assert begun.is_set()
    assert threads[0].is_alive()
    release.set()
    threads[0].join(5.0)
    assert not threads[0].is_alive()


def test_stop_cancels_what_runs():
    """Stopping cancels the work that still runs; its caller gets a dropped answer."""
    cancelled = []

    async def main():
        worker = AppThread("test-worker")
        worker.start()
        begun = asyncio.Event()
        loop = asyncio.get_running_loop()

        async def wait():
            loop.call_soon_threadsafe(begun.set)
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.append(True)
                raise

        running = asyncio.create_task(worker.run(wait, timeout=60.0))
        await begun.wait()
        await worker.stop()
        with pytest.raises(WireError, match="the target was stopped") as caught:
            await running
        return caught.value.kind

    assert asyncio.run(main()) == "dropped"
    assert cancelled == [True]


def test_cancelled_caller():
    """Cancelling the caller cancels the work in the thread."""

    async def main():
        worker = AppThread("test-worker")
        worker.start()
        loop = asyncio.get_running_loop()
        begun, ended = asyncio.Event(), asyncio.Event()

        async def wait():
            loop.call_soon_threadsafe(begun.set)
            try:
                await asyncio.Event().wait()
            finally:
                loop.call_soon_threadsafe(ended.set)

        running = asyncio.create_task(worker.run(wait, timeout=60.0))
        await begun.wait()
        running.cancel()
        await asyncio.wait({running})
        await asyncio.wait_for(ended.wait(), 5.0)
        await worker.stop()
        return running.cancelled()

    assert asyncio.run(main())


def test_stop_twice_and_unstarted():
    """Stopping a worker that never ran, or twice, does nothing."""

    async def main():
        worker = AppThread("test-worker")
        began = time.monotonic()
        await worker.stop()
        worker.start()
        await worker.stop()
        await worker.stop()
        return time.monotonic() - began

    assert asyncio.run(main()) < 1.0


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt])
def test_exit_in_a_task_of_the_application(kind):
    """SystemExit or KeyboardInterrupt in a task that the application made leaves the loop running."""

    async def leave():
        raise kind

    async def work():
        task = asyncio.create_task(leave())
        await asyncio.wait({task})
        return type(task.exception())

    assert asyncio.run(in_worker(work)) is kind


@pytest.mark.parametrize("place", ["loop", "executor"])
def test_process_exits_with_a_blocked_application(place):
    """The interpreter exits silently although the application blocks its loop or an executor's thread."""
    script = f"""
import asyncio, threading
from ada_contract_tests.targets.app_thread import AppThread
from ada_schemas.errors import WireError

others = []

async def loop():
    others.append(asyncio.create_task(asyncio.Event().wait()))
    await asyncio.sleep(0)
    threading.Event().wait()

async def executor():
    await asyncio.get_running_loop().run_in_executor(None, threading.Event().wait)

async def main():
    worker = AppThread("test-worker")
    worker.start()
    try:
        await worker.run({place}, timeout=0.5, grace=0.0)
    except WireError as error:
        print(error.kind)
    await worker.stop()
    others.clear()

asyncio.run(main())
"""
    command = [sys.executable, "-W", "error", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "timeout\n", "")
