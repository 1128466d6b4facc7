"""``check`` over HTTP, against servers on loopback that behave in one way each."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from ada_contract_tests.engine.check import Options, acheck
from ada_contract_tests.suites.selection import Selection
from ada_mockserver.clock import SystemClock
from ada_mockserver.delivery.signing import verify
from ada_schemas.errors import SignatureError, TargetError, UsageError
from support.raw_server import Connection, closed_port, serving

if TYPE_CHECKING:
    from collections.abc import Callable

    from ada_contract_tests.findings import Report

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE = "conversation.message"
HANG = 0.3
"""Seconds, the time limit where an endpoint hangs."""


@dataclass(frozen=True)
class Request:
    """A request as a consumer sees it; ``number`` counts from 1."""

    number: int
    head: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> str:
        """The event type without its version, "" for what is no event."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return ""
        return str(value.get("type")).removeprefix("v1.") if isinstance(value, dict) else ""

    @property
    def status(self) -> int:
        """What a good consumer answers: 200 to what is authentic, else 401; 400 to what is no event."""
        try:
            verify(SECRET, self.headers, self.body, now=time.time())
        except SignatureError:
            return 401
        return 200 if self.event else 400


def http(status: int, body: bytes = b"", *headers: str) -> bytes:
    """A response as bytes."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def good(request: Request) -> bytes:
    """A good consumer's answer."""
    return http(request.status)


class Consumer:
    """Answers each request with what ``answering`` makes of it: bytes; None hangs, "drop" drops."""

    def __init__(self, answering: Callable[[Request], bytes | str | None] = good) -> None:
        self.answering = answering
        self.requests: list[Request] = []

    async def __call__(self, connection: Connection) -> None:
        raw = await connection.request()
        head, _, body = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        request = Request(len(self.requests) + 1, first, headers, body)
        self.requests.append(request)
        answer = self.answering(request)
        if answer is None:
            await connection.until_closed()
        elif answer == "drop":
            connection.reset()
        else:
            assert isinstance(answer, bytes)
            await connection.send(answer)

    @property
    def paths(self) -> set[str]:
        """The request targets that were asked for."""
        return {request.head.split(" ")[1] for request in self.requests}


async def checked(consumer: Any, at: str = "/hook", **options: Any) -> Report:
    """Serve the consumer and check it."""
    selection = Selection(
        select=options.pop("select", ""), events=options.pop("events", ()), cases=options.pop("cases", ())
    )
    host = options.pop("host", "127.0.0.1")
    tls = options.pop("tls", None)
    async with serving(consumer, host=host, ssl_context=tls) as server:
        authority = f"[{host}]" if ":" in host else "localhost" if tls else host
        url = f"{'https' if tls else 'http'}://{authority}:{server.port}{at}"
        settings = Options(**{"secret": SECRET, "selection": selection, **options})
        return await acheck(url, settings)


def check(consumer: Any, at: str = "/hook", **options: Any) -> Report:
    return asyncio.run(checked(consumer, at, **options))


def outcomes(report: Report) -> Counter[str]:
    return Counter(result.outcome for result in report.results)


# --- answers ---


def test_a_good_consumer() -> None:
    """A consumer that does all that is documented passes every case."""
    consumer = Consumer()
    report = check(consumer)
    assert [(finding.case, finding.got) for finding in report.findings] == []
    assert (report.stopped, report.exit_code, report.coverage) == ("", 0, 1.0)
    assert set(outcomes(report)) == {"passed"}
    assert report.budget == 120


@pytest.mark.parametrize(("given", "budget"), [(0, None), (60, 60)])
def test_the_time_of_a_check(given: float, budget: float | None) -> None:
    """A check over HTTP has the time that it was given; 0 stands for no limit."""
    assert check(Consumer(), budget=given, select="ADA101").budget == budget


def test_204() -> None:
    """A consumer that answers 204 passes, with one warning an event type."""
    report = check(Consumer(lambda r: http(204 if r.status == 200 else r.status)), select="ADA101,ADA401")
    assert {finding.rule for finding in report.findings} == {"ADA401"}
    assert len(report.warnings) == 7
    assert report.exit_code == 0


