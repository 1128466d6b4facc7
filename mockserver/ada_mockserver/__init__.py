"""The mock Ada: realistic events, Svix signatures over the exact bytes, and their delivery.

Names are resolved at first use, so that importing this package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ada_schemas.lazy import late_exports

if TYPE_CHECKING:
    from ada_mockserver.clock import Clock, ManualClock, SystemClock
    from ada_mockserver.delivery.attempt import Attempt, Receipt
    from ada_mockserver.delivery.client import Wire
    from ada_mockserver.delivery.endpoint import Endpoint
    from ada_mockserver.delivery.lanes import conversation_of
    from ada_mockserver.delivery.load import Load
    from ada_mockserver.delivery.load_report import LoadReport
    from ada_mockserver.delivery.sender import Sender
    from ada_mockserver.delivery.signing import generate_secret, sign, signature_headers, verify
    from ada_mockserver.events.factory import EventFactory
    from ada_mockserver.events.scenarios import scenario
    from ada_mockserver.events.written.telling import written_scenario
    from ada_mockserver.mock.mock_ada import MockAda, MockWebhook

__all__ = [
    "Attempt",
    "Clock",
    "Endpoint",
    "EventFactory",
    "Load",
    "LoadReport",
    "ManualClock",
    "MockAda",
    "MockWebhook",
    "Receipt",
    "Sender",
    "SystemClock",
    "Wire",
    "conversation_of",
    "generate_secret",
    "scenario",
    "sign",
    "signature_headers",
    "verify",
    "written_scenario",
]

__getattr__, __dir__ = late_exports(
    __name__,
    {
        "clock": ("Clock", "ManualClock", "SystemClock"),
        "delivery.attempt": ("Attempt", "Receipt"),
        "delivery.client": ("Wire",),
        "delivery.endpoint": ("Endpoint",),
        "delivery.lanes": ("conversation_of",),
        "delivery.load": ("Load",),
        "delivery.load_report": ("LoadReport",),
        "delivery.sender": ("Sender",),
        "delivery.signing": ("generate_secret", "sign", "signature_headers", "verify"),
        "events.factory": ("EventFactory",),
        "events.scenarios": ("scenario",),
        "events.written.telling": ("written_scenario",),
        "mock.mock_ada": ("MockAda", "MockWebhook"),
    },
)
