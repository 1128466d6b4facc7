"""The OpenAPI document of Ada's REST API that the mock serves, and its operations.

``openapi.yaml`` is our transcription: routes, parameters, bodies, limits and rates are read from it. Beside
OpenAPI's own keywords it has these:

``x-thing``
    the kind of thing that a parameter of the path names;
``x-lenient``
    on a parameter or a body: what does not fit counts as not given, where Ada documents no 400;
``x-clamp``
    in the schema of a number: a larger one is lowered to it;
``x-message``
    in a schema: what the value must be, in place of what its keywords say;
``x-body-limit``
    the most bytes of a body, 10 MB where it is not there (/reference/introduction/limits);
``x-rates``, ``x-rate``
    the rate limits by name, ``each`` where they count for each operation, and the names of those that hold
    for an operation;
``x-scope``
    what an integration's access token must have been granted to call the operation.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

from ada_mockserver.fitting import validator
from ada_schemas.contract.yaml_reader import parse_yaml

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

__all__ = ["BODY_LIMIT", "Body", "Document", "Operation", "Parameter", "RateLimit", "document"]

BODY_LIMIT = 10 * 1024 * 1024
"""Bytes of a request's body (/reference/introduction/limits)."""

_METHODS = ("get", "post", "put", "patch", "delete")
_EVERY = {
    "401": "Unauthorized",
    "403": "Forbidden",
    "406": "NotAcceptable",
    "429": "TooManyRequests",
    "500": "ServerError",
}
_WITH_BODY = {"400": "BadRequest", "413": "ContentTooLarge", "415": "UnsupportedMediaType"}


class RateLimit(NamedTuple):
    """So many calls in a window of so many seconds."""

    seconds: int
    calls: int


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the query."""

    name: str
    schema: dict[str, Any]
    required: bool
    lenient: bool
    validator: Draft202012Validator

    @property
    def is_list(self) -> bool:
        """True where the parameter may be given several times."""
        return self.schema.get("type") == "array"


@dataclass(frozen=True, slots=True)
class Body:
    """The body that an operation takes: of one media type, of at most ``limit`` bytes."""

    media_type: str
    schema: dict[str, Any]
    lenient: bool
    limit: int
    validator: Draft202012Validator


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the document.

    ``path`` has no slash at its end; ``things`` are the kinds of things that it names, by parameter;
    ``status`` is that of success, the first that is documented; ``rates`` are the limits that hold, each
    with the name under which calls are counted.
    """

    id: str
    method: str
    path: str
    query: tuple[Parameter, ...]
    things: dict[str, str]
    body: Body | None
    status: int
    rates: tuple[tuple[str, tuple[RateLimit, ...]], ...]
    scope: str | None
    spec: dict[str, Any] = field(repr=False)

    def is_lenient(self, parameter: str) -> bool:
        """True where a parameter of the query that does not fit counts as not given."""
        return any(each.lenient for each in self.query if each.name == parameter)


class Document:
    """An OpenAPI document with its operations."""

    def __init__(self, source: dict[str, Any]) -> None:
        self.source = source

    @cached_property
    def operations(self) -> dict[str, Operation]:
        """The operations by their ids."""
        found = [
            self._operation(path, method, item)
            for path, item in self.source["paths"].items()
            for method in _METHODS
            if method in item
        ]
        return {operation.id: operation for operation in found}

    @cached_property
    def served(self) -> dict[str, Any]:
        """The document with the answers that operations have in common, as clients are given it."""
        served = copy.deepcopy(self.source)
        for path, item in served["paths"].items():
            for method in _METHODS:
                if method in item:
                    item[method]["responses"] = self._responses(path, item, item[method])
        return served

    def resolve(self, value: dict[str, Any]) -> dict[str, Any]:
        """What a reference within the document leads to; the value itself where it is none."""
        while "$ref" in value:
            name: str = value["$ref"]
            value = self.source
            for step in name.removeprefix("#/").split("/"):
                value = value[step]
        return value

    def _operation(self, path: str, method: str, item: dict[str, Any]) -> Operation:
        spec = item[method]
        given = [self.resolve(each) for each in (*item.get("parameters", ()), *spec.get("parameters", ()))]
        return Operation(
            id=spec["operationId"],
            method=method.upper(),
            path=path.rstrip("/"),
            query=tuple(self._parameter(each) for each in given if each["in"] == "query"),
            things={each["name"]: each["x-thing"] for each in given if each["in"] == "path"},
            body=self._body(spec),
            status=min(int(status) for status in spec["responses"] if status.startswith("2")),
            rates=tuple(self._rate(name, spec) for name in spec.get("x-rate", ("default",))),
            scope=spec.get("x-scope"),
            spec=spec,
        )

    def _rate(self, name: str, spec: dict[str, Any]) -> tuple[str, tuple[RateLimit, ...]]:
        given = self.source["x-rates"][name]
        limits = tuple(RateLimit(limit["seconds"], limit["calls"]) for limit in given["limits"])
        return (f"{name} {spec['operationId']}" if given.get("each") else name), limits

    def _parameter(self, given: dict[str, Any]) -> Parameter:
        schema = self.resolve(given["schema"])
        return Parameter(
            given["name"],
            schema,
            given.get("required", False),
            given.get("x-lenient", False),
            self._validator(schema),
        )

    def _body(self, spec: dict[str, Any]) -> Body | None:
        if "requestBody" not in spec:
            return None
        given = self.resolve(spec["requestBody"])
        ((media_type, content),) = given["content"].items()
        return Body(
            media_type,
            self.resolve(content["schema"]),
            given.get("x-lenient", False),
            given.get("x-body-limit", BODY_LIMIT),
            self._validator(content["schema"]),
        )

    def _validator(self, schema: dict[str, Any]) -> Draft202012Validator:
        return validator({**schema, "components": self.source["components"]})

    def _responses(self, path: str, item: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
        names = dict(_EVERY)
        given = [self.resolve(each) for each in (*item.get("parameters", ()), *spec.get("parameters", ()))]
        if any(each["in"] == "query" and not each.get("x-lenient") for each in given):
            names["400"] = "BadRequest"
        if "requestBody" in spec:
            names |= _WITH_BODY
        if "{" in path:
            names["404"] = "NotFound"
        added = {status: {"$ref": f"#/components/responses/{name}"} for status, name in names.items()}
        return dict(sorted({**added, **spec["responses"]}.items()))


@lru_cache(maxsize=1)
def document() -> Document:
    """The document of what the mock serves."""
    text = (resources.files("ada_mockserver.mock.api") / "openapi.yaml").read_text(encoding="utf-8")
    return Document(parse_yaml(text, name="openapi.yaml"))
