"""The commands with another provider's contract."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from ada_mockserver.delivery.signing import signature_headers, verify
from ada_schemas.contract.contract import DOCUMENTED, TRANSCRIPTION, ada_profile, contract_in, shipped
from ada_schemas.contract.profile import read_profile
from adakit.commands.listen import Listener
from support.command_line import SECRET, CommandLine
from support.parcels import CONSUMER, SECRET_VARIABLE, contract_directory, parcels_document

if TYPE_CHECKING:
    from pathlib import Path

HEADED = ('type_header = ""', 'type_header = "X-Parcel-Event"')


@pytest.fixture
def adakit(monkeypatch, capsys, tmp_path):
    monkeypatch.delenv(SECRET_VARIABLE, raising=False)
    return CommandLine(monkeypatch, capsys, tmp_path)


@pytest.fixture
def document(tmp_path: Path) -> Path:
    file = tmp_path / "parcels.openapi.json"
    file.write_text(json.dumps(parcels_document()), encoding="utf-8")
    return file


def test_init(adakit, document, tmp_path):
    """It writes the schema files and a profile with comments, which says what the document does."""
    done = adakit("init", "--from", document)
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "2 events of Parcels in contracts/parcels: parcel.sent and parcel.lost.\n"
        "\n"
        "  event type `event` in the body\n"
        "  signature  webhook-*\n"
        "  secret     PARCELS_WEBHOOK_SECRET\n"
        "  answer     2xx within 15 s\n"
        "\n"
        "Look through it: contracts/parcels/profile.toml\n"
        "Then: adakit check TARGET --contract contracts/parcels\n"
    )
    text = (tmp_path / "contracts/parcels/profile.toml").read_text(encoding="utf-8")
    assert "In the document the member `event` tells the events apart." in " ".join(
        text.replace("# ", "").split()
    )
    contract = contract_in(str(tmp_path / "contracts/parcels"))
    assert read_profile(text, name="p") == contract.profile == contract.proposal.profile
    assert contract.event_names == ("parcel.sent", "parcel.lost")


def test_init_again(adakit, document, tmp_path):
    """What the user corrected stays, and holds."""
    adakit("init", "--from", document, "--provider", "Parcels & Co", "-o", "here")
    profile = tmp_path / "here/profile.toml"
    text = profile.read_text(encoding="utf-8")
    assert 'provider = "Parcels & Co"' in text
    assert 'secret_variable = "PARCELS_CO_WEBHOOK_SECRET"' in text
    corrected = text.replace("only = []", 'only = ["*.lost"]')
    profile.write_text(corrected, encoding="utf-8")
    again = adakit("init", "--from", document, "-o", "here")
    assert again.out.splitlines()[0] == "1 events of Parcels & Co in here: parcel.lost."
    assert "As it says: here/profile.toml" in again.out
    assert profile.read_text(encoding="utf-8") == corrected
    refused = adakit("init", "--from", document, "-o", "here", "--provider", "Other")
    assert (refused.code, refused.err) == (
        2,
        "adakit: here/profile.toml names the provider already.\n  Correct it there.\n",
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-o", ""), "adakit: The name of the directory is empty.\n"),
        (("--provider", " "), "adakit: The provider's name is empty, or no text of one line.\n"),
    ],
)
def test_init_refuses(adakit, document, arguments, said):
    """An empty name is none."""
    done = adakit("init", "--from", document, *arguments)
    assert (done.code, done.err) == (2, said)


def test_init_without_webhooks(adakit, tmp_path):
    """A document that describes none is refused, and nothing is written."""
    (tmp_path / "api.json").write_text('{"openapi": "3.1.0", "info": {"title": "A"}}', encoding="utf-8")
    done = adakit("init", "--from", "api.json")
    assert done.code == 2
    assert done.err.startswith("adakit: api.json has no `webhooks:` section")
    assert not (tmp_path / "contracts").exists()


def test_a_profile_with_a_mistake(adakit, tmp_path):
    """Every command names the file, the entry, and what is allowed."""
    directory = contract_directory(tmp_path)
    (directory / "profile.toml").write_text(
        'provider = "A"\n[signature]\ntolerance = "five"\n', encoding="utf-8"
    )
    for command in (("check", "--list"), ("events",), ("sign",), ("generate", "parcel.sent")):
        done = adakit(*command, "--contract", "parcels")
        assert (done.code, done.err) == (
            2,
            (
                "adakit: parcels/profile.toml: signature.tolerance is 'five'.\n"
                "  It is a number of seconds, at least 0.\n"
            ),
        )


def sent(adakit, endpoint, *arguments: Any):
    """Send an event of the contract; the one request that came of it."""
    done = adakit(
        "send", "parcel.sent", "--to", endpoint.url, "--seed", 1, "--contract", "parcels", *arguments,
        **{SECRET_VARIABLE: SECRET},
    )  # fmt: skip
    assert (done.code, done.err) == (0, ""), done
    ((headers, body),) = endpoint.requests
    return headers, body, done.out


@pytest.mark.parametrize("several", [False, True])
def test_send(adakit, endpoint, tmp_path, several):
    """The signature's headers have the names of the profile, one by one as in a load."""
    contract_directory(tmp_path)
    headers, body, out = sent(adakit, endpoint, *(("--json",) if several else ()))
    assert {"webhook-id", "webhook-timestamp", "webhook-signature"} <= set(headers)
    assert not any(name.startswith("svix-") for name in headers)
    verify(SECRET, dict(headers), body, now=float(headers["webhook-timestamp"]))
    assert json.loads(body)["event"] == "parcel.sent"
    assert several or out.startswith("parcel.sent ")
    assert body.decode() + "\n" == adakit("generate", "parcel.sent", "--seed", 1, "--contract", "parcels").out


