"""The distribution as it would be published, built once, and an environment that it is installed into."""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


def surroundings(**variables: str) -> dict[str, str]:
    """The environment of a command: ours, without what it says about Python, pytest and adakit."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ADA_", "LOCUST_", "PYTEST", "PYTHON", "COV_", "VIRTUAL_ENV"))
    }
    return {**inherited, "NO_COLOR": "1", **variables}


def run(*command: str | Path, cwd: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=surroundings(**variables),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


def must(*command: str | Path) -> None:
    """Run a command that has to succeed."""
    done = run(*command)
    if done.returncode:
        pytest.fail(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}", pytrace=False)


@contextlib.contextmanager
def made_once(factory: pytest.TempPathFactory, name: str) -> Iterator[tuple[Path, bool]]:
    """A folder that the workers of pytest-xdist share, and whether it is still to be filled."""
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    folder = base / name
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = base / f"{name}.done"
        yield folder, not done.exists()
        done.touch()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the sdist and with the wheel, which is built from the sdist."""
    with made_once(tmp_path_factory, "dist") as (folder, is_new):
        if is_new:
            must(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    return folder


@pytest.fixture(scope="session")
def wheel(built: Path) -> Path:
    """The wheel."""
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def wheel_files(wheel: Path) -> dict[str, bytes]:
    """What the wheel holds: name -> content."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="session")
def sdist_files(built: Path) -> list[str]:
    """The names of the files in the sdist, below its top folder."""
    (found,) = built.glob("*.tar.gz")
    with tarfile.open(found) as archive:
        return [member.name.partition("/")[2] for member in archive if member.isfile()]


class Environment:
    """An environment of its own, made once for all workers of pytest-xdist.

    It sees what ``base`` has as well, so that only what comes on top is installed again.
    """

    def __init__(
        self, factory: pytest.TempPathFactory, name: str, *what: str | Path, base: Environment | None = None
    ) -> None:
        with made_once(factory, name) as (self.folder, is_new):
            python = self.folder / "bin" / "python"
            if is_new:
                venv.create(self.folder, with_pip=False)
                if base:
                    seen = "\n".join(map(str, base.site_packages))
                    (self._own_packages() / "base.pth").write_text(f"{seen}\n", encoding="utf-8")
                must(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", python, *what)
        self.site_packages = [self._own_packages(), *(base.site_packages if base else [])]

    def _own_packages(self) -> Path:
        (found,) = self.folder.glob("lib/python3*/site-packages")
        return found

    def python(self, *args: str | Path, **options: Path | str) -> subprocess.CompletedProcess[str]:
        """Run its Python."""
        return run(self.folder / "bin" / "python", *args, **options)

    def start(self, *args: str | Path, cwd: Path, **variables: str) -> subprocess.Popen[str]:
        """Start its Python, for a test that talks to it while it runs."""
        return subprocess.Popen(
            [self.folder / "bin" / "python", *args],
            cwd=cwd,
            env=surroundings(**variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def adakit(self, *args: str | Path, **options: Path | str) -> subprocess.CompletedProcess[str]:
        """Run the command that it installed."""
        return run(self.folder / "bin" / "adakit", *args, **options)

    def schemathesis(self, *args: str | Path, **options: Path | str) -> subprocess.CompletedProcess[str]:
        """Run the command of Schemathesis that it installed."""
        return run(self.folder / "bin" / "schemathesis", *args, **options)


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """A fresh environment with the wheel, without any extra."""
    return Environment(tmp_path_factory, "installed", wheel)


@pytest.fixture(scope="session")
def installed_with_pytest(installed: Environment, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The same with pytest."""
    return Environment(tmp_path_factory, "with-pytest", "pytest", base=installed)


@pytest.fixture(scope="session")
def installed_with_schemathesis(
    installed: Environment, tmp_path_factory: pytest.TempPathFactory
) -> Environment:
    """The wheel with Schemathesis."""
    return Environment(tmp_path_factory, "with-schemathesis", "schemathesis>=4.25,<5", base=installed)


@pytest.fixture(scope="session")
def installed_with_locust(installed: Environment, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The wheel with what its extra for Locust names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = project["optional-dependencies"]["locust"]
    return Environment(tmp_path_factory, "with-locust", *needed, base=installed)


@pytest.fixture(scope="session")
def installed_with_examples(
    installed_with_pytest: Environment, tmp_path_factory: pytest.TempPathFactory
) -> Environment:
    """The same with pytest-xdist, and with what the example projects say that they need."""
    needed = {"pytest-xdist"}
    for file in (ROOT / "examples").glob("*/pyproject.toml"):
        project = tomllib.loads(file.read_text(encoding="utf-8"))
        needed |= {*project["project"]["dependencies"], *project["dependency-groups"]["dev"]}
    return Environment(
        tmp_path_factory, "with-examples", *sorted(needed - {"adakit"}), base=installed_with_pytest
    )


@pytest.fixture(scope="session")
def installed_beside_plugins(
    installed_with_examples: Environment, tmp_path_factory: pytest.TempPathFactory
) -> Environment:
    """The same with many of pytest's plugins; some are there already, for the examples."""
    plugins = (
        "schemathesis",
        "hypothesis",
        "pytest-httpserver",
        "pytest-django",
        "pytest-xdist",
        "pytest-asyncio",
    )
    return Environment(tmp_path_factory, "beside-plugins", *plugins, base=installed_with_examples)
