"""The documented payloads of Ada's webhooks: schema files, validation, and the variants of every event.

Names are resolved at first use, so that importing this package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ada_schemas.lazy import late_exports

if TYPE_CHECKING:
    from ada_schemas.contract.contract import event_names, load
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
    from ada_schemas.variation.enumeration import Variant, variants

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

__getattr__, __dir__ = late_exports(
    __name__,
    {
        "AdakitError": "errors",
        "DocumentError": "errors",
        "MissingExtraError": "errors",
        "SignatureError": "errors",
        "TargetError": "errors",
        "UsageError": "errors",
        "Variant": "variation.enumeration",
        "Violation": "validation",
        "WireError": "errors",
        "event_names": "contract.contract",
        "load": "contract.contract",
        "validate": "validation",
        "variants": "variation.enumeration",
    },
)
