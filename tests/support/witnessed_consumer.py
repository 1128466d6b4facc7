"""A consumer in memory with a witness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ada_contract_tests.engine.witness import Seen, entries_seen
from support.fake_targets import FakeTarget, answer

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from ada_mockserver.delivery.attempt import Attempt
    from support.fake_targets import Sent

    Doing = Callable[[Sent, bool], tuple[int, str | None]]

__all__ = ["Consumer", "once"]


class Consumer:
    """Answers and keeps a list of what it did.

    ``doing`` gives (status answered, status told) of a delivery, None for one that is not told.
    """

    def __init__(self, doing: Doing = lambda _sent, _seen: (200, "handled")):
        self.entries: list[dict[str, Any]] = []
        self.doing = doing
        self.target = FakeTarget(self.answering)

    def answering(self, sent: Sent) -> Attempt:
        known = [entry["svix_id"] for entry in self.entries]
        status, told = self.doing(sent, sent.headers.get("svix-id") in known)
        if told is not None:
            kind = sent.json.get("type")
            self.entries.append({"svix_id": sent.headers.get("svix-id"), "type": kind, "status": told})
        return answer(status)

    async def ask(self, only: Container[str | None]) -> Seen:
        return entries_seen(self.entries, only)


def once(sent: Sent, known: bool) -> tuple[int, str | None]:
    """Everything is handled once."""
    return (200, "duplicate" if known else "handled")
