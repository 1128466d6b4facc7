"""``adakit check --fuzz`` on applications in process: what is printed, and with which exit code."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest

from ada_contract_tests.engine import witness
from adakit.demo.consumer import PATH
from support.command_line import CommandLine

GOOD = "adakit.demo.consumer:app"
MESSAGE = "conversation.message"
AREA = f"{MESSAGE}/fuzz:documented"

# A consumer that cannot store long texts, but for a file named "fixed" beside it.
LONG = """
import json
import pathlib

async def app(scope, receive, send):
    if scope["type"] != "http":
        raise NotImplementedError
    body, more = b"", True
    while more:
        part = await receive()
        body, more = body + part["body"], part["more_body"]
    data = json.loads(body)["data"]
    content = data.get("content")
    if isinstance(content, dict) and not pathlib.Path("fixed").exists() and len(str(content.get("body"))) > 700:
        raise ValueError("value too long")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})
"""


@pytest.fixture
def adakit(monkeypatch, capsys, tmp_path):
    return CommandLine(monkeypatch, capsys, tmp_path)


@pytest.fixture
def shop(adakit, request):
    """The name of an application that cannot store long texts."""
    name = "long_" + re.sub(r"\W", "_", request.node.name)
    (adakit.folder / f"{name}.py").write_text(LONG, encoding="utf-8")
    return f"{name}:app"


def test_a_good_consumer(adakit, monkeypatch):
    """A correct consumer passes, in every mode and any order, with its witness."""
    monkeypatch.setattr(witness, "QUIET", 0.2)
    options = ["--path", PATH, "--seen-url", "/_seen", "--select", "ADA7,ADA6", "--events", "conversation.*"]
    outcome = adakit("check", GOOD, *options, "--fuzz", 8, "--seed", 1)
    assert (outcome.code, outcome.err) == (0, "")
    assert re.search(
        r"^Fuzzed: \d+ events and sequences, [\d,]+ deliveries, \d+ s\.$", outcome.out, re.MULTILINE
    )
    assert re.search(r"^conversation\.message +\d\d ok$", outcome.out, re.MULTILINE)
    assert "\nPASS  adakit.demo.consumer:app: 13 passed\n" in outcome.out


def test_a_buggy_consumer(adakit, shop):
    """The finding shows the smallest event, the exception, what to do, and the line that repeats it."""
    outcome = adakit("check", shop, "--select", "ADA701", "--events", MESSAGE, "--fuzz", 30, "--seed", 1)
    assert outcome.code == 1
    case = re.search(rf"case +({AREA}:\S+)", outcome.out)[1]
    for line in (
        f"1. error 1 case: ValueError: value too long ({shop.partition(':')[0]}.py:15)",
        "rule       ADA701 documented values together",
        "content.body has 701 characters",
        "expected   2xx",
        "got        500",
        f"repeat     adakit check {shop} --case {case} --seed 1",
    ):
        assert line in outcome.out
    again = adakit("check", shop, "--case", case, "--seed", 1)
    assert again.code == 1
    assert "content.body has 701 characters" in again.out
    sent = json.loads(adakit("generate", MESSAGE, "--case", case, "--seed", 1).out)
    assert sent["data"]["content"]["body"] == "a" * 701


def test_kept_until_it_is_fixed(adakit, shop):
    """A failure is kept beside the project, found by the next run that draws less, and forgotten once fixed."""
    options = ["check", shop, "--select", "ADA701", "--events", MESSAGE, "--seed", 1, "--fuzz"]
    assert adakit(*options, 30).code == 1
    assert (adakit.folder / ".hypothesis" / "adakit").is_dir()
    again = adakit(*options, 1)
    assert (again.code, "content.body has 701 characters" in again.out) == (1, True)
    assert adakit(*options, 1, "--fuzz-db", "elsewhere").code == 0
    (adakit.folder / "fixed").touch()
    fixed = adakit(*options, 1)
    assert (fixed.code, "\n1 failure that was kept no longer fails.\n" in fixed.out) == (0, True)
    assert "was kept" not in adakit(*options, 1).out


def test_reports(adakit, shop):
    """Every form of a report has the finding under its area, and counts the events that were sent."""
    forms = {form: adakit.folder / f"report.{form}" for form in ("json", "junit", "html", "markdown")}
    options = [part for form, file in forms.items() for part in ("--report", f"{form}={file}")]
    adakit("check", shop, "--select", "ADA701", "--events", MESSAGE, "--fuzz", 30, "--seed", 1, *options)
    texts = {form: file.read_text(encoding="utf-8") for form, file in forms.items()}
    report = json.loads(texts["json"])
    (finding,), (case,) = report["findings"], report["cases"]
    assert (case["id"], case["outcome"], finding["case"].rpartition(":")[0]) == (AREA, "failed", AREA)
    assert report["notes"][0].startswith("Fuzzed: ")
    sent = int(re.match(r"Fuzzed: (\d+) ", report["notes"][0])[1])
    suite = ElementTree.fromstring(texts["junit"]).find("testsuite")  # noqa: S314 - our own output
    (test,) = suite.findall("testcase")
    assert (test.get("name"), len(test.findall("failure"))) == (AREA, 1)
    assert finding["case"] in "".join(test.itertext()) + str(test.find("failure").attrib)
    for form in ("html", "markdown"):
        assert "content.body has 701 characters" in texts[form]
        assert finding["case"] in texts[form]
    assert f"| `conversation.message` | ❌ 1/{sent} |" in texts["markdown"].splitlines()


def test_warnings_only(adakit, shop):
    """What is beyond the contract warns, and fails with --strict alone."""
    options = ["check", shop, "--select", "ADA703", "--events", MESSAGE, "--fuzz", 100, "--seed", 2]
    outcome = adakit(*options)
    assert outcome.code == 0
    # Which of them is drawn depends on what else Hypothesis has seen of the sources that are loaded.
    assert re.search(r"\nwarning ADA703 [^\n]+: 500\n", outcome.out), outcome.out
    assert re.search(r"\nPASS .*: 1 passed, \d warnings?\n", outcome.out)
    assert adakit(*options, "--strict").code == 1


def test_the_list_of_cases(adakit):
    """With --fuzz the list ends in the areas; without it holds none."""
    lines = adakit("check", "--list", "--fuzz", 1, "--events", "end_user.*").out.splitlines()
    assert lines[-7:] == [
        *(
            f"ADA70{n}  end_user.created/fuzz:{mode}"
            for n, mode in enumerate(("documented", "forward", "hostile"), 1)
        ),
        *(
            f"ADA70{n}  end_user.updated/fuzz:{mode}"
            for n, mode in enumerate(("documented", "forward", "hostile"), 1)
        ),
        "ADA704  any/fuzz:sequences",
    ]
    assert "fuzz:" not in adakit("check", "--list").out
    rows = json.loads(adakit("check", "--list", "--fuzz", 1, "--json", "--select", "ADA704").out)
    assert [(row["id"], row["event"]) for row in rows] == [("any/fuzz:sequences", "any")]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (
            ["--case", AREA],
            f"adakit: The case {AREA} stands for events that are drawn.\n  Add --fuzz N.\n",
        ),
        (
            ["--case", "conversation.messages/fuzz:documented", "--fuzz", 1],
            f"""adakit: There is no case 'conversation.messages/fuzz:documented'.
  Did you mean {AREA}? List them with: adakit check --fuzz 1 --list
