"""Reading documents: what is understood, what is corrected, and how bad ones are refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ada_schemas import DocumentError
from ada_schemas.contract.constraints import read_constraints, repair, violations
from ada_schemas.contract.contract import DOCUMENTED, TRANSCRIPTION, read_contract, shipped
from ada_schemas.contract.corrections import apply_corrections, read_corrections
from ada_schemas.contract.documents import load_document
from ada_schemas.contract.event_types import typed
from ada_schemas.contract.json_schema import event_schema
from ada_schemas.contract.openapi_reader import read_events
from ada_schemas.contract.profile import Profile
from ada_schemas.contract.yaml_reader import parse_yaml
from ada_schemas.foreign_json import read_json

if TYPE_CHECKING:
    from pathlib import Path


def document(schema: dict[str, Any], **components: Any) -> dict[str, Any]:
    """A document with one webhook, whose type is v1.thing.happened unless the schema says otherwise."""
    kind = {"type": "string", "enum": ["v1.thing.happened"]}
    payload = {"type": "object", "properties": {"type": kind, "data": schema}}
    body = {"content": {"application/json": {"schema": payload}}}
    return {
        "openapi": "3.1.0",
        "webhooks": {"thing-webhook": {"post": {"requestBody": body}}},
        "components": {"schemas": components},
    }


def emitted(schema: dict[str, Any], **components: Any) -> Any:
    """The open schema of the member ``data`` that a document's schema becomes."""
    published, _ = read_events(document(schema, **components), name="doc")
    (event,), _ = typed(published, Profile(), name="doc")
    return event_schema(event)["properties"]["data"]


def test_nothing_of_our_own_document_is_left_out() -> None:
    """Every webhook is read, every correction fits somewhere, and every reason is given."""
    assert shipped().warnings == ()
    described = parse_yaml((DOCUMENTED / TRANSCRIPTION).read_text(encoding="utf-8"), name="ours")["webhooks"]
    assert [event.operation for event in shipped().events] == list(described)
    for correction in shipped().corrections:
        assert len(correction.reason) > 20, correction.key
        assert correction.source, correction.key


def test_every_constraint_speaks_of_members_that_exist() -> None:
    """A constraint names an event and payload paths of the contract."""
    for constraint in shipped().constraints:
        event = shipped().event(constraint.event)
        example = event.examples[0].value
        for path in constraint.members:
            parent: Any = example
            for name in path.split(".")[:-1]:
                parent = parent[name]
            assert isinstance(parent, dict), (constraint.id, path)


def test_nullable_is_understood_in_every_spelling() -> None:
    """A type list, a union with null and the older `nullable` mean the same."""
    expected = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert emitted({"type": ["string", "null"]}) == expected
    assert emitted({"oneOf": [{"type": "string"}, {"type": "null"}]}) == expected
    assert (
        emitted({"anyOf": [{"type": "null"}, {"$ref": "#/components/schemas/S"}]}, S={"type": "string"})
        == expected
    )
    assert emitted({"type": "string", "nullable": True}) == expected


def test_all_of_is_merged() -> None:
    """Members and required names of every part are there."""
    schema = emitted(
        {
            "allOf": [
                {"$ref": "#/components/schemas/Base"},
                {"properties": {"b": {"type": "integer"}}, "required": ["b"]},
            ]
        },
        Base={"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
    )
    assert schema == {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "integer"}},
        "required": ["a", "b"],
    }


def test_a_description_beside_a_reference_wins() -> None:
    """OpenAPI 3.1 lets a reference have siblings."""
    schema = emitted(
        {"$ref": "#/components/schemas/S", "description": "mine"}, S={"type": "string", "description": "its"}
    )
    assert schema == {"description": "mine", "type": "string"}


def test_a_union_is_discriminated_by_the_member_that_can() -> None:
    """Without a declared discriminator, the member with one value in each branch is found."""
    branch = {
        kind: {
            "type": "object",
            "properties": {"kind": {"const": kind}, "n": {"type": "integer"}},
            "required": ["kind"],
        }
        for kind in ("a", "b")
    }
    schema = emitted({"oneOf": [branch["a"], branch["b"]]})
    assert [b["properties"]["kind"] for b in schema["anyOf"]] == [
        {"const": "a"},
        {"const": "b"},
        {"type": "string", "not": {"enum": ["a", "b"]}},
    ]