def test_send_with_both_families_and_own_headers(adakit, endpoint, tmp_path):
    """Both names of a header have one value; a provider's own headers are filled in."""
    contract_directory(
        tmp_path,
        ('headers = ["webhook"]', 'headers = ["svix", "webhook"]'),
        ("headers = {}", 'headers = {"X-Delivery" = "{id} of {type}"}'),
        HEADED,
    )
    headers, _, _ = sent(adakit, endpoint)
    assert headers["svix-signature"] == headers["webhook-signature"]
    assert headers["X-Delivery"] == f"{headers['svix-id']} of parcel.sent"
    assert headers["X-Parcel-Event"] == "parcel.sent"


def test_send_in_a_load(adakit, endpoint, tmp_path):
    """Each of many requests has the headers of the profile, with an id of its own."""
    contract_directory(tmp_path, ("headers = {}", 'headers = {"X-Delivery" = "<{id}>"}'), HEADED)
    arguments = ("parcel.lost", "-n", 50, "--to", endpoint.url, "--seed", 1, "--contract", "parcels")
    assert adakit("send", *arguments, **{SECRET_VARIABLE: SECRET}).code == 0
    assert len({headers["webhook-id"] for headers, _ in endpoint.requests}) == 50
    for headers, body in endpoint.requests:
        verify(SECRET, dict(headers), body, now=float(headers["webhook-timestamp"]))
        assert headers["X-Delivery"] == f"<{headers['webhook-id']}>"
        assert headers["X-Parcel-Event"] == "parcel.lost"


def test_send_without_a_secret(adakit, endpoint, tmp_path):
    """The error names the variable of the contract; where nothing is signed none is asked for."""
    contract_directory(tmp_path)
    arguments = ("send", "parcel.sent", "--to", endpoint.url, "--contract", "parcels")
    done = adakit(*arguments)
    assert (done.code, done.err) == (
        2,
        (
            "adakit: No secret to sign the requests with.\n"
            "  Give it with --secret or in PARCELS_WEBHOOK_SECRET; --secret none sends them unsigned.\n"
        ),
    )
    profile = tmp_path / "parcels/profile.toml"
    text = profile.read_text(encoding="utf-8")
    profile.write_text(text.replace('headers = ["webhook"]', "headers = []"), encoding="utf-8")
    assert adakit(*arguments).code == 0
    ((headers, _),) = endpoint.requests
    assert not any(name.startswith(("webhook-", "svix-")) for name in headers)


