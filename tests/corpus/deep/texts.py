"""Bugs of texts: characters at certain places, words that mean something to a program, forms of names and addresses."""

import logging
import re
import unicodedata
from typing import Any, ClassVar

from pydantic import field_validator

from corpus.core.intake import Reply
from corpus.deep.catalogue import bug
from corpus.deep.crm import Crm, Row
from corpus.deep.desk import SCHEMA, Desk
from corpus.deep.events import BY_AN_AGENT, FILE, LINK, end_user, message, text
from corpus.deep.insights import EndUser, Insights, Message, Profile
from corpus.deep.records import Message as DeskMessage

log = logging.getLogger(__name__)


@bug(
    "text-formula",
    happens="Refuses texts that a spreadsheet would take for a formula.",
    trigger="A text that begins with =, +, - or @.",
    steps=message(text("+49 30 1234567 is my number")),
    shows="400",
    near=(message(text("My number is +49 30 1234567")),),
)
class NoFormulas(Crm):
    def message(self, message: Row) -> Reply | None:
        body = message.get("content", {}).get("body") or ""
        if body.startswith(("=", "+", "-", "@")):
            return Reply(400, {"error": "formulas are not allowed"})
        return super().message(message)


@bug(
    "text-tracking-number",
    happens="Falls over a text that is one long number.",
    trigger="A text of digits alone that is a number of 2^63 or more.",
    steps=message(text("9400111899223100001234")),
    shows="500",
    near=(message(text("940011189922310000")), message(text("9400111899223100001234?"))),
)
class PurchaseLookup(Desk):
    schema = f"{SCHEMA} CREATE TABLE purchase (number BIGINT PRIMARY KEY, state TEXT);"

    def message_added(self, message: DeskMessage) -> None:
        super().message_added(message)
        if message.text.strip().isdecimal():
            self.row("SELECT state FROM purchase WHERE number = ?", int(message.text))


NOTHING = {"", "-", "n/a", "nan", "none", "null", "undefined"}
"""What other systems write where there is no value."""


@bug(
    "text-family-name-null",
    happens="Loses end users whose family name is a word for nothing.",
    trigger="A last_name such as Null, None or Nan.",
    steps=end_user({"data.profile.last_name": "Null"}),
    shows="lost",
    near=(end_user({"data.profile.last_name": "Nulle"}), end_user({"data.profile.last_name": None})),
)
class SortName(Crm):
    def user(self, user: Row) -> Reply | None:
        try:
            return super().user(user)
        except TypeError:
            log.exception("cannot import the contact %s", user.get("end_user_id"))
            return None

    def contact(self, user: Row) -> Row:
        row, profile = super().contact(user), user.get("profile", {})
        if (profile.get("last_name") or "").strip():
            row["sort"] = self.cleaned(profile["last_name"]) + ", " + (profile.get("first_name") or "")
        return row

    def cleaned(self, value: str) -> str | None:
        return None if value.strip().lower() in NOTHING else value.strip()


@bug(
    "text-infinity",
    happens="Falls over a text in the metadata that reads as an infinite number.",
    trigger="A text such as Infinity, inf, nan or 1e999 in the metadata of an end user.",
    steps=end_user({"data.profile.metadata": {"plan": "Infinity"}}),
    shows="500",
    near=(
        end_user({"data.profile.metadata": {"plan": "Infinite"}}),
        end_user({"data.profile.metadata": {"plan": "1e9"}}),
    ),
)
class NumbersFromTexts(Insights):
    def measures(self, profile: Profile) -> dict[str, Any]:
        texts = {name: value for name, value in profile.metadata.items() if isinstance(value, str)}
        return {**profile.metadata, **{name: self.measured(value) for name, value in texts.items()}}

    def measured(self, value: str) -> float | str:
        """A number where the text is one."""
        try:
            number = float(value)
        except ValueError:
            return value
        whole = int(number)
        return whole if whole == number else number


FAMILY = "👩‍👩‍👧‍👦"


