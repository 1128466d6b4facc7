"""What frameworks announce about the requests of ours that they handle. None is ever imported from here."""

from __future__ import annotations

import contextlib
import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ada_contract_tests.targets.worker import Exchange

__all__ = ["FrameworkSignals", "current"]

current: ContextVar[Exchange | None] = ContextVar("ada_current_exchange", default=None)
"""The request of ours that the current context belongs to."""


class FrameworkSignals:
    """Connected to the signals of Flask and Django while an application runs in process.

    Both announce, in the context of the request, the exceptions that they answer with a 500 and keep to
    themselves. Django also announces that a request is over: then it closes connections to databases, but
    none to a test database in memory, of which it leaves one in each thread. From Python 3.13 on these end
    with a ResourceWarning, so they are closed here.
    """

    def __init__(self) -> None:
        self._connected: dict[tuple[str, str], tuple[Any, Any]] = {}

    def connect(self) -> None:
        """Connect to the signals of the frameworks loaded so far; cheap enough for every request."""
        for place, receiver in (
            (("flask.signals", "got_request_exception"), self._failed),
            (("django.core.signals", "got_request_exception"), self._failed),
            (("django.core.signals", "request_finished"), self._finished),
        ):
            if place not in self._connected and place[0] in sys.modules:
                signal = getattr(sys.modules[place[0]], place[1], None)
                if signal is not None:  # None while the module is being imported
                    signal.connect(receiver, weak=False)
                    self._connected[place] = signal, receiver

    def disconnect(self) -> None:
        """Disconnect from all signals."""
        while self._connected:
            signal, receiver = self._connected.popitem()[1]
            signal.disconnect(receiver)

    def _failed(self, sender: object = None, **details: object) -> None:
        del sender  # the application in Flask, None in Django
        error = details.get("exception") or sys.exc_info()[1]
        exchange = current.get()
        if exchange is not None and isinstance(error, BaseException):
            exchange.caught(error)

    def _finished(self, sender: object = None, **details: object) -> None:
        del sender, details
        database = sys.modules.get("django.db")
        if current.get() is None or database is None:  # a request of the test client, whose database it is
            return
        with contextlib.suppress(Exception):  # a connection may be in any state
            for wrapper in database.connections.all(initialized_only=True):
                opened = wrapper.connection
                if opened is not None and wrapper.vendor == "sqlite" and wrapper.is_in_memory_db():
                    wrapper.connection = None
                    opened.close()
