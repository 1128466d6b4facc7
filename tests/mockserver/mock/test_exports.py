"""The data export."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ada_mockserver.events.ids import uuid4
from ada_mockserver.mock.state.conversations import open_conversation
from ada_mockserver.mock.state.records import custom_channel
from ada_mockserver.mock.store.models import Message

DAY = 86_400
SINCE = "2023-11-14T00:00:00Z"


def export(api, kind, **query):
    return api.ok("GET", f"/export/{kind}", params={"created_since": SINCE, **query})


def ids(page):
    return [record["_id"] for record in page["data"]]


def refusals(api, kind, **query):
    return api.invalid("GET", f"/export/{kind}", params=query)


def everything(api, url):
    """The ids on each page, as a client finds them that follows the links."""
    pages, seen = [], set()
    while url is not None:
        assert url.startswith("/api/v2/export/")
        assert url not in seen, "the page links to itself"
        seen.add(url)
        page = api.ok("GET", f"http://mock.test{url}")
        pages.append(ids(page))
        url = page["meta"]["next_page_uri"]
    return pages


def test_conversation(make_api):
    """A conversation is exported with all that the mock knows about it."""
    api = make_api({"delay": 2, "greeting": "Hi", "default": "Sorry"})
    profile = {"first_name": "Ada", "language": "fr", "metadata": {"tier": "gold", "vip": True}}
    user = api.ok("POST", "/end-users/", {"profile": profile})["end_user_id"]
    talk = api.conversation(end_user_id=user, metadata={"order": 17, "tier": "silver"})
    api.advance(2)
    for name in ("Kim", "Lou", "Kim"):
        api.advance(4)
        api.write(talk, "Hello", role="human_agent", display_name=name)
    (record,) = export(api, "conversations")["data"]
    assert record == {
        "_id": talk["id"],
        "agent_handle_time": 8.0,
        "agent_id": ["d25949ef9e762fe7cfb9cc5d", "1ce1a033973af916738ca2ac"],
        "agent_name": ["Kim", "Lou"],
        "bot_handle_time": 2.0,
        "chatter_id": user,
        "classifications": [],
        "csat": {},
        "date_created": "2023-11-14T22:13:20.000000+00:00",
        "date_updated": "2023-11-14T22:13:34.000000+00:00",
        "end_user_id": user,
        "generated_topic_label": None,
        "generated_topic_v2_desc": None,
        "generated_topic_v2_id": None,
        "generated_topic_v2_parent_id": None,
        "generated_topic_v2_title": None,
        "is_engaged": False,
        "is_escalated": True,
        "is_test_user": False,
        "language": "fr",
        "last_agent_id": "d25949ef9e762fe7cfb9cc5d",
        "last_agent_name": "Kim",
        "metavariables": {"first_name": "Ada", "language": "fr", "tier": "silver", "vip": True, "order": 17},
        "platform": "custom",
        "record_last_updated": "2023-11-14T22:13:34.000000+00:00",
        "used_articles": [],
        "used_coaching": [],
        "used_playbooks": [],
        "variables": {},
    }


def test_quiet_conversation(api):
    """What nobody knows is left out where null is no value; who only wrote was engaged, not escalated."""
    body = {"name": "A", "subject": "B", "reply_to": "a@b.c", "reply_as": "c@d.e", "text": "x"}
    talk = api.ok("POST", "/conversations/email/", body)
    (record,) = export(api, "conversations")["data"]
    assert record["_id"] == talk["conversation_id"]
    assert (record["platform"], record["is_engaged"], record["is_escalated"]) == ("email", True, False)
    assert (record["agent_id"], record["agent_name"], record["agent_handle_time"]) == ([], [], 0.0)
    assert not record.keys() & {"language", "last_agent_id", "last_agent_name", "browser", "inquiry_summary"}


@pytest.mark.parametrize(("story", "platform"), [("voice", "voice"), ("messaging", "custom")])
def test_platforms(api, story, platform):
    """Conversations of stories are exported as others are."""
    api.ok("POST", "/_mock/seed", {"stories": [story]})
    (record,) = export(api, "conversations")["data"]
    assert record["platform"] == platform


def test_messages(make_api):
    """Messages are exported with who wrote them to whom, and what they say."""
    api = make_api({"greeting": "Hi"})
    talk = api.conversation()
    user = talk["end_user_id"]
    api.write(talk, "Help")
    api.write(talk, "Hello", role="human_agent")
    content = {"type": "file", "url": "https://f.test/a", "mime_type": "text/plain", "filename": "a.txt"}
    body = {"author": {"id": user, "role": "end_user"}, "content": content}
    sent = api.ok("POST", f"/conversations/{talk['id']}/messages/", body)
    api.ok("POST", f"/conversations/{talk['id']}/end/")
    records = export(api, "messages")["data"]
    told = [(record["sender"], record["recipient"], record["message_data"]["body"]) for record in records]
    ours = ("Hi", "Help", "Hello", "a.txt")
    assert [each for each in told if each[2] in ours] == [
        ("ada", user, "Hi"),
        (user, "ada", "Help"),
        ("agent", user, "Hello"),
        (user, "ada", "a.txt"),
    ]
    (record,) = (record for record in records if record["_id"] == sent["id"])
    assert record == {
        "_id": sent["id"],
        "answer_id": None,
        "answer_title": None,
        "chatter_id": user,
        "conversation_id": talk["id"],
        "date_created": sent["created_at"],
        "link_was_clicked": None,
        "message_data": {
            "_type": "file",
            "body": "a.txt",
            "url": "https://f.test/a",
            "mime_type": "text/plain",
            "filename": "a.txt",
            "has_variables": False,
            "reviewable_message": False,
        },
        "recipient": "ada",
        "record_last_updated": sent["created_at"],
        "sender": user,
    }
    assert records[-1]["message_data"]["_type"] == "link"
    assert records[-1]["message_data"]["body"] == records[-1]["message_data"]["link_text"]
    logged = api.ok("GET", f"/conversations/{talk['id']}/messages/")["data"]
    assert [record["_id"] for record in records] == [each["message_id"] for each in logged]


def test_messages_of_a_conversation(api):
    """Messages of one conversation alone, none of one that there is not."""
    one, two = (api.conversation() for _ in range(2))
    api.write(one, "Help")
    api.write(two, "Hello")
    only = export(api, "messages", conversation_id=one["id"])["data"]
    assert {record["conversation_id"] for record in only} == {one["id"]}
    assert export(api, "messages", conversation_id="no\0id") == {"data": [], "meta": {"next_page_uri": None}}
    every = export(api, "messages", conversation_id="")["data"]
    assert {record["conversation_id"] for record in every} == {one["id"], two["id"]}


def test_order(make_api):
    """Records come in the order of the time that the bounds name; a message is a change of a conversation."""
    api = make_api({"greeting": None})
    talks = []
    for _ in range(3):
        talks.append(api.conversation())
        api.advance(60)
    api.write(talks[0], "Help", role="human_agent")
    first, second, third = (talk["id"] for talk in talks)
    assert ids(export(api, "conversations")) == [first, second, third]
    changed = api.ok("GET", "/export/conversations", params={"updated_since": SINCE})
    assert ids(changed) == [second, third, first]
    assert changed["data"][-1]["date_updated"] == "2023-11-14T22:16:20.000000+00:00"
    api.ok("PATCH", f"/conversations/{second}", {"metadata": {"a": 1}})
    api.advance(60)
    api.ok("PATCH", f"/conversations/{third}", {"metadata": {"a": 1}})
    since = {"updated_since": "2023-11-14T22:16:20.000Z"}
    assert ids(api.ok("GET", "/export/conversations", params=since)) == [first, second, third]
    created = {**since, "created_to": "2023-11-14T22:15:00Z"}
    assert ids(api.ok("GET", "/export/conversations", params=created)) == [first, second]


@pytest.mark.parametrize("kind", ["conversations", "messages"])
def test_bounds(make_api, kind):
    """The lower bound is in the window, the upper is not; a record's time is a bound with Z for its zone."""
    api = make_api({"greeting": "Hi"})
    for _ in range(3):
        api.conversation()
        api.advance(0.25)
    records = export(api, kind)["data"]
    assert len(records) == 3
    times = [record["date_created"].replace("+00:00", "Z") for record in records]
    whole = [record["_id"] for record in records]
    assert ids(export(api, kind, created_since=times[1])) == whole[1:]
    assert ids(export(api, kind, created_to=times[1])) == whole[:1]
    assert ids(export(api, kind, created_since=times[1], created_to=times[1])) == []
    just_after = times[1].replace("000Z", "001Z")
    assert ids(export(api, kind, created_since=just_after)) == whole[2:]
    assert ids(export(api, kind, created_to=just_after)) == whole[:2]


