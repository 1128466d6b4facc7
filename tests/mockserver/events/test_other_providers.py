"""Events of providers whose people and stories are not known, told from a document that is made up here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ada_mockserver.events.other_providers import ordinary_event
from ada_schemas.contract.contract import contract_in
from ada_schemas.variation.enumeration import variations
from support.other_provider import directory_of

if TYPE_CHECKING:
    from pathlib import Path

PROFILE = """
provider = "Orders"
[event]
type = "type"
"""
TEXT = {"type": "string"}
UUID = {"type": "string", "format": "uuid"}


def objects(**members: Any) -> dict[str, Any]:
    """The schema of an object that has all of these members."""
    return {"type": "object", "required": list(members), "properties": members}


def told(folder: Path, data: dict[str, Any], *, event: str = "order.paid", key: str = "1") -> dict[str, Any]:
    """The data of an event with these members."""
    schema = objects(type={"const": event}, data=objects(**data))
    contract = contract_in(directory_of(folder, PROFILE, {event: schema}))
    made: dict[str, Any] = ordinary_event(contract.event(event), seed="1", key=key, ordinal=0)["data"]
    return made


def test_an_undocumented_id_is_the_same_wherever_the_names_say_the_same_thing(tmp_path: Path) -> None:
    """A foreign key leads to the thing of its name, whether ids are texts, UUIDs or numbers."""
    for number, form in enumerate((TEXT, UUID, {"type": "integer"})):
        data = {
            "id": form,
            "product_id": form,
            "product": objects(id=form),
            "prices": {"type": "array", "items": objects(id=form, productId=form, order_id=form)},
        }
        made = told(tmp_path / str(number), data)
        (price,) = made["prices"]
        assert made["product_id"] == made["product"]["id"] == price["productId"]
        assert price["order_id"] == made["id"]
        assert len({made["id"], made["product_id"], price["id"]}) == 3


def test_entries_of_a_list_have_ids_of_their_own(tmp_path: Path) -> None:
    """However many are demanded, and however many more a variation adds; what they refer to stays the same."""
    line = objects(id=TEXT, product_id=UUID, name=TEXT)
    lines = {"type": "array", "items": line, "minItems": 2}
    schema = objects(
        type={"const": "order.paid"}, data=objects(lines=lines, parts={**lines, "items": objects(id=UUID)})
    )
    contract = contract_in(directory_of(tmp_path, PROFILE, {"order.paid": schema}))
    event = ordinary_event(contract.event("order.paid"), seed="1", key="1", ordinal=0)
    more = {
        v.id: v.apply(event)["data"] for v in variations(contract, "order.paid") if v.id.endswith(":many")
    }
    for made, each, count in (
        (event["data"], "lines", 2),
        (event["data"], "parts", 2),
        (more["order.paid/list:data.lines:many"], "lines", 102),
        (more["order.paid/list:data.parts:many"], "parts", 102),
    ):
        assert len({entry["id"] for entry in made[each]}) == count
        assert len({entry.get("product_id") for entry in made[each]}) == 1
