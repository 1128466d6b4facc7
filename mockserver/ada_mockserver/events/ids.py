"""Ids in the shapes that Ada uses, and the draws behind them.

Everything here takes the ``random.Random`` to draw from. Only its ``random()``, whose sequence Python
promises to keep for a given seed, and its ``getrandbits()``, which has never changed, are used, so one seed
gives the same values on every supported Python and platform; what pinned seeds give is tested on each.
"""

from __future__ import annotations

import string
from random import Random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["below", "between", "digits", "hexadecimal", "new_id", "object_id", "pick", "source", "uuid4"]

T = TypeVar("T")

_VARIANTS = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


def source(*parts: object) -> Random:
    """A generator of its own for the thing that ``parts`` name, independent of every other one."""
    return Random("/".join(map(str, parts)))  # noqa: S311 - reproducible test data, not security


def below(rng: Random, limit: int) -> int:
    """An integer from 0 up to, not including, ``limit`` (at most 2**53)."""
    return int(rng.random() * limit)


def between(rng: Random, low: int, high: int) -> int:
    """An integer from ``low`` to ``high``, both included."""
    return low + int(rng.random() * (high - low + 1))


def pick(rng: Random, choices: Sequence[T]) -> T:
    """One of ``choices``, which must not be empty."""
    return choices[below(rng, len(choices))]


def digits(rng: Random, count: int) -> str:
    """``count`` (at most 15) decimal digits, the first one not zero."""
    return str(between(rng, 10 ** (count - 1), 10**count - 1))


def hexadecimal(rng: Random, count: int) -> str:
    """``count`` lower-case hexadecimal digits."""
    return f"{rng.getrandbits(4 * count):0{count}x}"


def object_id(rng: Random, created_at: int) -> str:
    """An id of a conversation, channel or end user: 24 hexadecimal digits, as in Ada's examples.

    The shape is MongoDB's ObjectId, so the first eight digits are the Unix time of creation in seconds and
    ids sort by time; here the next three are the milliseconds, so that they do within a second too.
    ``created_at`` is in Unix milliseconds, as everywhere in the event factory.
    """
    return f"{created_at // 1_000:08x}{created_at % 1_000:03x}{rng.getrandbits(52):013x}"


def uuid4(rng: Random) -> str:
    """An id of a message or an audit event: a random (version 4) UUID in lower case."""
    raw = rng.getrandbits(128).to_bytes(16).hex()
    return f"{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-{_VARIANTS[raw[16]]}{raw[17:20]}-{raw[20:]}"


def new_id(prefix: str, rng: Random) -> str:
    """An id in the form of Svix's, such as ``ep_`` or ``atmpt_`` and 27 base62 characters."""
    return prefix + "".join(_BASE62[byte % 62] for byte in rng.randbytes(27))
