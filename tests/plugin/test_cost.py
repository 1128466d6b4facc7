"""What the plugin costs a run that does not use it: nothing."""

from __future__ import annotations

import json
import sys

RECORDER = """
import json
import pathlib
import sys

def record(name):
    pathlib.Path(name).write_text(json.dumps(sorted(sys.modules)))

def pytest_sessionstart():
    record("start.json")

def pytest_sessionfinish():
    record("finish.json")
"""

OURS = ("adakit", "ada_schemas", "ada_mockserver", "ada_contract_tests")
CORE = {"click", "httptools", "jsonschema", "jsonschema_rs", "rich", "yaml"}
LOADED = {
    "ada_contract_tests",
    "ada_contract_tests.pytest",
    "ada_contract_tests.pytest.options",
    "ada_contract_tests.pytest.plugin",
    "ada_schemas",
    "ada_schemas.lazy",
}
"""The plugin, the packages above it, and what resolves their names late: the standard library alone."""
PYTEST = {"_pytest", "iniconfig", "packaging", "pluggy", "py", "pygments", "pytest"}


def modules(project, name):
    return set(json.loads((project.path / name).read_text()))


def run_anew(project, *args):
    """Run pytest in a process that is started anew: what it imports is the matter here."""
    return project.pytester.runpytest_subprocess("-p", "adakit", *args)


def test_unused(project, monkeypatch):
    """Without its options, and found by its entry point, it imports itself and the packages above it alone."""
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    project.write(
        "pyproject.toml", "[tool.pytest.ini_options]\nasyncio_default_fixture_loop_scope = 'function'\n"
    )
    project.write("conftest.py", RECORDER)
    project.write("test_nothing.py", "def test_nothing():\n    pass\n")
    # Named by no -p: pytest finds it as it does in any project.
    result = project.pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["plugins:*adakit-*"])
    result.stdout.no_fnmatch_line("adakit: *")
    for name in ("start.json", "finish.json"):
        loaded = modules(project, name)
        ours = {module for module in loaded if module.partition(".")[0] in OURS}
        assert ours == LOADED
        assert not CORE & loaded


def test_imports_nothing_but_pytest(project):
    """Beside pytest's own packages and the standard library it brings nothing into a session."""
    project.write("pytest.ini", "")
    project.write("conftest.py", RECORDER)
    project.write("test_nothing.py", "def test_nothing():\n    pass\n")
    # The site packages of the environment may import things at start-up: those are not pytest's.
    script = "import json, sys; print(json.dumps(sorted(sys.modules)))"
    at_startup = set(json.loads(project.pytester.run(sys.executable, "-c", script).outlines[0]))
    run_anew(project).assert_outcomes(passed=1)
    loaded = {module.partition(".")[0] for module in modules(project, "finish.json") - at_startup}
    own = {"ada_contract_tests", "ada_schemas", "conftest", "test_nothing"}
    assert loaded - PYTEST - set(sys.stdlib_module_names) <= own


def test_used(plain):
    """The recording would show it: with a target set the kit is imported."""
    plain.write("conftest.py", RECORDER)
    run_anew(plain, "--ada-select", "ADA401")
    assert "ada_contract_tests.pytest.collect" not in modules(plain, "start.json")
    assert {"ada_contract_tests.pytest.collect", "yaml"} <= modules(plain, "finish.json")


SHARED = """
def pytest_collection_finish(session):
    found = {id(item._fixtureinfo) for item in session.items}
    own = {id(item.fixturenames) for item in session.items}
    print(f"{len(session.items)} items, {len(found)} searches, {len(own)} lists")
"""


def test_fixtures_are_found_once(plain):
    """The fixtures of the cases are looked up for the first one; each has a list of its own to change."""
    plain.write("conftest.py", SHARED)
    run = plain.run("--collect-only", "-s", "--ada-select", "ADA101")
    items = run.text.count("<AdaItem ")
    assert f"{items} items, 1 searches, {items} lists" in run.text
