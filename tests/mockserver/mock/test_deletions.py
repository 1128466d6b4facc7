"""Deletion of end users."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from ada_mockserver.mock.api.things import deletions
from ada_mockserver.mock.state.transaction import MockContext
from ada_mockserver.mock.store.base import Base

DAY = 86_400
ABSENT = "5df263b7db5a7e6ea03fae9b"


def create(api, external_id=None, **profile):
    body = {"profile": profile} if external_id is None else {"external_id": external_id, "profile": profile}
    return api.ok("POST", "/end-users/", body)["end_user_id"]


def submit(api, *identifiers, **members):
    return api.ok("POST", "/end-users/delete", {"identifiers": list(identifiers), **members})


def by(kind, value, **members):
    return {"type": kind, "value": value, **members}


def job_of(api, submitted):
    return api.ok("GET", f"/jobs/{submitted['job_id']}")


def outcomes(api, *identifiers):
    """The disposition, the matches and the reason of each identifier."""
    job = job_of(api, submit(api, *identifiers))
    return [(each["disposition"], each["matched_chatters"], each["reason"]) for each in job["identifiers"]]


def erase(api, *identifiers, **members):
    """A job that is over."""
    submitted = submit(api, *identifiers, **members)
    api.advance(2)
    return job_of(api, submitted)


def known(api, user):
    return api("GET", f"/end-users/{user}").status_code == 200


def test_job(api):
    """A job is queued, in progress and completed, each at its time on the mock's clock."""
    user = create(api, email="ada@example.com")
    identifier = by("email", " ADA@example.com ")
    response = api("POST", "/end-users/delete", {"identifiers": [identifier], "client_reference": "gdpr-1"})
    assert response.status_code == 202
    submitted = response.json()
    assert submitted == {
        "job_id": submitted["job_id"],
        "status": "queued",
        "submitted_count": 1,
        "created_at": "2023-11-14T22:13:20.000000+00:00",
    }
    job = {
        "job_id": submitted["job_id"],
        "type": "end_user_deletion",
        "client_reference": "gdpr-1",
        "status": "queued",
        "identifiers": [
            {**identifier, "variable": None, "disposition": "accepted", "matched_chatters": 1, "reason": None}
        ],
        "created_at": "2023-11-14T22:13:20.000000+00:00",
        "completed_at": None,
        "failure_reason": None,
    }
    assert job_of(api, submitted) == job
    assert api.advance(0.5) == api.clock.now() + 0.5
    assert job_of(api, submitted)["status"] == "queued"
    api.advance(0.5)
    assert job_of(api, submitted) == {**job, "status": "in_progress"}
    assert known(api, user)
    api.advance(10)  # it was over when it was due
    assert job_of(api, submitted) == {
        **job,
        "status": "completed",
        "completed_at": "2023-11-14T22:13:22.000000+00:00",
    }
    assert not known(api, user)


def test_everything_goes(make_api):
    """What is stored about an end user is gone, also what was planned; of others nothing is."""
    api = make_api({"greeting": "Hi", "delay": 60})
    talks = [api.conversation() for _ in range(2)]
    uploads = []
    for talk in talks:
        api.write(talk, "Help", role="human_agent")
        file = {"file": ("a.txt", b"secret", "text/plain")}
        uploads.append(api.ok("POST", f"/conversations/{talk['id']}/attachments/", files=file)["url"])
    gone, kept = talks
    events = api.events(audit=True)
    assert erase(api, by("end_user_id", gone["end_user_id"]))["status"] == "completed"
    for path, what in (
        (f"/end-users/{gone['end_user_id']}", "end user"),
        (f"/conversations/{gone['id']}", "conversation"),
        (f"/conversations/{gone['id']}/messages/", "conversation"),
    ):
        assert api.refused("GET", path)[1]["message"] == f"There is no such {what}."
    assert api.request("GET", uploads[0]).status_code == 404
    assert api.request("GET", uploads[1]).content == b"secret"
    state = api.ok("GET", "/_mock/state")
    assert [each["id"] for each in state["conversations"]] == [kept["id"]]
    assert [each["end_user_id"] for each in state["end_users"]] == [kept["end_user_id"]]
    assert state["counts"]["messages"] == len(api.ok("GET", f"/conversations/{kept['id']}/messages/")["data"])
    since = "?created_since=2023-11-14T00:00:00Z"
    for kind in ("conversations", "messages"):
        assert gone["end_user_id"] not in api("GET", f"/export/{kind}{since}").text
    assert api.events(audit=True) == events
    api.advance(120)  # what was planned for it is not missed

    async def mentioning():
        async with api.context.database.begin() as session:
            tables = [table for name, table in Base.metadata.tables.items() if name.startswith("api_")]
            found = {table.name: (await session.execute(select(table))).all() for table in tables}
            return {name for name, rows in found.items() if gone["id"] in repr(rows)}

    assert api.portal.call(mentioning) == set()