def test_usual_window(api):
    """A window is seven days long unless its end is given, and sixty at most."""
    api.conversation()
    early = {"created_since": "2023-11-07T22:13:20Z"}
    assert ids(export(api, "conversations", **early)) == []
    assert ids(export(api, "conversations", **early, created_to="")) == []
    assert len(ids(export(api, "conversations", created_since="2023-11-07T22:13:20.001Z"))) == 1
    assert len(ids(export(api, "conversations", **early, created_to="2023-11-15T00:00:00Z"))) == 1
    assert len(ids(export(api, "conversations", **early, created_to="2024-01-06T22:13:20Z"))) == 1
    late = {**early, "created_to": "2024-01-06T22:13:20.001Z"}
    assert refusals(api, "conversations", **late) == {
        "$.created_to": "must be at most 60 days after created_since"
    }


def test_old_records(api):
    """Records of more than twelve months ago cannot be had."""
    api.conversation()
    api.advance(366 * DAY)
    assert len(ids(export(api, "conversations"))) == 1
    api.advance(1)
    assert ids(export(api, "conversations")) == []


NO_TIME = "must be a time in UTC such as 2024-07-01T00:00:00Z"


@pytest.mark.parametrize(
    ("kind", "query", "problems"),
    [
        ("messages", {}, {"$.created_since": "is required"}),
        ("conversations", {}, {"$.created_since": "is required, unless updated_since is given"}),
        (
            "conversations",
            {"created_since": SINCE, "updated_since": SINCE},
            {"$.updated_since": "goes not with created_since"},
        ),
        ("messages", {"created_since": ""}, {"$.created_since": NO_TIME}),
        ("conversations", {"updated_since": ""}, {"$.updated_since": NO_TIME}),
        ("messages", {"created_since": "2023-11-14T00:00:00"}, {"$.created_since": NO_TIME}),
        ("messages", {"created_since": "2023-11-14T00:00:00+00:00"}, {"$.created_since": NO_TIME}),
        ("messages", {"created_since": "2023-11-14"}, {"$.created_since": NO_TIME}),
        ("messages", {"created_since": "2023-02-30T00:00:00Z"}, {"$.created_since": NO_TIME}),
        ("messages", {"created_since": "0000-01-01T00:00:00Z"}, {"$.created_since": NO_TIME}),
        ("messages", {"created_since": SINCE, "created_to": "soon"}, {"$.created_to": NO_TIME}),
        ("conversations", {"created_since": SINCE, "updated_to": "soon"}, {"$.updated_to": NO_TIME}),
        (
            "conversations",
            {"updated_since": SINCE, "updated_to": "2024-02-01T00:00:00Z"},
            {"$.updated_to": "must be at most 60 days after updated_since"},
        ),
        *(
            (
                kind,
                {"created_since": SINCE, "page_size": size},
                {"$.page_size": "must be an integer from 100 to 10000"},
            )
            for kind in ("conversations", "messages")
            for size in ("99", "10001", "many", "")
        ),
    ],
)
def test_refused(api, kind, query, problems):
    """A query that does not fit is 400, and says what would."""
    assert refusals(api, kind, **query) == problems


