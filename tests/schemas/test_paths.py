"""Paths of members whatever their names are: made, taken apart, followed."""

from __future__ import annotations

from functools import reduce

import pytest

from ada_schemas.contract.paths import (
    ABSENT,
    apart,
    branched,
    branches_along,
    every,
    get,
    joined,
    put,
    remove,
    steps,
    through_entries,
    union_of,
    within,
)
from ada_schemas.contract.shapes import payload_path

NAMES = ["plain", "order.id", "a:b", "*", "\\", "a\\.b", ".", "x y", "ключ", "a\nb", "7", "a/b"]


@pytest.mark.parametrize("name", NAMES)
def test_a_member_of_any_name(name: str) -> None:
    """The path of a member leads to it, and to nothing else, wherever its name has what separates names."""
    path = joined(joined("data", name), "id")
    payload = {"data": {name: {"id": 1, "b": 2}, "order": {"id": 3}, "a": {"b": {"id": 4}}}}
    others = {"order": {"id": 3}, "a": {"b": {"id": 4}}}
    assert steps(path) == ["data", name, "id"]
    assert apart(path) == (joined("data", name), "id")
    assert apart(joined("data", name)) == ("data", name)
    assert get(payload, path) == 1
    assert list(every(payload, path)) == [1]
    assert put(payload, path, 5) == {"data": {name: {"id": 5, "b": 2}, **others}}
    assert remove(payload, path) == {"data": {name: {"b": 2}, **others}}
    assert get(remove(payload, path), path) is ABSENT
    assert not through_entries(path)


@pytest.mark.parametrize("name", NAMES)
def test_a_branch_of_any_tag(name: str) -> None:
    """A branch is told from names that only look as if one were named."""
    union = joined("data", name)
    branch = branched(union, name)
    inner = joined(branch, name)
    assert payload_path(inner) == joined(union, name)
    assert list(branches_along(inner)) == [(union, name)]
    assert (union_of(branch), union_of(inner), union_of(union)) == (union, None, None)
    assert apart(inner) == (branch, name)


def test_how_paths_are_written() -> None:
    """Plain names stay as they are: case ids, corrections and reports have them."""
    assert reduce(joined, ("data", "metadata"), "") == "data.metadata"
    assert joined("data", "order.id") == r"data.order\.id"
    assert branched("data.content", "link") == "data.content:link"
    assert branched("data.content", "v1:link") == r"data.content:v1\:link"
    assert within("tags") == "tags.*"
    assert payload_path("data.content:link.url") == "data.content.url"
    assert payload_path(r"data.a\:b:c.d") == r"data.a\:b.d"
    assert (steps(""), apart("type"), union_of(":a")) == ([], ("", "type"), "")


def test_the_entries_of_maps_and_lists() -> None:
    """A star stands for every entry, unless it is a name."""
    payload = {"a": [{"id": 1}, {"id": 2}, 3], "*": {"x": {"id": 4}}}
    assert list(every(payload, "a.*.id")) == [1, 2]
    assert list(every(payload, joined("", "*"))) == [{"x": {"id": 4}}]
    assert list(every(payload, joined(within(joined("", "*")), "id"))) == [4]
    assert list(every(payload, "a")) == [payload["a"]]
    assert [through_entries(path) for path in ("*", "a.*", "a.*.id", "a.*:b.c", r"\*", r"a.b\.\*", "a")] == [
        True, True, True, True, False, False, False
    ]  # fmt: skip
