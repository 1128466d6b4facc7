"""Documented variants, nulls, absent members and unions."""

from __future__ import annotations

from functools import partial

from corpus.payloads import (
    AGENT,
    BOT,
    FILE,
    LINK,
    NATIVE,
    NATIVE_FULL,
    audit,
    created,
    end_user,
    ended,
    handoff_ended,
    message,
    object_id,
    without,
)
from corpus.probe import case, send

CUSTOM = {
    "type": "custom",
    "id": object_id(),
    "name": "App",
    "description": "In the app",
    "modality": "messaging",
}

variant = partial(case, "documented-variant")
variant(
    "fastapi-two-roles",
    "The author's role is a Literal without human_agent, so what human agents say is answered 422.",
    send(message(author=AGENT, handoff_integration="zendesk_chat")),
    "422 rejected",
)
variant(
    "flask-file-unsupported",
    "Raises for file content, so attachments are answered 500.",
    send(message(content=FILE)),
    "500 rejected",
)
variant(
    "django-modality-choices",
    "The modality column's choices lack voice, so messages on voice channels are answered 400.",
    send(message(channel=NATIVE_FULL | {"modality": "voice"})),
    "400 rejected",
)
variant(
    "aiohttp-link-unmatched",
    "The match on content has no case for links and raises.",
    send(message(content=LINK)),
    "500 rejected",
)
variant(
    "express-audit-activity",
    "The switch on an audit event's activity lacks invited, activated and deactivated and throws.",
    send(audit(activity="invited")),
    "500 rejected",
)
variant(
    "flask-ended-by-label",
    "Looks up a label for ended_by.role in a table without system.",
    send(ended(ended_by={"id": object_id(), "role": "system"})),
    "500 rejected",
)
variant(
    "fastapi-custom-channels-only",
    "The channel's type is Literal['custom'], so messages on native channels are answered 422.",
    send(message(channel=NATIVE_FULL)),
    "422 rejected",
)
variant(
    "aiohttp-interface-enum",
    "An audit event's interface is an enumeration without mcp, cli, import and export.",
    send(audit(interface="cli")),
    "500 rejected",
)
variant(
    "django-images-only",
    "Answers 415 to attachments that are not images.",
    send(message(content=FILE | {"mime_type": "application/pdf", "filename": "scan.pdf"})),
    "415 rejected",
)
variant(
    "express-type-split",
    "Takes parts two and three of the type for entity and action, so conversation.handoff.ended throws.",
    send(handoff_ended()),
    "500 rejected",
)
variant(
    "node-http-modality-icons",
    "The table of icons by modality lacks email.",
    send(message(channel=NATIVE_FULL | {"modality": "email"})),
    "500 rejected",
)

null = partial(case, "null")
null(
    "flask-author-id-lower",
    "Lower-cases author.id, which is null for the AI Agent and for human agents.",
    send(message(author=BOT)),
    "500 rejected",
)
null(
    "fastapi-display-name-str",
    "author.display_name is a str with a default, so an explicit null is answered 422.",
    send(message(author={"display_name": None})),
    "422 rejected",
)
null(
    "express-link-text-trim",
    "Trims link_text, which may be null.",
    send(message(content=LINK | {"link_text": None})),
    "500 rejected",
)
null(
    "django-ended-by-id-not-null",
    "The column for ended_by.id may be blank but not null, so ends by the system are answered 500.",
    send(ended(ended_by={"id": None, "role": "system"})),
    "500 rejected",
)
null(
    "aiohttp-handoff-replace",
    "Replaces underscores in handoff_integration, which is null outside a handoff.",
    send(message(handoff_integration=None)),
    "500 rejected",
)
null(
    "flask-external-id-length",
    "Measures external_id, which is null where none was set.",
    send(end_user(external_id=None)),
    "500 rejected",
)
null(
    "fastapi-email-lower",
    "Lower-cases profile.email, which may be null.",
    send(end_user(profile={"email": None})),
    "500 rejected",
)
null(
    "node-http-language-split",
    "Splits profile.language, for which the default replaces only an absent one and not null.",
    send(end_user("updated", profile={"language": None})),
    "500 rejected",
)
null(
    "django-names-not-null",
    "The columns for first and last name may be blank but not null.",
    send(end_user(profile={"last_name": None})),
    "500 rejected",
)
null(
    "aiohttp-name-join",
    "Joins first and last name, one of which may be null while the other is not.",
    send(end_user(profile={"last_name": None})),
    "500 rejected",
)
null(
    "express-sunshine-id",
    "Lower-cases system_properties.sunshine_user_id, which is null outside Sunshine Conversations.",
    send(end_user(profile={"system_properties": {"sunshine_user_id": None}})),
    "500 rejected",
)

