"""Loading applications: what is found, what it speaks, and what every mistake is answered with."""

from __future__ import annotations

import asyncio
import functools
import itertools
import sys
import textwrap
import types
from wsgiref.simple_server import demo_app

import pytest
from fastapi import FastAPI
from flask import Flask
from starlette.endpoints import HTTPEndpoint

from ada_contract_tests.targets.load_app import application_interface, is_application_spec, load_application
from ada_schemas.errors import TargetError

NUMBERS = itertools.count()

EXAMPLE = "Name it as module:app or module:create_app(), for example myapp.main:app."
CALL_OR_URL = "Name an ASGI or WSGI application, or run it and give its URL."


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Write modules into a project folder and load from there; every name is new to the process."""
    monkeypatch.setattr(sys, "path", list(sys.path))

    class Project:
        folder = tmp_path

        def __init__(self):
            self.name = f"shop{next(NUMBERS)}"

        def write(self, code, path=None):
            file = tmp_path / (path or f"{self.name}.py")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(code))

        def load(self, attribute, module=None):
            return load_application(f"{module or self.name}:{attribute}", search_path=[tmp_path])

        def error(self, attribute, module=None):
            with pytest.raises(TargetError) as caught:
                self.load(attribute, module)
            assert caught.value.usage
            return str(caught.value).replace(self.name, "shop")

    made = Project()
    yield made
    for name in [name for name in sys.modules if name.partition(".")[0] == made.name]:
        del sys.modules[name]


ASGI = "async def app(scope, receive, send): ..."
WSGI = "def app(environ, start_response): ..."


@pytest.mark.parametrize(("code", "interface"), [(ASGI, "asgi"), (WSGI, "wsgi")])
def test_module_and_attribute(project, code, interface):
    """module:app is imported and told to be ASGI or WSGI."""
    project.write(code)
    application, found = project.load("app")
    assert application is sys.modules[project.name].app
    assert found == interface


def test_factory(project):
    """module:create_app() is called, and what it returns is the application."""
    project.write("""
        def create_app(name="shop"):
            async def app(scope, receive, send): ...
            return app
    """)
    application, interface = project.load("create_app()")
    assert (application.__name__, interface) == ("app", "asgi")


def test_dotted(project):
    """Both sides of the colon may be dotted."""
    project.write("", f"{project.name}/__init__.py")
    project.write("class box:\n    class inner:\n        app = staticmethod(lambda environ, start: [])")
    project.write(
        """
        class box:
            @staticmethod
            def app(environ, start_response): ...
        """,
        f"{project.name}/web/main.py",
    )
    assert project.load("box.app", f"{project.name}.web.main")[1] == "wsgi"


def test_search_path_comes_first(project, tmp_path):
    """The folders of the search path stand in front of sys.path, in their order, and only once."""
    project.write(ASGI)
    load_application(f"{project.name}:app", search_path=[tmp_path, tmp_path / "src"])
    load_application(f"{project.name}:app", search_path=[tmp_path, tmp_path / "src"])
    first, second = str(tmp_path), str(tmp_path / "src")
    assert sys.path[:2] == [first, second]
    assert sys.path.count(first) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://localhost:8000", False),
        ("HTTPS://me:x@shop.example/hook", False),
        ("myapp.main:app", True),
        ("myapp.main:create_app()", True),
        ("myapp", True),
        ("src.shop/main.py:app", True),
        ("app/main.py", True),
    ],
)
def test_is_application_spec(text, expected):
    """A URL begins with http:// or https://; anything else names an application."""
    assert is_application_spec(text) is expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "localhost:8000",
            "'localhost:8000' looks like a URL without http://.\n  Give it as http://localhost:8000",
        ),
        (
            "127.0.0.1:80/hook",
            "'127.0.0.1:80/hook' looks like a URL without http://.\n  Give it as http://127.0.0.1:80/hook",
        ),
        (
            "shop.example/hook",
            "'shop.example/hook' looks like a URL without http://.\n  Give it as http://shop.example/hook",
        ),
        (
            "localhost/hook",
            "'localhost/hook' looks like a URL without http://.\n  Give it as http://localhost/hook",
        ),
        ("[::1]:80", "'[::1]:80' looks like a URL without http://.\n  Give it as http://[::1]:80"),
        (
            "ftp://shop.example",
            f"'ftp://shop.example' is neither an http:// or https:// URL nor a module:app.\n  {EXAMPLE}",
        ),
        (
            "me:sesame@shop.example",
            "The target looks like a URL without http:// or https://.\n  Put one in front of it.",
        ),
    ],
)
def test_url_without_scheme(text, message):
    """What looks like a URL without its scheme is told so, without a password that it may hold."""
    with pytest.raises(TargetError) as caught:
        is_application_spec(text)
    assert (str(caught.value), caught.value.usage) == (message, True)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("myapp", "'myapp' names no application: there is no colon.\n  Try myapp:app"),
        ("", "'' names no application: there is no colon.\n  Try myapp:app"),
        (":app", f"':app' has no module before the colon.\n  {EXAMPLE}"),
        ("myapp:", f"'myapp:' has no application after the colon.\n  {EXAMPLE}"),
        ("my-app:app", f"'my-app' cannot be the name of a module.\n  {EXAMPLE}"),
        (".main:app", f"'.main' cannot be the name of a module.\n  {EXAMPLE}"),
        ("myapp:a b", f"'a b' cannot be the name of an application.\n  {EXAMPLE}"),
        ("myapp:app.", f"'app.' cannot be the name of an application.\n  {EXAMPLE}"),
        ("myapp:class", f"'class' cannot be the name of an application.\n  {EXAMPLE}"),
        (
            "myapp:create_app('dev')",
            (
                "'create_app('dev')' cannot be called: only () without arguments is supported.\n"
                "  Write a function without arguments in the application, and name that."
            ),
        ),
        (
            "./app/main.py:api",
            (
                "'./app/main.py:api' holds a path where a module's name is expected.\n"
                "  Give the module's name: app.main:api"
            ),
        ),
        (
            "main.py:app",
            (
                "'main.py:app' holds a path where a module's name is expected.\n"
                "  Give the module's name: main:app"
            ),
        ),
        (
            "app/main.py",
            (
                "'app/main.py' holds a path where a module's name is expected.\n"
                "  Give the module's name: app.main:app"
            ),
        ),
    ],
)
def test_malformed_spec(spec, message):
    """A name of the wrong form is refused before anything is imported."""
    with pytest.raises(TargetError) as caught:
        load_application(spec, search_path=[])
    assert (str(caught.value), caught.value.usage) == (message, True)


