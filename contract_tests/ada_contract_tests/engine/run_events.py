"""Events of a run, for whoever follows it: progress, reports, the console."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ada_contract_tests.findings import Report, Result

__all__ = ["CaseFinished", "RunEvent", "RunFinished", "RunStopped"]


@dataclass(frozen=True, slots=True)
class CaseFinished:
    """A case was carried out and judged: the ``done``-th of ``total``."""

    result: Result
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class RunStopped:
    """The rest of the cases is not sent, for a reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The run is over."""

    report: Report


RunEvent = CaseFinished | RunStopped | RunFinished
