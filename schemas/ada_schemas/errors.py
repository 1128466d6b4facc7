"""Every error that adakit raises on purpose.

AdakitError
├── UsageError            a bad option, file or name; nothing was done
│   ├── DocumentError     an OpenAPI, YAML or JSON document that cannot be used
│   └── MissingExtraError a feature whose optional dependency is not installed
├── SignatureError        a request whose signature does not verify
├── WireError             an attempt that got no complete HTTP answer
└── TargetError           a consumer that cannot be reached or loaded at all
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from ada_schemas.shown import shown, shown_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "AdakitError",
    "DocumentError",
    "MissingExtraError",
    "SignatureError",
    "TargetError",
    "UsageError",
    "WireError",
    "did_you_mean",
    "either",
    "some",
    "some_of",
    "unknown",
]


class AdakitError(Exception):
    """Base of every error of the kit.

    ``what`` names the thing and the reason in one sentence; ``next_step`` says what to do about it. Both may
    be printed as they are, whatever they were made from.
    """

    def __init__(self, what: str, *, next_step: str = "") -> None:
        self.what = shown(what)
        self.next_step = shown_lines(next_step)
        super().__init__(self.what)

    def __str__(self) -> str:
        return f"{self.what}\n  {self.next_step}" if self.next_step else self.what


class UsageError(AdakitError):
    """A bad option, file or name; nothing was done."""


class DocumentError(UsageError):
    """A document (OpenAPI, YAML, JSON) that cannot be read or used."""


class MissingExtraError(UsageError):
    """A feature whose optional dependency is not installed.

    ``feature`` is what was asked for, ``extra`` the name of the extra that brings it.
    """

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(
            f"{feature} needs the extra '{extra}', which is not installed.",
            next_step=f"Install it with: pip install 'adakit[{extra}]'",
        )
        self.feature = feature
        self.extra = extra


class SignatureError(AdakitError):
    """A request whose signature does not verify; ``reason`` is a short stable word for the cause."""

    def __init__(self, what: str, *, reason: str, next_step: str = "") -> None:
        super().__init__(what, next_step=next_step)
        self.reason = reason


class WireError(AdakitError):
    """An attempt that got no complete HTTP answer.

    ``kind`` is one of ``refused``, ``dns``, ``tls``, ``timeout``, ``dropped``, ``protocol``;
    ``elapsed`` is the time since the attempt began, in seconds.
    """

    def __init__(self, what: str, *, kind: str, elapsed: float = 0.0, next_step: str = "") -> None:
        super().__init__(what, next_step=next_step)
        self.kind = kind
        self.elapsed = elapsed


class TargetError(AdakitError):
    """A consumer that cannot be reached or loaded at all.

    ``usage`` is true where the way it was named is at fault (a wrong ``module:app``), false where
    nothing answers (refused, DNS, TLS).
    """

    def __init__(self, what: str, *, usage: bool, next_step: str = "") -> None:
        super().__init__(what, next_step=next_step)
        self.usage = usage


def unknown(what: str, name: str, known: Iterable[str], *, next_step: str) -> UsageError:
    """A UsageError for a name that is none of ``known``: it suggests the nearest before ``next_step``."""
    steps = (did_you_mean(name.removeprefix("v1."), known), next_step)
    return UsageError(f"There is no {what} {name!r}.", next_step=" ".join(filter(None, steps)))


def did_you_mean(name: str, known: Iterable[str], *, most: int = 1, prefix: str = "") -> str:
    """``Did you mean a or b?``, with at most ``most`` similar names, else nothing."""
    near = difflib.get_close_matches(name, list(known), n=most)
    return f"Did you mean {either(prefix + each for each in near)}?" if near else ""


def some(names: Sequence[str], most: int = 3) -> str:
    """Names as a list, of which the first few are named: ``a, b, c and 5 more``."""
    *others, last = names if len(names) <= most else [*names[:most], f"{len(names) - most} more"]
    return f"{', '.join(others)} and {last}" if others else last


def some_of(names: Sequence[str], one: str, several: str) -> str:
    """A phrase about names, in the form for one of them or for several: ``{}`` stands for the list."""
    return (one if len(names) == 1 else several).format(some(names))


def either(names: Iterable[str]) -> str:
    """Names as a choice: ``a, b or c``."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last
