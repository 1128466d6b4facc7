"""The drift between two contracts: each difference, and what it means for a consumer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ada_schemas.lazy import late_exports

if TYPE_CHECKING:
    from ada_schemas.drift.compare import CLASSES, Change
    from ada_schemas.drift.differences import Drift, diff
    from ada_schemas.drift.observation import Observation, Observed, observe

__all__ = ["CLASSES", "Change", "Drift", "Observation", "Observed", "diff", "observe"]

__getattr__, __dir__ = late_exports(
    __name__,
    {
        "compare": ("CLASSES", "Change"),
        "differences": ("Drift", "diff"),
        "observation": ("Observation", "Observed", "observe"),
    },
)
