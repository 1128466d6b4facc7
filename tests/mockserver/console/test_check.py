"""The contract check from the page: the same verdicts as the command's, watched as they come."""

from __future__ import annotations

import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import expect

from ada_contract_tests import check
from ada_contract_tests.engine.check import Options
from ada_contract_tests.grouping import group_findings
from ada_contract_tests.reports import RENDERERS
from ada_contract_tests.suites.selection import Selection
from ada_mockserver import MockAda
from ada_mockserver.delivery.signing import verify
from ada_schemas.errors import SignatureError
from adakit.check_page import routes
from adakit.check_page.form import DEFAULTS, read_form
from adakit.check_page.routes import check_page
from adakit.check_page.runs import CheckRuns
from support.console_stage import HOSTILE

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SEED = 5


@contextmanager
def consumer(*, knows_files=True, hold=None):
    """A consumer that verifies; it may know no files, and may be held up until an event is set."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            if hold is not None:
                hold.wait(20)
            try:
                verify(SECRET, dict(self.headers), body, now=time.time())
            except SignatureError:
                self.answer(401)
            else:
                self.answer(200 if knows_files or b'"type":"file"' not in body else 500, HOSTILE.encode())

        def answer(self, status, body=b""):
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hook"
        finally:
            server.shutdown()
            thread.join()


def start(mock, url, **fields):
    """Start a check as a form does; returns the address of its page."""
    answer = httpx.post(f"{mock.base_url}/check", data={"url": url, "secret": SECRET, "seed": SEED, **fields})
    assert answer.status_code == 303, answer.text
    return mock.base_url + answer.headers["location"]


def eventually(url, is_so):
    """The answer at an address, once it is so."""
    until = time.monotonic() + 60
    while not is_so(answer := httpx.get(url)):
        assert time.monotonic() < until, answer.text
    return answer


def finished(page):
    """The JSON report of a run, once it is over."""
    return eventually(f"{page}/report/json", lambda answer: answer.status_code != 404).json()


def test_by_the_browser(mock, open_page):
    """A check of an endpoint of the mock: the matrix fills, a finding is opened, its case is sent again."""
    with consumer(knows_files=False) as url:
        mock.add_webhook(url, secret=SECRET, headers={"X-Tenant": "acme"})
        page = open_page("/check")
        page.get_by_text("Which cases, and how").click()
        page.get_by_label("Events", exact=True).fill("conversation.message")
        page.get_by_label("Select rules").fill("ADA101,ADA103,ADA301")
        page.get_by_label("Seed").fill(str(SEED))
        page.get_by_role("button", name="Run the check").click()
        expect(page.get_by_role("link", name="Report", exact=True)).to_be_visible()
        expect(page.get_by_text("FAIL", exact=True)).to_be_visible()
        expect(page.get_by_role("row", name="conversation.message")).to_contain_text("✗")
        finding = page.locator("details.finding").first
        finding.locator("summary").first.click()
        expect(finding).to_have_attribute("open", "")
        expect(finding).to_contain_text("500")
        finding.get_by_role("link", name="Open the case").click()
        page.get_by_role("button", name="Resend this case").click()
        again = page.locator("section", has=page.get_by_role("heading", name="Sent again"))
        expect(again.get_by_text("failed")).to_be_visible()
        expect(again).to_contain_text(HOSTILE)
        assert page.title() == "Case · Mock Ada"
        assert SECRET.removeprefix("whsec_") not in page.content()
        page.get_by_role("link", name="Checks").click()
        expect(page.get_by_role("link", name=url)).to_be_visible()


def resent(page, case, count):
    """The page of a case once it was sent again so many times."""
    answer = httpx.post(f"{page}/case", data={"id": case})
    assert answer.status_code == 303
    assert answer.headers["location"].partition("?")[2] == f"id={quote(case, safe='')}"
    return eventually(
        f"{page}/case?id={quote(case)}",
        lambda shown: shown.text.count("Sent again") == count and "running" not in shown.text,
    ).text


def test_a_case_that_is_mended(mock):
    """A case that is sent again has the new verdict above the old: as before, then that of a mended consumer."""
    knows = []
    with consumer(knows_files=knows) as url:
        page = start(mock, url, events="conversation.message", select="ADA103")
        case = finished(page)["findings"][0]["case"]
        verdicts = re.compile(r'<span class="badge (?:good|bad)">(passed|failed)</span>')
        assert verdicts.findall(resent(page, case, 1)) == ["failed", "failed"]
        knows.append(True)
        assert verdicts.findall(resent(page, case, 2)) == ["passed", "failed", "failed"]


def test_a_url_wins(mock):
    """A URL that is given is checked, also while an endpoint stands in the form; a resend is a run as well."""
    hold = threading.Event()
    with consumer() as url, consumer(hold=hold) as slow:
        hook = mock.add_webhook("http://127.0.0.1:1/hook")
        page = start(mock, url, endpoint=hook.id, events="conversation.ended", select="ADA101")
        report = finished(page)
        assert report["target"] == url
        other = start(mock, slow, events="conversation.ended", select="ADA101")
        refused = httpx.post(f"{page}/case", data={"id": report["cases"][0]["id"]})
        assert (refused.status_code, refused.json()["errors"][0]["message"]) == (
            409,
            "Another check is running. Wait for it, or cancel it.",
        )
        httpx.post(f"{other}/cancel")
        hold.set()


def test_the_same_verdict(mock):
    """The page finds what the command finds, and its report is the command's."""
    chosen = {"events": "conversation.message end_user.*", "select": "ADA101,ADA102,ADA103,ADA304,ADA401"}
    with consumer(knows_files=False) as url:
        page = start(mock, url, **chosen)
        shown = finished(page)
        selection = Selection(select=chosen["select"], events=tuple(chosen["events"].split()))
        options = Options(secret=SECRET, seed=SEED, selection=selection, budget=120.0)
        with ThreadPoolExecutor() as pool:  # Playwright has an event loop in this thread
            report = pool.submit(check, url, options).result()
    own = json.loads(RENDERERS["json"](report))
    assert shown["findings"] == own["findings"]
    assert shown["findings"] != []
    assert [(each["id"], each["outcome"]) for each in shown["cases"]] == [
        (each["id"], each["outcome"]) for each in own["cases"]
    ]
    served = httpx.get(f"{page}/report/html")
    assert re.sub(r"[0-9.]+ (s|ms)\b", "", served.text) == re.sub(
        r"[0-9.]+ (s|ms)\b", "", RENDERERS["html"](report)
    )
    assert "sandbox allow-scripts" in served.headers["content-security-policy"]
    for form, ending in (("json", "json"), ("junit", "xml"), ("markdown", "md")):
        answer = httpx.get(f"{page}/report/{form}")
        assert answer.headers["content-disposition"].endswith(f'.{ending}"'), form
    assert httpx.get(f"{page}/report/pdf").status_code == 404