@pytest.mark.parametrize(
    ("answer", "summary", "hint"),
    [
        (http(500, b"oops"), "the endpoint answers every ordinary event with 500", ""),
        (http(401), "every correctly signed event is refused: secret mismatch?", "Does the consumer verify "),
        (http(404), "the endpoint answers every ordinary event with 404", "Is the path right? "),
        (
            http(405),
            "the endpoint answers every ordinary event with 405",
            "The path exists but takes no POST",
        ),
        (
            http(302, b"", "Location: /hooks/"),
            "the endpoint answers every ordinary event with 302",
            "It redirects to /hooks/; ",
        ),
        (b"hello\r\n\r\n", "no event gets an answer: the answer is not HTTP", "Is the process stuck"),
    ],
)
def test_always_the_same(answer: bytes, summary: str, hint: str) -> None:
    """An endpoint that fails every ordinary event in one way gets one finding, and few requests."""
    consumer = Consumer(lambda _: answer)
    report = check(consumer)
    (finding,) = report.findings
    assert finding.summary == summary
    assert finding.hint.startswith(hint)
    assert report.stopped.startswith("Stopped: every ordinary event fails in the same way")
    assert len(consumer.requests) < 30
    assert report.exit_code == 1


def test_an_answer_before_the_body_was_read() -> None:
    """A server that answers 413 and closes, the body unread, has answered 413."""

    async def early(connection: Connection) -> None:
        await connection.head()
        await connection.send(http(413, b"too large", "Connection: close"))

    (finding,) = check(early).findings
    assert finding.got == "413, every time"
    assert finding.excerpt == "too large"


def test_a_consumer_that_verifies_nothing() -> None:
    """Accepted forgeries are findings; ordinary events are not."""
    report = check(Consumer(lambda _: http(200)), select="ADA101,ADA301,ADA302")
    assert {finding.rule for finding in report.findings} == {"ADA301", "ADA302"}
    assert all(finding.got == "200 (the forged request was accepted)" for finding in report.findings)


def test_a_bug_in_one_variant() -> None:
    """A consumer that fails on one value gets findings that name it, each with lines that repeat it."""
    bug = Consumer(lambda r: http(500) if b'"role":"human_agent"' in r.body else good(r))
    report = check(bug, select="ADA101,ADA102", events=[MESSAGE], seed=5)
    (finding,) = report.findings
    assert finding.case == f"{MESSAGE}/enum:data.author.role:human_agent"
    url = report.target
    case = f"--case {finding.case} --seed 5"
    again, send, curl = finding.reproduce
    assert again == f"adakit check {url} {case}"
    assert send == f"adakit send {MESSAGE} {case} --to {url}"
    assert curl == (
        f"adakit generate {MESSAGE} {case} -o event.json && curl -i {url} -H content-type:application/json"
        " $(adakit sign event.json --format curl) --data-binary @event.json"
    )


# --- silence ---


def test_always_hangs() -> None:
    """An endpoint that hangs on everything gets one finding after a few time limits."""
    consumer = Consumer(lambda _: None)
    report = check(consumer, timeout=HANG)
    (finding,) = report.findings
    assert (finding.rule, finding.expected) == ("ADA402", f"an answer within {HANG} s")
    assert report.seconds < 10 * HANG
    assert report.exit_code == 1


def test_hangs_on_one_event() -> None:
    """An endpoint that hangs on one event is tried with all others."""
    report = check(Consumer(lambda r: None if r.event == MESSAGE else good(r)), select="ADA1", timeout=HANG)
    of_message = Counter(r.outcome for r in report.results if r.case.event == MESSAGE)
    others = Counter(r.outcome for r in report.results if r.case.event != MESSAGE)
    assert of_message["failed"] == 3
    assert of_message["passed"] == 0
    assert set(others) == {"passed"}
    assert {finding.got for finding in report.findings} == {"no answer in time"}


