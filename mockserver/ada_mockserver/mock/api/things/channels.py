"""Channels: listing Ada's own and the custom ones, creating custom ones, changing what they can show."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ada_mockserver.mock.api.errors import refused
from ada_mockserver.mock.api.metadata import check_metadata_size
from ada_mockserver.mock.api.pages import page
from ada_mockserver.mock.state.records import add_channel
from ada_mockserver.mock.store.models import StoredChannel

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from ada_mockserver.mock.api.calls import Call

__all__ = ["OPERATIONS"]


async def _list(call: Call) -> dict[str, Any]:
    query = call.query
    where: list[ColumnElement[bool]] = [StoredChannel.custom.is_(query["type"] == "custom")]
    if "modality" in query:
        where.append(StoredChannel.modality == query["modality"])
    return await page(call, StoredChannel, *where)


async def _create(call: Call) -> dict[str, Any]:
    body = call.body
    metadata = body.get("metadata", {})
    check_metadata_size(metadata, path="$.metadata")
    channel = await add_channel(
        call.transaction,
        name=body["name"],
        description=body["description"],
        modality=body["modality"],
        markdown=body.get("capabilities", {}).get("markdown", False),
        metadata=metadata,
    )
    await call.changed(channel, "created")
    return channel.shown()


async def _update(call: Call) -> dict[str, Any]:
    channel = call.thing(StoredChannel)
    if not channel.custom:
        raise refused("$.channel_id", "names a native channel, which cannot be changed", "path")
    if "markdown" in call.body["capabilities"]:
        channel.value = replace(channel.value, markdown=call.body["capabilities"]["markdown"])
        await call.changed(channel, "updated")
    return channel.shown()


OPERATIONS = {"list-channels": _list, "create-channel": _create, "update-channel": _update}
