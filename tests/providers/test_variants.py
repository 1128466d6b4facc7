"""What is sent, held against the providers' own documents by somebody else's validator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

from ada_mockserver import EventFactory
from ada_schemas import variants
from providers.documents import DOCUMENTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from ada_schemas import Contract
    from providers.documents import Document


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_documented_variants_are_valid_by_the_document(
    document: Document,
    contract_of: Callable[[Document], Contract],
) -> None:
    """A consumer that takes what the document says, and not a bit more, takes every documented variant."""
    contract = contract_of(document)
    source = in_json_schema(contract.document)
    factory = EventFactory(seed=20, contract=contract)
    refused, count = [], 0
    for event in contract.events:
        judge = validator(source, event.operation)
        assert [error.message for error in judge.iter_errors(factory.event(event.name))] == [], event.name
        for variant in variants(event.name, factory.event(event.name), contract=contract):
            if variant.rule.startswith("ADA1") and not variant.refusable:
                count += 1
                refused += [f"{variant.id}: {error.message}" for error in judge.iter_errors(variant.payload)]
    assert refused == []
    assert count > 3 * len(contract.events)


def validator(source: dict[str, Any], webhook: str) -> jsonschema_rs.Draft202012Validator:
    """Judges payloads of a webhook by the schema that the document has for them."""
    body = source.get("webhooks", source.get("x-webhooks"))[webhook]["post"]["requestBody"]
    schema = body["content"]["application/json"]["schema"]
    whole = {"allOf": [schema], "components": source["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


def in_json_schema(node: Any) -> Any:
    """A document with the keywords of OpenAPI 3.0 in the words of JSON Schema, without what contradicts itself.

    Members that a schema does not allow are shown by examples beside it, and limits of a text stand beside
    values that are longer: examples and values count. What several alternatives of ``oneOf`` allow is taken, and null
    where the type allows it.
    """
    if isinstance(node, list):
        return [in_json_schema(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    made = {"anyOf" if name == "oneOf" else name: in_json_schema(value) for name, value in node.items()}
    if made.get("nullable") is True and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    if made.get("additionalProperties") is False:
        del made["additionalProperties"]
    if isinstance(made.get("enum"), list):
        made.pop("maxLength", None)
    if "null" in made.get("type", ()):
        for alternatives, null in (("anyOf", {"type": "null"}), ("enum", None)):
            if isinstance(made.get(alternatives), list):
                made[alternatives] = [*made[alternatives], null]
    return made
