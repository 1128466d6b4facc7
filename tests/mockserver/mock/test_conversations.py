"""Conversations, their messages, and the events that they emit."""

from __future__ import annotations

import json

import pytest

from ada_schemas.validation import validate


def test_created(api):
    """A conversation has the documented members; without an end user one is created first."""
    channel = api.channel()
    made = api("POST", "/conversations/", {"channel_id": channel["id"], "metadata": {"plan": "plus"}})
    assert made.status_code == 201
    talk = made.json()
    assert talk == {
        "id": talk["id"],
        "channel_id": channel["id"],
        "end_user_id": talk["end_user_id"],
        "status": "active",
        "created_at": "2023-11-14T22:13:20.000000+00:00",
        "updated_at": "2023-11-14T22:13:20.000000+00:00",
        "metadata": {"plan": "plus"},
    }
    assert api.ok("GET", f"/conversations/{talk['id']}/") == talk
    (user, no_tags), (created, tags) = api.events()
    assert (user["type"], user["data"]["end_user_id"], no_tags) == (
        "v1.end_user.created",
        talk["end_user_id"],
        (),
    )
    assert created["type"] == "v1.conversation.created"
    assert created["data"] == {
        "conversation_id": talk["id"],
        "channel_id": channel["id"],
        "created_at": talk["created_at"],
        "end_user_id": talk["end_user_id"],
        "metadata": {"plan": "plus"},
        "ai_agent_domain": "mock.ada.support",
    }
    assert tags == (channel["id"],)


def test_known_end_user(api):
    """With an end user no other one is created; neither channel nor end user may be unknown."""
    user, channel = api.ok("POST", "/end-users/", {})["end_user_id"], api.channel()["id"]
    assert api.conversation(end_user_id=user)["end_user_id"] == user
    assert api.types() == ["end_user.created", "conversation.created"]
    for body, message in [
        ({"channel_id": "5f5e"}, "There is no such channel."),
        ({"channel_id": channel, "end_user_id": "5f5e"}, "There is no such end user."),
    ]:
        status, error = api.refused("POST", "/conversations/", body)
        assert (status, error["message"]) == (404, message)


def test_answered(api):
    """A message of the end user is kept and emitted, and so is the AI Agent's answer."""
    talk = api.conversation()
    message = api.write(talk, "Hello there")
    assert message == {
        "id": message["id"],
        "conversation_id": talk["id"],
        "author": {"id": talk["end_user_id"], "role": "end_user", "avatar": None, "display_name": "Robin"},
        "content": {"type": "text", "body": "Hello there"},
        "created_at": "2023-11-14T22:13:20.002000+00:00",
        "updated_at": "2023-11-14T22:13:20.002000+00:00",
    }
    listed = api.ok("GET", f"/conversations/{talk['id']}/messages/")["data"]
    assert [each["content"]["body"] for each in listed] == ["Hello there", "Hello! How can I help you today?"]
    assert listed[0] == {
        "type": "message_logs",
        "message_id": message["id"],
        "created_at": message["created_at"],
        "author": message["author"],
        "content": message["content"],
    }
    assert listed[1]["author"] == {
        "id": None,
        "role": "ai_agent",
        "avatar": None,
        "display_name": "AI Agent",
    }
    said, answered = [event for event, _ in api.events() if event["type"] == "v1.conversation.message"]
    assert said["data"]["author"] == message["author"]
    assert said["data"]["message_id"] == message["id"]
    assert (said["data"]["handoff_integration"], answered["data"]["author"]["role"]) == (None, "ai_agent")
    assert said["timestamp"] < answered["timestamp"]


