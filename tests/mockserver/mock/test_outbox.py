"""The outbox on SQLite in memory, with a stand-in for the wire and a clock that stands still."""

from __future__ import annotations

import time
from collections import Counter
from random import Random

import pytest

from ada_mockserver.delivery.http import Response
from ada_mockserver.delivery.signing import verify
from ada_mockserver.mock.outbox.backoff import SCHEDULES
from ada_mockserver.mock.outbox.publish import publish
from ada_mockserver.mock.store.endpoints import (
    delete_endpoint,
    rotate_secret,
    update_endpoint,
)
from ada_schemas.errors import SignatureError, UsageError, WireError
from support.outbox_stage import ENDED, MESSAGE, START, URL, at, run

HOUR, DAY = 3600.0, 86_400.0


SCHEDULE = [0, 5, 305, 2105, 9305, 27_305, 63_305, 99_305]


@pytest.mark.parametrize(("name", "times"), [("svix-8", SCHEDULE), ("ada-9", [0, *SCHEDULE])])
def test_schedule(name, times):
    """Attempts and the next times are the documented schedule to the second, in no time."""

    async def scenario(mock):
        mock.consumer.last = 500
        await mock.add()
        await mock.publish()
        began = time.perf_counter()
        await mock.outbox.advance(30 * HOUR)
        took = time.perf_counter() - began
        log = await mock.attempts()
        assert [at(each["started_at"]) for each in log] == times
        assert [at(each["finished_at"]) for each in log] == times
        assert [at(each["next_attempt_at"]) for each in log] == [*times[1:], None]
        assert [each["number"] for each in log] == list(range(1, len(times) + 1))
        assert [each["trigger"] for each in log] == ["scheduled", *["retry"] * (len(times) - 1)]
        assert await mock.states() == [("failed", "exhausted")]
        assert mock.clock.now() == START + 30 * HOUR
        assert took < 5  # it is about 0.1 s; a real schedule lasts 27 h

    run(scenario, schedule=SCHEDULES[name])


def test_same_id_fresh_signature():
    """Each attempt carries the event's id and a signature of its own time over the same bytes."""

    async def scenario(mock):
        mock.consumer.answers = [500, WireError("It dropped.", kind="dropped"), 204]
        endpoint = await mock.add()
        event_id = await mock.publish()
        await mock.outbox.run_due()
        for _ in range(2):
            mock.machine.advance(1000)
            await mock.outbox.advance(300)
        assert mock.consumer.ids() == [event_id] * 3
        stamps = [int(dict(request.headers)["svix-timestamp"]) - START for request in mock.consumer.requests]
        assert stamps == [0, 1000, 2000]
        for request, stamp in zip(mock.consumer.requests, stamps, strict=True):
            assert request.body == b'{"a":1}'
            verify(endpoint.secret, request.headers, request.body, now=START + stamp)
        assert await mock.states() == [("delivered", None)]

    run(scenario)


def test_log():
    """An attempt is stored with its request, its answer or its error, and its times; nothing confidential."""

    async def scenario(mock):
        mock.consumer.answers = [Response(503, (("retry-after", "7"),), b"busy \xff", 0.5)]
        mock.consumer.last = WireError(
            "consumer.example:80 refused the connection.", kind="refused", elapsed=0.1
        )
        await mock.add(headers=(("X-Team", "orders"), ("Authorization", "Bearer tell-nobody")))
        event_id = await mock.publish()
        await mock.outbox.advance(7)
        first, second = await mock.attempts()
        assert first["event_id"] == event_id
        assert first["event_type"] == MESSAGE
        assert first["endpoint_id"] == mock.endpoints[0]
        assert first["id"].startswith("atmpt_")
        assert (first["state"], first["elapsed"], first["error"], first["chaos"]) == ("failed", 0.5, None, [])
        assert first["response"] == {"status": 503, "headers": [["retry-after", "7"]], "body": "busy \ufffd"}
        assert first["request"]["url"] == URL
        assert first["request"]["body"] == '{"a":1}'
        headers = dict(first["request"]["headers"])
        assert headers["X-Team"] == "orders"
        assert headers["Authorization"] == "***"
        assert headers["svix-id"] == event_id
        assert "tell-nobody" not in str(await mock.attempts())
        assert dict(mock.consumer.requests[0].headers)["Authorization"] == "Bearer tell-nobody"
        assert at(first["next_attempt_at"]) == 7
        assert second["response"] is None
        assert second["error"] == {
            "kind": "refused",
            "message": "consumer.example:80 refused the connection.",
        }

    run(scenario)


