"""The manifest of the corpus is what its cases say, and every stack has what it promises."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from corpus.manifest import MANIFEST, manifest
from corpus.serve import MODULES
from corpus.stacks import NODE_FOLDER, STACKS, STACKS_FOLDER, Stack

CORPUS = Path(__file__).parent
NEW = [*STACKS, "queue"]


def test_the_manifest_is_that_of_the_cases() -> None:
    """`python -m corpus.manifest` would write what is there."""
    assert json.loads(MANIFEST.read_text(encoding="utf-8")) == manifest()


def test_every_framework_can_be_started() -> None:
    """A consumer's framework is a Python module, one on Node, or a stack."""
    frameworks = {entry["framework"] for entry in manifest()["consumers"]}
    assert frameworks == {*MODULES, *STACKS, "express", "node-http"}


@pytest.mark.parametrize("stack", NEW)
def test_a_stack_has_a_correct_consumer_and_four_bugs(stack: str) -> None:
    """Each stack is measured in both directions."""
    counts = Counter(e["correct"] for e in manifest()["consumers"] if e["framework"] == stack)
    assert counts[True] >= 1
    assert counts[False] >= 4


def test_a_stack_names_what_it_lacks() -> None:
    """What is not there is named, so that nothing is left out silently."""
    stack = Stack(("adakit-no-such-command",), ("nothing",), (CORPUS / "no-such-file",))
    assert stack.missing() == ["adakit-no-such-command", str(CORPUS / "no-such-file")]
    checked = Stack((sys.executable,), ("one", "two"), check=(sys.executable, "-c", "raise SystemExit(1)"))
    assert checked.missing() == ["a library of one, two"]
    assert Stack((sys.executable,), (), (CORPUS,), (sys.executable, "-c", "")).missing() == []


def sources(stack: str) -> str:
    """The text of all programs of a stack."""
    if stack == "queue":
        return (CORPUS / "consumers" / "queue_app.py").read_text(encoding="utf-8")
    folders = [STACKS_FOLDER / stack, NODE_FOLDER / "stacks" / stack]
    files = [path for folder in folders if folder.is_dir() for path in folder.iterdir() if path.is_file()]
    files += (NODE_FOLDER / "stacks").glob(f"{stack}.mjs")
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    # PHP's launcher asks for one of its bugs.
    return text + (STACKS_FOLDER / "php_server.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("stack", NEW)
def test_a_program_knows_every_bug_of_its_stack(stack: str) -> None:
    """A bug that the program does not know would be a correct consumer under a bug's name."""
    text = sources(stack)
    names = [e["id"] for e in manifest()["consumers"] if e["framework"] == stack and not e["correct"]]
    bugs = names if stack == "queue" else [name.removeprefix(f"{stack}-") for name in names]
    assert [bug for bug in bugs if f'"{bug}"' not in text and f"'{bug}'" not in text] == []
