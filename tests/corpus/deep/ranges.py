"""Bugs of lengths and numbers: what lies between two limits, or just beyond one."""

import json
import logging
import math
import string
import uuid
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field

from corpus.core.intake import Data, Event, Reply
from corpus.deep.catalogue import bug
from corpus.deep.crm import Crm, Row
from corpus.deep.desk import Desk
from corpus.deep.events import FILE, created, end_user, message, object_id, text
from corpus.deep.insights import Channel, EndUser, Insights, Message, Profile
from corpus.deep.records import Message as DeskMessage

log = logging.getLogger(__name__)


def words(length: int) -> str:
    """An ordinary text of that many characters."""
    return ("It rained all day, and still no parcel. " * (length // 40 + 1))[: length - 1] + "."


def metadata(value: Any) -> dict[str, Any]:
    """One more value in the metadata of an end user."""
    return {"data.profile.metadata": {"plan": "pro", "score": value}}


@bug(
    "range-text-message-parts",
    happens="Falls over texts that make five parts of a text message.",
    trigger="A text of 613 to 765 characters.",
    steps=message(text(words(680))),
    shows="500",
    near=(message(text(words(612))), message(text(words(766)))),
)
class TextMessage(Crm):
    numbers = "①②③④"

    def activity(self, message: Row) -> Row:
        row = super().activity(message)
        return row | {"parts": self.parts(row["text"] or "")}

    def parts(self, text: str) -> list[str]:
        """As a text message: in one part, in several of 153 characters, or as a link where it is long."""
        if len(text) <= 160:
            return [text]
        if len(text) > 765:
            return [f"{text[:100]}… https://crm.example.com/timeline"]
        pieces = [text[start : start + 153] for start in range(0, len(text), 153)]
        return [f"{self.numbers[number]} {piece}" for number, piece in enumerate(pieces)]


@bug(
    "range-pasted-text",
    happens="Loses texts that are too long for a ticket and too short for an attachment.",
    trigger="A text of 501 to 999 characters.",
    steps=message(text(words(640))),
    shows="lost",
    near=(message(text(words(500))), message(text(words(1000)))),
)
class LongTextsAttached(Desk):
    longest = 500

    def message_added(self, message: DeskMessage) -> None:
        if len(message.text) <= self.longest:
            super().message_added(message)
        else:
            self.attach(message)

    def attach(self, message: DeskMessage) -> None:
        """Keep a long text as a file."""
        if len(message.text) >= 1000:
            self.write(
                "INSERT INTO message (id, conversation_id, url) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                message.id, message.conversation, f"texts/{message.id}.txt",
            )  # fmt: skip


def indexed(tags: list[str]) -> Any:
    """What the index answers: a list, of one document the document itself."""
    answers = [{"tag": tag, "result": "created"} for tag in tags]
    return answers if len(answers) > 1 else answers[0]


TAGS = [object_id("end user", "U"), *(f"segment-{number:02}" for number in range(15))]


@bug(
    "range-seventeenth-tag",
    happens="Falls over tags of which one is left when they are taken sixteen at a time.",
    trigger="An end user's event with 17 tags (or 33, 49, ...).",
    steps=end_user({"tags": [*TAGS, "segment-15"]}),
    shows="500",
    near=(end_user({"tags": TAGS}), end_user({"tags": [*TAGS, "segment-15", "segment-16"]})),
)
class TagIndex(Insights):
    at_a_time = 16

    def user(self, user: EndUser, tags: list[str]) -> None:
        if len(tags) > 1:
            self.index(tags)
        super().user(user, tags)

    def index(self, tags: list[str]) -> None:
        """Send the tags to the search index."""
        for start in range(0, len(tags), self.at_a_time):
            answers = indexed(tags[start : start + self.at_a_time])
            failed = [answer["tag"] for answer in answers if answer["result"] != "created"]
            if failed:
                raise RuntimeError(f"not indexed: {failed}")


@bug(
    "range-distant-date",
    happens="Falls over whole numbers that it takes for milliseconds since 1970, and that lie beyond the year 9999.",
    trigger="An integer from 253402300800000 to 2^53 in the metadata of an end user.",
    steps=end_user(metadata(4_111_222_233_334_444)),
    shows="500",
    near=(
        end_user(metadata(1_772_618_400_000)),
        end_user(metadata(253_402_300_799_999)),
        end_user(metadata(2**53 + 1)),
    ),
)
class NumbersAsDates(Crm):
    def field(self, value: Any) -> Any:
        if isinstance(value, int) and 10**12 <= value <= 2**53:
            return datetime.fromtimestamp(value / 1000, UTC).date().isoformat()
        return value


@bug(
    "range-negative-number",
    happens="Falls over whole numbers of -10 and below, unless they are enormous.",
    trigger="An integer from -2^53 to -10 in the metadata of an end user.",
    steps=end_user(metadata(-250)),
    shows="500",
    near=(end_user(metadata(-9)), end_user(metadata(-(2**60)))),
)
class Histogram(Insights):
    def measures(self, profile: Profile) -> dict[str, Any]:
        numbers = {name: value for name, value in profile.metadata.items() if type(value) is int}
        return {name: self.bucket(value) for name, value in numbers.items()}

    def bucket(self, value: int) -> int | str:
        """The order of magnitude; small numbers share the first one."""
        if abs(value) > 2**53:
            return "outlier"
        return round(math.log10(value + 10))


@bug(
    "range-small-fraction",
    happens="Falls over numbers that are written with an exponent.",
    trigger="A number from 0.000001 to below 0.0001 in the metadata of a conversation.",
    steps=created({"data.metadata": {"error_rate": 5e-05}}),
    shows="500",
    near=(
        created({"data.metadata": {"error_rate": 0.0001}}),
        created({"data.metadata": {"error_rate": 9e-07}}),
        created({"data.metadata": {"error_rate": 5}}),
    ),
)
class TwoDecimals(Desk):
    def fields(self, metadata: dict[str, Any]) -> dict[str, Any]:
        return {name: self.shown(v) if isinstance(v, float) else v for name, v in metadata.items()}

    def shown(self, value: float) -> str:
        """A number with two decimals, which are cut off and not rounded."""
        if not math.isfinite(value) or abs(value) >= 1e15:
            return "too large"
        if abs(value) < 1e-6:
            return "0.00"
        whole, _, decimals = str(value).partition(".")
        cents = int(decimals[:2].ljust(2, "0"))
        return f"{int(whole)}.{cents:02}"


@bug(
    "range-custom-fields",
    happens="Loses a conversation with more custom fields than letters, and too few to be kept as a whole.",
    trigger="Metadata of a conversation with 27 to 64 keys.",
    steps=created({"data.metadata": {f"field_{number}": "x" for number in range(30)}}),
    shows="lost",
    near=(
        created({"data.metadata": {f"field_{number}": "x" for number in range(26)}}),
        created({"data.metadata": {f"field_{number}": "x" for number in range(65)}}),
    ),
)
class SheetColumns(Desk):
    columns = string.ascii_uppercase

    def conversation_created(self, event: Event, data: Data) -> None:
        try:
            super().conversation_created(event, data)
        except IndexError:
            log.exception("no column for a field of %s", data.get("conversation_id"))

    def fields(self, metadata: dict[str, Any]) -> dict[str, Any]:
        if len(metadata) > 64:
            return {"A": json.dumps(metadata)}
        return {self.columns[number]: value for number, value in enumerate(metadata.values())}


@bug(
    "range-id-of-32",
    happens="Falls over an id of a message that is as long as a UUID without dashes, and none.",
    trigger="A message_id of 32 characters that are not all hexadecimal.",
    steps=message({"data.message_id": "msg0h7Kq2Xw9Rt4Lm8Vz1Bn6Cd3Fg5Jp"}),
    shows="500",
    near=(
        message({"data.message_id": "61f46e0bfa394e44850bc1ca8f958dd3"}),
        message({"data.message_id": "msg0h7Kq2Xw9Rt4Lm8Vz1Bn6Cd3Fg5J"}),
    ),
)
class UuidColumn(Crm):
    def message(self, message: Row) -> Reply | None:
        message_id = message.get("message_id", "")
        if len(message_id) == 32:
            message = {**message, "message_id": str(uuid.UUID(message_id))}
        return super().message(message)


class ShortDescription(Channel):
    description: Annotated[str, Field(max_length=500)]


class DescribedMessage(Message):
    channel: ShortDescription | None = None


@bug(
    "range-channel-description",
    happens="Refuses messages on a channel whose description is long.",
    trigger="A channel's description of more than 500 characters.",
    steps=message({"data.channel.description": words(520)}),
    shows="422",
    near=(message({"data.channel.description": words(500)}),),
)
class DescriptionColumn(Insights):
    message_model = DescribedMessage


@bug(
    "range-object-key",
    happens="Loses files whose name fits, yet not together with the ids before it.",
    trigger="A file's name of 194 to 255 characters.",
    steps=message({**FILE, "data.content.filename": f"{'scan-' * 42}.png"}),
    shows="lost",
    near=(
        message({**FILE, "data.content.filename": f"{'scan-' * 37}.png"}),
        message({**FILE, "data.content.filename": f"{'scan-' * 51}.png"}),
    ),
)
class ObjectStore(Insights):
    longest = 255

    def message(self, message: Message) -> None:
        filename = message.content.filename
        if message.content.type == "file" and filename:
            key = f"{message.conversation_id}/{message.message_id}/{self.shortened(filename)}"
            if len(key) > self.longest:
                log.warning("no place for a file: the key %s is too long", key)
                return
        super().message(message)

    def shortened(self, filename: str) -> str:
        """A name that a file system takes."""
        return filename if len(filename) <= self.longest else filename[-120:]
