"""Starts an aiohttp consumer."""

from __future__ import annotations

import asyncio

from aiohttp import web

from corpus.consumers import aiohttp_correct, aiohttp_shapes, aiohttp_transport  # noqa: F401
from corpus.core.registry import CONSUMERS
from corpus.core.servers import announce, listener
from corpus.core.witness import Witness


def serve(consumer_id: str, secret: str, port: int) -> None:
    """Serve one consumer until the process ends."""
    asyncio.run(run(consumer_id, secret, port))


async def run(consumer_id: str, secret: str, port: int) -> None:
    """Start the application and wait."""
    sock = listener(port)
    running = CONSUMERS[consumer_id](secret, Witness())
    runner = web.AppRunner(running.application(), access_log=None)
    await runner.setup()
    await web.SockSite(runner, sock).start()
    await running.started()
    announce(sock.getsockname()[1])
    await asyncio.Event().wait()
