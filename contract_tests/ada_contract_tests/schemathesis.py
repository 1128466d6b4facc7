"""Hooks that make Schemathesis a sender of webhooks: it signs every request, over the bytes that go out.

``SCHEMATHESIS_HOOKS=ada_contract_tests.schemathesis schemathesis run ...``, or an import of this module in
hooks or in a ``conftest.py`` of your own. The secret is that of ADA_WEBHOOK_SECRET when it is imported.

A request is signed where it is sent: what Schemathesis generates, mutates or repeats has an id and a time of
its own. What its checks send without credentials stays without.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import version
from inspect import iscoroutinefunction
from io import BytesIO
from random import Random, SystemRandom
from typing import TYPE_CHECKING, Any, NoReturn

from ada_mockserver.delivery.signing import new_message_id, parse_secret, signature_headers
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ada_mockserver.delivery.http import Headers

__all__ = ["Signature", "before_call"]

OLDEST = (4, 25)
NEEDED = "schemathesis>=4.25,<5"


@dataclass(frozen=True, slots=True)
class Signature:
    """Signs requests: one that ``requests`` has prepared, or one at the door of a WSGI application."""

    secret: str = field(repr=False)
    now: Callable[[], float] = time.time
    rng: Random = field(default_factory=SystemRandom, repr=False)

    def headers(self, body: bytes) -> Headers:
        """The headers of a message of its own with that body, sent now."""
        return signature_headers(
            [self.secret], message_id=new_message_id(self.rng), timestamp=int(self.now()), body=body
        )

    def __call__(self, request: Any) -> Any:
        """The prepared request, signed: an authentication, which ``requests`` asks last of all."""
        if isinstance(request.body, str):
            request.body = request.body.encode()
        request.headers.update(self.headers(request.body or b""))
        return request

    def at_door(self, application: Any) -> Callable[[dict[str, Any], Any], Iterable[bytes]]:
        """The WSGI application behind a door at which the body is read and signed."""

        def signed(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            headers = {f"HTTP_{n.upper().replace('-', '_')}": value for n, value in self.headers(body)}
            answer: Iterable[bytes] = application(
                {**environ, **headers, "wsgi.input": BytesIO(body)}, start_response
            )
            return answer

        return signed


def before_call(_context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Schemathesis's hook: the request of ``case`` is to be signed where it is sent."""
    application = kwargs.get("app") or case.operation.app
    if application is None or iscoroutinefunction(application) or iscoroutinefunction(application.__call__):
        kwargs["auth"] = _signature
    else:
        kwargs["app"] = _signature.at_door(application)


def _secret() -> str:
    """The endpoint's secret; ends the program where there is none that can sign."""
    secret = os.environ.get("ADA_WEBHOOK_SECRET", "")
    try:
        parse_secret(secret)
    except UsageError as error:
        said = error.what if secret else "There is no secret to sign with."
        _end(f"{said} Give the endpoint's in ADA_WEBHOOK_SECRET.")
    return secret


def _check_version() -> None:
    installed = version("schemathesis")
    if tuple(int(part) for part in installed.split(".")[:2]) < OLDEST:
        _end(f"Schemathesis {installed} is too old for the hooks. Upgrade it: pip install '{NEEDED}'")


def _end(said: str) -> NoReturn:
    """End the program with a line; of an exception Schemathesis would print the traceback."""
    sys.stderr.write(f"{said}\n")
    raise SystemExit(2)


_check_version()
_signature = Signature(_secret())
import_module("schemathesis").hook(before_call)
