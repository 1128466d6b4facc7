"""ada_mockserver.delivery.signing, judged by Svix's own libraries and by its own words."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import random
import re
import shutil
import subprocess
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ada_mockserver.delivery.signing import (
    doubt,
    generate_secret,
    message_ids,
    new_message_id,
    parse_secret,
    sign,
    signature_headers,
    verify,
)
from ada_schemas.errors import SignatureError, UsageError
from support.node_tools import node_commands

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
MESSAGE_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
NOW = 1_614_265_330
BODY = b'{"test": 2432232314}'

BODIES = {
    "compact": b'{"type":"v1.conversation.ended","data":{"a":1}}',
    "spaced": b'{ "type" : "v1.conversation.ended" ,\t"data" : { } }',
    "pretty": b'{\n  "a": [\n    1,\n    2\n  ]\n}\n',
    "crlf": b'{\r\n  "a": 1\r\n}\r\n',
    "key-order": b'{"z":1,"a":2,"m":{"y":1,"b":2}}',
    "duplicate-key": b'{"a":1,"a":2}',
    "non-ascii": '{"name":"Zoë Ångström","city":"東京","rtl":"שלום"}'.encode(),
    "emoji": '{"body":"👋🏽 👩‍👩‍👧"}'.encode(),
    "escapes": rb'{"a":"\u00e9\ud83d\udc4b\/\"\\\n","b":"<\/script>"}',
    "numbers": b'{"a":1.0,"b":1e3,"c":-0,"d":12345678901234567890}',
    "line-separators": '{"a":"\u2028\u2029\u0085"}'.encode(),
    "empty": b"",
    "not-json": b"hello. 1.2.3",
    "large": b'{"body":"' + b"x" * 300_000 + b'"}',
}


def svix_verify(secret: str, body: bytes, headers: dict[str, str]) -> None:
    with warnings.catch_warnings():
        # Importing them may use names that newer Pythons deprecate; that is not ours to fail for.
        warnings.simplefilter("ignore", DeprecationWarning)
        from svix.webhooks import Webhook
    Webhook(secret).verify(body, headers)


def standard_verify(secret: str, body: bytes, headers: dict[str, str]) -> None:
    with warnings.catch_warnings():
        # As above.
        warnings.simplefilter("ignore", DeprecationWarning)
        from standardwebhooks import Webhook
    renamed = {name.replace("svix-", "webhook-"): value for name, value in headers.items()}
    try:
        Webhook(secret).verify(body, renamed)
    except json.JSONDecodeError:
        return  # it parses the body once the signature has matched


LIBRARIES = [pytest.param(svix_verify, id="svix"), pytest.param(standard_verify, id="standardwebhooks")]


def signed(*secrets: str, body: bytes = BODY, timestamp: int | None = None) -> dict[str, str]:
    """Headers that are right now, for the libraries: they read the machine's clock."""
    moment = int(time.time()) if timestamp is None else timestamp
    return dict(signature_headers(secrets or (SECRET,), message_id=MESSAGE_ID, timestamp=moment, body=body))