def test_filters_of_the_log():
    """The log is filtered by event, endpoint, type, state, status, trigger and time."""

    async def scenario(mock):
        await mock.add()
        await mock.add(event_types=[ENDED])
        first = await mock.publish()
        await mock.outbox.advance(10)
        mock.consumer.last = 500
        await mock.publish(ENDED)
        await mock.outbox.run_due()
        counts = {}
        for filters in (
            {},
            {"event_id": first},
            {"endpoint_id": mock.endpoints[1]},
            {"event_type": ENDED},
            {"event_type": "conversation.ended"},
            {"state": "failed"},
            {"status": 200},
            {"trigger": "retry"},
            {"since": START + 5},
            {"until": START + 5},
            {"before": 2},
        ):
            counts[str(filters)] = len(await mock.attempts(**filters))
        assert list(counts.values()) == [3, 1, 1, 2, 2, 2, 1, 0, 2, 1, 1]
        assert len(await mock.deliveries(state="pending")) == 2

    run(scenario)


def test_fan_out():
    """An event goes to every endpoint whose filters let it through, and each is retried on its own."""

    async def scenario(mock):
        await mock.add(url=f"{URL}/all")
        await mock.add(url=f"{URL}/ended", event_types=[ENDED])
        await mock.add(url=f"{URL}/tagged", channels=["a", "b"])
        await mock.add(url=f"{URL}/both", event_types=[MESSAGE], channels=["b"])
        await mock.add(url=f"{URL}/off", disabled=True)
        took = []
        for event_type, channels in ((MESSAGE, []), (ENDED, ["a"]), (MESSAGE, ["b", "c"]), (MESSAGE, ["c"])):
            mock.consumer.requests.clear()
            await mock.publish(event_type, channels=channels)
            await mock.outbox.run_due()
            took.append(sorted(request.url.rpartition("/")[2] for request in mock.consumer.requests))
        assert took == [["all"], ["all", "ended", "tagged"], ["all", "both", "tagged"], ["all"]]

    run(scenario)


def test_rotation():
    """For 24 h after a rotation both secrets sign, the new one first; then the new one alone."""

    async def scenario(mock):
        old = (await mock.add()).secret
        async with mock.database.begin() as connection:
            new = (await rotate_secret(connection, mock.endpoints[0], now=START, rng=Random(9))).secret
        for hours in (0, 23.9, 0.2):
            await mock.outbox.advance(hours * HOUR)
            await mock.publish()
            await mock.outbox.run_due()
        first, second, third = mock.consumer.requests
        for request in (first, second):
            assert len(dict(request.headers)["svix-signature"].split()) == 2
            verify(new, request.headers, request.body, now=START)
            verify(old, request.headers, request.body, now=START)
        verify(new, third.headers, third.body, now=START)
        with pytest.raises(SignatureError):
            verify(old, third.headers, third.body, now=START)

    run(scenario)


def test_two_rotations():
    """A secret that was rotated twice within a day leaves three that sign."""

    async def scenario(mock):
        secrets = [(await mock.add()).secret]
        for number in (1, 2):
            async with mock.database.begin() as connection:
                endpoint = await rotate_secret(
                    connection, mock.endpoints[0], now=START + number, rng=Random(10 + number)
                )
            secrets.append(endpoint.secret)
        assert endpoint.secrets(START + 3) == tuple(reversed(secrets))
        assert secrets[0] not in repr(endpoint)

    run(scenario)


@pytest.mark.parametrize(
    ("instruction", "state", "reason"),
    [("abort-message", ("failed", "aborted"), ""), ("disable", ("failed", "disabled"), "asked")],
)
def test_instructions(instruction, state, reason):
    """An endpoint can end the retries of one message, or have itself disabled."""

    async def scenario(mock):
        mock.consumer.answers = [Response(500, (("Webhook-Delivery", instruction),), b"", 0.1)]
        await mock.add()
        await mock.publish()
        await mock.outbox.advance(30 * HOUR)
        assert len(mock.consumer.requests) == 1
        assert (await mock.states())[0] == state
        endpoint = await mock.endpoint()
        assert (endpoint.disabled, endpoint.disabled_reason) == (bool(reason), reason)

    run(scenario)


