"""Deletion of end users: jobs, the older data-subject request, and end users that were never used.

A job erases whom its identifiers matched when it was submitted. It waits a moment, runs a moment, and is then
``completed``; ``partial`` where identifiers could not be used beside those that were, ``failed`` where none
of them could. An identifier that matches nobody leaves nothing to erase, and so is no failure.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ada_mockserver.events.ids import uuid4
from ada_mockserver.events.payload import member_time
from ada_mockserver.mock.api.errors import Detail, invalid
from ada_mockserver.mock.state.erasure import erase_end_users
from ada_mockserver.mock.state.records import external_key
from ada_mockserver.mock.store.base import Resource, is_id
from ada_mockserver.mock.store.database import wake_on_commit
from ada_mockserver.mock.store.models import Conversation, StoredEndUser

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy.ext.asyncio import AsyncSession

    from ada_mockserver.events.payload import EndUser
    from ada_mockserver.mock.api.calls import Call
    from ada_mockserver.mock.state.transaction import MockContext, Transaction

__all__ = ["DUE", "OPERATIONS", "DeletionJob"]

Key = tuple[str, str | None, str]
"""An identifier as it is compared: its type, the variable it looks at, its normalised value."""

_PROFILE = ("first_name", "last_name", "display_name", "avatar", "email", "language")
_WAITS = _TAKES = 1.0
"""Seconds of the mock's clock for which a job is queued, and for which it is in progress."""
_REPEATABLE = 86_400_000
"""Milliseconds for which a request that is repeated with its reference gives the same job."""
_COOLDOWN = 7 * 86_400_000
"""Milliseconds for which an identifier that a job took cannot be submitted again."""
_MOST_MATCHES = 1000
"""End users that one identifier may match."""


class DeletionJob(Resource):
    """A request for the deletion of end users, made at a time in Unix milliseconds.

    Its next step is due at ``due_at`` (Unix seconds), None once it is over; ``matched`` are the ids of the
    end users to erase.
    """

    __tablename__ = "api_deletion_jobs"
    kind = "deletion job"

    created_at: Mapped[int] = mapped_column(sa.BigInteger, index=True)
    due_at: Mapped[float | None] = mapped_column(index=True)
    data: Mapped[dict[str, Any]]
    matched: Mapped[list[str]] = mapped_column(sa.JSON)

    def shown(self) -> dict[str, Any]:
        """Its state, with the outcome of each identifier."""
        return self.data

    def count(self, disposition: str) -> int:
        """How many identifiers have that outcome."""
        return sum(each["disposition"] == disposition for each in self.data["identifiers"])

    def taken(self) -> set[Key]:
        """The identifiers that it erases."""
        return {_key(each) for each in self.data["identifiers"] if each["disposition"] == "accepted"}


async def _delete(call: Call) -> dict[str, Any]:
    identifiers, reference = call.body["identifiers"], call.body.get("client_reference")
    wrong = [
        Detail(f"$.identifiers[{index}].variable", "is required where the type is variable_match")
        for index, each in enumerate(identifiers)
        if each["type"] == "variable_match" and not each.get("variable")
    ]
    if wrong:
        raise invalid(*wrong)
    job = None
    if reference is not None:
        job = await _repeated(call.transaction, [_key(each) for each in identifiers], reference)
    job = job or await _submit(call.transaction, "end_user_deletion", identifiers, reference)
    accepted = {name: job.data[name] for name in ("job_id", "status", "created_at")}
    return {**accepted, "submitted_count": len(identifiers)}


async def _repeated(transaction: Transaction, keys: list[Key], reference: str) -> DeletionJob | None:
    """The job of an identical request with that reference; another request with it gets a job of its own."""
    # One after another, so that of two at once the second finds the job of the first.
    await transaction.context.database.take_turns(transaction.session)
    for job in await _since(transaction.session, transaction.at - _REPEATABLE):
        if job.data["client_reference"] == reference and keys == [
            _key(each) for each in job.data["identifiers"]
        ]:
            return job
    return None