def test_handed_off(api):
    """In a handoff the integration is named, the AI Agent is silent, and a human agent answers by the API."""
    talk = api.conversation()
    api.write(talk, "I want to talk to a human")
    api.write(talk, "Is anybody there?")
    said = api.write(talk, "Robin here", role="human_agent", id="agent-7")
    assert said["author"]["id"] is None
    assert api.ok("POST", f"/conversations/{talk['id']}/end-handoff/") == {"message": "Handoff ended."}
    api.write(talk, "hi")
    told = [
        (event["data"]["author"]["role"], event["data"]["handoff_integration"], tags)
        for event, tags in api.events()
        if event["type"] == "v1.conversation.message"
    ]
    channel = talk["channel_id"]
    assert told == [
        ("end_user", None, (channel,)),
        ("ai_agent", None, (channel,)),
        ("end_user", "custom-handoff", (channel, "custom-handoff")),
        ("human_agent", "custom-handoff", (channel, "custom-handoff")),
        ("end_user", None, (channel,)),
        ("ai_agent", None, (channel,)),
    ]
    ended, tags = next(each for each in api.events() if each[0]["type"] == "v1.conversation.handoff.ended")
    assert ended["data"] == {
        "conversation_id": talk["id"],
        "end_user_id": talk["end_user_id"],
        "handoff_integration": "custom-handoff",
        "ai_agent_domain": "mock.ada.support",
    }
    assert tags == (channel, "custom-handoff")


def test_no_handoff_to_end(api):
    """Ending a handoff that is not going on is 422."""
    talk = api.conversation()
    assert api.refused("POST", f"/conversations/{talk['id']}/end-handoff/") == (
        422,
        {
            "type": "no_active_handoff",
            "message": "The conversation is not in an active handoff.",
            "details": None,
        },
    )
    assert api.refused("POST", "/conversations/5f5e/end-handoff/")[0] == 404


def test_a_human_agent_takes_over(api):
    """A human agent's message outside a handoff begins one: Ada's human agents speak in handoffs alone."""
    talk = api.conversation()
    api.write(talk, "Let me take this", role="human_agent")
    assert api.events()[-1][0]["data"]["handoff_integration"] == "custom-handoff"
    assert api.ok("GET", "/_mock/state")["conversations"][0]["handoff_integration"] == "custom-handoff"


@pytest.mark.parametrize(("name", "integration"), [("zendesk", "zendesk_chat"), ("salesforce", "salesforce")])
def test_scripted_human_agent(api, name, integration):
    """The script's human agent greets, answers each message, and hands back, by the name that was asked for."""
    talk = api.conversation()
    for text in (f"{name}, please", "My parcel is late", "Thank you"):
        api.write(talk, text)
    roles = [
        event["data"]["author"]["role"] if "author" in event["data"] else event["type"]
        for event, _ in api.events()[2:]
    ]
    assert roles == [
        "end_user",
        "ai_agent",
        "human_agent",
        "end_user",
        "human_agent",
        "end_user",
        "human_agent",
        "v1.conversation.handoff.ended",
    ]
    assert {event["data"].get("handoff_integration") for event, _ in api.events()[4:]} == {integration}


def test_empty_text(api):
    """An empty text is quoted as such."""
    talk = api.conversation()
    api.write(talk, "")
    assert api.events()[-1][0]["data"]["content"]["body"] == "Thank you for your message. You wrote: "


def test_survey_where_the_client_is(api):
    """The link to the survey leads to where the client that began the conversation reached the mock."""
    channel = api.channel()["id"]
    headers = {"host": "ada:8787"}
    talk = api.ok("POST", "/conversations/", {"channel_id": channel}, headers=headers)
    api.ok("POST", f"/conversations/{talk['id']}/end/")
    assert api.events()[-1][0]["data"]["content"]["url"] == f"http://ada:8787/survey/{talk['id']}"


def test_ended(api):
    """An end is emitted once, followed by the link to a survey, and takes no more messages."""
    talk = api.conversation()
    api.clock.advance(60)
    for _ in range(2):
        assert api.ok("POST", f"/conversations/{talk['id']}/end/") == {"message": "Conversation ended."}
    (ended, tags), (survey, _) = api.events()[2:]
    assert ended["type"] == "v1.conversation.ended"
    assert ended["data"] == {
        "conversation_id": talk["id"],
        "channel_id": talk["channel_id"],
        "end_user_id": talk["end_user_id"],
        "created_at": talk["created_at"],
        "updated_at": "2023-11-14T22:14:20.000000+00:00",
        "ended_by": {"id": talk["end_user_id"], "role": "end_user"},
        "metadata": {},
        "ai_agent_domain": "mock.ada.support",
    }
    assert tags == (talk["channel_id"],)
    assert survey["data"]["content"] == {
        "type": "link",
        "url": f"http://mock.test/survey/{talk['id']}",
        "link_text": "How did we do?",
    }
    assert api.ok("GET", f"/conversations/{talk['id']}")["status"] == "ended"
    body = {"author": {"role": "end_user", "id": "x"}, "content": {"type": "text", "body": "hi"}}
    assert api.refused("POST", f"/conversations/{talk['id']}/messages/", body) == (
        400,
        {
            "type": "conversation_expired",
            "message": "Conversation is expired",
            "details": None,
        },
    )


