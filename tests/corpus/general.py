"""The general probe: what every correct consumer must get through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpus.live import encoded
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
    event,
    handoff_ended,
    message,
    object_id,
    plain,
    without,
)
from corpus.probe import again, burst, send, together

if TYPE_CHECKING:
    from corpus.correct import Correct
    from corpus.live import Live
    from corpus.probe import Step

HANDLED = "ok handled"

CUSTOM = {
    "type": "custom",
    "id": object_id(),
    "name": "App",
    "description": "In the app",
    "modality": "messaging",
}


def accepted() -> dict[str, Step]:
    """Deliveries that are to be accepted and handled, by name."""
    end_user_minimal = without(end_user(), "data.profile", "data.external_id", "data.created_at", "tags")
    return {
        "file": send(message(content=FILE)),
        "file by an agent": send(message(content=FILE, author=AGENT, handoff_integration="salesforce")),
        "link": send(message(content=LINK)),
        "link without text": send(message(content=LINK | {"link_text": None}, author=BOT)),
        "bare link": send(message(content={"type": "link"})),
        "empty text": send(message("")),
        "native channel": send(message(channel=NATIVE)),
        "native email": send(message(channel=NATIVE | {"modality": "email"}, content=LINK)),
        "custom channel without metadata": send(message(channel=CUSTOM | {"modality": "voice"})),
        "ended by the system": send(without(ended(ended_by={"id": None, "role": "system"}), "data.metadata")),
        "nameless end user": send(
            end_user(
                "updated",
                external_id=None,
                profile=dict.fromkeys(
                    ("first_name", "last_name", "display_name", "avatar", "email", "language"), None
                ),
            )
        ),
        "minimal end user": send(end_user_minimal),
        "system audit": send(audit(actor_email="", actor_name="", activity="deactivated", interface="mcp")),
        "minimal audit": send(without(audit(), "data.actor_email", "data.interface", "data.api_key_name")),
        "metadata": send(
            created(
                metadata={"a": "x", "b": True, "c": 3, "d": 3.5, "e.f": 1e30, "__proto__": "x", "n": 2**70}
            )
        ),
        "timestamp without zone": send(at(message(), "2024-01-17T22:23:35.835")),
        "timestamp in Zulu": send(at(message(), "2024-01-17T22:23:35.835123Z")),
        "no timestamp": send(without(message(), "timestamp")),
        "text of many kinds": send(message('O\'Brien & {x} %s <b> \u0000 \U0001f600 東京 "quoted"')),
        "escaped and spaced": send(encoded(message("é"), ensure_ascii=True, separators=(", ", " : "))),
        "large": send(message("é" * 100_000), pieces=30_001),
        "new property": send(handoff_ended(reason="resolved") | {"version": 2}),
        "new values": send(message(author={"role": "supervisor"}, content={"type": "carousel", "cards": []})),
        "long ids": send(message(message_id="m" * 80, conversation_id="c" * 80)),
        "rotated secret": send(message(), signature="v1a,AAAA v1,AAAA {genuine}"),
        "capitalised headers": send(message(), capitalised=True),
        "charset": send(message(), content_type="application/json; charset=utf-8"),
        "slightly old": send(message(), age=200),
        "slightly early": send(message(), age=-200),
        "burst": burst([message() for _ in range(12)]),
    }


def refused() -> dict[str, Step]:
    """Deliveries that are to be refused, by name."""
    wrong = "v1,bm90IGEgZ2VudWluZSBzaWduYXR1cmUgYXQgYWxsISE="
    return {
        "forged": send(message(), signature=wrong),
        "other version": send(message(), signature="v0,{value}"),
        "malformed": send(message(), signature="nonsense"),
        "unsigned": send(message(), left_out=("svix-signature",)),
        "no id": send(message(), left_out=("svix-id",)),
        "no timestamp": send(message(), left_out=("svix-timestamp",)),
        "too old": send(message(), age=400),
        "too early": send(message(), age=-400),
        "malformed and forged": send(b"{", signature=wrong),
    }


def fits(one: Correct, observation: str) -> bool:
    """Whether an observation is as good as accepted and handled, for this consumer."""
    return (
        observation == HANDLED
        or ("ignore" in one.may and observation == "ok ignored")
        or ("refuse" in one.may and observation in {"400 rejected", "422 rejected"})
        or ("busy" in one.may and observation == "503 rejected")
        or ("stale" in one.may and observation == "ok ignored")
    )


def examine(one: Correct, live: Live) -> list[str]:
    """Everything in which a consumer that passes for correct is not."""
    wrong: list[str] = []
    handled = 0
    for ordinary in plain():
        seen = send(ordinary)(live)
        handled += seen == [HANDLED]
        if not all(fits(one, observation) for observation in seen) or seen[0].startswith("4"):
            wrong.append(f"{ordinary['type']}: {seen}")
    if handled < (2 if "ignore" in one.may else 7):
        wrong.append(f"only {handled} of the seven events are handled")
    for name, step in accepted().items():
        seen = step(live)
        if not all(fits(one, observation) for observation in seen):
            wrong.append(f"{name}: {seen}")
    for name, step in refused().items():
        seen = step(live)
        codes = {"400", "401", "403"} | ({"500"} if "raise" in one.may and name == "malformed" else set())
        if any(
            observation.split(" ")[0] not in codes or observation.split(" ")[1] != "rejected"
            for observation in seen
        ):
            wrong.append(f"{name}: {seen}")
    unknown = send(event("conversation.assigned", {"conversation_id": object_id()}, {}))(live)
    if unknown != ["ok ignored"]:
        wrong.append(f"unknown event: {unknown}")
    wanted = ended()
    repeated = again(wanted)(live)
    if repeated != [HANDLED, "ok duplicate"]:
        wrong.append(f"repeated: {repeated}")
    twins = together(ended())(live)
    twin = {"409+ok handled+rejected"} if "twin" in one.may else set()
    if twins[0] not in twin | {"ok+ok duplicate+handled"}:
        wrong.append(f"twins: {twins}")
    return wrong
