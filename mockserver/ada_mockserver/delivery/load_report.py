"""The sum of a load: what was delivered, how fast, and what failed; its memory does not grow with the run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastdigest import TDigest

    from ada_schemas.errors import WireError

__all__ = ["UNCONNECTED", "Interval", "Latencies", "LoadReport"]

_AT_ONCE = 8192
"""Latencies that are gathered before they are added up."""
_INTERVALS = 600
"""Intervals at most; when there are more, each becomes twice as long."""

UNCONNECTED = frozenset({"refused", "dns", "tls"})
"""The kinds of errors of an attempt that had no connection: nothing was sent."""


class Latencies:
    """A distribution of latencies, in seconds: a t-digest, so exact at its ends and of bounded size."""

    def __init__(self) -> None:
        self.fresh: list[float] = []
        self._digest: TDigest | None = None

    def __len__(self) -> int:
        self.compress()
        return 0 if self._digest is None else int(self._digest.n_values)

    def compress(self) -> None:
        """Add up what was gathered in ``fresh``."""
        if not self.fresh:
            return
        if self._digest is None:
            from fastdigest import TDigest  # noqa: PLC0415 - only who delivers needs it

            self._digest = TDigest(1000)
        self._digest.batch_update(self.fresh)
        self.fresh.clear()

    def quantile(self, share: float) -> float:
        """The latency that this share of the answers stayed within, in seconds; 0 without answers."""
        self.compress()
        return 0.0 if self._digest is None else float(self._digest.quantile(share))

    @property
    def mean(self) -> float:
        """The mean in seconds; 0 without answers."""
        self.compress()
        return 0.0 if self._digest is None else float(self._digest.mean())

    @property
    def longest(self) -> float:
        """The longest in seconds; 0 without answers."""
        return self.quantile(1.0)


@dataclass(slots=True)
class Interval:
    """What ended in one interval of the run; ``at`` are the seconds to its beginning."""

    at: float
    seconds: float
    delivered: int = 0
    failed: int = 0


@dataclass(slots=True)
class LoadReport:
    """The sum of many deliveries; it may be read while the run goes on.

    ``delivered`` were accepted, ``failed`` not; ``statuses`` counts the answers that ended a delivery,
    ``errors`` the deliveries that ended without one, by the kind of the error. ``latency`` counts from when
    a delivery was due, ``service`` from when its last attempt began; both are of answered deliveries alone,
    and one object where there is no rate. ``resent`` requests met a connection that was just closed and went
    over a new one; ``repeated`` deliveries took more than one attempt. ``unfinished`` ones were under way
    when the run was broken off: they may have arrived. At a rate, ``begun`` deliveries were so far, the last
    one after ``begun_for`` seconds.
    """

    rate: float | None = None
    concurrency: int = 1
    delivered: int = 0
    failed: int = 0
    attempts: int = 0
    resent: int = 0
    repeated: int = 0
    unfinished: int = 0
    unconnected: int = 0
    begun: int = 0
    begun_for: float = 0.0
    connections: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
    seconds: float = 0.0
    statuses: dict[int, int] = field(default_factory=dict)
    errors: dict[str, int] = field(default_factory=dict)
    first_error: WireError | None = None
    latency: Latencies = field(default_factory=Latencies)
    service: Latencies = field(default_factory=Latencies)
    intervals: list[Interval] = field(default_factory=list)
    _mark: float = 0.25
    _width: float = 0.25
    _before: tuple[int, int] = (0, 0)

    @property
    def ended(self) -> int:
        """Deliveries that were accepted or failed."""
        return self.delivered + self.failed

    @property
    def per_second(self) -> float:
        """Deliveries a second."""
        return self.ended / self.seconds if self.seconds > 0 else 0.0

    @property
    def begun_rate(self) -> float:
        """Deliveries begun a second; at a rate, where it was kept to, that."""
        return (self.begun - 1) / self.begun_for if self.begun > 1 and self.begun_for > 0 else 0.0

    def add_answer(self, status: int, latency: float, service: float, seconds: float) -> None:
        """Count a delivery that was answered, ``seconds`` after the run began."""
        if seconds >= self._mark:
            self._begin_interval(seconds)
        self.statuses[status] = self.statuses.get(status, 0) + 1
        if 200 <= status < 300:
            self.delivered += 1
        else:
            self.failed += 1
        self.seconds = seconds
        fresh = self.latency.fresh
        fresh.append(latency)
        if self.service is not self.latency:
            self.service.fresh.append(service)
        if len(fresh) >= _AT_ONCE:
            self.latency.compress()
            self.service.compress()

    def add_error(self, error: WireError, seconds: float) -> None:
        """Count a delivery that was not answered, ``seconds`` after the run began."""
        if seconds >= self._mark:
            self._begin_interval(seconds)
        self.seconds = seconds
        self.failed += 1
        self.errors[error.kind] = self.errors.get(error.kind, 0) + 1
        self.first_error = self.first_error or error
        self.unconnected += error.kind in UNCONNECTED

    def end(self, seconds: float) -> None:
        """The run is over, ``seconds`` after it began."""
        self.seconds = seconds
        self._close_interval(max(0.0, seconds - (self._mark - self._width)))

    def _begin_interval(self, seconds: float) -> None:
        while seconds >= self._mark:
            self._close_interval(self._width)
            self._mark += self._width
            if len(self.intervals) > _INTERVALS:
                self._merge()

    def _close_interval(self, width: float) -> None:
        delivered, failed = self._before
        at = self._mark - self._width
        self.intervals.append(Interval(at, width, self.delivered - delivered, self.failed - failed))
        self._before = (self.delivered, self.failed)

    def _merge(self) -> None:
        """Make one interval of each two."""
        halves = self.intervals
        if len(halves) % 2:
            return  # with the next one
        self.intervals = [
            Interval(a.at, a.seconds + b.seconds, a.delivered + b.delivered, a.failed + b.failed)
            for a, b in zip(halves[::2], halves[1::2], strict=True)
        ]
        self._mark += self._width
        self._width *= 2
