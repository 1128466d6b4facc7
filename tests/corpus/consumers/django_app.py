"""Starts a Django consumer."""

from __future__ import annotations

from corpus.consumers import django_correct, django_shapes, django_transport  # noqa: F401
from corpus.consumers.django_base import application
from corpus.core.registry import CONSUMERS
from corpus.core.servers import run_wsgi
from corpus.core.witness import Witness


def serve(consumer_id: str, secret: str, port: int) -> None:
    """Serve one consumer until the process ends."""
    seen = Witness()
    run_wsgi(application(CONSUMERS[consumer_id](secret, seen)), seen, port)