def test_an_unknown_format_is_left_out() -> None:
    """`format: id` is no format, and a strict validator refuses it."""
    (event,), _ = read_events(document({"type": "string", "format": "id"}), name="doc")
    data = event.payload.member("data")
    assert data is not None
    assert getattr(data.shape, "format", "?") is None


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        (
            {"$ref": "#/components/schemas/Gone"},
            "thing-webhook#data refers to #/components/schemas/Gone, which does not exist",
        ),
        (
            {"$ref": "other.yaml#/S"},
            "thing-webhook#data refers to other.yaml#/S, which is outside the document",
        ),
        ({"type": "tuple"}, "thing-webhook#data has the type tuple, which JSON Schema has not"),
        ("text", "thing-webhook#data is no schema"),
        (None, "thing-webhook#data is empty"),
        ({"oneOf": []}, "thing-webhook#data cannot be read: `oneOf` is empty, not a list of schemas"),
        ({"type": "string", "minLength": 4, "maxLength": 2}, "thing-webhook#data has limits for which no value is found"),
    ],
)  # fmt: skip
def test_a_schema_that_cannot_be_used_is_named(schema: Any, reason: str) -> None:
    """The place and the reason are said, and an event still has room for the member."""
    (event,), warnings = read_events(document(schema), name="doc")
    assert warnings == [f"doc: {reason}; left out."]
    assert event.payload.others == ("data",)
    assert event_schema(replace(event, type="x"), closed=True)["properties"]["data"] == {}


def test_a_schema_that_refers_to_itself_alone() -> None:
    """A component that is nothing but itself has no value."""
    loop = {"$ref": "#/components/schemas/Loop"}
    (event,), warnings = read_events(document(loop, Loop=loop), name="doc")
    assert (event.payload.others, warnings) == (("data",), [])


def test_a_document_without_webhooks_is_refused() -> None:
    """An OpenAPI document of another kind is told apart from none at all."""
    with pytest.raises(DocumentError) as caught:
        read_events({"openapi": "3.0.3", "paths": {}}, name="doc")
    assert str(caught.value) == (
        "doc has no `webhooks:` section (it is an OpenAPI 3.0.3 document).\n"
        "  Webhooks are part of OpenAPI since 3.1; name the document that describes them."
    )


def test_a_webhook_whose_type_may_be_any_text_is_called_by_its_name() -> None:
    """Where the document does not say the event type, the webhook's own name is it."""
    plain = document({"type": "object", "properties": {}})
    payload = plain["webhooks"]["thing-webhook"]["post"]["requestBody"]["content"]["application/json"][
        "schema"
    ]
    payload["properties"]["type"] = {"type": "string"}
    published, _ = read_events(plain, name="doc")
    (event,), warnings = typed(published, Profile(), name="doc")
    assert (event.type, warnings) == ("thing-webhook", [])
    assert event_schema(event)["properties"]["type"] == {"const": "thing-webhook"}


def test_a_correction_that_fits_nothing_is_said() -> None:
    """A document that moved away from a correction is noticed."""
    corrections = read_corrections(
        {"thing-webhook#data.gone": {"identity": True, "reason": "r", "source": "s"}}, name="c"
    )
    published, _ = read_events(document({"type": "string"}), name="doc")
    _, warnings = apply_corrections(published, corrections, name="doc")
    assert warnings == ["doc: the correction thing-webhook#data.gone fits nothing."]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"identty": True, "reason": "r", "source": "s"}, "c: x#y has no such action: identty."),
        ({"reason": "r", "source": "s"}, "c: x#y has no such action: none."),
        ({"identity": True, "reason": "r"}, "c: x#y needs a reason and a source."),
    ],
)
def test_a_correction_needs_an_action_a_reason_and_a_source(entry: dict[str, Any], message: str) -> None:
    """A mistake in corrections.yaml is named."""
    with pytest.raises(DocumentError) as caught:
        read_corrections({"x#y": entry}, name="c")
    assert str(caught.value) == message