async def _since(session: AsyncSession, at: int) -> Sequence[DeletionJob]:
    statement = sa.select(DeletionJob).where(DeletionJob.created_at > at).order_by(DeletionJob.ordinal)
    return (await session.scalars(statement)).all()


async def _request_erasure(call: Call) -> dict[str, Any]:
    email = call.body.get("email")
    identifiers = [each for each in call.body.get("identifiers", ()) if {"type", "value"} <= each.keys()]
    if email is not None:
        identifiers.append({"type": "email", "value": email})
    await _submit(call.transaction, "data_subject_request", identifiers, None)
    return {"email": email}


async def _submit(
    transaction: Transaction, kind: str, identifiers: Sequence[dict[str, Any]], reference: str | None
) -> DeletionJob:
    """A new job for these identifiers."""
    matches = await _matches(transaction.session, {_key(each) for each in identifiers})
    outcomes = list(_outcomes(identifiers, matches))
    taken = [_key(each) for each in outcomes if each["disposition"] == "accepted"]
    job_id = uuid4(transaction.rng)
    data = {
        "job_id": job_id,
        "type": kind,
        "client_reference": reference,
        "status": "queued",
        "identifiers": outcomes,
        "created_at": member_time(transaction.at),
        "completed_at": None,
        "failure_reason": None,
    }
    job = DeletionJob(
        id=job_id,
        created_at=transaction.at,
        due_at=transaction.now + _WAITS,
        data=data,
        matched=sorted({found for key in taken for found in matches[key]}),
    )
    await transaction.add(job)
    wake_on_commit(transaction.session)
    return job


def _key(identifier: dict[str, Any]) -> Key:
    kind, value = identifier["type"], identifier["value"]
    if kind == "variable_match":
        return kind, identifier["variable"], value
    value = value.strip()
    return kind, None, value.lower() if kind in ("email", "external_id") else value


async def _matches(session: AsyncSession, keys: set[Key]) -> dict[Key, list[str]]:
    """The ids of the end users that each identifier matches."""
    statement = sa.select(StoredEndUser.id, StoredEndUser.value).order_by(StoredEndUser.ordinal)
    if all(kind.endswith("_id") for kind, _, _ in keys):
        values = [value for _, _, value in keys]
        statement = statement.where(
            StoredEndUser.id.in_(filter(is_id, values))
            | StoredEndUser.external_key.in_(map(external_key, values))
        )
    found: dict[Key, list[str]] = {key: [] for key in keys}
    looked_at = {(kind, variable) for kind, variable, _ in keys}
    for end_user_id, user in await session.execute(statement):
        for kind, variable in looked_at:
            for value in _values(kind, variable, user):
                if (kind, variable, value) in found:
                    found[kind, variable, value].append(end_user_id)
    return found


def _values(kind: str, variable: str | None, user: EndUser) -> set[str]:
    """The values by which an identifier of a type finds an end user."""
    match kind:
        case "email":
            return {value.strip().lower() for value in _texts(user, "email")}
        case "external_id":
            return set() if user.external_id is None else {user.external_id.strip().lower()}
        case "variable_match":
            return set(_texts(user, variable or ""))
    return {user.id}


def _texts(user: EndUser, variable: str) -> Iterator[str]:
    """What a variable holds: members of a profile are variables, and so is what its metadata has."""
    for value in (getattr(user, variable) if variable in _PROFILE else None, user.metadata.get(variable)):
        if isinstance(value, bool):
            yield str(value).lower()
        elif value is not None:
            yield str(value)


