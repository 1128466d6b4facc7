"""From ``module:app`` to an application and the interface that it speaks, ASGI or WSGI.

Nothing is imported here but what the user names; frameworks are told apart by the shape of their
applications alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib
import inspect
import keyword
import os
import pkgutil
import re
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ada_contract_tests.targets.redact import redact
from ada_schemas.errors import TargetError, did_you_mean, either

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import ModuleType

    Application = Callable[..., Any]

__all__ = ["Interface", "application_interface", "is_application_spec", "load_application"]

Interface = Literal["asgi", "wsgi"]

_EXAMPLE = "Name it as module:app or module:create_app(), for example myapp.main:app."
_CALL_OR_URL = "Name an ASGI or WSGI application, or run it and give its URL."
_HOST_AND_PORT = re.compile(r"(?:[\w.-]+|\[[0-9a-fA-F:.]+\]):\d+(?:[/?#].*)?")
_HOST_AND_PATH = re.compile(r"(?:localhost|\w[\w-]*(?:\.[\w-]+)+)/(?!.*\.py(?::|$)).*")
_FACTORY_NAMES = {"create_app", "make_app", "get_app", "build_app", "app_factory", "create_application"}


def is_application_spec(text: str) -> bool:
    """True if ``text`` names an application in process; False for a URL.

    Raises TargetError, with ``usage`` true, for a URL without http:// or https://.
    """
    if text.lower().startswith(("http://", "https://")):
        return False
    if "@" in text:  # not shown: what stands before it may be a password
        raise _wrong("The target looks like a URL without http:// or https://.", "Put one in front of it.")
    if "://" in text:
        raise _wrong(f"'{text}' is neither an http:// or https:// URL nor a module:app.", _EXAMPLE)
    if _HOST_AND_PORT.fullmatch(text) or _HOST_AND_PATH.fullmatch(text):
        raise _wrong(f"'{text}' looks like a URL without http://.", f"Give it as http://{text}")
    return True


def load_application(spec: str, *, search_path: Sequence[Path]) -> tuple[Application, Interface]:
    """Import the application that ``spec`` names, and tell its interface.

    ``spec`` is ``module:app``, ``module:create_app()`` (a factory without arguments) or dotted on either
    side; the folders of ``search_path`` are put at the front of ``sys.path`` and stay there. Raises
    TargetError, with ``usage`` true, for whatever keeps it from being loaded.
    """
    module_name, path, is_call = _parse(spec)
    _extend_sys_path(search_path)
    module = _import(module_name, search_path)
    found: Any = module
    walked = module_name
    for name in path:
        found = _attribute(found, name, walked, search_path)
        walked = f"{walked}{':' if walked == module_name else '.'}{name}"
    if is_call:
        found = _call(found, walked, search_path)
        walked = f"{walked}()"
    return found, application_interface(found, name=walked)


def application_interface(application: object, *, name: str) -> Interface:
    """Tell whether ``application`` is ASGI 3 or WSGI; ``name`` is what the user calls it.

    Raises TargetError, with ``usage`` true, where it is neither or cannot be told.
    """
    own_server = _own_server(application)
    if own_server:
        what = f"{name} is an application of {own_server}'s; these are neither ASGI nor WSGI."
        raise _wrong(what, "Run it and give its URL.")
    if inspect.ismodule(application):
        raise _wrong(f"{name} is a module, not an application.", f"Name the application in it: {name}.app")
    if not callable(application):
        article = "an" if type(application).__name__[0].lower() in "aeiou" else "a"
        what = f"{name} is {article} {type(application).__name__}, not an application."
        raise _wrong(what, _CALL_OR_URL)
    shape = _Shape(application)
    interface = shape.interface()
    if interface is not None:
        return interface
    raise _wrong(*shape.complaint(name))


class _Shape:
    """How a callable wants to be called; ``takes(n)``: by exactly n positional arguments."""

    def __init__(self, application: Application) -> None:
        self.is_class = inspect.isclass(application)
        self.is_async = _is_async(application)
        self._application = application
        plain = self.is_class or inspect.isroutine(application) or isinstance(application, functools.partial)
        called: Any = application
        if not plain and not hasattr(application, "__wrapped__"):  # an instance; it may hold its own __call__
            called = getattr(application, "__call__")  # noqa: B004, B009 - mypy knows no such attribute
        try:
            self._signature: inspect.Signature | None = inspect.signature(called)
        except (TypeError, ValueError):  # built in, or an object that answers to any name
            self._signature = None

    def takes(self, count: int) -> bool:
        """True if a call with that many positional arguments fits."""
        return self._signature is not None and _fits(self._signature, count)

    def interface(self) -> Interface | None:
        """The interface, or None where it is neither or cannot be told."""
        if self.is_class:  # instances answer: PEP 3333's class with __iter__, Starlette's with __await__
            if self.takes(2) and not self.takes(0) and hasattr(self._application, "__iter__"):
                return "wsgi"
            return "asgi" if self.takes(3) and hasattr(self._application, "__await__") else None
        if self.is_async:
            return "asgi" if self.takes(3) else None
        if self.takes(0):  # a factory, or anything at all
            return None
        if self.takes(2):
            return "wsgi"
        return "asgi" if self.takes(3) else None  # returns the awaitable of another application

    def complaint(self, name: str) -> tuple[str, str]:
        """What is wrong, and the next step."""
        if self._is_double_callable():
            what = (
                f"{name} is an ASGI 2 application (one call with the scope, a second with receive and send)."
            )
            return what, "Wrap it: asgiref.compatibility.guarantee_single_callable makes it ASGI 3."
        if self.is_class:
            step = f"Give an instance: {name}()" if self.takes(0) else "Make an instance and name that."
            return f"{name} is a class, not an application.", step
        if self.is_async:
            what = f"{name} is async but does not take (scope, receive, send): it is no ASGI application."
            return what, _CALL_OR_URL
        if self._signature is None or (self.takes(0) and self.takes(9)):
            what = f"It cannot be told whether {name} is ASGI or WSGI: its parameters say nothing."
            return what, "Wrap it: async def app(scope, receive, send), or def app(environ, start_response)."
        if self.takes(0):
            return f"{name} takes no arguments: it looks like a factory.", f"Call it: {name}()"
        what = f"{name} takes neither (scope, receive, send) nor (environ, start_response)."
        return what, "If it is a factory, make one that needs no arguments and name it with ()."

    def _is_double_callable(self) -> bool:
        if self.is_async or self.takes(0) or not self.takes(1) or self._signature is None:
            return False
        if self.is_class:
            call = getattr(self._application, "__call__", None)  # noqa: B004 - its parameters are wanted
            return inspect.iscoroutinefunction(call) and _fits(inspect.signature(call), 3)  # with self
        return next(iter(self._signature.parameters)) == "scope"


def _fits(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True


def _is_async(application: Application) -> bool:
    call = getattr(application, "__call__", None)  # noqa: B004 - not whether, but how it is called
    return any(
        inspect.iscoroutinefunction(each) or inspect.iscoroutinefunction(inspect.unwrap(each))
        for each in (application, call)
        if callable(each) and not inspect.isclass(application)
    )


def _own_server(application: object) -> str:
    """The framework of an application that only its own server runs, "" for any other."""
    kinds = {f"{kind.__module__}.{kind.__name__}" for kind in type(application).__mro__}
    named = {"aiohttp.web_app.Application": "aiohttp", "tornado.web.Application": "Tornado"}
    return next((name for kind, name in named.items() if kind in kinds), "")


def _parse(spec: str) -> tuple[str, list[str], bool]:
    """The module's name, the names of the attributes, and whether the last one is called."""
    module, colon, attribute = spec.partition(":")
    if module.endswith(".py") or "/" in module or "\\" in module:
        dotted = re.sub(r"[/\\]+", ".", re.sub(r"^(\.?[/\\])+|\.py$", "", module))
        step = f"Give the module's name: {dotted}:{attribute or 'app'}"
        raise _wrong(f"'{spec}' holds a path where a module's name is expected.", step)
    if not colon:
        raise _wrong(f"'{spec}' names no application: there is no colon.", f"Try {spec or 'myapp'}:app")
    if not module or not attribute:
        part = "module before" if not module else "application after"
        raise _wrong(f"'{spec}' has no {part} the colon.", _EXAMPLE)
    if not _are_names(module.split(".")):
        raise _wrong(f"'{module}' cannot be the name of a module.", _EXAMPLE)
    is_call = attribute.endswith("()")
    path = attribute.removesuffix("()").split(".")
    if not _are_names(path):
        if "(" in attribute:
            step = "Write a function without arguments in the application, and name that."
            raise _wrong(f"'{attribute}' cannot be called: only () without arguments is supported.", step)
        raise _wrong(f"'{attribute}' cannot be the name of an application.", _EXAMPLE)
    return module, path, is_call


