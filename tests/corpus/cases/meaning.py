"""Forward compatibility, hostile input, and what is acknowledged but lost."""

from __future__ import annotations

from functools import partial

from corpus.payloads import (
    AGENT,
    FILE,
    at,
    created,
    end_user,
    event,
    handoff_ended,
    message,
    now,
    object_id,
    without,
)
from corpus.probe import BLANK, OWNER, burst, case, send, steps


def nested(depth: int) -> object:
    """An object in an object in an object."""
    value: object = "deep"
    for _ in range(depth):
        value = {"in": value}
    return value


NEW_EVENT = event("conversation.assigned", {"conversation_id": object_id()}, {})
CUSTOM = {
    "type": "custom",
    "id": object_id(),
    "name": "App",
    "description": "In the app",
    "modality": "messaging",
}

forward = partial(case, "forward-compat")
forward(
    "fastapi-extra-forbid",
    "The conversation model forbids extra members, so a new property is answered 422.",
    send(created(priority="high")),
    "422 rejected",
)
forward(
    "flask-unknown-event-400",
    "Answers 400 to event types it does not know.",
    send(NEW_EVENT),
    "400 rejected",
    good="ok ignored",
)
forward(
    "aiohttp-match-no-default",
    "The match on the event type has no default, so a new type leads to 500.",
    send(NEW_EVENT),
    "500 rejected",
    good="ok ignored",
)
forward(
    "django-content-choices",
    "The choices of the content type are closed, so a new kind of content is answered 400.",
    send(message(content={"type": "carousel", "cards": []})),
    "400 rejected",
)
forward(
    "express-handler-missing",
    "Calls the handler for the event type without looking whether there is one.",
    send(NEW_EVENT),
    "500 rejected",
    good="ok ignored",
)
forward(
    "aiohttp-dataclass-kwargs",
    "Builds a dataclass out of all members of handoff.ended, so a new property raises TypeError.",
    send(handoff_ended(reason="resolved")),
    "500 rejected",
)
forward(
    "fastapi-closed-role",
    "The author's role is a closed enumeration, so a new role is answered 422.",
    send(message(author=AGENT | {"role": "supervisor"})),
    "422 rejected",
)
forward(
    "node-http-unknown-capability",
    "Answers 400 to a channel capability it does not know.",
    send(message(channel=CUSTOM | {"capabilities": {"markdown": True, "cards": True}})),
    "400 rejected",
)
forward(
    "flask-message-id-uuid",
    "Parses message_id as a UUID, though the format of ids may change.",
    send(message(message_id="msg-" + "7" * 30)),
    "500 rejected",
)
forward(
    "django-object-id",
    "Validates conversation_id as 24 hexadecimal digits, though the format of ids may change.",
    send(created(conversation_id="cnv_01HZY3K8Q4")),
    "400 rejected",
)
forward(
    "fastapi-channel-discriminator",
    "The channel is a discriminated union of native and custom, so a new type is answered 422.",
    send(message(channel=CUSTOM | {"type": "partner"})),
    "422 rejected",
)
forward(
    "aiohttp-content-type-exact",
    "Answers 415 unless Content-Type is exactly application/json, without a charset.",
    send(message(), content_type="application/json; charset=utf-8"),
    "415 rejected",
)

hostile = partial(case, "hostile-input")
hostile(
    "node-http-json-crash",
    "Parses the body before verification outside any try, so malformed JSON ends the process.",
    steps(send(b"{", signature="v1,bm90IGdlbnVpbmU="), send(message())),
    ("dead none", "dead none"),
    good=("401 rejected", "ok handled"),
)
hostile(
    "flask-template-format",
    "Formats a template that contains the text, so curly brackets raise KeyError.",
    send(message("What does {name} mean?")),
    "500 rejected",
)
hostile(
    "django-sql-by-hand",
    "Puts the text into an SQL statement, so an apostrophe is a syntax error.",
    send(message("I'm O'Brien")),
    "500 rejected",
)
hostile(
    "express-metadata-index",
    "Indexes metadata keys in an ordinary object, so a key such as constructor or __proto__ throws.",
    send(created(metadata={"constructor": "x"})),
    "500 rejected",
)
hostile(
    "aiohttp-command-shlex",
    "Splits text like a shell, so an apostrophe raises ValueError.",
    send(message("don't")),
    "500 rejected",
)
hostile(
    "fastapi-greeting-regex",
    "Matches text against a pattern that backtracks exponentially.",
    send(message("could somebody please tell me where my order is and when it will finally arrive?")),
    "slow none",
)
hostile(
    "node-http-compare-crash",
    "Compares signatures of different length without catching the error, so a short one ends the process.",
    steps(send(message(), signature="v1,YWJj"), send(message())),
    ("dead none", "dead none"),
    good=("401 rejected", "ok handled"),
)
hostile(
    "django-xml-relay",
    "Puts the text into XML without escaping, so an ampersand is a syntax error.",
    send(message("fish & chips <3")),
    "500 rejected",
)
hostile(
    "flask-recursive-flatten",
    "Flattens metadata recursively, so deep nesting exceeds the recursion limit.",
    send(end_user(profile={"metadata": {"tree": nested(600)}})),
    "500 rejected",
    by_design=OWNER,
)

lost = partial(case, "acknowledged-but-lost")
lost(
    "flask-file-dropped",
    "Answers 200 to messages with a file and does not keep them.",
    send(message(content=FILE)),
    "ok ignored",
)
lost(
    "aiohttp-worker-dies",
    "A null avatar raises in the worker behind the queue, which then works on nothing any more.",
    steps(send(message()), send(message(author={"avatar": None})), send(message())),
    ("ok handled", "ok none", "ok none"),
)
lost(
    "fastapi-background-keyerror",
    "Works in a background task after the answer, which takes metadata.locale for granted.",
    send(created(metadata={})),
    "ok ignored",
)
lost(
    "django-errors-200",
    "Answers 200 whatever is raised, such as for a null display_name.",
    send(message(author={"display_name": None})),
    "ok ignored",
)
lost(
    "express-answered-first",
    "Answers before it works, and only logs what fails, such as for a null first_name.",
    send(end_user(profile={"first_name": None})),
    "ok ignored",
)
lost(
    "node-http-batch-of-five",
    "Writes events in batches of five and never writes an incomplete batch.",
    steps(send(message()), send(message())),
    ("ok none", "ok none"),
)
lost(
    "fastapi-agents-dropped",
    "Keeps messages of end users and of the AI Agent and drops those of human agents.",
    send(message(author=AGENT, handoff_integration="zendesk_chat")),
    "ok ignored",
)
lost(
    "aiohttp-queue-full-dropped",
    "Answers 200 when its queue of eight is full and drops the event.",
    burst([message() for _ in range(40)]),
    "ok ignored",
    lenient=True,
)
lost(
    "flask-old-events-ignored",
    "Ignores events whose timestamp is more than five minutes old, such as retried and replayed ones.",
    send(at(message(), now(-3600))),
    "ok ignored",
)
lost(
    "express-other-domain-dropped",
    "Drops created conversations without ai_agent_domain, which is optional.",
    send(without(created(), "data.ai_agent_domain")),
    "ok ignored",
)
lost(
    "wsgi-empty-text-dropped",
    "Answers 200 to messages with an empty text and does not keep them.",
    send(message("")),
    "ok ignored",
    by_design=BLANK,
)
lost(
    "django-type-split",
    "Takes parts two and three of the type for entity and action and so ignores conversation.handoff.ended.",
    send(handoff_ended()),
    "ok ignored",
)
