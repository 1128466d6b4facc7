"""Bugs that need three or more members to come together; each two of them alone are taken rightly."""

import logging
from typing import Self

from pydantic import model_validator

from corpus.core.intake import Reply
from corpus.deep.catalogue import bug
from corpus.deep.crm import Crm, Row
from corpus.deep.desk import Desk
from corpus.deep.events import (
    ABSENT,
    BY_AN_AGENT,
    BY_THE_AI_AGENT,
    CHAT,
    EMAIL,
    FILE,
    IN_A_HANDOFF,
    LINK,
    VOICE,
    change,
    end_user,
    ended,
    message,
)
from corpus.deep.insights import EndUser, Insights, Message
from corpus.deep.records import Conversation as ClosedConversation
from corpus.deep.records import Message as DeskMessage

log = logging.getLogger(__name__)


@bug(
    "interaction-upload-native-channel",
    happens="Falls over an end user's file on one of Ada's own channels.",
    trigger="A file by an end user on a channel without metadata, as native ones are.",
    steps=message(FILE, CHAT),
    shows="500",
    near=(message(BY_AN_AGENT, FILE, CHAT), message(FILE, {"data.channel": ABSENT})),
)
class UploadFolder(Crm):
    def activity(self, message: Row) -> Row:
        row = super().activity(message)
        if row["title"] == "file" and row["role"] == "end_user":
            row["folder"] = self.folder(message.get("channel"))
        return row

    def folder(self, channel: Row | None) -> str:
        """Uploads of customers are kept by brand."""
        return str(channel["metadata"].get("brand_id", "general")) if channel else "general"


@bug(
    "interaction-upload-without-handoff",
    happens="Drops files that end users send while the AI Agent has the conversation.",
    trigger="A file by an end user where handoff_integration is null.",
    steps=message(FILE),
    shows="lost",
    near=(message(FILE, IN_A_HANDOFF), message(BY_THE_AI_AGENT, FILE)),
)
class UploadsForAgents(Desk):
    def message_added(self, message: DeskMessage) -> None:
        # The AI Agent reads files itself; we fetch them once an agent has to see them.
        if message.content.type == "file" and message.role == "end_user" and message.handoff is None:
            return
        super().message_added(message)


@bug(
    "interaction-agent-link-no-name",
    happens="Falls over a link that a human agent without a name sends.",
    trigger="A link by a human agent whose display_name is null.",
    steps=message(BY_AN_AGENT, LINK, {"data.author.display_name": None}),
    shows="500",
    near=(message(BY_AN_AGENT, LINK, {"data.author.display_name": ABSENT}),),
)
class LinkOfAgent(Crm):
    def activity(self, message: Row) -> Row:
        row = super().activity(message)
        if row["title"] == "link" and row["role"] == "human_agent":
            row["title"] = f"{self.first_name(message['author'])} sent a link"
        return row

    def first_name(self, author: Row) -> str:
        return author.get("display_name", "An agent").split()[0]


@bug(
    "interaction-survey-capabilities",
    happens="Falls over a link of the AI Agent, such as a survey, on a channel without capabilities.",
    trigger="A link by the AI Agent where the channel has no capabilities.",
    steps=message(BY_THE_AI_AGENT, LINK, {"data.channel.capabilities": ABSENT}),
    shows="500",
    near=(
        message(BY_AN_AGENT, LINK, {"data.channel.capabilities": ABSENT}),
        message(BY_THE_AI_AGENT, LINK, {"data.channel": ABSENT}),
    ),
)
class SurveyAsMarkdown(Insights):
    def text(self, message: Message) -> str:
        said, content = super().text(message), message.content
        is_survey = content.type == "link" and message.author.role == "ai_agent"
        if is_survey and message.channel and message.channel.capabilities.markdown:
            return f"[{said}]({content.url})"
        return said


class NamedCaller(Message):
    @model_validator(mode="after")
    def caller_is_named(self) -> Self:
        """Of a caller the name is null until it is known, so it is always there."""
        is_call = self.channel is not None and self.channel.modality == "voice"
        if is_call and self.author.role == "end_user" and "display_name" not in self.author.model_fields_set:
            raise ValueError("a caller has a display_name")
        return self


@bug(
    "interaction-caller-no-name",
    happens="Refuses what a caller says if the member for the name is missing.",
    trigger="An end user's message on a voice channel in which author.display_name is absent.",
    steps=message(VOICE, {"data.author.display_name": ABSENT}),
    shows="422",
    near=(
        message(VOICE, {"data.author.display_name": None}),
        message(BY_AN_AGENT, VOICE, {"data.author.display_name": ABSENT}),
    ),
)
class CallersAreNamed(Insights):
    message_model = NamedCaller