def test_disabled_by_failing():
    """A week of failures disables an endpoint: not before, at once, in no time."""

    async def scenario(mock):
        mock.consumer.last = 500
        await mock.add()
        began = time.perf_counter()
        for _ in range(7):
            await mock.publish()
            await mock.outbox.advance(DAY - 1)
        assert not (await mock.endpoint()).disabled
        attempted = len(mock.consumer.requests)
        await mock.outbox.advance(7 * 1)
        await mock.publish(count=2)
        await mock.outbox.advance(DAY)
        assert time.perf_counter() - began < 10  # it is about 0.3 s; it stands for a week
        endpoint = await mock.endpoint()
        assert (endpoint.disabled, endpoint.disabled_reason) == (True, "failing")
        assert endpoint.failing_since == START
        assert at_most_a_round(len(mock.consumer.requests) - attempted)
        assert {state for state, _ in await mock.states()} == {"failed"}
        assert (await mock.states())[-1] == ("failed", "disabled")

    run(scenario)


def at_most_a_round(count):
    """What is under way when an endpoint is disabled is at most what may be at a time."""
    return 1 <= count <= 8


def test_success_resets():
    """One success within the week, and the week begins anew."""

    async def scenario(mock):
        mock.consumer.last = 500
        await mock.add()
        for day in range(13):
            mock.consumer.last = 200 if day == 6 else 500
            await mock.publish()
            await mock.outbox.advance(DAY)
        endpoint = await mock.endpoint()
        assert not endpoint.disabled
        assert endpoint.failing_since > START + 6 * DAY

    run(scenario)


def test_enabled_again():
    """A disabled endpoint gets nothing; enabled again it gets what is new, and by recovery what it missed."""

    async def scenario(mock):
        endpoint = await mock.add()
        mock.consumer.last = 500
        failed = await mock.publish()
        await mock.outbox.run_due()
        async with mock.database.begin() as connection:
            changed = await update_endpoint(connection, endpoint.id, now=START + 1, disabled=True)
        assert (changed.disabled, changed.disabled_reason, changed.updated_at) == (True, "by-hand", START + 1)
        mock.consumer.last = 200
        missed = await mock.publish()
        await mock.outbox.advance(DAY)
        assert mock.consumer.ids() == [failed]
        with pytest.raises(UsageError) as error:
            await mock.outbox.recover(endpoint.id, since=START)
        assert str(error.value) == (
            f"The endpoint {endpoint.id} is disabled.\n  Enable it first: PATCH the webhook with enabled true."
        )
        async with mock.database.begin() as connection:
            changed = await update_endpoint(connection, endpoint.id, now=START + DAY, disabled=False)
        assert (changed.disabled, changed.failing_since) == (False, None)
        new = await mock.publish()
        await mock.outbox.run_due()
        assert mock.consumer.ids() == [failed, new]
        assert await mock.outbox.recover(endpoint.id, since=START) == 2
        await mock.outbox.run_due()
        assert mock.consumer.ids() == [failed, new, failed, missed]
        assert await mock.outbox.recover(endpoint.id, since=START) == 0
        assert {state for state, _ in await mock.states()} == {"delivered"}

    run(scenario)


def test_recover_since():
    """Recovery brings what failed since a time and passes the filters, under the old ids; nothing else."""

    async def scenario(mock):
        endpoint = await mock.add(event_types=[MESSAGE])
        mock.consumer.last = Response(400, (("webhook-delivery", "abort-message"),), b"", 0.1)
        ids = []
        for _ in range(3):
            ids.append(await mock.publish())
            await mock.publish(ENDED)
            await mock.outbox.advance(60)
        mock.consumer.last = 200
        mock.consumer.requests.clear()
        assert await mock.outbox.recover(endpoint.id, since=START + 60) == 2
        await mock.outbox.run_due()
        assert mock.consumer.ids() == ids[1:]
        assert [each["trigger"] for each in await mock.attempts(state="succeeded")] == ["recover"] * 2
        with pytest.raises(UsageError) as error:
            await mock.outbox.recover("ep_none", since=START)
        assert str(error.value) == "There is no endpoint 'ep_none'.\n  Its id is the webhook's: ep_..."

    run(scenario)


