"""The plan of a load run: its options, judged, and the events of each of its conversations."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ada_mockserver.delivery.request_bytes import parse_url
from ada_mockserver.delivery.signing import parse_secret
from ada_mockserver.delivery.tls import make_ssl_context
from ada_mockserver.events.scenarios import Teller
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    import ssl
    from argparse import Namespace
    from collections.abc import Iterator

__all__ = ["Event", "Plan"]

UNSIGNED = "none"
"""The secret of an endpoint that verifies nothing."""


class Event(NamedTuple):
    """One event of a conversation: the seconds to wait before it, its type, and its bytes."""

    delay: float
    type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Plan:
    """A load run: the conversations that it tells, and how they are sent."""

    tellers: tuple[Teller, ...]
    speed: float
    path: str
    secrets: tuple[str, ...] = field(repr=False)
    ssl_context: ssl.SSLContext | None = field(default=None, repr=False)

    @classmethod
    def of_options(cls, options: Namespace) -> Plan:
        """The plan that the command line describes; raises `UsageError` for one that cannot be."""
        names = [name.strip() for name in options.ada_scenario.split(",")]
        locale = options.ada_locale or None
        tellers = tuple(Teller(name, seed=options.ada_seed, locale=locale) for name in names)
        speed = float(options.ada_speed)
        if not 0 <= speed < math.inf:
            raise UsageError(f"--ada-speed {speed:g} is no speed: it is 0 (no waiting) or more.")
        if options.ada_conversations < 0:
            raise UsageError(
                f"--ada-conversations {options.ada_conversations} is no number of conversations."
            )
        if not options.ada_path.startswith("/"):
            raise UsageError(f"--ada-path '{options.ada_path}' does not begin with '/'.")
        if not options.ada_secret:
            raise UsageError(
                "No secret to sign the requests with.",
                next_step="Give it in ADA_WEBHOOK_SECRET or with --ada-secret;"
                " --ada-secret none sends them unsigned.",
            )
        secrets = () if options.ada_secret == UNSIGNED else (options.ada_secret,)
        for secret in secrets:
            parse_secret(secret)
        context = None
        if options.ada_cacert or options.ada_insecure:
            context = make_ssl_context(cacert=options.ada_cacert or None, insecure=options.ada_insecure)
        return cls(tellers, speed, options.ada_path, secrets, context)

    def url(self, host: str | None) -> str:
        """The endpoint's URL, of Locust's ``--host`` and the path; raises `UsageError` for no web address."""
        if not host:
            raise UsageError("There is no address to send to.", next_step="Give it with --host.")
        url = host.rstrip("/") + self.path
        parse_url(url)
        return url

    def events(self, index: int) -> Iterator[Event]:
        """The events of a conversation, in order; of several scenarios each has its turn."""
        teller = self.tellers[index % len(self.tellers)]
        if self.speed:
            for step in teller.tell(index).steps:
                yield Event(step.delay / self.speed, _type_of(step.body), step.body)
        else:
            for body in teller.bodies(index):
                yield Event(0.0, _type_of(body), body)


def _type_of(body: bytes) -> str:
    """The type of one of our events, which is its first member."""
    return body.split(b'"', 4)[3].decode()