def test_ended_in_a_handoff(api):
    """An end during a handoff ends the handoff first; both have the tag of the integration."""
    talk = api.conversation()
    api.write(talk, "a human, please")
    api.ok("POST", f"/conversations/{talk['id']}/end/")
    (handoff, one), (ended, two), _ = api.events()[-3:]
    assert (handoff["type"], ended["type"]) == ("v1.conversation.handoff.ended", "v1.conversation.ended")
    assert one == two == (talk["channel_id"], "custom-handoff")


def test_voice(api):
    """On a native voice channel there is no tag, and an end is a call that disconnects: by the system."""
    (voice,) = api.ok("GET", "/channels/?type=native&modality=voice")["data"]
    talk = api.ok("POST", "/conversations/", {"channel_id": voice["id"]})
    api.write(talk, "hello")
    api.ok("POST", f"/conversations/{talk['id']}/end/")
    assert {tags for _, tags in api.events()} == {()}
    assert api.types()[-1] == "conversation.ended"
    assert api.events()[-1][0]["data"]["ended_by"] == {"id": None, "role": "system"}
    assert api.events()[2][0]["data"]["channel"] == voice


def test_email(api):
    """A conversation by e-mail has an end user with that address, and is answered with a letter."""
    body = {"name": "Ada Lovelace", "subject": "Order", "reply_to": "ada@example.com", "text": "hello"}
    made = api.ok("POST", "/conversations/email/", body)
    assert list(made) == ["conversation_id"]
    created, opened, said, answered = (event for event, _ in api.events())
    assert created["data"]["profile"]["email"] == "ada@example.com"
    assert opened["data"]["conversation_id"] == made["conversation_id"]
    assert said["data"]["content"]["body"] == "hello"
    assert answered["data"]["content"]["body"] == (
        "Hello,\n\nHello! How can I help you today?\n\nKind regards\nYour support team"
    )
    assert answered["data"]["channel"]["modality"] == "email"


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"reply_to": "nobody"}, {"$.reply_to": "must be an e-mail address"}),
        ({"reply_as": "a@b@c"}, {"$.reply_as": "must be an e-mail address"}),
        ({"text": "ä" * 5121}, {"$.text": "is larger than 10 KB"}),
        ({"cc": ["a", 1]}, {"$.cc[1]": "must be a string"}),
        ({"cc": ["a@b.c", "a"]}, {"$.cc[1]": "must be an e-mail address"}),
        (
            {"metadata": {"a": [1], "b": None}},
            {
                "$.metadata.a": "must be a string, a boolean, an integer or a number",
                "$.metadata.b": "must be a string, a boolean, an integer or a number",
            },
        ),
        ({"subject": None}, {"$.subject": "must be a string"}),
    ],
)
def test_email_refused(api, change, found):
    """What cannot be a mail is refused."""
    body = {"name": "Ada", "subject": "Order", "reply_to": "ada@example.com", **change}
    assert api.invalid("POST", "/conversations/email/", body) == found


def test_metadata_is_changed(api):
    """Metadata is changed key by key, null removes one, and nothing is emitted."""
    talk = api.conversation(metadata={"a": 1, "b": "x"})
    changed = api.ok("PATCH", f"/conversations/{talk['id']}/", {"metadata": {"a": None, "c": 2.5}})
    assert changed == {**talk, "metadata": {"b": "x", "c": 2.5}}
    assert api.types() == ["end_user.created", "conversation.created"]
    assert api.invalid("PATCH", f"/conversations/{talk['id']}/", {"metadata": {"d": "x" * 4096}}) == {
        "$.metadata": "is larger than 4 KB"
    }


