"""Requests whose connection the sender breaks off, as a receiver meets them when a network fails."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import TYPE_CHECKING, Literal

from ada_mockserver.delivery.request_bytes import encode, parse_url
from ada_mockserver.delivery.tls import make_ssl_context
from ada_schemas.errors import WireError

if TYPE_CHECKING:
    import ssl

    from ada_mockserver.delivery.http import Request

__all__ = ["break_off"]

_RESET = struct.pack("ii", 1, 0)  # linger for no time: closing sends RST


async def break_off(
    request: Request,
    how: Literal["drop", "reset"],
    *,
    timeout: float,
    ssl_context: ssl.SSLContext | None = None,
) -> WireError:
    """Begin a request and break it off; returns the error that it ends with.

    ``drop`` sends all of it and closes without reading an answer, so that the receiver handles it and the
    sender does not know; ``reset`` sends half of the body and resets the connection. Raises `UsageError` for
    a request that cannot be put on the wire.
    """
    target = parse_url(request.url)
    data = encode(request, target)
    if how == "reset":
        data = data[: len(data) - (len(request.body) + 1) // 2]
    context = (ssl_context or make_ssl_context()) if target.tls else None
    try:
        async with asyncio.timeout(timeout):
            _, writer = await asyncio.open_connection(target.host, target.port, ssl=context)
            try:
                writer.write(data)
                await writer.drain()
                if how == "reset":
                    connected: socket.socket = writer.get_extra_info("socket")
                    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    writer.transport.abort()
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
    except TimeoutError:
        return WireError(f"{target.peer} gave no connection within {timeout:g} s.", kind="timeout")
    except OSError as error:
        return WireError(f"{target.peer} cannot be reached: {error.strerror or error}.", kind="refused")
    done = "closed before the answer was read" if how == "drop" else "reset in the middle of the request"
    return WireError(f"Chaos: the connection to {target.peer} was {done}.", kind="dropped")
