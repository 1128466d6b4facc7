"""Fixtures of the root conftest.py that take the place of the options, and what surrounds the cases."""

from __future__ import annotations

from ada_contract_tests import all_cases

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
FIRST = "conversation.created/example:documented"
EXAMPLES = [case.id for case in all_cases() if case.rule == "ADA101"]

GIVES_OBJECT = """
import pytest
from plain_shop import app

@pytest.fixture(scope="session")
def ada_target():
    return app
"""

GIVES_URL = """
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import plain_shop
import pytest

class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        authentic = plain_shop.is_authentic(body, headers={k.lower(): v for k, v in self.headers.items()})
        self.send_response(200 if authentic and self.path == "/webhooks/ada" else 400)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass

@pytest.fixture(scope="session")
def ada_target():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/webhooks/ada"
        server.shutdown()
        thread.join()
"""


def test_target_object(plain):
    """An ada_target fixture may return an application object."""
    plain.configure("nowhere:app", ada_select=["ADA101", "ADA3xx"], ada_events=["conversation.created"])
    plain.write("conftest.py", GIVES_OBJECT)
    run = plain.run()
    assert run.code == 0
    assert FIRST in run.cases("PASSED")


def test_target_of_a_server(plain):
    """An ada_target fixture may start a server and return its URL; it verifies with the secret made."""
    plain.configure("plain_shop:app", ada_path=None, ada_select=["ADA101", "ADA302"])
    plain.write("conftest.py", GIVES_URL)
    run = plain.run()
    assert set(EXAMPLES) < set(run.cases("PASSED"))
    assert run.code == 0


def test_failure_of_an_object(buggy):
    """For a target that a fixture gave, the only command to repeat a case is pytest's."""
    buggy.write("conftest.py", GIVES_OBJECT)
    case = "conversation.created/absent:data.metadata"
    run = buggy.run(f"pyproject.toml::{case}")
    assert run.failure(case)[-1] == f"  repeat     pytest pyproject.toml::{case} --ada-seed {run.seed}"


def test_target_by_fixture_alone(plain):
    """With ``--ada`` the fixture suffices, and the option ada_target is not needed."""
    plain.configure(None, addopts=["--ada"], ada_select=["ADA101", "ADA302"])
    plain.write("conftest.py", GIVES_OBJECT)
    run = plain.run()
    assert set(EXAMPLES) < set(run.cases("PASSED"))
    assert run.code == 0


def test_no_target(plain):
    """With ``--ada`` and neither option nor fixture one case fails and says what to do."""
    plain.configure(None)
    run = plain.run("--ada", "--ada-select", "ADA101")
    assert run.cases("FAILED") == [FIRST]
    assert run.failure(FIRST) == [
        "adakit: There is no target to deliver to.",
        "  Set ada_target in the configuration file, or override the fixture ada_target.",
    ]
    assert run.cases("SKIPPED") == EXAMPLES[1:]


ENDS = """
import pytest

asked = []

@pytest.fixture
def ada_witness():
    def entries():
        asked.append(1)
        if len(asked) > 1:
            raise ConnectionError("it is gone")
        return []

    return entries
"""


def test_witness_that_ends(plain):
    """A witness function that raises ends the run as a URL that breaks does: what was found is kept."""
    plain.write("conftest.py", ENDS)
    run = plain.run("--ada-select", "ADA101")
    assert run.failure(FIRST)[0] == (
        "adakit: The witness that the fixture ada_witness gives cannot be used:"
        " it raises ConnectionError: it is gone (conftest.py:11)."
    )
    assert run.cases("PASSED") == EXAMPLES[1:]


def test_witness_that_is_none(plain):
    """What is neither a function nor a name is said to be no witness."""
    plain.write("conftest.py", "import pytest\n\n@pytest.fixture\ndef ada_witness():\n    return 5\n")
    run = plain.run("--ada-select", "ADA101")
    assert run.failure(FIRST)[0] == "adakit: The fixture ada_witness gives int, which is no witness."