def test_a_correct_consumer(mock):
    """A consumer that does all right has no finding."""
    with consumer() as url:
        report = finished(start(mock, url, select="ADA1xx,ADA3xx", events="conversation.ended"))
    assert [each["rule"] for each in report["findings"] if each["severity"] == "error"] == []


def test_the_report_in_a_browser(mock, open_page):
    """The report shows itself in the browser with the script that it brings."""
    with consumer() as url:
        page_url = start(mock, url, events="conversation.ended", select="ADA101")
        finished(page_url)
    page = open_page(f"{page_url.removeprefix(mock.base_url)}/report/html")
    expect(page.get_by_text("PASS").first).to_be_visible()


def test_watched_and_cancelled(mock, open_page):
    """A check that goes on is watched, is the only one, and can be cancelled."""
    hold = threading.Event()
    with consumer(hold=hold) as url:
        path = start(mock, url, events="conversation.created").removeprefix(mock.base_url)
        page = open_page(path)
        expect(page.get_by_text("running")).to_be_visible()
        answer = httpx.post(f"{mock.base_url}/check", data={"url": url, "secret": SECRET})
        assert answer.status_code == 409
        assert "Another check is running." in answer.text
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_text("cancelled", exact=True)).to_be_visible()
        expect(page.get_by_text("It was cancelled.")).to_be_visible()
        hold.set()


def test_a_page_is_of_one_moment(monkeypatch):
    """A run that ends while its page is made is shown as running, so that the page asks for the rest."""
    hold, page = threading.Event(), check_page()

    def run():
        return page.end.__self__.newest_first[0]

    def end_meanwhile(findings):
        hold.set()
        run().join(30)
        return group_findings(findings)

    with consumer(hold=hold) as url, MockAda(pages=[page]) as mock:
        address = start(mock, url, select="ADA101")
        with monkeypatch.context() as changed:
            changed.setattr(routes, "group_findings", end_meanwhile)
            shown = httpx.get(address).text
        assert run().state == "finished"
        assert '<span class="badge wait">running</span>' in shown
        assert f'hx-get="{address.removeprefix(mock.base_url)}"' in shown
        assert '<span class="badge good">PASS</span>' in httpx.get(address).text


