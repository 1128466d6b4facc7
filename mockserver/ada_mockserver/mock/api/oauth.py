"""OAuth 2.0 for integrations: codes and refresh tokens are exchanged, and a token says whose it is.

The token endpoint answers as RFC 6749 has it, in section 5, which Ada's pages agree with where they say
something (/reference/integrations/getting-started). It needs no key: a client's secret is in the body.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.responses import JSONResponse
from starlette.routing import Route

from ada_mockserver.mock.api.calls import context_of, grant_in
from ada_mockserver.mock.api.errors import ApiError
from ada_mockserver.mock.state.installations import is_client, issue_tokens, redeem

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["ROUTES"]

_FORM = "application/x-www-form-urlencoded"
_GRANTS = {"authorization_code": ("code", "code"), "refresh_token": ("refresh_token", "refresh")}
"""Of each type of grant the parameter that has the credential, and what use that is of."""


class _OAuthError(Exception):
    """A request that is refused, in the words of RFC 6749, section 5.2; it may have a description."""

    def __init__(self, error: str, description: str = "", status: int = 400) -> None:
        super().__init__(error)
        described = {"error_description": description} if description else {}
        self.answer, self.status = {"error": error, **described}, status


async def _token(request: Request) -> Response:
    try:
        answer, status = await _exchange(request, await _parameters(request)), 200
    except _OAuthError as error:
        answer, status = error.answer, error.status
    headers = {"cache-control": "no-store", "pragma": "no-cache"}
    return JSONResponse(answer, status_code=status, headers=headers)


async def _parameters(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", _FORM).partition(";")[0].strip().lower() != _FORM:
        raise _OAuthError("invalid_request", f"Send the parameters as {_FORM}.")
    body = (await request.body()).decode("utf-8", "replace")
    found = parse_qsl(body, keep_blank_values=True)
    if len(dict(found)) < len(found):
        raise _OAuthError("invalid_request", "A parameter is there more than once.")
    return dict(found)


async def _exchange(request: Request, given: dict[str, str]) -> dict[str, Any]:
    grant_type = _required(given, "grant_type")
    if grant_type not in _GRANTS:
        known = " or ".join(_GRANTS)
        raise _OAuthError("unsupported_grant_type", f"grant_type must be {known}.")
    parameter, use = _GRANTS[grant_type]
    client_id, secret = _required(given, "client_id"), _required(given, "client_secret")
    text = _required(given, parameter)
    async with context_of(request).begin() as transaction:
        if not await is_client(transaction, client_id, secret):
            description = "There is no integration with this client_id and client_secret."
            raise _OAuthError("invalid_client", description, 401)
        installation = await redeem(transaction, use, text, client_id)
        if installation is None:  # in the documented words alone
            raise _OAuthError("invalid_grant")
        answer = await issue_tokens(transaction, installation)
        return {**answer, "client_secret": installation.secret} if use == "code" else answer


def _required(given: dict[str, str], name: str) -> str:
    if not given.get(name):
        raise _OAuthError("invalid_request", f"{name} is required.")
    return given[name]


async def _self(request: Request) -> Response:
    grant = grant_in(request)
    if grant is None:
        raise ApiError(403, "forbidden", "An API key belongs to no installation; send an access token.")
    return JSONResponse(
        {
            "platform_integration_installation_id": grant.installation_id,
            "client_handle": context_of(request).domain.partition(".")[0],
        }
    )


ROUTES = [
    Route("/platform_integrations/oauth/token", _token, methods=["POST"]),
    Route("/platform_integrations/oauth/self", _self, methods=["GET"]),
]
"""Routes below ``/api``."""
