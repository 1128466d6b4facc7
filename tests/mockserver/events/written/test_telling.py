"""Scenarios that a user wrote, as they are told."""

from __future__ import annotations

import hashlib
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from ada_mockserver import written_scenario
from ada_mockserver.events.profile import changed
from ada_mockserver.events.written.checking import try_out
from ada_mockserver.events.written.document import ScenarioError
from ada_mockserver.events.written.plan import read_plan
from ada_schemas.contract.contract import contract_in
from ada_schemas.errors import UsageError

FULL = """
name: Parcel lost
locale: fr_FR
seed: 7
channel: {type: custom, modality: messaging, name: App, description: Ours, metadata: {a: 1}, markdown: true}
end_user: {display_name: Marie Curie, external_id: c-1, metadata: {vip: true}}
human_agent: {display_name: Paul Langevin, avatar: null}
ai_agent: {display_name: Ada}
conversation: {metadata: {score: 1.5}}
words: {order: A-204981}
start: 2026-03-01T09:00:00+01:00
steps:
- end_user: "{display_name}, {order} {{ok}}"
- ai_agent: Je regarde
  after: 3s
- handoff: zendesk_chat
- human_agent: "{agent} {agent_last}"
- human_agent: {file: "{order}.jpg"}
  after: 1m30.5s
- human_agent: {file: voice.note, mime_type: audio/ogg, url: "https://files.example/{display_name}"}
- human_agent: {link: "https://track.example/{order}", text: Suivi}
- profile: {email: "{last4}@example.com", metadata: {size: 3}}
- end_handoff:
- end: end_user
- survey: Alors ?
- wait: 10m
- event: audit_log.emitted
  after: 1s
  set: {data.activity: deleted, tags.1: deleted}
  unset: [data.context_ip]
  repeat: 3
"""
ONE = "name: n\nseed: 1\nsteps:\n"


def told(text: str, **options: Any) -> list[dict[str, Any]]:
    return [step.payload for step in written_scenario(text, **options).steps]


def instant(moment: str) -> datetime:
    return datetime.fromisoformat(moment)


def test_full() -> None:
    """What the document says stands in the events, in its order."""
    events = told(FULL)
    assert [event["type"].removeprefix("v1.") for event in events] == [
        "end_user.created", "conversation.created", *["conversation.message"] * 6, "end_user.updated",
        "conversation.handoff.ended", "conversation.ended", "conversation.message", *["audit_log.emitted"] * 3,
    ]  # fmt: skip
    user, began = events[0]["data"], events[1]["data"]
    assert (user["created_at"], user["external_id"]) == ("2026-03-01T08:00:00.000000+00:00", "c-1")
    assert {**user["profile"], "email": ""} == {
        "first_name": "Marie", "last_name": "Curie", "display_name": "Marie Curie", "email": "",
        "avatar": f"https://example.com/avatars/{user['profile']['email'].partition('@')[0]}.png",
        "language": "fr-FR", "metadata": {"vip": True},
        "system_properties": user["profile"]["system_properties"],
    }  # fmt: skip
    assert user["profile"]["email"].startswith("marie.curie@example.")
    assert began["metadata"] == {"score": 1.5}
    messages = [event["data"] for event in events if event["type"] == "v1.conversation.message"]
    assert {message["conversation_id"] for message in messages} == {began["conversation_id"]}
    channel = messages[0]["channel"]
    assert (channel["name"], channel["description"], channel["metadata"]) == ("App", "Ours", {"a": 1})
    assert channel["capabilities"] == {"markdown": True}
    assert [message["handoff_integration"] for message in messages] == [None] * 2 + ["zendesk_chat"] * 4 + [
        None
    ]
    assert [message["author"]["display_name"] for message in messages] == [
        "Marie Curie", "Ada", *["Paul Langevin"] * 4, "Ada",
    ]  # fmt: skip
    assert messages[2]["author"]["avatar"] is None
    contents = [message["content"] for message in messages]
    assert [contents[n]["body"] for n in (0, 1, 2)] == [
        "Marie Curie, A-204981 {ok}", "Je regarde", "Paul Langevin",
    ]  # fmt: skip
    assert (contents[3]["filename"], contents[3]["mime_type"]) == ("A-204981.jpg", "image/jpeg")
    assert "/A-204981.jpg?X-Amz-Algorithm=" in contents[3]["url"]
    assert contents[4] == {
        "type": "file",
        "url": "https://files.example/Marie%20Curie",
        "mime_type": "audio/ogg",
        "filename": "voice.note",
    }
    assert contents[5] == {"type": "link", "url": "https://track.example/A-204981", "link_text": "Suivi"}
    assert (contents[6]["link_text"], contents[6]["type"]) == ("Alors ?", "link")
    learnt = events[8]["data"]["profile"]
    assert learnt["metadata"] == {"vip": True, "size": 3}
    assert learnt["email"].removesuffix("@example.com").isdigit()
    assert events[10]["data"]["ended_by"] == {"id": user["end_user_id"], "role": "end_user"}
    for event in events[12:]:
        assert (event["data"]["activity"], event["tags"][1]) == ("deleted", "deleted")
        assert "context_ip" not in event["data"]
    assert len({event["data"]["id"] for event in events[12:]}) == 3