def test_hangs_on_one_variant() -> None:
    """An endpoint that hangs on one variant gets a finding for that one."""
    report = check(
        Consumer(lambda r: None if b'"type":"file"' in r.body else good(r)),
        select="ADA101,ADA103",
        events=[MESSAGE],
        timeout=HANG,
    )
    assert [finding.case for finding in report.findings] == [f"{MESSAGE}/union:data.content:file"]
    assert set(outcomes(report)) == {"passed", "failed"}


def test_hangs_once() -> None:
    """A request that hangs once and is answered when repeated is no finding, but a note."""
    report = check(Consumer(lambda r: None if r.number == 1 else good(r)), select="ADA101", timeout=HANG)
    assert (report.findings, report.exit_code) == ((), 0)
    assert report.notes[0].startswith("Left without an answer at first, answered when repeated alone: 1 ")


def test_drops_connections_on_one_event() -> None:
    """An endpoint that drops connections on one event is tried with all others."""
    report = check(Consumer(lambda r: "drop" if r.event == "conversation.ended" else good(r)), select="ADA1")
    assert {finding.event for finding in report.findings} == {"conversation.ended"}
    assert {f.cause for f in report.findings} == {"the connection was closed without a complete answer"}


def test_one_request_at_a_time() -> None:
    """A server that serves one connection after the other is no worse for it."""
    turn = asyncio.Lock()
    consumer = Consumer()

    async def single(connection: Connection) -> None:
        async with turn:
            await consumer(connection)

    report = check(single, select="ADA1")
    assert (report.findings, report.notes) == ((), ())


def test_slow_but_in_time() -> None:
    """Answers that come late, yet in time, are good."""

    async def slow(connection: Connection) -> None:
        await asyncio.sleep(HANG / 3)
        await Consumer()(connection)

    report = check(slow, select="ADA101", timeout=10 * HANG)
    assert (report.findings, report.notes) == ((), ())


# --- connections ---


def test_nothing_listens() -> None:
    """Where nothing listens there is no report but an error that names address, reason and next step."""
    with closed_port() as port, pytest.raises(TargetError) as caught:
        asyncio.run(acheck(f"http://127.0.0.1:{port}/hook", Options(secret=SECRET)))
    assert not caught.value.usage
    assert caught.value.what.startswith(f"127.0.0.1:{port} refused the connection")
    assert caught.value.next_step


class Impatient(SystemClock):
    """The machine's clock, but for pauses, which are none."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


def test_the_endpoint_dies() -> None:
    """A server that stops listening in the middle ends the run, with exit code 1 and not with an error."""

    async def main() -> Report:
        consumer = Consumer()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if len(consumer.requests) == 19:
                server.close()
            await consumer(Connection(reader, writer))
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
        options = Options(secret=SECRET, selection=Selection(select="ADA1"), jobs=1)
        return await acheck(url, options, clock=Impatient())

    report = asyncio.run(main())
    assert outcomes(report)["passed"] == 20
    assert outcomes(report)["failed"] == 3
    assert report.stopped.startswith("Stopped: the endpoint no longer takes connections (seen at ")
    assert all("refused the connection" in finding.got for finding in report.findings)
    assert report.exit_code == 1


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def server_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


def test_a_certificate_that_nobody_knows(authority: trustme.CA) -> None:
    """A certificate of an unknown authority is an error that names both ways out."""
    with pytest.raises(TargetError) as caught:
        check(Consumer(), tls=server_context(authority))
    assert not caught.value.usage
    assert "has a certificate that is not accepted" in caught.value.what
    assert caught.value.next_step == (
        "Name the authority's PEM file with --cacert, or do not check with --insecure."
    )


def test_trust(authority: trustme.CA, tmp_path: Any) -> None:
    """With the authority's file, or without checking, an https endpoint is checked; the repeat lines say so."""
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    bad = {"consumer": Consumer(lambda _: http(500)), "cases": (f"{MESSAGE}/example:complete",)}
    trusted = check(**bad, tls=server_context(authority), cacert=str(file))
    assert all(f"--cacert {file}" in line for line in trusted.findings[0].reproduce)
    unchecked = check(**bad, tls=server_context(authority), insecure=True)
    assert all("--insecure" in line for line in unchecked.findings[0].reproduce)


