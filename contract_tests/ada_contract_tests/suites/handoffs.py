"""ADA801 to ADA803: the start of a custom handoff, as the Request block of a handoff flow makes it.

A consumer may ask Ada's API for the conversation before it answers, and a conversation that is made up is
unknown there. So what may come of that is a warning, unless the user has named one that its Ada knows.
Sources: /docs/handoffs/handoff-management/blocks/request-block; /reference/conversations/developer-guides/
creating-a-custom-handoff.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ada_contract_tests.case import Unsealed, case, signed
from ada_contract_tests.handoff import HANDOFF_TIME
from ada_contract_tests.rules import expecting

if TYPE_CHECKING:
    from ada_contract_tests.case import Case, CaseRun
    from ada_contract_tests.handoff import Handoff
    from ada_contract_tests.rules import Expectation
    from ada_mockserver.delivery.attempt import Attempt

__all__ = ["HANDOFF_IDS", "handoff_cases", "is_handoff"]

EVENT = "handoff"
STARTED, UNKNOWN, AGAIN, SLOW = (
    f"{EVENT}/start:{name}" for name in ("accepted", "unknown-conversation", "again", "slow-transcript")
)
HANDOFF_IDS = (STARTED, UNKNOWN, AGAIN, SLOW)
"""The ids of all cases of a handoff.

An unknown conversation needs another that is known, a slow transcript an API that the check serves.
"""

SURE = (401, 403, 405, 406, 407, 415)
"""Refusals that are about the request, and not about the conversation."""

ASKS_FOR_KEY = (401, 403, 407)
OTHER_FIELDS = (400, 422)
NOT_FOUND = 404
NOT_ALLOWED = 405
UNDER_WAY = 409
"""The refusal of a handoff that has been started already, by a run before, say."""

FOR_WANT_OF_IT = (
    "The conversation is made up, and an endpoint that asks Ada's API about it first may fail for that alone:"
    " hence a warning. To be sure, name one that its Ada knows (--handoff-conversation ID), or let the check"
    " serve transcripts to it (--handoff-api PORT). Better still, answer before the transcript is fetched."
)
FIELDS = "Does the flow send other fields? Give them with --handoff-body."
KEY = "Where the endpoint asks for a key, give the flow's header: --handoff-header NAME=VALUE."
UNSERVED = (
    "It also asked the check's API for what that does not serve ({asked}), and may fail for that alone:"
    " hence a warning. Give it a whole API, such as that of adakit serve, and --handoff-conversation ID."
)
UNASKED = "Nothing asked {url} for a transcript: is that the base URL of your endpoint's Ada?"
NO_POST = "The path takes no POST: give the one that the flow's Request block calls, which has to be a POST."
OPEN = "It seems to be under way already, in which case this is right: hence a warning."
ELSEWHERE = "Is the path right? A made-up path next to it is answered alike."
SIGNED = (
    "Signed as a webhook the same request is accepted, but the Request block does not sign. Verify no"
    " signature at this path; let the flow send a header of your own, and check that: --handoff-header"
    " NAME=VALUE."
)
LOST = "The handoff is lost: after a 2xx Ada leaves the end user to you. Store it before the answer."


def is_handoff(case_id: str) -> bool:
    """True for the id of a case about the start of a handoff."""
    return case_id.startswith(f"{EVENT}/")


def handoff_cases(handoff: Handoff) -> list[Case]:
    """The cases of a handoff, in their order; the first is the ordinary start."""
    found = [
        (STARTED, "ADA801", "a handoff is started", _start),
        (UNKNOWN, "ADA802", "a handoff is started of a conversation that Ada's API does not know", _unknown),
        (AGAIN, "ADA803", "the handoff of a conversation is started twice", _again),
        (SLOW, "ADA804", "a handoff is started, and its transcript is slow to come", _slow),
    ]
    possible = {UNKNOWN: handoff.has_unknown, SLOW: handoff.api is not None}
    return [
        case(case_id, rule, EVENT, summary, deliver=deliver, needs=("target",))
        for case_id, rule, summary, deliver in found
        if possible.get(case_id, True)
    ]


async def _start(run: CaseRun) -> None:
    attempt, body = await _call(run, _handoff_of(run).conversation)
    expect, hint = await _verdict(run, attempt)
    run.record_call(attempt, expect, hint=hint, sent=body)


async def _unknown(run: CaseRun) -> None:
    handoff = _handoff_of(run)
    if handoff.api is not None:
        handoff.api.denied.add(_made_up(run))
    attempt, body = await _call(run, None)
    run.record_call(replace(attempt, late=False), expecting("ADA802"), sent=body)


async def _slow(run: CaseRun) -> None:
    """Start while the transcript is held back, for as long as the start is not answered."""
    handoff = _handoff_of(run)
    api, conversation = handoff.api, handoff.conversation or _made_up(run)
    assert api is not None  # noqa: S101 - there is no such case without it
    api.hold(conversation)
    try:
        attempt, body = await _call(run, conversation)
    finally:
        api.release(conversation)
    run.record_call(replace(attempt, late=False), expecting("ADA804"), sent=body)


async def _again(run: CaseRun) -> None:
    """Start twice; where the first is not accepted, the second shows nothing."""
    handoff = _handoff_of(run)
    attempt, body = await _call(run, handoff.conversation)
    first = expecting("ADA803", severity="error" if attempt.accepted else "warning")
    hint = "" if handoff.knows_one else FOR_WANT_OF_IT
    run.record_call(replace(attempt, late=False), first, label="first", hint=hint, sent=body)
    if attempt.accepted:
        attempt, body = await _call(run, handoff.conversation)
        expect = expecting("ADA803")
        if not handoff.knows_one and attempt.status is None and _may_be_for_want_of_it(attempt):
            expect = replace(expect, severity="warning")  # work on the first start may wait for Ada's API
        run.record_call(replace(attempt, late=False), expect, label="again", sent=body)


def _handoff_of(run: CaseRun) -> Handoff:
    assert run.sender.handoff is not None  # noqa: S101 - there are no such cases without one
    return run.sender.handoff


def _made_up(run: CaseRun) -> str:
    return run.events.cast(run.case.id).conversation.id


async def _call(run: CaseRun, conversation: str | None) -> tuple[Attempt, bytes]:
    """The answer to a start, and its body; the conversation is the case's own where none is given."""
    handoff = _handoff_of(run)
    headers, body = handoff.request(conversation or _made_up(run))
    attempt = await run.sender.call(headers, body, path=handoff.path, limit=HANDOFF_TIME)
    return attempt if handoff.knows_one else replace(attempt, late=False), body