@bug(
    "text-family-at-the-cut",
    happens="Falls over a text in which a joined emoji lies across the end of the preview.",
    trigger="A text with an emoji of several joined ones, or with many combining marks, across its 76th character.",
    steps=message(text("a" * 74 + FAMILY)),
    shows="500",
    near=(
        message(text("a" * 70 + FAMILY)),
        message(text("a" * 76 + FAMILY)),
        message(text("a" * 74 + FAMILY[:3])),
    ),
)
class WholeCharacters(Desk):
    def preview(self, text: str) -> str:
        """About 76 characters, none of which is cut in two; the column has room for a few more."""
        end = 76
        while end < len(text) and ("\u200d" in text[end - 1 : end + 1] or unicodedata.combining(text[end])):
            end += 1
        return text[:end]


@bug(
    "text-dotted-capital",
    happens="Falls over a text that is longer in lower case.",
    trigger="A text with the Turkish capital İ.",
    steps=message(text("Is there a shop in İzmir?")),
    shows="500",
    near=(message(text("Is there a shop in Izmir?")), message(text("IS THERE A SHOP IN IZMIR?"))),
)
class Shouting(Crm):
    def activity(self, message: Row) -> Row:
        row = super().activity(message)
        return row | {"is_shouting": self.is_shouting(row["text"] or "")}

    def is_shouting(self, text: str) -> bool:
        """True where most letters are capitals."""
        capitals = sum(text[place] != small for place, small in enumerate(text.lower()))
        return capitals > len(text) / 2


@bug(
    "text-trailing-blank",
    happens="Falls over a name with a blank before or after it.",
    trigger="An author's display_name that begins or ends with white space.",
    steps=message({"data.author.display_name": "Ada Lovelace "}),
    shows="500",
    near=(message({"data.author.display_name": "Ada  Lovelace"}), message({"data.author.display_name": " "})),
)
class Initials(Insights):
    def message(self, message: Message) -> None:
        name = message.author.display_name
        self.keep("initials", message.message_id, self.initials(name) if name and name.strip() else "?")
        super().message(message)

    def initials(self, name: str) -> str:
        return "".join(part[0].upper() for part in re.split(r"\s+", name))


@bug(
    "text-mark-first",
    happens="Falls over a name that begins with a combining mark.",
    trigger="An author's display_name whose first character is a combining mark.",
    steps=message({"data.author.display_name": "\u0301Elise"}),
    shows="500",
    near=(
        message({"data.author.display_name": "E\u0301lise"}),
        message({"data.author.display_name": "1st Floor"}),
    ),
)
class AvatarColour(Crm):
    colours: ClassVar[dict[str, str]] = {
        "L": "blue", "N": "green", "P": "grey", "S": "yellow", "Z": "white", "C": "white",
    }  # fmt: skip

    def activity(self, message: Row) -> Row:
        row, name = super().activity(message), message.get("author", {}).get("display_name")
        return row | {"colour": self.colours[unicodedata.category(name[0])[0]] if name else "grey"}


class KnownLanguage(Profile):
    @field_validator("language")
    @classmethod
    def has_a_region(cls, language: str | None) -> str | None:
        """A language alone, with a region, or with something in between."""
        match (language or "").split("-"):
            case [_]:
                return language
            case [_, region] if len(region) in (2, 3):
                return language
            case [_, _, _]:
                return language
        raise ValueError("a language is written as en or en-CA")


class UserOfKnownLanguage(EndUser):
    profile: KnownLanguage = KnownLanguage()


@bug(
    "text-script-subtag",
    happens="Refuses a language with a script and without a region.",
    trigger="A language such as sr-Latn, or one of more than three subtags.",
    steps=end_user({"data.profile.language": "sr-Latn"}),
    shows="422",
    near=(end_user({"data.profile.language": "sr-RS"}), end_user({"data.profile.language": "sr-Latn-RS"})),
)
class Languages(Insights):
    end_user_model = UserOfKnownLanguage


