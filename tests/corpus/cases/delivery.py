"""Authenticity, answers, duplicates and order."""

from __future__ import annotations

from functools import partial

from corpus.live import encoded
from corpus.payloads import FILE, LINK, audit, created, end_user, ended, event, message, now, object_id
from corpus.probe import OWNER, again, bare, burst_then_retry, case, quietly, send, steps, together

WRONG = "v1,bm90IGEgZ2VudWluZSBzaWduYXR1cmUgYXQgYWxsISE="
REFUSED = "401 rejected"

authenticity = partial(case, "authenticity", good=REFUSED)
authenticity("fastapi-no-verification", "Verifies nothing.", send(message(), signature=WRONG), "ok handled")
authenticity(
    "flask-unsigned-accepted",
    "Verifies the signature only where there is one.",
    steps(send(message(), signature=WRONG), send(message(), left_out=("svix-signature",))),
    (REFUSED, "ok handled"),
    good=(REFUSED, REFUSED),
)
authenticity(
    "django-first-signature",
    "Compares the first signature only, which fails while the secret is being rotated.",
    send(message(), signature=f"{WRONG} {{genuine}}"),
    REFUSED,
    good="ok handled",
)
authenticity(
    "aiohttp-any-version",
    "Accepts a matching signature of any version.",
    send(message(), signature="v0,{value}"),
    "ok handled",
)
authenticity(
    "express-timestamp-unchecked",
    "Does not look how old the timestamp is.",
    send(message(), age=3600),
    "ok handled",
)
authenticity(
    "express-stringified-body",
    "Verifies the signature over JSON it has written anew, which differs in spaces, escapes and numbers.",
    steps(send(message()), send(encoded(created(metadata={"rate": 3.0}), separators=(", ", ": ")))),
    ("ok handled", REFUSED),
    good=("ok handled", "ok handled"),
)
authenticity(
    "flask-future-accepted",
    "Refuses timestamps that are too old but not those from the future.",
    steps(send(message(), age=3600), send(message(), age=-3600)),
    (REFUSED, "ok handled"),
    good=(REFUSED, REFUSED),
    by_design=OWNER,
)
authenticity(
    "django-resigned-json",
    "Verifies the signature over JSON it has written anew, which escapes non-ASCII text.",
    steps(send(message()), send(message("Où est ma commande ?"))),
    ("ok handled", REFUSED),
    good=("ok handled", "ok handled"),
)
authenticity(
    "fastapi-verifies-conversations",
    "Verifies conversation events only; forged audit and end-user events are handled.",
    steps(send(message(), signature=WRONG), send(audit(), signature=WRONG)),
    (REFUSED, "ok handled"),
    good=(REFUSED, REFUSED),
)
authenticity(
    "aiohttp-verified-afterwards",
    "Verifies the signature after handling the event: a forged one is answered 401 but has taken effect.",
    send(message(), signature=WRONG),
    "401 handled",
)
authenticity(
    "asgi-old-accepted",
    "Refuses timestamps from the future but not those that are too old.",
    steps(send(message(), age=-3600), send(message(), age=3600)),
    (REFUSED, "ok handled"),
    good=(REFUSED, REFUSED),
)
authenticity(
    "django-log-and-continue",
    "Logs that verification failed and continues.",
    send(message(), signature=WRONG),
    "ok handled",
)
authenticity(
    "aiohttp-header-case",
    "Looks headers up in a plain dictionary, so differently capitalised names are not found.",
    send(message(), capitalised=True),
    REFUSED,
    good="ok handled",
)

answers = partial(case, "status-latency")
answers(
    "flask-slow-file",
    "Downloads attachments before it answers, which takes 20 seconds.",
    send(message(content=FILE)),
    "slow none",
)
answers(
    "express-ended-redirect",
    "Answers the end of a conversation with a redirect to a survey.",
    send(ended()),
    "303 handled",
)
answers(
    "django-unwanted-404",
    "Answers 404 to audit events, which it does not want.",
    send(audit()),
    "404 rejected",
)
answers(
    "node-http-unknown-unanswered",
    "Never answers events it ignores.",
    send(event("conversation.assigned", {"conversation_id": object_id()}, {})),
    "slow ignored",
    good="ok ignored",
)
answers(
    "fastapi-response-model",
    "The response model requires conversation_id, so end-user and audit events are handled but answered 500.",
    send(audit()),
    "500 handled",
)
answers(
    "aiohttp-crm-backoff",
    "Looks end users without external_id up again and again for 20 seconds before it answers.",
    steps(send(end_user()), send(end_user(external_id=None))),
    ("ok handled", "slow none"),
)
answers(
    "express-link-unanswered",
    "Forgets to answer messages with a link.",
    send(message(content=LINK)),
    "slow handled",
)

