"""Platform integrations: registered and changed by their developers, told of their own installations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ada_mockserver.delivery.request_bytes import parse_url
from ada_mockserver.mock.api.collection import Collection, documented_members
from ada_mockserver.mock.api.errors import ApiError, not_found, refused
from ada_mockserver.mock.state.configuration import unusable
from ada_mockserver.mock.state.installations import Installation, Integration, issue
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from ada_mockserver.mock.api.calls import Call

__all__ = ["OPERATIONS"]


async def _check(call: Call, members: dict[str, Any], integration: Integration | None) -> None:  # noqa: ARG001
    if integration is not None and integration.data["status"] != "development":
        raise ApiError(403, "forbidden", "Only an integration in development can be changed.")
    for name in ("uninstallation_url", "oauth_callback_url"):
        try:
            parse_url(members[name])
        except UsageError as error:
            raise refused(f"$.{name}", f"cannot be called: {error.what}") from None
    reason = unusable(members["configuration_fields"])
    if reason:
        raise refused("$.configuration_fields", reason)


_INTEGRATIONS, _INSTALLATIONS = Collection(Integration, _check), Collection(Installation)


async def _create(call: Call) -> dict[str, Any]:
    members = {"status": "development", **documented_members(call)}
    integration = await _INTEGRATIONS.add(call, members)
    secret = await issue(call.transaction, "client", integration.id)
    await call.changed(integration, "created")
    return {**integration.shown(), "client_secret": secret}


async def _read_own(call: Call) -> dict[str, Any]:
    if call.grant is None:
        raise ApiError(403, "forbidden", "An API key belongs to no installation; send an access token.")
    installation = await call.transaction.session.scalar(
        select(Installation).where(Installation.id == call.grant.installation_id)
    )
    return _own(call, installation).shown()


async def _update_installation(call: Call) -> dict[str, Any]:
    installation = _own(call, call.thing(Installation))
    await _INSTALLATIONS.change(call, installation, documented_members(call))
    return installation.shown()


def _own(call: Call, installation: Installation | None) -> Installation:
    """The installation, where it is of the integration that the path names and of the token's own.

    Raises `ApiError` for another one: 404 and 403.
    """
    if installation is None or installation.integration_id != call.thing(Integration).id:
        raise not_found("installation")
    if call.grant is not None and installation.id != call.grant.installation_id:
        raise ApiError(403, "forbidden", "The access token is that of another installation.")
    return installation


OPERATIONS = {
    "list-integrations": _INTEGRATIONS.list,
    "create-integration": _create,
    "update-integration": _INTEGRATIONS.update,
    "get-installation": _read_own,
    "update-installation": _update_installation,
}