def _are_names(parts: Iterable[str]) -> bool:
    return all(part.isidentifier() and not keyword.iskeyword(part) for part in parts)


def _extend_sys_path(search_path: Sequence[Path]) -> None:
    for folder in reversed(search_path):
        entry = str(folder.resolve())
        if entry in sys.path:
            sys.path.remove(entry)
        sys.path.insert(0, entry)
    importlib.invalidate_caches()


@contextlib.contextmanager
def _before_any_loop() -> Iterator[None]:
    """No event loop runs for what is within, as for an application that a server imports before it starts.

    Where one ran, Django would refuse its database, and ``asyncio.run`` would fail.
    """
    loop = asyncio._get_running_loop()  # noqa: SLF001 - exported, the one way
    asyncio._set_running_loop(None)  # noqa: SLF001 - as above
    try:
        yield
    finally:
        asyncio._set_running_loop(loop)  # noqa: SLF001 - as above


def _import(name: str, search_path: Sequence[Path]) -> ModuleType:
    try:
        with _before_any_loop():
            return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise _missing_module(name, error.name, search_path) from None
        where = _where(error, search_path)
        what = f"{name} imports '{error.name}', which is not installed ({where})."
        step = "Install it, or run adakit in the environment in which the application runs."
        raise _wrong(what, step) from error
    except (Exception, SystemExit) as error:
        step = f"The whole traceback: python -c 'import {name}'"
        raise _raised(f"{name} cannot be imported", error, search_path, step) from error