def test_no_stories_of_conversations(adakit, tmp_path):
    """Scenarios are told of the default contract's events alone."""
    contract_directory(tmp_path)
    done = adakit("generate", "handoff", "--contract", "parcels")
    assert (done.code, done.err) == (
        2,
        "adakit: There is no event 'handoff'.\n  Events: parcel.sent and parcel.lost\n",
    )
    (tmp_path / "story.yaml").write_text("steps: []\n", encoding="utf-8")
    done = adakit("scenario", "validate", "story.yaml", "--contract", "parcels")
    assert (done.code, done.err) == (
        2,
        (
            "adakit: Scenarios tell conversations, and Parcels sends other events.\n"
            "  Send events one by one with: adakit send EVENT --contract DIR --to URL\n"
        ),
    )


def test_sign_and_verify(adakit, tmp_path):
    """They speak of the headers, the variable and the tolerance of the profile."""
    contract_directory(tmp_path, ("tolerance = 300", "tolerance = 60"))
    (tmp_path / "body.json").write_bytes(b"{}")
    made = adakit(
        "sign", "body.json", "--timestamp", 1000, "--id", "msg_1", "--contract", "parcels",
        **{SECRET_VARIABLE: SECRET},
    )  # fmt: skip
    lines = made.out.splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    ]
    given = [part for line in lines for part in ("-H", line)]
    done = adakit("verify", "body.json", *given, "--now", 1050, "--contract", "parcels")
    assert (done.code, done.out) == (0, "Verifies.\n")
    done = adakit("verify", "body.json", *given, "--now", 1100, "--contract", "parcels")
    assert done.out == "Does not verify (too-old): The timestamp is 100 s old; at most 60 s are accepted.\n"
    done = adakit("verify", "body.json", *given[:2], "--now", 1000, "--contract", "parcels")
    assert done.out == (
        "Does not verify (missing-header): The request has no webhook-timestamp and no webhook-signature header.\n"
    )


def test_signatures_of_another_kind(adakit, tmp_path):
    """What cannot be signed is said, with the place that says so."""
    contract_directory(tmp_path, headers=("X-Parcel-Signature",))
    done = adakit("sign", "--contract", "parcels", stdin=b"{}")
    assert (done.code, done.err) == (
        2,
        (
            "adakit: The signatures of Parcels are of a kind that adakit does not know.\n"
            "  Its profile.toml says so: signature.headers is empty.\n"
        ),
    )


async def asked(listener: Listener, headers: dict[str, str], body: bytes) -> int:
    """The status that answers a request."""
    messages = iter([{"type": "http.request", "body": body}])
    answers: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return next(messages)

    async def send(message: dict[str, Any]) -> None:
        answers.append(message)

    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await listener({"type": "http", "method": "POST", "headers": raw}, receive, send)
    status: int = answers[0]["status"]
    return status


@pytest.mark.parametrize("place", ["event", ""])
def test_listen(tmp_path, capsys, place):
    """It verifies by the profile's headers, and validates by the contract, whose type may stand in a header."""
    import time

    directory = contract_directory(tmp_path, *(() if place else (HEADED,)), place=place)
    listener = Listener(SECRET, quiet=True, count=None, contract=contract_in(str(directory)))
    told = {"event": "parcel.sent"} if place else {}
    good = {
        **told,
        "uuid": "0d6b6a62-4d5e-4d5c-9a6a-0f6d1b8f3c11",
        "parcel": {"parcel_id": "p", "status": "lost"},
    }

    def post(payload: dict[str, Any]) -> tuple[int, str]:
        body = json.dumps(payload).encode()
        signed = dict(
            signature_headers(
                [SECRET], message_id="msg_1", timestamp=int(time.time()), body=body, families=("webhook",)
            )
        )
        status = asyncio.run(asked(listener, {**signed, "X-Parcel-Event": "parcel.sent"}, body))
        return status, capsys.readouterr().out.partition(" ")[2]

    assert post(good) == (200, "parcel.sent msg_1 verified, valid, answered 200\n")
    assert post({**good, "parcel": {"parcel_id": "p"}}) == (
        200,
        (
            "parcel.sent msg_1 verified, not valid, answered 200\n"
            "  - parcel.status: expected a value, got nothing\n"
        ),
    )