def _outcomes(
    identifiers: Iterable[dict[str, Any]], matches: dict[Key, list[str]]
) -> Iterator[dict[str, Any]]:
    """Each identifier with what becomes of it."""
    seen: set[Key] = set()
    for each in identifiers:
        key = _key(each)
        found, reason = len(matches[key]), _unusable(key)
        if key in seen:
            disposition, found, reason = "duplicate", 0, None
        elif reason is not None:
            disposition, found = "invalid", 0
        elif found > _MOST_MATCHES:
            disposition, reason = "exceeds_limit", f"It matches more than {_MOST_MATCHES} end users."
        elif not found:
            disposition = "not_found"
            reason = "No end user has this ID." if key[0].endswith("_id") else None
        else:
            disposition = "accepted"
        seen.add(key)
        yield {
            "type": each["type"],
            "value": each["value"],
            "variable": key[1],
            "disposition": disposition,
            "matched_chatters": found,
            "reason": reason,
        }


def _unusable(key: Key) -> str | None:
    """Why no end user can have an identifier, None where one can."""
    kind, _, value = key
    if not value and kind != "variable_match":
        return "The value is empty."
    if kind == "email" and not all(value.rpartition("@")):
        return "The value is not an e-mail address."
    return None


async def _read(call: Call) -> dict[str, Any]:
    return call.thing(DeletionJob).shown()


async def _perform_due(context: MockContext) -> float | None:
    """Take the steps of jobs that are due, and delete end users that were not used in time."""
    while True:
        async with context.begin() as transaction:
            times = [
                await transaction.session.scalar(sa.select(sa.func.min(column)))
                for column in (DeletionJob.due_at, StoredEndUser.expires_at)
            ]
        first = min((at for at in times if at is not None), default=None)
        if first is None or first > transaction.now:
            return first
        async with context.begin(alone=True) as transaction:
            await _step(transaction)


async def _step(transaction: Transaction) -> None:
    session = transaction.session
    due = sa.select(DeletionJob).where(DeletionJob.due_at <= transaction.now)
    job = await session.scalar(due.order_by(DeletionJob.due_at, DeletionJob.ordinal).limit(1))
    if job is not None and job.due_at is not None:
        # It happens when it was due: on a fast clock, and after a pause of the server, that was earlier.
        await _advance(replace(transaction, now=job.due_at), job)
        return
    expired = StoredEndUser.expires_at <= transaction.now
    unused = expired & ~sa.exists().where(Conversation.end_user_id == StoredEndUser.id)
    await erase_end_users(
        transaction, (await session.scalars(sa.select(StoredEndUser.id).where(unused))).all()
    )
    await session.execute(sa.update(StoredEndUser).where(expired).values(expires_at=None))


async def _advance(transaction: Transaction, job: DeletionJob) -> None:
    """Begin a job, or end it."""
    if job.data["status"] == "queued":
        if await _in_cooldown(transaction, job):
            _finish(transaction, job, "failed", failure_reason="identifier_in_cooldown")
        else:
            job.data = {**job.data, "status": "in_progress"}
            job.due_at = transaction.now + _TAKES
        return
    await erase_end_users(transaction, job.matched)
    unusable = job.count("invalid") + job.count("exceeds_limit")
    if not unusable:
        _finish(transaction, job, "completed")
    elif job.matched:
        _finish(transaction, job, "partial")
    else:
        _finish(transaction, job, "failed", failure_reason="no_usable_identifiers")


async def _in_cooldown(transaction: Transaction, job: DeletionJob) -> bool:
    """True if an earlier job of the last days took one of its identifiers; the older request has none."""
    return job.data["type"] == "end_user_deletion" and any(
        not job.taken().isdisjoint(earlier.taken())
        for earlier in await _since(transaction.session, job.created_at - _COOLDOWN)
        if earlier.ordinal < job.ordinal
        and earlier.data["type"] == job.data["type"]
        and earlier.data["status"] != "failed"
    )


def _finish(transaction: Transaction, job: DeletionJob, status: str, **more: str) -> None:
    job.data = {**job.data, "status": status, "completed_at": member_time(transaction.at), **more}
    job.due_at = None


OPERATIONS = {
    "delete-end-users": _delete,
    "get-deletion-job": _read,
    "request-erasure": _request_erasure,
}
DUE = _perform_due