@pytest.mark.parametrize("since", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
def test_far_bounds(api, since):
    """Bounds at the ends of what can be written are bounds like others."""
    assert export(api, "messages", created_since=since) == {"data": [], "meta": {"next_page_uri": None}}


def store_messages(api, conversation, *moments):
    """Store messages of these times, in Unix milliseconds."""

    async def store():
        data = {
            "author": {"role": "ai_agent", "display_name": None},
            "content": {"type": "text", "body": "Hello"},
        }
        async with api.context.begin() as transaction:
            transaction.session.add_all(
                Message(
                    id=uuid4(transaction.rng),
                    conversation_id=conversation["id"],
                    created_at=moment,
                    data=data,
                )
                for moment in moments
            )

    api.portal.call(store)


@pytest.fixture
def quiet(make_api):
    return make_api({"greeting": None})


def test_pages(quiet):
    """A page links to the next, which begins at its last record's time, with the same end."""
    talk = quiet.conversation()
    start = 1_700_000_000_000
    store_messages(quiet, talk, *(start + number for number in range(250)))
    page = export(quiet, "messages", page_size=100, conversation_id=talk["id"])
    assert page["meta"]["next_page_uri"] == (
        f"/api/v2/export/messages?page_size=100&conversation_id={talk['id']}"
        "&created_since=2023-11-14T22%3A13%3A20.099000Z&created_to=2023-11-21T00%3A00%3A00.000000Z"
    )
    pages = everything(quiet, f"/api/v2/export/messages?created_since={SINCE}&page_size=100")
    assert [len(page) for page in pages] == [100, 100, 52]
    assert [before[-1] for before in pages[:-1]] == [after[0] for after in pages[1:]]
    assert len({each for page in pages for each in page}) == 250
    exact = everything(quiet, f"/api/v2/export/messages?created_since={SINCE}&page_size=250")
    assert [len(page) for page in exact] == [250]
    # A client that joins host and link with a slash, as Ada's example does, gets there too.
    joined = quiet.ok("GET", f"http://mock.test/{page['meta']['next_page_uri']}")
    assert ids(joined) == pages[1]


@pytest.mark.parametrize("later", [0, 1, 150])
def test_pages_of_one_moment(quiet, later):
    """Whoever follows the links has everything once they end, however many records are of one time."""
    talk = quiet.conversation()
    start = 1_700_000_000_000
    store_messages(quiet, talk, *[start] * 250, *(start + 1 + number for number in range(later)))
    pages = everything(quiet, f"/api/v2/export/messages?created_since={SINCE}&page_size=100")
    assert len({each for page in pages for each in page}) == 250 + later
    assert [len(page) for page in pages] == {0: [100, 250], 1: [100, 251], 150: [100, 251, 100, 51]}[later]


def test_pages_of_conversations(quiet):
    """Conversations are paged in the same way, by the time of their last change."""

    async def store():
        async with quiet.context.begin() as transaction:
            channel = await custom_channel(transaction)
            for number in range(120):
                later = replace(transaction, now=transaction.now + number)
                await open_conversation(later, channel, user, {})

    user = quiet.ok("POST", "/end-users/")["end_user_id"]
    quiet.portal.call(store)
    url = f"/api/v2/export/conversations?updated_since={SINCE}&page_size=100"
    assert [len(page) for page in everything(quiet, url)] == [100, 21]


def test_client_of_the_other_base(api):
    """The link begins as the path did that was called."""
    talk = api.conversation()
    store_messages(api, talk, *(1_700_000_000_000 + number for number in range(150)))
    query = {"created_since": SINCE, "page_size": 100}
    page = api.ok("GET", "http://mock.test/v2/export/messages/", params=query)
    assert page["meta"]["next_page_uri"].startswith("/v2/export/messages?page_size=100&")


def test_rate(make_api):
    """Each of the two may be called ten times a second."""
    api = make_api(rate_limited=True)
    for _ in range(10):
        export(api, "messages")
    status, error = api.refused("GET", "/export/messages", params={"created_since": SINCE})
    assert (status, error["message"]) == (429, "Too many requests; try again in 1 s.")