@pytest.fixture(scope="session")
def node_verdicts(tmp_path_factory: pytest.TempPathFactory) -> Callable[[list[dict[str, Any]]], list[str]]:
    """Judges requests with the npm package svix, installed from the committed lock file."""
    node, npm = node_commands()
    folder = tmp_path_factory.mktemp("svix") / "npm"
    shutil.copytree(
        Path(__file__).with_name("svix_npm"), folder, ignore=shutil.ignore_patterns("node_modules")
    )
    installed = subprocess.run(
        [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if installed.returncode:
        pytest.fail(f"npm ci failed:\n{installed.stdout}{installed.stderr}", pytrace=False)

    def judge(requests: list[dict[str, Any]]) -> list[str]:
        judged = subprocess.run(
            [*node, "verify.mjs"],
            cwd=folder,
            input=json.dumps(requests),
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=True,
        )
        verdicts: list[str] = json.loads(judged.stdout)
        return verdicts

    return judge


def node_request(secret: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    return {"secret": secret, "headers": headers, "body": base64.b64encode(body).decode()}


def test_the_documented_example_has_the_documented_signature() -> None:
    """Svix's published id, timestamp, body and secret give Svix's published signature."""
    assert (
        sign(SECRET, message_id=MESSAGE_ID, timestamp=NOW, body=BODY)
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", BODIES)
def test_python_libraries_accept_our_signature(library: Callable[..., None], name: str) -> None:
    """Svix's and Standard Webhooks' Python libraries accept what we sign, whatever the body holds."""
    library(SECRET, BODIES[name], signed(body=BODIES[name]))


def test_javascript_library_accepts_our_signature(node_verdicts: Callable[..., list[str]]) -> None:
    """Svix's JavaScript library accepts what we sign, whatever the body holds."""
    verdicts = node_verdicts([node_request(SECRET, signed(body=body), body) for body in BODIES.values()])
    assert dict(zip(BODIES, verdicts, strict=True)) == dict.fromkeys(BODIES, "ok")


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("secret", [SECRET, OTHER])
def test_python_libraries_accept_rotated_secrets(library: Callable[..., None], secret: str) -> None:
    """While a secret is rotated, a receiver with either of the two accepts the request."""
    library(secret, BODY, signed(OTHER, SECRET))


def test_javascript_library_accepts_rotated_secrets(node_verdicts: Callable[..., list[str]]) -> None:
    """While a secret is rotated, Svix's JavaScript library accepts the request with either of the two."""
    headers = signed(OTHER, SECRET)
    assert node_verdicts([node_request(one, headers, BODY) for one in (SECRET, OTHER)]) == ["ok", "ok"]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("secret", "body"), [(OTHER, BODY), (SECRET, BODY + b" ")], ids=["wrong-secret", "altered-body"]
)
def test_python_libraries_refuse_what_does_not_match(
    library: Callable[..., None], secret: str, body: bytes
) -> None:
    """The libraries that judge us do refuse: another secret, an altered body."""
    with pytest.raises(Exception, match="No matching signature found"):
        library(secret, body, signed())


def test_javascript_library_refuses_what_does_not_match(node_verdicts: Callable[..., list[str]]) -> None:
    """The JavaScript library that judges us refuses another secret, an altered body and an old timestamp."""
    headers = signed()
    old = signed(timestamp=NOW)
    requests = [
        node_request(OTHER, headers, BODY),
        node_request(SECRET, headers, BODY + b" "),
        node_request(SECRET, old, BODY),
    ]
    assert node_verdicts(requests) == [
        "No matching signature found",
        "No matching signature found",
        "Message timestamp too old",
    ]


@pytest.mark.parametrize("name", BODIES)
def test_we_accept_what_svix_signs(name: str) -> None:
    """A signature made by Svix's library verifies here."""
    from datetime import UTC, datetime

    from svix.webhooks import Webhook

    body = BODIES[name]
    signature = Webhook(SECRET).sign(MESSAGE_ID, datetime.fromtimestamp(NOW, tz=UTC), body.decode())
    headers = {"svix-id": MESSAGE_ID, "svix-timestamp": str(NOW), "svix-signature": signature}
    verify(SECRET, headers, body, now=NOW)


def test_bytes_that_are_no_text_are_signed_as_they_are() -> None:
    """A body that is not UTF-8 is signed byte for byte."""
    body = b"\xff\x00\xfe"
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    content = b"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.\xff\x00\xfe"
    expected = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    assert sign(SECRET, message_id=MESSAGE_ID, timestamp=NOW, body=body) == expected


def test_headers_carry_one_signature_a_secret() -> None:
    """The three headers stand in Svix's order, with one signature for each secret, space separated."""
    one = sign(OTHER, message_id=MESSAGE_ID, timestamp=NOW, body=BODY)
    two = sign(SECRET, message_id=MESSAGE_ID, timestamp=NOW, body=BODY)
    assert signature_headers([OTHER, SECRET], message_id=MESSAGE_ID, timestamp=NOW, body=BODY) == (
        ("svix-id", MESSAGE_ID),
        ("svix-timestamp", "1614265330"),
        ("svix-signature", f"{one} {two}"),
    )


def test_headers_need_a_secret() -> None:
    """No secret at all is an error, not an empty signature."""
    with pytest.raises(UsageError) as caught:
        signature_headers([], message_id=MESSAGE_ID, timestamp=NOW, body=BODY)
    assert str(caught.value) == "There is no secret to sign with."


@pytest.mark.parametrize(
    ("secret", "problem"),
    [
        ("", "is empty"),
        ("whsec_", "has nothing after 'whsec_'"),
        (SECRET + "\n", "begins or ends with white space"),
        (" ", "begins or ends with white space"),
        (
            "whsec_s3cr3t-value_x",
            "is not base64: it holds a character other than A-Z, a-z, 0-9, '+', '/' and '='",
        ),
        (
            "whsec_ünsichtbar",
            "is not base64: it holds a character other than A-Z, a-z, 0-9, '+', '/' and '='",
        ),
        ("whsec_s3cr3tvalue", "is not base64: its length or its padding with '=' is wrong"),
        ("whsec_s3cr3tva=", "is not base64: its length or its padding with '=' is wrong"),
        ("whsec_s3c=r3tv", "is not base64: its length or its padding with '=' is wrong"),
        (f'"{SECRET}"', "stands in quotes"),
        (f"'{SECRET}'", "stands in quotes"),
        (f"v1,{SECRET}", "begins with 'v1,' as a signature does"),
        (f"whsec_{SECRET}", "has 'whsec_' twice"),
        ("whsec_s3cr3t-valu_", "is base64 for URLs, with '-' and '_' in place of '+' and '/'"),
        (
            base64.b64encode(SECRET.encode()).decode(),
            "is in base64 once more, as Kubernetes keeps secrets: decode it once",
        ),
    ],
)
@pytest.mark.parametrize(
    "use",
    [
        parse_secret,
        lambda secret: sign(secret, message_id=MESSAGE_ID, timestamp=NOW, body=BODY),
        lambda secret: verify(secret, {}, BODY, now=NOW),
    ],
    ids=["parse", "sign", "verify"],
)
def test_a_bad_secret_is_explained_without_being_shown(
    secret: str, problem: str, use: Callable[[str], object]
) -> None:
    """A secret that is no base64 is a usage error that names the fault, never the secret."""
    with pytest.raises(UsageError) as caught:
        use(secret)
    assert str(caught.value) == (
        f"The signing secret {problem}.\n"
        "  It is 'whsec_' and base64, as the provider's page of the endpoint shows it;"
        " give it with --secret or in the environment."
    )


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        (SECRET, ""),
        (SECRET.removeprefix("whsec_"), ""),
        ("whsec_c2VjcmV0", "is short: its key has 6 bytes, and keys have 24 or more"),
        ("whsec_" + parse_secret(SECRET).hex(), "looks like hexadecimal digits, not like base64"),
        ("DEADBEEF" * 6, "looks like hexadecimal digits, not like base64"),
    ],
)
def test_a_secret_that_is_hardly_one(secret: str, said: str) -> None:
    """A secret may be base64 and yet hardly one of Svix's; it signs and verifies all the same."""
    assert doubt(secret) == said
    verify(secret, signed(secret, timestamp=NOW), BODY, now=NOW)


def test_the_prefix_of_a_secret_is_optional() -> None:
    """A secret without ``whsec_`` stands for the same key."""
    assert parse_secret(SECRET.removeprefix("whsec_")) == parse_secret(SECRET)


def fresh(**changes: str | None) -> dict[str, str]:
    """Headers signed at NOW, with ``svix_`` members replaced, or dropped by None."""
    headers = signed(timestamp=NOW)
    for key, value in changes.items():
        name = key.replace("_", "-")
        if value is None:
            del headers[name]
        else:
            headers[name] = value
    return headers


def refusal(headers: Any, body: bytes = BODY, secret: str = SECRET, now: float = NOW) -> tuple[str, str]:
    with pytest.raises(SignatureError) as caught:
        verify(secret, headers, body, now=now)
    return caught.value.reason, str(caught.value)


@pytest.mark.parametrize(
    "rename",
    [
        str.upper,
        str.title,
        lambda name: name.replace("svix-", "webhook-"),
        lambda name: name.replace("svix-", "Webhook-"),
    ],
    ids=["upper", "title", "webhook", "Webhook"],
)
@pytest.mark.parametrize("form", [dict, tuple], ids=["mapping", "lines"])
def test_header_names_count_in_any_case_and_by_both_names(
    rename: Callable[[str], str], form: Callable[[Any], Any]
) -> None:
    """``svix-`` and ``webhook-`` headers in any letter case are accepted, as mapping or as lines."""
    headers = form((rename(name), value) for name, value in fresh().items())
    verify(SECRET, headers, BODY, now=NOW)
    assert refusal(headers, BODY + b"!")[0] == "no-match"


@pytest.mark.parametrize("name", ["svix_id", "svix_timestamp", "svix_signature"])
@pytest.mark.parametrize("value", [None, "", " "], ids=["absent", "empty", "blank"])
def test_a_missing_header_is_named(name: str, value: str | None) -> None:
    """A request without one of the three headers, or with an empty one, is refused by its name."""
    headers = fresh(**{name: value})
    shown = name.replace("_", "-")
    assert refusal(headers) == ("missing-header", f"The request has no {shown} header.")


def test_all_missing_headers_are_named() -> None:
    """An unsigned request names everything that it lacks."""
    expected = "The request has no svix-id and no svix-timestamp and no svix-signature header."
    assert refusal({}) == ("missing-header", expected)


@pytest.mark.parametrize("value", ["soon", "1614265330.5", "-1", "1e9", "0x1", "١٢٣", "9" * 5000])
def test_a_malformed_timestamp_is_refused(value: str) -> None:
    """A timestamp that is not a plain number of seconds is refused with its own reason."""
    expected = f"The timestamp {value[:40]!r} is not a number of seconds."
    assert refusal(fresh(svix_timestamp=value)) == ("malformed-timestamp", expected)


@pytest.mark.parametrize("name", ["svix_id", "svix_timestamp", "svix_signature"])
@pytest.mark.parametrize("space", ["\xa0", "\x85", "\u2003", "\x0b", "\n"])
def test_only_blanks_may_stand_around_a_value(name: str, space: str) -> None:
    """A space or a tab around a value is none of it; any other white space is, and was not signed."""
    value = fresh()[name.replace("_", "-")]
    verify(SECRET, fresh(**{name: f" {value}\t"}), BODY, now=NOW)
    reason = {"svix_id": "no-match", "svix_timestamp": "malformed-timestamp"}.get(name, "malformed-signature")
    assert refusal(fresh(**{name: f"{value}{space}"}))[0] == reason


def test_an_id_that_is_no_text_is_refused() -> None:
    """An id with a lone surrogate, as aiohttp decodes what is no UTF-8, is refused as any that was not signed."""
    expected = "No signature matches.\n  Compare the secret with the endpoint's, and verify over the body's raw bytes."
    assert refusal(fresh(svix_id="msg_\udce9")) == ("no-match", expected)


def test_an_old_timestamp_is_refused() -> None:
    """A signature more than 300 s old is refused, and the message tells the age."""
    expected = "The timestamp is 301 s old; at most 300 s are accepted."
    assert refusal(fresh(), now=NOW + 301) == ("too-old", expected)


def test_a_timestamp_from_the_future_is_refused() -> None:
    """A signature more than 300 s in the future is refused, and the message tells by how much."""
    expected = "The timestamp is 301 s in the future; at most 300 s are accepted."
    assert refusal(fresh(), now=NOW - 301) == ("too-new", expected)


def test_a_timestamp_in_milliseconds_is_recognised() -> None:
    """A timestamp in milliseconds is far in the future, and the message says why."""
    reason, message = refusal(signed(timestamp=NOW * 1000))
    assert reason == "too-new"
    assert message == (
        "The timestamp is 1612651064670 s in the future; at most 300 s are accepted.\n"
        "  It is in milliseconds: send seconds."
    )


@pytest.mark.parametrize("now", [NOW + 300, NOW - 300])
def test_the_tolerance_includes_its_bounds(now: float) -> None:
    """A timestamp exactly 300 s off, past or future, is accepted."""
    verify(SECRET, fresh(), BODY, now=now)


def test_the_tolerance_can_be_set() -> None:
    """A smaller tolerance refuses what the default accepts."""
    with pytest.raises(SignatureError, match="at most 5 s are accepted"):
        verify(SECRET, fresh(), BODY, now=NOW + 6, tolerance=5)


@pytest.mark.parametrize(
    "value",
    ["garbage", "v1", "v1,", ",abc", "v1,a", "v1,a!b=", "v1,AAAA=", "v1,é", "garbage v1,a", "v1;abcd"],
)
def test_a_malformed_signature_is_refused(value: str) -> None:
    """A header without one well-formed entry is refused with its own reason, and nothing else is raised."""
    assert refusal(fresh(svix_signature=value)) == (
        "malformed-signature",
        (
            "The signature header holds no well-formed entry.\n"
            "  An entry is a version, a comma and base64: 'v1,...'; entries are separated by spaces."
        ),
    )


@pytest.mark.parametrize("beside", ["v2,abc", "v1a,x!y", "garbage", "v1,a", "v1," + "A" * 43 + "="])
@pytest.mark.parametrize("order", [1, -1], ids=["before", "after"])
def test_one_good_entry_suffices(beside: str, order: int) -> None:
    """Unknown versions, malformed entries and wrong signatures beside a good one are skipped."""
    entries = [beside, fresh()["svix-signature"]]
    verify(SECRET, fresh(svix_signature=" ".join(entries[::order])), BODY, now=NOW)


def test_unknown_versions_alone_do_not_match() -> None:
    """A right digest under an unknown version is no signature."""
    value = fresh()["svix-signature"].replace("v1,", "v2,")
    expected = ("no-match", "There is no signature of version v1.")
    assert refusal(fresh(svix_signature=value)) == expected


@pytest.mark.parametrize(
    ("headers", "body", "secret"),
    [
        (fresh(), BODY.replace(b"4", b"5"), SECRET),
        (fresh(), BODY, OTHER),
        (fresh(svix_id="msg_other"), BODY, SECRET),
        (fresh(svix_timestamp=str(NOW + 1)), BODY, SECRET),
    ],
    ids=["body", "secret", "id", "timestamp"],
)
def test_what_does_not_match_is_refused(headers: dict[str, str], body: bytes, secret: str) -> None:
    """An altered body, id or timestamp and another secret are refused, and no cause is made up."""
    assert refusal(headers, body, secret) == (
        "no-match",
        (
            "No signature matches.\n"
            "  Compare the secret with the endpoint's, and verify over the body's raw bytes."
        ),
    )


def with_key(key: bytes, content: bytes) -> dict[str, str]:
    """Headers whose signature a wrong sender or receiver made."""
    digest = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return fresh(svix_signature=f"v1,{digest}")


RAW = "verify over the raw bytes"
RESERIALISED = f"the body after JSON re-serialisation: {RAW}"


@pytest.mark.parametrize(
    ("original", "received", "cause"),
    [
        ('{"a":"é","b":1}', '{"a": "é", "b": 1}', RESERIALISED),
        ('{"a": "é", "b": 1}', '{"a":"é","b":1}', RESERIALISED),
        (r'{"a":"\u00e9","b":1}', '{"a": "é", "b": 1}', RESERIALISED),
        (r'{"a": "\u00e9", "b": 1}', '{"a":"é","b":1}', RESERIALISED),
        (r'{"a": "\ud800"}', r'{"a":"\ud800"}', RESERIALISED),
        ('{"a" :1}', '{"a" :1}\n', f"the body without its trailing newline: {RAW}"),
        ('{"a" :1}', '{"a" :1}\r\n', f"the body without its trailing newline: {RAW}"),
        ('{"a" :1}\n', '{"a" :1}', f"the body with a newline after it: {RAW}"),
        ('{"a" :1}\r\n', '{"a" :1}', f"the body with a newline after it: {RAW}"),
    ],
)
def test_a_changed_body_is_diagnosed(original: str, received: str, cause: str) -> None:
    """A body that was written anew between the wire and the check is recognised as the cause."""
    headers = signed(body=original.encode(), timestamp=NOW)
    assert refusal(headers, received.encode()) == ("no-match", f"The signature matches {cause}.")


CONTENT = f"{MESSAGE_ID}.{NOW}.".encode() + BODY
# What Node's Buffer.from(SECRET, "base64") gives.
NODE_KEY = bytes.fromhex("c21b1e73f31f290f6bf06298aab4f08d43c3f082cf648a362da2da4b")
UNSTRIPPED = "the secret used with its 'whsec_': strip it, then decode the rest from base64"


@pytest.mark.parametrize(
    ("key", "content", "cause"),
    [
        (
            SECRET.removeprefix("whsec_").encode(),
            CONTENT,
            "the secret used without base64 decoding: the key is the decoded part after 'whsec_'",
        ),
        (SECRET.encode(), CONTENT, UNSTRIPPED),
        (NODE_KEY, CONTENT, UNSTRIPPED),
        (
            parse_secret(SECRET),
            f"{MESSAGE_ID}.{NOW}000.".encode() + BODY,
            "the timestamp in milliseconds: sign and send seconds",
        ),
    ],
    ids=["undecoded", "unstripped", "unstripped-in-node", "milliseconds"],
)
def test_a_wrong_key_or_timestamp_is_diagnosed(key: bytes, content: bytes, cause: str) -> None:
    """A secret used the wrong way and a timestamp in the wrong unit are recognised as the cause."""
    assert refusal(with_key(key, content)) == ("no-match", f"The signature matches {cause}.")


@pytest.mark.parametrize("length", range(1, 50))
def test_the_diagnosis_copes_with_secrets_of_any_length(length: int) -> None:
    """Looking for the cause raises nothing but the refusal, whatever the secret's length and padding."""
    secret = "whsec_" + base64.b64encode(bytes(range(length))).decode()
    assert refusal(fresh(), secret=secret)[0] == "no-match"


def test_no_message_shows_the_secret() -> None:
    """A refusal shows neither the secret nor its key, diagnosed or not."""
    shown = [
        refusal(fresh(), BODY + b"!")[1],
        refusal(with_key(SECRET.encode(), CONTENT))[1],
        refusal(fresh(svix_signature="v1,abcd"))[1],
    ]
    assert not [message for message in shown if "MfKQ9r8G" in message]


def seeded(seed: int) -> random.Random:
    return random.Random(seed)


def test_message_ids_look_like_those_of_svix() -> None:
    """An id is ``msg_`` and 27 base62 characters, differs each time, and repeats with the seed."""
    ids = [new_message_id(seeded(seed)) for seed in range(50)]
    assert all(re.fullmatch(r"msg_[0-9A-Za-z]{27}", one) for one in ids)
    assert len(set(ids)) == 50
    assert new_message_id(seeded(7)) == ids[7]
    assert len(set("".join(one[4:] for one in ids))) == 62


def test_generated_secrets_are_24_bytes() -> None:
    """A generated secret parses to 24 bytes, differs each time, and repeats with the seed."""
    rng = seeded(1)
    first, second = generate_secret(rng), generate_secret(rng)
    assert first.startswith("whsec_")
    assert len(parse_secret(first)) == len(parse_secret(second)) == 24
    assert first != second
    assert generate_secret(seeded(1)) == first


def test_the_system_random_source_will_do() -> None:
    """A secret can come from the operating system's randomness."""
    assert len(parse_secret(generate_secret(random.SystemRandom()))) == 24


@pytest.mark.parametrize("size", [24, 63, 64, 65, 200])
def test_keys_of_every_length(size):
    """A key shorter or longer than a block of the hash signs as the standard library's HMAC does."""
    key, body = bytes(range(size)), b'{"a":1}' * 50
    secret = "whsec_" + base64.b64encode(key).decode()
    expected = hmac.digest(key, b"msg_1.5." + body, "sha256")
    assert sign(secret, message_id="msg_1", timestamp=5, body=body) == (
        "v1," + base64.b64encode(expected).decode()
    )


def test_many_ids():
    """Ids that are drawn cheaply look like the others, and none comes twice."""
    drawn = list(itertools.islice(message_ids(random.Random(1)), 10_000))
    assert len(set(drawn)) == 10_000
    assert all(re.fullmatch(rb"msg_[0-9A-Za-z]{27}", one) for one in drawn)
