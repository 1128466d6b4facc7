"""The wheel at work in an environment of its own, without any extra."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ada_mockserver import verify
from ada_schemas import event_names

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CONSUMER = ("adakit.demo.consumer:app", "--path", "/webhooks/ada")


def test_no_other_plugin(installed):
    """No distribution that adakit brings registers a pytest plugin; adakit registers its own."""
    script = (
        "from importlib.metadata import distributions\n"
        "for each in distributions():\n"
        "    for entry in each.entry_points:\n"
        "        if entry.group == 'pytest11':\n"
        "            print(each.name, entry.value)\n"
    )
    done = installed.python("-c", script)
    assert (done.stdout, done.stderr) == ("adakit ada_contract_tests.pytest.plugin\n", "")


def test_from_the_environment(installed, tmp_path):
    """What runs here is what was installed, not the sources."""
    done = installed.python("-c", "import adakit; print(adakit.__file__)", cwd=tmp_path)
    assert done.stdout.startswith(str(installed.folder))


def test_no_warnings(installed):
    """Importing every module gives no warning; one that cannot be imported lacks what an extra brings."""
    script = (
        "import importlib, pkgutil\n"
        "from ada_schemas import MissingExtraError\n"
        "extras = {'sqlalchemy', 'starlette', 'python_multipart', 'schemathesis', 'hypothesis', 'gevent'}\n"
        "for name in ('ada_schemas', 'ada_mockserver', 'ada_contract_tests', 'adakit'):\n"
        "    package = importlib.import_module(name)\n"
        "    for module in pkgutil.walk_packages(package.__path__, f'{name}.'):\n"
        "        if '.pytest.' in module.name or module.name.endswith('.__main__'):\n"
        "            continue\n"
        "        try:\n"
        "            importlib.import_module(module.name)\n"
        "        except MissingExtraError:\n"
        "            print(module.name)\n"
        "        except ModuleNotFoundError as error:\n"
        "            if error.name.partition('.')[0] not in extras:\n"
        "                raise\n"
        "            print(module.name)\n"
    )
    done = installed.python("-W", "error", "-c", script, ADA_WEBHOOK_SECRET=SECRET)
    assert (done.returncode, done.stderr) == (0, "")
    lacking = done.stdout.split()
    assert "ada_mockserver.mock.store.database" in lacking
    assert "ada_mockserver.locust.wire" not in lacking
    others = [name for name in lacking if not name.startswith("ada_mockserver.")]
    assert {name.rpartition(".")[0] for name in others} == {
        "ada_contract_tests",
        "ada_contract_tests.fuzz",
        "adakit.check_page",
    }
    assert "adakit.check_page.form" not in others
    assert "ada_contract_tests.fuzz.draw" in others
    assert "ada_contract_tests.fuzz.extra" not in others


def test_version(installed):
    """``adakit --version`` prints the version of the distribution."""
    script = "from importlib.metadata import version; print(version('adakit'))"
    version = installed.python("-c", script).stdout.strip()
    done = installed.adakit("--version")
    assert (done.returncode, done.stdout) == (0, f"adakit, version {version}\n")


def test_as_module(installed):
    """``python -m adakit`` is the same command."""
    assert installed.python("-m", "adakit", "--version").stdout == installed.adakit("--version").stdout


def test_demo(installed, tmp_path):
    """``adakit demo`` finds the planted bug and says so with exit code 0, and which extra brings the mock Ada."""
    done = installed.adakit("demo", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "KeyError: 'body'" in done.stdout
    assert "The good consumer passes; exactly the planted bug was found in the other." in done.stdout
    said = " ".join(done.stdout.split())
    assert "The mock Ada needs the extra 'mock', which is not installed." in said
    assert "pip install 'adakit[mock]'" in said
    assert list(tmp_path.iterdir()) == []


def test_check(installed, tmp_path):
    """``adakit check`` finds nothing wrong with the correct consumer, which the demo sends every case."""
    done = installed.adakit("check", *CONSUMER, "--select", "ADA101,ADA301", "--json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert report["findings"] == []
    assert report["cases"]


@pytest.fixture
def endpoint():
    """A URL on this machine, and the requests that it got so far."""
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append((tuple(self.headers.items()), self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hooks", got
        server.shutdown()
        thread.join()


def test_send(installed, endpoint):
    """``adakit send`` delivers a signed event."""
    url, got = endpoint
    done = installed.adakit("send", "conversation.ended", "--to", url, ADA_WEBHOOK_SECRET=SECRET)
    assert done.returncode == 0
    assert f"1 of 1 delivered to {url}\n" in done.stdout
    ((headers, body),) = got
    assert json.loads(body)["type"] == "v1.conversation.ended"
    timestamp = next(int(value) for name, value in headers if name == "svix-timestamp")
    verify(SECRET, headers, body, now=timestamp)


def test_schemas(installed, tmp_path):
    """``adakit schemas`` lists and shows the schema files, and judges payloads by them."""
    listed = json.loads(installed.adakit("schemas", "list", "--json").stdout)
    assert [row["type"] for row in listed] == [*(f"v1.{event}" for event in event_names()), "(all events)"]
    assert all(row["file"].startswith(str(installed.folder)) for row in listed)
    schema = json.loads(installed.adakit("schemas", "show", "conversation.ended").stdout)
    (tmp_path / "good.json").write_text(json.dumps(schema["examples"][0]))
    (tmp_path / "bad.json").write_text('{"type": "v1.conversation.ended"}')
    good = installed.adakit("schemas", "validate", "good.json", cwd=tmp_path)
    assert (good.returncode, good.stdout) == (0, "good.json: valid (v1.conversation.ended)\n")
    bad = installed.adakit("schemas", "validate", "bad.json", cwd=tmp_path)
    assert bad.returncode == 1
    assert bad.stdout.startswith("bad.json: not valid\n")


def test_missing_extra(installed):
    """What needs an extra says how to install it, in one line and with exit code 2."""
    done = installed.adakit("generate", "conversation", "--locale", "fi_FI")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == "  Install it with: pip install 'adakit[faker]'"
    assert "Traceback" not in done.stderr


def test_plugin(installed_with_pytest, tmp_path):
    """With pytest beside it the plugin is found, and runs the cases."""
    (tmp_path / "pyproject.toml").write_text(
        "[tool.pytest.ini_options]\n"
        'ada_target = "adakit.demo.consumer:app"\nada_path = "/webhooks/ada"\nada_select = "ADA101,ADA3xx"\n'
    )
    done = installed_with_pytest.python("-m", "pytest", "-q", "-W", "error", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^\d+ passed", done.stdout, re.MULTILINE)


def test_plugin_without_target(installed_with_pytest, tmp_path):
    """With pytest beside it, and no target, a run is what it would be without adakit."""
    (tmp_path / "test_nothing.py").write_text("def test_nothing():\n    pass\n")
    done = installed_with_pytest.python("-m", "pytest", "-q", "-W", "error", cwd=tmp_path)
    assert done.stdout.splitlines()[-1].startswith("1 passed in ")
    assert "adakit" not in done.stdout