def test_http_to_an_https_port(authority: trustme.CA) -> None:
    """Plain HTTP to a port that speaks TLS is a finding, not an answer."""

    async def main() -> Report:
        async with serving(Consumer(), ssl_context=server_context(authority)) as server:
            url = f"http://127.0.0.1:{server.port}/"
            return await acheck(url, Options(secret=SECRET, selection=Selection(select="ADA101")))

    report = asyncio.run(main())
    assert len(report.findings) == 1
    assert report.exit_code == 1


def test_ipv6() -> None:
    """An address of IPv6 stands in brackets, in the repeat lines in quotes."""
    report = check(Consumer(lambda _: http(500)), host="::1", cases=[f"{MESSAGE}/example:complete"])
    assert report.target.startswith("http://[::1]:")
    assert f"adakit check '{report.target}' --case" in report.findings[0].reproduce[0]


# --- paths, headers, seeds ---


@pytest.mark.parametrize(
    ("in_url", "path", "asked"),
    [
        ("/hook", None, "/hook"),
        ("", None, "/"),
        ("/hook?a=1", None, "/hook?a=1"),
        ("/hook?a=1", "other", "/other"),
        ("/hook", "/other?b=2", "/other?b=2"),
        ("/hook", "/a b", "/a%20b"),
    ],
)
def test_paths(in_url: str, path: str | None, asked: str) -> None:
    """The path is the URL's, or the one that is given in its place, with or without a slash."""
    consumer = Consumer()
    check(consumer, in_url, path=path, cases=[f"{MESSAGE}/example:complete"])
    assert consumer.paths == {asked}


def test_credentials_are_not_shown() -> None:
    """Values of the URL's query and of headers, and the secret, stand nowhere in the report."""
    consumer = Consumer(lambda _: http(500, f"expected {SECRET}".encode()))
    report = check(
        consumer,
        "/hook?token=s3cret",
        headers=(("authorization", "Bearer t0ken"),),
        cases=[f"{MESSAGE}/example:complete"],
    )
    assert consumer.requests[0].headers["authorization"] == "Bearer t0ken"
    assert consumer.paths == {"/hook?token=s3cret"}
    shown = repr((report.target, report.findings, report.notes, report.stopped))
    for value in ("s3cret", "t0ken", SECRET.removeprefix("whsec_")):
        assert value not in shown
    assert "--header 'authorization: ...'" in report.findings[0].reproduce[0]
    assert "?token=..." in report.findings[0].reproduce[0]


def test_options_are_repeated() -> None:
    """The lines that repeat a finding carry the options that the run was made with."""
    report = check(
        Consumer(lambda _: http(500)),
        cases=[f"{MESSAGE}/example:complete"],
        timeout=2.0,
        accept="200",
        secret="none",
        seed=5,
    )
    again, send, curl = report.findings[0].reproduce
    assert " --secret none --timeout 2 --accept 200 --case " in again
    assert send.endswith(" --secret none --timeout 2")
    assert "adakit sign" not in curl


def test_seeds() -> None:
    """A seed repeats the bytes under other svix-ids; without one, two runs share nothing."""
    runs = []
    for seed in (5, 5, None, None):
        consumer = Consumer()
        check(consumer, select="ADA101,ADA104", seed=seed, jobs=1)
        runs.append(consumer.requests)
    bodies = [[request.body for request in run] for run in runs]
    ids = [{request.headers["svix-id"] for request in run} for run in runs]
    assert bodies[0] == bodies[1]
    assert not set(bodies[2]) & set(bodies[3])
    assert all(not one & other for n, one in enumerate(ids) for other in ids[n + 1 :])


def test_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """A URL without a secret is a usage error that names both ways to give one, before anything is sent."""
    monkeypatch.delenv("ADA_WEBHOOK_SECRET", raising=False)
    consumer = Consumer()
    with pytest.raises(UsageError) as caught:
        check(consumer, secret=None)
    assert caught.value.next_step == (
        "Give it with --secret or in ADA_WEBHOOK_SECRET; --secret none sends them unsigned."
    )
    assert consumer.requests == []
