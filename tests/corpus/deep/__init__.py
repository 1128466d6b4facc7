"""Consumers with bugs that no enumerated case of the check hits, and correct ones: for measuring a fuzzer.

`create_app("id")`, or `corpus.deep:create_app()` with the id in CORPUS_DEEP, gives the application of one in process.
"""

from __future__ import annotations

import os
from typing import Any

ID_VARIABLE = "CORPUS_DEEP"
SECRET_VARIABLE = "ADA_WEBHOOK_SECRET"


def create_app(consumer_id: str | None = None) -> Any:
    """A new application, ASGI or WSGI, with its witness at `/_seen`; the secret is in ADA_WEBHOOK_SECRET."""
    from corpus.core.servers import witnessed_asgi, witnessed_wsgi
    from corpus.core.witness import Witness
    from corpus.deep import consumers

    consumer, seen = consumers.CLASSES[consumer_id or os.environ[ID_VARIABLE]], Witness()
    application = consumer(os.environ[SECRET_VARIABLE], seen).application()
    witnessed = witnessed_wsgi if consumer.framework == "flask" else witnessed_asgi
    return witnessed(application, seen)
