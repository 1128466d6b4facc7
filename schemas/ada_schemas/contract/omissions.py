"""What of a document cannot be used: collected place by place, told in one sentence a kind."""

from __future__ import annotations

from ada_schemas.errors import some_of

__all__ = ["Omissions", "UnusableError"]


class UnusableError(Exception):
    """A part of a document that cannot be used.

    ``one`` and ``several`` say why, of one place and of several, as a sentence about ``{}``.
    """

    def __init__(self, one: str, several: str) -> None:
        super().__init__(one)
        self.one = one
        self.several = several


class Omissions:
    """The places of a document that were left out, by the reason."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, str], dict[str, None]] = {}

    def note(self, place: str, why: UnusableError) -> None:
        """Remember that a place was left out."""
        self._places.setdefault((why.one, why.several), {})[place] = None

    def warnings(self, name: str) -> list[str]:
        """A sentence for each reason; ``name`` is what they call the document."""
        return [
            f"{name}: {some_of(list(places), one, several)}"
            for (one, several), places in self._places.items()
        ]