def test_module_missing(project, tmp_path):
    """A module that does not exist is named, with where it was looked for."""
    step = f"Run adakit in the project's folder, or install the project. Looked in: {tmp_path}"
    assert project.error("app") == f"There is no module 'shop'.\n  {step}"


def test_module_misspelt(project):
    """A module whose name is close to one in the project is suggested."""
    project.write(ASGI)
    message = project.error("app", f"{project.name}x")
    assert message == "There is no module 'shopx'.\n  Did you mean shop?"


def test_submodule_missing(project):
    """A submodule that does not exist is named, and a similar one of its package suggested."""
    project.write("", f"{project.name}/__init__.py")
    project.write(ASGI, f"{project.name}/main.py")
    message = project.error("app", f"{project.name}.mian")
    assert message == "There is no module 'shop.mian'.\n  Did you mean shop.main?"


def test_module_is_no_package(project):
    """A submodule of what is a plain module is told so."""
    project.write(ASGI)
    message = project.error("app", f"{project.name}.main")
    step = "If the application is in shop.py, name it as shop:app"
    assert message == f"There is no module 'shop.main': 'shop' is a module, not a package.\n  {step}"


def test_src_layout(project):
    """A package that lies in src/ and is not installed is found out."""
    project.write(ASGI, f"src/{project.name}/__init__.py")
    step = "It is in src/: install the project (pip install -e .), or name src.shop"
    assert project.error("app") == f"There is no module 'shop'.\n  {step}"


def test_import_inside_is_missing(project):
    """A missing import inside the module is told apart from a missing module, with its line."""
    project.write("\nimport not_installed_anywhere\n")
    assert project.error("app") == (
        "shop imports 'not_installed_anywhere', which is not installed (shop.py:2).\n"
        "  Install it, or run adakit in the environment in which the application runs."
    )


def test_import_of_own_submodule_is_missing(project):
    """A package that imports a module of its own that does not exist is told with the line."""
    project.write(f"import {project.name}.gone", f"{project.name}/__init__.py")
    message = project.error("app")
    assert message.startswith("shop imports 'shop.gone', which is not installed (shop/__init__.py:1).\n")


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("\n\nimport os\nos.environ['SHOP_UNSET']", "KeyError: 'SHOP_UNSET' (shop.py:4)"),
        ("raise SystemExit('no whsec_c2VjcmV0')", "SystemExit: no whsec_... (shop.py:1)"),
        ("raise ValueError('one\\ntwo')", "ValueError: one (shop.py:1)"),
        ("assert False", "AssertionError (shop.py:1)"),
        (
            "import json\njson.loads('')",
            "JSONDecodeError: Expecting value: line 1 column 1 (char 0) (shop.py:2)",
        ),
        ("x = 1\nif x\n", "SyntaxError: expected ':' (shop.py, line 2) (shop.py:2)"),
    ],
)
def test_module_raises(project, code, what):
    """An exception at import is named, in one line, with the last line of the project's own code."""
    project.write(code)
    expected = f"shop cannot be imported: {what}.\n  The whole traceback: python -c 'import shop'"
    assert project.error("app") == expected


