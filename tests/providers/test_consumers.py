"""Consumers of other providers' webhooks, with the providers' own libraries, under the contract check.

Each finding that a test expects was read; what is said beside it is why it is one.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ada_contract_tests import Options, Selection, check
from providers.adyen_consumer import AUTHORIZATION
from providers.documents import ADYEN, OPENAI, SVIX

if TYPE_CHECKING:
    from collections.abc import Callable

    from ada_contract_tests import Report
    from ada_schemas import Contract
    from providers.documents import Document

    Check = Callable[..., Report]

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SEED = 20


@pytest.fixture
def checked(contract_of: Callable[[Document], Contract], monkeypatch: pytest.MonkeyPatch) -> Check:
    """Checks an application against a document: ``checked(OPENAI, "openai_consumer:create_app()")``."""

    def run(document: Document, application: str, **options: object) -> Report:
        contract = contract_of(document)
        monkeypatch.setenv(contract.profile.secret_variable, SECRET)
        given = {"path": "/webhooks", "seed": SEED, "search_path": (Path(__file__).parents[1],), **options}
        return check(f"providers.{application}", Options(contract=contract, **given))  # type: ignore[arg-type]  # options of several types, as one mapping

    return run


def summary(report: Report) -> dict[tuple[str, str, str], int]:
    """How many cases have a finding, by severity, rule and what was got."""
    return dict(Counter((f.severity, f.rule, f.got) for f in report.findings))


def test_openai_with_its_library(checked: Check) -> None:
    """The library takes every documented variant; caught as its guide has it, some of its errors escape."""
    report = checked(OPENAI, "openai_consumer:create_app()", seen_url="/seen")
    forged = "200 (the forged request was accepted)"
    assert summary(report) == {
        # Of a header that is missing the library says so with a plain ValueError, which is not the error that
        # the guide catches: whoever finds the address makes the service answer 500.
        ("error", "ADA301", "500"): 4 * 15,
        ("error", "ADA501", "500"): 5,
        ("error", "ADA502", "500"): 5,
        # An empty id that is signed is taken for one; only the owner of the secret could send it.
        ("warning", "ADA310", forged): 15,
        # What only OpenAI could send and never does: no data, no JSON, no object, no UTF-8, great depth.
        ("warning", "ADA105", "500"): 15,
        ("warning", "ADA501", "500"): 5,
        ("warning", "ADA502", "500"): 5,
        ("warning", "ADA503", "500"): 4,
        ("warning", "ADA504", "500"): 2,
        ("warning", "ADA505", "500"): 50,
    }


def test_openai_with_any_error_caught(checked: Check) -> None:
    """Caught as the library's README has it, nothing is left but the id that is empty."""
    report = checked(
        OPENAI,
        "openai_consumer:create_careful_app()",
        seen_url="/seen",
        selection=Selection(select="ADA3xx,ADA5xx"),
    )
    assert summary(report) == {("warning", "ADA310", "200 (the forged request was accepted)"): 15}


def test_svix_with_its_library(checked: Check) -> None:
    """Models with every limit that the document names take all that is sent; some errors of the library escape."""
    report = checked(SVIX, "svix_consumer:create_app()", seen_url="/seen")
    assert summary(report) == {
        # Of a signature that is no base64, or has no comma, the library says so with Python's own errors, not
        # with the one that its documentation tells to catch; of bytes that are no UTF-8 as well.
        ("warning", "ADA310", "500"): 3 * 7,
        ("warning", "ADA503", "500"): 4,
    }


def test_adyen(checked: Check, contract_of: Callable[[Document], Contract]) -> None:
    """A consumer that goes by the document takes every variant."""
    report = checked(
        ADYEN,
        "adyen_consumer:create_app()",
        path="/notifications",
        headers=(("Authorization", AUTHORIZATION),),
        selection=Selection(select="ADA1xx,ADA2xx"),
    )
    assert summary(report) == {}
    assert len(report.results) > 50 * len(contract_of(ADYEN).events)


def test_adyen_in_haste(checked: Check) -> None:
    """A content that need not be there is missed, and a status that is a text where another event has an object."""
    report = checked(
        ADYEN,
        "adyen_consumer:create_hasty_app()",
        path="/notifications",
        headers=(("Authorization", AUTHORIZATION),),
        selection=Selection(events=("ACCOUNT_CLOSED", "ACCOUNT_HOLDER_STORE_STATUS_CHANGE"), select="ADA1xx"),
    )
    errors = {finding.case for finding in report.findings if finding.severity == "error"}
    assert "ACCOUNT_CLOSED/absent:content" in errors
    assert "ACCOUNT_HOLDER_STORE_STATUS_CHANGE/example:documented" in errors
    others = {case.partition("/")[2] for case in errors if "STORE_STATUS" not in case}
    assert others == {"absent:content", "absent:all"}
