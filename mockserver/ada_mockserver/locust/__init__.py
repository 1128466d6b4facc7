"""Load from a fleet: a user class for Locust whose users tell whole conversations, in order.

``locust -f`` takes a file that imports `AdaUser`; ``python -m ada_mockserver.locust`` is ``locust`` with such
a file. Locust makes blocking calls cooperative in the process that imports it: `AdaUser` is resolved at first
use, so that importing this package alone does not do that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ada_mockserver.extras import require_locust
from ada_schemas.lazy import late_exports

if TYPE_CHECKING:
    from ada_mockserver.locust.user import AdaUser

__all__ = ["AdaUser"]

_late, __dir__ = late_exports(__name__, {"user": ("AdaUser",)})


def __getattr__(name: str) -> Any:
    if name in __all__:
        require_locust(f"{__name__}.{name}")
    return _late(name)