@pytest.mark.parametrize("attribute", ["app", "create_app()"])
def test_loops_of_its_own(project, attribute):
    """A module that runs a loop at import, and a factory that does, load although one runs already."""
    project.write("""
        import asyncio

        async def connect(): ...
        async def app(scope, receive, send): ...

        def create_app():
            asyncio.run(connect())
            return app

        create_app()
    """)

    async def load():
        loop = asyncio.get_running_loop()
        _, interface = project.load(attribute)
        return interface, asyncio.get_running_loop() is loop

    assert asyncio.run(load()) == ("asgi", True)


def test_attribute_missing_among_applications(project):
    """An attribute that is missing is answered with what looks like an application in the module."""
    project.write("""
        from asyncio import sleep
        from flask import Flask, request
        from json import dumps

        api = Flask("shop")
        settings = {}

        def create_app(): ...
        def helper(one): ...
    """)
    assert project.error("app") == "shop has no 'app'.\n  Did you mean shop:api or shop:create_app()?"


def test_attribute_misspelt(project):
    """Where nothing looks like an application, similar names are suggested."""
    project.write("application = None")
    assert project.error("aplication") == "shop has no 'aplication'.\n  Did you mean shop:application?"


def test_attribute_missing(project):
    """Where nothing is similar either, the message says so."""
    project.write("x = 1")
    step = "Nothing in shop looks like an application; is it in another module?"
    assert project.error("app") == f"shop has no 'app'.\n  {step}"


def test_dotted_attribute_missing(project):
    """Of a dotted name the part that is missing is named."""
    project.write("class box:\n    appl = None")
    assert project.error("box.app") == "shop:box has no 'app'.\n  Did you mean appl?"


def test_attribute_raises(project):
    """An attribute that raises when it is read is told with its exception."""
    project.write("""
        class Box:
            @property
            def app(self):
                raise LookupError("no such thing")
        box = Box()
    """)
    step = "Let it be a plain attribute, or name a function that returns it: module:create_app()"
    message = "shop:box.app cannot be read: LookupError: no such thing (shop.py:5)."
    assert project.error("box.app") == f"{message}\n  {step}"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "def make():\n    raise LookupError('no database')",
            (
                "shop:make() failed: LookupError: no database (shop.py:2).\n"
                "  The whole traceback: python -c 'import shop; shop.make()'"
            ),
        ),
        (
            "def make():\n    raise SystemExit",
            (
                "shop:make() failed: SystemExit (shop.py:2).\n"
                "  The whole traceback: python -c 'import shop; shop.make()'"
            ),
        ),
        (
            "def make(config): ...",
            (
                "shop:make() needs arguments: missing a required argument: 'config'.\n"
                "  Write a function without arguments that calls it, and name that."
            ),
        ),
        (
            "async def make(): ...",
            "shop:make() is async; a factory must return the application itself.\n  Make it a def.",
        ),
        (
            "def make(): ...",
            "shop:make() returned None, not an application.\n  Let it return the application.",
        ),
        ("make = 7", "shop:make is a int and cannot be called.\n  Without the parentheses: shop:make"),
        ("def make(): return 'app'", f"shop:make() is a str, not an application.\n  {CALL_OR_URL}"),
    ],
)
def test_factory_mistakes(project, code, message):
    """A factory that fails, wants arguments, is async or returns no application is told so."""
    project.write(code)
    assert project.error("make()") == message


class AsgiInstance:
    async def __call__(self, scope, receive, send): ...


class WsgiInstance:
    def __call__(self, environ, start_response): ...


class AsgiMiddleware:
    """As some middleware does, without async of its own."""

    def __call__(self, scope, receive, send):
        return AsgiInstance()(scope, receive, send)


class CallInSlot:
    """As Sentry's middleware does: the instance holds its own __call__."""

    __slots__ = ("__call__",)

    def __init__(self):
        self.__call__ = AsgiInstance().__call__


class WsgiClass:
    def __init__(self, environ, start_response): ...

    def __iter__(self):
        yield b""


class AsgiAnything:
    async def __call__(self, *arguments): ...


async def asgi_function(scope, receive, send): ...


async def asgi_anything(*arguments): ...


def wsgi_function(environ, start_response): ...


def with_config(config, environ, start_response): ...


async def asgi_with_config(scope, receive, send, *, config): ...