def _missing_module(name: str, missing: str, search_path: Sequence[Path]) -> TargetError:
    parent, _, last = missing.rpartition(".")
    folders: Iterable[str] = getattr(sys.modules.get(parent), "__path__", ()) if parent else sys.path
    if parent and not folders:
        what = f"There is no module '{name}': '{parent}' is a module, not a package."
        return _wrong(what, f"If the application is in {parent}.py, name it as {parent}:app")
    what = f"There is no module '{missing}'."
    if not parent and any((folder / "src" / missing).exists() for folder in search_path):
        return _wrong(what, f"It is in src/: install the project (pip install -e .), or name src.{name}")
    near = [str(folder) for folder in search_path] if not parent else list(folders)
    names = [module.name for module in pkgutil.iter_modules(near)]
    similar = did_you_mean(last, names, most=3, prefix=f"{parent}." if parent else "")
    if similar:
        return _wrong(what, similar)
    looked = ", ".join(near) if near else "the installed packages only"
    return _wrong(what, f"Run adakit in the project's folder, or install the project. Looked in: {looked}")


def _attribute(holder: object, name: str, walked: str, search_path: Sequence[Path]) -> Any:
    try:
        return getattr(holder, name)
    except AttributeError as error:
        if inspect.ismodule(holder):
            raise _wrong(f"{walked} has no '{name}'.", _suggestion(holder, name, walked)) from error
        step = did_you_mean(name, dir(holder), most=3) or _EXAMPLE
        raise _wrong(f"{walked} has no '{name}'.", step) from error
    except (Exception, SystemExit) as error:
        step = "Let it be a plain attribute, or name a function that returns it: module:create_app()"
        raise _raised(f"{walked}.{name} cannot be read", error, search_path, step) from error


