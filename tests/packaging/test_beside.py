"""The installed plugin beside those that people have: loaded as pytest loads them, in one run."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PLUGIN = Path(__file__).parents[2] / "contract_tests" / "ada_contract_tests" / "pytest" / "plugin.py"

TESTS = """
import pytest
from hypothesis import given, settings, strategies
from pytest_httpserver import HTTPServer

@given(strategies.integers())
@settings(max_examples=5)
def test_hypothesis(number):
    assert number == number

def test_httpserver(httpserver: HTTPServer, ada_event):
    assert ada_event("conversation.ended").json["type"] == "v1.conversation.ended"
    assert httpserver.url_for("/")

@pytest.mark.asyncio
async def test_asyncio(ada_event, ada_deliver):
    assert (await ada_deliver.send(ada_event("conversation.created"))).status == 200

@pytest.mark.anyio
async def test_anyio(ada_event, ada_deliver, anyio_backend):
    assert (await ada_deliver.send(ada_event("conversation.created"))).status == 200

@pytest.fixture(params=["asyncio"])
def anyio_backend(request):
    return request.param

@pytest.mark.ada(events="conversation.ended", rules="ADA104")
def test_case(ada_case, ada_deliver):
    ada_case.check(ada_deliver(ada_case).status)
"""

CONFIGURATION = """
[tool.pytest.ini_options]
ada_target = "adakit.demo.consumer:app"
ada_path = "/webhooks/ada"
ada_select = ["ADA101", "ADA301", "ADA303", "ADA308"]
asyncio_default_fixture_loop_scope = "function"
"""


@pytest.mark.parametrize("arguments", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_beside_other_plugins(installed_beside_plugins, tmp_path, arguments):
    """With all of them loaded, and warnings as errors, the cases run, and so does what the others are for."""
    (tmp_path / "pyproject.toml").write_text(CONFIGURATION)
    (tmp_path / "test_all.py").write_text(TESTS)
    done = installed_beside_plugins.python(
        "-m", "pytest", "-v", "-W", "error", "--strict-markers", *arguments, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    loaded = next(line for line in done.stdout.splitlines() if line.startswith("plugins: "))
    for name in (
        "adakit",
        "schemathesis",
        "hypothesis",
        "pytest_httpserver",
        "django",
        "xdist",
        "asyncio",
        "anyio",
    ):
        assert re.search(rf"\b{name}-\d", loaded), f"{name} is not loaded: {loaded}"
    for name in ("hypothesis", "httpserver", "asyncio", "anyio", "case"):
        assert re.search(
            rf"test_all.py::test_{name}(\[\S+\])? PASSED|PASSED test_all.py::test_{name}", done.stdout
        )
    assert done.stdout.count("pyproject.toml::") > 100


def test_names_are_our_own():
    """Every option, setting, fixture and marker that the plugin registers has the kit's name in it."""
    tree = ast.parse(PLUGIN.read_text(encoding="utf-8"))
    fixtures = [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and any("fixture" in ast.dump(decorator) for decorator in node.decorator_list)
    ]
    assert len(fixtures) >= 6
    assert all(name.lstrip("_").startswith("ada_") for name in fixtures)


def test_registered_names(installed_beside_plugins, tmp_path):
    """So have those that pytest lists, and no other plugin has one of them."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    script = """
import pytest

class Names:
    def pytest_configure(self, config):
        options = [o for g in config._parser._groups if g.name == "adakit" for o in g.options]
        print("options", *sorted(name for option in options for name in option.names()))
        print("settings", *sorted(name for name in config._parser._inidict if name.startswith("ada")))

pytest.main(["--collect-only", "-q"], plugins=[Names()])
"""
    done = installed_beside_plugins.python("-c", script, cwd=tmp_path)
    listed = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if line.strip()}
    assert len(listed["options"]) > 10
    assert all(name == "--ada" or name.startswith("--ada-") for name in listed["options"])
    assert len(listed["settings"]) > 8
    assert all(name.startswith("ada_") for name in listed["settings"])
