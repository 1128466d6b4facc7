"""Starts a Flask consumer."""

from __future__ import annotations

from corpus.consumers import flask_correct, flask_shapes, flask_transport  # noqa: F401
from corpus.core.registry import CONSUMERS
from corpus.core.servers import run_wsgi
from corpus.core.witness import Witness


def serve(consumer_id: str, secret: str, port: int) -> None:
    """Serve one consumer until the process ends."""
    seen = Witness()
    run_wsgi(CONSUMERS[consumer_id](secret, seen).application(), seen, port)
