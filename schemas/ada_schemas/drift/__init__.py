"""How two contracts differ, and what each difference means for a consumer under Ada's versioning policy."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ada_schemas.drift.comparison import CLASSES, Change
    from ada_schemas.drift.contracts import Drift, diff
    from ada_schemas.drift.observation import Observation, Observed, observe

__all__ = ["CLASSES", "Change", "Drift", "Observation", "Observed", "diff", "observe"]

_HOMES = {
    "CLASSES": "comparison",
    "Change": "comparison",
    "Drift": "contracts",
    "Observation": "observation",
    "Observed": "observation",
    "diff": "contracts",
    "observe": "observation",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