async def _verdict(run: CaseRun, attempt: Attempt) -> tuple[Expectation, str]:
    """The verdict on the answer to an ordinary start, and what to do about it where that is known."""
    wrong, status, handoff = expecting("ADA801"), attempt.status, _handoff_of(run)
    if attempt.accepted:
        return wrong, LOST if attempt.late else ""
    if status in (400, 401, 403) and await _accepts_signed(run):
        return wrong, SIGNED
    if status in ASKS_FOR_KEY:
        return wrong, KEY
    if status == NOT_ALLOWED:
        return wrong, NO_POST
    if status == UNDER_WAY:
        return replace(wrong, severity="warning"), OPEN
    where = ELSEWHERE if status == NOT_FOUND and await _is_alike_elsewhere(run, attempt) else ""
    if not _may_be_for_want_of_it(attempt):
        return wrong, where
    api = handoff.api
    if api is not None and api.unserved:
        return replace(wrong, severity="warning"), UNSERVED.format(asked=api.unserved[0])
    if handoff.knows_one:
        return wrong, where or ("" if api is None or api.asked else UNASKED.format(url=api.url))
    about = where or (FIELDS if status in OTHER_FIELDS else "")
    return replace(wrong, severity="warning"), f"{about} {FOR_WANT_OF_IT}".strip()


def _may_be_for_want_of_it(attempt: Attempt) -> bool:
    """True for what an endpoint may do when Ada's API does not know the conversation, or is not there."""
    if attempt.error is not None:
        return attempt.error.kind == "timeout"
    status = attempt.status or 0
    return status >= 400 and status not in SURE


async def _accepts_signed(run: CaseRun) -> bool:
    """True if the endpoint takes the same request with a webhook's signature."""
    if not run.sender.secrets:
        return False
    handoff = _handoff_of(run)
    headers, body = handoff.request(handoff.conversation or _made_up(run))
    request = Unsealed(run.sender.secrets, run.sender.new_id(), run.sender.now(), body, run.sender.rng)
    own, body = signed(request)
    attempt = await run.sender.call((*headers, *own), body, path=handoff.path, limit=HANDOFF_TIME)
    return attempt.accepted


async def _is_alike_elsewhere(run: CaseRun, attempt: Attempt) -> bool:
    """True if a made-up path next to the endpoint's gets the same answer, its own path in it or not."""
    handoff = _handoff_of(run)
    headers, body = handoff.request(_made_up(run))
    path = run.sender.made_up_path(handoff.path)
    elsewhere = await run.sender.call(headers, body, path=path, limit=HANDOFF_TIME)
    return elsewhere.status == attempt.status and _said(elsewhere, path) == _said(attempt, handoff.path)


def _said(attempt: Attempt, path: str) -> bytes:
    body = attempt.response.body if attempt.response is not None else b""
    return body.replace(path.encode(), b"*")