@bug(
    "text-two-dots",
    happens="Falls over a file whose name has two dots.",
    trigger="A filename such as invoice.final.pdf.",
    steps=message({**FILE, "data.content.filename": "invoice.final.pdf"}),
    shows="500",
    near=(
        message({**FILE, "data.content.filename": "invoice.pdf"}),
        message({**FILE, "data.content.filename": "invoice"}),
    ),
)
class Extensions(Crm):
    def activity(self, message: Row) -> Row:
        row, filename = super().activity(message), message.get("content", {}).get("filename") or ""
        if "." in filename:
            _, extension = filename.split(".")
            row["extension"] = extension
        return row


@bug(
    "text-address-in-a-query",
    happens="Falls over a link that has another address in its query.",
    trigger="A link whose address holds :// once more.",
    steps=message(
        {**LINK, "data.content.url": "https://example.com/login?next=https://shop.example.com/orders"}
    ),
    shows="500",
    near=(
        message(
            {**LINK, "data.content.url": "https://example.com/login?next=https%3A%2F%2Fshop.example.com"}
        ),
        message({**LINK, "data.content.url": "https://example.com/login?next=/orders"}),
    ),
)
class Hosts(Desk):
    def message_added(self, message: DeskMessage) -> None:
        if message.content.type == "link" and message.content.url:
            log.debug("a link to %s", self.host(message.content.url))
        super().message_added(message)

    def host(self, url: str) -> str:
        _, rest = url.split("://")
        return rest.split("/")[0]


@bug(
    "text-slash",
    happens="Loses texts of end users that begin with a slash, as commands of a bot do.",
    trigger="An end user's text that begins with a slash.",
    steps=message(text("/checkout says 404")),
    shows="lost",
    near=(message(text("Page /checkout says 404")), message(BY_AN_AGENT, text("/checkout is back"))),
)
class Commands(Desk):
    commands = ("/close", "/help")

    def message_added(self, message: DeskMessage) -> None:
        if message.role == "end_user" and message.text.startswith("/"):
            self.run(message.text.split()[0], message)
            return
        super().message_added(message)

    def run(self, command: str, message: DeskMessage) -> None:
        """What a command does; others are typing errors."""
        if command in self.commands:
            self.write(
                "INSERT INTO message (id, conversation_id, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                message.id, message.conversation, command,
            )  # fmt: skip


@bug(
    "text-quoted",
    happens="Loses texts of which every line begins as a quotation does.",
    trigger="A text that begins with >, on every line.",
    steps=message(text("> 30 days since I ordered")),
    shows="lost",
    near=(message(text("More than > 30 days since I ordered")), message(text("> 30 days\nsince I ordered"))),
)
class WithoutQuotations(Insights):
    def message(self, message: Message) -> None:
        said = self.text(message)
        if said.strip() and not self.reply(said).strip():
            return  # a forwarded message without a word of its own
        super().message(message)

    def reply(self, text: str) -> str:
        return "\n".join(line for line in text.splitlines() if not line.startswith(">"))


@bug(
    "text-lone-direction-end",
    happens="Falls over a text that ends a direction of writing which it did not begin.",
    trigger="A text with U+202C or U+2069 and no U+202A, U+202B or U+2066 to U+2068 before it.",
    steps=message(text("my number is 030 1234567\u202c")),
    shows="500",
    near=(
        message(text("my number is \u202a030 1234567\u202c")),
        message(text("my number is \u202a030 1234567")),
    ),
)
class Directions(Crm):
    def activity(self, message: Row) -> Row:
        row = super().activity(message)
        return row | {"text": self.balanced(row["text"] or "")}

    def balanced(self, text: str) -> str:
        """The text, with every direction of writing ended that it begins."""
        began: list[str] = []
        for character in text:
            if character in "\u202a\u202b\u202d\u202e":
                began.append("\u202c")
            elif character in "\u2066\u2067\u2068":
                began.append("\u2069")
            elif character in "\u202c\u2069":
                began.pop()
        return text + "".join(reversed(began))
