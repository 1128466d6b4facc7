"""Channels: listing Ada's own and the custom ones, creating custom ones, changing what they can show."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from ada_mockserver.events.ids import object_id
from ada_mockserver.events.payload import Channel
from ada_mockserver.mock.api.errors import not_found, refused
from ada_mockserver.mock.api.pages import listing
from ada_mockserver.mock.api.resources import backend_of, resource
from ada_mockserver.mock.api.validation import check_metadata_size, query_choice, read_body
from ada_mockserver.mock.state.records import add_channel, channel_of, find_channel, save_channel
from ada_mockserver.mock.store.conversation_tables import channels

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["ROUTES"]


async def _list(request: Request) -> Response:
    kind = query_choice(request.query_params, "type", ("custom", "native"), required=True)
    modality = query_choice(request.query_params, "modality", ("messaging", "email", "voice"))
    where: list[ColumnElement[bool]] = [channels.c.custom.is_(kind == "custom")]
    if modality is not None:
        where.append(channels.c.modality == modality)
    async with backend_of(request).call() as call:
        answer = await listing(
            request,
            call.connection,
            channels,
            where=where,
            shown=lambda row: channel_of(row).payload(),
        )
    return JSONResponse(answer)


async def _create(request: Request) -> Response:
    body = await read_body(request, "create_channel")
    metadata = body.get("metadata", {})
    check_metadata_size(metadata, path="$.metadata")
    async with backend_of(request).call() as call:
        channel = Channel(
            id=object_id(call.rng, call.at),
            name=body["name"],
            description=body["description"],
            modality=body["modality"],
            markdown=body.get("capabilities", {}).get("markdown", False),
            created_at=call.at,
            custom=True,
            metadata=metadata,
        )
        await add_channel(call.connection, channel)
    return JSONResponse(channel.payload(), status_code=201)


async def _update(request: Request) -> Response:
    body = await read_body(request, "update_channel")
    async with backend_of(request).call() as call:
        channel = await find_channel(call.connection, request.path_params["channel_id"])
        if channel is None:
            raise not_found("channel")
        if not channel.custom:
            raise refused("$.channel_id", "names a native channel, which cannot be changed", "path")
        if "markdown" in body["capabilities"]:
            channel = replace(channel, markdown=body["capabilities"]["markdown"])
            await save_channel(call.connection, channel)
    return JSONResponse(channel.payload())


ROUTES = [
    resource("/v2/channels", GET=_list, POST=_create),
    resource("/v2/channels/{channel_id}", PATCH=_update),
]