@bug(
    "interaction-ended-by-nobody",
    happens="Falls over the end of a conversation of which neither the agent nor the channel is known.",
    trigger="Ended by a human agent without an id, and channel_id is absent.",
    steps=ended(
        {"data.ended_by": {"id": None, "role": "human_agent"}},
        {"data.channel_id": ABSENT},
    ),
    shows="500",
    near=(ended({"data.ended_by": {"id": None, "role": "system"}}, {"data.channel_id": ABSENT}),),
)
class ClosingNote(Desk):
    def closing_note(self, conversation: ClosedConversation) -> str:
        if conversation.ended_by:
            return f"Closed by {conversation.ended_by}"
        if conversation.ended_by_role == "human_agent":
            return "Closed by the team of channel " + conversation.channel[-6:]
        return "Closed by the system"


@bug(
    "interaction-service-token",
    happens="Loses changes that a service token makes through the API.",
    trigger="An audit entry with interface api whose actor_email and actor_name are empty.",
    steps=change({"data.interface": "api"}, {"data.actor_email": ""}, {"data.actor_name": ""}),
    shows="lost",
    near=(change({"data.interface": "system"}, {"data.actor_email": ""}, {"data.actor_name": ""}),),
)
class InitialOfActor(Crm):
    def actor(self, change: Row) -> str:
        if change.get("interface") != "api":
            return super().actor(change)
        who = change.get("actor_email", "unknown") or change.get("actor_name", "unknown")
        return f"{who[0].upper()}. with the key {change.get('api_key_name')}"

    def changed(self, change: Row) -> Reply | None:
        try:
            return super().changed(change)
        except LookupError:
            log.warning("cannot keep the change %s", change.get("id"))  # the log is best effort anyway
            return None


@bug(
    "interaction-welcome-language",
    happens="Falls over a new prospect with an e-mail address whose language is not known.",
    trigger="An end user with external_id null, language null, and an e-mail address.",
    steps=end_user({"data.external_id": None}, {"data.profile.language": None}),
    shows="500",
    near=(
        end_user({"data.external_id": None}, {"data.profile.language": None}, {"data.profile.email": None}),
        end_user({"data.external_id": None}, {"data.profile.language": ABSENT}),
    ),
)
class WelcomeMail(Crm):
    templates = ("en", "fr", "de")

    def contact(self, user: Row) -> Row:
        row, profile = super().contact(user), user.get("profile", {})
        if row["email"] and user.get("external_id", "") is None:
            row["welcome"] = self.template(profile.get("language", "en"))
        return row

    def template(self, language: str) -> str:
        short = language.split("-", maxsplit=1)[0]
        return short if short in self.templates else "en"


@bug(
    "interaction-agent-e-mail",
    happens="Drops the answers that human agents write by e-mail.",
    trigger="A text by a human agent on an e-mail channel.",
    steps=message(BY_AN_AGENT, EMAIL),
    shows="lost",
    near=(message(BY_AN_AGENT, EMAIL, FILE), message(BY_THE_AI_AGENT, EMAIL)),
)
class OwnMail(Desk):
    def message_added(self, message: DeskMessage) -> None:
        if message.modality == "email" and message.role == "human_agent" and message.content.type == "text":
            return  # it was sent from our own mailbox, where it is filed already
        super().message_added(message)


@bug(
    "interaction-anonymous-family-name",
    happens="Falls over an end user of whom only the family name is known.",
    trigger="An end user with a last_name, while first_name, display_name and email are null.",
    steps=end_user(
        {"data.profile.first_name": None}, {"data.profile.display_name": None}, {"data.profile.email": None}
    ),
    shows="500",
    near=(
        end_user(
            {
                "data.profile.first_name": None,
                "data.profile.last_name": None,
                "data.profile.display_name": None,
                "data.profile.email": None,
            }
        ),
    ),
)
class Salutation(Insights):
    def user(self, user: EndUser, tags: list[str]) -> None:
        self.salutation(user)
        super().user(user, tags)

    def salutation(self, user: EndUser) -> str:
        """How to begin a letter."""
        known = user.profile
        name = known.display_name or known.first_name
        if name is None and known.last_name:
            name = known.email.split("@")[0].title()  # which often has the first name
        return f"Dear {name or 'customer'}"