def test_times() -> None:
    """A pause that is given is kept to the millisecond; ``wait`` comes on top of the next."""
    events = told(FULL)
    emitted = [instant(event["timestamp"]) for event in events]
    assert emitted == sorted(emitted)
    assert (instant(events[3]["data"]["created_at"]) - emitted[2]).total_seconds() == 3
    assert (instant(events[5]["data"]["created_at"]) - emitted[4]).total_seconds() == 90.5
    assert (instant(events[12]["data"]["timestamp"]) - emitted[11]).total_seconds() == 601
    assert (instant(events[13]["data"]["timestamp"]) - emitted[12]).total_seconds() == 1


def test_same_seed_same_bytes() -> None:
    """A seed gives the same bytes on every supported Python; that of the caller wins, and so does the locale."""
    bodies = b"\n".join(step.body for step in written_scenario(FULL).steps)
    assert hashlib.sha256(bodies).hexdigest() == GOLDEN
    assert bodies == b"\n".join(step.body for step in written_scenario(FULL, seed=7).steps)
    assert bodies != b"\n".join(step.body for step in written_scenario(FULL, seed=8).steps)
    english = told(FULL, locale="en_GB")
    assert english[0]["data"]["profile"]["language"] == "en-GB"


GOLDEN = "d50c31fb6fc331d457ef7ce58b7841fa23176d4a3d1f13a30338bcc28a12128d"


def test_index_and_name() -> None:
    """Every index and every name of a scenario have people and ids of their own."""
    ids = {
        told(text, index=index)[1]["data"]["conversation_id"]
        for text in (FULL, FULL.replace("Parcel lost", "Parcel found"))
        for index in (0, 1)
    }
    assert len(ids) == 4


def test_no_seed() -> None:
    """Without a seed there is no story."""
    with pytest.raises(UsageError) as caught:
        written_scenario({"name": "n", "steps": [{"end": "system"}]})
    assert str(caught.value) == "The scenario has no seed.\n  Give it one, or pass seed=..."


def test_known() -> None:
    """Who is known does not appear, and was there before a conversation that begins at the start."""
    text = f"start: 2026-03-01T09:00:00Z\nend_user: {{known: true}}\n{ONE}- profile: {{language: de-DE}}"
    began, updated = told(text)
    assert began["type"] == "v1.conversation.created"
    assert began["data"]["created_at"] == "2026-03-01T09:00:00.000000+00:00"
    assert began["data"]["conversation_id"].startswith(
        f"{int(instant('2026-03-01T09:00:00Z').timestamp()):08x}"
    )
    user = updated["data"]
    assert user["end_user_id"] == began["data"]["end_user_id"]
    assert "2025-02-28" < user["created_at"] < "2026-02-28T23"
    assert user["end_user_id"].startswith(f"{int(instant(user['created_at']).timestamp()):08x}")


