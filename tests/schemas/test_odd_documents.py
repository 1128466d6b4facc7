"""Documents that no one wrote by hand: what they mean is kept, wherever it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ada_schemas.contract.corrections import apply_corrections, read_corrections
from ada_schemas.contract.event_types import typed
from ada_schemas.contract.excerpt import webhooks_alone
from ada_schemas.contract.fitting import fits
from ada_schemas.contract.json_schema import event_schema
from ada_schemas.contract.merging import merged
from ada_schemas.contract.openapi_reader import read_events
from ada_schemas.contract.profile import Profile
from ada_schemas.contract.samples import sample
from ada_schemas.contract.shapes import Anything, Array, Mapping, Member, Object, Scalar, short_name
from ada_schemas.errors import some
from ada_schemas.variation.builder import VariationBuilder
from ada_schemas.variation.documented import documented_variations
from ada_schemas.variation.extreme import extreme_variations
from ada_schemas.variation.forward import forward_variations

if TYPE_CHECKING:
    from ada_schemas.contract.shapes import Shape


def document(data: Any, *, kind: Any = "v1.thing.happened", **components: Any) -> dict[str, Any]:
    """A document with one webhook."""
    payload = {"type": "object", "properties": {"type": {"enum": [kind]}, "data": data}}
    body = {"content": {"application/json": {"schema": payload}}}
    webhooks = {"thing": {"post": {"requestBody": body}}}
    return {"openapi": "3.1.0", "webhooks": webhooks, "components": {"schemas": components}}


def read(data: Any, **components: Any) -> Shape:
    """The shape of the member ``data``."""
    (event,), _ = read_events(document(data, **components), name="doc")
    member = event.payload.member("data")
    assert member is not None
    return member.shape


def emitted(data: Any, **components: Any) -> Any:
    """The open schema of the member ``data``."""
    (event,), _ = read_events(document(data, **components), name="doc")
    return event_schema(event)["properties"]["data"]


THING = {
    "type": "object",
    "properties": {"id": {"type": "string", "maxLength": 9}, "100%/day": {"type": "boolean"}},
    "oneOf": [{"properties": {"a": {"type": "integer"}}}],
}


@pytest.mark.parametrize(
    ("reference", "types"),
    [
        ("#/components/schemas/Thing/properties/id", ("string",)),
        ("#/components/schemas/Thing/properties/100%25~1day", ("boolean",)),
        ("#/components/schemas/Thing/oneOf/0/properties/a", ("integer",)),
    ],
)
def test_where_a_reference_leads(reference: str, types: tuple[str, ...]) -> None:
    """A reference is a URI with a JSON Pointer: percent-encoded, and with numbers for lists."""
    shape = read({"$ref": reference}, Thing=THING)
    assert isinstance(shape, Scalar)
    assert shape.types == types


@pytest.mark.parametrize("step", ["1", "00", "-1", "-", "x", "9999999999"])
def test_a_reference_to_no_entry_of_a_list(step: str) -> None:
    """What JSON Pointer does not take for an index is none."""
    reference = f"#/components/schemas/Thing/oneOf/{step}"
    (event,), warnings = read_events(document({"$ref": reference}, Thing=THING), name="doc")
    assert warnings == [f"doc: thing#data refers to {reference}, which does not exist; left out."]
    assert event.payload.others == ("data",)


def test_what_stands_beside_a_reference() -> None:
    """It is demanded too; of descriptions, the nearer one counts."""
    text = {"type": "string", "description": "A text.", "maxLength": 20}
    found = read({"$ref": "#/components/schemas/Text", "description": "A name.", "maxLength": 9}, Text=text)
    assert found == Scalar(types=("string",), max_length=9, description="A name.")
    either_way = read({"$ref": "#/components/schemas/Text", "nullable": True, "maxLength": 90}, Text=text)
    assert either_way == Scalar(types=("string",), max_length=20, description="A text.", nullable=True)


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ({"type": "number"}, {"type": "integer"}, {"type": ["integer"]}),
        ({"type": ["string", "null"]}, {"type": "string"}, {"type": ["string"]}),
        ({"type": "string"}, {"type": "object"}, None),
        ({"maxLength": 5, "minimum": 1}, {"maxLength": 3, "minimum": 2}, {"maxLength": 3, "minimum": 2}),
        ({"required": ["a"]}, {"required": ["b", "a"]}, {"required": ["a", "b"]}),
        ({"enum": ["a", "b"]}, {"enum": ["b", "c"]}, {"enum": ["b"]}),
        ({"items": True}, {"items": {"type": "string"}}, {"items": {"type": "string"}}),
        ({"additionalProperties": {}}, {"additionalProperties": False}, {"additionalProperties": False}),
        (
            {"properties": {"a": {"type": "string"}, "b": True}},
            {"properties": {"a": {"maxLength": 3}, "b": {"type": "null"}, "c": {}}},
            {"properties": {"a": {"allOf": [{"type": "string"}, {"maxLength": 3}]}, "b": {"type": "null"}, "c": {}}},
        ),
        ({"description": "a"}, {"description": "b", "title": "c"}, {"description": "a", "title": "c"}),
    ],
)  # fmt: skip
def test_two_schemas_as_one(one: Any, other: Any, both: Any) -> None:
    """Both are demanded; None where nothing can satisfy both."""
    assert merged(one, other) == both


def test_all_of_demands_all() -> None:
    """A member that two parts describe is what both say; ``true`` says nothing."""
    base = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    more = {"properties": {"id": {"maxLength": 36, "description": "An id."}}, "required": ["id", "n"]}
    assert emitted({"allOf": [{"$ref": "#/components/schemas/Base"}, True, more]}, Base=base) == emitted(
        {
            "type": "object",
            "required": ["id", "n"],
            "properties": {"id": {"type": "string", "maxLength": 36, "description": "An id."}},
        }
    )


def test_all_of_that_nothing_satisfies() -> None:
    """The first part has its way: a document that is wrong in one place can be used for the others."""
    assert read({"allOf": [{"type": "string"}, {"type": "object", "maxLength": 3}]}) == Scalar(
        types=("string",), max_length=3
    )


def test_all_of_that_doubles() -> None:
    """Parts that refer to the same parts are read once, however often they do."""
    levels = {
        f"L{n}": {"allOf": [{"$ref": f"#/components/schemas/L{n + 1}"}] * 2, "description": str(n)}
        for n in range(20)
    }
    found = read({"$ref": "#/components/schemas/L0"}, **levels, L20={"type": "string"})
    assert found == Scalar(types=("string",), description="0")


@pytest.mark.parametrize("null", [{"type": "null"}, {"type": ["null"]}, {"const": None}, {"enum": [None]}])
def test_null_as_an_alternative(null: Any) -> None:
    """However it is written, null beside one other schema is that schema, nullable."""
    assert read({"oneOf": [{"type": "string"}, null]}) == Scalar(types=("string",), nullable=True)
    assert read({"anyOf": [null]}) == Anything(nullable=True)


@pytest.mark.parametrize(
    ("schema", "shape"),
    [
        ({"const": None, "type": ["string", "null"]}, Scalar(types=("string",), nullable=True)),
        ({"type": "string", "enum": ["a", 1, None]}, Scalar(types=("string",), enum=("a",), nullable=True)),
        ({"type": "number", "enum": [1, 1.5, "a"]}, Scalar(types=("number",), enum=(1, 1.5))),
        ({"type": "integer", "enum": ["a"]}, Scalar(types=("integer",))),
        ({"type": "string", "maxLength": 5.0}, Scalar(types=("string",), max_length=5)),
        ({"type": "string", "maxLength": 5.5}, Scalar(types=("string",))),
        ({"type": "string", "maxLength": -1}, Scalar(types=("string",))),
    ],
)
def test_words_that_do_not_fit_their_type(schema: Any, shape: Shape) -> None:
    """A value of no listed type can never come, and a text has no length of a half."""
    assert read(schema) == shape


def test_members_that_never_come() -> None:
    """Nothing is said of a member that is forbidden; one without a name could be told by no path."""
    schema = {"type": "object", "properties": {"a": False, "": {"type": "string"}, "b": {"type": "string"}}}
    assert read(schema) == Object(members=(Member("b", Scalar(types=("string",)), required=False),))


COMPONENTS = {
    "schemas": {"Null": None, "Other": {}, "Thing": {"items": {"$ref": "#/components/schemas/Null"}}},
    "responses": {"Thing": {}},
}


@pytest.mark.parametrize(
    ("referred", "components"),
    [
        ("Thing", {"schemas": {"Null": None, "Thing": {"items": {"$ref": "#/components/schemas/Null"}}}}),
        ("Null", {"schemas": {"Null": None}}),
        ("Gone", None),
        ("Thing/items/$ref", {"schemas": {"Null": None, "Thing": {"items": {"$ref": "#/components/schemas/Null"}}}}),
        ("", {"schemas": COMPONENTS["schemas"]}),
    ],
)  # fmt: skip
def test_what_webhooks_need_of_a_document(referred: str, components: Any) -> None:
    """What they refer to is kept as it stands, null included, and nothing else; what is not there is missed."""
    whole = document({"$ref": f"#/components/schemas/{referred}".rstrip("/")})
    whole |= {"components": COMPONENTS, "paths": {}}
    kept = webhooks_alone(whole)
    expected = {k: v for k, v in whole.items() if k not in ("paths", "components")}
    assert kept == expected | ({"components": components} if components else {})


def test_references_into_other_parts() -> None:
    """A part that is not there, or is no mapping, is none to carry along; webhooks are there as it is."""
    data = {
        "a": {"$ref": "#/components/parameters/X"},
        "b": {"$ref": "#/paths/~1a"},
        "c": {"$ref": "#/webhooks/thing"},
    }
    whole = document(data) | {"components": {"parameters": None}, "paths": {"/a": 1, "/b": 2}}
    assert webhooks_alone(whole) == {
        "openapi": "3.1.0",
        "webhooks": whole["webhooks"],
        "paths": whole["paths"],
    }
    assert webhooks_alone(document(data) | {"components": 1}).keys() == {"openapi", "webhooks"}


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("v1.order.paid", "order.paid"),
        ("charge.dispute.closed", "charge.dispute.closed"),
        ("Commande/payée, là", "Commande-pay-e-l"),
        ("../../outside", "outside"),
        ("v1.", "event"),
        ("漢字", "event"),
        ("any", "any-event"),
        ("v1.bundle", "bundle-event"),
        ("x" * 150, "x" * 100),
    ],
)
def test_the_name_of_an_event(kind: str, name: str) -> None:
    """Whatever its type is, its name fits into a case id and is the name of a file."""
    assert short_name(kind) == name


def test_an_event_type_that_is_no_text() -> None:
    """An event is told by a text; another value is no type."""
    published, _ = read_events(document({}, kind=5), name="doc")
    left_out = "doc: webhook thing has no text as `type` that could be the event type; left out."
    assert typed(published, Profile(), name="doc") == ((), [left_out])


def test_webhooks_that_are_left_out_together() -> None:
    """One sentence names the first few of them, and how many more there are."""
    one = document({})
    untyped = document({}, kind=5)["webhooks"]["thing"]
    webhooks = {f"w{n}": untyped for n in range(5)} | {"a": {"post": {}}, "b": {"post": {}}}
    published, bare = read_events(one | {"webhooks": one["webhooks"] | webhooks}, name="doc")
    events, warnings = typed(published, Profile(), name="doc")
    assert [event.name for event in events] == ["thing.happened"]
    assert [*bare, *warnings] == [
        "doc: the webhooks a and b have no JSON request body; left out.",
        "doc: the webhooks w0, w1, w2 and 2 more have no text as `type` that could be the event type; left out.",
    ]


def test_two_events_of_one_name() -> None:
    """Their files and cases would be the same, on some file systems: the second gets a number."""
    webhooks = {
        f"w{n}": document({}, kind=kind)["webhooks"]["thing"]
        for n, kind in enumerate(("v1.Order paid", "order-paid", "v1.order.paid", "order-paid"))
    }
    published, _ = read_events({"openapi": "3.1.0", "webhooks": webhooks}, name="doc")
    events, warnings = typed(published, Profile(), name="doc")
    named = [(event.operation, event.type, event.name) for event in events]
    assert named == [
        ("w0", "v1.Order paid", "Order-paid"),
        ("w1", "order-paid", "order-paid-2"),
        ("w2", "v1.order.paid", "order.paid"),
    ]
    assert warnings == ["doc: webhook w3 has the event type order-paid, and w1 has it already; left out."]


def test_corrections_that_fit_nothing_together() -> None:
    """A document of another provider has none of what we correct, and says so in one line."""
    entry = {"identity": True, "reason": "r", "source": "s"}
    corrections = read_corrections({f"thing#data.{n}": entry for n in "abcde"}, name="c")
    published, _ = read_events(document({}), name="doc")
    _, warnings = apply_corrections(published, corrections, name="doc")
    assert warnings == [
        "doc: the corrections thing#data.a, thing#data.b, thing#data.c and 2 more fit nothing."
    ]
    assert some(["a"]) == "a"


TEXT, NUMBER = Scalar(types=("string",)), Scalar(types=("number",))
PERSON = Object(members=(Member("id", TEXT, required=True), Member("age", NUMBER, required=False)))


@pytest.mark.parametrize(
    ("shape", "values", "others"),
    [
        (Scalar(types=("string",), max_length=2), ["", "ab"], ["abc", 1, None]),
        (Scalar(types=("string",), nullable=True), ["a", None], [1]),
        (NUMBER, [1, 1.5], [True, "1"]),
        (PERSON, [{"id": "a"}, {"id": "a", "age": 1}], [{}, {"id": 1}, {"id": "a", "b": 1}, []]),
        (Array(items=TEXT), [[], ["a"]], [["a", 1], "a"]),
        (Mapping(values=TEXT), [{}, {"x": "a"}], [{"x": 1}, []]),
        (Anything(), [1, None], []),
        (Anything(sends=("integer",)), [1], ["a", None]),
    ],
)
def test_what_fits_a_shape(shape: Shape, values: list[Any], others: list[Any]) -> None:
    """Only what the closed schema takes does."""
    assert [fits(shape, value) for value in (*values, *others)] == [True] * len(values) + [False] * len(
        others
    )


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        (Scalar(types=("string",), examples=(None, 5, "abc", "ab"), max_length=2), "ab"),
        (Scalar(types=("integer",), examples=("a",), default="b"), 7),
        (Scalar(types=("integer",), default=3), 3),
        (Scalar(types=("string",), max_length=4), "exam"),
        (Object(members=PERSON.members, examples=({"id": 1}, {"id": "x"})), {"id": "x"}),
    ],
)
def test_examples_that_do_not_fit(shape: Shape, value: Any) -> None:
    """Documents show values that they do not allow; what is made of a contract is valid by it."""
    assert sample(shape) == value


@pytest.mark.parametrize(
    ("items", "added"),
    [
        ({"type": "string", "maxLength": 5}, "tag-0"),
        ({"type": "string", "enum": ["a", "b"]}, "a"),
        ({"type": "string", "format": "email"}, "ada@example.com"),
        ({"type": "integer"}, 7),
        ({"type": "object", "properties": {"name": {"type": "string"}}}, {"name": "example"}),
    ],
)
def test_a_list_grows_by_entries_of_its_kind(items: Any, added: Any) -> None:
    """The hundred entries that are added to a list are such as it documents."""
    data = {"type": "object", "properties": {"list": {"type": "array", "items": items}}}
    (event,), _ = read_events(document(data), name="doc")
    (many,) = [v for v in extreme_variations(VariationBuilder(event, ())) if v.id.endswith("data.list:many")]
    grown = many.apply({"type": event.type, "data": {"list": []}})["data"]["list"]
    assert (len(grown), grown[0]) == (100, added)


def test_a_variation_of_what_is_null_in_its_base() -> None:
    """An object that an example has as null is there in what varies one of its members."""
    licence = {"type": ["object", "null"], "properties": {"url": {"type": ["string", "null"]}}}
    (event,), _ = read_events(document({"type": "object", "properties": {"licence": licence}}), name="doc")
    builder = VariationBuilder(event, ())
    found = {v.id: v for v in (*documented_variations(builder), *forward_variations(builder))}
    base = {"type": event.type, "data": {"licence": None}}

    def varied(case: str) -> Any:
        return found[f"{event.name}/{case}"].apply(base)["data"].get("licence", "absent")

    assert varied("null:data.licence.url") == {"url": None}
    assert varied("absent:data.licence.url") == {}
    assert list(varied("forward:unknown-key:data.licence")) == ["url", "adakit_new_member"]
    assert varied("null:data.licence") is None
    assert varied("absent:data.licence") == "absent"
