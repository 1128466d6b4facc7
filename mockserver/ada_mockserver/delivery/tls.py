"""The client side of TLS: whom it trusts, the handshake, and the words for one that failed."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

from ada_mockserver.delivery.response_parser import Failure
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    from ada_mockserver.delivery.request_bytes import ParsedUrl

__all__ = ["join", "make_ssl_context", "tls_failure"]

_UNLIMITED = 1e6
"""Seconds for a handshake: the attempt's own limit is what counts."""


def make_ssl_context(*, cacert: Path | str | None = None, insecure: bool = False) -> ssl.SSLContext:
    """A client context: the system's authorities, those of the PEM file ``cacert`` instead, or no check.

    Raises `UsageError` when the file cannot be read or holds no certificate, or when both are given.
    """
    if cacert is not None and insecure:
        raise UsageError("--cacert and --insecure exclude each other: the one checks, the other does not.")
    try:
        context = ssl.create_default_context(cafile=cacert)
    except (ssl.SSLError, ValueError) as error:
        raise UsageError(
            f"The file '{cacert}' holds no usable certificate authority.",
            next_step="--cacert takes a PEM file with one or more '-----BEGIN CERTIFICATE-----' blocks.",
        ) from error
    except OSError as error:
        raise UsageError(f"The file '{cacert}' cannot be read: {error.strerror}.") from error
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context


async def join(
    connected: socket.socket,
    protocol: asyncio.BaseProtocol,
    target: ParsedUrl,
    ssl_context: ssl.SSLContext | None,
) -> None:
    """Let ``protocol`` talk over a connected socket, within TLS if there is a context.

    Raises `Failure` for a handshake that failed; whoever calls this limits its time.
    """
    secured = ssl_context is not None
    try:
        await asyncio.get_running_loop().create_connection(
            lambda: protocol,
            sock=connected,
            ssl=ssl_context,
            server_hostname=target.host.partition("%")[0] if secured else None,
            ssl_handshake_timeout=_UNLIMITED if secured else None,
        )
    except OSError as error:
        raise tls_failure(error) from error


def tls_failure(error: OSError) -> Failure:
    """Why TLS was not agreed on; any other error is of a connection that was lost in the handshake."""
    if not isinstance(error, ssl.SSLError):
        how = "reset" if error.errno else "closed"
        return Failure("tls", f"{how} the connection during the TLS handshake")
    if isinstance(error, ssl.SSLCertVerificationError):
        return Failure(
            "tls",
            f"has a certificate that is not accepted: {error.verify_message.rstrip('.')}",
            next_step="Name the authority's PEM file with --cacert, or do not check with --insecure.",
        )
    reason = (error.reason or str(error)).replace("_", " ").lower()
    plain = "wrong version" in reason or "record layer failure" in reason
    return Failure(
        "tls", f"did not agree on TLS: {reason}", next_step="Is it an http:// URL?" if plain else ""
    )
