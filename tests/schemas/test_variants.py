"""The enumeration of variants is complete, valid, coherent and stable.

What must be there is computed here from the committed JSON files alone, by code that knows nothing of
how variants are made.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

import ada_schemas
from ada_mockserver import EventFactory
from ada_schemas import validate, variants
from ada_schemas.contract.constraints import violations
from ada_schemas.contract.contract import shipped

V1 = Path(ada_schemas.__file__).parent / "v1"
COMBINATIONS = V1.parent / "documented" / "combinations.json"
EVENTS = [entry["name"] for entry in json.loads((V1 / "index.json").read_text())["events"]]
PROSE_TYPES = {"string", "boolean", "integer"}
"""What the prose allows as end-user metadata, whose values the schema leaves open."""

Degree = tuple[str, str, Any]
"""(kind, payload path with branches, value): one documented degree of freedom."""


def committed(event: str) -> dict[str, Any]:
    return json.loads((V1 / f"{event}.schema.json").read_text(encoding="utf-8"))


def resolve_tag(branch: dict[str, Any]) -> tuple[str, str] | None:
    """(discriminator, tag) of a documented union branch; None for the branch of unknown types."""
    consts = [(n, p["const"]) for n, p in branch.get("properties", {}).items() if "const" in p]
    return consts[0] if consts else None


def walk(schema: dict[str, Any], path: str) -> list[Degree]:
    """Every documented degree of freedom of a committed (open) schema."""
    found: list[Degree] = []
    alternatives = schema.get("anyOf", [schema])
    if {"type": "null"} in alternatives:
        found.append(("null", path, None))
    tags = [t for t in map(resolve_tag, alternatives) if t is not None] if len(alternatives) > 1 else []
    for alternative in alternatives:
        if "enum" in alternative:
            found += [("enum", path, value) for value in alternative["enum"]]
        if alternative.get("type") == "boolean" and path and not path.endswith("*"):
            found += [("enum", path, True), ("enum", path, False)]
        place = path
        if tags and alternative.get("type") == "object":
            tag = resolve_tag(alternative)
            if tag is None:
                continue
            place = f"{path}:{tag[1]}"
            found.append(("union", place, tag))
        found += walk_object(alternative, place)
    return found


def walk_object(schema: dict[str, Any], path: str) -> list[Degree]:
    found: list[Degree] = []
    for name, member in schema.get("properties", {}).items():
        inner = f"{path}.{name}" if path else name
        if name not in schema.get("required", ()):
            found.append(("absent", inner, None))
        if "const" not in member:
            found += walk(member, inner)
    values = schema.get("additionalProperties")
    if values is not None and values is not False:
        types = {a["type"] for a in values.get("anyOf", [values]) if "type" in a} or PROSE_TYPES
        found += [("metadata", path, kind) for kind in sorted(types)]
    return found


def expected() -> list[tuple[str, Degree]]:
    return [(event, degree) for event in EVENTS for degree in walk(committed(event), "")]


def at(payload: Any, path: str) -> Any:
    """The value at a path with branches; ``...`` where there is none, or the branch is another one."""
    node = payload
    for step in path.split("."):
        name, _, tag = step.partition(":")
        if not isinstance(node, dict) or name not in node:
            return ...
        node = node[name]
        if tag and (not isinstance(node, dict) or node.get("type") != tag):
            return ...
    return node


def shows(degree: Degree, payload: Any) -> bool:
    """Whether a payload exercises a degree of freedom."""
    kind, path, value = degree
    found = at(payload, path)
    match kind:
        case "null":
            return found is None
        case "enum":
            return type(found) is type(value) and found == value
        case "union":
            return found is not ...
        case "absent":
            parent, _, _ = path.rpartition(".")
            there = payload if not parent else at(payload, parent)
            return isinstance(there, dict) and found is ...
    types = {"string": str, "boolean": bool, "integer": int, "number": float}
    return isinstance(found, dict) and any(type(v) is types[value] for v in found.values())


RULE_OF = {"null": "ADA104", "enum": "ADA102", "union": "ADA103", "absent": "ADA105", "metadata": "ADA106"}


def base(event: str) -> dict[str, Any]:
    return EventFactory(seed=7).event("conversation.created" if event == "any" else event, key="base")


@pytest.fixture(scope="module")
def all_variants() -> dict[str, list[ada_schemas.Variant]]:
    return {event: variants(event, base(event)) for event in EVENTS}


def test_the_committed_schemas_have_degrees_of_every_kind() -> None:
    """The expectation is not empty: all five kinds are found, in a number that a person counted."""
    counted = {kind: sum(d[0] == kind for _, d in expected()) for kind in RULE_OF}
    assert counted == {"null": 22, "enum": 23, "union": 5, "absent": 76, "metadata": 17}


@pytest.mark.parametrize(
    ("event", "degree"), expected(), ids=lambda v: v if isinstance(v, str) else f"{v[0]}:{v[1]}:{v[2]}"
)
def test_every_documented_degree_of_freedom_has_a_variant(
    event: str, degree: Degree, all_variants: dict[str, list[ada_schemas.Variant]]
) -> None:
    """For every enum member, union branch, nullable, optional member and metadata type there is a case."""
    fitting = [v for v in all_variants[event] if v.rule == RULE_OF[degree[0]] and shows(degree, v.payload)]
    assert fitting, f"no {RULE_OF[degree[0]]} case of {event} shows {degree}"


@pytest.mark.parametrize("event", EVENTS)
def test_documented_variants_are_valid_closed_and_coherent(
    event: str, all_variants: dict[str, list[ada_schemas.Variant]]
) -> None:
    """Every ADA1xx variant is valid in the closed form and violates no constraint."""
    for variant in all_variants[event]:
        if variant.rule.startswith("ADA1"):
            assert validate(variant.payload, closed=True) == [], variant.id
            assert violations(shipped().constraints, variant.payload) == [], variant.id


@pytest.mark.parametrize("event", EVENTS)
def test_forward_variants_are_valid_for_a_receiver_only(
    event: str, all_variants: dict[str, list[ada_schemas.Variant]]
) -> None:
    """Every ADA2xx variant is valid in the open form; what it adds is not valid in the closed one."""
    for variant in all_variants[event]:
        if variant.rule.startswith("ADA2"):
            assert validate(variant.payload) == [], variant.id
        open_lists = ("data.handoff_integration", "data.interface")
        if variant.rule in ("ADA201", "ADA202") and variant.path not in open_lists:
            assert validate(variant.payload, closed=True) != [], variant.id


def test_every_object_gets_an_unknown_member_and_every_enum_a_new_value(
    all_variants: dict[str, list[ada_schemas.Variant]],
) -> None:
    """ADA201 has a case for every documented object, ADA202 one for every enum and discriminator."""
    objects, enums = set(), set()

    def visit(schema: dict[str, Any], path: str, event: str) -> None:
        alternatives = schema.get("anyOf", [schema])
        tagged = len([a for a in alternatives if a.get("type") == "object"]) > 1
        for alternative in alternatives:
            if "enum" in alternative:
                enums.add((event, path))
            if alternative.get("type") != "object" or "properties" not in alternative:
                continue
            tag = resolve_tag(alternative) if tagged else None
            if tagged and tag is None:
                enums.add((event, f"{path}.type"))
                continue
            place = f"{path}:{tag[1]}" if tag else path
            objects.add((event, place))
            for name, member in alternative["properties"].items():
                if "const" not in member:
                    visit(member, f"{place}.{name}" if place else name, event)

    for event in EVENTS:
        visit(committed(event), "", event)
    found = [v for event in EVENTS for v in all_variants[event]]
    assert {(v.event, v.path) for v in found if v.rule == "ADA201"} == objects
    assert {(v.event, v.path) for v in found if v.rule == "ADA202"} >= enums
    assert len(objects) == 27
    assert len(enums) == 7


def test_a_variant_differs_in_its_member_and_in_what_is_tied_to_it() -> None:
    """A human agent has no id and speaks in a handoff; nothing else of the base changes."""
    ordinary = base("conversation.message")
    variant = next(
        v
        for v in variants("conversation.message", ordinary)
        if v.id == "conversation.message/enum:data.author.role:human_agent"
    )
    assert variant.summary == "data.author.role is human_agent"
    changed = json.loads(json.dumps(ordinary))
    changed["data"]["author"].update(role="human_agent", id=None)
    assert variant.payload == changed
    ai = next(v for v in variants("conversation.message", ordinary) if v.id.endswith("role:ai_agent"))
    changed["data"]["author"]["role"] = "ai_agent"
    changed["data"]["handoff_integration"] = None
    assert ai.payload == changed


def test_a_base_with_little_in_it_is_completed() -> None:
    """Variants of the documented examples, which lack members, are as complete and valid as of full events."""
    for event in shipped().events:
        example = event.examples[0].value
        made = variants(event.name, example)
        assert [v.id for v in made] == [v.id for v in variants(event.name, base(event.name))]
        for variant in made:
            if variant.rule.startswith("ADA1"):
                assert validate(variant.payload, closed=True) == [], variant.id


def test_variants_leave_their_base_alone() -> None:
    """Making variants does not change the base event."""
    ordinary = base("conversation.message")
    before = json.dumps(ordinary)
    variants("conversation.message", ordinary)
    assert json.dumps(ordinary) == before


def test_identity_members_may_be_refused_when_absent() -> None:
    """Exactly the identity members, and an author without members, are marked as refusable."""
    refusable = {v.path for event in EVENTS for v in variants(event, base(event)) if v.refusable}
    assert refusable == {
        "data.conversation_id",
        "data.end_user_id",
        "data.message_id",
        "data.author",
        "data.content",
    }


def test_a_base_of_another_event_is_refused() -> None:
    """A base whose type is not that of the event raises an error that says so."""
    with pytest.raises(ada_schemas.UsageError) as caught:
        variants("conversation.ended", base("conversation.created"))
    assert (
        str(caught.value) == "The base of the variants of conversation.ended must be an event of that type."
    )


def test_new_event_types_are_no_documented_ones() -> None:
    """The cases about any event have types under v1. that the contract does not know."""
    made = variants("any", base("any"))
    types = [v.payload["type"] for v in made]
    assert types == ["v1.conversation.reopened", "v1.knowledge.article.published"]
    assert not {e.type for e in shipped().events} & set(types)


def test_4_kb_of_metadata_is_just_within_the_limit() -> None:
    """The case named 4-kb has metadata of exactly 4096 bytes as JSON in the default layout."""
    for event in EVENTS:
        for variant in variants(event, base(event)):
            if variant.id.endswith(":4-kb"):
                place = variant.path.replace(":custom", "")
                assert len(json.dumps(at(variant.payload, place))) == 4096, variant.id


def test_every_pair_of_facts_that_may_meet_stands_in_a_combination() -> None:
    """ADA109 is a covering array of strength two: no pair that some coherent event has is left out."""
    rows = json.loads(COMBINATIONS.read_text(encoding="utf-8"))
    assert {event: len(rows.get(event, ())) for event in EVENTS} == {
        "conversation.created": 8,
        "conversation.message": 54,
        "conversation.ended": 18,
        "conversation.handoff.ended": 0,
        "end_user.created": 28,
        "end_user.updated": 28,
        "audit_log.emitted": 31,
    }
    for event in EVENTS:
        payloads = [v.payload for v in variants(event, base(event)) if v.rule == "ADA109"]
        facts = [d for d in walk(committed(event), "") if d[0] in ("null", "enum", "union", "absent")]
        shown = {i: {n for n, p in enumerate(payloads) if shows(d, p)} for i, d in enumerate(facts)}
        others = {i: {n for n in range(len(payloads)) if n not in shown[i]} for i in shown}
        for one, other in itertools.combinations(shown, 2):
            if is_identity(facts[one]) or is_identity(facts[other]) or is_boolean(facts[one], facts[other]):
                continue
            if may_meet(event, facts[one], facts[other]):
                assert shown[one] & shown[other], (event, facts[one], facts[other])
        assert all(others.values()) or not payloads


def is_identity(degree: Degree) -> bool:
    """Absent identity members are not combined: consumers may refuse them."""
    kind, path, _ = degree
    identity = {"conversation_id", "end_user_id", "message_id", "author", "content"}
    return kind == "absent" and path.removeprefix("data.") in identity


def is_boolean(*degrees: Degree) -> bool:
    """Booleans are tried one by one only."""
    return any(kind == "enum" and isinstance(value, bool) for kind, _, value in degrees)


def may_meet(event: str, one: Degree, other: Degree) -> bool:
    """Whether some coherent event shows both: not two states of one member, nor one inside what is not there."""
    if (
        one[1].partition(":")[0] == other[1].partition(":")[0]
        and one[1] != other[1]
        and "union" in (one[0], other[0])
    ) and one[0] == other[0]:
        return False
    tags = {}
    for kind, path, _ in (one, other):
        for step in range(path.count(".") + 1):
            name, _, tag = ".".join(path.split(".")[: step + 1]).rpartition(":")
            inner = step < path.count(".") or kind == "union"
            if name and inner and tags.setdefault(name, tag) != tag:
                return False
    for outer, inner in ((one, other), (other, one)):
        if outer[1] == inner[1]:
            return False
        plain = [p.replace(":", ".:") + "." for p in (outer[1], inner[1])]
        if outer[0] == "absent" and plain[1].startswith(plain[0]):
            return False
    return coherent(event, one, other)


def coherent(event: str, one: Degree, other: Degree) -> bool:
    """Whether no constraint, read from the documented facts by hand, forbids the two."""
    facts = {
        path: (None if kind == "null" else value)
        for kind, path, value in (one, other)
        if kind in ("null", "enum")
    }
    role = facts.get("data.author.role", ...)
    if "data.author.id" in facts and role == "end_user":
        return False
    if role == "human_agent" and "data.handoff_integration" in facts:
        return False
    ended = facts.get("data.ended_by.role", ...)
    return not ("data.ended_by.id" in facts and ended in ("end_user", "human_agent"))
