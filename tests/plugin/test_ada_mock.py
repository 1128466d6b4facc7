"""The fixture ada_mock."""

from __future__ import annotations

TESTS = """
import json
import os
import urllib.request

def test_one(ada_mock):
    ada_mock.play("messaging")
    assert ada_mock.events()
    ada_mock.set_chaos("duplicate")
    os.environ["MOCK_URL"] = ada_mock.base_url

def test_two(ada_mock):
    assert ada_mock.events() == []
    assert ada_mock.base_url == os.environ["MOCK_URL"]
    request = urllib.request.Request(
        f"{ada_mock.base_url}/api/v2/end-users/",
        data=b"{}",
        headers={"authorization": f"Bearer {ada_mock.api_key}"},
    )
    with urllib.request.urlopen(request) as response:
        assert response.status == 201
    assert [event["type"] for event in ada_mock.events()] == ["v1.end_user.created"]
"""

WITHOUT = """
import sys

sys.modules["starlette"] = None
"""


def test_cleared_for_each_test(project):
    """One server serves the session, and each test finds it empty; no target is needed."""
    project.write("pytest.ini", "[pytest]\nfilterwarnings = error\n")
    project.write("test_mock.py", TESTS)
    assert list(project.run().outcomes.values()) == ["PASSED", "PASSED"]


def test_missing_extra(project):
    """Without the extra, the test fails with the one line that says what to install."""
    project.write("pytest.ini", "[pytest]\n")
    project.write("conftest.py", WITHOUT)
    project.write("test_mock.py", "def test_one(ada_mock):\n    pass\n")
    run = project.run()
    assert list(run.outcomes.values()) == ["ERROR"]
    assert "The mock Ada needs the extra 'mock', which is not installed." in run.text
    assert "Install it with: pip install 'adakit[mock]'" in run.text
    assert "During handling" not in run.text
