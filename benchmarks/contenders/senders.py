"""Those that send: httpx and aiohttp as one writes a sender with them, adakit and wrk by their commands.

Each of these requests has a body of its own, made before the time starts (but for ``adakit send
conversation``, which makes its events as it goes), and a signature made while the time runs. wrk repeats one
request, signed once.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["headers_of", "make_aiohttp", "make_httpx", "make_send", "make_send_file", "make_wrk"]

Run = "Callable[[int], dict[str, Any]]"


def body_of(number: int) -> bytes:
    """One event of a conversation of its own."""
    at = "2026-03-05T12:00:44.631000+00:00"
    event = {
        "type": "v1.conversation.message",
        "timestamp": "2026-03-05T12:00:44.914+00:00",
        "data": {
            "message_id": str(uuid.UUID(int=number, version=4)),
            "conversation_id": f"{number:024x}",
            "end_user_id": "69a96cd503af13b873cbe9f5",
            "handoff_integration": None,
            "channel": {
                "type": "native",
                "id": "69196c5c00577c8f479b3a0a",
                "name": "Chat",
                "description": "The chat on the web site",
                "modality": "messaging",
                "capabilities": {"markdown": True},
            },
            "created_at": at,
            "author": {
                "id": "69a96cd503af13b873cbe9f5",
                "role": "end_user",
                "avatar": "https://example.com/avatars/lonnie.gonzalez.png",
                "display_name": "Lonnie Gonzalez",
            },
            "content": {"type": "text", "body": "I need the invoice for June with our company name on it"},
            "ai_agent_domain": "acme-home.ada.support",
        },
    }
    return json.dumps(event, separators=(",", ":")).encode()


def headers_of(key: bytes, body: bytes) -> dict[str, str]:
    """The headers of one request, signed as Svix signs, in as few steps as that takes."""
    message_id, now = f"msg_{uuid.uuid4().hex}", str(int(time.time()))
    digest = hmac.digest(key, f"{message_id}.{now}.".encode() + body, hashlib.sha256)
    return {
        "content-type": "application/json",
        "svix-id": message_id,
        "svix-timestamp": now,
        "svix-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix("whsec_"))


async def _spread(count: int, concurrency: int, post: Callable[[bytes], Awaitable[int]]) -> dict[str, Any]:
    """So many bodies, posted by so many tasks."""
    waiting = [body_of(number) for number in range(count)]
    taken: list[float] = []

    async def works() -> None:
        while waiting:
            body = waiting.pop()
            began = time.perf_counter()
            status = await post(body)
            taken.append(time.perf_counter() - began)
            if status != 200:
                raise RuntimeError(f"answered {status}")

    start = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(works())
    seconds = time.perf_counter() - start
    shares = statistics.quantiles(taken, n=100)
    return {"count": count, "seconds": seconds, "p50": shares[49] * 1000, "p99": shares[98] * 1000}


def make_httpx(url: str, concurrency: str, secret: str) -> Run:
    """What is timed of httpx: one client, that keeps as many connections as there are tasks."""
    import httpx

    key, number = _key(secret), int(concurrency)
    limits = httpx.Limits(max_connections=number, max_keepalive_connections=number)

    async def sent(count: int) -> dict[str, Any]:
        async with httpx.AsyncClient(limits=limits) as client:

            async def post(body: bytes) -> int:
                return (await client.post(url, content=body, headers=headers_of(key, body))).status_code

            return await _spread(count, number, post)

    return lambda count: asyncio.run(sent(max(count, 2)))


def make_aiohttp(url: str, concurrency: str, secret: str) -> Run:
    """What is timed of aiohttp, likewise."""
    import aiohttp

    key, number = _key(secret), int(concurrency)

    async def sent(count: int) -> dict[str, Any]:
        connector = aiohttp.TCPConnector(limit=number)
        async with aiohttp.ClientSession(connector=connector) as session:

            async def post(body: bytes) -> int:
                async with session.post(url, data=body, headers=headers_of(key, body)) as answer:
                    await answer.read()
                    return answer.status

            return await _spread(count, number, post)

    return lambda count: asyncio.run(sent(max(count, 2)))


def _sent_by_command(url: str, concurrency: str, secret: str, *, what: Callable[[int], list[str]]) -> Run:
    """What is timed of a command: by its own clock, which begins when its events are made, as the peers' do.

    What counts is what nginx has received.
    """

    def run(count: int) -> dict[str, Any]:
        command = [sys.executable, "-m", "adakit", "send", *what(max(count, 50)), "--to", url, "--json"]
        options = ["--secret", secret, "--concurrency", concurrency]
        before = _received(url)
        done = subprocess.run([*command, *options], check=True, capture_output=True, text=True)
        said = json.loads(done.stdout)
        return {
            "count": _received(url) - before - 1,
            "seconds": said["seconds"],
            "p50": said["latency"]["p50"] * 1000,
            "p99": said["latency"]["p99"] * 1000,
        }

    return run


def _received(url: str) -> int:
    """The requests that nginx has had, this one included."""
    with urlopen(f"{url}/status") as answer:
        return int(answer.read().split()[9])


def make_send(url: str, concurrency: str, secret: str) -> Run:
    """What is timed of ``adakit send conversation``, some ten events each."""
    return _sent_by_command(
        url, concurrency, secret, what=lambda count: ["conversation", "-n", str(max(1, count // 10))]
    )


def make_send_file(url: str, concurrency: str, secret: str) -> Run:
    """What is timed of ``adakit send --payload FILE`` with the bodies that the peers have."""
    folder = tempfile.mkdtemp(dir=tempfile.gettempdir(), prefix="adakit-bench-")

    def what(count: int) -> list[str]:
        file = Path(folder, f"{count}.ndjson")
        if not file.exists():
            file.write_bytes(b"".join(body_of(number) + b"\n" for number in range(count)))
        return ["--payload", str(file)]

    return _sent_by_command(url, concurrency, secret, what=what)


def make_wrk(url: str, concurrency: str, script: str) -> Run:
    """What is timed of wrk, for so many seconds."""

    def run(seconds: int) -> dict[str, Any]:
        command = ["wrk", "-t1", f"-c{concurrency}", f"-d{seconds}s", "--latency", "-s", script, url]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        if "Non-2xx" in said or "Socket errors" in said:
            raise RuntimeError(said)
        found = re.search(r"(\d+) requests in ([0-9.]+)(ms|s)", said)
        assert found is not None
        shares = {
            f"p{share}": float(number) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]
            for share, number, unit in re.findall(r"(50|99)% +([0-9.]+)(us|ms|s)", said)
        }
        return {
            "count": int(found[1]),
            "seconds": float(found[2]) * (0.001 if found[3] == "ms" else 1),
            **shares,
        }

    return run
