"""End users: created once for each external id, read, listed, and changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse

from ada_mockserver.mock.api.errors import ApiError, not_found, refused
from ada_mockserver.mock.api.metadata import check_metadata_size, merged
from ada_mockserver.mock.api.pages import page
from ada_mockserver.mock.state.records import add_end_user, change_end_user, find_external
from ada_mockserver.mock.store.database import wake_on_commit
from ada_mockserver.mock.store.models import StoredEndUser

if TYPE_CHECKING:
    from starlette.responses import Response

    from ada_mockserver.mock.api.calls import Call

__all__ = ["OPERATIONS"]

_TEXTS = ("first_name", "last_name", "display_name", "avatar", "email", "language")
_UNUSED_FOR = 86_400
"""Seconds after which an end user that was made here, and that no conversation is with, is deleted."""
_MOST_METADATA = 10 * 1024
"""Bytes of an end user's metadata, as the operation's description limits it."""


async def _list(call: Call) -> dict[str, Any]:
    query = call.request.query_params
    if "external_id" not in query:
        return await page(call, StoredEndUser)
    if "cursor" in query or "limit" in query:
        raise refused("$.external_id", "goes with neither cursor nor limit", "query")
    user = await find_external(call.transaction.session, query["external_id"])
    if user is None:
        raise not_found("end user")
    return user.shown()


async def _create(call: Call) -> Response:
    body, transaction = call.body, call.transaction
    external_id = body.get("external_id") or None  # an empty one is nobody's
    profile = _profile(body.get("profile", {}))
    metadata = merged({}, profile.pop("metadata", {}))
    check_metadata_size(metadata, most=_MOST_METADATA, path="$.profile.metadata")
    known = external_id and await find_external(transaction.session, external_id)
    user = known or await add_end_user(transaction, **profile, external_id=external_id, metadata=metadata)
    if not known:
        user.expires_at = transaction.now + _UNUSED_FOR
        wake_on_commit(transaction.session)
    return JSONResponse(user.shown(), status_code=200 if known else 201)


async def _read(call: Call) -> dict[str, Any]:
    return call.thing(StoredEndUser).shown()


async def _update(call: Call) -> dict[str, Any]:
    body, transaction, user = call.body, call.transaction, call.thing(StoredEndUser)
    changes = _profile(body["profile"])
    if "external_id" in body:
        changes["external_id"] = wanted = body["external_id"] or None
        other = wanted and await find_external(transaction.session, wanted)
        if other and other.id != user.id:
            raise ApiError(409, "conflict", "The external_id is already assigned to a different end user.")
    if "metadata" in changes:
        changes["metadata"] = merged(user.value.metadata, changes["metadata"])
        check_metadata_size(changes["metadata"], most=_MOST_METADATA, path="$.profile.metadata")
    await change_end_user(transaction, user, **changes)
    return user.shown()


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


OPERATIONS = {
    "list-end-users": _list,
    "create-end-user": _create,
    "get-end-user": _read,
    "update-end-user": _update,
}
