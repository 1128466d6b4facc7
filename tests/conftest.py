"""What applies to every test."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.forks import ForkServer

if TYPE_CHECKING:
    from collections.abc import Iterator

# What Hypothesis finds out about Python and our sources takes seconds: once is enough, also in scratch projects.
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(Path(__file__).parents[1] / ".hypothesis"))

# Scratch projects for the tests of the plugin; pytest takes this from the topmost conftest.py alone.
pytest_plugins = ["pytester"]

INSTALLED = (
    "packaging/test_beside.py::test_beside_other_plugins[alone]",  # makes the environments of all that follow here
    "packaging/test_examples.py::test_correct_example[django]",
    "packaging/test_examples.py::test_distributed_example",
    "packaging/test_examples.py::test_correct_example[fastapi]",
    "packaging/test_examples.py::test_planted_bug[80-24]",
    "packaging/test_beside.py::test_beside_other_plugins[xdist]",
    "packaging/test_installed.py::test_demo",
)
"""What takes longest of what runs in the environments in which the wheel is installed, the longest first."""

LONG = (
    "docs/test_code_blocks.py::test_code_blocks_do_what_they_say[getting-started.md]",
    "docs/test_action.py::test_installation",
    "interop/test_schema_files.py::test_ajv_agrees_with_our_validator",
    "providers/test_toolchains.py::test_generators_and_validators_of_node",
    "docs/test_code_blocks.py::test_code_blocks_do_what_they_say[README.md]",
    "plugin/test_same_verdict.py::test_in_process[hangs on messages",
    "plugin/test_same_verdict.py::test_over_http[",
    "docs/test_code_blocks.py::test_code_blocks_do_what_they_say[check.md]",
    "cli/test_check.py::test_demo",
    "contract_tests/test_cases.py::test_the_same_seed_gives_the_same_bytes",
    "mockserver/mock/test_outbox_postgres.py::test_cleared_meanwhile",
    "docs/test_code_blocks.py::test_code_blocks_do_what_they_say[",
    "plugin/test_frameworks.py::test_every_case",
)
"""What else takes longest: beginnings of names, the longest first."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest, in each worker of pytest-xdist: then none is waited for at the end.

    ``--dist worksteal`` gives every worker a stretch of the list, equally long. The first begins to make the
    environments, and meanwhile the others have something else to do.
    """
    rank = {id(item): _rank(item.nodeid) for item in items}
    first, second, rest = ([item for item in items if rank[id(item)][0] == group] for group in range(3))
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    first.sort(key=lambda item: rank[id(item)])
    second.sort(key=lambda item: rank[id(item)])
    ahead = workers - 1
    slow = [*first[:1], *second[:ahead], *first[1:], *second[ahead:]]
    items.clear()
    for number in range(workers):
        items += slow[number::workers]
        items += rest[number * len(rest) // workers : (number + 1) * len(rest) // workers]


def _rank(node_id: str) -> tuple[int, int]:
    for group, names in enumerate((INSTALLED, LONG)):
        for place, name in enumerate(names):
            if node_id.startswith(f"tests/{name}"):
                return group, place
    return 2, 0


@pytest.fixture(scope="session")
def forks() -> Iterator[ForkServer]:
    """What the processes of runs are forked from."""
    server = ForkServer()
    yield server
    server.close()
