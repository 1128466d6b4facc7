"""The form of an endpoint: what a person wrote becomes a webhook's members, and what is wrong with them.

Channel tags and headers are written a line each. A header whose value is confidential is shown as ``***``;
one that comes back like that keeps the value that it has.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ada_mockserver.mock.api.errors import Detail, invalid, refused
from ada_mockserver.mock.outbox.attempt import masked
from ada_mockserver.mock.schemas.checking import problems

if TYPE_CHECKING:
    from starlette.datastructures import FormData

    from ada_mockserver.delivery.http import Headers
    from ada_mockserver.mock.api.errors import ApiError
    from ada_mockserver.mock.store.models import Endpoint

__all__ = ["EndpointForm", "faults_of", "text_of"]


@dataclass(frozen=True, slots=True)
class EndpointForm:
    """The form as it is filled in; ``secret`` is one of the person's own, "" for one that is made."""

    url: str = ""
    description: str = ""
    event_filters: list[str] = field(default_factory=list)
    channels: str = ""
    headers: str = ""
    secret: str = field(default="", repr=False)

    @classmethod
    def of(cls, endpoint: Endpoint) -> EndpointForm:
        """The form with the settings that an endpoint has."""
        return cls(
            endpoint.url,
            endpoint.description,
            list(endpoint.event_types),
            "\n".join(endpoint.channels),
            "\n".join(f"{name}: {value}" for name, value in masked(endpoint.headers)),
        )

    @classmethod
    def sent(cls, form: FormData) -> EndpointForm:
        """The form as a browser sent it."""
        return cls(
            text_of(form, "url").strip(),
            text_of(form, "description"),
            [name for name in form.getlist("event_filters") if isinstance(name, str)],
            text_of(form, "channels"),
            text_of(form, "headers"),
            text_of(form, "secret").strip(),
        )

    def body(self, present: Headers = ()) -> dict[str, Any]:
        """The webhook as the mock's own API takes it, without the secret; ``present`` are its headers so far.

        Raises `ApiError` (400) for what that refuses by its form.
        """
        body = {
            "url": self.url,
            "description": self.description,
            "event_filters": self.event_filters,
            "channels": _lines(self.channels),
            "headers": _headers(_lines(self.headers), present),
        }
        if found := problems(body, "webhook"):
            raise invalid(*(Detail(path, message) for path, message in found))
        return body


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _headers(lines: list[str], present: Headers) -> dict[str, str]:
    kept = dict(present)
    shown = {line[0]: line[1] for line in masked(present)}
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = (part.strip() for part in line.partition(":"))
        if not colon or not name:
            raise refused("$.headers", "must be lines of the form Name: value")
        if name.lower() in {each.lower() for each in headers}:
            raise refused("$.headers", f"names '{name}' twice")
        headers[name] = kept[name] if value == shown.get(name) else value
    return headers


def text_of(form: FormData, name: str) -> str:
    """A field's text, "" where there is none; browsers end its lines with two characters."""
    value = form.get(name)
    return value.replace("\r\n", "\n") if isinstance(value, str) else ""


def faults_of(error: ApiError) -> dict[str, str]:
    """The first fault of each field that a refusal names; raises the error where it is of none."""
    faults: dict[str, str] = {}
    for detail in error.details:
        if not isinstance(detail, Detail) or not (match := re.match(r"\$\.(\w+)", detail.parameter)):
            raise error
        faults.setdefault(match[1], detail.message)
    if not faults:
        raise error
    return faults