@pytest.mark.parametrize(
    ("end_user", "profile"),
    [
        ("{display_name: null}", (None, None, None, None)),
        ("{display_name: Cher, email: null}", ("Cher", None, "Cher", None)),
        ("{first_name: Ada, last_name: Lovelace, email: a@b.example}", ("Ada", "Lovelace", "Ada Lovelace", "a@b.example")),
        ("{display_name: null, email: a@b.example}", (None, None, None, "a@b.example")),
    ],
)  # fmt: skip
def test_names(end_user: str, profile: tuple[str | None, ...]) -> None:
    """What is not said of a name follows from what is; of somebody without a name nothing is known."""
    created = told(f"end_user: {end_user}\n{ONE}- wait: 1s")[0]["data"]["profile"]
    assert tuple(created[name] for name in ("first_name", "last_name", "display_name", "email")) == profile


def test_names_in_japan() -> None:
    """Where the family name comes first it is the first."""
    created = told(f"locale: ja_JP\nend_user: {{display_name: 湯川 秀樹}}\n{ONE}- wait: 1s")[0]["data"][
        "profile"
    ]
    assert (created["first_name"], created["last_name"]) == ("秀樹", "湯川")
    assert created["email"].startswith("guest.")


def test_callers() -> None:
    """Of a caller no more is known than the document says."""
    text = f"channel: voice\nend_user: {{display_name: Marie Curie}}\n{ONE}- end_user: Allo"
    created, _, message = told(text)
    profile = created["data"]["profile"]
    assert (profile["display_name"], profile["email"], profile["avatar"]) == ("Marie Curie", None, None)
    assert message["data"]["channel"]["modality"] == "voice"


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        ("chat", ("native", "messaging")),
        ("custom-email", ("custom", "email")),
        ("{type: native, modality: voice}", ("native", "voice")),
        ("{modality: voice}", ("custom", "voice")),
        ("{}", ("custom", "messaging")),
    ],
)
def test_channels(channel: str, expected: tuple[str, str]) -> None:
    """The kind of a channel and how people talk on it."""
    found = told(f"channel: {channel}\n{ONE}- end_user: hi")[2]["data"]["channel"]
    assert (found["type"], found["modality"]) == expected


def test_channel_ids() -> None:
    """A channel is the same in every story, one with another description is another, none is younger than it is used."""

    def channel(more: str, index: int = 0) -> dict[str, Any]:
        found: dict[str, Any] = told(f"{more}{ONE}- end_user: hi", index=index)[2]["data"]["channel"]
        return found

    named = "channel: {name: App}\n"
    assert channel(named)["id"] == channel(named, 1)["id"] != channel("")["id"]
    early = channel("start: 2001-03-01T09:00:00Z\n")
    assert "2000-02-28" < early["created_at"] < "2001-03-01"
    assert early["id"].startswith(f"{int(instant(early['created_at']).timestamp()):08x}")


def test_no_placeholders() -> None:
    """Texts are as they are where placeholders are off."""
    text = f"placeholders: false\n{ONE}- end_user: '{{order}} }} {{{{'\n- profile: {{metadata: {{a: '{{'}}}}"
    message, updated = told(text)[2:]
    assert message["data"]["content"]["body"] == "{order} } {{"
    assert updated["data"]["profile"]["metadata"]["a"] == "{"