def test_resend():
    """An event is sent again under its id, to all it was meant for or to one, with a schedule of its own."""

    async def scenario(mock):
        first, second = await mock.add(), await mock.add(event_types=[ENDED])
        event_id = await mock.publish()
        await mock.outbox.run_due()
        assert await mock.outbox.resend(event_id) == 1
        await mock.outbox.run_due()
        mock.consumer.last = 500
        assert await mock.outbox.resend(event_id, endpoint_id=second.id) == 1
        assert await mock.outbox.resend(event_id, endpoint_id=first.id) == 1
        await mock.outbox.advance(30 * HOUR)
        log = Counter((each["endpoint_id"], each["trigger"]) for each in await mock.attempts())
        assert log == {
            (first.id, "scheduled"): 1,
            (first.id, "resend"): 2,
            (first.id, "retry"): 7,
            (second.id, "resend"): 1,
            (second.id, "retry"): 7,
        }
        assert set(mock.consumer.ids()) == {event_id}
        with pytest.raises(UsageError) as error:
            await mock.outbox.resend("msg_none")
        assert str(error.value) == "There is no event 'msg_none'.\n  Its id is what svix-id said: msg_..."

    run(scenario)


def test_concurrency():
    """At most so many attempts are made at a time for an endpoint, and all are made."""

    async def scenario(mock):
        await mock.add()
        ids = await mock.publish(count=40)
        await mock.outbox.run_due()
        assert mock.consumer.most_open == 3
        assert sorted(mock.consumer.ids()) == sorted(ids)

    run(scenario, concurrency=3)


def test_deleted():
    """What is still to come for a deleted endpoint is given up; its log stays."""

    async def scenario(mock):
        mock.consumer.last = 500
        endpoint = await mock.add()
        await mock.publish()
        await mock.outbox.run_due()
        async with mock.database.begin() as connection:
            assert await delete_endpoint(connection, endpoint.id, now=START)
            assert not await delete_endpoint(connection, endpoint.id, now=START)
        await mock.outbox.advance(DAY)
        assert len(await mock.attempts()) == 1
        assert await mock.states() == [("failed", "deleted")]
        assert await mock.endpoint() is None

    run(scenario)


def test_unsendable():
    """A header that cannot go over the wire is a failed attempt that says so, and nothing breaks."""
    from ada_mockserver.clock import SystemClock
    from ada_mockserver.delivery.client import Wire

    async def scenario(mock):
        await mock.add(headers=(("X", "\u6f22"),))
        await mock.publish()
        await mock.outbox.run_due()
        (attempt,) = await mock.attempts()
        assert attempt["error"] == {
            "kind": "unsendable",
            "message": "A header holds '\u6f22', which is outside Latin-1.",
        }

    run(scenario, client=Wire(clock=SystemClock()))


def test_unforeseen(caplog):
    """A fault of the client itself is a failed attempt, told in the log, and the delivery is retried."""

    async def scenario(mock):
        mock.consumer.answers = [ZeroDivisionError("division by zero")]
        await mock.add()
        await mock.publish()
        await mock.outbox.advance(5)
        first, second = await mock.attempts()
        assert first["error"]["message"] == "The attempt failed: ZeroDivisionError('division by zero')."
        assert second["state"] == "succeeded"

    run(scenario)
    assert caplog.messages == ["An attempt to deliver failed for an unforeseen reason"]


def test_rolled_back():
    """An event of a transaction that fails is never delivered."""

    async def scenario(mock):
        await mock.add()
        with pytest.raises(ZeroDivisionError):
            await publish_and_fail(mock)
        await mock.outbox.advance(DAY)
        assert mock.consumer.requests == []

    run(scenario)


async def publish_and_fail(mock):
    async with mock.database.begin() as connection:
        await publish(connection, event_type=MESSAGE, body=b"{}", channels=[], now=START)
        raise ZeroDivisionError


def test_bad_advance():
    """The clock is not moved back, nor by more than a year."""

    async def scenario(mock):
        for seconds in (-1, 400 * DAY, float("nan")):
            with pytest.raises(UsageError, match=r"^The clock cannot be moved on by "):
                await mock.outbox.advance(seconds)
        assert mock.clock.now() == START

    run(scenario)
