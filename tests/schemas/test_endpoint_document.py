"""endpoint.openapi.json: an OpenAPI document of one endpoint, from which generators make likely events."""

from __future__ import annotations

import itertools
import json
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from ada_mockserver.events.factory import EventFactory
from ada_schemas import Contract, UsageError, read_contract, validate, variants
from ada_schemas.contract.constraints import violations
from ada_schemas.contract.contract import DOCUMENTED, TRANSCRIPTION, event_names, shipped
from ada_schemas.contract.paths import ABSENT, put, remove
from ada_schemas.contract.yaml_reader import parse_yaml
from ada_schemas.files.endpoint import endpoint_document

DOCUMENTED_RULES = tuple(f"ADA{number}" for number in range(101, 110))
BEYOND = ("number-huge", "one-entry-4-kb")
"""Cases that go to an end which a generator, that may add a member more, keeps clear of."""
ADDED = ("forward:unknown-key", "forward:new-value")
PATH = "/webhooks/ada"


def operation(document: dict[str, Any], path: str = PATH) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"][path]["post"]
    return found


def body(document: dict[str, Any]) -> Any:
    """A validator of what the endpoint receives."""
    content = operation(document)["requestBody"]["content"]["application/json"]
    return jsonschema_rs.Draft202012Validator({**content["schema"], "components": document["components"]})


@pytest.fixture(scope="module")
def closed() -> Any:
    return body(endpoint_document(shipped()))


@pytest.fixture(scope="module")
def opened() -> Any:
    return body(endpoint_document(shipped(), closed=False))


