"""The exports: typed models, the npm package's files, slugs, versions; the same bytes on every Python."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ada_schemas
from ada_schemas import DocumentError, event_names
from ada_schemas.contract.contract import read_contract, released_versions, shipped
from ada_schemas.contract.versions import fingerprint, read_versions
from ada_schemas.files.write import committed_directory, committed_root, render, render_committed, slug_of

ROOT = Path(__file__).parents[2]
CONSUMER = """
import json
from typing import assert_type, cast

from ada_schemas.models import AdaEvent, ConversationEnded, ConversationMessage


def handle(event: AdaEvent) -> str:
    if event["type"] == "v1.conversation.message":
        assert_type(event, ConversationMessage)
        content = event["data"].get("content")
        if content is not None and content["type"] == "file":
            return content["filename"]
        return event["data"].get("author", {}).get("role", "")
    if event["type"] == "v1.conversation.handoff.ended":
        return event["data"]["handoff_integration"].upper()
    return event["timestamp"]


ended: ConversationEnded = {
    "type": "v1.conversation.ended",
    "timestamp": "2020-09-20T00:00:00+00:00",
    "data": {"ended_by": {"id": None, "role": "a role that is not documented yet"}},
}
handle(ended)
handle(cast("AdaEvent", json.loads("{}")))
"""


def checked(source: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "consumer.py").write_text(source, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file=",
        "--cache-dir",
        str(folder / ".cache"),
    ]
    environment = {**os.environ, "MYPYPATH": str(committed_root())}
    return subprocess.run(
        [*command, "consumer.py"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_a_consumer_is_checked_against_the_models(tmp_path: Path) -> None:
    """mypy strict takes a consumer of the typed dicts, and sees what is wrong in it."""
    good = checked(CONSUMER, tmp_path)
    assert (good.returncode, good.stdout) == (0, "Success: no issues found in 1 source file\n")
    bad = checked(CONSUMER.replace('content["filename"]', 'content["file_name"]'), tmp_path)
    assert 'TypedDict "ConversationMessageContentFile" has no key "file_name"' in bad.stdout
    bad = checked(CONSUMER.replace('{"id": None,', '{"id": 7,'), tmp_path)
    assert "Incompatible types" in bad.stdout


def test_the_models_are_what_every_event_is() -> None:
    """Every event has a class, whose annotations can be read at run time and name its members."""
    from typing import get_type_hints

    from ada_schemas import models

    hints = get_type_hints(models.ConversationMessage)
    assert set(hints) == {"type", "timestamp", "data"}
    assert set(get_type_hints(models.ConversationMessageAuthor)) == {"id", "role", "avatar", "display_name"}
    assert models.ConversationMessage.__required_keys__ == {"type", "timestamp", "data"}
    assert "AdaEvent" in models.__all__
    assert len(models.AdaEvent.__args__) == len(event_names())


def test_the_index_of_cases_leads_to_every_file() -> None:
    """Every case that is an event has a file, by a name that any system takes; no file is without a case."""
    rendered = render(shipped(), cases=True)
    texts = {n.removeprefix("cases/"): text for n, text in rendered.items() if n.startswith("cases/")}
    others = {name: text for name, text in rendered.items() if not name.startswith("cases/")}
    assert others == render(shipped())
    cases = json.loads(texts["index.json"])["cases"]
    ids = {v.id for e in shipped().events for v in ada_schemas.variants(e.name, e.examples[0].value)}
    assert {case["id"] for case in cases} == ids
    files = [case["file"] for case in cases]
    assert len(set(files)) == len(files)
    assert set(texts) == {"index.json", *files}
    for case in cases:
        assert re.fullmatch(r"[a-z0-9._-]+/[a-z0-9._-]+\.json", case["file"]), case
        assert len(case["file"]) < 120
        assert json.loads(texts[case["file"]])["type"] == case["event"] or ("type" in case["id"])


def test_slugs() -> None:
    """A slug has what Windows and every shell take."""
    assert (
        slug_of("conversation.message/enum:data.author.role:human_agent")
        == "enum-data.author.role-human_agent"
    )
    assert slug_of("x/UPPER:A b*c?") == "upper-a-b-c"


def test_ids_carry_the_version_of_the_contract() -> None:
    """The newest released version is the one of the committed files, in every id and in package.json."""
    newest = released_versions()[0]
    assert newest.fingerprint == fingerprint(shipped().events)
    for file in committed_directory().glob("*.schema.json"):
        name = file.name.removesuffix(".schema.json")
        schema = json.loads(file.read_text(encoding="utf-8"))
        assert schema["$id"] == f"urn:adakit:ada-webhooks:v1:{newest.version}:{name}"
    assert json.loads((committed_root() / "package.json").read_text())["version"] == newest.version
    assert f"## {newest.version} (" in (committed_directory() / "CHANGES.md").read_text(encoding="utf-8")


def test_a_contract_that_has_changed_has_no_version(tmp_path: Path) -> None:
    """Words do not change the version, what the schemas demand does."""
    text = (ROOT / "schemas/ada_schemas/documented/ada-webhooks.openapi.yaml").read_text(encoding="utf-8")
    words, demands = tmp_path / "words.yaml", tmp_path / "demands.yaml"
    words.write_text(text.replace("Who ended the conversation.", "By whom."), encoding="utf-8")
    demands.write_text(
        text.replace("[end_user, system, human_agent]", "[end_user, system]"), encoding="utf-8"
    )
    assert read_contract(str(words)).version == shipped().version
    changed = read_contract(str(demands))
    assert re.fullmatch(r"custom-[0-9a-f]{8}", changed.version)
    assert "CHANGES.md" not in render(changed)


def test_an_incomplete_version_is_named() -> None:
    """A mistake in versions.yaml is named."""
    with pytest.raises(DocumentError) as caught:
        read_versions([{"version": "1.0.0", "date": "2026-08"}], name="versions.yaml")
    assert str(caught.value) == "versions.yaml: 1.0.0 lacks fingerprint, source, changes."


def test_the_readme_names_every_event_and_file() -> None:
    """People who never see Python find every event and every kind of file."""
    text = (committed_root() / "README.md").read_text(encoding="utf-8")
    for name in (
        *event_names(),
        "openapi.json",
        "asyncapi.json",
        "events.d.ts",
        "bundle.schema.json",
        "index.json",
    ):
        assert f"`{name}`" in text, name


def pythons() -> list[str]:
    """The Pythons of this machine that are supported, by version."""
    found = []
    for minor in (11, 12, 13, 14):
        named = shutil.which(f"python3.{minor}")
        managed = sorted(Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python"))
        choices = [*map(str, managed), *([named] if named else [])]
        found += choices[:1]
    return found


def rendered_by(python: str) -> str:
    script = (
        "import hashlib, json, sys\n"
        "from ada_schemas.contract.contract import shipped\n"
        "from ada_schemas.files.write import render, render_committed\n"
        "files = {**render(shipped(), cases=True), **render_committed(shipped())}\n"
        "print(hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest())\n"
    )
    import yaml

    # PyYAML's Python sources serve every version; its compiled part, if it does not fit, is not needed.
    path = os.pathsep.join([str(committed_root()), str(Path(yaml.__file__).parents[1])])
    done = subprocess.run(
        [python, "-S", "-c", script],
        env={"PYTHONPATH": path, "PYTHONHASHSEED": "random", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("python", pythons(), ids=lambda path: Path(path).parts[-3])
def test_the_same_bytes_on_every_python(python: str) -> None:
    """Regenerating gives what is committed, on every supported Python of this machine, whatever the hash seed."""
    files = {**render(shipped(), cases=True), **render_committed(shipped())}
    here = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
    assert rendered_by(python) == here
