"""Channels: listing Ada's own and the custom ones, creating custom ones, changing what they can show."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from ada_mockserver.mock.api.errors import refused
from ada_mockserver.mock.api.resources import context_of, found, listing, resource
from ada_mockserver.mock.api.validation import check_metadata_size, query_choice, read_body
from ada_mockserver.mock.state.records import add_channel
from ada_mockserver.mock.store.models import StoredChannel

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["ROUTES"]


async def _list(request: Request) -> Response:
    kind = query_choice(request.query_params, "type", ("custom", "native"), required=True)
    modality = query_choice(request.query_params, "modality", ("messaging", "email", "voice"))
    where: list[ColumnElement[bool]] = [StoredChannel.custom.is_(kind == "custom")]
    if modality is not None:
        where.append(StoredChannel.modality == modality)
    async with context_of(request).begin() as transaction:
        return await listing(request, transaction, StoredChannel, *where)


async def _create(request: Request) -> Response:
    body = await read_body(request, "create_channel")
    metadata = body.get("metadata", {})
    check_metadata_size(metadata, path="$.metadata")
    async with context_of(request).begin() as transaction:
        channel = await add_channel(
            transaction,
            name=body["name"],
            description=body["description"],
            modality=body["modality"],
            markdown=body.get("capabilities", {}).get("markdown", False),
            metadata=metadata,
        )
    return JSONResponse(channel.shown(), status_code=201)


async def _update(request: Request) -> Response:
    body = await read_body(request, "update_channel")
    async with context_of(request).begin() as transaction:
        channel = await found(request, transaction, StoredChannel)
        if not channel.custom:
            raise refused("$.channel_id", "names a native channel, which cannot be changed", "path")
        if "markdown" in body["capabilities"]:
            channel.value = replace(channel.value, markdown=body["capabilities"]["markdown"])
    return JSONResponse(channel.shown())


ROUTES = [
    resource("/v2/channels", GET=_list, POST=_create),
    resource("/v2/channels/{channel_id}", PATCH=_update),
]