def test_messages_are_paged(api):
    """Messages are listed in order of time, page by page."""
    talk = api.conversation()
    for number in range(3):
        api.write(talk, str(number))
    path = f"/conversations/{talk['id']}/messages/"
    everything = api.ok("GET", path)
    first = api.ok("GET", f"{path}?limit=4")
    assert first["data"] == everything["data"][:4]
    second = api.request("GET", first["meta"]["next_page_url"]).json()
    assert second == {"data": everything["data"][4:], "meta": {"next_page_url": None}}
    other = api.conversation()
    cursor = everything["data"][1]["message_id"]
    status, _ = api.refused("GET", f"/conversations/{other['id']}/messages/?cursor={cursor}")
    assert status == 400


def test_file_message(api):
    """A file is a message like another; the AI Agent answers that too."""
    talk = api.conversation()
    content = {
        "type": "file",
        "url": "https://example.com/a.png",
        "mime_type": "image/png",
        "filename": "a.png",
    }
    author = {"role": "end_user", "id": talk["end_user_id"]}
    made = api.ok(
        "POST", f"/conversations/{talk['id']}/messages/", {"author": author, "content": {**content, "x": 1}}
    )
    assert made["content"] == content
    assert "a.png" in api.events()[-1][0]["data"]["content"]["body"]


@pytest.mark.parametrize(
    ("author", "content", "found"),
    [
        (
            {"role": "end_user"},
            {"type": "text", "body": "x"},
            "$.author.id: is required when the role is end_user",
        ),
        (
            {"role": "human_agent"},
            {"type": "text", "body": "x"},
            "$.author.display_name: is required when the role is human_agent",
        ),
        (
            {"role": "ai_agent"},
            {"type": "text", "body": "x"},
            "$.author.role: must be one of: end_user, human_agent",
        ),
        ({}, {"type": "text", "body": "x"}, "$.author.role: is required"),
        ({"role": "end_user", "id": "1"}, {"type": "text"}, "$.content.body: is required"),
        ({"role": "end_user", "id": "1"}, {"type": "text", "body": None}, "$.content.body: must be a string"),
        (
            {"role": "end_user", "id": "1"},
            {"type": "link", "url": "x"},
            "$.content.type: must be one of: text, file",
        ),
        ({"role": "end_user", "id": "1"}, {"body": "x"}, "$.content.type: is required"),
        (
            {"role": "end_user", "id": "1"},
            {"type": "file", "url": "x", "mime_type": "a/b", "filename": "f"},
            "$.content.url: must be a URL",
        ),
    ],
)
def test_message_refused(api, author, content, found):
    """What cannot be a message is refused, and nothing is said."""
    talk = api.conversation()
    body = {"author": author, "content": content}
    refused = api.invalid("POST", f"/conversations/{talk['id']}/messages/", body)
    assert [f"{parameter}: {message}" for parameter, message in refused.items()] == [found]
    assert api.ok("GET", f"/conversations/{talk['id']}/messages/")["data"] == []


def test_every_event_is_documented(api):
    """All that the mock emits fits the closed schemas, and what the documentation ties together."""
    stories = ["messaging", "handoff", "voice", "email"]
    api.ok("POST", "/_mock/seed", {"stories": stories, "end_users": [{"external_id": "x"}]})
    talk = api.conversation(metadata={"ü": "…", "n": 1, "f": 1.5, "b": False})
    for text in ("hello", "zendesk", "more", "thanks", "a human", "bye"):
        api.write(talk, text)
    api.write(talk, "Robin here", role="human_agent")
    api.ok("POST", f"/conversations/{talk['id']}/end/")
    api.ok("PATCH", f"/end-users/{talk['end_user_id']}", {"profile": {"email": "x@example.com"}})
    assert set(api.types()) == {
        "end_user.created",
        "end_user.updated",
        "conversation.created",
        "conversation.message",
        "conversation.handoff.ended",
        "conversation.ended",
    }
    found = {json.dumps(event): validate(event, closed=True) for event, _ in api.events()}
    assert {text: wrong for text, wrong in found.items() if wrong} == {}


def test_times_order_events(api):
    """While the clock stands still, events of a conversation are still in order by their times."""
    talk = api.conversation()
    for number in range(3):
        api.write(talk, str(number))
    times = [event["timestamp"] for event, _ in api.events()[1:]]
    assert len(set(times)) == len(times)
    assert times == sorted(times)
