"""Metadata, extreme values, timestamps and what only two facts together bring about."""

from __future__ import annotations

from functools import partial

from corpus.payloads import (
    AGENT,
    BOT,
    FILE,
    LINK,
    NATIVE,
    at,
    audit,
    created,
    end_user,
    ended,
    message,
    object_id,
    without,
)
from corpus.probe import case, send, steps

CUSTOM = {
    "type": "custom",
    "id": object_id(),
    "name": "App",
    "description": "In the app",
    "modality": "messaging",
}

metadata = partial(case, "metadata")
metadata(
    "fastapi-metadata-no-float",
    "Conversation metadata is dict[str, str | bool | int], so a float is answered 422.",
    send(created(metadata={"score": 3.5})),
    "422 rejected",
)
metadata(
    "flask-metadata-no-float",
    "Checks metadata with isinstance for str, bool and int and raises for a float.",
    send(ended(metadata={"score": 0.25})),
    "500 rejected",
)
metadata(
    "django-metadata-strip",
    "Strips every metadata value as if it were text.",
    send(created(metadata={"vip": True})),
    "500 rejected",
)
metadata(
    "aiohttp-metadata-len",
    "Adds up the lengths of metadata values, which numbers and booleans do not have.",
    send(created(metadata={"visits": 3})),
    "500 rejected",
)
metadata(
    "express-metadata-dotted",
    "Unfolds dots in metadata keys into objects, which throws where a prefix already holds text.",
    send(created(metadata={"utm": "yes", "utm.source": "ad"})),
    "500 rejected",
)
metadata(
    "node-http-metadata-integer",
    "Throws for a number in conversation metadata that is not an integer.",
    send(created(metadata={"score": 3.5})),
    "500 rejected",
)
metadata(
    "fastapi-channel-metadata-str",
    "Channel metadata is dict[str, str], so booleans and integers are answered 422.",
    send(message(channel=CUSTOM | {"metadata": {"beta": True, "tier": 3}})),
    "422 rejected",
)
metadata(
    "flask-metadata-namedtuple",
    "Makes a named tuple of conversation metadata, which fails for keys that are no identifiers.",
    send(created(metadata={"pass": "x", "first name": "Ada"})),
    "500 rejected",
)
metadata(
    "aiohttp-metadata-frozenset",
    "Puts the end user's metadata into a set, which fails for values that are lists or objects.",
    send(end_user(profile={"metadata": {"interests": ["chess", "go"]}})),
    "500 rejected",
)
metadata(
    "django-metadata-255",
    "Keeps conversation metadata as JSON in 255 characters, though it may be 4 KB.",
    send(created(metadata={f"key{number}": "x" * 40 for number in range(10)})),
    "400 rejected",
)

extremes = partial(case, "extremes")
extremes(
    "flask-varchar-255", "The column for text holds 255 characters.", send(message("x" * 256)), "500 rejected"
)
extremes(
    "aiohttp-sqlite-integer",
    "Binds metadata integers in SQLite, which fails beyond 64 bits.",
    send(created(metadata={"counter": 2**63})),
    "500 rejected",
)
extremes(
    "django-utf8mb3",
    "The database stores three-byte characters at most, so an emoji is answered 500.",
    send(message("Thanks \U0001f600")),
    "500 rejected",
)
extremes(
    "express-unsafe-integer",
    "Throws for metadata integers above 2^53.",
    send(created(metadata={"account": 2**53 + 1})),
    "500 rejected",
)
extremes(
    "fastapi-metadata-int32",
    "Packs metadata integers into four bytes.",
    send(created(metadata={"account": 2**31})),
    "500 rejected",
)
extremes("flask-latin-1", "Archives text in Latin-1.", send(message("Пока, 東京")), "500 rejected")
extremes(
    "node-http-empty-body",
    "Takes an empty text for a missing one and throws.",
    send(message("")),
    "500 rejected",
)
extremes(
    "aiohttp-initials",
    "Takes the first letter of every word of display_name, which fails for an empty name.",
    send(message(author={"display_name": ""})),
    "500 rejected",
)
extremes(
    "django-url-200",
    "The column for urls is a URLField with its default of 200 characters, too short for presigned urls.",
    send(message(content=FILE | {"url": "https://files.example.com/scan.png?signature=" + "a" * 300})),
    "400 rejected",
)
extremes(
    "express-postgres-nul",
    "The database refuses text with a NUL character.",
    send(message("a\u0000b")),
    "500 rejected",
)
extremes(
    "fastapi-metadata-decimal",
    "Rounds metadata floats as decimals of 28 digits, which fails for very large ones.",
    send(created(metadata={"big": 1e30})),
    "500 rejected",
)
extremes(
    "node-http-name-column",
    "Pads display_name to 40 characters, which throws for longer names.",
    send(message(author={"display_name": "N" * 41})),
    "500 rejected",
)
extremes(
    "django-language-5",
    "The column for the language holds five characters, too few for zh-Hant-TW.",
    send(end_user(profile={"language": "zh-Hant-TW"})),
    "400 rejected",
)

