"""What a consumer of the tests remembers: each delivery that it knows, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

__all__ = ["Record"]


class Record:
    """The deliveries by the id of their message, each handled once, and the witness that tells of them."""

    def __init__(self, header: str) -> None:
        self.header = header
        self.done: dict[str, str] = {}
        self.entries: list[dict[str, Any]] = []

    def take(self, request: Request, event_type: str, handle: Callable[[], str | None]) -> None:
        """Handle a delivery once; ``handle`` says in words what was done, None for an unknown event."""
        message_id = request.headers[self.header]
        status = "duplicate" if message_id in self.done else "ignored"
        if status == "ignored" and (done := handle()) is not None:
            self.done[message_id] = done
            status = "handled"
        self.entries.append({self.header.replace("-", "_"): message_id, "type": event_type, "status": status})

    async def seen(self, _: Request) -> JSONResponse:
        """The witness."""
        return JSONResponse(self.entries)
