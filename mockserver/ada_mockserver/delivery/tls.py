"""The client side of TLS: whom it trusts, and the words for a handshake that failed."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from ada_mockserver.delivery.response_parser import Failure
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["make_ssl_context", "tls_failure"]


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