@pytest.mark.parametrize(
    ("identifier", "profile"),
    [
        (by("email", "ADA@Example.com"), {"email": "ada@example.COM"}),
        (by("email", "ada@example.com"), {"metadata": {"email": "Ada@example.com"}}),
        (by("external_id", "  CRM-Ä1 "), {"external_id": "crm-ä1"}),
        (by("variable_match", "Ada", variable="first_name"), {"first_name": "Ada"}),
        (by("variable_match", "gold", variable="tier"), {"metadata": {"tier": "gold"}}),
        (by("variable_match", "", variable="tier"), {"metadata": {"tier": ""}}),
        (by("variable_match", "true", variable="vip"), {"metadata": {"vip": True}}),
        (by("variable_match", "3", variable="seats"), {"metadata": {"seats": 3}}),
        (by("variable_match", "a\0🚚", variable="n\0"), {"metadata": {"n\0": "a\0🚚"}}),
    ],
)
def test_matching(api, identifier, profile):
    """An identifier finds end users by what they have, and only those."""
    user, other = create(api, **profile), create(api, email="x@example.com", metadata={"tier": "silver"})
    assert outcomes(api, identifier) == [("accepted", 1, None)]
    api.advance(2)
    assert (known(api, user), known(api, other)) == (False, True)


@pytest.mark.parametrize("kind", ["chatter_id", "end_user_id"])
def test_matching_by_id(api, kind):
    """Both kinds of ids are those of end users."""
    user = create(api)
    assert outcomes(api, by(kind, f" {user} "), by(kind, "no\0id")) == [
        ("accepted", 1, None),
        ("not_found", 0, "No end user has this ID."),
    ]


def test_dispositions(api, monkeypatch):
    """What becomes of each identifier, and why it is not erased."""
    monkeypatch.setattr(deletions, "_MOST_MATCHES", 2)
    for number in range(3):
        create(api, f"crm-{number}", email="many@example.com", language="de")
    assert outcomes(
        api,
        by("external_id", "crm-1"),
        by("external_id", " CRM-1"),
        by("email", "many@example.com"),
        by("email", "nobody@example.com"),
        by("email", "nobody"),
        by("email", " "),
        by("variable_match", "fr", variable="language"),
        by("end_user_id", ABSENT),
        by("chatter_id", "no\0id"),
        by("external_id", "crm-\0"),
    ) == [
        ("accepted", 1, None),
        ("duplicate", 0, None),
        ("exceeds_limit", 3, "It matches more than 2 end users."),
        ("not_found", 0, None),
        ("invalid", 0, "The value is not an e-mail address."),
        ("invalid", 0, "The value is empty."),
        ("not_found", 0, None),
        ("not_found", 0, "No end user has this ID."),
        ("not_found", 0, "No end user has this ID."),
        ("not_found", 0, "No end user has this ID."),
    ]


def test_how_jobs_end(api):
    """A job is completed where nobody is left that was asked for, partial or failed where that is not sure."""
    first, second = (create(api, email=f"{name}@example.com") for name in "ab")
    absent, unusable = by("end_user_id", ABSENT), by("email", "nobody")
    assert erase(api, by("end_user_id", first), absent)["status"] == "completed"
    assert erase(api, absent)["status"] == "completed"
    partial = erase(api, by("end_user_id", second), unusable)
    assert (partial["status"], partial["failure_reason"]) == ("partial", None)
    assert not known(api, second)
    failed = erase(api, absent, unusable)
    assert (failed["status"], failed["failure_reason"]) == ("failed", "no_usable_identifiers")


def test_many_at_once(api, monkeypatch):
    """More end users than one statement takes are erased."""
    monkeypatch.setattr("ada_mockserver.mock.state.erasure._AT_ONCE", 2)
    users = [create(api, last_name="Lovelace") for _ in range(5)]
    assert erase(api, by("variable_match", "Lovelace", variable="last_name"))["status"] == "completed"
    assert not any(known(api, user) for user in users)


def test_cooldown(api):
    """An identifier that a job took within seven days fails a whole job; then it can be submitted again."""
    email = by("email", "ada@example.com")
    first = create(api, email="ada@example.com")
    jobs = [submit(api, email) for _ in range(2)]
    api.advance(2)
    assert [job_of(api, job)["status"] for job in jobs] == ["completed", "failed"]
    failed = job_of(api, jobs[1])
    assert failed["failure_reason"] == "identifier_in_cooldown"
    assert failed["completed_at"] == "2023-11-14T22:13:21.000000+00:00"
    assert not known(api, first)
    again, other = create(api, email="ada@example.com"), create(api)
    api.ok("POST", "/conversations/", {"channel_id": api.channel()["id"], "end_user_id": again})
    assert erase(api, by("end_user_id", other), email)["status"] == "failed"
    assert known(api, again)
    assert known(api, other)
    api.advance(7 * DAY - 7)
    assert erase(api, email)["status"] == "failed"
    api.advance(1)
    assert erase(api, email)["status"] == "completed"  # the failed jobs do not count
    assert not known(api, again)


