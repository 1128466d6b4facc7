"""The scripted AI Agent: what it answers, when it hands off, and the human agent who then answers for it.

A script is data (YAML or JSON), and reacting is pure: a message in, a list of actions out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "DEFAULT_INTEGRATION",
    "DEFAULT_SCRIPT",
    "Action",
    "End",
    "HandOff",
    "Human",
    "ReplyRule",
    "Say",
    "Script",
    "parse_script",
]

DEFAULT_INTEGRATION = "custom-handoff"
"""The integration of a handoff that nobody names: the client's own, which answers through the API."""


@dataclass(frozen=True, slots=True)
class Human:
    """A scripted human agent: greets with the first of ``replies``, then gives one for each message.

    Once they are used up the handoff ends, unless ``ends`` is false.
    """

    display_name: str
    replies: tuple[str, ...]
    ends: bool = True
    avatar: str | None = None


@dataclass(frozen=True, slots=True)
class Say:
    """The AI Agent writes ``text``, or sends a link."""

    text: str = ""
    link: str | None = None


@dataclass(frozen=True, slots=True)
class HandOff:
    """The AI Agent hands over; without a scripted ``human`` the client's own agents answer by the API."""

    integration: str
    human: Human | None = None


@dataclass(frozen=True, slots=True)
class End:
    """The AI Agent ends the conversation."""


Action = Say | HandOff | End


@dataclass(frozen=True, slots=True)
class ReplyRule:
    """What to do about a message in which ``when`` is found (a regular expression, in any letter case)."""

    when: re.Pattern[str]
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """How the AI Agent behaves; the first rule that fits decides, ``default`` is used in turn otherwise.

    ``delay`` is the time until a reply is given, in seconds of the mock's clock. ``survey`` is the text
    of the link that follows the end of a messaging conversation, None for no link.
    """

    rules: tuple[ReplyRule, ...] = ()
    default: tuple[str, ...] = ()
    display_name: str | None = "AI Agent"
    avatar: str | None = None
    greeting: str | None = None
    delay: float = 0.0
    survey: str | None = "How did we do?"

    def react(self, text: str, *, turn: int) -> tuple[Action, ...]:
        """What to do about the message ``text``, the ``turn``-th (from 0) that the AI Agent answers."""
        for rule in self.rules:
            if rule.when.search(text):
                return tuple(_filled(action, text) for action in rule.actions)
        if not self.default:
            return ()
        return (_filled(Say(self.default[turn % len(self.default)]), text),)


def _filled(action: Action, text: str) -> Action:
    return replace(action, text=action.text.replace("{text}", text)) if isinstance(action, Say) else action


def parse_script(document: Any) -> Script:
    """A script from its data; raises `UsageError` that names the member which does not fit."""
    members = _object(
        document, "the script", {"rules", "default", "agent", "greeting", "delay", "survey"}, required=()
    )
    agent = _object(members.get("agent", {}), "agent", {"display_name", "avatar"}, required=())
    rules = members.get("rules", [])
    if not isinstance(rules, list):
        raise _wrong("rules", "a list")
    delay = members.get("delay", 0)
    if isinstance(delay, bool) or not isinstance(delay, int | float) or not 0 <= delay <= 86_400:
        raise _wrong("delay", "a number of seconds, at most a day")
    return Script(
        rules=tuple(_rule(rule, f"rules[{index}]") for index, rule in enumerate(rules)),
        default=_texts(members.get("default", []), "default"),
        display_name=_optional_text(agent.get("display_name", "AI Agent"), "agent.display_name"),
        avatar=_optional_text(agent.get("avatar"), "agent.avatar"),
        greeting=_optional_text(members.get("greeting"), "greeting"),
        delay=float(delay),
        survey=_optional_text(members.get("survey", "How did we do?"), "survey"),
    )


def _rule(value: Any, where: str) -> ReplyRule:
    rule = _object(value, where, {"when", "reply", "link", "handoff", "human", "end"}, required=("when",))
    when = rule["when"]
    if not isinstance(when, str):
        raise _wrong(f"{where}.when", "a regular expression")
    try:
        pattern = re.compile(when, re.IGNORECASE)
    except re.error as error:
        raise _wrong(f"{where}.when", f"a regular expression ({error})") from None
    actions: list[Action] = [Say(text) for text in _texts(rule.get("reply", []), f"{where}.reply")]
    link = _optional_text(rule.get("link"), f"{where}.link")
    if link is not None:
        actions.append(Say(link=link))
    handoff = _optional_text(rule.get("handoff"), f"{where}.handoff")
    if handoff is not None:
        human = None if rule.get("human") is None else _human(rule["human"], f"{where}.human")
        actions.append(HandOff(handoff, human))
    elif "human" in rule:
        raise UsageError(f"The script's {where}.human goes with a handoff, and none is named.")
    if rule.get("end", False) is True:
        actions.append(End())
    elif rule.get("end", False) is not False:
        raise _wrong(f"{where}.end", "true or false")
    return ReplyRule(pattern, tuple(actions))


def _human(value: Any, where: str) -> Human:
    human = _object(value, where, {"display_name", "replies", "ends", "avatar"}, required=("replies",))
    ends = human.get("ends", True)
    if not isinstance(ends, bool):
        raise _wrong(f"{where}.ends", "true or false")
    name = _optional_text(human.get("display_name", "Robin"), f"{where}.display_name")
    return Human(
        display_name=name or "Robin",
        replies=_texts(human["replies"], f"{where}.replies"),
        ends=ends,
        avatar=_optional_text(human.get("avatar"), f"{where}.avatar"),
    )


def _object(value: Any, where: str, known: set[str], *, required: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(where, "an object")
    for name in value:
        if name not in known:
            raise UsageError(
                f"The script has no {name!r} in {where}.", next_step=f"Known are: {', '.join(sorted(known))}."
            )
    for name in required:
        if name not in value:
            raise UsageError(f"The script lacks {name!r} in {where}.")
    return value


def _texts(value: Any, where: str) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise _wrong(where, "a text or a list of texts")
    return tuple(value)


def _optional_text(value: Any, where: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise _wrong(where, "a text")
    return value


def _wrong(where: str, expected: str) -> UsageError:
    return UsageError(
        f"The script's {where} is not {expected}."
        if where != "the script"
        else f"The script is not {expected}."
    )


DEFAULT_SCRIPT = parse_script(
    {
        "rules": [
            *(
                {
                    "when": rf"\b{name}\b",
                    "reply": "I am handing you over to a colleague.",
                    "handoff": integration,
                    "human": {
                        "display_name": "Robin",
                        "replies": [
                            "Hello, Robin here. What can I do for you?",
                            "Thank you, I have looked it up and put it right.",
                            "You are welcome. I am handing you back to the AI Agent.",
                        ],
                    },
                }
                for name, integration in (("zendesk", "zendesk_chat"), ("salesforce", "salesforce"))
            ),
            {
                "when": r"\b(human|person|someone|representative|hand ?off|agent)\b",
                "reply": "I am connecting you with a human agent.",
                "handoff": DEFAULT_INTEGRATION,
            },
            {"when": r"\b(bye|goodbye)\b", "reply": "Goodbye, and thank you for writing.", "end": True},
            {"when": r"^\s*(hi|hello|hey)\b", "reply": "Hello! How can I help you today?"},
        ],
        "default": [
            "Thank you for your message. You wrote: {text}",
            "I see. Is there anything else about “{text}” that I should know?",
            "I have noted: {text}",
        ],
    }
)
"""What the AI Agent does unless told otherwise: echoes, greets, hands off on request, ends on goodbye."""
