"""Every way into the kit that takes what others wrote."""

from __future__ import annotations

from fuzz.entrances import captures, listen, replay, schemas, signing

ENTRANCES = {
    entrance.name: entrance
    for module in (schemas, signing, listen, replay, captures)
    for entrance in module.ENTRANCES
}
