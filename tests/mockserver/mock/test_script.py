"""The script of the AI Agent."""

from __future__ import annotations

import pytest

from ada_mockserver.mock.script import DEFAULT_SCRIPT, End, HandOff, Human, Say, parse_script
from ada_schemas.errors import UsageError


def test_rules_in_order():
    """The first rule that is found in a message decides; else the default texts take turns."""
    script = parse_script(
        {
            "rules": [
                {"when": "refund", "reply": ["One moment.", "Done: {text}"], "link": "https://example.com/r"},
                {"when": "refund|order", "reply": "never for a refund"},
                {"when": "stop", "end": True},
            ],
            "default": ["a", "b {text}"],
        }
    )
    assert script.react("A REFUND!", turn=0) == (
        Say("One moment."),
        Say("Done: A REFUND!"),
        Say(link="https://example.com/r"),
    )
    assert script.react("my order", turn=0) == (Say("never for a refund"),)
    assert script.react("please stop", turn=0) == (End(),)
    assert [script.react("{text}", turn=turn) for turn in range(3)] == [
        (Say("a"),),
        (Say("b {text}"),),
        (Say("a"),),
    ]


def test_handoff():
    """A rule hands off to an integration, with a scripted human agent or without."""
    human = {"display_name": "Kim", "replies": "hi", "ends": False, "avatar": "https://example.com/k.png"}
    script = parse_script(
        {
            "rules": [
                {"when": "a", "handoff": "salesforce", "human": human},
                {"when": "b", "reply": "wait", "handoff": "custom-handoff"},
            ]
        }
    )
    assert script.react("a", turn=0) == (
        HandOff("salesforce", Human("Kim", ("hi",), ends=False, avatar="https://example.com/k.png")),
    )
    assert script.react("b", turn=0) == (Say("wait"), HandOff("custom-handoff"))
    assert script.react("c", turn=0) == ()


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Hello!", [Say]),
        ("can I speak with a human", [Say, HandOff]),
        ("zendesk", [Say, HandOff]),
        ("Goodbye", [Say, End]),
        ("Where is my parcel?", [Say]),
    ],
)
def test_default(text, kinds):
    """The default script greets, hands off on request, ends on goodbye, and says something else otherwise."""
    assert [type(action) for action in DEFAULT_SCRIPT.react(text, turn=0)] == kinds


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "it must be an object."),
        (
            {"rule": []},
            "rule is not known; known are: agent, default, delay, greeting, handoff_failed, handoffs, rules, survey.",
        ),
        ({"rules": {}}, "rules must be a list."),
        ({"rules": [{}]}, "rules[0].when is required."),
        ({"rules": [{"when": "a", "reply": 5}]}, "rules[0].reply must be a string or a list."),
        ({"rules": [{"when": "a", "human": {"replies": []}}]}, "rules[0].handoff is required."),
        ({"rules": [{"when": "a", "handoff": None, "human": None}]}, "rules[0].handoff must be a string."),
        ({"rules": [{"when": "a", "handoff": "x", "human": {}}]}, "rules[0].human.replies is required."),
        ({"rules": [{"when": "a", "end": "yes"}]}, "rules[0].end must be a boolean."),
        ({"rules": [{"when": "a", "end": 1}]}, "rules[0].end must be a boolean."),
        ({"default": [1]}, "default[0] must be a string."),
        ({"delay": -1}, "delay must be a number of seconds, at most a day."),
        ({"delay": 86_401}, "delay must be a number of seconds, at most a day."),
        ({"delay": True}, "delay must be a number of seconds, at most a day."),
        ({"delay": float("nan")}, "delay must be a number of seconds, at most a day."),
        ({"agent": {"name": "x"}}, "agent.name is not known; known are: avatar, display_name."),
        ({"survey": False}, "survey must be a string or null."),
        ({"handoff_failed": 1}, "handoff_failed must be a string or null."),
        ({"handoffs": []}, "handoffs must be an object."),
        ({"handoffs": {"": {}}}, "handoffs must be the name of an integration."),
        (
            {"handoffs": {"custom-handoff": {"uri": "http://desk.test"}}},
            "handoffs.custom-handoff.uri is not known; known are: body, headers, timeout, url.",
        ),
        (
            {"handoffs": {"custom-handoff": {"timeout": 0}}},
            "handoffs.custom-handoff.timeout must be a number of seconds above 0, at most 300.",
        ),
        ({"handoffs": {"custom-handoff": {"body": "x"}}}, "handoffs.custom-handoff.body must be an object."),
        (
            {"handoffs": {"custom-handoff": {"headers": {"a": 1}}}},
            "handoffs.custom-handoff.headers.a must be a string.",
        ),
    ],
)
def test_wrong(document, message):
    """What does not fit is named, in a usage error."""
    with pytest.raises(UsageError) as caught:
        parse_script(document)
    assert caught.value.what == f"The script does not fit: {message}"


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ({"url": "desk"}, ".url cannot be used: The URL is not a web address."),
        (
            {"headers": {"Host": "desk"}},
            ".headers cannot be used: The header 'Host' is set by each call itself.",
        ),
        ({"headers": {"a b": "x"}}, ".headers cannot be used: 'a b' is not a header name."),
        (
            {"body": {"list": [{"id": "{conversation}"}]}},
            (
                ".body cannot be used: There is no placeholder {conversation}; there are {channel_id},"
                " {conversation_id}, {end_user_id}, {integration}, {text}, {metadata.KEY}."
            ),
        ),
        ({}, ".url is required."),
    ],
)
def test_wrong_endpoint(target, message):
    """An endpoint that no handoff can call is refused with its place."""
    with pytest.raises(UsageError) as caught:
        parse_script({"handoffs": {"genesys": target}})
    assert caught.value.what == f"The script's handoffs.genesys{message}"


