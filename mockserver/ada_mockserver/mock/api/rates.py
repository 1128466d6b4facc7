"""Ada's documented rate limits (/reference/introduction/limits), counted in fixed windows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ada_mockserver.mock.api.document import RateLimit

__all__ = ["RateLimiter"]


@dataclass(slots=True)
class RateLimiter:
    """Counts calls by what limits them; the time comes from the caller."""

    _counts: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)

    def wait(self, limits: Iterable[tuple[str, Sequence[RateLimit]]], now: float) -> int:
        """Count a call at ``now`` (Unix seconds) that limits hold for, each with the name it counts under.

        Returns 0, or the whole seconds to wait where it is one too many; such a call is not counted.
        """
        counts = []
        for name, windows in limits:
            for seconds, most in windows:
                window = int(now // seconds)
                known, count = self._counts.get((name, seconds), (window, 0))
                count = count if known == window else 0
                if count >= most:
                    return max(1, int((window + 1) * seconds - now + 0.999))
                counts.append(((name, seconds), (window, count + 1)))
        self._counts.update(counts)
        return 0
