"""The scripted AI Agent: what it answers, when it hands off, and the human agent who then answers for it.

A script is data (YAML or JSON), and reacting is pure: a message in, a list of actions out.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal, get_args

from ada_mockserver.delivery.request_bytes import parse_url
from ada_mockserver.mock.handoff_target import HandoffTarget, parse_target
from ada_mockserver.mock.schemas.checking import problems
from ada_schemas.errors import UsageError, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "DEFAULT_INTEGRATION",
    "DEFAULT_SCRIPT",
    "PACES",
    "Action",
    "End",
    "HandOff",
    "Human",
    "Pace",
    "ReplyRule",
    "Say",
    "Script",
    "parse_pace",
    "parse_script",
]

DEFAULT_INTEGRATION = "custom-handoff"
"""The integration of a handoff that nobody names: the client's own, which answers through the API."""

Pace = Literal["natural", "instant"]
"""How long agents take where the script does not say: as long as people do, or no time at all."""

PACES: tuple[Pace, ...] = get_args(Pace)


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
    """The actions for a message in which ``when`` is found (a regular expression, in any letter case)."""

    when: re.Pattern[str]
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """How the AI Agent behaves; the first rule that fits decides, ``default`` is used in turn otherwise.

    ``delay`` is the time until a reply is given, in seconds of the mock's clock, None to leave it to the
    mock's pace. ``survey`` is the text of the link that follows the end of a messaging conversation, None
    for no link. ``handoffs`` has the endpoints that handoffs call, by integration; ``handoff_failed`` is what
    the AI Agent says after a call that failed, None for nothing.
    """

    rules: tuple[ReplyRule, ...] = ()
    default: tuple[str, ...] = ()
    display_name: str | None = "AI Agent"
    avatar: str | None = None
    greeting: str | None = None
    delay: float | None = None
    survey: str | None = "How did we do?"
    handoffs: Mapping[str, HandoffTarget] = field(default_factory=dict)
    handoff_failed: str | None = "I could not reach a human agent just now. Can I help with anything else?"

    def react(self, text: str, *, turn: int) -> tuple[Action, ...]:
        """The actions for the message ``text``, the ``turn``-th (from 0) that the AI Agent answers."""
        for rule in self.rules:
            if rule.when.search(text):
                return tuple(_filled(action, text) for action in rule.actions)
        if not self.default:
            return ()
        return (_filled(Say(self.default[turn % len(self.default)]), text),)

    @property
    def called(self) -> dict[str, str]:
        """The integrations whose handoffs call an endpoint, each with its URL."""
        return {name: target.url for name, target in self.handoffs.items() if target.url is not None}

    @property
    def integrations(self) -> dict[str, Human | None]:
        """The integrations that can be handed over to, each with the human agent who is scripted for it."""
        of_rules = [action for rule in self.rules for action in rule.actions if isinstance(action, HandOff)]
        known: dict[str, Human | None] = dict.fromkeys((DEFAULT_INTEGRATION, *self.handoffs))
        for action in of_rules:
            known[action.integration] = known.get(action.integration) or action.human
        return known

    def with_handoff_url(self, url: str) -> Script:
        """The same script, whose handoffs to the integration of nobody's naming call this URL.

        What the script says about headers, body and time limit holds. Raises `UsageError` for a bad URL.
        """
        parse_url(url)
        target = self.handoffs.get(DEFAULT_INTEGRATION, HandoffTarget())
        return replace(self, handoffs={**self.handoffs, DEFAULT_INTEGRATION: replace(target, url=url)})


def _filled(action: Action, text: str) -> Action:
    return replace(action, text=action.text.replace("{text}", text)) if isinstance(action, Say) else action


def parse_pace(name: str) -> Pace:
    """The pace of that name; raises `UsageError` for others."""
    for pace in PACES:
        if pace == name:
            return pace
    raise unknown("pace", name, PACES, next_step=f"Write {' or '.join(PACES)}.")


def parse_script(document: Any) -> Script:
    """A script from its data; raises `UsageError` that names every member which does not fit."""
    if found := problems(document, "script"):
        said = "; ".join(f"{path[2:] or 'it'} {message}" for path, message in found)
        raise UsageError(f"The script does not fit: {said}.")
    rules = tuple(_rule(rule, f"rules[{index}]") for index, rule in enumerate(document.get("rules", [])))
    members = ("greeting", "delay", "survey", "handoff_failed")
    given = {name: document[name] for name in members if name in document}
    default = _texts(document.get("default", []))
    handoffs = {name: _target(name, target) for name, target in document.get("handoffs", {}).items()}
    return Script(rules, default, **document.get("agent", {}), **given, handoffs=handoffs)


def _target(integration: str, document: dict[str, Any]) -> HandoffTarget:
    where = f"The script's handoffs.{integration}"
    target = parse_target(document, where)
    if target.url is None and integration != DEFAULT_INTEGRATION:
        raise UsageError(
            f"{where}.url is required.", next_step=f"--handoff-url names that of {DEFAULT_INTEGRATION} alone."
        )
    return target


def _rule(rule: dict[str, Any], where: str) -> ReplyRule:
    try:
        pattern = re.compile(rule["when"], re.IGNORECASE)
    except re.error as error:
        raise UsageError(f"The script's {where}.when is not a regular expression ({error}).") from None
    actions: list[Action] = [Say(text) for text in _texts(rule.get("reply", []))]
    if rule.get("link") is not None:
        actions.append(Say(link=rule["link"]))
    if rule.get("handoff") is not None:
        human = rule.get("human")
        actions.append(HandOff(rule["handoff"], None if human is None else _human(human)))
    if rule.get("end"):
        actions.append(End())
    return ReplyRule(pattern, tuple(actions))


def _human(human: dict[str, Any]) -> Human:
    return Human(
        display_name=human.get("display_name") or "Robin",
        replies=_texts(human["replies"]),
        ends=human.get("ends", True),
        avatar=human.get("avatar"),
    )


def _texts(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


DEFAULT_SCRIPT = parse_script(
    json.loads((resources.files("ada_mockserver.mock") / "default_script.json").read_text(encoding="utf-8"))
)
"""The script unless another is given: it echoes, greets, hands off on request, ends on goodbye."""
