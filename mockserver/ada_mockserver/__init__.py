"""The mock Ada: realistic events, Svix signatures over the exact bytes, and their delivery.

Names are resolved at first use, so that importing this package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ada_mockserver.clock import Clock, ManualClock, SystemClock
    from ada_mockserver.events import EventFactory
    from ada_mockserver.mock import MockAda, MockWebhook
    from ada_mockserver.scenarios import scenario
    from ada_mockserver.sender import Receipt, Sender
    from ada_mockserver.signing import generate_secret, sign, signature_headers, verify
    from ada_mockserver.wire import Wire

__all__ = [
    "Clock",
    "EventFactory",
    "ManualClock",
    "MockAda",
    "MockWebhook",
    "Receipt",
    "Sender",
    "SystemClock",
    "Wire",
    "generate_secret",
    "scenario",
    "sign",
    "signature_headers",
    "verify",
]

_HOMES = {
    "Clock": "clock",
    "EventFactory": "events",
    "ManualClock": "clock",
    "MockAda": "mock",
    "MockWebhook": "mock",
    "Receipt": "sender",
    "Sender": "sender",
    "SystemClock": "clock",
    "Wire": "wire",
    "generate_secret": "signing",
    "scenario": "scenarios",
    "sign": "signing",
    "signature_headers": "signing",
    "verify": "signing",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
