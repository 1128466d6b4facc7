"""The mock with another provider's contract: it sends events as that one does, and has nothing of Ada's."""

from __future__ import annotations

import json

import httpx
import pytest

from ada_mockserver import MockAda, verify
from ada_schemas.contract.contract import contract_in, shipped
from ada_schemas.errors import AdakitError, UsageError
from support.other_provider import LIBRARY_SECRET, doorbell, library
from support.threaded_endpoint import threaded_endpoint


@pytest.fixture(scope="module")
def lend(tmp_path_factory):
    """The contract of the library."""
    return contract_in(library(tmp_path_factory.mktemp("library")))


@pytest.fixture
def mock(lend):
    with MockAda(contract=lend) as running:
        yield running


@pytest.fixture
def endpoint():
    with threaded_endpoint() as server:
        yield server


def test_an_event_goes_out_as_the_provider_sends_it(mock, endpoint):
    """It is signed in the profile's headers, with its own headers beside, and has no header of Svix."""
    webhook = mock.add_webhook(endpoint.url, secret=LIBRARY_SECRET)
    assert webhook.secret == LIBRARY_SECRET
    payload = mock.emit("book.lent")
    mock.settle()
    ((headers, body),) = endpoint.requests
    assert json.loads(body) == payload
    assert payload["event"] == "book.lent"
    (event,) = mock.events("book.lent")
    assert (event["type"], event["payload"]) == ("book.lent", payload)
    assert headers["webhook-id"] == event["id"]
    verify(LIBRARY_SECRET, dict(headers.items()), body, now=float(headers["webhook-timestamp"]))
    assert headers["x-lend-event"] == "book.lent"
    assert headers["x-lend-delivery"] == f"no. {event['id']} at {headers['webhook-timestamp']}"
    assert [name for name in headers if name.lower().startswith("svix")] == []


def test_filters_and_retries(mock, endpoint):
    """A webhook gets the types that it asked for; what fails is tried again on the schedule, signed anew."""
    mock.add_webhook(endpoint.url, events=["book.returned"], secret=LIBRARY_SECRET)
    endpoint.outcome = 500
    mock.emit("book.lent")
    mock.emit("book.returned")
    mock.settle()
    mock.advance(5)
    assert [headers["x-lend-event"] for headers, _ in endpoint.requests] == ["book.returned"] * 2
    assert [attempt["number"] for attempt in mock.attempts()] == [1, 2]
    listed = mock.call("GET", "/_mock/attempts?event_type=book.returned")["data"]
    assert {each["event_type"] for each in listed} == {"book.returned"}
    assert len(listed) == 2