duplicates = partial(case, "duplicates", good=("ok handled", "ok duplicate"))
duplicates(
    "fastapi-no-dedupe", "Handles a repeated delivery again.", again(message()), ("ok handled", "ok handled")
)
same_moment = now()
duplicates(
    "flask-dedupe-timestamp",
    "Tells deliveries apart by type and timestamp, so one of two events of the same moment is lost.",
    steps(send(message() | {"timestamp": same_moment}), send(message() | {"timestamp": same_moment})),
    ("ok handled", "ok duplicate"),
    good=("ok handled", "ok handled"),
)
conversation = object_id()
duplicates(
    "django-dedupe-conversation",
    "Tells deliveries apart by type and conversation, so every message but the first is lost.",
    steps(send(message(conversation_id=conversation)), send(message(conversation_id=conversation))),
    ("ok handled", "ok duplicate"),
    good=("ok handled", "ok handled"),
)
duplicates(
    "aiohttp-recorded-first",
    "Records a delivery as handled before it turns it away under load, so the retry counts as a duplicate.",
    burst_then_retry([message() for _ in range(12)]),
    "ok duplicate",
    good="ok handled",
    lenient=True,
    reference="aiohttp-overload-503",
)
duplicates(
    "express-dedupe-race",
    "Looks a delivery up and records it with a pause between, so concurrent twins are both handled.",
    together(message()),
    "ok+ok handled+handled",
    good="ok+ok duplicate+handled",
)
duplicates(
    "node-http-dedupe-signature",
    "Tells deliveries apart by their signature, which is another one on every attempt.",
    again(message(), gap=1.1),
    ("ok handled", "ok handled"),
)
duplicates(
    "flask-duplicate-409",
    "Answers 409 to a repeated delivery, which is then repeated further.",
    again(message()),
    ("ok handled", "409 duplicate"),
)
words = object_id()
duplicates(
    "django-dedupe-text",
    "Tells messages apart by conversation and text, so the same words said twice are lost.",
    steps(send(message("yes", conversation_id=words)), send(message("yes", conversation_id=words))),
    ("ok handled", "ok duplicate"),
    good=("ok handled", "ok handled"),
)
repeated = message()
duplicates(
    "aiohttp-dedupe-last-16",
    "Remembers sixteen deliveries only, so a later retry is handled again.",
    steps(
        send(repeated, msg_id="msg_remembered"),
        quietly(*(bare(message()) for _ in range(20))),
        send(repeated, msg_id="msg_remembered"),
    ),
    ("ok handled", "ok handled"),
)
duplicates(
    "fastapi-dedupe-message-id",
    "Tells deliveries apart by message_id, which other events lack, so all but the first of a type are lost.",
    steps(send(end_user()), send(end_user())),
    ("ok handled", "ok duplicate"),
    good=("ok handled", "ok handled"),
)
duplicates(
    "express-dedupe-two-seconds",
    "Remembers a delivery for two seconds, so a retry after five is handled again.",
    again(message(), gap=2.5),
    ("ok handled", "ok handled"),
)

ordering = partial(case, "ordering")
ordering(
    "flask-message-unknown-404",
    "Answers 404 to a message that arrives before its conversation.",
    send(message()),
    "404 rejected",
)
ordering(
    "fastapi-message-unknown-keyerror",
    "Appends messages to a transcript that only conversation.created starts.",
    send(message()),
    "500 rejected",
)
ordering(
    "django-message-unknown-dropped",
    "Answers 200 to a message that arrives before its conversation and does not keep it.",
    send(message()),
    "ok ignored",
)
late = object_id()
ordering(
    "aiohttp-created-unique",
    "A message makes a placeholder, so a later conversation.created breaks a unique constraint.",
    steps(send(message(conversation_id=late)), send(created(conversation_id=late))),
    ("ok handled", "500 rejected"),
)
ordering(
    "express-ended-unknown",
    "Takes for granted that conversation.created came before conversation.ended.",
    send(ended()),
    "500 rejected",
)
over = object_id()
ordering(
    "node-http-message-after-end",
    "Answers 410 to messages after the end, such as the survey's link.",
    steps(send(ended(conversation_id=over)), send(message(conversation_id=over, content=LINK))),
    ("ok handled", "410 rejected"),
)
ordering(
    "aiohttp-updated-unknown-404",
    "Answers 404 to an update of an end user whose creation it has not seen.",
    send(end_user("updated")),
    "404 rejected",
)
ordering(
    "django-monotonic-only",
    "Ignores every event that is older than the latest one, whatever it is about.",
    steps(send(message() | {"timestamp": now()}), send(message() | {"timestamp": now(-2)})),
    ("ok handled", "ok ignored"),
)
swapped = object_id()
ordering(
    "fastapi-older-message-400",
    "Answers 400 to a message that is older than the latest of its conversation.",
    steps(
        send(message(conversation_id=swapped, created_at=now())),
        send(message(conversation_id=swapped, created_at=now(-2))),
    ),
    ("ok handled", "400 rejected"),
)
ordering(
    "asgi-flush-on-next",
    "Holds the latest event back until another one arrives.",
    send(message()),
    "ok none",
)
early = object_id()
ordering(
    "asgi-late-created-409",
    "Answers 409 to conversation.created where conversation.ended arrived first.",
    steps(send(ended(conversation_id=early)), send(created(conversation_id=early))),
    ("ok handled", "409 rejected"),
)
