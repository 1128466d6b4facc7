"""What frameworks announce about the requests of ours that they handle. None is ever imported from here."""

from __future__ import annotations

import contextlib
import logging
import sys
from typing import Any

from ada_contract_tests.targets.app_call import current

__all__ = ["FrameworkSignals"]


def _is_news(record: logging.LogRecord) -> bool:
    """True if a log record is no exception of a request of ours, whose finding shows it."""
    return not record.exc_info or current.get() is None


def _caught(error: object) -> None:
    """Tell the request of ours that the current context belongs to, if any, what was raised."""
    call = current.get()
    if call is not None and isinstance(error, BaseException):
        call.caught(error)


class FrameworkSignals:
    """Connected to the signals of Flask and Django while an application runs in process.

    Both announce, in the context of the request, the exceptions that they answer with a 500 and keep to
    themselves. Django also announces that a request is over: then it closes connections to databases, but
    none to a test database in memory, of which it leaves one in each thread. From Python 3.13 on these end
    with a ResourceWarning, so they are closed here.

    Others (Quart, Falcon, Sanic, BlackSheep, handlers of the application's own) only log what they caught:
    of such records the exception is kept. Litestar logs nothing, and has a list of hooks.
    """

    def __init__(self) -> None:
        self._connected: dict[tuple[str, str], tuple[Any, Any]] = {}
        self._make_record: Any = None
        self._hooks: list[Any] | None = None

    def attend(self, application: Any) -> None:
        """Be told by an application of Litestar of its exceptions, until `disconnect`."""
        hooks = getattr(application, "after_exception", None)
        if isinstance(hooks, list) and type(application).__module__.partition(".")[0] == "litestar":
            hooks.append(self._raised)
            self._hooks = hooks

    def connect(self) -> None:
        """Connect to the signals of the frameworks loaded so far; cheap enough for every request."""
        if self._make_record is None:
            self._make_record = logging.getLogRecordFactory()
            logging.setLogRecordFactory(self._logged)
            if logging.lastResort is not None:  # prints where no logging is configured
                logging.lastResort.addFilter(_is_news)
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
        if logging.getLogRecordFactory() == self._logged:  # else somebody has built on it
            logging.setLogRecordFactory(self._make_record)
            self._make_record = None
        if logging.lastResort is not None:
            logging.lastResort.removeFilter(_is_news)
        if self._hooks is not None:
            self._hooks.remove(self._raised)
            self._hooks = None
        while self._connected:
            signal, receiver = self._connected.popitem()[1]
            signal.disconnect(receiver)

    def _failed(self, sender: object = None, **details: object) -> None:
        del sender  # the application in Flask, None in Django
        _caught(details.get("exception") or sys.exc_info()[1])

    async def _raised(self, error: Exception, scope: object) -> None:
        del scope
        _caught(error)

    def _logged(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record: logging.LogRecord = self._make_record(*args, **kwargs)
        if record.exc_info and record.levelno >= logging.ERROR:
            _caught(record.exc_info[1])
        return record

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