def test_constraints_are_said_and_repaired() -> None:
    """A violation names the constraint; repair changes what is tied, not what is kept."""
    constraints = shipped().constraints
    payload: dict[str, Any] = {
        "type": "v1.conversation.message",
        "data": {"author": {"id": "x", "role": "human_agent"}, "handoff_integration": None},
    }
    assert [v.partition(":")[0] for v in violations(constraints, payload)] == [
        "agents-have-no-author-id",
        "human-agent-speaks-in-a-handoff",
    ]
    repaired = repair(constraints, payload, keep=("data.author.role",), supply=lambda path: "zendesk_chat")
    assert repaired["data"] == {
        "author": {"id": None, "role": "human_agent"},
        "handoff_integration": "zendesk_chat",
    }
    assert violations(constraints, repaired) == []


def test_contradicting_wishes_cannot_be_repaired() -> None:
    """Members that are both kept and exclude each other raise an error."""
    payload = {"type": "v1.conversation.message", "data": {"author": {"id": "x", "role": "ai_agent"}}}
    with pytest.raises(
        ValueError, match=r"^data\.author\.id must be null beside data\.author\.role, data\.author\.id$"
    ):
        repair(
            shipped().constraints,
            payload,
            keep=("data.author.role", "data.author.id"),
            supply=lambda path: None,
        )


def test_an_incomplete_constraint_is_named() -> None:
    """A mistake in constraints.yaml is named."""
    with pytest.raises(DocumentError) as caught:
        read_constraints([{"id": "x", "event": "e", "when": {"a": "null"}, "reason": "r"}], name="c")
    assert str(caught.value) == "c: x lacks then, source."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a: [1, 2",
            "doc is not valid YAML at line 2: did not find expected ',' or ']'.\n  Check that the file is complete and is the document itself, not a page about it.",
        ),
        (
            "a: 1\nb: {c: 1, d: 2,\n  c: 3}",
            "doc is not valid YAML at line 3: the key 'c' is there twice in one mapping.\n  Check that the file is complete and is the document itself, not a page about it.",
        ),
        (
            '{"a": 1,\n "b": {"c": 1,\n "c": 2}}',
            "doc is not valid YAML at line 3: the key 'c' is there twice in one mapping.\n  Check that the file is complete and is the document itself, not a page about it.",
        ),
        ("&a [*a]", "doc is nested more than 100 levels deep, or refers to itself."),
        ("[" * 200 + "]" * 200, "doc is nested more than 100 levels deep, or refers to itself."),
        ("[" * 100_000, "doc is nested too deeply."),
        ("- " * 100_000, "doc is nested too deeply."),
        (
            "a: &a [x, x, x, x, x, x, x, x, x]\n"
            + "".join(
                f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(8)
            ),
            "doc expands to more than 2,000,000 values through its aliases.",
        ),
    ],
    ids=[
        "truncated",
        "key twice",
        "key twice in JSON",
        "recursive",
        "deep",
        "very deep",
        "very deep list",
        "bomb",
    ],
)
def test_hostile_yaml_is_refused(text: str, message: str) -> None:
    """Truncated, recursive, deep and exploding documents end in one clear error."""
    with pytest.raises(DocumentError) as caught:
        parse_yaml(text, name="doc")
    assert str(caught.value) == message


def test_timestamps_stay_strings_and_tags_do_nothing() -> None:
    """A timestamp is text as it was written, merged keys may be set again; a Python tag constructs nothing."""
    assert parse_yaml("a: &a {b: 1, c: 2}\nd: {<<: *a, c: 3}", name="doc")["d"] == {"b": 1, "c": 3}
    assert parse_yaml("at: 2020-09-20T00:00:00+00:00", name="doc") == {"at": "2020-09-20T00:00:00+00:00"}
    with pytest.raises(DocumentError):
        parse_yaml("!!python/object/apply:os.system [echo]", name="doc")


