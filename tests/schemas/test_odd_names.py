"""A contract whose members, tags and event types are named as nobody would name them."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from ada_contract_tests.fuzz.rows import around, factors_in
from ada_contract_tests.fuzz.sweep import sweep
from ada_contract_tests.suites.edits import Edit
from ada_contract_tests.suites.fuzzed import can_be_sent, changed
from ada_contract_tests.suites.registry import all_cases
from ada_mockserver.events.edits import set_member
from ada_mockserver.events.factory import EventFactory
from ada_mockserver.events.payload import encode
from ada_schemas import Contract, UsageError, read_contract, validate, variants
from ada_schemas.contract.vocabulary import vocabulary
from ada_schemas.drift import diff, observe
from ada_schemas.files.write import render
from ada_schemas.variation.combinations import allowed
from ada_schemas.variation.enumeration import told_apart

if TYPE_CHECKING:
    from pathlib import Path

TEXT = {"type": "string"}
SAID = 'Ends """ here, and */ there \u202e \x00 \\'


def branch(tag: str, **members: Any) -> dict[str, Any]:
    """A branch of a union that ``kind`` tells apart, though nothing says that it is always there."""
    return {"type": "object", "properties": {"kind": {"enum": [tag]}, **members}}


MEMBERS = {
    "order.id": TEXT,
    "order:id": {"type": "string", "nullable": True},
    "order": {"type": "object", "description": SAID, "properties": {"id": {"enum": ["x", "y"]}}},
    "*": {"type": "object", "properties": {"in": TEXT}},
    "x y": TEXT,
    "x-y": TEXT,
    "class": TEXT,
    "__private": TEXT,
    "naïve": TEXT,
    "pay.ment": {"oneOf": [branch("card:visa.eu", **{"a.b": TEXT}), branch("cash", **{"a.b": TEXT})]},
    "list": {"type": "array", "items": {"type": "object", "properties": {"None": TEXT}}},
}  # fmt: skip
REQUIRED = ["order.id", "order:id", "pay.ment"]


def webhook(kind: str, data: Any) -> dict[str, Any]:
    """A webhook of that event type."""
    payload = {
        "type": "object",
        "properties": {"type": {"enum": [kind]}, "timestamp": TEXT, "data": data},
        "required": ["type", "timestamp", "data"],
    }
    return {"post": {"requestBody": {"content": {"application/json": {"schema": payload}}}}}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Odd", "version": "1"},
    "webhooks": {
        "odd": webhook(
            "Bestellung: bezahlt!", {"type": "object", "properties": MEMBERS, "required": REQUIRED}
        ),
        "none": webhook("None", {"type": "object", "properties": {"ﬁx": TEXT}}),
        "any": webhook("any", {"type": "object", "properties": {"__a": TEXT}, "description": SAID}),
    },
}
ODD = "Bestellung-bezahlt"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The document as a file."""
    made = tmp_path_factory.mktemp("odd") / "odd.json"
    made.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    return str(made)


@pytest.fixture(scope="module")
def contract(file: str) -> Contract:
    """Its contract."""
    return read_contract(file)


def test_events_by_name_and_by_type(contract: Contract) -> None:
    """An event is found by either, and its own type is what is sent."""
    assert contract.event_names == (ODD, "None", "any-event")
    for event in contract.events:
        assert contract.event(event.name) is contract.event(event.type) is contract.known(event.type) is event
        made = EventFactory(seed=1, contract=contract).event(event.type)
        assert made["type"] == event.type
        assert validate(made, contract=contract, closed=True) == []
    assert contract.known("order") is None
    with pytest.raises(UsageError) as caught:
        contract.event("order")
    assert caught.value.what == "There is no event 'order'."


def test_an_event_that_is_ours_by_name_alone(tmp_path: Path) -> None:
    """A type without our version is another provider's: no builder of ours knows its events."""
    document = {
        **DOCUMENT,
        "webhooks": {"a": webhook("conversation.ended", {"type": "object", "properties": {"a": TEXT}})},
    }
    (tmp_path / "doc.json").write_text(json.dumps(document), encoding="utf-8")
    theirs = read_contract(str(tmp_path / "doc.json"))
    made = EventFactory(seed=1, contract=theirs).event("conversation.ended")
    assert (made["type"], made["data"]) == ("conversation.ended", {"a": "example"})


def test_an_odd_event_shows_what_is_documented(contract: Contract) -> None:
    """What is made of a contract is what observing it expects; a change is named by its path."""
    made = EventFactory(seed=1, contract=contract).event(ODD)
    assert observe([("line 1", encode(made))], contract, name="x").observed == ()
    made["data"]["pay.ment"]["new.one"] = 1
    (seen,) = observe([("line 1", encode(made))], contract, name="x").observed
    assert seen.path == r"data.pay\.ment:card\:visa\.eu.new\.one"


def test_a_document_does_not_differ_from_itself(file: str) -> None:
    """Odd names are the same on both sides; a member that goes is told from one of a like path."""
    assert diff(base=file, against=file).changes == ()


def test_a_member_that_goes(file: str, tmp_path: Path) -> None:
    """It is named as paths name it."""
    left = {name: shape for name, shape in MEMBERS.items() if name != "order.id"}
    webhooks = {"odd": webhook("Bestellung: bezahlt!", {"type": "object", "properties": left})}
    (tmp_path / "doc.json").write_text(json.dumps({**DOCUMENT, "webhooks": webhooks}), encoding="utf-8")
    changes = diff(base=file, against=str(tmp_path / "doc.json")).changes
    assert (r"data.order\.id", "breaking") in {(change.path, change.kind) for change in changes}


