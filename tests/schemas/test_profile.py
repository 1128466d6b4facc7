"""The profile of a provider: its file, its defaults, and what is wrong with one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ada_schemas.contract.contract import ada_profile, contract_in, read_contract, shipped
from ada_schemas.contract.json_schema import bundle
from ada_schemas.contract.profile import FORWARD, Profile, filled, read_profile
from ada_schemas.contract.proposal import proposed, provider_of
from ada_schemas.errors import DocumentError
from ada_schemas.files.profile import profile_text
from ada_schemas.files.write import render
from ada_schemas.validation import validate

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = """
provider = "Acme"
[event]
type = "meta.kind"
type_header = "X-Acme-Event"
only = ["order.*"]
[signature]
headers = ["svix", "webhook", "svix"]
secret_variable = "ACME_SECRET"
tolerance = 0
[delivery]
success = "200"
timeout = 5
headers = {"X-Acme-Delivery" = "{id}", "X-Sent" = "at {timestamp}"}
[versioning]
ADA202 = false
"""


def test_every_entry_is_read() -> None:
    """What a file says is what the profile has."""
    assert read_profile(WHOLE, name="p") == Profile(
        provider="Acme",
        sender="Acme",
        namespace="acme-webhooks",
        type_path="meta.kind",
        type_header="X-Acme-Event",
        only=("order.*",),
        families=("svix", "webhook"),
        secret_variable="ACME_SECRET",
        tolerance=0,
        accept="200",
        timeout=5,
        headers=(("X-Acme-Delivery", "{id}"), ("X-Sent", "at {timestamp}")),
        policy=frozenset(FORWARD) - {"ADA202"},
    )


def test_rules_that_do_not_hold() -> None:
    """Those that the versioning policy leaves out, and without a tolerance those about age."""
    assert read_profile(WHOLE, name="p").beyond == {"ADA202", "ADA304", "ADA305"}
    assert Profile().beyond == frozenset()
    assert ada_profile().beyond == frozenset()


def test_the_further_headers_of_a_delivery() -> None:
    """Id, time and type are filled in; the header that holds the type comes last."""
    made = read_profile(WHOLE, name="p").further_headers("order.paid")
    assert filled(made, message_id="msg_1", timestamp=7) == (
        ("X-Acme-Delivery", "msg_1"),
        ("X-Sent", "at 7"),
        ("X-Acme-Event", "order.paid"),
    )


@pytest.mark.parametrize(
    ("text", "what", "next_step"),
    [
        ("provider = ", "p is no TOML: Invalid value (at end of document).", ""),
        ("[event]\ntype = 'type'", "p: provider is missing.", "It is a text."),
        ("provider = ' '", "p: provider is ' '.", "It is a text of one line."),
        ("provider = 'A'\nsecret = 'x'", "p: secret is not known.", ""),
        (
            "provider = 'A'\n[signature]\nheader = []",
            "p: signature.header is not known.",
            "Did you mean headers?",
        ),
        (
            "provider = 'A'\n[signature]\nheaders = ['stripe']",
            "p: signature.headers holds 'stripe'.",
            "It is a list of 'svix' and 'webhook', or empty.",
        ),
        (
            "provider = 'A'\n[signature]\ntolerance = -1",
            "p: signature.tolerance is -1.",
            "It is a number of seconds, at least 0.",
        ),
        (
            "provider = 'A'\n[signature]\nsecret_variable = 'A-B'",
            "p: signature.secret_variable is 'A-B'.",
            "It is the name of an environment variable.",
        ),
        (
            "provider = 'A'\n[delivery]\nsuccess = '201'",
            "p: delivery.success is '201'.",
            "It is one of: 2xx, 200, 200 preferred.",
        ),
        (
            "provider = 'A'\n[delivery]\nheaders = {'X-A' = '{secret}'}",
            "p: delivery.headers cannot send '{secret}'.",
            "It takes printable ASCII, and {id}, {timestamp}, {type} are filled in.",
        ),
        (
            "provider = 'A'\n[versioning]\nADA201 = 'no'",
            "p: versioning.ADA201 is 'no'.",
            "It is true or false.",
        ),
        ("provider = 'A'\nevent = 'type'", "p: event is no table.", "Write it as [event]."),
        (
            "provider = 'A'\n[event]\ntype_header = 'a b'",
            "p: event.type_header is 'a b'.",
            "It is the name of a header.",
        ),
    ],
)
def test_a_profile_that_cannot_be_read(text: str, what: str, next_step: str) -> None:
    """The error names the entry, the reason and what is allowed."""
    with pytest.raises(DocumentError) as caught:
        read_profile(text, name="p")
    assert (caught.value.what, caught.value.next_step) == (what, next_step)


@pytest.mark.parametrize(
    ("title", "provider"),
    [
        ("OpenAI API", "OpenAI"),
        ("Polar API", "Polar"),
        ("Svix API Reference v1.2", "Svix"),
        ("GitHub's official Webhooks OpenAPI spec", "GitHub"),
        ("API", "the provider"),
        (None, "the provider"),
    ],
)
def test_the_name_of_a_provider(title: Any, provider: str) -> None:
    """The title of a document, without the words that all of them have."""
    assert provider_of({"info": {"title": title}}) == provider


def webhook(*headers: str, **members: Any) -> dict[str, Any]:
    """A webhook whose payload has these members, with header parameters."""
    body = {"application/json": {"schema": {"type": "object", "properties": members}}}
    parameters = [{"name": name, "in": "header"} for name in headers]
    return {"post": {"requestBody": {"content": body}, "parameters": parameters}}


def document(webhooks: dict[str, Any]) -> dict[str, Any]:
    """A document with these webhooks."""
    return {"openapi": "3.1.0", "info": {"title": "Acme API", "version": "1"}, "webhooks": webhooks}


def text(*values: str) -> dict[str, Any]:
    """The schema of a text, of one of some values."""
    return {"type": "string", **({"enum": list(values)} if values else {})}


def contract_of(webhooks: dict[str, Any], folder: Path, profile: str = "") -> Any:
    """The contract of a document with these webhooks, beside a profile if there is one."""
    (folder / "source.openapi.json").write_text(json.dumps(document(webhooks)), encoding="utf-8")
    if profile:
        (folder / "profile.toml").write_text(profile, encoding="utf-8")
    return contract_in(str(folder))


@pytest.mark.parametrize(
    ("webhooks", "path", "types"),
    [
        ({"a": webhook(type=text("x.a")), "b": webhook(type=text("x.b"))}, "type", ["x.a", "x.b"]),
        ({"x.a": webhook(type=text()), "x.b": webhook(type=text())}, "type", ["x.a", "x.b"]),
        (
            {"x.a": webhook(type=text("x.b", "x.a")), "x.b": webhook(type=text("x.b", "x.a"))},
            "type",
            ["x.a", "x.b"],
        ),
        ({"/A_B": webhook(eventType=text()), "/A_C": webhook(eventType=text())}, "eventType", ["A_B", "A_C"]),
        ({"OrderPaidEvent": webhook(event=text("order.paid", "order.new"))}, "event", ["order.paid"]),
        ({"orders": webhook(event=text("order.paid", "order.new"))}, "event", ["order.paid", "order.new"]),
        ({"a": webhook(id=text()), "b": webhook(id=text())}, "", ["a", "b"]),
        ({"a": webhook(kind=text("k.a")), "b": webhook(kind=text("k.b"))}, "kind", ["k.a", "k.b"]),
        (
            {"a": webhook(action=text("new"), type=text()), "b": webhook(action=text("new"), type=text())},
            "type",
            ["a", "b"],
        ),
        (
            {
                n: webhook(meta={"type": "object", "properties": {"event_type": text(f"m.{n}")}}, id=text())
                for n in "ab"
            },
            "meta.event_type",
            ["m.a", "m.b"],
        ),
    ],
)
def test_where_the_event_type_stands(
    webhooks: dict[str, Any], path: str, types: list[str], tmp_path: Path
) -> None:
    """A member with one value, or of which the webhook's own name is one; several events where it is none."""
    contract = contract_of(webhooks, tmp_path)
    assert contract.profile.type_path == path
    assert [event.type for event in contract.events] == types
    assert contract.warnings == ()


