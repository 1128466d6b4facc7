"""An endpoint in a thread, for what commands send."""

from __future__ import annotations

import pytest

from support.threaded_endpoint import threaded_endpoint


@pytest.fixture(scope="module")
def served_endpoint():
    with threaded_endpoint() as server:
        yield server


@pytest.fixture
def endpoint(served_endpoint):
    """One that answers 200 to everything, and keeps what it gets."""
    served_endpoint.outcome, served_endpoint.requests = 200, []
    return served_endpoint
