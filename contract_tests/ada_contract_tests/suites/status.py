"""ADA401, ADA402 and ADA411: an ordinary delivery, of which the status and the time count.

What these rules say of all other deliveries is judged with the run.
"""

from __future__ import annotations

from ada_contract_tests.case import BodyVariant
from ada_contract_tests.suites.suite import Suite

__all__ = ["cases"]

cases = Suite()
for name, rule, summary in (
    ("200", "ADA401", "every accepted delivery is answered 200"),
    ("in-time", "ADA402", "the answer comes within the time limit"),
    ("not-put-off", "ADA411", "no delivery is put off for the rate at which they come"),
):
    cases.add(f"status:{name}", summary, rule=rule, payload=BodyVariant())