def test_nobody_answers(mock):
    """An endpoint to which no connection can be made is said to be one."""
    page = start(mock, "http://127.0.0.1:1/hook", select="ADA101")
    shown = eventually(page, lambda answer: "running" not in answer.text).text
    assert "http://127.0.0.1:1/hook" in shown
    assert '<span class="badge bad">failed</span>' in shown
    assert 'role="alert"' in shown


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"url": ""}, "There is nothing to check."),
        ({"url": "app:app"}, "app:app is no URL."),
        ({"select": "ADA999"}, "ADA999"),
        ({"events": "nothing.*"}, "No event fits &#39;nothing.*&#39;."),
        ({"timeout": "soon"}, "timeout cannot be &#39;soon&#39;."),
        ({"timeout": "nan"}, "timeout cannot be &#39;nan&#39;."),
        ({"timeout": "0"}, "timeout cannot be &#39;0&#39;.</b><br>Give a number from 0.1 to 600."),
        ({"jobs": "0"}, "jobs cannot be &#39;0&#39;.</b><br>Give a whole number from 1 to 256."),
        ({"seed": "1.7"}, "seed cannot be &#39;1.7&#39;.</b><br>Give a whole number from 0 to 1000000000."),
        ({"budget": "-1"}, "budget cannot be &#39;-1&#39;."),
        ({"headers": "no colon"}, "&#39;no colon&#39; is not a header."),
        ({"secret": "not one!"}, "secret"),
        ({"cases": "conversation.message/none"}, "conversation.message/none"),
        ({"accept": "3xx"}, "&#39;3xx&#39; is no status to accept."),
        ({"url": "ftp://127.0.0.1/"}, "ftp://127.0.0.1/"),
        ({"events": HOSTILE.replace(" ", "")}, "&lt;script&gt;"),
    ],
)
def test_wrong_fields(mock, fields, message):
    """What cannot be used is named beside the form, which keeps what was filled in, but no secret."""
    given = {"url": "http://127.0.0.1:1/hook", "secret": SECRET, **fields}
    answer = httpx.post(f"{mock.base_url}/check", data=given)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert message in answer.text
    assert HOSTILE.replace(" ", "") not in answer.text
    assert given["secret"] not in answer.text


def test_secrets_of_the_environment(mock, monkeypatch):
    """A URL without a secret takes that of the environment; without one, both ways are named."""
    monkeypatch.delenv("ADA_WEBHOOK_SECRET", raising=False)
    answer = httpx.post(f"{mock.base_url}/check", data={"url": "http://127.0.0.1:1/hook"})
    assert answer.status_code == 400
    assert "No secret to sign the requests to http://127.0.0.1:1/hook with." in answer.text
    monkeypatch.setenv("ADA_WEBHOOK_SECRET", SECRET)
    target, options = read_form({**DEFAULTS, "url": "http://127.0.0.1:1/"}, [], mock._settings.contract, None)
    assert (target, options.secret) == ("http://127.0.0.1:1/", None)


def test_unknown_runs(mock):
    """A run or a case that is not there is 404."""
    for path in ("runs/none", "runs/none/case?id=x", "runs/none/cases", "runs/none/report/html"):
        assert httpx.get(f"{mock.base_url}/check/{path}").status_code == 404
    with consumer() as url:
        page = start(mock, url, events="conversation.ended", select="ADA101")
        finished(page)
    assert httpx.get(f"{page}/case?id=none").status_code == 404
    assert httpx.post(f"{page}/case", data={"id": "none"}).status_code == 404
    assert "No case is like that yet." in httpx.get(f"{page}/cases?outcome=failed").text


def test_runs_end_with_the_server():
    """Runs are cancelled when the server ends, and the oldest are forgotten where there are many."""
    runs, options = CheckRuns(), Options(secret=SECRET, seed=1, selection=Selection(select="ADA101"))
    hold = threading.Event()
    with consumer(hold=hold) as url:
        run = runs.start(url, options, lambda: None)
        assert runs.running is run
        runs.end()
        run.join(10)
        assert run.state == "cancelled"
        hold.set()
    ended = [runs.start("http://127.0.0.1:1/", options, lambda: None) for _ in range(12)]
    for each in ended:
        each.join(30)
    runs.start("http://127.0.0.1:1/", options, lambda: None).join(30)
    assert len(runs.newest_first) == 10
    assert runs.find(run.id) is None