@pytest.mark.parametrize("path", ["/api/v2/webhooks/", "/v2/conversations", "/api/openapi.json", "/api"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_there_is_no_api(mock, method, path):
    """A call of the API is answered 404 with the reason, and asks for no key."""
    answer = httpx.request(method, mock.base_url + path, headers={"accept": "text/html"})
    reason = "the mock of Lend & Co sends events and has no API, since the contract in use is not Ada's."
    error = {"type": "not_found", "message": f"Not Found: {reason}", "details": None}
    assert (answer.status_code, answer.json()) == (404, {"errors": [error]})


@pytest.mark.parametrize("path", ["/nowhere", "/_mock/handoffs", "/_mock/integrations/1", "/attachments/a/b"])
def test_an_address_that_is_not_there(mock, path):
    """What Ada alone has is not there, and the answer says where the rest is."""
    answer = httpx.get(mock.base_url + path)
    at = mock.base_url
    said = f"Not Found: the console is at {at}/, and what programs call is below {at}/_mock."
    assert (answer.status_code, answer.json()["errors"][0]["message"]) == (404, said)


def test_the_state_is_of_events(mock, endpoint):
    """It counts webhooks, events and deliveries, and knows no conversations."""
    mock.add_webhook(endpoint.url)
    mock.emit("book.lent")
    mock.settle()
    state = mock.call("GET", "/_mock/state")
    assert state.keys() == {"counts", "webhooks"}
    assert state["counts"] == {
        "events": 1,
        "deliveries": 1,
        "attempts": 1,
        "webhooks": 1,
        "pending_deliveries": 0,
    }


@pytest.mark.parametrize("kind", ["channels", "end_users", "stories", "installations"])
def test_a_seed_of_what_is_adas(mock, kind):
    """It is refused with the reason."""
    wanted = {"stories": "messaging", "installations": {"integration_id": "x"}}.get(kind, {})
    answer = httpx.post(f"{mock.base_url}/_mock/seed", json={kind: [wanted]})
    (detail,) = answer.json()["errors"][0]["details"]
    reason = "the mock of Lend & Co sends events and has no API, since the contract in use is not Ada's."
    said = {"parameter": f"$.{kind}", "location": "body", "message": f"cannot be made: {reason}"}
    assert (answer.status_code, detail) == (400, said)


@pytest.mark.parametrize(
    ("what", "act"),
    [
        ("channels", lambda mock: mock.channel_id),
        ("conversations", lambda mock: mock.play("messaging")),
        ("integrations", lambda mock: mock.install("x")),
        ("handoffs", lambda mock: mock.handoffs()),
    ],
)
def test_what_is_adas_alone(mock, what, act):
    """Methods that are about Ada say so."""
    with pytest.raises(UsageError) as caught:
        act(mock)
    assert caught.value.what == f"The mock of Lend & Co has no {what}: they are Ada's alone."
    assert caught.value.next_step == "Send its events with emit()."


def test_an_unknown_event(mock):
    """The error names those that there are."""
    with pytest.raises(AdakitError, match=r"There is no event 'book\.burnt'"):
        mock.emit("book.burnt")


def test_a_clear_leaves_events_to_send(mock, endpoint):
    """After it webhooks can be added, and events sent."""
    mock.emit("book.lent")
    mock.clear()
    assert mock.events() == []
    mock.add_webhook(endpoint.url)
    mock.emit("book.returned")
    mock.settle()
    assert len(endpoint.requests) == 1


def test_a_provider_that_signs_nothing(tmp_path, endpoint):
    """Its deliveries have no signature; where a header alone says the event type, it is that of the event."""
    with MockAda(contract=contract_in(doorbell(tmp_path))) as mock:
        mock.add_webhook(endpoint.url, secret=LIBRARY_SECRET)
        assert mock.emit("opened").keys() == {"door"}
        mock.settle()
    ((headers, _),) = endpoint.requests
    assert headers["x-bell"] == "opened"
    assert [name for name in headers if name.lower().startswith(("svix", "webhook"))] == []


@pytest.mark.parametrize(
    ("answers", "status", "state"),
    [(doorbell, 200, "delivered"), (doorbell, 202, "pending"), (library, 202, "delivered")],
)
def test_what_counts_as_delivered(tmp_path, endpoint, answers, status, state):
    """Where the provider's profile says 200, another 2xx fails, is tried again, and is a failure of the endpoint."""
    endpoint.outcome = status
    contract = contract_in(answers(tmp_path))
    with MockAda(contract=contract) as mock:
        mock.add_webhook(endpoint.url)
        mock.emit(contract.event_names[0])
        mock.settle()
        (delivery,) = mock.call("GET", "/_mock/deliveries")["data"]
        (attempt,) = mock.attempts()
        good = state == "delivered"
        assert (delivery["state"], attempt["state"]) == (state, "succeeded" if good else "failed")
        failing = "failing since" in httpx.get(f"{mock.base_url}/endpoints").text
        assert failing != good


def test_the_time_limit_is_the_providers(mock):
    """An attempt is given up after the profile's seconds, and a claim outlasts it."""
    options = mock._running.assembly.outbox.options
    assert (options.timeout, options.lease) == (7, 22)


def database(folder):
    return f"sqlite:///{folder / 'mock.db'}"


def test_a_database_is_of_one_provider(tmp_path, lend):
    """It goes on with its own contract, and no other, before and after it was cleared."""
    with MockAda(contract=lend, database=database(tmp_path)) as mock:
        mock.emit("book.lent")
    with MockAda(contract=lend, database=database(tmp_path)) as mock:
        assert len(mock.events()) == 1
        mock.clear()
    for other, provider in ((shipped(), "Ada"), (contract_in(doorbell(tmp_path)), "Doorbell")):
        said = f"The database holds events of Lend & Co, and the contract is that of {provider}."
        with pytest.raises(UsageError) as caught, MockAda(contract=other, database=database(tmp_path)):
            pass
        assert (caught.value.what, caught.value.next_step) == (said, "Name another database.")


def test_a_database_of_adas(tmp_path, lend):
    """One that names no provider is Ada's, as those of older versions are."""
    with MockAda(database=database(tmp_path)) as mock:
        mock.emit("conversation.ended")
    with pytest.raises(UsageError) as caught, MockAda(contract=lend, database=database(tmp_path)):
        pass
    assert caught.value.what == "The database holds events of Ada, and the contract is that of Lend & Co."
    with MockAda(database=database(tmp_path)) as mock:
        assert len(mock.events()) == 1
