"""Files that nobody but their owner reads."""

from __future__ import annotations

import os

import pytest

from ada_mockserver.private_files import create_private, is_exposed, open_private

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX's")


@pytest.fixture
def umask():
    """The widest umask there is."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path):
    return path.stat().st_mode & 0o777


@pytest.mark.usefixtures("umask")
def test_created(tmp_path):
    """A file that is created is its owner's alone, whatever the umask."""
    path = tmp_path / "a"
    with open_private(path) as file:
        file.write(b"secret")
    assert (mode(path), is_exposed(path), path.read_bytes()) == (0o600, False, b"secret")


def test_kept(tmp_path):
    """A file that is there keeps its mode and its content."""
    path = tmp_path / "a"
    path.write_bytes(b"one")
    path.chmod(0o640)
    create_private(path)
    assert (mode(path), is_exposed(path), path.read_bytes()) == (0o640, True, b"one")
    assert not is_exposed(tmp_path / "nothing")
