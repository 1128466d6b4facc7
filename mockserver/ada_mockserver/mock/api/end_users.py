"""End users: created once for each external id, read, listed, and changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import IntegrityError
from starlette.responses import JSONResponse

from ada_mockserver.mock.api.errors import ApiError, not_found, refused
from ada_mockserver.mock.api.resources import Call, context_of, found, listing, operation, reading, resource
from ada_mockserver.mock.api.validation import check_metadata_size, merged, read_body
from ada_mockserver.mock.state.records import add_end_user, change_end_user, find_external
from ada_mockserver.mock.store.models import StoredEndUser

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["ROUTES"]

_TEXTS = ("first_name", "last_name", "display_name", "avatar", "email", "language")
_MOST_METADATA = 10 * 1024
"""Bytes of an end user's metadata, as the operation's description limits it."""


async def _list(call: Call) -> dict[str, Any]:
    query = call.request.query_params
    if "external_id" not in query:
        return await listing(call, StoredEndUser)
    if "cursor" in query or "limit" in query:
        raise refused("$.external_id", "goes with neither cursor nor limit", "query")
    user = await find_external(call.transaction.session, query["external_id"])
    if user is None:
        raise not_found("end user")
    return user.shown()


async def _create(request: Request) -> Response:
    body = await read_body(request, "create_end_user")
    external_id = body.get("external_id") or None  # an empty one is nobody's
    profile = _profile(body.get("profile", {}))
    metadata = merged({}, profile.pop("metadata", {}))
    check_metadata_size(metadata, most=_MOST_METADATA, path="$.profile.metadata")
    members = {**profile, "external_id": external_id, "metadata": metadata}
    for last in (False, True):
        try:
            async with context_of(request).begin() as transaction:
                known = external_id and await find_external(transaction.session, external_id)
                user = known or await add_end_user(transaction, **members)
            break
        except IntegrityError:  # another process created the same one meanwhile: now it is known
            if last:
                raise
    return JSONResponse(user.shown(), status_code=200 if known else 201)


async def _update(request: Request) -> Response:
    body = await read_body(request, "update_end_user")
    changes = _profile(body["profile"])
    try:
        async with context_of(request).begin() as transaction:
            user = await found(Call(request, transaction), StoredEndUser, lock=True)
            if "external_id" in body:
                changes["external_id"] = wanted = body["external_id"] or None
                other = wanted and await find_external(transaction.session, wanted)
                if other and other.id != user.id:
                    raise _taken()
            if "metadata" in changes:
                changes["metadata"] = merged(user.value.metadata, changes["metadata"])
                check_metadata_size(changes["metadata"], most=_MOST_METADATA, path="$.profile.metadata")
            await change_end_user(transaction, user, **changes)
    except IntegrityError:
        raise _taken() from None
    return JSONResponse(user.shown())


def _taken() -> Exception:
    return ApiError(409, "conflict", "The external_id is already assigned to a different end user.")


def _profile(profile: dict[str, Any]) -> dict[str, Any]:
    """The members of a profile to set; raises `ApiError` for sensitive metadata that cannot be.

    Sensitive metadata is never shown again, so the mock does not keep it.
    """
    sensitive = (profile.get("sensitive_metadata") or {}).get("fields", {})
    both = sorted(set(sensitive) & set(profile.get("metadata") or {}))
    if both:
        raise refused("$.profile.sensitive_metadata.fields", f"has a key of metadata too: {both[0]}")
    members = {name: profile[name] for name in _TEXTS if name in profile}
    if profile.get("metadata") is not None:
        members["metadata"] = profile["metadata"]
    return members


ROUTES = [
    resource("/v2/end-users", GET=operation(_list), POST=_create),
    resource("/v2/end-users/{end_user_id}", GET=reading(StoredEndUser), PATCH=_update),
]
