"""Documents that providers publish: each construct that is found in them, in a small one.

A consumer that keeps to such a document, however strictly, takes all that is sent of it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

from ada_mockserver.events.factory import EventFactory
from ada_schemas import DocumentError
from ada_schemas.contract.contract import read_contract
from ada_schemas.contract.fitting import has_pattern
from ada_schemas.contract.generated import text_of_pattern
from ada_schemas.contract.json_schema import event_schema
from ada_schemas.contract.openapi_reader import read_events
from ada_schemas.contract.samples import sample
from ada_schemas.contract.shapes import Array, Object, Scalar, Union, walk
from ada_schemas.files.endpoint import endpoint_document
from ada_schemas.files.types import declarations, models
from ada_schemas.validation import validate
from ada_schemas.variation.enumeration import variations

if TYPE_CHECKING:
    from pathlib import Path

    from ada_schemas.contract.contract import Contract
    from ada_schemas.contract.shapes import Shape

Schema = dict[str, Any]


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def thing(*, required: tuple[str, ...] = (), **properties: Any) -> Schema:
    return {"type": "object", "properties": properties, **({"required": [*required]} if required else {})}


def document(data: Any, *, section: str = "webhooks", **components: Any) -> dict[str, Any]:
    payload = thing(required=("type", "data"), type={"const": "thing.made"}, data=data)
    body = {"content": {"application/json": {"schema": payload}}}
    made = {section: {"thing": {"post": {"requestBody": body}}}, "components": {"schemas": components}}
    return {"openapi": "3.1.0", "info": {"title": "Example", "version": "1"}, **made}


def contract_of(folder: Path, data: Any, **components: Any) -> Contract:
    (folder / "doc.json").write_text(json.dumps(document(data, **components)), encoding="utf-8")
    return read_contract(str(folder / "doc.json"))


def data_of(contract: Contract) -> Shape:
    member = contract.events[0].payload.member("data")
    assert member is not None
    return member.shape


TEXT, WHOLE = {"type": "string"}, {"type": "integer"}
CAT, DOG = thing(required=("purrs",), purrs=WHOLE), thing(required=("barks",), barks=TEXT)
TREE = thing(
    required=("name", "children"),
    name=TEXT,
    children={"type": "array", "items": ref("Tree")},
    parent=ref("Tree"),
)
PET = thing(required=("kind",), kind=TEXT) | {
    "discriminator": {"propertyName": "kind", "mapping": {"cat": "#/components/schemas/Cat", "dog": "Dog"}}
}
CONSTRUCTS: dict[str, tuple[Schema, dict[str, Schema]]] = {
    "objects that nothing tells apart": ({"oneOf": [ref("Cat"), ref("Dog")]}, {"Cat": CAT, "Dog": DOG}),
    "kinds mixed": ({"anyOf": [ref("Cat"), TEXT, {"type": "array", "items": WHOLE}, {"type": "null"}]}, {"Cat": CAT}),
    "types mixed": (thing(a={"type": ["object", "array", "string", "null"], "properties": {"b": TEXT}}), {}),
    "texts of two formats": (thing(a={"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "uuid"}]}), {}),
    "a union within a union": ({"oneOf": [{"anyOf": [ref("Cat"), TEXT]}, WHOLE]}, {"Cat": CAT}),
    "a list of a union": (thing(a={"type": "array", "items": {"oneOf": [ref("Cat"), ref("Dog")]}, "minItems": 2}), {"Cat": CAT, "Dog": DOG}),
    "several values of a discriminator": (
        {
            "oneOf": [
                thing(required=("t",), t={"enum": ["a", "b"]}, x=TEXT),
                thing(required=("t",), t={"const": "c"}, y=WHOLE),
            ],
            "discriminator": {"propertyName": "t"},
        },
        {},
    ),
    "a discriminator that maps": (ref("Pet"), {"Pet": PET, "Cat": {"allOf": [ref("Pet"), CAT]}, "Dog": {"allOf": [ref("Pet"), DOG]}}),
    "a base that lists what is made of it": (
        ref("Pet"),
        {
            "Pet": {**PET, "oneOf": [ref("Cat"), ref("Dog")]},
            "Cat": {"allOf": [ref("Pet"), CAT]},
            "Dog": {"allOf": [ref("Pet"), DOG]},
        },
    ),
    "members beside a union": ({**thing(required=("id",), id=TEXT), "oneOf": [CAT, DOG]}, {}),
    "one of several sets of members": ({**thing(a=TEXT, b=TEXT, c=TEXT), "anyOf": [{"required": ["a"]}, {"required": ["b", "c"]}]}, {}),
    "exactly one of several sets of members": (
        {**thing(required=("id",), id=TEXT, a=TEXT, b=TEXT, c=TEXT), "oneOf": [{"required": ["a"]}, {"required": ["b", "c"]}]},
        {},
    ),
    "one member of several": ({**thing(a=TEXT, b=WHOLE, c=TEXT), "minProperties": 1, "maxProperties": 1}, {}),
    "members that need others": ({**thing(a=TEXT, b=TEXT, c=TEXT), "dependentRequired": {"a": ["b"]}}, {}),
    "both kinds of unions": ({"oneOf": [CAT, DOG], "anyOf": [thing(x=TEXT), thing(required=("y",), y=TEXT)]}, {}),
    "a union within allOf": ({"allOf": [thing(id=TEXT), {"oneOf": [CAT, DOG]}]}, {}),
    "a component that contains itself": (ref("Tree"), {"Tree": TREE}),
    "components that contain each other": (
        ref("A"),
        {"A": thing(b=ref("B"), n=WHOLE), "B": thing(required=("as",), **{"as": {"type": "object", "additionalProperties": ref("A")}})},
    ),
    "null where it contains itself": (ref("A"), {"A": thing(required=("next",), next={"oneOf": [ref("A"), {"type": "null"}]})}),
    "a demand beside a reference": (thing(a={**ref("Text"), "maxLength": 3, "description": "Short."}), {"Text": {"type": "string", "minLength": 2}}),
    "null in every spelling": (
        thing(
            required=("a", "b", "c", "d", "e"),
            a={"type": ["string", "null"]},
            b={"oneOf": [ref("Cat"), {"type": "null"}]},
            c={"enum": ["x", None]},
            d={"type": "null"},
            e={"const": None},
        ),
        {"Cat": CAT},
    ),
    "null that is none of the listed values": (
        thing(a={"type": ["string", "null"], "enum": ["x", "y"]}, b={"type": ["string", "null"], "const": "z"}),
        {},
    ),
    "a demanded member that is not described": (thing(a=thing(required=("b", "c"), b=TEXT, d=TEXT, e=WHOLE)), {}),
    "limits of texts": (
        thing(
            a={"type": "string", "minLength": 30, "maxLength": 40},
            b={"type": "string", "pattern": "^(cus|acct)_[A-Za-z0-9]{14,}$"},
            c={"type": "string", "pattern": r"^\d{3}-[^a-z]{2}\.x+$", "maxLength": 12},
            d={"type": "string", "pattern": "^[A-Z]{2}$"},
            e={"type": "string", "pattern": "^#?([0-9a-fA-F]{3}){1,2}$", "minLength": 6},
        ),
        {},
    ),
    "limits of numbers": (
        thing(
            a={"type": "integer", "minimum": 100, "maximum": 103},
            b={"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
            c={"type": "integer", "multipleOf": 25, "minimum": 10},
            d={"type": "integer", "maximum": -5},
            e={"type": "number", "multipleOf": 0.01, "maximum": 1},
        ),
        {},
    ),
    "limits of lists and maps": (
        thing(
            a={"type": "array", "items": TEXT, "minItems": 2, "maxItems": 3},
            b={"type": "array", "items": {"enum": ["x", "y"]}, "uniqueItems": True, "minItems": 2},
            c={"type": "array", "prefixItems": [TEXT, WHOLE], "items": False},
            d={"type": "object", "additionalProperties": WHOLE, "minProperties": 1, "maxProperties": 2},
            e={"type": "object", "propertyNames": {"pattern": "^[a-z]{2}$"}, "additionalProperties": TEXT},
            f={"type": "object", "patternProperties": {"^x-": {"type": "boolean"}}, "additionalProperties": False},
            g={**thing(a=TEXT), "additionalProperties": {"type": "integer", "minimum": 3}},
        ),
        {},
    ),
    "every format": (
        thing(**{f"a{n}": {"type": "string", "format": each} for n, each in enumerate(
            ("date-time", "date", "time", "email", "uri", "uuid", "hostname", "ipv4", "ipv6", "duration", "uri-reference")
        )}),
        {},
    ),
    "values of other types": (thing(a={"enum": [1, 2]}, b={"const": True}, c={"type": "number", "enum": [0.5, 1]}), {}),
    "demanded and not described": ({**thing(a=TEXT), "required": ["b"]}, {}),
}  # fmt: skip


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_all_that_is_sent_is_what_the_document_allows(name: str, tmp_path: Path) -> None:
    """An ordinary event and every documented variant obey the document, every variant the open schema."""
    schema, components = CONSTRUCTS[name]
    contract = contract_of(tmp_path, schema, **components)
    (event,) = contract.events
    assert contract.warnings == ()
    published = document(schema, **components)
    payload = published["webhooks"]["thing"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    own = {**payload, "components": _as_json_schema(published["components"])}
    strict = jsonschema_rs.Draft202012Validator(own, validate_formats=True)
    closed = jsonschema_rs.Draft202012Validator(event_schema(event, closed=True), validate_formats=True)
    opened = jsonschema_rs.Draft202012Validator(event_schema(event))
    base = EventFactory(seed=3, contract=contract).event(event.name)
    found = {"ordinary": base, "sample": sample(event.payload)}
    found |= {v.id: v.apply(base) for v in variations(contract, event.name) if not v.refusable}
    wrong = [case for case, sent in found.items() if not opened.is_valid(sent)]
    documented = {case: sent for case, sent in found.items() if "/forward:" not in case}
    wrong += [case for case, sent in documented.items() if not strict.is_valid(sent)]
    wrong += [case for case, sent in documented.items() if not closed.is_valid(sent)]
    assert wrong == []


def _as_json_schema(node: Any) -> Any:
    """Without discriminators, which JSON Schema has not."""
    if isinstance(node, dict):
        return {k: _as_json_schema(v) for k, v in node.items() if k != "discriminator"}
    return node


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_types_of_every_construct(name: str, tmp_path: Path) -> None:
    """Both languages have a type for whatever a document holds."""
    schema, components = CONSTRUCTS[name]
    events = contract_of(tmp_path, schema, **components).events
    compile(models(events), "models.py", "exec")
    assert "export interface ThingMade {" in declarations(events)


@pytest.mark.parametrize("name", CONSTRUCTS)
@pytest.mark.parametrize("closed", [True, False])
def test_what_generators_are_given(name: str, closed: bool, tmp_path: Path) -> None:
    """Each construct has a schema within the limits of the document."""
    schema, components = CONSTRUCTS[name]
    contract = contract_of(tmp_path, schema, **components)
    made = endpoint_document(contract, closed=closed)["components"]["schemas"]["ThingMade"]
    assert jsonschema_rs.meta.is_valid(made)
    if name == "limits of numbers":
        data = made["properties"]["data"]["properties"]
        assert (data["a"]["minimum"], data["a"]["maximum"]) == (100, 103)
        assert data["b"]["exclusiveMinimum"] == 0
    if name == "limits of texts":
        assert made["properties"]["data"]["properties"]["d"]["pattern"] == "^[A-Z]{2}$"
    if name == "limits of lists and maps":
        data = made["properties"]["data"]["properties"]
        assert data["a"]["maxItems"] == 3
        assert data["e"]["propertyNames"] == {"pattern": "^[a-z]{2}$"}


def test_branches_have_labels(tmp_path: Path) -> None:
    """They are called by their titles or components, else by their kinds or numbers, each differently."""
    cat = {**CAT, "title": "A cat, black"}
    union = {
        "oneOf": [
            cat,
            ref("Dog"),
            thing(a=TEXT),
            thing(b=TEXT, c=ref("Dog")),
            TEXT,
            {**thing(d=TEXT), "title": "Dog"},
        ]
    }
    found = data_of(contract_of(tmp_path, union, Dog=DOG))
    assert isinstance(found, Union)
    assert (found.discriminator, [branch.tag for branch in found.branches]) == (
        "",
        ["A-cat-black", "Dog", "3", "4", "string", "Dog-2"],
    )


def test_a_value_of_one_of_several_texts_is_known(tmp_path: Path) -> None:
    """An enum beside any other text is a list of known values, which stays open."""
    union = {"anyOf": [{"enum": ["a", "b"]}, TEXT]}
    assert data_of(contract_of(tmp_path, union)) == Scalar(types=("string",), known_values=("a", "b"))


@pytest.mark.parametrize(
    ("discriminator", "tags"),
    [
        ({"propertyName": "kind", "mapping": {"c1": "#/components/schemas/Cat", "c2": "Cat", "d": "Dog"}}, ["c1", "c2", "d"]),
        ({"propertyName": "kind"}, ["Cat", "Dog"]),
    ],
)  # fmt: skip
def test_what_a_discriminator_says(discriminator: Schema, tags: list[str], tmp_path: Path) -> None:
    """Its values are the keys of its mapping, else the names of the components; it is always sent."""
    kind = thing(kind=TEXT)
    union = {"oneOf": [ref("Cat"), ref("Dog")], "discriminator": discriminator}
    contract = contract_of(tmp_path, union, Cat={"allOf": [kind, CAT]}, Dog={"allOf": [kind, DOG]})
    found = data_of(contract)
    assert isinstance(found, Union)
    assert [branch.tag for branch in found.branches] == tags
    assert sample(found)["kind"] == tags[0]
    refused = jsonschema_rs.Draft202012Validator(event_schema(contract.events[0]))
    assert not refused.is_valid({"type": "thing.made", "data": {"purrs": 1}})


def test_a_component_that_contains_itself_without_an_end(tmp_path: Path) -> None:
    """No payload of it is finite: it is left out where it may be, else the webhook is."""
    endless = thing(required=("a",), a=ref("Endless"))
    (event,) = contract_of(tmp_path, thing(b=ref("Endless"), c=TEXT), Endless=endless).events
    assert sample(event.payload)["data"] == {"c": "example"}
    with pytest.raises(DocumentError) as caught:
        contract_of(tmp_path, ref("Endless"), Endless=endless)
    name = tmp_path / "doc.json"
    assert str(caught.value) == (
        f"{name} has no webhook that can be used.\n"
        f"  {name}: the payload of webhook thing contains itself without an end; left out."
    )


def test_one_huge_webhook_loses_no_other(tmp_path: Path) -> None:
    """Components that all refer to each other are read as deep as there is room."""
    names = [f"C{n}" for n in range(12)]
    components = {name: thing(**{other.lower(): ref(other) for other in names}) for name in names}
    made = document(ref("C0"), **components)
    made["webhooks"]["small"] = document(TEXT)["webhooks"]["thing"]
    events, warnings = read_events(made, name="doc")
    assert [event.operation for event in events] == ["thing", "small"]
    assert sum(1 for _ in walk(events[0].payload)) > 500
    assert warnings == [
        "doc: webhook thing describes more than 20,000 members: optional ones more than 4 levels deep; left out."
    ]


def test_a_component_has_one_shape(tmp_path: Path) -> None:
    """However often it is referred to, it is held once: large documents refer to the same ones everywhere."""
    made = thing(a=ref("Cat"), b={"type": "array", "items": ref("Cat")})
    found = data_of(contract_of(tmp_path, made, Cat=CAT))
    assert isinstance(found, Object)
    one, other = (member.shape for member in found.members)
    assert isinstance(other, Array)
    assert (one, one is other.items) == (other.items, True)


def test_webhooks_of_the_older_spelling(tmp_path: Path) -> None:
    """OpenAPI 3.0 has them as an extension; extensions among them are none of them."""
    made = document(TEXT, section="x-webhooks")
    made["x-webhooks"]["x-tag"] = True
    (tmp_path / "doc.json").write_text(json.dumps(made), encoding="utf-8")
    contract = read_contract(str(tmp_path / "doc.json"))
    assert ([event.operation for event in contract.events], contract.warnings) == (["thing"], ())
    assert contract.document["x-webhooks"] == made["x-webhooks"]


def test_a_body_that_is_one_of_several_objects(tmp_path: Path) -> None:
    """It is an event for each of them."""
    made = document(TEXT)
    content = made["webhooks"]["thing"]["post"]["requestBody"]["content"]
    content["application/json"]["schema"] = {
        "oneOf": [
            thing(type={"const": "made"}, a=TEXT),
            thing(type={"const": "gone"}, b=TEXT),
            {"type": "array"},
        ]
    }
    events, warnings = read_events(made, name="doc")
    assert [(event.operation, event.payload.members[1].name) for event in events] == [
        ("thing:1", "a"),
        ("thing:2", "b"),
    ]
    assert warnings == []


@pytest.mark.parametrize("schema", [{"type": "array"}, TEXT, {}, {"type": "null"}])
def test_a_body_that_is_no_object(schema: Schema) -> None:
    """It is left out and named, whatever it is."""
    made = document(TEXT)
    made["webhooks"]["list"] = {
        "post": {"requestBody": {"content": {"application/json": {"schema": schema}}}}
    }
    _, warnings = read_events(made, name="doc")
    assert warnings == ["doc: the payload of webhook list is not an object; left out."]


def test_examples_that_their_schema_does_not_allow(tmp_path: Path) -> None:
    """They are left out, since nobody could say what of them is right; the others are sent."""
    made = document(thing(required=("n",), n=WHOLE))
    good, bad = ({"type": "thing.made", "data": {"n": n}} for n in (1, "one"))
    media = made["webhooks"]["thing"]["post"]["requestBody"]["content"]["application/json"]
    media["examples"] = {"good": {"value": good}, "bad": {"value": bad}}
    (tmp_path / "doc.json").write_text(json.dumps(made), encoding="utf-8")
    contract = read_contract(str(tmp_path / "doc.json"))
    assert [example.value for example in contract.events[0].examples] == [good]
    name = tmp_path / "doc.json"
    assert contract.warnings == (
        f"{name}: webhook thing has an example that its schema does not allow; left out.",
    )


@pytest.mark.parametrize(
    ("pattern", "extra", "text"),
    [
        ("^ab$", 0, "ab"),
        (r"^[A-Z]{3}-\d+$", 0, "ABC-4"),
        (r"^[A-Z]{3}-\d+$", 2, "ABC-456"),
        ("^(?:x|y)?z*$", 1, "xz"),
        (r"^\u0041\x42\.$", 0, "AB."),
        ("[^a-z]", 0, "0"),
        ("(?=x)", 0, None),
        ("a**", 0, None),
        ("(a", 0, None),
        ("[a", 0, None),
        ("a{20000}", 0, None),
    ],
)
def test_texts_of_a_pattern(pattern: str, extra: int, text: str | None) -> None:
    """Letters, classes, groups and counts are known; of anything else no text is made."""
    assert text_of_pattern(pattern, extra) == text


def test_patterns_of_others() -> None:
    """They mean what they mean in JSON Schema, take no long time, and what is none demands nothing."""
    found = [
        has_pattern(pattern, text)
        for pattern, text in (("^(a+)+$", "a" * 40 + "b"), (r"^\p{L}$", "é"), (r"^\d$", "٣"), ("(", "x"))
    ]
    assert found == [False, True, False, True]


def test_a_pattern_is_demanded_of_what_is_sent(tmp_path: Path) -> None:
    """The closed form holds it, and says it when a payload breaks it."""
    contract = contract_of(tmp_path, {"type": "string", "pattern": r"^\p{Lu}+$"})
    (wrong,) = validate({"type": "thing.made", "data": "a"}, closed=True, contract=contract)
    assert str(wrong) == r'data: expected a text with the pattern ^\p{Lu}+$, got "a"'


def test_a_map_of_which_nothing_is_said_has_usual_keys(tmp_path: Path) -> None:
    """None is empty, broken over lines, long or a name of JavaScript's own, and no map has many of them.

    Most providers limit both, and say so where no reader finds it.
    """
    contract = contract_of(
        tmp_path, thing(notes={"type": "object", "additionalProperties": TEXT}, free={"type": "object"})
    )
    base = EventFactory(seed=3, contract=contract).event("thing.made")
    found = variations(contract, "thing.made")
    maps = [v.apply(base)["data"].get(name) or {} for v in found for name in ("notes", "free")]
    assert max(map(len, maps)) <= 17
    keys = {key for each in maps for key in each}
    assert {"$where", ".plan", "with.dot", "constructor", "0"} <= keys
    assert not {"", "__proto__"} & keys
    assert max(map(len, keys)) <= 40
    assert not any("\n" in key for key in keys)
    numbers = [n for each in maps for n in each.values() if isinstance(n, int | float)]
    assert max(map(abs, numbers)) == 42