absent = partial(case, "optional-absent")
absent(
    "flask-metadata-required",
    "Takes data.metadata for granted on conversations.",
    send(without(created(), "data.metadata")),
    "500 rejected",
)
absent(
    "fastapi-ended-by-required",
    "ended_by is a required member of its model.",
    send(without(ended(), "data.ended_by")),
    "422 rejected",
)
absent(
    "django-channel-id-required",
    "Takes data.channel_id for granted on conversations.",
    send(without(created(), "data.channel_id")),
    "500 rejected",
)
absent(
    "aiohttp-avatar-required",
    "Takes author.avatar for granted.",
    send(without(message(), "data.author.avatar")),
    "500 rejected",
)
absent(
    "express-ended-by-destructured",
    "Destructures data.ended_by, which may be absent.",
    send(without(ended(), "data.ended_by")),
    "500 rejected",
)
absent(
    "node-http-capabilities-required",
    "Reads markdown out of channel.capabilities, which may be absent.",
    send(message(channel=CUSTOM)),
    "500 rejected",
)
absent(
    "fastapi-actor-required",
    "actor_email and actor_name of an audit event are required members of its model.",
    send(without(audit(), "data.actor_email", "data.actor_name")),
    "422 rejected",
)
absent(
    "flask-tags-required",
    "Takes the tags of an end user's event for granted.",
    send(without(end_user(), "tags")),
    "500 rejected",
)
absent(
    "wsgi-timestamp-required",
    "Takes a message event's timestamp for granted.",
    send(without(message(), "timestamp")),
    "500 rejected",
)
absent(
    "django-profile-metadata-required",
    "Takes profile.metadata for granted.",
    send(without(end_user(), "data.profile.metadata")),
    "500 rejected",
)
absent(
    "aiohttp-link-url-required",
    "Takes a link's url for granted, though no member of a link is required.",
    send(message(content={"type": "link", "link_text": "Survey"})),
    "500 rejected",
)
absent(
    "wsgi-custom-metadata-required",
    "Takes the metadata of a custom channel for granted.",
    send(message(channel=CUSTOM)),
    "500 rejected",
)

union = partial(case, "union")
union(
    "flask-body-or-url",
    "Falls back from body to url by truth, so a text with an empty body raises KeyError.",
    send(message("")),
    "500 rejected",
)
union(
    "fastapi-union-left-to-right",
    "Tries a lenient Link model before File, so a file is read as a link and has no filename.",
    send(message(content=FILE)),
    "500 rejected",
)
union(
    "aiohttp-url-means-file",
    "Takes every content with a url for a file, so links raise KeyError.",
    send(message(content=LINK)),
    "500 rejected",
)
union(
    "django-channel-created-at",
    "Reads created_at from every channel, which native channels do not have.",
    send(message(channel=NATIVE_FULL)),
    "500 rejected",
)
union(
    "express-channel-metadata-entries",
    "Lists the metadata of every channel, which native channels do not have.",
    send(message(channel=NATIVE)),
    "500 rejected",
)
union(
    "wsgi-content-type-required",
    "Takes content.type for granted, which a link may lack.",
    send(message(content={"url": "https://example.com/survey", "link_text": None})),
    "500 rejected",
)