def test_secret_fixture(plain):
    """An ada_secret fixture signs the cases, and an application in process finds it in its environment."""
    plain.write(
        "conftest.py",
        f"import pytest\n\n@pytest.fixture(scope='session')\ndef ada_secret():\n    return {SECRET!r}\n",
    )
    plain.write(
        "test_secret.py",
        f"import os\n\ndef test_secret():\n    assert os.environ['ADA_WEBHOOK_SECRET'] == {SECRET!r}\n",
    )
    run = plain.run("pyproject.toml", "test_secret.py", "--ada-select", "ADA101,ADA302")
    assert set(run.outcomes.values()) == {"PASSED"}
    assert run.outcomes["test_secret.py::test_secret"] == "PASSED"


def test_target_made_with_the_secret(plain):
    """A target fixture may ask for the secret, which is made where none is given, and finds it in the environment."""
    plain.configure(None)
    plain.write(
        "conftest.py",
        "import os\nimport pytest\nimport plain_shop\n\n"
        "@pytest.fixture(scope='session')\ndef ada_target(ada_secret):\n"
        "    assert ada_secret == os.environ['ADA_WEBHOOK_SECRET']\n    return plain_shop.app\n",
    )
    run = plain.run("--ada", "--ada-select", "ADA101,ADA302")
    assert set(run.outcomes.values()) == {"PASSED"}


def test_secret_before_import(plain):
    """A root conftest.py may import an application that reads its secret while it is imported."""
    plain.add("fastapi_shop.py")
    plain.configure("fastapi_shop:app", ada_select=["ADA101"])
    plain.write("conftest.py", "from fastapi_shop import app\n\n__all__ = ['app']\n")
    run = plain.run()
    assert run.cases("PASSED") == EXAMPLES


def test_secret_before_other_plugins(plain):
    """Other plugins may import the application as early as they like: pytest-django reads the settings."""
    plain.write(
        "eager.py",
        "import os\nimport pytest\n\n@pytest.hookimpl(tryfirst=True)\n"
        "def pytest_load_initial_conftests():\n    assert os.environ['ADA_WEBHOOK_SECRET']\n",
    )
    run = plain.run("--ada-select", "ADA101", plugins=("eager",))
    assert run.cases("PASSED") == EXAMPLES


def test_given_secret_before_import(plain, monkeypatch):
    """The same with ada_secret, which wins over the environment."""
    monkeypatch.setenv("ADA_WEBHOOK_SECRET", "whsec_b3RoZXI=")
    plain.configure("plain_shop:app", ada_secret=SECRET, ada_select=["ADA101"])
    plain.write("conftest.py", f"import os\n\nassert os.environ['ADA_WEBHOOK_SECRET'] == {SECRET!r}\n")
    assert plain.run().cases("PASSED") == EXAMPLES


SCOPES = """
import pytest

@pytest.fixture(autouse=True, scope="session")
def for_session():
    yield

@pytest.fixture(autouse=True, scope="package")
def for_package():
    yield

@pytest.fixture(autouse=True, scope="module")
def for_module(request):
    assert request.module.__name__
    yield

@pytest.fixture(autouse=True, scope="class")
def for_class(request):
    assert request.cls is None
    yield

@pytest.fixture(autouse=True)
def for_function(request):
    assert request.module.__name__ and request.node.path.name == "pyproject.toml"
    yield
"""


def test_fixtures_of_every_scope(plain):
    """Fixtures that the root conftest.py applies to every test apply to the cases, whatever their scope."""
    plain.write("conftest.py", SCOPES)
    assert plain.run("--ada-select", "ADA101").cases("PASSED") == EXAMPLES


def test_failing_fixture(plain):
    """A fixture that raises is reported as pytest reports it, with its traceback."""
    plain.write(
        "conftest.py",
        "import pytest\n\n@pytest.fixture(scope='session')\ndef ada_target():\n    return 1 / 0\n",
    )
    run = plain.run(f"pyproject.toml::{FIRST}")
    assert run.outcomes == {f"pyproject.toml::{FIRST}": "ERROR"}
    assert [line.split() for line in run.lines if line.endswith("ZeroDivisionError: division by zero")] == [
        ["E", "ZeroDivisionError:", "division", "by", "zero"]
    ]
