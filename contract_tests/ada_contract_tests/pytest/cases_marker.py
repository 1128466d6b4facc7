"""``@pytest.mark.ada(events=..., rules=...)``: a test written by hand, once a case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ada_contract_tests.pytest.bridge import bridge_of
from ada_contract_tests.pytest.settings import contract_of
from ada_contract_tests.suites.selection import Selection
from ada_schemas.errors import AdakitError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ada_contract_tests.case import Case
    from ada_schemas.contract.contract import Contract

__all__ = ["parametrize"]

ORDINARY = "ADA1xx,ADA2xx"
"""The rules of a test that names none: what a consumer must accept."""


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Give ``ada_case`` the cases that the marker asks for, each a single request.

    A marker that fits nothing is one clear error of the collection.
    """
    marker = metafunc.definition.get_closest_marker("ada")
    try:
        contract = contract_of(metafunc.config)
        cases = _chosen(marker.args if marker else (), dict(marker.kwargs) if marker else {}, contract)
        known = bridge_of(metafunc.config).known_failures
    except AdakitError as error:
        said = f"adakit: {metafunc.definition.name}: {error}"
        raise pytest.fail.Exception(said, pytrace=False) from None
    left = [case for case in cases if not known.ignores(case, case.rule)]
    metafunc.parametrize("ada_case", left, ids=[case.id for case in left], indirect=True)


def _chosen(args: Sequence[Any], options: dict[str, Any], contract: Contract | None) -> list[Case]:
    events, rules = _texts("events", options.pop("events", ())), _texts("rules", options.pop("rules", ()))
    if args or options:
        given = next(iter(options), None) or repr(args[0])
        raise UsageError(
            f"The marker ada does not take {given}.", next_step="It takes events=... and rules=..., by name."
        )
    chosen = Selection(select=",".join(rules) or ORDINARY, events=events).choose(contract)
    single = [case for case in chosen if not case.needs]
    if not single:
        raise UsageError(
            f"The cases of {', '.join(rules)} are several requests each, or about the wire.",
            next_step="ada_case is one request; pytest runs these cases against ada_target.",
        )
    return single


def _texts(name: str, given: Any) -> tuple[str, ...]:
    texts = (given,) if isinstance(given, str) else given
    if not isinstance(texts, (list, tuple)) or not all(isinstance(text, str) for text in texts):
        raise UsageError(
            f"{name} of the marker ada is {given!r}.", next_step="Give a text or a list of texts."
        )
    return tuple(texts)
