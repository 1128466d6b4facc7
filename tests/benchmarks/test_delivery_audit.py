"""The audit of ``make soak`` on nginx finds each way in which a promise can be broken."""

from __future__ import annotations

import pytest

from ada_mockserver import LoadReport
from ada_schemas.errors import WireError
from soak.delivery import audit_deliveries


def violations(outcomes, log, *, lossy=False, attempts=1, report=None):
    if report is None:
        report = LoadReport()
        for _, outcome in outcomes:
            if isinstance(outcome, int):
                report.add_answer(outcome, 0.1, 0.1, 0.1)
            else:
                report.add_error(WireError("x.", kind=outcome), 0.1)
    wrong = audit_deliveries(outcomes, log, report, lossy=lossy, attempts=attempts)
    return {name for name, cases in wrong.items() if cases}


def test_all_is_well():
    """Each event once at the receiver, with the status that is reported."""
    assert violations([("a", 200), ("b", 500)], {"a": [200], "b": [500]}) == set()
    assert violations([("a", 200)], {"a": [500, 500, 200]}, attempts=3) == set()


def test_a_cut_connection():
    """Where the server is stopped, a delivery that was reported as dropped may have arrived, or not."""
    assert violations([("a", "dropped")], {}, lossy=True) == set()
    assert violations([("a", "dropped")], {"a": [200]}, lossy=True) == set()


@pytest.mark.parametrize(
    ("outcomes", "log", "options", "found"),
    [
        (
            [("a", 200)],
            {},
            {},
            {"accepted deliveries that did not arrive", "the report's sums are not the log's"},
        ),
        (
            [("a", 200)],
            {"a": [200, 200]},
            {},
            {
                "events that were accepted twice",
                "events that arrived more than once",
                "the report's sums are not the log's",
            },
        ),
        ([("a", 200)], {"a": [200, 200]}, {"attempts": 3}, {"events that were accepted twice"}),
        (
            [],
            {"a": [200]},
            {},
            {"events that arrived and were not told", "the report's sums are not the log's"},
        ),
        ([("a", "dropped")], {}, {}, {"deliveries lost without need"}),
        (
            [("a", "timeout")],
            {},
            {"lossy": True},
            {"deliveries that were neither answered nor dropped"},
        ),
        (
            [("a", 200)],
            {"a": [200]},
            {"report": LoadReport()},
            {"the report's sums are not the deliveries'", "the report's sums are not the log's"},
        ),
        (
            [("a", 200), ("a", 200)],
            {"a": [200]},
            {},
            {"deliveries told twice", "the report's sums are not the log's"},
        ),
        ([("a", 500)], {"a": [500] * 3}, {"attempts": 3}, {"deliveries that no attempt brought through"}),
    ],
)
def test_what_is_wrong(outcomes, log, options, found):
    """Each violation is found, and named."""
    assert violations(outcomes, log, **options) == found
