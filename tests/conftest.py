"""What applies to every test."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

# Scratch projects for the tests of the plugin; pytest takes this from the topmost conftest.py alone.
pytest_plugins = ["pytester"]

SLOW = (
    "packaging/test_beside.py::test_beside_other_plugins[alone]",  # makes the environments of all that follow here
    "docs/test_code_blocks.py::test_code_blocks_do_what_they_say[getting-started.md]",
    "packaging/test_examples.py::test_correct_example[django]",
    "interop/test_schema_files.py::test_ajv_agrees_with_our_validator",
    "packaging/test_examples.py::test_distributed_example",
    "docs/test_code_blocks.py::test_code_blocks_do_what_they_say[README.md]",
    "packaging/test_examples.py::test_correct_example[fastapi]",
    "docs/test_action.py::test_installation",
    "packaging/test_examples.py::test_planted_bug[80-24]",
    "plugin/test_frameworks.py::test_every_case",
    "packaging/test_beside.py::test_beside_other_plugins[xdist]",
    "docs/test_code_blocks.py::test_code_blocks_do_what_they_say[pytest.md]",
    "packaging/test_installed.py::test_demo",
    "docs/test_code_blocks.py::test_code_blocks_do_what_they_say[ci.md]",
)
"""What takes longest, the longest first: every other one is about the environments in which the wheel is installed."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest, in each worker of pytest-xdist: then none is waited for at the end.

    ``--dist worksteal`` gives every worker a stretch of the list, equally long. With two workers one of them meets
    all tests of an environment, and the other does not wait for it to be made.
    """
    ranks = {f"tests/{name}": rank for rank, name in enumerate(SLOW)}
    slow = sorted((item for item in items if item.nodeid in ranks), key=lambda item: ranks[item.nodeid])
    rest = [item for item in items if item.nodeid not in ranks]
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    items.clear()
    for number in range(workers):
        items += slow[number::workers]
        items += rest[number * len(rest) // workers : (number + 1) * len(rest) // workers]
