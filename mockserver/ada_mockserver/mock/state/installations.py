"""Platform integrations: their installations, and the credentials that OAuth 2.0 gives out for them.

A credential is stored as its hash alone and looked up by that: nothing can show it, and how long a look-up
takes tells nobody how much of a guess is right. Only the secret of an installation is kept, to sign with it;
no answer, page or log has it but the one that hands it out (/reference/integrations/getting-started).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ada_mockserver.delivery.http import Request
from ada_mockserver.events.ids import hexadecimal, object_id
from ada_mockserver.mock.state.audit_log import record_changes
from ada_mockserver.mock.store.base import Identified, Stored, Tuples
from ada_mockserver.mock.store.database import change

if TYPE_CHECKING:
    from ada_mockserver.mock.state.transaction import MockContext, Transaction

__all__ = [
    "Grant",
    "Installation",
    "Integration",
    "callback",
    "grant_of",
    "granted",
    "install",
    "is_client",
    "issue",
    "issue_tokens",
    "name_of",
    "redeem",
    "remove",
    "uninstallation",
]

CODE_LIFETIME, ACCESS_LIFETIME, REFRESH_LIFETIME = 300, 3600, 30 * 86400
"""Seconds for which an authorization code, an access token and a refresh token are good."""

_OWN_SCOPES = ("platform_integration_installations:read", "platform_integration_installations:write")
"""What every access token may do, asked for or not."""

_SECRET = re.compile(r"[0-9a-f]{64}")
_STEP = re.compile(r'(?:^|\.)(?:([A-Za-z_][A-Za-z0-9_]*)|("(?:[^"\\]|\\.)+"))|\[([0-9]{1,4})\]')


class Integration(Stored):
    """A service that works with Ada, as its developer registered it."""

    __tablename__ = "api_integrations"
    kind = "integration"
    entity = "platform_integration"

    def shown(self) -> dict[str, Any]:
        """Its members, null where they are not set."""
        return {"icon_url": None, "call_to_action": None, "error_codes": None, **self.dated()}


class Installation(Stored):
    """An integration that an admin connected, with the scopes granted and the secret that signs."""

    __tablename__ = "api_installations"
    kind = "installation"
    entity = "platform_integration_installation"

    integration_id: Mapped[str] = mapped_column(index=True)
    scopes: Mapped[tuple[str, ...]] = mapped_column(Tuples)
    secret: Mapped[str] = mapped_column(repr=False)

    def shown(self) -> dict[str, Any]:
        """Its members."""
        return self.dated()


class Credential(Identified):
    """A secret that was given out: ``use`` is ``client``, ``code``, ``access`` or ``refresh``.

    ``id`` is its hash. ``owner`` is the id of the integration, where it is a client's, or else of the
    installation; ``expires_at`` is in Unix milliseconds.
    """

    __tablename__ = "api_credentials"

    use: Mapped[str]
    owner: Mapped[str] = mapped_column(index=True)
    expires_at: Mapped[int | None] = mapped_column(sa.BigInteger)


@dataclass(frozen=True, slots=True)
class Grant:
    """What an access token stands for."""

    installation_id: str
    integration_id: str
    scopes: tuple[str, ...]
    expired: bool


async def install(
    transaction: Transaction, integration: Integration, configuration: dict[str, Any]
) -> tuple[Installation, str]:
    """Install an integration as an admin does; returns the installation and the authorization code for it."""
    installation_id = object_id(transaction.rng, transaction.at)
    installation = Installation(
        id=installation_id,
        created_at=transaction.at,
        updated_at=transaction.at,
        integration_id=integration.id,
        scopes=granted(integration),
        secret=hexadecimal(transaction.rng, 64),
        data={
            "id": installation_id,
            "platform_integration_id": integration.id,
            "configuration": configuration,
            "status": "incomplete",
        },
    )
    await transaction.add(installation)
    await _record(transaction, integration, installation, "created")
    return installation, await issue(transaction, "code", installation.id, CODE_LIFETIME)


def granted(integration: Integration) -> tuple[str, ...]:
    """The scopes of an integration's access tokens."""
    return tuple(dict.fromkeys((*integration.data["scopes"], *_OWN_SCOPES)))


async def issue(transaction: Transaction, use: str, owner: str, lifetime: float | None = None) -> str:
    """A new credential of an owner, good for ``lifetime`` seconds."""
    text = hexadecimal(transaction.rng, 64)
    expires_at = None if lifetime is None else transaction.at + int(lifetime * 1000)
    await transaction.add(Credential(id=_hash(text), use=use, owner=owner, expires_at=expires_at))
    return text


