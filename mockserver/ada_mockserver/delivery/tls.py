"""The client side of TLS: whom it trusts, and the layer between an attempt's bytes and the wire's."""

from __future__ import annotations

import contextlib
import ssl
from typing import TYPE_CHECKING

from ada_mockserver.delivery.http import KEPT_BODY
from ada_mockserver.delivery.response_parser import Failure
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Tls", "make_ssl_context"]


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


class Tls:
    """The client side of TLS between bytes; no I/O."""

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._object = context.wrap_bio(
            self._incoming, self._outgoing, server_hostname=host.partition("%")[0]
        )
        self.established = False

    def feed(self, data: bytes) -> None:
        """Take in what came; raises `Failure` when the handshake fails."""
        self._incoming.write(data)
        if self.established:
            return
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return
        except ssl.SSLError as error:
            raise _tls_failure(error) from error
        self.established = True

    def seal(self, data: bytes) -> None:
        """Encrypt ``data``; `outgoing` then holds it."""
        view = memoryview(data)
        while view:
            view = view[self._object.write(view) :]

    def outgoing(self) -> bytes:
        """What is to be sent to the peer now."""
        return self._outgoing.read()

    def open(self) -> bytes | None:
        """The next piece of decrypted data, b"" at the peer's end, None when more must come first."""
        try:
            return self._object.read(KEPT_BODY)
        except ssl.SSLWantReadError:
            return None
        except ssl.SSLZeroReturnError:
            return b""
        except ssl.SSLError as error:
            raise _tls_failure(error) from error

    def farewell(self) -> None:
        """Say that nothing follows, as TLS asks; `outgoing` then holds it."""
        with contextlib.suppress(ssl.SSLError):
            self._object.unwrap()


def _tls_failure(error: ssl.SSLError) -> Failure:
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
