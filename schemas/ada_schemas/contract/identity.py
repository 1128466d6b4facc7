"""Which members tell one thing from another, and which thing it is: what their names say."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.fitting import fits

if TYPE_CHECKING:
    from ada_schemas.contract.shapes import Event, Shape

__all__ = ["is_id", "numbered", "thing_of"]

ID = re.compile(r"(?:.*[a-z0-9_-])?(?:id|ID|Id|uuid|guid)|id|reference|(?:.*_)?reference")
"""The names of members that tell one thing from another."""
OWN = ("id", "uuid", "guid", "token")
"""The names of a member by which a thing is told from others of its kind."""
AROUND = ("data", "object", "payload", "resource", "attributes", "entity", "record", "body", "content")
"""Names of members that hold a thing, and do not say which."""


def is_id(name: str) -> bool:
    """True for the name of a member that tells one thing from another."""
    return ID.fullmatch(name) is not None


def numbered(entries: Shape, entry: Any, number: int, provider: str) -> Any:
    """An entry of a list with ids of its own, which differ from number to number, where its shape allows any.

    Those of other things, as ``product_id`` is, stay, unless it has none beside them.
    """
    if not isinstance(entry, dict):
        return entry
    ids = [name for name in entry if is_id(name) or name in OWN]
    own = [name for name in ids if _without(provider, _words(name)) in OWN] or ids
    made = {**entry, **{name: _numbered(entry[name], number) for name in own}}
    return made if fits(entries, made) else entry


def _numbered(value: Any, number: int) -> Any:
    """A number is counted on; of a text the last three letters and digits are replaced."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value + number
    if not isinstance(value, str):
        return value
    digits = list(f"{number:03}")
    characters = [digits.pop() if c.isalnum() and digits else c for c in reversed(value)]
    return "".join(reversed(characters)) if not digits else value


def thing_of(event: Event, path: tuple[str, ...]) -> str:
    """The thing that an id at a path of a payload is of: ``product`` for ``product_id`` and ``product.id``.

    The id of what an event is about is of the thing that its name names: ``order`` in ``order.paid``.
    """
    return _thing(event.name, event.profile.provider, path)


@lru_cache(maxsize=4096)
def _thing(event: str, provider: str, path: tuple[str, ...]) -> str:
    *around, name = [step for step in path if step != "*"] or [""]
    own = _without(provider, _words(name))
    stem = re.sub(r"_?(id|uuid|guid|token)$", "", own)
    if stem:
        return stem
    holder = next((_words(step) for step in reversed(around) if _words(step) not in AROUND), "")
    return _singular(_without(provider, holder)) if holder else _subject(event)


def _subject(event: str) -> str:
    """What happens to it is said last: ``order.paid``, ``order_paid``, ``orderPaid``."""
    parts = event.split(".") if "." in event else _words(event).split("_")
    return _words("_".join(parts[:-1] if "." not in event else parts[-2:-1]))


def _words(name: str) -> str:
    """A name in small letters, with ``_`` between its words."""
    return re.sub(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])", "_", name).strip("_").lower()


def _without(provider: str, words: str) -> str:
    """Without the provider's own name before the others, as in ``lago_id``."""
    return words.removeprefix(f"{_words(provider)}_") if provider else words


def _singular(words: str) -> str:
    if words.endswith("ies"):
        return f"{words[:-3]}y"
    return words[:-1] if words.endswith("s") and not words.endswith("ss") else words
