"""The mock Ada: its API, its console and its outbox. Needs the extra ``mock``.

Names are resolved at first use, so that importing this package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ada_schemas.lazy import late_exports

if TYPE_CHECKING:
    from ada_mockserver.mock.mock_ada import MockAda, MockWebhook

__all__ = ["MockAda", "MockWebhook"]

__getattr__, __dir__ = late_exports(__name__, {"mock_ada": ("MockAda", "MockWebhook")})