@pytest.mark.parametrize("closed", [True, False])
def test_it_is_openapi(closed):
    """The document is valid OpenAPI 3.1; its only operation may answer 2xx and 4xx."""
    document = endpoint_document(shipped(), path="/hooks/ada", closed=closed)
    assert [str(error.message) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []
    assert list(document["paths"]) == ["/hooks/ada"]
    assert list(operation(document, "/hooks/ada")["responses"]) == ["2XX", "4XX"]


def test_examples(closed):
    """Every event's example stands in it under the event's name, and is a valid body."""
    content = operation(endpoint_document(shipped()))["requestBody"]["content"]["application/json"]
    assert list(content["examples"]) == event_names()
    for example in content["examples"].values():
        closed.validate(example["value"])


@pytest.mark.parametrize("event", event_names())
def test_variants(event, closed, opened):
    """What Ada documents and always sends is valid; what it may add is so in the open form alone."""
    seen = set()
    for variant in variants(event, EventFactory(seed=3).event(event)):
        documented = variant.rule in DOCUMENTED_RULES
        added = variant.id.partition("/")[2].startswith(ADDED)
        seen |= {"documented"} if documented else {"added"} if added else set()
        if not variant.refusable and not variant.id.endswith(BEYOND):
            assert opened.is_valid(variant.payload), variant.id
            assert closed.is_valid(variant.payload) or not documented, variant.id
        assert not (added and closed.is_valid(variant.payload)), variant.id
    assert seen == {"documented", "added"}


@pytest.mark.parametrize(
    ("event", "path", "value"),
    [
        ("conversation.message", "data.content.body", "bell \a"),
        ("conversation.message", "data.content.body", "x" * 100_001),
        ("conversation.message", "data.created_at", "0001-01-01T00:00:00"),
        ("conversation.message", "data.created_at", "2026-02-30T00:00:00"),
        ("conversation.message", "data.conversation_id", ""),
        ("conversation.message", "data.conversation_id", ABSENT),
        ("conversation.message", "data.author", ABSENT),
        ("conversation.message", "data.author.avatar", "javascript:alert(1)"),
        ("conversation.created", "data.metadata", {"n": 2**63}),
        ("conversation.created", "data.metadata", {"nul \0": 1}),
        ("conversation.created", "data.metadata", {str(n): n for n in range(121)}),
        ("conversation.created", "data.ai_agent_domain", "localhost"),
        ("end_user.created", "data.external_id", "x" * 37),
        ("end_user.created", "data.profile.language", "tlh-Piqd-001"),
        ("end_user.updated", "data.profile.email", "ada@[127.0.0.1]"),
        ("end_user.updated", "tags", ["t"] * 121),
        ("audit_log.emitted", "data.interface", "carrier pigeon"),
        ("audit_log.emitted", "data.timestamp", "2026-03-04T10:11:12"),
        ("audit_log.emitted", "type", "v1.audit_log.other"),
    ],
)
def test_unlikely_events(event, path, value, closed):
    """What the contract's words would allow, and no sender sends, is left out."""
    whole = EventFactory(seed=3).event(event)
    closed.validate(whole)
    assert not closed.is_valid(remove(whole, path) if value is ABSENT else put(whole, path, value))


@pytest.mark.parametrize(
    ("event", "tied"),
    [
        (
            "conversation.message",
            {
                "data.author.role": ["end_user", "ai_agent", "human_agent", ABSENT],
                "data.author.id": ["5df263b7db5a7e6ea03fae9b", None, ABSENT],
                "data.handoff_integration": ["zendesk_chat", None, ABSENT],
            },
        ),
        (
            "conversation.ended",
            {
                "data.ended_by.role": ["end_user", "system", "human_agent", ABSENT],
                "data.ended_by.id": ["5df263b7db5a7e6ea03fae9b", None, ABSENT],
            },
        ),
    ],
)
def test_what_is_tied_together(event, tied, closed, opened):
    """Of all that can stand in tied members, what breaks no constraint is valid, and nothing else."""
    whole = EventFactory(seed=3).event(event)
    constraints = shipped().constraints_of(shipped().event(event))
    judged = set()
    for values in itertools.product(*tied.values()):
        payload = whole
        for path, value in zip(tied, values, strict=True):
            payload = remove(payload, path) if value is ABSENT else put(payload, path, value)
        coherent = not violations(constraints, payload)
        assert closed.is_valid(payload) is coherent, values
        assert opened.is_valid(payload) or not coherent, values
        judged.add(coherent)
    assert judged == {True, False}


def test_values_to_come(opened):
    """The open form has room for members, values, kinds of content and event types that Ada may add."""
    message = EventFactory(seed=3).event("conversation.message")
    new_value = put(message, "data.channel.modality", "carrier_pigeon")
    new_kind = put(message, "data.content", {"type": "carousel", "cards": ["one", "two"]})
    new_member = put(message, "data.priority", {"level": "high"})
    new_type = {"type": "v1.conversation.reopened", "timestamp": message["timestamp"], "data": {"by": None}}
    for payload in (new_value, new_kind, new_member, new_type):
        assert validate(payload) == []
        opened.validate(payload)
    assert not opened.is_valid({**new_type, "type": "v1.conversation.ended"})
    assert not opened.is_valid(put(message, "data.priority\n", 1))


def test_chosen_events():
    """Only the events that are given are received."""
    ended = shipped().event("conversation.ended")
    document = endpoint_document(shipped(), events=[ended])
    assert list(document["components"]["schemas"]) == ["ConversationEnded"]
    received = body(document)
    assert received.is_valid(EventFactory(seed=3).event("conversation.ended"))
    assert not received.is_valid(EventFactory(seed=3).event("conversation.created"))


@pytest.mark.parametrize(
    "path", ["webhooks", "", "/webhooks?a=b", "/{tenant}/ada", "/a b", "http://h/webhooks"]
)
def test_no_path(path):
    """What a document cannot have as a path is refused."""
    with pytest.raises(UsageError) as raised:
        endpoint_document(shipped(), path=path)
    assert str(raised.value) == (
        f"{path!r} is not the path of an endpoint.\n  It is like /webhooks/ada: no host, no query."
    )


def test_no_event():
    """An endpoint that receives nothing is refused."""
    with pytest.raises(UsageError) as raised:
        endpoint_document(shipped(), events=[])
    assert str(raised.value) == "The endpoint would receive no event."


def contract_of(change, tmp_path) -> Contract:
    """A contract whose document differs from ours by a change."""
    document = parse_yaml((DOCUMENTED / TRANSCRIPTION).read_text(encoding="utf-8"), name="ours")
    change(document)
    (tmp_path / "other.json").write_text(json.dumps(document), encoding="utf-8")
    return read_contract(str(tmp_path / "other.json"))


def test_bounds_yield_to_the_documentation(tmp_path):
    """An example that is wider than our bounds is valid; the bounds of other places stay."""
    wide = {
        "conversation_id": "urn:conversation:42",
        "channel_id": "канал №1",
        "created_at": "20 September 2020",
        "ai_agent_domain": "bots.example.net",
        "metadata": {"a": "b"},
    }

    def change(document):
        content = document["webhooks"]["conversation-created-webhook"]["post"]["requestBody"]["content"]
        (example,) = content["application/json"]["examples"].values()
        example["value"]["data"] |= wide

    contract = contract_of(change, tmp_path)
    received = body(endpoint_document(contract))
    example = contract.event("conversation.created").examples[0].value
    received.validate(example)
    assert not received.is_valid(put(example, "data.end_user_id", "urn:user:42"))
    assert not received.is_valid(put(example, "data.channel_id", "bell \a"))


def test_an_example_against_the_contract(tmp_path):
    """An example that lacks what the contract requires is left out: the endpoint may refuse it."""

    def change(document):
        data = document["components"]["schemas"]["ConversationCreatedData"]
        data["properties"]["locale"] = {"type": "string"}
        data["required"] = ["locale"]

    content = operation(endpoint_document(contract_of(change, tmp_path)))["requestBody"]["content"]
    assert list(content["application/json"]["examples"]) == event_names()[1:]


def test_formats(tmp_path):
    """A format that generators know stays; one that they do not know is a text of ordinary words."""

    def change(document):
        members = document["components"]["schemas"]["ConversationCreatedData"]["properties"]
        members |= {
            "trace": {"type": "string", "format": "uuid"},
            "phone": {"type": "string", "format": "tel"},
        }

    schemas = endpoint_document(contract_of(change, tmp_path))["components"]["schemas"]
    members = schemas["ConversationCreated"]["properties"]["data"]["properties"]
    assert members["trace"] == {"type": "string", "format": "uuid"}
    assert members["phone"]["maxLength"] == 100
