"""An event loop whose timers are exact to a fraction of a millisecond, for deliveries at a rate."""

from __future__ import annotations

import select
import selectors
import sys
from typing import TYPE_CHECKING

from ada_mockserver.clock import new_event_loop

if TYPE_CHECKING:
    import asyncio
    from selectors import SelectorKey

__all__ = ["punctual_event_loop"]

_LARGEST = 1024
"""Descriptors below this one alone may be waited for with ``select``."""


def punctual_event_loop() -> asyncio.AbstractEventLoop:
    """A new event loop; on Linux asyncio's own would let timers wait for whole milliseconds."""
    if sys.platform != "linux":
        return new_event_loop()
    return new_event_loop(_PunctualSelector())


if sys.platform == "linux":

    class _PunctualSelector(selectors.EpollSelector):
        """Waits for epoll's own descriptor with ``select``, which counts in microseconds."""

        def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
            if timeout is not None and timeout > 0 and self.fileno() < _LARGEST:
                select.select([self.fileno()], (), (), timeout)
                timeout = 0
            return super().select(timeout)
