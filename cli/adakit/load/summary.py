"""A load that is over: what was asked for, what came of it, and the exit code that it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ada_mockserver.delivery.load import Load
    from ada_mockserver.delivery.load_report import LoadReport

__all__ = ["INTERRUPTED", "Summary"]

INTERRUPTED = 130
"""The exit code of a command that Ctrl-C ends."""


@dataclass(frozen=True, slots=True)
class Summary:
    """``what`` was sent: the event, the scenario or the file; ``seed`` is None for a file."""

    load: Load
    report: LoadReport
    what: str
    seed: int | None = None
    interrupted: bool = False

    @property
    def unreached(self) -> bool:
        """True if nothing was there: no delivery had a connection."""
        report = self.report
        return not self.interrupted and report.ended > 0 and report.unconnected == report.ended

    @property
    def exit_code(self) -> int:
        """0 when all was accepted, 1 when something was not, 3 when nothing was there."""
        if self.interrupted:
            return INTERRUPTED
        return 3 if self.unreached else 1 if self.report.failed else 0
