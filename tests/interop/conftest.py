"""Node with the npm packages of the committed lock file."""

from __future__ import annotations

import pytest

from support.toolchains import Node, node_tools


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Node:
    """Node and its tools, shared by the workers of pytest-xdist."""
    return node_tools(tmp_path_factory)
