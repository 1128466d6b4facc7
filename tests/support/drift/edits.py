"""Edits of the document, each with what it means for a consumer under Ada's versioning policy.

Written before the code that classifies them. What the classes stand for:

additive       something new that the policy announces and a consumer must survive: a new event, a new
               member, a new enum value, a new branch of a union, a new header
loosened       what may come is less bound than before, in ways that the policy announces: a member may be
               absent, the format or length of a string may differ, an enum is open
tightened      what may come is more bound than before; a consumer of the old contract takes all of it: a
               member always present, null no more, fewer types, fewer values, shorter strings
breaking       what a consumer reads is gone or is something else: an event, a member or a branch removed or
               renamed, another type (a wider one included), null where there was none
documentation  nothing changes on the wire: prose, examples, order, and how the same schema is written
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from support.drift.documents import Node, follow, inlined, media, operation, own, parent_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["EDITS", "Edit"]

Change = tuple[str, str, str]
"""(class, event, path)"""


@dataclass(frozen=True)
class Edit:
    """One edit: ``make`` changes a document, ``changes`` is all that a comparison should list.

    ``before`` makes what the edit starts from, where the document itself has no such thing.
    """

    id: str
    changes: tuple[Change, ...]
    make: Callable[[Node], None]
    before: Callable[[Node], None] = lambda document: None


EDITS: list[Edit] = []

CREATED, MESSAGE, ENDED = "conversation.created", "conversation.message", "conversation.ended"
HANDOFF, USER, UPDATED, AUDIT = (
    "conversation.handoff.ended",
    "end_user.created",
    "end_user.updated",
    "audit_log.emitted",
)


def edit(
    name: str, *changes: Change, before: Callable[[Node], None] | None = None
) -> Callable[[Callable[[Node], None]], None]:
    def register(make: Callable[[Node], None]) -> None:
        EDITS.append(Edit(name, changes, make, before or (lambda document: None)))

    return register


def setting(event: str, path: str, **keywords: Any) -> Callable[[Node], None]:
    """An edit that sets keywords of the schema at a path; ``...`` takes one away."""

    def make(document: Node) -> None:
        node = own(document, event, path)
        for keyword, value in keywords.items():
            if value is ...:
                node.pop(keyword)
            else:
                node[keyword] = value

    return make


def becoming(event: str, path: str, schema: Node) -> Callable[[Node], None]:
    """An edit that replaces the schema at a path."""

    def make(document: Node) -> None:
        node = own(document, event, path)
        node.clear()
        node.update(copy.deepcopy(schema))

    return make


def adding(event: str, path: str, schema: Node, *, required: bool = False) -> Callable[[Node], None]:
    def make(document: Node) -> None:
        parent, name = parent_of(document, event, path)
        parent.setdefault("properties", {})[name] = copy.deepcopy(schema)
        if required:
            parent.setdefault("required", []).append(name)

    return make


def removing(event: str, path: str) -> Callable[[Node], None]:
    def make(document: Node) -> None:
        parent, name = parent_of(document, event, path)
        del parent["properties"][name]
        if name in parent.get("required", ()):
            parent["required"].remove(name)

    return make


def renaming(event: str, path: str, new: str) -> Callable[[Node], None]:
    def make(document: Node) -> None:
        parent, name = parent_of(document, event, path)
        parent["properties"] = {(new if k == name else k): v for k, v in parent["properties"].items()}
        parent["required"] = [new if k == name else k for k in parent.get("required", ())]
        if not parent["required"]:
            del parent["required"]

    return make


def requiring(event: str, path: str) -> Callable[[Node], None]:
    def make(document: Node) -> None:
        parent, name = parent_of(document, event, path)
        parent.setdefault("required", []).append(name)

    return make


def freeing(event: str, path: str) -> Callable[[Node], None]:
    def make(document: Node) -> None:
        parent, name = parent_of(document, event, path)
        parent["required"].remove(name)

    return make


def simple(name: str, change: Change, make: Callable[[Node], None], **options: Any) -> None:
    edit(name, change, **options)(make)


def new_event(document: Node, event_type: str, key: str, like: str = CREATED) -> None:
    made = copy.deepcopy(document["webhooks"][key_like(like)])
    schema = inlined(document, made["post"]["requestBody"]["content"]["application/json"]["schema"])
    schema["properties"] = {**schema["properties"], "type": {"type": "string", "enum": [event_type]}}
    made["post"]["operationId"] = key
    made["post"]["requestBody"]["content"] = {"application/json": {"schema": schema}}
    document["webhooks"][key] = made


def key_like(event: str) -> str:
    return f"{event.replace('.', '-')}-webhook"


STRING: Node = {"type": "string", "description": "A new thing."}

# --- additive -------------------------------------------------------------------------------------------

simple("a new optional member", ("additive", ENDED, "data.reason"), adding(ENDED, "data.reason", STRING))
simple(
    "a new required member",
    ("additive", HANDOFF, "data.agent_count"),
    adding(HANDOFF, "data.agent_count", {"type": "integer"}, required=True),
)
simple(
    "a new member that may be null",
    ("additive", MESSAGE, "data.reply_to"),
    adding(MESSAGE, "data.reply_to", {"type": ["string", "null"]}),
)
simple(
    "a new member in a nested object",
    ("additive", MESSAGE, "data.author.team"),
    adding(MESSAGE, "data.author.team", STRING),
)
simple(
    "a new object with members of its own",
    ("additive", CREATED, "data.source"),
    adding(CREATED, "data.source", {"type": "object", "properties": {"page": STRING}, "required": ["page"]}),
)
simple(
    "a new member in one branch of a union",
    ("additive", MESSAGE, "data.content:file.size"),
    adding(MESSAGE, "data.content:file.size", {"type": "integer"}),
)
simple(
    "a new member of the envelope",
    ("additive", CREATED, "tags"),
    adding(CREATED, "tags", {"type": "array", "items": {"type": "string"}}),
)
simple(
    "a new enum value",
    ("additive", MESSAGE, "data.author.role"),
    setting(MESSAGE, "data.author.role", enum=["end_user", "ai_agent", "human_agent", "supervisor"]),
)
simple(
    "a new enum value in the middle",
    ("additive", AUDIT, "data.activity"),
    setting(
        AUDIT,
        "data.activity",
        enum=["created", "updated", "archived", "deleted", "executed", "invited", "activated", "deactivated"],
    ),
)
simple(
    "a new enum value as a branch of its own",
    ("additive", ENDED, "data.ended_by.role"),
    becoming(
        ENDED,
        "data.ended_by.role",
        {"oneOf": [{"type": "string", "enum": ["end_user", "system", "human_agent"]}, {"const": "ai_agent"}]},
    ),
)
simple(
    "a known member of a free map",
    ("additive", ENDED, "data.metadata.locale"),
    adding(ENDED, "data.metadata.locale", {"type": "string"}),
)


@edit("a new branch of a union", ("additive", MESSAGE, "data.content:carousel"))
def _(document: Node) -> None:
    content = own(document, MESSAGE, "data.content")
    content["oneOf"].append(
        {
            "type": "object",
            "properties": {"type": {"type": "string", "enum": ["carousel"]}, "cards": {"type": "array"}},
            "required": ["type", "cards"],
        }
    )


@edit("a new event", ("additive", "conversation.reopened", ""))
def _(document: Node) -> None:
    new_event(document, "v1.conversation.reopened", "conversation-reopened-webhook")


@edit("a v2 of an event beside the v1", ("additive", "v2.conversation.ended", ""))
def _(document: Node) -> None:
    new_event(document, "v2.conversation.ended", "conversation-ended-v2-webhook", ENDED)


@edit("a new header", ("additive", CREATED, "header:x-ada-region"))
def _(document: Node) -> None:
    operation(document, CREATED)["parameters"] = [
        {"name": "X-Ada-Region", "in": "header", "schema": {"type": "string"}}
    ]


# --- loosened -------------------------------------------------------------------------------------------

simple(
    "a required member becomes optional",
    ("loosened", HANDOFF, "data.handoff_integration"),
    freeing(HANDOFF, "data.handoff_integration"),
)
simple(
    "a required member of a branch becomes optional",
    ("loosened", MESSAGE, "data.content:file.filename"),
    freeing(MESSAGE, "data.content:file.filename"),
)
simple(
    "a required member of the envelope becomes optional",
    ("loosened", AUDIT, "timestamp"),
    freeing(AUDIT, "timestamp"),
)
simple(
    "a format is dropped", ("loosened", AUDIT, "data.timestamp"), setting(AUDIT, "data.timestamp", format=...)
)
simple(
    "a format is dropped in a branch",
    ("loosened", MESSAGE, "data.content:file.url"),
    setting(MESSAGE, "data.content:file.url", format=...),
)
simple(
    "a format becomes another", ("loosened", AUDIT, "timestamp"), setting(AUDIT, "timestamp", format="date")
)
simple(
    "an enum becomes any string",
    ("loosened", MESSAGE, "data.author.role"),
    setting(MESSAGE, "data.author.role", enum=...),
)
simple(
    "an enum is opened beside a string",
    ("loosened", AUDIT, "data.activity"),
    becoming(
        AUDIT,
        "data.activity",
        {
            "anyOf": [
                {
                    "type": "string",
                    "enum": [
                        "created",
                        "updated",
                        "deleted",
                        "executed",
                        "invited",
                        "activated",
                        "deactivated",
                    ],
                },
                {"type": "string"},
            ]
        },
    ),
)
simple(
    "a longer maximum length",
    ("loosened", USER, "data.external_id"),
    setting(USER, "data.external_id", maxLength=64),
    before=setting(USER, "data.external_id", maxLength=36),
)
simple(
    "no maximum length any more",
    ("loosened", USER, "data.external_id"),
    setting(USER, "data.external_id", maxLength=...),
    before=setting(USER, "data.external_id", maxLength=36),
)
simple(
    "another pattern",
    ("loosened", ENDED, "data.conversation_id"),
    setting(ENDED, "data.conversation_id", pattern="^conv_[0-9a-z]+$"),
    before=setting(ENDED, "data.conversation_id", pattern="^[0-9a-f]{24}$"),
)
simple(
    "a wider integer",
    ("loosened", HANDOFF, "data.agents"),
    setting(HANDOFF, "data.agents", format="int64", maximum=1000),
    before=adding(HANDOFF, "data.agents", {"type": "integer", "format": "int32", "maximum": 10}),
)
simple(
    "an object that was closed takes more",
    ("loosened", ENDED, "data.ended_by"),
    setting(ENDED, "data.ended_by", additionalProperties=True),
    before=setting(ENDED, "data.ended_by", additionalProperties=False),
)
simple(
    "a list may be empty",
    ("loosened", AUDIT, "tags"),
    setting(AUDIT, "tags", minItems=0),
    before=setting(AUDIT, "tags", minItems=1, maxItems=3),
)

simple(
    "a longer maximum length than we have",
    ("loosened", UPDATED, "data.external_id"),
    setting(UPDATED, "data.external_id", maxLength=64),
)

# --- tightened ------------------------------------------------------------------------------------------

simple(
    "an optional member becomes required",
    ("tightened", CREATED, "data.conversation_id"),
    requiring(CREATED, "data.conversation_id"),
)
simple("the envelope becomes required", ("tightened", ENDED, "timestamp"), requiring(ENDED, "timestamp"))
simple(
    "a link requires its type, as we correct it",
    ("tightened", MESSAGE, "data.content:link.type"),
    requiring(MESSAGE, "data.content:link.type"),
)
simple(
    "null goes from a list of types",
    ("tightened", MESSAGE, "data.author.display_name"),
    setting(MESSAGE, "data.author.display_name", type="string"),
)
simple(
    "null goes, the type stays a list",
    ("tightened", USER, "data.external_id"),
    setting(USER, "data.external_id", type=["string"]),
)
simple(
    "a maximum length",
    ("tightened", MESSAGE, "data.message_id"),
    setting(MESSAGE, "data.message_id", maxLength=36),
)
simple(
    "a pattern",
    ("tightened", CREATED, "data.channel_id"),
    setting(CREATED, "data.channel_id", pattern="^[0-9a-f]{24}$"),
)
simple(
    "a format", ("tightened", ENDED, "data.created_at"), setting(ENDED, "data.created_at", format="date-time")
)
simple(
    "a string becomes an enum",
    ("tightened", AUDIT, "data.interface"),
    setting(AUDIT, "data.interface", enum=["dashboard", "api"]),
)
simple(
    "the event type is declared",
    ("tightened", USER, "type"),
    setting(USER, "type", enum=["v1.end_user.created"]),
)
simple(
    "an enum value goes",
    ("tightened", ENDED, "data.ended_by.role"),
    setting(ENDED, "data.ended_by.role", enum=["end_user", "human_agent"]),
)
simple(
    "one of the types of a value goes",
    ("tightened", ENDED, "data.metadata.*"),
    becoming(
        ENDED, "data.metadata.*", {"oneOf": [{"type": "string"}, {"type": "boolean"}, {"type": "integer"}]}
    ),
)
simple(
    "any value becomes a string",
    ("tightened", UPDATED, "data.profile.metadata.*"),
    setting(UPDATED, "data.profile.metadata.*", type="string"),
)
simple(
    "a number becomes an integer",
    ("tightened", HANDOFF, "data.seconds"),
    setting(HANDOFF, "data.seconds", type="integer"),
    before=adding(HANDOFF, "data.seconds", {"type": "number"}),
)
simple(
    "an object is closed",
    ("tightened", MESSAGE, "data.author"),
    setting(MESSAGE, "data.author", additionalProperties=False),
)
simple("a list has a minimum", ("tightened", AUDIT, "tags"), setting(AUDIT, "tags", minItems=1))


def _wrap_null(document: Node) -> None:
    author = own(document, MESSAGE, "data.author")
    inner = copy.deepcopy(author)
    author.clear()
    author.update({"description": inner["description"], "oneOf": [inner, {"type": "null"}]})


def _unwrap(document: Node) -> None:
    author = own(document, MESSAGE, "data.author")
    inner = author["oneOf"][0]
    author.clear()
    author.update(inner)


simple("null goes from a union", ("tightened", MESSAGE, "data.author"), _unwrap, before=_wrap_null)

# --- breaking -------------------------------------------------------------------------------------------

simple("a member is removed", ("breaking", ENDED, "data.updated_at"), removing(ENDED, "data.updated_at"))
simple(
    "a required member is removed",
    ("breaking", HANDOFF, "data.end_user_id"),
    removing(HANDOFF, "data.end_user_id"),
)
simple(
    "a nested member is removed",
    ("breaking", MESSAGE, "data.author.avatar"),
    removing(MESSAGE, "data.author.avatar"),
)
simple(
    "a member of a branch is removed",
    ("breaking", MESSAGE, "data.content:file.mime_type"),
    removing(MESSAGE, "data.content:file.mime_type"),
)
simple("a member of the envelope is removed", ("breaking", UPDATED, "tags"), removing(UPDATED, "tags"))
simple(
    "a member is renamed", ("breaking", ENDED, "data.ended_by"), renaming(ENDED, "data.ended_by", "closed_by")
)
simple(
    "a required member is renamed",
    ("breaking", HANDOFF, "data.handoff_integration"),
    renaming(HANDOFF, "data.handoff_integration", "integration"),
)
simple(
    "a nested member is renamed",
    ("breaking", MESSAGE, "data.author.display_name"),
    renaming(MESSAGE, "data.author.display_name", "name"),
)
simple(
    "a string becomes an integer",
    ("breaking", MESSAGE, "data.message_id"),
    setting(MESSAGE, "data.message_id", type="integer"),
)
simple(
    "a string becomes an object",
    ("breaking", CREATED, "data.channel_id"),
    becoming(CREATED, "data.channel_id", {"type": "object", "properties": {"id": {"type": "string"}}}),
)
simple(
    "an object becomes a string",
    ("breaking", ENDED, "data.ended_by"),
    becoming(ENDED, "data.ended_by", {"type": "string"}),
)
simple(
    "a string becomes a list",
    ("breaking", AUDIT, "data.entity_type"),
    becoming(AUDIT, "data.entity_type", {"type": "array", "items": {"type": "string"}}),
)
simple(
    "the items of a list change type",
    ("breaking", AUDIT, "tags.*"),
    becoming(AUDIT, "tags.*", {"type": "object", "properties": {"name": {"type": "string"}}}),
)
simple(
    "an integer becomes a number",
    ("breaking", HANDOFF, "data.seconds"),
    setting(HANDOFF, "data.seconds", type="number"),
    before=adding(HANDOFF, "data.seconds", {"type": "integer"}),
)
simple(
    "a string may be an integer too",
    ("breaking", ENDED, "data.channel_id"),
    setting(ENDED, "data.channel_id", type=["string", "integer"]),
)
simple(
    "a value may have a further type",
    ("breaking", MESSAGE, "data.channel:custom.metadata.*"),
    becoming(
        MESSAGE,
        "data.channel:custom.metadata.*",
        {"oneOf": [{"type": "string"}, {"type": "boolean"}, {"type": "integer"}, {"type": "number"}]},
    ),
)
simple(
    "null by a list of types",
    ("breaking", MESSAGE, "data.message_id"),
    setting(MESSAGE, "data.message_id", type=["string", "null"]),
)
simple(
    "null by nullable",
    ("breaking", MESSAGE, "data.message_id"),
    setting(MESSAGE, "data.message_id", nullable=True),
)
simple(
    "null by a union",
    ("breaking", MESSAGE, "data.message_id"),
    becoming(MESSAGE, "data.message_id", {"oneOf": [{"type": "string"}, {"type": "null"}]}),
)
simple("null for an object, by a union", ("breaking", MESSAGE, "data.author"), _wrap_null)
simple(
    "null by an enum",
    ("breaking", MESSAGE, "data.author.role"),
    setting(
        MESSAGE,
        "data.author.role",
        type=["string", "null"],
        enum=["end_user", "ai_agent", "human_agent", None],
    ),
)
simple(
    "null for a union of objects",
    ("breaking", MESSAGE, "data.content"),
    lambda document: own(document, MESSAGE, "data.content")["oneOf"].append({"type": "null"}),
)
simple(
    "an enum value is renamed",
    ("breaking", MESSAGE, "data.author.role"),
    setting(MESSAGE, "data.author.role", enum=["end_user", "ai_agent", "human"]),
)
simple(
    "a v2 in place of the v1",
    ("breaking", ENDED, "type"),
    setting(ENDED, "type", enum=["v2.conversation.ended"]),
)
simple(
    "a string becomes anything",
    ("breaking", AUDIT, "data.entity_name"),
    setting(AUDIT, "data.entity_name", type=...),
)


@edit("a branch of a union is removed", ("breaking", MESSAGE, "data.content:file"))
def _(document: Node) -> None:
    content = own(document, MESSAGE, "data.content")
    own(document, MESSAGE, "data.content:file")["mark"] = True
    content["oneOf"] = [branch for branch in content["oneOf"] if "mark" not in branch]


simple(
    "a branch of a union is renamed",
    ("breaking", MESSAGE, "data.content:file"),
    setting(MESSAGE, "data.content:file.type", enum=["attachment"]),
)


simple(
    "a link is renamed",
    ("breaking", MESSAGE, "data.content:link"),
    setting(MESSAGE, "data.content:link.type", enum=["hyperlink"]),
)


@edit(
    "a member of a shared schema is renamed",
    ("breaking", USER, "data.profile.first_name"),
    ("breaking", UPDATED, "data.profile.first_name"),
)
def _(document: Node) -> None:
    data = follow(document, follow(document, media(document, USER)["schema"])["properties"]["data"])
    profile = follow(document, data["properties"]["profile"])
    properties = profile["properties"]
    profile["properties"] = {("given_name" if k == "first_name" else k): v for k, v in properties.items()}


@edit("a member moves to another object", ("breaking", MESSAGE, "data.author.avatar"))
def _(document: Node) -> None:
    data, author = own(document, MESSAGE, "data"), own(document, MESSAGE, "data.author")
    data["properties"]["avatar"] = author["properties"].pop("avatar")


@edit("an event is removed", ("breaking", HANDOFF, ""))
def _(document: Node) -> None:
    del document["webhooks"]["conversation-handoff-ended-webhook"]


@edit("an event is renamed, with its key", ("breaking", ENDED, "type"))
def _(document: Node) -> None:
    own(document, ENDED, "type")["enum"] = ["v1.conversation.closed"]
    webhooks = document["webhooks"]
    webhooks["conversation-closed-webhook"] = webhooks.pop("conversation-ended-webhook")
    webhooks["conversation-closed-webhook"]["post"]["operationId"] = "conversation-closed-webhook"


@edit(
    "an event is renamed, with its key, and has a new member",
    ("breaking", ENDED, "type"),
    ("additive", ENDED, "data.reason"),
)
def _(document: Node) -> None:
    own(document, ENDED, "type")["enum"] = ["v1.conversation.closed"]
    own(document, ENDED, "data")["properties"]["reason"] = {"type": "string"}
    webhooks = document["webhooks"]
    webhooks["conversation-closed-webhook"] = webhooks.pop("conversation-ended-webhook")
    webhooks["conversation-closed-webhook"]["post"]["operationId"] = "conversation-closed-webhook"


@edit("a union tells its branches apart by nothing any more", ("loosened", MESSAGE, "data.content:text.type"))
def _(document: Node) -> None:
    del own(document, MESSAGE, "data.content:text.type")["enum"]


@edit("a branch stands for two values", ("additive", MESSAGE, "data.content:text.type"))
def _(document: Node) -> None:
    own(document, MESSAGE, "data.content:text.type")["enum"] = ["text", "markdown"]


@edit("an object is extended by allOf", ("additive", MESSAGE, "data.author.team"))
def _(document: Node) -> None:
    author = own(document, MESSAGE, "data.author")
    inner = copy.deepcopy(author)
    author.clear()
    author["description"] = inner.get("description", "")
    author["allOf"] = [inner, {"properties": {"team": {"type": "string"}}}]


simple(
    "a member is always null",
    ("breaking", MESSAGE, "data.handoff_integration"),
    setting(MESSAGE, "data.handoff_integration", type="null"),
)


@edit("the body is no JSON any more", ("breaking", CREATED, ""))
def _(document: Node) -> None:
    body = operation(document, CREATED)["requestBody"]
    body["content"] = {"application/xml": body["content"]["application/json"]}


@edit("a removed member is still demanded", ("breaking", AUDIT, "data.entity_id"))
def _(document: Node) -> None:
    del own(document, AUDIT, "data")["properties"]["entity_id"]


@edit("the body is a form", ("breaking", CREATED, ""))
def _(document: Node) -> None:
    body = operation(document, CREATED)["requestBody"]
    body["content"] = {"application/x-www-form-urlencoded": body["content"]["application/json"]}


@edit("the body is in another character set", ("breaking", CREATED, ""))
def _(document: Node) -> None:
    body = operation(document, CREATED)["requestBody"]
    body["content"] = {"application/json; charset=utf-16": body["content"]["application/json"]}


@edit("an event has no body any more", ("breaking", CREATED, ""))
def _(document: Node) -> None:
    del operation(document, CREATED)["requestBody"]


def _together(document: Node) -> None:
    """Describe two events by one webhook whose body is either."""
    webhooks = document["webhooks"]
    bodies = [media(document, event)["schema"] for event in (ENDED, MESSAGE)]
    operation(document, ENDED)["requestBody"]["content"]["application/json"] = {"schema": {"oneOf": bodies}}
    webhooks["conversation-webhook"] = webhooks.pop("conversation-ended-webhook")
    del webhooks["conversation-message-webhook"]


@edit(
    "two events come by one webhook, a member is removed",
    ("breaking", ENDED, "data.channel_id"),
    ("documentation", ENDED, ""),
    ("documentation", MESSAGE, ""),
)
def _(document: Node) -> None:
    removing(ENDED, "data.channel_id")(document)
    _together(document)


@edit(
    "null is added and a member is added",
    ("breaking", ENDED, "data.ended_by.role"),
    ("additive", ENDED, "data.ended_by.name"),
)
def _(document: Node) -> None:
    own(document, ENDED, "data.ended_by.role")["nullable"] = True
    own(document, ENDED, "data.ended_by")["properties"]["name"] = {"type": "string"}


NAMED_AND_MORE: Node = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "additionalProperties": {"type": "string"},
}
simple(
    "what comes beside named members changes type",
    ("breaking", ENDED, "data.extra.*"),
    setting(ENDED, "data.extra", additionalProperties={"type": "integer"}),
    before=adding(ENDED, "data.extra", NAMED_AND_MORE),
)
simple(
    "what comes beside named members may be null",
    ("breaking", ENDED, "data.extra.*"),
    setting(ENDED, "data.extra", additionalProperties={"type": ["string", "null"]}),
    before=adding(ENDED, "data.extra", NAMED_AND_MORE),
)
simple(
    "what comes beside named members is described no more",
    ("loosened", ENDED, "data.extra.*"),
    setting(ENDED, "data.extra", additionalProperties=...),
    before=adding(ENDED, "data.extra", NAMED_AND_MORE),
)
PATTERN: Node = {"type": "object", "patternProperties": {"^x-": {"type": "string"}}}
simple(
    "members of a pattern change type",
    ("breaking", ENDED, "data.extra./^x-/"),
    setting(ENDED, "data.extra", patternProperties={"^x-": {"type": "integer"}}),
    before=adding(ENDED, "data.extra", PATTERN),
)
simple(
    "members of a pattern may be anything",
    ("loosened", ENDED, "data.extra./^x-/"),
    setting(ENDED, "data.extra", patternProperties=...),
    before=adding(ENDED, "data.extra", PATTERN),
)
simple(
    "members of a pattern are described",
    ("tightened", ENDED, "data.extra./^y-/"),
    setting(ENDED, "data.extra", patternProperties={"^x-": {"type": "string"}, "^y-": {"type": "string"}}),
    before=adding(ENDED, "data.extra", PATTERN),
)
PAIR: Node = {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]}
simple(
    "a place of a list changes type",
    ("breaking", ENDED, "data.pair.1"),
    setting(ENDED, "data.pair", prefixItems=[{"type": "string"}, {"type": "string"}]),
    before=adding(ENDED, "data.pair", PAIR),
)
simple(
    "a further place of a list is described",
    ("tightened", ENDED, "data.pair.2"),
    setting(ENDED, "data.pair", prefixItems=[*PAIR["prefixItems"], {"type": "string"}]),
    before=adding(ENDED, "data.pair", PAIR),
)
simple(
    "what a list contains changes type",
    ("breaking", ENDED, "data.pair.*"),
    setting(ENDED, "data.pair", contains={"type": "integer"}),
    before=adding(ENDED, "data.pair", {"type": "array", "contains": {"type": "string"}}),
)
simple(
    "the length of names of members",
    ("loosened", ENDED, "data.extra.(names)"),
    setting(ENDED, "data.extra", propertyNames={"maxLength": 60}),
    before=adding(ENDED, "data.extra", {"type": "object", "propertyNames": {"maxLength": 40}}),
)
simple(
    "a condition is another",
    ("breaking", ENDED, "data.ended_by"),
    setting(ENDED, "data.ended_by", **{"if": {"required": ["role"]}}),
    before=setting(ENDED, "data.ended_by", **{"if": {"required": ["id"]}, "then": {"required": ["role"]}}),
)
simple(
    "what follows from a condition has another type",
    ("breaking", ENDED, "data.ended_by.id"),
    setting(ENDED, "data.ended_by", then={"properties": {"id": {"type": "string"}}}),
    before=setting(
        ENDED,
        "data.ended_by",
        **{"if": {"required": ["id"]}, "then": {"properties": {"id": {"type": "integer"}}}},
    ),
)


@edit("a member never comes any more", ("breaking", MESSAGE, "data.content:link.link_text"))
def _(document: Node) -> None:
    own(document, MESSAGE, "data.content:link")["properties"]["link_text"] = False


@edit("a member that never came is forbidden", ("documentation", MESSAGE, ""))
def _(document: Node) -> None:
    own(document, MESSAGE, "data.content:link")["properties"]["body"] = False


def _tree(document: Node) -> None:
    tree = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
        },
    }
    document["components"]["schemas"]["Tree"] = tree
    own(document, ENDED, "data")["properties"]["tree"] = {"$ref": "#/components/schemas/Tree"}


@edit("a schema that contains itself is unrolled once", ("documentation", ENDED, ""), before=_tree)
def _(document: Node) -> None:
    own(document, ENDED, "data.tree")


@edit(
    "a schema that contains itself is unrolled with another type inside",
    ("breaking", ENDED, "data.tree.children.*.name"),
    before=_tree,
)
def _(document: Node) -> None:
    own(document, ENDED, "data.tree.children.*.name")["type"] = "integer"


@edit(
    "a schema may be null where it contains itself",
    ("breaking", ENDED, "data.tree.children.*"),
    before=_tree,
)
def _(document: Node) -> None:
    children = document["components"]["schemas"]["Tree"]["properties"]["children"]
    children["items"] = {"oneOf": [children["items"], {"type": "null"}]}


# --- documentation --------------------------------------------------------------------------------------

simple(
    "another description",
    ("documentation", ENDED, "data.ended_by"),
    setting(ENDED, "data.ended_by", description="Who it was."),
)
simple(
    "no description any more",
    ("documentation", MESSAGE, "data.message_id"),
    setting(MESSAGE, "data.message_id", description=...),
)
simple(
    "an example",
    ("documentation", AUDIT, "data.context_ip"),
    setting(AUDIT, "data.context_ip", examples=["192.0.2.1"]),
)
simple(
    "deprecated",
    ("documentation", CREATED, "data.metadata"),
    setting(CREATED, "data.metadata", deprecated=True),
)
simple(
    "another default",
    ("documentation", MESSAGE, "data.channel:native.capabilities.markdown"),
    setting(MESSAGE, "data.channel:native.capabilities.markdown", default=True),
)
simple(
    "an extension",
    ("documentation", MESSAGE, "data.author.role"),
    setting(MESSAGE, "data.author.role", **{"x-enum-names": ["a", "b", "c"]}),
)


@edit("another summary", ("documentation", ENDED, ""))
def _(document: Node) -> None:
    operation(document, ENDED)["summary"] = "A conversation is over"


@edit("another description of the event", ("documentation", ENDED, ""))
def _(document: Node) -> None:
    operation(document, ENDED)["description"] = "Sent at the end."


@edit("another operationId", ("documentation", ENDED, ""))
def _(document: Node) -> None:
    operation(document, ENDED)["operationId"] = "conversationEnded"


@edit("tags of an operation", ("documentation", AUDIT, ""))
def _(document: Node) -> None:
    operation(document, AUDIT)["tags"] = ["audit"]


@edit("another description of the response", ("documentation", HANDOFF, ""))
def _(document: Node) -> None:
    operation(document, HANDOFF)["responses"]["200"]["description"] = "Thank you."


@edit("a further response", ("documentation", HANDOFF, ""))
def _(document: Node) -> None:
    operation(document, HANDOFF)["responses"]["410"] = {"description": "Stop sending."}


@edit("an example of the payload", ("documentation", HANDOFF, ""))
def _(document: Node) -> None:
    media(document, HANDOFF)["examples"] = {"new": {"value": {"type": "v1.conversation.handoff.ended"}}}


@edit("the key of a webhook is renamed", ("documentation", ENDED, ""))
def _(document: Node) -> None:
    webhooks = document["webhooks"]
    webhooks["conversation-has-ended"] = webhooks.pop("conversation-ended-webhook")


@edit("the key and the operationId of a webhook without a declared type", ("documentation", UPDATED, ""))
def _(document: Node) -> None:
    webhooks = document["webhooks"]
    webhooks["end-user-changed"] = webhooks.pop("end-user-updated-webhook")
    webhooks["end-user-changed"]["post"]["operationId"] = "end-user-changed"


@edit("a component is renamed", ("documentation", MESSAGE, ""))
def _(document: Node) -> None:
    schemas = document["components"]["schemas"]
    content = media(document, MESSAGE)["schema"]
    name = content["$ref"].rpartition("/")[2]
    schemas["Renamed"] = schemas.pop(name)
    content["$ref"] = "#/components/schemas/Renamed"


@edit("a reference goes through another component", ("documentation", MESSAGE, ""))
def _(document: Node) -> None:
    holder = media(document, MESSAGE)
    document["components"]["schemas"]["Alias"] = dict(holder["schema"])
    holder["schema"] = {"$ref": "#/components/schemas/Alias"}


@edit("a reference is moved out of components/schemas", ("documentation", ENDED, ""))
def _(document: Node) -> None:
    holder = media(document, ENDED)
    document["x-payloads"] = {"Ended": copy.deepcopy(follow(document, holder["schema"]))}
    holder["schema"] = {"$ref": "#/x-payloads/Ended"}


simple(
    "a reference is inlined",
    ("documentation", CREATED, ""),
    lambda document: own(document, CREATED, "data") and None,
)


@edit("an inline schema becomes a component", ("documentation", CREATED, ""))
def _(document: Node) -> None:
    payload = follow(document, media(document, CREATED)["schema"])
    document["components"]["schemas"]["Moment"] = payload["properties"]["timestamp"]
    payload["properties"]["timestamp"] = {"$ref": "#/components/schemas/Moment"}


@edit("a schema is wrapped in allOf", ("documentation", HANDOFF, ""))
def _(document: Node) -> None:
    payload = follow(document, media(document, HANDOFF)["schema"])
    data = payload["properties"]["data"]
    payload["properties"]["data"] = {
        "allOf": [{"$ref": data["$ref"]}],
        **{k: v for k, v in data.items() if k != "$ref"},
    }


@edit("an object is put together by allOf", ("documentation", HANDOFF, ""))
def _(document: Node) -> None:
    data = own(document, HANDOFF, "data")
    properties = data.pop("properties")
    required = data.pop("required")
    names = list(properties)
    data["allOf"] = [
        {"type": "object", "properties": {n: properties[n] for n in names[:2]}, "required": required[:2]},
        {"properties": {n: properties[n] for n in names[2:]}, "required": required[2:]},
    ]


@edit("members in another order", ("documentation", ENDED, ""))
def _(document: Node) -> None:
    payload = follow(document, media(document, ENDED)["schema"])
    payload["properties"] = dict(reversed(payload["properties"].items()))


simple(
    "enum values in another order",
    ("documentation", AUDIT, ""),
    setting(
        AUDIT,
        "data.activity",
        enum=["deleted", "created", "updated", "executed", "invited", "activated", "deactivated"],
    ),
)
simple(
    "an enum of one becomes a const",
    ("documentation", ENDED, ""),
    setting(ENDED, "type", enum=..., const="v1.conversation.ended"),
)
simple(
    "oneOf becomes anyOf",
    ("documentation", MESSAGE, ""),
    lambda document: _any_of(own(document, MESSAGE, "data.content")),
)
simple(
    "null is written as a union",
    ("documentation", USER, ""),
    lambda document: _spell_null(own(document, USER, "data.external_id")),
)
simple(
    "null is written as nullable",
    ("documentation", USER, ""),
    setting(USER, "data.external_id", type="string", nullable=True),
)
simple(
    "a discriminator is declared",
    ("documentation", MESSAGE, ""),
    setting(MESSAGE, "data.content", discriminator={"propertyName": "type"}),
)


def _any_of(node: Node) -> None:
    node["anyOf"] = node.pop("oneOf")


def _spell_null(node: Node) -> None:
    del node["type"]
    node["oneOf"] = [{"type": "string"}, {"type": "null"}]


@edit("the character set of the body is said", ("documentation", ENDED, ""))
def _(document: Node) -> None:
    body = operation(document, ENDED)["requestBody"]
    body["content"] = {"application/json; charset=utf-8": body["content"]["application/json"]}


@edit("two events come by one webhook", ("documentation", ENDED, ""), ("documentation", MESSAGE, ""))
def _(document: Node) -> None:
    _together(document)


@edit("the title of the document", ("documentation", "", ""))
def _(document: Node) -> None:
    document["info"]["title"] = "Webhooks, second edition"


# --- nothing of the contract ------------------------------------------------------------------------------


@edit("the REST API alone")
def _(document: Node) -> None:
    document.setdefault("paths", {})["/v2/new/"] = {"get": {"responses": {"200": {"description": "New."}}}}


@edit("a component that no webhook uses")
def _(document: Node) -> None:
    document["components"]["schemas"]["Unused"] = {"type": "object"}


@edit("another server")
def _(document: Node) -> None:
    document["servers"] = [{"url": "https://example.eu.ada.support/api"}]


@edit("the order of the webhooks")
def _(document: Node) -> None:
    document["webhooks"] = dict(reversed(document["webhooks"].items()))
