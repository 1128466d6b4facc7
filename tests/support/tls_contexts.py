"""The TLS contexts of a server and of a client that trusts it."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import trustme


def contexts(authority: trustme.CA | None) -> tuple[ssl.SSLContext | None, ssl.SSLContext | None]:
    """The context of a server at localhost and that of its client; two times None without an authority."""
    if authority is None:
        return None, None
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(server)
    authority.configure_trust(client)
    return server, client
