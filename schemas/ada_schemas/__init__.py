"""The documented payloads of Ada's webhooks: schema files, validation, and the variants of every event.

Names are resolved at first use, so that importing this package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ada_schemas.catalog import event_names, load
    from ada_schemas.errors import (
        AdakitError,
        DocumentError,
        MissingExtraError,
        SignatureError,
        TargetError,
        UsageError,
        WireError,
    )
    from ada_schemas.validation import Violation, validate
    from ada_schemas.variation import Variant, variants

__all__ = [
    "AdakitError",
    "DocumentError",
    "MissingExtraError",
    "SignatureError",
    "TargetError",
    "UsageError",
    "Variant",
    "Violation",
    "WireError",
    "event_names",
    "load",
    "validate",
    "variants",
]

_HOMES = {
    "Variant": "variation",
    "Violation": "validation",
    "event_names": "catalog",
    "load": "catalog",
    "validate": "validation",
    "variants": "variation",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'errors')}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
