"""The hooks for Schemathesis: every request is signed over what goes out, without a run of Schemathesis.

packaging/test_schemathesis.py runs the real command.
"""

from __future__ import annotations

import importlib
import io
import random
import subprocess
import sys
from types import SimpleNamespace

import pytest

from ada_mockserver.delivery.signing import verify
from ada_schemas import SignatureError

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW = 1_767_225_600
MODULE = "ada_contract_tests.schemathesis"
ENDING = " Give the endpoint's in ADA_WEBHOOK_SECRET.\n"


@pytest.fixture
def registered(monkeypatch):
    """What the module hands to Schemathesis, which a stand-in takes the place of."""
    hooks: list[object] = []
    monkeypatch.setenv("ADA_WEBHOOK_SECRET", SECRET)
    monkeypatch.setattr("importlib.metadata.version", {"schemathesis": "4.25.0"}.get)
    monkeypatch.setitem(sys.modules, "schemathesis", SimpleNamespace(hook=hooks.append))
    monkeypatch.delitem(sys.modules, MODULE, raising=False)
    yield hooks
    sys.modules.pop(MODULE, None)


@pytest.fixture
def hooks(registered):
    return importlib.import_module(MODULE)


@pytest.fixture
def signature(hooks):
    return hooks.Signature(SECRET, now=lambda: NOW + 0.7, rng=random.Random(1))


def prepared(body):
    return SimpleNamespace(body=body, headers={"svix-signature": "v1,generated", "accept": "*/*"})


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        (b'{"type": "v1.conversation.ended"}', b'{"type": "v1.conversation.ended"}'),
        (b"\x80 not JSON", b"\x80 not JSON"),
        ("a=\u00e9", b"a=\xc3\xa9"),
        ("", b""),
        (None, b""),
    ],
)
def test_a_prepared_request(signature, body, sent):
    """A request is signed over the bytes that it sends, whatever they are, and nothing else of it changes."""
    request = signature(prepared(body))
    verify(SECRET, request.headers, sent, now=NOW)
    assert (request.body or b"") == sent
    assert sorted(request.headers) == ["accept", "svix-id", "svix-signature", "svix-timestamp"]
    assert request.headers["svix-timestamp"] == str(NOW)
    with pytest.raises(SignatureError):
        verify(SECRET, request.headers, sent + b" ", now=NOW)


def test_each_request_is_a_message(signature):
    """A request that is sent again, as to replay a failure, is a message of its own."""
    request = prepared(b"{}")
    ids = {signature(request).headers["svix-id"] for _ in range(3)}
    assert len(ids) == 3


def test_the_secret_is_not_shown(signature):
    """The secret is not in what a failure prints of its variables."""
    assert SECRET.removeprefix("whsec_") not in repr(signature)


def test_the_door_of_a_wsgi_application(signature):
    """An application in process gets the whole body and the headers that verify it, and answers."""
    asked = []

    def application(environ, start_response):
        body = environ["wsgi.input"].read()
        named = {
            name.removeprefix("HTTP_").replace("_", "-"): v for name, v in environ.items() if "SVIX" in name
        }
        verify(SECRET, named, body, now=NOW)
        asked.append((body, environ["REQUEST_METHOD"]))
        return start_response("200 OK", [])

    door = signature.at_door(application)
    environ = {"REQUEST_METHOD": "POST", "wsgi.input": io.BytesIO(b"{} and more"), "CONTENT_LENGTH": "2"}
    assert door(environ, lambda status, headers: [status]) == ["200 OK"]
    assert door({"REQUEST_METHOD": "GET", "wsgi.input": io.BytesIO()}, lambda status, headers: [status]) == [
        "200 OK"
    ]
    assert asked == [(b"{}", "POST"), (b"", "GET")]


async def of_asgi(scope, receive, send):
    """An ASGI application that is a function."""


class Served:
    """An ASGI application that is an object."""

    async def __call__(self, scope, receive, send):
        """Nothing is answered."""


def of_wsgi(environ, start_response):
    """A WSGI application."""


@pytest.mark.parametrize("application", [None, of_asgi, Served()], ids=["URL", "function", "object"])
def test_the_hook_signs_what_is_sent(hooks, registered, application):
    """Schemathesis gets one hook, which has requests sign what it sends, in process as well."""
    assert registered == [hooks.before_call]
    kwargs = {"timeout": 5}
    hooks.before_call(None, SimpleNamespace(operation=SimpleNamespace(app=application)), kwargs)
    assert sorted(kwargs) == ["auth", "timeout"]
    verify(SECRET, kwargs["auth"](prepared(b"{}")).headers, b"{}", now=hooks.time.time())


@pytest.mark.parametrize("given", [True, False], ids=["of the call", "of the schema"])
def test_the_hook_stands_at_the_door_of_wsgi(hooks, given):
    """For WSGI, where Schemathesis asks for a signature before there is a body, the application is wrapped."""
    kwargs = {"app": of_wsgi} if given else {}
    case = SimpleNamespace(operation=SimpleNamespace(app=None if given else of_wsgi))
    hooks.before_call(None, case, kwargs)
    assert list(kwargs) == ["app"]
    assert kwargs["app"] is not of_wsgi


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        (None, "There is no secret to sign with."),
        ("", "There is no secret to sign with."),
        ("whsec_", "The signing secret has nothing after 'whsec_'."),
    ],
)
def test_no_secret(registered, monkeypatch, capsys, secret, said):
    """Without a secret that can sign there is one line and the end, and no hook."""
    monkeypatch.delenv("ADA_WEBHOOK_SECRET")
    if secret is not None:
        monkeypatch.setenv("ADA_WEBHOOK_SECRET", secret)
    with pytest.raises(SystemExit) as ended:
        importlib.import_module(MODULE)
    assert ended.value.code == 2
    assert capsys.readouterr().err == said + ENDING
    assert registered == []


def test_a_version_that_is_too_old(registered, monkeypatch, capsys):
    """A Schemathesis that does not send what a hook changes does not run."""
    monkeypatch.setattr("importlib.metadata.version", {"schemathesis": "4.24.3"}.get)
    with pytest.raises(SystemExit) as ended:
        importlib.import_module(MODULE)
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        "Schemathesis 4.24.3 is too old for the hooks. Upgrade it: pip install 'schemathesis>=4.25,<5'\n"
    )
    assert registered == []


def test_what_it_loads():
    """The module loads nothing of the check, of a pytest plugin, or of Schemathesis but what it is given."""
    script = f"""
import importlib.metadata, os, sys, types
importlib.metadata.version = {{"schemathesis": "5.0.dev1"}}.get
os.environ["ADA_WEBHOOK_SECRET"] = {SECRET!r}
sys.modules["schemathesis"] = types.SimpleNamespace(hook=id)
import {MODULE}
print(*sorted(name for name in sys.modules if name.split(".")[0] in (
    "ada_contract_tests", "adakit", "_pytest", "pytest", "schemathesis", "jsonschema", "httptools")))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["ada_contract_tests", MODULE, "schemathesis"]