def test_events_and_schemas(adakit, tmp_path):
    """They list those of the contract."""
    contract_directory(tmp_path)
    rows = json.loads(adakit("events", "--json", "--contract", "parcels").out)
    assert [row["type"] for row in rows] == ["parcel.sent", "parcel.lost"]
    listed = adakit("schemas", "list", "--contract", "parcels").out
    assert listed.splitlines() == [
        "parcel.sent   parcels/parcel.sent.schema.json",
        "parcel.lost   parcels/parcel.lost.schema.json",
        "(all events)  parcels/bundle.schema.json",
    ]
    for name in ("parcel.sent", "bundle"):
        shown = json.loads(adakit("schemas", "show", name, "--contract", "parcels").out)
        assert shown == json.loads((tmp_path / f"parcels/{name}.schema.json").read_text(encoding="utf-8"))
        assert shown["$id"].startswith("urn:adakit:parcels-webhooks:custom-")


def test_the_rules_of_the_profile(adakit, tmp_path):
    """What a provider's versioning policy leaves out, and ages that it does not judge, have no case."""
    contract_directory(tmp_path, ("ADA203 = true", "ADA203 = false"), ("tolerance = 300", "tolerance = 0"))
    listed = adakit("check", "--list", "--contract", "parcels").out
    rules = {line.split()[0] for line in listed.splitlines()}
    assert {"ADA201", "ADA202", "ADA206", "ADA303"} <= rules
    assert not {"ADA203", "ADA304", "ADA305", "ADA401"} & rules
    assert "ADA301  parcel.sent/signature:missing:webhook-id\n" in listed


def test_check(adakit, tmp_path):
    """An application in process finds the secret in the variable of the contract; a success is any 2xx."""
    contract_directory(tmp_path)
    (tmp_path / "shop.py").write_text(CONSUMER, encoding="utf-8")
    done = adakit("check", "shop:app", "--contract", "parcels", "--seed", 1)
    assert done.code == 0, done.out
    assert "\nPASS  shop:app: " in done.out
    assert "warning" not in done.out


def test_init_of_the_default_contract(adakit, tmp_path):
    """A directory of Ada's own document says what Ada's profile does, and is a contract of Ada's."""
    done = adakit("init", "--from", DOCUMENTED / TRANSCRIPTION, "-o", "here")
    assert done.code == 0, done.err
    contract = contract_in(str(tmp_path / "here"))
    assert (contract.profile, contract.is_ada) == (ada_profile(), True)
    assert contract.event_names == shipped().event_names


def test_what_a_project_ignores_of_each_provider(adakit, tmp_path):
    """The declarations about the default contract's events do not count for another's, and those about its do."""
    contract_directory(tmp_path)
    (tmp_path / "deaf_shop.py").write_text(CONSUMER, encoding="utf-8")
    declared = '["conversation.message:data.author.role=end_user", "parcel.sent:parcel.status=lost"]'
    (tmp_path / "pyproject.toml").write_text(f"[tool.adakit]\nignores = {declared}\n", encoding="utf-8")
    done = adakit("check", "deaf_shop:app", "--contract", "parcels", "--select", "ADA102")
    assert done.code == 0, done.err
    noted = [line for line in done.out.splitlines() if line.startswith("Declared as ignored")]
    assert len(noted) == 1
    assert noted[0].startswith("Declared as ignored: parcel.sent:parcel.status=lost covered 1 delivery")
