"""A connection to the peer of a URL: its name resolved, its addresses tried in order."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from typing import TYPE_CHECKING, Any

from ada_mockserver.delivery.response_parser import Failure

if TYPE_CHECKING:
    from ada_mockserver.delivery.request_bytes import ParsedUrl

__all__ = ["connect", "unconnected", "unresolved"]


async def connect(target: ParsedUrl) -> socket.socket:
    """A connected socket, to the first of the host's addresses that accepts; raises `Failure` without one."""
    loop = asyncio.get_running_loop()
    addresses: list[tuple[int, tuple[Any, ...]]]
    if target.literal is not None:
        addresses = [(target.literal, (target.host, target.port))]
    else:
        try:
            found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            raise unresolved(error) from error
        except OSError:
            raise
        except Exception as error:  # a guard's own
            raise _guarded(error) from error
        addresses = [(family, address) for family, _, _, _, address in found]
    errors: list[OSError] = []
    for family, address in addresses:
        with contextlib.ExitStack() as undone:
            try:
                connected = undone.enter_context(socket.socket(family, socket.SOCK_STREAM))
                connected.setblocking(False)
                await loop.sock_connect(connected, address)
            except OSError as error:
                errors.append(error)
            except Exception as error:  # no socket does that: whoever guards tests against the network did
                raise _guarded(error) from error
            else:
                undone.pop_all()
                return connected
    raise unconnected(errors) from errors[0]


def _guarded(error: Exception) -> Failure:
    return Failure(
        "refused",
        f"cannot be reached, since sockets are guarded here ({type(error).__name__}: {error})",
        next_step="With pytest-socket, add --allow-unix-socket and --allow-hosts with the endpoint's host.",
    )


def unresolved(error: socket.gaierror) -> Failure:
    """The failure of a name that does not resolve."""
    return Failure("dns", f"has a name that does not resolve: {error.strerror}")


def unconnected(errors: list[OSError]) -> Failure:
    """The failure of a peer of which no address accepted, by the error of each."""
    if any(isinstance(error, ConnectionRefusedError) for error in errors):
        return Failure(
            "refused", "refused the connection", next_step="Does the server run, and on that port?"
        )
    reason = os.strerror(errors[0].errno or 0)
    if any(isinstance(error, TimeoutError) for error in errors):
        return Failure("timeout", f"gave no connection: {reason}")
    return Failure("refused", f"cannot be reached: {reason}")