_USUAL_NAMES = ("app", "application", "asgi_app", "wsgi_app", "api")


def _suggestion(module: ModuleType, name: str, walked: str) -> str:
    """The next step for a name that ``module`` lacks: its applications, else names that are similar."""
    public = {key: value for key, value in vars(module).items() if not key.startswith("_")}
    found = [key for key, value in public.items() if _looks_like_application(value, module)]
    applications = sorted(found, key=lambda key: key not in _USUAL_NAMES)
    factories = [f"{key}()" for key, value in public.items() if key in _FACTORY_NAMES and callable(value)]
    if usable := applications + factories:
        return f"Did you mean {either(f'{walked}:{each}' for each in usable)}?"
    similar = did_you_mean(name, public, most=3, prefix=f"{walked}:")
    return similar or f"Nothing in {walked} looks like an application; is it in another module?"


def _looks_like_application(value: Any, module: ModuleType) -> bool:
    if inspect.isclass(value) or inspect.ismodule(value) or not callable(value):
        return False
    try:
        if inspect.isroutine(value) and getattr(value, "__module__", None) != module.__name__:
            return False  # a helper from elsewhere: replace(a, b) is no WSGI application
        return _Shape(value).interface() is not None
    except Exception:
        return False  # a proxy that is usable within a request only, such as flask.request


def _call(factory: Any, name: str, search_path: Sequence[Path]) -> Any:
    if not callable(factory):
        what = f"{name} is a {type(factory).__name__} and cannot be called."
        raise _wrong(what, f"Without the parentheses: {name}")
    try:
        inspect.signature(factory).bind()
    except TypeError as error:
        step = "Write a function without arguments that calls it, and name that."
        raise _wrong(f"{name}() needs arguments: {error}.", step) from error
    except ValueError:
        pass  # no signature to be had: the call shows
    if inspect.iscoroutinefunction(factory):
        raise _wrong(f"{name}() is async; a factory must return the application itself.", "Make it a def.")
    try:
        with _before_any_loop():
            made = factory()
    except (Exception, SystemExit) as error:
        module, _, path = name.partition(":")
        step = f"The whole traceback: python -c 'import {module}; {module}.{path}()'"
        raise _raised(f"{name}() failed", error, search_path, step) from error
    if made is None:
        raise _wrong(f"{name}() returned None, not an application.", "Let it return the application.")
    return made


def _raised(what: str, error: BaseException, search_path: Sequence[Path], next_step: str) -> TargetError:
    lines = redact(str(error)).strip().splitlines()
    text = f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__
    return _wrong(f"{what}: {text} ({_where(error, search_path)}).", next_step)


def _where(error: BaseException, search_path: Sequence[Path]) -> str:
    """``file:line`` of the last frame in the user's code, relative to the search path where it is there."""
    roots = [folder.resolve() for folder in search_path]
    places = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        places.append((error.filename, error.lineno))
    places = [place for place in places if place[0] != __file__ and not place[0].startswith("<")]
    own = [place for place in places if _relative(place[0], roots) and "site-packages" not in place[0]]
    outside = [place for place in places if os.sep + "importlib" + os.sep not in place[0]]
    for filename, line in reversed(own or outside):
        return f"{_relative(filename, roots) or filename}:{line}"
    return "no line of Python is to blame"


def _relative(filename: str, roots: Iterable[Path]) -> str | None:
    path = Path(filename)
    return next((str(path.relative_to(root)) for root in roots if path.is_relative_to(root)), None)


def _wrong(what: str, next_step: str) -> TargetError:
    return TargetError(what, usage=True, next_step=next_step)
