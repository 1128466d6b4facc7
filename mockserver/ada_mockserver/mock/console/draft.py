"""A draft of an event: what it is made from, and what the contract says about it while it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ada_mockserver.events.factory import EventFactory
from ada_mockserver.events.payload import encode
from ada_mockserver.events.variants import variant_of, variation_named
from ada_mockserver.mock.console.payload_review import Review, review
from ada_mockserver.mock.console.payload_view import payload_lines
from ada_schemas.errors import UsageError
from ada_schemas.shown import shown_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ada_mockserver.mock.console.payload_view import Line
    from ada_schemas.contract.contract import Contract

__all__ = ["LONGEST_TYPE", "NO_TYPE", "Draft", "checked", "drafted_case", "drafted_event", "written"]

NO_TYPE = "(no type)"
"""The type under which an event is kept that says none."""

LONGEST_TYPE = 200


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft that was checked; ``refused`` says why it cannot be sent, "" where it can.

    ``body`` are the bytes that would be sent; ``undocumented`` names the members that the contract does not.
    """

    reviewed: Review
    refused: str
    body: bytes = b""
    undocumented: Sequence[str] = ()

    @property
    def type(self) -> str:
        """The type under which it is kept and filtered: what the database can hold of that which it says."""
        said = self.reviewed.type.replace("\0", "").encode("utf-8", "replace").decode()
        return said[:LONGEST_TYPE] or NO_TYPE


def checked(text: str, contract: Contract, *, told: str = "") -> Draft:
    """Check the text of a draft; ``told`` is its type where payloads of the contract do not say theirs.

    Any JSON object can be sent, whatever the contract says: what a consumer makes of it is the question.
    """
    reviewed = review(text, contract, told=told)
    if reviewed.unread:
        return Draft(reviewed, reviewed.unread)
    if not isinstance(reviewed.payload, dict):
        return Draft(reviewed, "An event is a JSON object, in braces.")
    try:
        body = encode(reviewed.payload)
    except UsageError as error:
        return Draft(reviewed, error.what)
    return Draft(reviewed, "", body, tuple(_undocumented(payload_lines(reviewed))))


def _undocumented(line: Line) -> Iterator[str]:
    if line.undocumented:
        yield line.place
    for each in line.inner:
        yield from _undocumented(each)


def written(payload: Any) -> str:
    """A payload as the text of a draft, a member a line."""
    return shown_json(payload, indent=2)


def drafted_event(name: str, *, seed: int, contract: Contract) -> dict[str, Any]:
    """An ordinary event of a contract; raises `UsageError` for one that it does not name."""
    return EventFactory(seed=seed, contract=contract).event(name)


def drafted_case(case_id: str, *, seed: int, contract: Contract) -> dict[str, Any]:
    """The event of a case of the contract check, the same as ``adakit generate --case`` makes it.

    Raises `UsageError` for a case that is about something else than the members of an event.
    """
    found = variation_named(contract, case_id)
    if found is not None:
        return variant_of(found, seed=seed, contract=contract)
    raise UsageError(
        f"The case '{case_id[:120]}' cannot be edited here: it is not about the members of an event.",
        next_step=f"Repeat it with: adakit check URL --case {case_id[:120]} --seed {seed}",
    )
