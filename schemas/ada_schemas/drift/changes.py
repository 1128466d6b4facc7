"""One difference between two contracts, and what it means for a consumer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["CLASSES", "Change", "shown"]

CLASSES = {
    "breaking": "what a consumer reads is gone or is something else",
    "loosened": "what may come is less bound, in ways that the versioning policy announces",
    "additive": "something new, which the versioning policy announces and a consumer must survive",
    "tightened": "what may come is more bound; a consumer of the old contract takes all of it",
    "documentation": "nothing changes on the wire",
    "corrected": "the published document is wrong, silent or too loose here",
}
"""The classes, the gravest first, with what each means to a consumer (/reference/introduction/versioning)."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    ``event`` is the event type (empty for the document as a whole), ``path`` a shape path in its payload
    (empty for the event itself, ``header:name`` for a header), ``before`` and ``after`` are JSON values where
    there is something short to show. ``reason`` and ``source`` are those of a correction.
    """

    kind: str
    event: str
    path: str
    what: str
    before: Any = None
    after: Any = None
    reason: str = ""
    source: str = ""

    @property
    def place(self) -> str:
        """Event and path as one name."""
        event = "every event" if self.event == "*" else self.event
        return " ".join(part for part in (event, self.path) if part) or "the document"


def shown(values: Any) -> str:
    """Values as a phrase: ``a, b and c``."""
    texts = [str(v) if isinstance(v, str) else repr(v) for v in values]
    return " and ".join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else "".join(texts)
