"""ADA401 and ADA402: an ordinary delivery, of which the status and the time count.

What the two rules say of all other deliveries is judged with the run.
"""

from __future__ import annotations

from ada_contract_tests.case import BodyVariant, Suite

__all__ = ["cases"]

cases = Suite()
for name, rule, summary in (
    ("200", "ADA401", "every accepted delivery is answered 200"),
    ("in-time", "ADA402", "the answer comes within the time limit"),
):
    cases.add(f"status:{name}", summary, rule=rule, payload=BodyVariant())