def decorated(function):
    @functools.wraps(function)
    def wrapper(*arguments, **options):
        return function(*arguments, **options)

    return wrapper


class Decorator:
    def __init__(self, function):
        functools.update_wrapper(self, function)

    def __call__(self, *arguments, **options): ...


@pytest.mark.parametrize(
    ("application", "interface"),
    [
        (asgi_function, "asgi"),
        (asgi_anything, "asgi"),
        (AsgiInstance(), "asgi"),
        (AsgiAnything(), "asgi"),
        (AsgiInstance().__call__, "asgi"),
        (AsgiMiddleware(), "asgi"),
        (CallInSlot(), "asgi"),
        (functools.partial(asgi_with_config, config={}), "asgi"),
        (decorated(asgi_function), "asgi"),
        (Decorator(asgi_function), "asgi"),
        (FastAPI(), "asgi"),
        (HTTPEndpoint, "asgi"),
        (wsgi_function, "wsgi"),
        (WsgiInstance(), "wsgi"),
        (WsgiClass, "wsgi"),
        (functools.partial(with_config, {}), "wsgi"),
        (decorated(wsgi_function), "wsgi"),
        (Decorator(wsgi_function), "wsgi"),
        (lambda environ, start_response: [], "wsgi"),
        (demo_app, "wsgi"),
        (Flask("shop"), "wsgi"),
        (Flask("shop").wsgi_app, "wsgi"),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__) if callable(value) else value,
)
def test_interface(application, interface):
    """Functions, methods, instances, classes, partials and decorated ones are told apart."""
    assert application_interface(application, name="shop:app") == interface


def asgi2_function(scope):
    async def inner(receive, send): ...

    return inner


class Asgi2Class:
    def __init__(self, scope): ...

    async def __call__(self, receive, send): ...


class Configured:
    def __init__(self, config): ...

    def __call__(self, environ, start_response): ...


def factory(config=None, debug=False): ...


async def async_factory(): ...


def anything(*arguments, **options): ...


def one(thing): ...


def four(a, b, c, d): ...


def without_signature(): ...


without_signature.__signature__ = "as of something built in"


class Application:
    """The stand-in for aiohttp's: its class carries the same name and module."""

    def __call__(self):
        return self


Application.__module__ = "aiohttp.web_app"
ASGI2 = "shop:app is an ASGI 2 application (one call with the scope, a second with receive and send)."
WRAP2 = "Wrap it: asgiref.compatibility.guarantee_single_callable makes it ASGI 3."
NEITHER = "shop:app takes neither (scope, receive, send) nor (environ, start_response)."
NO_ARGUMENTS = "If it is a factory, make one that needs no arguments and name it with ()."
NOTHING_TOLD = "It cannot be told whether shop:app is ASGI or WSGI: its parameters say nothing."
WRAP = "Wrap it: async def app(scope, receive, send), or def app(environ, start_response)."


@pytest.mark.parametrize(
    ("application", "what", "step"),
    [
        (asgi2_function, ASGI2, WRAP2),
        (Asgi2Class, ASGI2, WRAP2),
        (FastAPI, "shop:app is a class, not an application.", "Give an instance: shop:app()"),
        (Configured, "shop:app is a class, not an application.", "Make an instance and name that."),
        (factory, "shop:app takes no arguments: it looks like a factory.", "Call it: shop:app()"),
        (
            async_factory,
            "shop:app is async but does not take (scope, receive, send): it is no ASGI application.",
            CALL_OR_URL,
        ),
        (anything, NOTHING_TOLD, WRAP),
        (without_signature, NOTHING_TOLD, WRAP),
        (one, NEITHER, NO_ARGUMENTS),
        (four, NEITHER, NO_ARGUMENTS),
        (
            Application(),
            "shop:app is an application of aiohttp's; these are neither ASGI nor WSGI.",
            "Run it and give its URL.",
        ),
        (
            type("Shop", (type("Application", (), {"__module__": "tornado.web"}),), {})(),
            "shop:app is an application of Tornado's; these are neither ASGI nor WSGI.",
            "Run it and give its URL.",
        ),
        (
            types.ModuleType("app"),
            "shop:app is a module, not an application.",
            "Name the application in it: shop:app.app",
        ),
        ("app", "shop:app is a str, not an application.", CALL_OR_URL),
        (7, "shop:app is an int, not an application.", CALL_OR_URL),
        (None, "shop:app is a NoneType, not an application.", CALL_OR_URL),
    ],
)
def test_no_interface(application, what, step):
    """What is neither ASGI nor WSGI, or cannot be told, is answered with what it is and what to do."""
    with pytest.raises(TargetError) as caught:
        application_interface(application, name="shop:app")
    assert (str(caught.value), caught.value.usage) == (f"{what}\n  {step}", True)
