"""The documented payloads of Ada's webhooks: schema files, validation, and the variants of every event.

Names are resolved at first use, so that importing this package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ada_schemas.lazy import late_exports

if TYPE_CHECKING:
    from ada_schemas.contract.contract import Contract, contract_in, event_names, load, read_contract
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
    "Contract",
    "DocumentError",
    "MissingExtraError",
    "SignatureError",
    "TargetError",
    "UsageError",
    "Variant",
    "Violation",
    "WireError",
    "contract_in",
    "event_names",
    "load",
    "read_contract",
    "validate",
    "variants",
]

__getattr__, __dir__ = late_exports(
    __name__,
    {
        "contract.contract": ("Contract", "contract_in", "event_names", "load", "read_contract"),
        "errors": tuple(name for name in __all__ if name.endswith("Error")),
        "validation": ("Violation", "validate"),
        "variation.enumeration": ("Variant", "variants"),
    },
)
