"""pytest with another provider's contract."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from support.parcels import CONSUMER, contract_directory

if TYPE_CHECKING:
    from plugin.conftest import Project

OWN = """
import json

import pytest


def test_an_event(ada_event, ada_deliver):
    made = ada_event("parcel.lost", parcel__status="moving")
    assert made.json["parcel"]["status"] == "moving"
    assert {"webhook-id", "webhook-timestamp", "webhook-signature"} <= set(made.headers)
    assert ada_deliver(made).status == 204


def test_the_mock(ada_mock):
    assert ada_mock.emit("parcel.sent")["event"] == "parcel.sent"


@pytest.mark.ada(events="parcel.lost", rules="ADA102")
def test_a_case(ada_case):
    assert ada_case.json["event"] == "parcel.lost"
    ada_case.check(204)
"""


def test_the_cases_of_the_contract(project: Project) -> None:
    """They pass; the secret is in the contract's variable before the application is imported."""
    contract_directory(project.path)
    project.write("shop.py", CONSUMER)
    project.configure("shop:app", ada_path=None, ada_contract="parcels")
    done = project.run("-k", "parcel.sent and (enum or absent or signature)")
    assert (done.code, done.cases("FAILED")) == (0, [])
    assert "parcel.sent/enum:parcel.status:moving" in done.cases("PASSED")
    assert "parcel.sent/signature:missing:webhook-id" in done.cases("PASSED")


def test_the_fixtures_of_the_contract(project: Project) -> None:
    """Events and cases of hand-written tests are those of the contract; keywords set the event's members."""
    contract_directory(project.path)
    project.write("shop.py", CONSUMER)
    project.write("test_own.py", OWN)
    project.configure("shop:app", ada_path=None, ada_contract="parcels")
    done = project.run("test_own.py")
    assert set(done.outcomes.values()) == {"PASSED"}
    assert len(done.outcomes) == 5


def test_a_contract_that_is_none(project: Project) -> None:
    """The error names the directory, and what makes one."""
    project.write("shop.py", CONSUMER)
    project.configure("shop:app", ada_path=None, ada_contract="parcels")
    done = project.run()
    assert done.code == 2
    assert f"{project.path}/parcels is not a directory." in done.text
    assert "Make one with: adakit init --from FILE|URL -o DIR" in done.text


def test_failures_say_nothing_of_ada(project: Project) -> None:
    """What fails is told in the words of the provider, by a case of the session and one of a test's own."""
    contract_directory(project.path)
    project.write("shop.py", CONSUMER.replace("judged(headers, body), ", "500, "))
    project.write("test_own.py", OWN.replace("check(204)", "check(500)"))
    project.configure("shop:app", ada_path=None, ada_contract="parcels")
    done = project.run("--ada", "--ada-select", "ADA102,ADA301,ADA403", "test_own.py", ".")
    assert "A request without the three signature headers is a forgery." in " ".join(done.text.split())
    assert "The same webhook-id may arrive twice at once." in " ".join(done.text.split())
    assert re.findall(r".*\bAda\b.*|.*docs\.ada.*|.*\bsvix-.*", done.text) == []