def test_endpoint_of_the_option():
    """The option names the URL; what the script says about headers, body and time stays, secrets unshown."""
    target = {"url": "http://old.test/", "headers": {"X-Api-Key": "s3cret"}, "timeout": 3}
    script = parse_script({"handoffs": {"custom-handoff": target}}).with_handoff_url("http://new.test/")
    assert script.called == {"custom-handoff": "http://new.test/"}
    changed = script.handoffs["custom-handoff"]
    assert (changed.headers, changed.timeout) == ((("X-Api-Key", "s3cret"),), 3)
    assert "s3cret" not in repr(script)
    with pytest.raises(UsageError) as caught:
        script.with_handoff_url("ftp://desk.test/")
    assert caught.value.what == "The URL is not a web address."


def test_all_that_is_wrong():
    """Every member that does not fit is named at once; a bad regular expression with its reason."""
    with pytest.raises(UsageError) as caught:
        parse_script({"rules": [{"when": 1}], "delay": "2", "survey": 0})
    assert str(caught.value) == (
        "The script does not fit: rules[0].when must be a string;"
        " delay must be a number of seconds, at most a day; survey must be a string or null."
    )
    with pytest.raises(UsageError) as caught:
        parse_script({"rules": [{"when": "("}]})
    assert caught.value.what.startswith("The script's rules[0].when is not a regular expression (")


def test_in_a_conversation(make_api):
    """The script is what answers: with its names, greeting, link and delay, and without a survey."""
    api = make_api(
        {
            "agent": {"display_name": "Max", "avatar": "https://example.com/max.png"},
            "greeting": "Welcome.",
            "delay": 2.5,
            "survey": None,
            "rules": [{"when": "map", "link": "https://example.com/map"}, {"when": "bye", "end": True}],
        }
    )
    talk = api.conversation()
    api.advance(2.5)
    for text in ("a map", "unheard", "bye"):
        api.write(talk, text)
        api.advance(2.5)
    told = [
        (event["data"]["author"]["display_name"], event["data"]["content"].get("body"))
        for event, _ in api.events()
        if event["type"] == "v1.conversation.message"
    ]
    assert told == [
        ("Max", "Welcome."),
        ("Robin", "a map"),
        ("Max", None),
        ("Robin", "unheard"),
        ("Robin", "bye"),
    ]
    assert api.events()[4][0]["data"]["content"] == {
        "type": "link",
        "url": "https://example.com/map",
        "link_text": None,
    }
    assert api.types()[-1] == "conversation.ended"
    greeting = api.events()[2][0]
    assert greeting["timestamp"] == "2023-11-14T22:13:22.500+00:00"
