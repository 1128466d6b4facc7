"""Bugs of state: each delivery is taken rightly by itself, and a few of them in this order are not."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from corpus.core.intake import Data, Event, Headers, Reply
from corpus.deep.catalogue import bug
from corpus.deep.crm import Crm, Row
from corpus.deep.desk import SCHEMA, Desk
from corpus.deep.events import (
    BY_AN_AGENT,
    BY_THE_AI_AGENT,
    IN_A_HANDOFF,
    LINK,
    created,
    end_user,
    ended,
    handoff_ended,
    message,
    text,
    updated,
)
from corpus.deep.insights import EndUser, Insights, Message
from corpus.deep.records import Conversation as ClosedConversation
from corpus.deep.records import Customer
from corpus.deep.records import Message as DeskMessage

FIRST = message()


@bug(
    "sequence-message-after-handoff",
    happens="Falls over an end user's message in a handoff that arrives once the handoff has ended.",
    trigger="conversation.handoff.ended, then an end user's message with handoff_integration.",
    steps=(handoff_ended(), message(IN_A_HANDOFF)),
    shows="500",
    near=((handoff_ended(), message(BY_AN_AGENT)), (message(IN_A_HANDOFF), handoff_ended())),
)
class WaitingRoom(Crm):
    def setup(self) -> None:
        super().setup()
        self.waiting: dict[str | None, dict[str, list[Any]]] = {}

    def message(self, message: Row) -> Reply | None:
        if message.get("handoff_integration"):
            self.queue(message)
        return super().message(message)

    def queue(self, message: Row) -> None:
        """Whom an agent has to answer: a handoff begins with its first message."""
        conversation, role = message.get("conversation_id"), message.get("author", {}).get("role")
        if conversation not in self.waiting or role == "human_agent":
            self.waiting[conversation] = {"unanswered": []}
        if role == "end_user":
            self.waiting[conversation]["unanswered"].append(message.get("message_id"))

    def handed_back(self, handoff: Row) -> Reply | None:
        self.waiting[handoff.get("conversation_id")] = {}
        return super().handed_back(handoff)


@bug(
    "sequence-transfer",
    happens="Falls over a second integration in a conversation whose first handoff is still open.",
    trigger="A message in a handoff to one integration, then one to another; the first one's end comes later.",
    steps=(message(IN_A_HANDOFF), message({"data.handoff_integration": "salesforce"}, number=2)),
    shows="500",
    near=(
        (message(IN_A_HANDOFF), message(IN_A_HANDOFF, number=2)),
        (
            message(IN_A_HANDOFF),
            handoff_ended(),
            message({"data.handoff_integration": "salesforce"}, number=2),
        ),
    ),
)
class OneOpenHandoff(Desk):
    schema = f"{SCHEMA} CREATE UNIQUE INDEX one_open_handoff ON handoff (conversation_id) WHERE is_open;"


@bug(
    "sequence-silent-handoffs",
    happens="Loses the end of a second handoff in which nobody wrote.",
    trigger="conversation.handoff.ended twice in one conversation, without a message in between.",
    steps=(handoff_ended(), handoff_ended(number=2)),
    shows="lost",
    near=(
        (handoff_ended(), message(IN_A_HANDOFF), handoff_ended(number=2)),
        (handoff_ended(), handoff_ended(conversation="B")),
    ),
)
class OpenHandoffsOnly(Desk):
    def handoff_over(self, ended: DeskMessage) -> None:
        if self.row("SELECT TRUE FROM handoff WHERE conversation_id = ?", ended.conversation) is None:
            super().handoff_over(ended)  # subscribed while it was going on
            return
        self.write(
            "UPDATE handoff SET is_open = FALSE WHERE conversation_id = ? AND is_open", ended.conversation
        )


@bug(
    "sequence-parallel-conversations",
    happens="Falls over the end of the second of two conversations that an end user had at a time.",
    trigger="Two conversations of one end user begin, then both end.",
    steps=(created(), created(conversation="B"), ended(), ended(conversation="B")),
    shows="500",
    near=((created(), ended(), created(conversation="B"), ended(conversation="B")),),
)
class CurrentConversation(Crm):
    def setup(self) -> None:
        super().setup()
        self.current: dict[str | None, str | None] = {}

    def opened(self, conversation: Row) -> Reply | None:
        self.current[conversation.get("end_user_id")] = conversation.get("conversation_id")
        return super().opened(conversation)

    def closed(self, conversation: Row) -> Reply | None:
        key = conversation.get("conversation_id")
        known = self.conversations.get(key, {})
        if key and known.get("opened") and not known.get("ended"):
            del self.current[conversation.get("end_user_id")]
        return super().closed(conversation)


class LastDeliveries(dict[str | None, str]):
    """The last delivery of each conversation or end user, in the place of a set of all that were handled."""

    def __contains__(self, key: object) -> bool:
        subject, delivery = key if isinstance(key, tuple) else (None, None)
        return self.get(subject) == delivery

    def add(self, key: tuple[str | None, str]) -> None:
        """Remember a delivery in the place of the one before."""
        subject, delivery = key
        self[subject] = delivery


@bug(
    "sequence-redelivered-after-another",
    happens="Handles an event again that is redelivered after another one of the same conversation.",
    trigger="Two messages of a conversation, then the first of them again.",
    steps=(FIRST, message(number=2), FIRST),
    shows="twice",
    near=((FIRST, FIRST), (FIRST, message(conversation="B"), FIRST)),
)
class RemembersTheLast(Insights):
    def setup(self) -> None:
        super().setup()
        self.done = LastDeliveries()

    def key(self, headers: Headers, event: Event) -> Any:
        data = event.get("data")
        about = data if isinstance(data, dict) else {}
        subject = about.get("conversation_id") or about.get("end_user_id") or about.get("id")
        return str(subject), headers.get("svix-id")


@bug(
    "sequence-redelivered-after-the-end",
    happens="Handles an event again that is redelivered after the end of its conversation.",
    trigger="A message, the end of the conversation, the message again.",
    steps=(FIRST, ended(), FIRST),
    shows="twice",
    near=((FIRST, ended(conversation="B"), FIRST), (ended(), FIRST, FIRST)),
)
class ForgetsAtTheEnd(Crm):
    def setup(self) -> None:
        super().setup()
        self.deliveries: defaultdict[str, set[Any]] = defaultdict(set)

    def once(self, key: Any, event: Event) -> Reply:
        reply = super().once(key, event)
        data = event.get("data")
        if isinstance(data, dict) and isinstance(data.get("conversation_id"), str):
            self.deliveries[data["conversation_id"]].add(key)
        return reply

    def closed(self, conversation: Row) -> Reply | None:
        # What is closed is not sent again, and the set would grow for ever.
        self.done -= self.deliveries.pop(conversation.get("conversation_id", ""), set())
        return super().closed(conversation)


@bug(
    "sequence-message-after-the-end",
    happens="Refuses a message that arrives after its conversation has ended, unless it is a link.",
    trigger="A conversation begins and ends, then comes a text that was written before the end.",
    steps=(created(), ended(number=3), message(number=2)),
    shows="409",
    near=(
        (created(), ended(number=3), message(LINK, number=2)),
        (created(), message(number=2), ended(number=3)),
    ),
)
class ClosedForGood(Crm):
    def message(self, message: Row) -> Reply | None:
        known = self.conversations.get(message.get("conversation_id"), {})
        is_link = message.get("content", {}).get("type") == "link"
        if known.get("opened") and known.get("ended") and not is_link:
            return Reply(409, {"error": "the conversation has ended"})
        return super().message(message)


@bug(
    "sequence-updates-before-created",
    happens="Loses the second update of an end user whose creation has not been seen.",
    trigger="Two updates of one end user, of whom nothing came before.",
    steps=(updated(number=1), updated(number=2)),
    shows="lost",
    near=((end_user(), updated(number=1), updated(number=2)), (updated(), updated(end_user="V"))),
)
class PendingUpdates(Desk):
    schema = f"{SCHEMA} CREATE TABLE pending (customer_id TEXT PRIMARY KEY, name TEXT, email TEXT);"

    def end_user_updated(self, event: Event, data: Data) -> None:
        customer = Customer.read(data)
        if self.row("SELECT TRUE FROM customer WHERE id = ?", customer.id):
            self.customer_changed(customer)
            return
        self.write(
            "INSERT INTO pending VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            customer.id, customer.name, customer.email,
        )  # fmt: skip


@bug(
    "sequence-returning-customer",
    happens="Falls over the end of a second conversation of an end user on one channel.",
    trigger="Two conversations of one end user on one channel end.",
    steps=(ended(), ended(conversation="B")),
    shows="500",
    near=(
        (ended(), ended(conversation="B", end_user="V")),
        (ended(), ended({"data.channel_id": "6" * 24}, conversation="B")),
    ),
)
class FollowUps(Desk):
    schema = f"""{SCHEMA}
    CREATE TABLE follow_up (customer_id TEXT, channel_id TEXT, PRIMARY KEY (customer_id, channel_id));
    """

    def conversation_closed(self, conversation: ClosedConversation) -> None:
        super().conversation_closed(conversation)
        self.write("INSERT INTO follow_up VALUES (?, ?)", conversation.customer, conversation.channel)


@bug(
    "sequence-language-taken-back",
    happens="Falls over an update that takes the language of an end user back.",
    trigger="An end user with a language, then an update with language null.",
    steps=(end_user(), updated({"data.profile.language": None})),
    shows="500",
    near=((end_user(), updated({"data.profile.language": "fr-CA"})), (end_user(), updated())),
)
class TranslatesHistory(Insights):
    def setup(self) -> None:
        super().setup()
        self.languages: dict[str, str] = {}

    def user(self, user: EndUser, tags: list[str]) -> None:
        before, now = self.languages.get(user.end_user_id), user.profile.language
        if before and now != before and "language" in user.profile.model_fields_set:
            self.keep("translation", user.end_user_id, now.split("-")[0])
        if now:
            self.languages[user.end_user_id] = now
        super().user(user, tags)


@bug(
    "sequence-fifth-unanswered",
    happens="Falls over the fifth message in a row to which the end user does not answer.",
    trigger="Five messages of agents, human or not, in one conversation, with none by the end user in between.",
    steps=tuple(message(BY_THE_AI_AGENT, number=number) for number in range(1, 6)),
    shows="500",
    near=(
        (
            *(message(BY_THE_AI_AGENT, number=number) for number in range(1, 5)),
            message(number=5),
            message(BY_THE_AI_AGENT, number=6),
        ),
    ),
)
class Reminders(Insights):
    ladder = ("none", "after an hour", "after a day", "after a week")

    def setup(self) -> None:
        super().setup()
        self.unanswered: defaultdict[str, int] = defaultdict(int)

    def message(self, message: Message) -> None:
        conversation, role = message.conversation_id, message.author.role
        self.unanswered[conversation] = self.unanswered[conversation] + 1 if role != "end_user" else 0
        if self.unanswered[conversation]:
            self.keep("reminder", conversation, self.ladder[self.unanswered[conversation] - 1])
        super().message(message)


SECOND = {"data.created_at": "2026-03-04T10:01:01.250+00:00"}
"""A second after the first message."""


@bug(
    "sequence-double-tap",
    happens="Loses a message whose author said the same less than two seconds before.",
    trigger="Two messages of one author with one text, a second apart.",
    steps=(message(text("yes")), message(text("yes"), SECOND, number=2)),
    shows="lost",
    near=((message(text("yes")), message(text("no"), SECOND, number=2)),),
)
class DoubleTap(Crm):
    def setup(self) -> None:
        super().setup()
        self.last: dict[tuple[Any, ...], datetime] = {}

    def message(self, message: Row) -> Reply | None:
        if self.is_double_tap(message):
            return Reply(200, {"ignored": "sent twice"})
        return super().message(message)

    def is_double_tap(self, message: Row) -> bool:
        """True where somebody hit the button twice."""
        body, author = message.get("content", {}).get("body"), message.get("author", {}).get("id")
        try:
            now = datetime.fromisoformat(message.get("created_at", "")).replace(tzinfo=None)
        except ValueError:
            return False
        if not body:
            return False
        key = message.get("conversation_id"), author, body
        before = self.last.get(key)
        self.last[key] = now
        return before is not None and abs(now - before) < timedelta(seconds=2)
