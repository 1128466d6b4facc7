"""A Django project with pytest-django and a database, into which the view writes."""

from __future__ import annotations

import pytest

from ada_contract_tests import all_cases

EXAMPLES = [case.id for case in all_cases() if case.rule == "ADA101" and case.event == "conversation.ended"]
CHOSEN = {"DJANGO_SETTINGS_MODULE": "inbox.settings", "ada_events": ["conversation.ended"]}

CONFTEST = """
def pytest_collection_modifyitems(items):
    cases = [item for item in items if item.get_closest_marker("ada")]
    assert all("transactional_db" in item.fixturenames for item in cases)
"""

BY_HAND = """
import pytest
from inbox.models import Delivery

@pytest.mark.parametrize("turn", [1, 2])
def test_row(transactional_db, ada_event, ada_deliver, turn):
    event = ada_event("conversation.ended")
    assert ada_deliver(event).status == 200
    assert [row.message_id for row in Delivery.objects.all()] == [event.headers["svix-id"]]

def test_client(db, client, ada_event):
    event = ada_event("conversation.ended")
    options = {"content_type": "application/json", "headers": event.headers}
    assert client.post("/webhooks/ada", event.body, **options).status_code == 200
    assert Delivery.objects.get().type == "v1.conversation.ended"
"""


@pytest.mark.parametrize("application", ["inbox.wsgi:application", "inbox.asgi:application"])
def test_database(project, application):
    """The cases may write to the test database, each to an empty one, and the settings find the secret."""
    project.add("inbox")
    project.configure(application, **CHOSEN, ada_select=["ADA101", "ADA302", "ADA401"])
    project.write("conftest.py", CONFTEST)
    project.write("test_inbox.py", BY_HAND)
    run = project.run("-W", "error::ResourceWarning", plugins=("django",))
    assert set(run.outcomes.values()) == {"PASSED"}
    assert set(EXAMPLES) < set(run.cases())
    assert len(run.outcomes) == len(run.cases()) + 3
    assert not (project.path / "inbox.sqlite3").exists()


TRANSACTIONS = """
import pytest

@pytest.mark.django_db
def test_plain(ada_event, ada_deliver):
    ada_deliver(ada_event("conversation.ended"))

@pytest.mark.django_db(transaction=True)
def test_marked(ada_event, ada_deliver):
    assert ada_deliver(ada_event("conversation.ended")).status == 200
"""


def test_transactions(project):
    """A test in a transaction, of which the application would see nothing, is told what to do."""
    project.add("inbox")
    project.configure("inbox.wsgi:application", DJANGO_SETTINGS_MODULE="inbox.settings")
    project.write("test_inbox.py", TRANSACTIONS)
    run = project.run("test_inbox.py", plugins=("django",))
    assert run.outcomes == {"test_inbox.py::test_plain": "ERROR", "test_inbox.py::test_marked": "PASSED"}
    said = [
        "ada_deliver calls the application in a thread of its own, outside of this test's transaction.",
        "  Mark the test with django_db(transaction=True), or send the event with Django's test client.",
    ]
    begin = run.lines.index(said[0])
    assert run.lines[begin : begin + 2] == said


def test_without_database(project):
    """A Django project without a database needs none for the cases."""
    project.add("inbox")
    settings = project.path / "inbox" / "settings.py"
    lines = [line for line in settings.read_text().splitlines() if not line.startswith("DATABASES")]
    settings.write_text("\n".join(lines))
    urls = project.path / "inbox" / "urls.py"
    urls.write_text(urls.read_text().replace("    Delivery.objects.create(", "    dict("))
    project.configure("inbox.wsgi:application", **CHOSEN, ada_select=["ADA101"])
    assert project.run(plugins=("django",)).cases("PASSED") == EXAMPLES