async def issue_tokens(transaction: Transaction, installation: Installation) -> dict[str, Any]:
    """A new access token and a new refresh token, as the token endpoint answers them."""
    return {
        "access_token": await issue(transaction, "access", installation.id, ACCESS_LIFETIME),
        "refresh_token": await issue(transaction, "refresh", installation.id, REFRESH_LIFETIME),
        "token_type": "Bearer",
        "expires_in": ACCESS_LIFETIME,
        "scope": " ".join(installation.scopes),
    }


async def is_client(transaction: Transaction, integration_id: str, secret: str) -> bool:
    """True where the secret is that of the integration's OAuth client."""
    client = await _known(transaction, "client", secret)
    return client is not None and hmac.compare_digest(client.owner.encode(), integration_id.encode())


async def redeem(transaction: Transaction, use: str, text: str, integration_id: str) -> Installation | None:
    """Use up a code or a refresh token of an integration; returns the installation, None for a bad one."""
    credential = await _known(transaction, use, text)
    if credential is None or transaction.at >= (credential.expires_at or 0):
        return None
    statement = sa.select(Installation).where(Installation.id == credential.owner)
    installation = await transaction.session.scalar(statement)
    if installation is None or installation.integration_id != integration_id:
        return None
    # Of two calls at a time only one takes it away.
    used = await change(transaction.session, sa.delete(Credential).where(Credential.id == credential.id))
    return installation if used else None


async def grant_of(context: MockContext, token: str) -> Grant | None:
    """What an access token stands for; None for what is none."""
    if not _SECRET.fullmatch(token):
        return None
    async with context.begin() as transaction:
        credential = await _known(transaction, "access", token)
        if credential is None:
            return None
        statement = sa.select(Installation).where(Installation.id == credential.owner)
        installation = (await transaction.session.scalars(statement)).one()
        expired = transaction.at >= (credential.expires_at or 0)
        return Grant(installation.id, installation.integration_id, installation.scopes, expired)


async def remove(transaction: Transaction, integration: Integration, installation: Installation) -> None:
    """Forget an installation, and with it all that was given out for it."""
    await _record(transaction, integration, installation, "deleted")
    await change(transaction.session, sa.delete(Credential).where(Credential.owner == installation.id))
    await transaction.session.delete(installation)


def callback(integration: Integration, code: str) -> str:
    """The address that an admin's browser is sent to with a code."""
    return _with_query(integration.data["oauth_callback_url"], code=code)


def uninstallation(integration: Integration, installation: Installation, *, signed_at: int) -> Request:
    """The request that tells an integration that it is uninstalled, signed with the installation's secret.

    What is signed is the method, the registered address, the body and the time, a line each.
    """
    url: str = integration.data["uninstallation_url"]
    content = f"delete\n{url}\n\n{signed_at}".encode()
    digest = hmac.new(installation.secret.encode(), content, hashlib.sha256).digest()
    headers = (
        ("x-ada-signature-V2", base64.b64encode(digest).decode()),
        ("x-ada-timestamp-V2", str(signed_at)),
    )
    return Request(_with_query(url, installation_id=installation.id), headers, b"", method="DELETE")


def name_of(integration: Integration, installation: Installation) -> str:
    """What people know an installation by: where the integration's JMESPath leads, or the id.

    Of JMESPath names, quoted names and indices are known, which lead to one value.
    """
    path: str = integration.data["identifier_field_path"]
    value, position = installation.data["configuration"], 0
    try:
        while position < len(path):
            step = _STEP.match(path, position)
            if step is None:
                return installation.id
            name, quoted, index = step.groups()
            value = value[int(index)] if index else value[name or json.loads(quoted)]
            position = step.end()
    except (KeyError, IndexError, TypeError, ValueError):
        return installation.id
    return value if isinstance(value, str) and value else installation.id


def _with_query(url: str, **members: str) -> str:
    parts = urlsplit(url)
    return parts._replace(query="&".join(filter(None, (parts.query, urlencode(members))))).geturl()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


async def _known(transaction: Transaction, use: str, text: str) -> Credential | None:
    statement = sa.select(Credential).where(Credential.id == _hash(text), Credential.use == use)
    return await transaction.session.scalar(statement)


async def _record(
    transaction: Transaction, integration: Integration, installation: Installation, activity: str
) -> None:
    change = {
        "entity_type": installation.entity,
        "entity_id": installation.id,
        "entity_name": integration.title,
        "activity": activity,
        "interface": "dashboard",
    }
    await record_changes(transaction, [change])