def test_json_is_read_as_json() -> None:
    """A number is what JSON says that it is; what JSON does not have is read as YAML."""
    assert parse_yaml('{"most": 1e5, "at": "2020-09-20", "note": "\\u00e9 a: b"}', name="doc") == {
        "most": 1e5,
        "at": "2020-09-20",
        "note": "\u00e9 a: b",
    }
    assert parse_yaml("{most: 1, b: [NaN]}", name="doc") == {"most": 1, "b": ["NaN"]}
    assert parse_yaml('[{"most": NaN}]', name="doc") == [{"most": "NaN"}]


def test_files_that_are_no_documents_are_named(tmp_path: Path) -> None:
    """Missing, a directory, no UTF-8, HTML, empty, no mapping: each says which and why."""
    said = {}
    contents = {
        "html": b"<!DOCTYPE html><html>",
        "latin": b"a: \xe9",
        "empty": b"",
        "list": b"- 1",
        "gz": b"\x1f\x8b\x08",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    for name in ("gone", ".", *contents):
        with pytest.raises(DocumentError) as caught:
            load_document(str(tmp_path / name))
        said[name] = caught.value.what.replace(str(tmp_path), "T")
    assert said == {
        "gone": "T/gone does not exist.",
        ".": "T is a directory, not a file.",
        "html": "T/html is an HTML page, not an OpenAPI document.",
        "latin": "T/latin is not UTF-8 text: unexpected end of data at byte 3.",
        "gz": "T/gz is compressed.",
        "empty": "T/empty is not an OpenAPI document: its top level is empty.",
        "list": "T/list is not an OpenAPI document: its top level is a list, not a mapping.",
    }
    with pytest.raises(DocumentError) as caught:
        load_document("ftp://user:secret@example.com/openapi.yaml")
    assert str(caught.value) == (
        "ftp://...@example.com/openapi.yaml is neither a file nor an http or https URL.\n"
        "  Fetch the document, and name the file."
    )


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b'{"a": NaN}', "doc is not valid JSON: NaN is not JSON."),
        (b'{"a": }', "doc is not valid JSON: Expecting value at line 1, column 7."),
        (b"\xff", "doc is not UTF-8 text: invalid start byte at byte 0."),
        (b"[" * 100_000, "doc is not valid JSON: nested too deeply."),
    ],
)
def test_json_is_read_as_the_standard_says(raw: bytes, message: str) -> None:
    """What is no JSON is refused with its place."""
    with pytest.raises(DocumentError) as caught:
        read_json(raw, name="doc")
    assert str(caught.value) == message


def test_our_document_can_be_read_from_its_path() -> None:
    """`--from` takes our own transcription as any other document."""
    built = read_contract(str(DOCUMENTED / "ada-webhooks.openapi.yaml"))
    assert built.events == shipped().events


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"post": 5}, "thing-webhook.post is int, not a mapping"),
        ({"post": {"requestBody": 3}}, "thing-webhook.post.requestBody is int, not a mapping"),
        (
            {"post": {"requestBody": {"content": []}}},
            "thing-webhook.post.requestBody.content is list, not a mapping",
        ),
    ],
)
def test_a_webhook_of_another_form_is_named(item: Any, message: str) -> None:
    """What is no operation, body or content is said to be none."""
    with pytest.raises(DocumentError) as caught:
        read_events({"openapi": "3.1.0", "webhooks": {"thing-webhook": item}}, name="doc")
    assert str(caught.value) == (
        "doc has no webhook that can be used.\n"
        f"  doc: webhook thing-webhook cannot be read ({message}); left out."
    )


@pytest.mark.parametrize(
    "text",
    ["a: !!int b", "a: !!bool b", "!!map a", "a: " + "9" * 5_000],
)
def test_yaml_values_that_are_none(text):
    """A value that its tag does not fit, or an integer beyond all bounds, is refused as other bad YAML is."""
    with pytest.raises(DocumentError) as caught:
        parse_yaml(text, name="doc")
    assert caught.value.what == "doc is not valid YAML: a value is none of its kind, or too long."


@pytest.mark.parametrize("text", ["- a\n" * 2_000_000, "[" + "[]," * 1_000_000 + "[]]"])
def test_documents_of_too_many_values(text):
    """A document of so many lines, commas and brackets is refused before it is parsed."""
    with pytest.raises(DocumentError) as caught:
        parse_yaml(text, name="doc")
    assert caught.value.what == "doc has more than 2,000,000 values."