""",
        ),
        (
            ["--select", "ADA7xx"],
            "adakit: No case is left to run.\n  ADA7xx are for what is drawn: add --fuzz N.\n",
        ),
        (
            ["--case", f"{AREA}:abc"],
            f"""adakit: The case {AREA}:abc holds no event that can be sent: it was cut or changed.
  Copy the id whole, or run the check again with --fuzz N and the same --seed.
""",
        ),
        (
            ["--fuzz", 5, "--fuzz-db", "file"],
            "adakit: file is no folder.\n  Give --fuzz-db a folder; it is made where there is none.\n",
        ),
    ],
)
def test_what_cannot_be_done(adakit, shop, options, error):
    """A wrong option is said before anything is sent."""
    (adakit.folder / "file").touch()
    outcome = adakit("check", shop, *options)
    assert (outcome.code, outcome.out, outcome.err) == (2, "", error)


@pytest.mark.parametrize(("option", "value"), [("--fuzz", 0), ("--fuzz", "many"), ("--fuzz-seconds", -1)])
def test_bad_values(adakit, shop, option, value):
    """Numbers are within bounds."""
    outcome = adakit("check", shop, option, value)
    assert (outcome.code, outcome.out) == (2, "")
    assert f"Invalid value for '{option}'" in outcome.err


def test_without_the_extra(adakit, shop, monkeypatch):
    """Where Hypothesis is not installed one line says how to install it, before anything is sent."""
    monkeypatch.setattr("ada_contract_tests.fuzz.extra.find_spec", lambda _: None)
    outcome = adakit("check", shop, "--fuzz", 5)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        "adakit: Fuzzing needs the extra 'fuzz', which is not installed.\n  Install it with: pip install 'adakit[fuzz]'\n"
    )
    assert adakit("check", shop, "--case", f"{MESSAGE}/example:complete").code == 0