def test_not_found_is_no_submission(api):
    """An identifier that matched nobody is in no cooldown."""
    email = by("email", "ada@example.com")
    assert erase(api, email)["status"] == "completed"
    user = create(api, email="ada@example.com")
    assert erase(api, email)["identifiers"][0]["disposition"] == "accepted"
    assert not known(api, user)


def test_repeated_requests(api):
    """The same request with the same reference gives the same job for 24 hours; anything else a new one."""
    one, two = by("email", "a@example.com"), by("end_user_id", ABSENT)
    first = submit(api, one, two, client_reference="gdpr-\0")
    assert submit(api, by("email", "A@example.com "), two, client_reference="gdpr-\0") == first
    others = [
        submit(api, one, two),
        submit(api, one, two, client_reference=None),
        submit(api, one, two, client_reference="gdpr-2"),
        submit(api, one, client_reference="gdpr-\0"),
    ]
    assert len({job["job_id"] for job in (first, *others)}) == 5
    api.advance(2)
    repeated = submit(api, one, two, client_reference="gdpr-\0")
    assert repeated == {**first, "status": "completed"}
    api.advance(DAY - 3)
    assert submit(api, one, two, client_reference="gdpr-\0") == repeated
    api.advance(1)
    assert submit(api, one, two, client_reference="gdpr-\0")["job_id"] != first["job_id"]


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ({}, {"$.identifiers": "is required, and must be a list of 1 to 1000 identifiers"}),
        ({"identifiers": []}, {"$.identifiers": "must be a list of 1 to 1000 identifiers"}),
        (
            {"identifiers": [by("email", "a@b.c")] * 1001},
            {"$.identifiers": "must be a list of 1 to 1000 identifiers"},
        ),
        (
            {"identifiers": [{"type": "phone"}, by("email", 3)]},
            {
                "$.identifiers[0].type": (
                    "must be one of: email, chatter_id, external_id, end_user_id, variable_match"
                ),
                "$.identifiers[0].value": "is required",
                "$.identifiers[1].value": "must be a string",
            },
        ),
        (
            {"identifiers": [by("email", "a@b.c"), by("variable_match", "x")]},
            {"$.identifiers[1].variable": "is required where the type is variable_match"},
        ),
        (
            {"identifiers": [by("email", "a@b.c")], "client_reference": 3},
            {"$.client_reference": "must be a string or null"},
        ),
    ],
)
def test_invalid_requests(api, body, problems):
    """A request that cannot be a job is 400, and names all that is wrong."""
    assert api.invalid("POST", "/end-users/delete", body) == problems


def test_body_limit(api):
    """A body of more than 512 KB is 413."""
    content = b'{"identifiers": [' + b" " * 512 * 1024 + b"]}"
    status, error = api.refused("POST", "/end-users/delete", content=content)
    assert (status, error["message"]) == (413, "The body of the request is larger than 512 KB.")


def test_unknown_job(api):
    """A job that there is not is 404."""
    status, error = api.refused("GET", "/jobs/5a0e4c5f-3f0a-4f6e-9a51-8a8f5d0f9b11")
    assert (status, error["message"]) == (404, "There is no such deletion job.")


@pytest.mark.parametrize("path", ["/api/v1/data-subject-request", "/v1/data-subject-request/"])
def test_data_subject_request(api, path):
    """The older request erases by e-mail address and by id, as often as it is made."""
    url = f"http://mock.test{path}"
    for _ in range(2):
        users = [create(api, email="Ada@example.com"), create(api), create(api)]
        identifiers = [by("chatter_id", users[1]), {"type": "email"}]
        body = {"type": "ERASURE", "email": "ada@example.com", "identifiers": identifiers}
        assert api.ok("POST", url, body) == {"email": "ada@example.com"}
        api.advance(2)
        assert [known(api, user) for user in users] == [False, False, True]
    assert api.ok("POST", url, {"type": "ERASURE"}) == {"email": None}
    assert api.invalid("POST", url, {"email": "a@b.c"}) == {"$.type": "is required"}
    assert api.invalid("POST", url, {"type": "ACCESS"}) == {"$.type": "must be one of: ERASURE"}


def test_unused_end_users(api):
    """An end user that the API made goes after 24 hours, unless a conversation is with it by then."""
    unused, used = create(api), create(api)
    chatting = api.conversation()
    body = {"channel_id": chatting["channel_id"], "end_user_id": used}
    api.ok("POST", "/conversations/", body)
    assert api.advance(DAY - 1) == api.clock.now() + 1
    assert known(api, unused)
    assert api.advance(1) is None
    assert [known(api, user) for user in (unused, used, chatting["end_user_id"])] == [False, True, True]


def test_a_second_process(api):
    """A job is seen, and ended, by every process that shares the database."""
    user = create(api)
    submitted = submit(api, by("end_user_id", user))
    other = MockContext(api.context.database, api.clock, api.context.rng)
    api.clock.advance(2)
    api.portal.call(deletions.DUE, other)
    assert job_of(api, submitted)["status"] == "completed"