timestamps = partial(case, "timestamps")
timestamps(
    "fastapi-aware-timestamp",
    "The event's timestamp is an AwareDatetime, so one without a zone is answered 422.",
    send(at(message(), "2024-01-17T22:23:35.835")),
    "422 rejected",
)
timestamps(
    "flask-whole-seconds",
    "Parses timestamps with a format that has no fraction of a second and needs a zone.",
    send(at(message(), "2024-01-17T22:23:35.835+00:00")),
    "500 rejected",
)
timestamps(
    "express-three-digits",
    "Knows no fraction of a second but milliseconds, so microseconds throw.",
    send(created(created_at="2023-12-08T19:06:04.890000")),
    "500 rejected",
)
timestamps(
    "aiohttp-naive-comparison",
    "Compares timestamps with one that has a zone, which fails for those that have none.",
    send(at(message(), "2024-01-17T22:23:35.835")),
    "500 rejected",
)
timestamps(
    "wsgi-zulu-refused",
    "The pattern for timestamps knows +00:00 but not Z.",
    send(at(message(), "2024-01-17T22:23:35Z")),
    "500 rejected",
)
timestamps(
    "django-localtime",
    "Calls localtime on parsed timestamps, which fails for those without a zone.",
    send(end_user(updated_at="2023-12-08T19:06:04.890000")),
    "500 rejected",
)
timestamps(
    "django-fraction-required",
    "Parses created_at of a conversation with a format that needs a fraction of a second.",
    send(created(created_at="2020-09-20T00:00:00+00:00")),
    "500 rejected",
)

combination = partial(case, "combination")
combination(
    "flask-agent-file",
    "Files attachments under author.id, which is null where an agent sends the file.",
    steps(send(message(content=FILE)), send(message(content=FILE, author=AGENT))),
    ("ok handled", "500 rejected"),
)
combination(
    "aiohttp-native-capabilities",
    "Takes capabilities for granted on native channels only.",
    steps(send(message(channel=CUSTOM)), send(message(channel=NATIVE))),
    ("ok handled", "500 rejected"),
)
combination(
    "django-handoff-agent-name",
    "During a handoff formats display_name, which may be null.",
    steps(
        send(message(author={"display_name": None})),
        send(message(author=AGENT | {"display_name": None}, handoff_integration="salesforce")),
    ),
    ("ok handled", "500 rejected"),
)
combination(
    "express-email-link",
    "On an email channel takes whatever is not a file for text, so links throw.",
    steps(
        send(message(content=LINK)),
        send(message(channel=NATIVE | {"modality": "email"}, content=LINK)),
    ),
    ("ok handled", "500 rejected"),
)
combination(
    "fastapi-agent-needs-handoff",
    "Answers 422 to a message of a human agent without handoff_integration.",
    steps(send(message(author=AGENT, handoff_integration="salesforce")), send(message(author=AGENT))),
    ("ok handled", "422 rejected"),
)
combination(
    "node-http-system-end-reason",
    "Looks for a reason in the metadata where the system ended the conversation, though it may be absent.",
    steps(
        send(without(ended(), "data.metadata")),
        send(without(ended(ended_by={"id": None, "role": "system"}), "data.metadata")),
    ),
    ("ok handled", "500 rejected"),
)
combination(
    "flask-custom-voice-phone",
    "On a custom voice channel takes metadata.phone_number for granted.",
    steps(
        send(message(channel=CUSTOM)),
        send(message(channel=CUSTOM | {"modality": "voice", "metadata": {"line": 1}})),
    ),
    ("ok handled", "500 rejected"),
)
combination(
    "aiohttp-bot-link-text",
    "Puts a prefix before the link_text of the AI Agent's links, which may be null.",
    steps(
        send(message(content=LINK | {"link_text": None})),
        send(message(content=LINK | {"link_text": None}, author=BOT)),
    ),
    ("ok handled", "500 rejected"),
)
combination(
    "django-end-user-match",
    "Matches end users by external_id or else by email, which fails where both are null.",
    steps(
        send(end_user(external_id=None)),
        send(end_user(external_id=None, profile={"email": None})),
    ),
    ("ok handled", "500 rejected"),
)
combination(
    "fastapi-audit-actor-or-key",
    "Answers 422 to an audit event in which both actor_email and api_key_name are empty.",
    steps(send(audit()), send(audit(actor_email="", actor_name="", actor_user_id=""))),
    ("ok handled", "422 rejected"),
)