def test_wrong_order() -> None:
    """With ``strict: false`` a wrong order is told as it stands."""
    steps = "- end_handoff:\n- handoff: salesforce\n- ai_agent: hi\n- end: system\n- end_user: late\n- end_handoff:\n- end_handoff:"
    plan = read_plan(f"strict: false\n{ONE}{steps}", name="f")
    outcome = try_out(plan, seed=1)
    assert (outcome.events, len(outcome.warnings)) == (8, 6)
    integrations = [
        event["data"].get("handoff_integration", "") for event in told(f"strict: false\n{ONE}{steps}")
    ]
    assert integrations == [
        "", "", "zendesk_chat", "salesforce", "", "salesforce", "salesforce", "salesforce",
    ]  # fmt: skip


def test_edits_of_the_first_events() -> None:
    """``set`` and ``unset`` of ``end_user`` and ``conversation`` change the events that they begin with."""
    text = (
        f"end_user: {{set: {{data.new: 1}}}}\nconversation: {{unset: [data.metadata]}}\n{ONE}- end_user: hi"
    )
    created, began, _ = told(text)
    assert created["data"]["new"] == 1
    assert "metadata" not in began["data"]
    warnings = try_out(read_plan(text, name="f"), seed=1).warnings
    assert [str(one) for one in warnings] == [
        "f:1: warning: end_user gives an invalid v1.end_user.created: data.new: expected no such member, got 1 (integer)."
    ]


def test_edits_tie_what_belongs_together() -> None:
    """An edit brings in line what the documentation ties to it, and a new type of event is no problem."""
    text = f"{ONE}- end_user: hi\n  set: {{data.author.role: ai_agent}}\n- end_user: x\n  set: {{type: v1.conversation.new}}"
    assert told(text)[2]["data"]["author"]["id"] is None
    assert try_out(read_plan(text, name="f"), seed=1) == (4, ())


def test_path_that_leads_nowhere() -> None:
    """A path that leads nowhere is an error of its step."""
    with pytest.raises(ScenarioError) as caught:
        written_scenario(f"{ONE}- wait: 1s\n- end: system\n  set: {{data.a.b: 1}}")
    assert caught.value.next_step == (
        "document:5: step 2 (end): The path 'data.a.b' leads nowhere: there is no 'a'. There are: conversation_id, "
        "channel_id, end_user_id, created_at, updated_at, ended_by, metadata, ai_agent_domain."
    )


def test_end_of_time() -> None:
    """No event is later than its ids can tell."""
    with pytest.raises(ScenarioError) as caught:
        written_scenario(f"{ONE}- wait: 3650d\n  repeat: 9")
    assert (
        caught.value.next_step
        == "document:4: step 1 (wait) comes after the year 2105, of which no id can tell. Wait less."
    )


@pytest.mark.parametrize(
    "event",
    ["end_user.created", "end_user.updated", "conversation.created", "conversation.message",
     "conversation.handoff.ended", "conversation.ended", "audit_log.emitted"],
)  # fmt: skip
def test_samples(event: str) -> None:
    """An event of any kind is about the same people, and changes nothing."""
    text = f"{ONE}- event: v1.{event}\n  repeat: 2\n- ai_agent: hi"
    created, began, first, second, message = told(text)
    assert first["type"] == second["type"] == f"v1.{event}"
    shared = {"end_user_id", "conversation_id"} & set(first["data"])
    assert all(first["data"][name] == began["data"][name] for name in shared)
    assert shared or event == "audit_log.emitted"
    assert message["data"]["handoff_integration"] is None
    assert (
        created["timestamp"]
        < began["timestamp"]
        < first["timestamp"]
        < second["timestamp"]
        < message["timestamp"]
    )
    assert try_out(read_plan(text, name="f"), seed=1) == (5, ())


def test_samples_know_the_handoff() -> None:
    """A sample tells of the handoff that there is."""
    text = f"{ONE}- handoff: mine\n- event: conversation.handoff.ended\n- event: conversation.message"
    assert [event["data"]["handoff_integration"] for event in told(text)[2:]] == ["mine", "mine"]


