"""One request to an application in process, and its traceback as text."""

from __future__ import annotations

import traceback
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

from ada_contract_tests.targets.redact import redact
from ada_mockserver.delivery.attempt import Attempt
from ada_mockserver.delivery.http import KEPT_BODY, Response
from ada_schemas.errors import WireError
from ada_schemas.shown import shown_lines

if TYPE_CHECKING:
    from ada_mockserver.clock import Clock
    from ada_mockserver.delivery.http import Headers

__all__ = ["OWN_FOLDER", "AppCall", "current", "header_bytes", "stack_text", "traceback_text"]

OWN_FOLDER = str(Path(__file__).parent)
"""Frames of files in it are the kit's own."""


class AppCall:
    """One request and what the application did with it; the drivers write, ``answer`` judges.

    ``headers`` are the request's: their secret values are kept out of tracebacks.
    """

    limit = KEPT_BODY  # bytes of the response's body that are kept
    status = 0
    headers: Headers = ()
    called = False  # nothing but the application can be what blocks
    begun = False  # a response was begun that can no longer be replaced by a 500
    complete = False
    raised = False
    elapsed = 0.0
    _size = 0
    _traceback: str | None = None

    def __init__(self, headers: Headers, clock: Clock) -> None:
        self._headers = headers
        self._clock = clock
        self._begun_at = clock.monotonic()
        self._body = bytearray()

    def keep(self, chunk: bytes) -> None:
        """Add a piece of the response's body."""
        self._size += len(chunk)
        room = self.limit - len(self._body)
        if room > 0:
            self._body += chunk[:room]

    def finish(self) -> None:
        """The response is complete."""
        self.complete = True
        self.elapsed = self._clock.monotonic() - self._begun_at

    def caught(self, error: BaseException) -> None:
        """Keep the traceback of an exception that the application answered itself."""
        self._traceback = self.redacted(traceback_text(error))

    def failed(self, error: BaseException) -> None:
        """The application raised ``error``."""
        self.raised = True
        self.caught(error)

    def logged(self, text: str) -> None:
        """What was written to the error stream: stands for the traceback of a 5xx that has none."""
        if self._traceback is None and self.status >= 500 and text.strip():
            self._traceback = self.redacted(text[-KEPT_BODY:])

    def redacted(self, text: str | None) -> str | None:
        """``text`` as it may be shown: bounded, and without the secret values of the request's headers."""
        return None if text is None else shown_lines(redact(text, self._headers))

    def watch(self) -> None:
        """Let `FrameworkSignals` report to this exchange what happens in the current context."""
        current.set(self)

    def answer(self, timeout: float) -> Attempt:
        """What a client of a real server would have got, judged against ``timeout`` in seconds."""
        if self.complete:
            if self.elapsed > timeout:
                return self.timed_out(timeout, self._traceback)
            return Attempt(response=self._response(), traceback=self._traceback, late=self.raised)
        self.elapsed = self._clock.monotonic() - self._begun_at
        if self.raised and not self.begun:
            self.status, self.headers = 500, (("content-type", "text/plain; charset=utf-8"),)
            self._body[:] = b"Internal Server Error"
            self._size = len(self._body)
            return Attempt(response=self._response(), traceback=self._traceback)
        if self.raised:
            what = "the application raised in the middle of its response"
        elif self.begun:
            what = "the application finished in the middle of its response"
        else:
            what = "the application finished without answering"
        return Attempt(error=WireError(what, kind="dropped", elapsed=self.elapsed), traceback=self._traceback)

    def timed_out(self, timeout: float, where: str | None) -> Attempt:
        """No complete response within ``timeout`` seconds; ``where`` tells where the application is."""
        what = f"no answer within {timeout:g} s"
        if self.begun and not self.complete:
            what = f"the response ({self.status}) began but did not end within {timeout:g} s"
        return Attempt(error=WireError(what, kind="timeout", elapsed=timeout), traceback=self.redacted(where))

    def _response(self) -> Response:
        body = bytes(self._body)
        return Response(self.status, self.headers, body, self.elapsed, truncated=self._size > len(body))


current: ContextVar[AppCall | None] = ContextVar("ada_current_call", default=None)
"""The request of ours that the current context belongs to."""


def traceback_text(error: BaseException) -> str:
    """The traceback of ``error`` and of its causes, innermost frame last, without the kit's frames."""
    summary = traceback.TracebackException.from_exception(error)
    _trim(summary)
    return "".join(summary.format())


def stack_text(title: str, stack: traceback.StackSummary) -> str:
    """``stack`` in the form of a traceback under ``title``."""
    return "".join([f"{title} (most recent call last):\n", *stack.format()])


def header_bytes(text: str) -> bytes:
    """A header's name or value as it goes over the wire: Latin-1, UTF-8 where that cannot hold it."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8")


def _trim(summary: traceback.TracebackException) -> None:
    pending, seen = [summary], set[int]()
    while pending:
        part = pending.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        part.stack[:] = [entry for entry in part.stack if not entry.filename.startswith(OWN_FOLDER)]
        nested = (part.__cause__, part.__context__, *(part.exceptions or ()))
        pending += [other for other in nested if other is not None]