def test_the_cases_of_odd_names(contract: Contract) -> None:
    """Each has an id of its own, of plain characters, and an event that can be sent."""
    cases = all_cases(contract)
    ids = [case.id for case in cases]
    assert [each for each, times in Counter(ids).items() if times > 1] == []
    assert [each for each in ids if not re.fullmatch(r"[A-Za-z0-9.:/_-]+", each)] == []
    assert {
        f"{ODD}/absent:data.order",
        f"{ODD}/null:data.order-:id",
        f"{ODD}/union:data.pay-.ment:card-:visa-.eu",
        f"{ODD}/union:data.pay-.ment:cash",
        f"{ODD}/hostile:data.order-.id:number",
        f"{ODD}/enum:data.order.id:y",
        f"{ODD}/forward:new-value:data.pay-.ment.kind",
    } <= set(ids)
    assert f"{ODD}/enum:data.pay-.ment:cash.kind:cash" not in ids
    assert {f"{ODD}/hostile:data.x-y:number", f"{ODD}/hostile:data.x-y:number-2"} <= set(ids)
    base = EventFactory(seed=7, contract=contract).event(ODD)
    by_id = {
        case.id: case.payload.change(base).get("data") for case in cases if case.event == ODD and case.payload
    }
    assert by_id[f"{ODD}/null:data.order-:id"] == {**base["data"], "order:id": None}
    assert by_id[f"{ODD}/enum:data.order.id:y"] == {**base["data"], "order": {"id": "y"}}
    assert by_id[f"{ODD}/union:data.pay-.ment:cash"]["pay.ment"] == {"kind": "cash", "a.b": "example"}


def test_names_that_plain_characters_do_not_tell_apart(contract: Contract) -> None:
    """A number does, which no other id has."""
    assert told_apart(["a", "b", "a", "a-2", "a"]) == ["a", "b", "a-3", "a-2", "a-4"]
    base = EventFactory(seed=7, contract=contract).event(ODD)
    ids = [variant.id for variant in variants(ODD, base, contract=contract)]
    assert len(ids) == len(set(ids))


def test_the_envelope_that_a_contract_has(tmp_path: Path) -> None:
    """What no event has cannot be absent."""
    document = json.loads(json.dumps(DOCUMENT))
    for item in document["webhooks"].values():
        payload = item["post"]["requestBody"]["content"]["application/json"]["schema"]
        payload["required"] = ["type", "data"]
        del payload["properties"]["timestamp"]
    (tmp_path / "doc.json").write_text(json.dumps(document), encoding="utf-8")
    theirs = read_contract(str(tmp_path / "doc.json"))
    absent = [
        case.id for case in all_cases(theirs) if re.fullmatch(r"None/absent:(type|timestamp|data)", case.id)
    ]
    assert sorted(absent) == ["None/absent:data", "None/absent:type"]


def test_words_of_odd_members(contract: Contract) -> None:
    """What a consumer ignores can be told by any member."""
    words = vocabulary(contract, ODD)
    made = EventFactory(seed=1, contract=contract).event(ODD)
    assert words.said_by(made, r"data.pay\.ment.kind") == {"card:visa.eu", "not-null"}
    assert r"data.\*" in words.paths
    assert r"data.\*.in" in words.paths
    assert not any(path.startswith("data.list.") for path in words.paths)


def test_edits_of_odd_members(contract: Contract) -> None:
    """A fuzzed event and ``--set`` reach the member that they name."""
    edit = Edit(("data", "order.id"), "put", "new")
    assert edit.place == r"data.order\.id"
    base = EventFactory(seed=1, contract=contract).event(ODD)
    assert set_member(base, edit.place, "new") == edit.apply(base)
    factors = factors_in(contract, ODD)
    assert factors[r"data.pay\.ment"] == ("card:visa.eu", "cash")
    assert r"data.pay\.ment:cash.kind" not in factors
    inside = r"data.pay\.ment:card\:visa\.eu.a\.b"
    levels = [("card:visa.eu", "set"), ("card:visa.eu", "n/a"), ("cash", "set"), ("cash", "n/a")]
    fitting = [allowed({r"data.pay\.ment": tag, inside: level}, ()) for tag, level in levels]
    assert fitting == [True, False, False, True]
    assert around(inside) == {(r"data.pay\.ment", "card:visa.eu")}
    found = sweep(contract, ODD, number=40, seed=3)
    places = {edit.place for event in found for edit in event.edits}
    assert {r"data.pay\.ment", r"data.order\:id", "data.order.id"} <= places
    for event in found:
        assert can_be_sent(event, contract), event
        assert set(changed(event, contract, base)["data"]) <= set(MEMBERS)


def test_the_types_of_odd_names(contract: Contract) -> None:
    """The module and the declarations are what they should be, and nothing else, whatever names hold."""
    files = render(contract)
    module = ast.parse(files["models.py"])
    kinds = {type(node).__name__ for node in module.body}
    assert kinds == {"Expr", "ImportFrom", "Assign", "ClassDef"}
    namespace: dict[str, Any] = {}
    exec(compile(module, "models.py", "exec"), namespace)  # noqa: S102 - it was looked at above
    assert set(namespace["BestellungBezahltData"].__annotations__) == set(MEMBERS)
    assert set(namespace["AnyEventData"].__annotations__) == {"__a"}
    assert set(namespace["NoneData"].__annotations__) == {"ﬁx"}
    assert namespace["None2"].__annotations__.keys() == {"type", "timestamp", "data"}
    code = re.sub(r'"(?:\\.|[^"\\])*"|/\*.*?\*/|//[^\n]*', "", files["events.d.ts"], flags=re.DOTALL)
    assert re.search(r"[^\w\s$|<>{}()\[\];:?,.=&]", code) is None
    assert not re.search("[\u202e\x00]", files["events.d.ts"] + files["models.py"])
    assert '"order.id": string;' in files["events.d.ts"]
