"""Channels: listing Ada's own and the custom ones, creating custom ones, changing what they can show."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ada_mockserver.mock.api.errors import refused
from ada_mockserver.mock.api.resources import Call, found, listing, operation, resource
from ada_mockserver.mock.api.validation import check_metadata_size, query_choice
from ada_mockserver.mock.state.records import add_channel
from ada_mockserver.mock.store.models import StoredChannel

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

__all__ = ["ROUTES"]


async def _list(call: Call) -> dict[str, Any]:
    query = call.request.query_params
    kind = query_choice(query, "type", ("custom", "native"), required=True)
    modality = query_choice(query, "modality", ("messaging", "email", "voice"))
    where: list[ColumnElement[bool]] = [StoredChannel.custom.is_(kind == "custom")]
    if modality is not None:
        where.append(StoredChannel.modality == modality)
    return await listing(call, StoredChannel, *where)


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
    return channel.shown()


async def _update(call: Call) -> dict[str, Any]:
    channel = await found(call, StoredChannel)
    if not channel.custom:
        raise refused("$.channel_id", "names a native channel, which cannot be changed", "path")
    if "markdown" in call.body["capabilities"]:
        channel.value = replace(channel.value, markdown=call.body["capabilities"]["markdown"])
    return channel.shown()


ROUTES = [
    resource(
        "/v2/channels", GET=operation(_list), POST=operation(_create, body="create_channel", status=201)
    ),
    resource("/v2/channels/{channel_id}", PATCH=operation(_update, body="update_channel")),
]
