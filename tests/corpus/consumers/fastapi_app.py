"""Starts a FastAPI consumer."""

from __future__ import annotations

from corpus.consumers import fastapi_correct, fastapi_shapes, fastapi_transport  # noqa: F401
from corpus.core.registry import CONSUMERS
from corpus.core.servers import run_asgi
from corpus.core.witness import Witness


def serve(consumer_id: str, secret: str, port: int) -> None:
    """Serve one consumer until the process ends."""
    seen = Witness()
    run_asgi(CONSUMERS[consumer_id](secret, seen).application(), seen, port)
