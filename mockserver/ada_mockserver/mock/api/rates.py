"""Ada's documented rate limits (/reference/introduction/limits), counted in fixed windows."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["LIMITS", "RateLimiter"]

_SECOND, _MINUTE, _DAY = 1, 60, 86_400

LIMITS: dict[str, tuple[tuple[int, int], ...]] = {
    "conversations": ((_SECOND, 30), (_MINUTE, 300), (_DAY, 60_000)),
    "end-users": ((_SECOND, 30), (_MINUTE, 300), (_DAY, 60_000)),
    "": ((_SECOND, 10), (_MINUTE, 100), (_DAY, 10_000)),
}
"""For each API, and under ``""`` for all others together: seconds of a window, and the calls in it."""


@dataclass(slots=True)
class RateLimiter:
    """Counts the calls of each API; the time comes from the caller."""

    _counts: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)

    def wait(self, resource: str, now: float) -> int:
        """Count a call of ``/v2/<resource>`` at ``now`` (Unix seconds).

        Returns 0, or the whole seconds to wait where it is one too many; such a call is not counted.
        """
        name = resource if resource in LIMITS else ""
        counts = []
        for seconds, most in LIMITS[name]:
            window = int(now // seconds)
            known, count = self._counts.get((name, seconds), (window, 0))
            count = count if known == window else 0
            if count >= most:
                return max(1, int((window + 1) * seconds - now + 0.999))
            counts.append(((name, seconds), (window, count + 1)))
        self._counts.update(counts)
        return 0
