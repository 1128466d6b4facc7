"""Every way into the kit that takes what others wrote."""

from __future__ import annotations

from fuzz.entrances import schemas

ENTRANCES = {entrance.name: entrance for module in (schemas,) for entrance in module.ENTRANCES}
