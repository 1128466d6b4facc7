"""``adakit scenario``: validate, run and schema."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ada_mockserver.delivery.signing import verify
from ada_schemas.validation import validate
from support.command_line import SECRET, CommandLine

if TYPE_CHECKING:
    from support.threaded_endpoint import ThreadedEndpoint

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "scenarios").glob("*.yaml"))
GOOD = "name: Good\nseed: 7\nsteps:\n- end_user: Hello, {agent}?\n- end: system\n"
BAD = "name: Bad\nsteps:\n- human_agent: hi\n- end: robot\n"
WARNED = "name: Warned\nseed: 7\nstrict: false\nsteps:\n- human_agent: hi\n"
NO_HANDOFF = (
    "step 1 (human_agent) needs a handoff, and there is none. Put `- handoff: zendesk_chat` before it."
)


@pytest.fixture
def adakit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> CommandLine:
    for name, text in (("good", GOOD), ("bad", BAD), ("warned", WARNED), ("broken", "name: [}")):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return CommandLine(monkeypatch, capsys, tmp_path)


def test_validate_good(adakit: CommandLine) -> None:
    """A valid scenario is one line, with how many events it gives; JSON is YAML, and - standard input."""
    outcome = adakit(
        "scenario", "validate", "good.yaml", "-", stdin=b'{"name": "j", "steps": [{"end": "system"}]}'
    )
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == "good.yaml: ok, 4 events\nstandard input: ok, 3 events\n"


def test_validate_bad(adakit: CommandLine) -> None:
    """Every file is judged, and the exit code is 1 when one is not valid; a warning makes none invalid."""
    outcome = adakit("scenario", "validate", "bad.yaml", "warned.yaml", "broken.yaml")
    assert (outcome.code, outcome.err) == (1, "")
    assert outcome.out == (
        "bad.yaml: not valid\n"
        "  bad.yaml:4: step 2: end must be one of: end_user, system, human_agent.\n"
        "warned.yaml: ok, 3 events, 1 warning\n"
        f"  warned.yaml:5: warning: {NO_HANDOFF}\n"
        "broken.yaml: not valid\n"
        "  broken.yaml is not valid YAML at line 1: did not find expected node content.\n"
    )
    assert adakit("scenario", "validate", "warned.yaml").code == 0


def test_validate_nothing(adakit: CommandLine) -> None:
    """A file that cannot be read is a usage error."""
    outcome = adakit("scenario", "validate", "good.yaml", "none.yaml")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == "adakit: none.yaml does not exist.\n"


def test_run_prints(adakit: CommandLine) -> None:
    """Without an endpoint the events are printed as NDJSON, the same for the seed of the scenario."""
    outcome = adakit("scenario", "run", "good.yaml")
    assert (outcome.code, outcome.err) == (0, "")
    events = [json.loads(line) for line in outcome.out.splitlines()]
    assert [event["type"] for event in events] == [
        "v1.end_user.created", "v1.conversation.created", "v1.conversation.message", "v1.conversation.ended",
    ]  # fmt: skip
    assert not any(validate(event, closed=True) for event in events)
    assert adakit("scenario", "run", "good.yaml", "--seed", 7).out == outcome.out
    assert adakit("scenario", "run", "good.yaml", "--seed", 8).out != outcome.out
    adakit("scenario", "run", "good.yaml", "-o", "out.ndjson")
    assert (adakit.folder / "out.ndjson").read_text(encoding="utf-8") == outcome.out


def test_run_draws_a_seed(adakit: CommandLine) -> None:
    """A scenario without a seed gets one, which is told and repeats the bytes."""
    (adakit.folder / "any.yaml").write_text(GOOD.replace("seed: 7\n", ""), encoding="utf-8")
    drawn = adakit("scenario", "run", "any.yaml")
    seed = drawn.err.removeprefix("seed ").strip()
    assert drawn.out == adakit("scenario", "run", "any.yaml", "--seed", seed).out


def test_run_several(adakit: CommandLine) -> None:
    """``-n`` tells it with other people each time; locale, profile and overrides apply to all."""
    (adakit.folder / "p.yaml").write_text("pace: {end_user: 2}", encoding="utf-8")
    options = ("-n", 3, "--locale", "de_DE", "--set", "data.metadata.test=true", "--profile", "p.yaml")
    outcome = adakit("scenario", "run", "good.yaml", *options)
    events = [json.loads(line)["data"] for line in outcome.out.splitlines()]
    assert len(events) == 12
    assert len({event["end_user_id"] for event in events}) == 3
    assert {event["profile"]["language"] for event in events if "profile" in event} == {"de-DE"}
    assert [event["metadata"]["test"] for event in events if "metadata" in event] == [True] * 6


def test_run_overrides_that_fit_nowhere(adakit: CommandLine) -> None:
    """An override that no event has a place for is a usage error."""
    outcome = adakit("scenario", "run", "good.yaml", "--unset", "data.a.b")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        "adakit: The path 'data.a.b' leads nowhere in any event of good.yaml.\n"
        "  Look at the events with: adakit scenario run good.yaml\n"
    )


def test_run_invalid(adakit: CommandLine) -> None:
    """An invalid scenario is a usage error that says all that is wrong; nothing is printed."""
    outcome = adakit("scenario", "run", "bad.yaml")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        "adakit: The scenario bad.yaml does not fit.\n"
        "  bad.yaml:4: step 2: end must be one of: end_user, system, human_agent.\n"
    )


def test_run_warns(adakit: CommandLine) -> None:
    """Warnings are printed beside the events."""
    outcome = adakit("scenario", "run", "warned.yaml")
    assert (outcome.code, outcome.err) == (0, f"warned.yaml:5: warning: {NO_HANDOFF}\n")
    assert len(outcome.out.splitlines()) == 3


def test_run_sends(adakit: CommandLine, endpoint: ThreadedEndpoint) -> None:
    """With an endpoint the same bytes are sent, signed and in order."""
    outcome = adakit("scenario", "run", "good.yaml", "--to", endpoint.url, ADA_WEBHOOK_SECRET=SECRET)
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert len(lines) == 5
    assert re.match(r"v1\.conversation\.message        200 in \d+ ms  ", lines[2])
    assert re.fullmatch(
        r"v1\.conversation\.ended          200 in \d+ ms  Nobody writes any more; the system ends the conversation\.",
        lines[3],
    )
    assert lines[4].startswith(f"4 of 4 delivered to {endpoint.url}")
    for headers, body in endpoint.requests:
        verify(SECRET, dict(headers), body, now=float(headers["svix-timestamp"]))
    printed = adakit("scenario", "run", "good.yaml").out
    assert [body.decode() for _, body in endpoint.requests] == printed.splitlines()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--rate", 5), "--rate is for events that are sent.\n  Name the endpoint with --to URL."),
        (("--duration", 5), "--duration is for events that are sent.\n  Name the endpoint with --to URL."),
        (
            ("--concurrency", 5),
            "--concurrency is for events that are sent.\n  Name the endpoint with --to URL.",
        ),
        (("--attempts", 2), "--attempts is for events that are sent.\n  Name the endpoint with --to URL."),
        (("--json",), "--json is for events that are sent.\n  Name the endpoint with --to URL."),
        (
            ("--report", "html=x.html"),
            "--report is for events that are sent.\n  Name the endpoint with --to URL.",
        ),
        (
            ("--to", "http://c.example", "--secret", "none", "-o", "f"),
            "--output is for events that are printed; it does not go with --to.",
        ),
    ],
)
def test_options_that_do_not_go_together(adakit: CommandLine, options: tuple[object, ...], said: str) -> None:
    """An option that would do nothing is a usage error."""
    outcome = adakit("scenario", "run", "good.yaml", *options)
    assert (outcome.code, outcome.out, outcome.err) == (2, "", f"adakit: {said}\n")


def test_terminal_is_safe(adakit: CommandLine, endpoint: ThreadedEndpoint) -> None:
    """What a terminal would obey is spelled out in the lines about deliveries."""
    text = 'name: n\nseed: 1\nsteps:\n- profile: {display_name: "a\\u001b[2Jb"}'
    (adakit.folder / "t.yaml").write_text(text, encoding="utf-8")
    outcome = adakit("scenario", "run", "t.yaml", "--to", endpoint.url, "--secret", "none")
    assert "\x1b[2J" not in outcome.out
    (adakit.folder / "t.yaml").write_text(
        text.replace("profile: {display_name", "end_user: {text"), encoding="utf-8"
    )
    outcome = adakit("scenario", "run", "t.yaml", "--to", endpoint.url, "--secret", "none")
    assert "“a\\x1b[2Jb”" in outcome.out


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_examples(adakit: CommandLine, file: Path) -> None:
    """The examples are valid, and every locale tells them."""
    assert adakit("scenario", "validate", file).code == 0
    for locale in ("en_US", "ja_JP"):
        assert adakit("scenario", "run", file, "--locale", locale, "--seed", 1).code == 0


def test_examples_are_there() -> None:
    """There are three."""
    assert [file.stem for file in EXAMPLES] == ["invoice-by-email", "parcel-lost", "trouble"]


def test_schema_for_editors(adakit: CommandLine) -> None:
    """The schema that is printed judges files as editors do, here by another program."""
    (adakit.folder / "s.json").write_text(adakit("scenario", "schema").out, encoding="utf-8")

    def judge(*files: object) -> int:
        command = [sys.executable, "-m", "check_jsonschema", "--schemafile", "s.json", *map(str, files)]
        return subprocess.run(command, cwd=adakit.folder, capture_output=True, check=False).returncode

    assert judge("good.yaml", *EXAMPLES) == 0
    assert judge("bad.yaml") == 1
