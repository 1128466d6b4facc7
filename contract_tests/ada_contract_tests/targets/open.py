"""From what the user names (a URL or ``module:app``) to a target."""

from __future__ import annotations

import os
import random
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ada_contract_tests.targets.load_app import is_application_spec, load_application
from ada_mockserver.delivery.signing import generate_secret, parse_secret
from ada_schemas.contract.contract import ada_profile
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ada_contract_tests.targets.base import Target
    from ada_mockserver.clock import Clock
    from ada_schemas.contract.profile import Profile

__all__ = ["UNSIGNED", "Secret", "open_target", "resolve_secret"]

UNSIGNED = "none"
"""Given as the secret, it means that requests are not signed."""


@dataclass(frozen=True, slots=True)
class Secret:
    """The signing secret of a run: ``value`` is None for a consumer that verifies nothing.

    ``given`` is false where it was made for an application in process.
    """

    value: str | None = field(repr=False)
    given: bool


def resolve_secret(target: str, option: str | None, profile: Profile | None = None) -> Secret:
    """The secret to sign with: the option, else that of the environment, else, in process, a new one.

    ``profile`` names the variable, ADA_WEBHOOK_SECRET if None; a provider that signs in another way has none.
    A secret for an application in process is put into the variable, where the application finds it. Raises
    UsageError for a URL without a secret and for a secret that is none.
    """
    profile = profile or ada_profile()
    variable = profile.secret_variable
    if not profile.families:
        return Secret(None, given=True)
    chosen = option or os.environ.get(variable)
    if chosen == UNSIGNED:
        return Secret(None, given=True)
    in_process = is_application_spec(target)
    if not chosen and not in_process:
        shown = re.sub(r"//[^/@]*@", "//...@", target)  # without a user name and password
        raise UsageError(
            f"No secret to sign the requests to {shown} with.",
            next_step=f"Give it with --secret or in {variable}; --secret none sends them unsigned.",
        )
    value = chosen or generate_secret(random.SystemRandom())
    parse_secret(value)
    if in_process:
        os.environ[variable] = value
    return Secret(value, given=bool(chosen))


def open_target(
    spec: str,
    *,
    path: str | None,
    clock: Clock,
    search_path: Sequence[Path],
    cacert: str | None = None,
    insecure: bool = False,
) -> Target:
    """Make the target that ``spec`` names; it is not started yet.

    Raises TargetError for an application that cannot be loaded or a URL that cannot be used, UsageError
    for a certificate file that cannot be read.
    """
    if is_application_spec(spec):
        application, interface = load_application(spec, search_path=search_path)
        return application_target(application, interface, name=spec, path=path, clock=clock)
    from ada_contract_tests.targets.url import UrlTarget  # noqa: PLC0415 - only URLs need the wire
    from ada_mockserver.delivery.client import Wire, make_ssl_context  # noqa: PLC0415 - likewise

    context = (
        make_ssl_context(cacert=cacert, insecure=insecure) if spec.lower().startswith("https:") else None
    )
    return UrlTarget(spec, path=path, wire=Wire(clock=clock, ssl_context=context))


def application_target(
    application: Callable[..., Any], interface: str, *, name: str, path: str | None, clock: Clock
) -> Target:
    """The target of an application object; ``interface`` is ``asgi`` or ``wsgi``."""
    from ada_contract_tests.targets.asgi import AsgiTarget  # noqa: PLC0415 - only what is used is loaded
    from ada_contract_tests.targets.wsgi import WsgiTarget  # noqa: PLC0415 - likewise

    kind = AsgiTarget if interface == "asgi" else WsgiTarget
    return kind(application, name=name, path=path or "/", clock=clock)
