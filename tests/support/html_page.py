"""An HTML page as elements, for tests that ask what is in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

__all__ = ["Element", "read_page"]


@dataclass
class Element:
    """An element of a page: its text is that of all that is in it."""

    tag: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def all(self, tag: str = "", **attributes: str) -> list[Element]:
        """What is in it and has this tag and these attributes; ``class_`` names one of its classes."""
        kind = attributes.pop("class_", None)
        found = [inner for child in self.children for inner in (child, *child.all())]
        return [
            e
            for e in found
            if tag in ("", e.tag)
            and attributes.items() <= e.attributes.items()
            and (kind is None or kind in e.attributes.get("class", "").split())
        ]

    def one(self, tag: str = "", **attributes: str) -> Element:
        (found,) = self.all(tag, **attributes)
        return found


class Page(HTMLParser):
    """Reads a page; what is not closed, or closed by something else, is an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.root = Element("", {})
        self.open = [self.root]
        self.feed(text)
        self.close()
        assert self.open == [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        assert len(attrs) == len(element.attributes), "an attribute is there twice"
        self.open[-1].children.append(element)
        if tag not in ("meta", "link", "col", "input", "wbr"):
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


def read_page(text: str) -> Element:
    """The page; raises AssertionError where it is not well formed, or holds a comment."""
    return Page(text).root
