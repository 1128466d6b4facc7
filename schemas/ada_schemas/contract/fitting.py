"""Values held against shapes: as the sender may send them, and as a receiver must take them."""

from __future__ import annotations

import json
import math
import re
from datetime import date, datetime, time
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

import jsonschema_rs

from ada_schemas.contract.paths import json_type
from ada_schemas.contract.shapes import Anything, Array, Branch, Mapping, Object, Scalar, Shape, Union

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["accepts", "branch_of", "fits", "has_pattern", "is_pattern", "is_within"]


def fits(shape: Shape, value: Any) -> bool:
    """True for a value of the shape, in which nothing is undocumented."""
    if value is None:
        return shape.nullable or (isinstance(shape, Anything) and not shape.sends)
    match shape:
        case Scalar():
            return _of_kind(shape, value) and is_within(shape, value)
        case Anything():
            return not shape.sends or json_type(value) in shape.sends
        case Array():
            return isinstance(value, list) and _has_entries(shape, value)
        case Mapping():
            return isinstance(value, dict) and _has_keys(shape, value)
        case Object():
            return isinstance(value, dict) and _has_members(shape, value)
        case Union():
            branch = _told(shape, value)
            if shape.discriminator:
                return branch is not None and fits(branch.shape, value)
            return any(fits(branch.shape, value) for branch in shape.branches)


def accepts(shape: Shape, value: Any) -> bool:
    """True for a value that the open schema of the shape takes: with members and texts not yet documented."""
    if value is None:
        return shape.nullable or isinstance(shape, Anything)
    match shape:
        case Scalar():
            kind = json_type(value)
            return (
                value in shape.enum or kind in shape.types or (kind == "integer" and "number" in shape.types)
            )
        case Array():
            return isinstance(value, list) and all(accepts(shape.items, inner) for inner in value)
        case Mapping():
            return isinstance(value, dict) and all(accepts(shape.values, inner) for inner in value.values())
        case Object():
            return isinstance(value, dict) and all(
                accepts(member.shape, value[member.name]) if member.name in value else not member.required
                for member in shape.members
            )
        case Union():
            branch = _told(shape, value)
            if branch is not None:
                return accepts(branch.shape, value)
            if shape.discriminator:
                return isinstance(value, dict) and isinstance(value.get(shape.discriminator), str)
            return any(accepts(each.shape, value) for each in shape.branches)
    return True


def branch_of(union: Union, value: Any) -> Branch | None:
    """The branch that a value is of: that which its discriminator names, else the first that it fits.

    Where it fits none it is of the first that takes it, None where there is no such branch.
    """
    if union.discriminator:
        return _told(union, value)
    for holds in (fits, accepts):
        found = next((branch for branch in union.branches if holds(branch.shape, value)), None)
        if found is not None:
            return found
    return None


def _told(union: Union, value: Any) -> Branch | None:
    tag = value.get(union.discriminator) if union.discriminator and isinstance(value, dict) else None
    return union.branch(tag) if isinstance(tag, str) else None


def _has_entries(shape: Array, value: list[Any]) -> bool:
    most = math.inf if shape.max_items is None else shape.max_items
    if not shape.min_items <= len(value) <= most:
        return False
    if shape.unique and len({json.dumps(each, sort_keys=True) for each in value}) < len(value):
        return False
    shapes = [*shape.first[: len(value)], *[shape.items] * (len(value) - len(shape.first))]
    return all(fits(inner, each) for inner, each in zip(shapes, value, strict=True))


def _has_keys(shape: Mapping, value: dict[str, Any]) -> bool:
    most = math.inf if shape.max_entries is None else shape.max_entries
    if not shape.min_entries <= len(value) <= most:
        return False
    if shape.keys is not None and not all(has_pattern(shape.keys, key) for key in value):
        return False
    return all(fits(shape.values, inner) for inner in value.values())


def _has_members(shape: Object, value: dict[str, Any]) -> bool:
    known = {member.name: member for member in shape.members}
    if not all(member.name in value for member in shape.members if member.required):
        return False
    for name, inner in value.items():
        if name in known:
            if not fits(known[name].shape, inner):
                return False
        elif name not in shape.others and (shape.extra is None or not fits(shape.extra, inner)):
            return False
    return True


def _of_kind(shape: Scalar, value: Any) -> bool:
    if shape.enum:
        return value in shape.enum
    kind = json_type(value)
    return kind in shape.types or (kind == "integer" and "number" in shape.types)


def is_within(shape: Scalar, value: Any) -> bool:
    """True for a value that breaks no limit of the scalar that it is of."""
    limits = shape.limits
    if isinstance(value, str):
        if len(value) < (limits.min_length or 0) or (
            shape.max_length is not None and len(value) > shape.max_length
        ):
            return False
        if shape.may_be_empty and not value:
            return True
        return has_pattern(limits.pattern, value) and _has_format(shape.format, value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    least, most, above, below = (
        limits.minimum,
        limits.maximum,
        limits.exclusive_minimum,
        limits.exclusive_maximum,
    )
    return (
        (least is None or value >= least)
        and (most is None or value <= most)
        and (above is None or value > above)
        and (below is None or value < below)
        and (limits.multiple_of is None or _is_multiple(value, limits.multiple_of))
    )


def _is_multiple(value: float, of: float) -> bool:
    if isinstance(of, int):
        return value % of == 0
    ratio = value / of
    return math.isfinite(ratio) and ratio == int(ratio)


@lru_cache(maxsize=1_024)
def _matcher(pattern: str) -> Any:
    """What holds texts against a pattern, without ever taking long; None for what is no pattern."""
    try:
        return jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except (ValueError, jsonschema_rs.ValidationError):
        return None


def is_pattern(text: str) -> bool:
    """True for a regular expression as JSON Schema has them."""
    return _matcher(text) is not None


def has_pattern(pattern: str | None, text: str) -> bool:
    """True for a text in which a pattern finds something; a pattern that is none finds all."""
    matcher = _matcher(pattern) if pattern is not None else None
    try:
        return matcher is None or bool(matcher.is_valid(text))
    except (UnicodeEncodeError, SystemError):  # a lone surrogate, which Rust's texts cannot hold
        return True


def _is_date_time(text: str) -> object:
    return "T" in text.upper() and datetime.fromisoformat(text).tzinfo


def _is_uri(text: str) -> object:
    return urlsplit(text).scheme and " " not in text


def _is_email(text: str) -> object:
    return re.fullmatch(r"[^@\s]+@[^@\s]+", text)


def _is_host(text: str) -> object:
    return re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", text)


def _is_time(text: str) -> object:
    return time.fromisoformat(text) is not None


def _is_date(text: str) -> object:
    return len(date.fromisoformat(text).isoformat()) == len(text)


_IS: dict[str, Callable[[str], object]] = {
    "date-time": _is_date_time,
    "date": _is_date,
    "time": _is_time,
    "uri": _is_uri,
    "email": _is_email,
    "uuid": UUID,
    "ipv4": IPv4Address,
    "ipv6": IPv6Address,
    "hostname": _is_host,
}


def _has_format(form: str | None, text: str) -> bool:
    check = _IS.get(form or "")
    try:
        return check is None or bool(check(text))
    except ValueError:
        return False