def test_words_in_addresses() -> None:
    """A word that stands in an address is quoted."""
    text = f"words: {{gap: a b}}\n{ONE}- end_user: {{link: 'https://x.example/{{gap}}'}}"
    assert told(text)[2]["data"]["content"]["url"] == "https://x.example/a%20b"


def test_invalid_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """An event that nothing was set in, and that is invalid all the same, is an error of its step."""
    plan = read_plan(f"{ONE}- end_user: hi\n- ai_agent: hi", name="f")
    monkeypatch.setitem(plan.document.data, "ai_agent", {"display_name": 5})  # past the schema
    with pytest.raises(ScenarioError) as caught:
        try_out(plan, seed=1)
    assert caught.value.next_step == (
        "f:5: step 2 (ai_agent) gives an invalid v1.conversation.message: "
        "data.author.display_name: expected a string or null, got 5 (integer)."
    )


def test_pace_and_integrations_of_a_profile() -> None:
    """The profile decides the pace, and the integration where none is named."""
    profile = changed({"integrations": {"mine": 1}, "pace": {"end_user": 100}}, name="p")
    text = f"{ONE}- end_user: hi\n- handoff:\n- end_handoff:"
    slow, usual = told(text, profile=profile), told(text)
    assert slow[-1]["data"]["handoff_integration"] == "mine"
    assert instant(slow[2]["timestamp"]) - instant(slow[1]["timestamp"]) > 20 * (
        instant(usual[2]["timestamp"]) - instant(usual[1]["timestamp"])
    )


def test_pick_up() -> None:
    """A human agent is waited for once in a handoff."""
    steps = "- handoff:\n- human_agent: hi\n- human_agent: hi"
    waits = [told(f"{ONE}{steps}", index=index)[2:] for index in range(12)]
    gaps = [[instant(e["timestamp"]) for e in events] for events in waits]
    begun = [instant(told(f"{ONE}{steps}", index=index)[1]["timestamp"]) for index in range(12)]
    first = sum((gap[0] - start).total_seconds() for gap, start in zip(gaps, begun, strict=True))
    second = sum((b - a).total_seconds() for gap in gaps for a, b in pairwise(gap))
    assert first > 2 * second


def test_a_thread_begins_with_its_mail() -> None:
    """The first mail was written before the conversation began; the next takes its time."""
    _, began, first, second = told(f"channel: email\n{ONE}- end_user: Hello\n- end_user: More")
    emitted = [instant(event["timestamp"]) for event in (began, first, second)]
    assert (emitted[1] - emitted[0]).total_seconds() < 4
    assert (emitted[2] - emitted[1]).total_seconds() > 600


def test_another_contract(tmp_path: Any) -> None:
    """With a contract of one's own the events have its members, and those that only it has are samples."""
    from ada_schemas.contract.contract import read_contract
    from ada_schemas.files.write import render, write

    source = tmp_path / "api.yaml"
    source.write_text(OTHER, encoding="utf-8")
    write(render(read_contract(str(source))), tmp_path / "contract")
    contract = contract_in(tmp_path / "contract")
    text = f"{ONE}- event: case.opened\n  repeat: 2\n- end: system"
    created, began, first, second, ended = told(text, contract=contract)
    assert first["type"] == "v1.case.opened"
    assert first["data"]["case_id"] != second["data"]["case_id"]
    assert first["data"]["end_user_id"] == began["data"]["end_user_id"] == created["data"]["end_user_id"]
    assert first["timestamp"] < second["timestamp"] < ended["timestamp"]
    assert try_out(read_plan(text, name="f", contract=contract), seed=1).events == 5


OTHER = """
openapi: 3.1.0
info: {title: t, version: '1'}
webhooks:
  case.opened:
    post:
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required: [type, timestamp, data]
              properties:
                type: {type: string, const: v1.case.opened}
                timestamp: {type: string, format: date-time}
                data:
                  type: object
                  properties:
                    case_id: {type: string}
                    end_user_id: {type: string}
      responses: {'200': {description: ok}}
"""
