"""The rules of ARCHITECTURE.md that the sources can be read for."""

from __future__ import annotations

import ast
import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = {
    "ada_schemas": ROOT / "schemas" / "ada_schemas",
    "ada_mockserver": ROOT / "mockserver" / "ada_mockserver",
    "ada_contract_tests": ROOT / "contract_tests" / "ada_contract_tests",
    "adakit": ROOT / "cli" / "adakit",
}
"""From the lowest to the highest; each may import those before it, and itself."""

MODULES = [file for folder in LAYERS.values() for file in sorted(folder.rglob("*.py"))]


def shown(file):
    return str(file.relative_to(ROOT))


def test_layers_exist():
    """The four packages are where the rules below look for them."""
    assert {file.name for folder in LAYERS.values() for file in folder.glob("__init__.py")} == {"__init__.py"}
    assert len(MODULES) > 10 * len(LAYERS)


FORBIDDEN = {
    "at its top": "import adakit.cli\n",
    "of a name": "from adakit import __version__\n",
    "in a function": "def f():\n    from adakit.cli import main\n",
    "for the type checker": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import adakit\n",
}


@pytest.fixture
def lint_imports(tmp_path):
    """Runs lint-imports on a copy of the sources, of which one module has a text more; answers the code and what it says."""
    for folder in LAYERS.values():
        data = shutil.ignore_patterns("__pycache__", "v1", "documented")
        shutil.copytree(folder, tmp_path / folder.name, ignore=data)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)

    def run(module="", text=""):
        if module:
            file = tmp_path / module
            file.write_text(f"{file.read_text(encoding='utf-8')}\n{text}", encoding="utf-8")
        done = subprocess.run(
            [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--contract", "packages"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path), "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    return run


def test_allowed_imports(lint_imports):
    """The sources as they are keep the contract of the packages."""
    code, said = lint_imports()
    assert (code, "1 kept, 0 broken" in said) == (0, True), said


@pytest.mark.parametrize("where", FORBIDDEN)
def test_forbidden_import(lint_imports, where):
    """An import of a package above fails ``make lint``, wherever it stands in a module."""
    code, said = lint_imports("ada_mockserver/clock.py", FORBIDDEN[where])
    assert code == 1
    assert "ada_mockserver.clock -> adakit" in said


def named_packages(tree):
    """The packages in texts such as import_module is given, whole or as the beginning of an f-string."""
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    found = [re.fullmatch(r"(\w+)\.[\w.]*", text) for text in texts if isinstance(text, str)]
    return {match[1] for match in found if match} & set(LAYERS)


@pytest.mark.parametrize("layer", LAYERS)
def test_texts_name_packages_below(layer):
    """A module that is imported by its name as a text is of the package itself or of one below too."""
    order = list(LAYERS)
    allowed = set(order[: order.index(layer) + 1])
    named = {
        shown(file): named_packages(ast.parse(file.read_text(encoding="utf-8")))
        for file in LAYERS[layer].rglob("*.py")
    }
    assert {name: found - allowed for name, found in named.items() if found - allowed} == {}


@pytest.mark.parametrize("text", ["import_module('adakit.cli')", "import_module(f'adakit.commands.{1}')"])
def test_text_is_seen(text):
    """A name of a module in a text is found."""
    assert named_packages(ast.parse(text)) == {"adakit"}


def test_short_modules():
    """No module is longer than 400 lines, but what is generated."""
    written = [file for file in MODULES if "Generated: do not edit" not in file.read_text(encoding="utf-8")]
    lengths = {shown(file): len(file.read_text(encoding="utf-8").splitlines()) for file in written}
    assert {name: length for name, length in lengths.items() if length > 400} == {}


def test_no_drawers():
    """No module or package is named after nothing in particular."""
    drawers = {"utils", "util", "helpers", "helper", "core", "common", "misc"}
    paths = [file.relative_to(ROOT) for file in MODULES]
    assert [str(path) for path in paths if drawers & {path.stem, *path.parts}] == []


@pytest.mark.parametrize("name", LAYERS)
def test_package_exports(name):
    """What a package lists in ``__all__`` is there, and is all that is public in it."""
    package = importlib.import_module(name)
    assert len(package.__all__) == len(set(package.__all__))
    for each in package.__all__:
        getattr(package, each)
    own = {
        each
        for each in {*dir(package), *vars(package)}
        if not each.startswith("_") and not isinstance(getattr(package, each), ModuleType)
    }
    # What every module imports for itself is not what it offers.
    assert own - {"TYPE_CHECKING", "annotations", "late_exports"} == {
        each for each in package.__all__ if not each.startswith("_")
    }
    if "__getattr__" in vars(package):
        assert dir(package) == sorted(package.__all__)


@pytest.mark.parametrize("name", [name for name in LAYERS if name != "adakit"])
def test_late_exports(name):
    """What a package resolves late is declared for the type checker under the same names."""
    tree = ast.parse((LAYERS[name] / "__init__.py").read_text(encoding="utf-8"))
    declared = [
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.If)
        for statement in node.body
        if isinstance(statement, ast.ImportFrom) and statement.module.startswith(name)
        for alias in statement.names
    ]
    package = importlib.import_module(name)
    assert sorted(declared) == sorted(package.__all__)
    with pytest.raises(AttributeError, match=f"^module '{name}' has no attribute 'nonsense'$"):
        package.nonsense  # noqa: B018 - reading it is what is tested


def test_modules_declare_exports():
    """Every module states what it offers in ``__all__``, and each name is there."""
    for file in MODULES:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        top = [target for node in tree.body for target in bound_names(node)]
        if "__all__" not in top:
            assert file.name in ("__init__.py", "__main__.py"), f"{shown(file)} has no __all__"
            continue
        if file.name != "__init__.py":
            assert set(listed(tree)) <= set(top), shown(file)


def bound_names(node):
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)]
    if isinstance(node, ast.AnnAssign):
        return [node.target.id]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name for alias in node.names]
    return []


def listed(tree):
    for node in tree.body:
        if isinstance(node, ast.Assign) and "__all__" in bound_names(node):
            return ast.literal_eval(node.value)
    return []


@pytest.mark.parametrize("layer", LAYERS)
def test_source_roots(layer):
    """A source root holds its package alone: an editable install puts the root on ``sys.path``."""
    allowed = {layer, "README.md"} | ({"package.json"} if layer == "ada_schemas" else set())
    found = {path.name for path in LAYERS[layer].parent.iterdir()}
    assert layer in found
    assert found <= allowed