def test_the_example_says_the_type(tmp_path: Path) -> None:
    """Of an open text the documented example names the value."""
    shown = webhook(type=text())
    shown["post"]["requestBody"]["content"]["application/json"]["example"] = {"type": "order.paid"}
    assert [event.type for event in contract_of({"orderPaid": shown}, tmp_path).events] == ["order.paid"]


def test_a_header_that_says_the_type() -> None:
    """Where no member does, a header of that name is proposed."""
    proposal = proposed(document({}), ())
    assert proposal.profile.type_header == ""


@pytest.mark.parametrize(
    ("headers", "families", "said"),
    [
        (("webhook-id", "Webhook-Signature"), ("webhook",), "The document describes these headers."),
        (("Svix-Id", "webhook-id"), ("svix", "webhook"), "The document describes these headers."),
        (
            ("X-Hub-Signature-256",),
            (),
            (
                "The document describes x-hub-signature-256, a signature of another kind, which adakit does not make:"
                " requests go out without one."
            ),
        ),
        (
            (),
            ("webhook",),
            "The document describes no signature: this is a guess. See the provider's documentation.",
        ),
    ],
)
def test_the_headers_of_a_signature(
    headers: tuple[str, ...], families: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    """Those that the document describes are proposed."""
    contract = contract_of({"a": webhook(*headers, "X-Acme-Event", id=text())}, tmp_path)
    assert (contract.profile.families, contract.proposal.about_signature) == (families, said)
    assert contract.profile.type_header == "x-acme-event"


def test_the_profile_beside_a_document_counts(tmp_path: Path) -> None:
    """What the user says of the provider wins over what the document suggests."""
    webhooks = {n: webhook(type=text(f"t.{n}"), event=text(f"e.{n}")) for n in "abc"}
    contract = contract_of(
        webhooks, tmp_path, "provider = 'Acme'\n[event]\ntype = 'event'\nonly = ['e.a', 'c']"
    )
    assert [event.type for event in contract.events] == ["e.a", "e.c"]


def test_corrections_beside_a_document_count(tmp_path: Path) -> None:
    """They are written as those of Ada's document."""
    (tmp_path / "corrections.yaml").write_text(
        "'a#type': {event: order.paid, reason: r, source: s}\n", encoding="utf-8"
    )
    contract = contract_of({"a": webhook(type=text())}, tmp_path)
    assert [event.type for event in contract.events] == ["order.paid"]


def test_adas_corrections_are_adas_alone(tmp_path: Path) -> None:
    """Another provider's document gets none of them, and no warning of them."""
    contract = contract_of({"a": webhook(type=text("x.a"))}, tmp_path)
    assert (contract.corrections, contract.constraints, contract.warnings) == ((), (), ())
    assert not contract.is_ada
    assert shipped().is_ada
    assert shipped().corrections
    assert read_contract(str(tmp_path / "source.openapi.json")).event_names == ("x.a",)


def test_payloads_of_one_type_in_several_shapes(tmp_path: Path) -> None:
    """They are an event each; a payload is valid by any of them, and named by the one that it fits."""
    person, firm = (
        {
            "title": title,
            "type": "object",
            "required": ["type", member],
            "properties": {"type": text("holder.updated"), member: text()},
        }
        for title, member in (("Person", "born"), ("Firm", "founded"))
    )
    body = {"application/json": {"schema": {"anyOf": [person, firm]}}}
    contract = contract_of(
        {"holder.updated": {"post": {"requestBody": {"content": body}}}, "b": webhook(type=text("b"))},
        tmp_path,
    )
    assert [(event.type, event.name) for event in contract.events] == [
        ("holder.updated", "holder.updated-Person"),
        ("holder.updated", "holder.updated-Firm"),
        ("b", "b"),
    ]
    assert contract.warnings == ()
    one, other = ({"type": "holder.updated", member: "1815"} for member in ("born", "founded"))
    assert [contract.name_in(each) for each in (one, other)] == [
        "holder.updated-Person",
        "holder.updated-Firm",
    ]
    assert validate(one, contract=contract) == validate(other, contract=contract) == []
    assert [str(found) for found in validate({"type": "holder.updated"}, contract=contract)] == [
        "born: expected a value, got nothing"
    ]
    then = bundle(contract.events)["allOf"][0]["then"]
    assert then == {"anyOf": [{"$ref": f"#/$defs/holder.updated-{each}"} for each in ("Person", "Firm")]}
    written = render(contract)
    assert '"holder.updated": HolderUpdatedPerson | HolderUpdatedFirm;' in written["events.d.ts"]
    schema = json.loads(written["openapi.json"])["webhooks"]["holder.updated"]["post"]["requestBody"][
        "content"
    ]
    assert len(schema["application/json"]["schema"]["anyOf"]) == 2


def test_an_example_without_its_type(tmp_path: Path) -> None:
    """It is an example all the same, with the type in it."""
    shown = webhook(type=text("order.paid"), total={"type": "integer"})
    shown["post"]["requestBody"]["content"]["application/json"]["example"] = {"total": 5}
    contract = contract_of({"paid": shown, "b": webhook(type=text("b"))}, tmp_path)
    assert contract.warnings == ()
    assert contract.events[0].examples[0].value == {"total": 5, "type": "order.paid"}


@pytest.mark.parametrize(("beside", "holds"), [(False, False), (True, True), (None, True)])
def test_a_document_that_closes_its_payloads_promises_no_new_members(
    beside: bool | None, holds: bool, tmp_path: Path
) -> None:
    """What generators make of such a document refuses members that it does not name."""
    closed = {} if beside is None else {"additionalProperties": beside}
    payload = {"type": "object", "properties": {"type": {"const": "order.paid"}}, **closed}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Paid"}}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Orders", "version": "1"},
        "webhooks": {"paid": {"post": {"requestBody": body}}},
        "components": {"schemas": {"Paid": payload}},
    }
    (tmp_path / "doc.json").write_text(json.dumps(document), encoding="utf-8")
    proposal = read_contract(str(tmp_path / "doc.json")).proposal
    assert ("ADA201" in proposal.profile.policy) is holds
    says = "true  # members that are not documented yet"
    none = "false  # members that are not documented yet: the document allows none"
    assert f"\nADA201 = {says if holds else none}\n" in profile_text(proposal)
