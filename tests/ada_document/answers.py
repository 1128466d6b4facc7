"""Answers of the mock, held against what a document says of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

from ada_document.amendments import ada_documents, amend
from ada_mockserver.mock.api.document import document

if TYPE_CHECKING:
    import httpx

    from ada_mockserver.mock.api.document import Operation

__all__ = ["Answers", "known_documents"]


@dataclass(frozen=True)
class Answers:
    """The answers that a document says there are; ``name`` is that of the document."""

    name: str
    document: dict[str, Any]

    @classmethod
    def of_the_mock(cls) -> Answers:
        """Those of the mock's own document."""
        return cls("the mock's document", document().served)

    def operation(self, operation: Operation) -> dict[str, Any] | None:
        """What the document says of an operation, None where it is not there."""
        for path, item in self.document["paths"].items():
            if path.rstrip("/").removeprefix("/api/v1").removeprefix("/v1") == operation.path.removeprefix(
                "/v1"
            ):
                found: dict[str, Any] | None = item.get(operation.method.lower())
                return found
        return None

    def problems(self, operation: Operation, response: httpx.Response) -> list[str]:
        """What about an answer is not as the document says; nothing of an operation that it does not know."""
        said = self.operation(operation)
        if said is None:
            return []
        status = str(response.status_code)
        described = said["responses"].get(status)
        if described is None:
            return [f"{status} is not documented"]
        content = self._resolved(described).get("content")
        if status == "204":
            return [f"{status} has a body"] if response.content else []
        if content is None:
            return []
        if "application/json" not in response.headers.get("content-type", ""):
            return [f"{status} is not JSON"]
        schema = {**content["application/json"]["schema"], "components": self.document["components"]}
        found = Draft202012Validator(schema).iter_errors(response.json())
        return [f"{status} {error.json_path}: {error.message}" for error in found]

    def _resolved(self, value: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in value:
            steps, value = value["$ref"].removeprefix("#/").split("/"), self.document
            for step in steps:
                value = value[step]
        return value


def known_documents() -> list[Answers]:
    """Ada's documents that are there, amended."""
    return [Answers(name, amend(each, name)) for name, each in ada_documents().items()]
