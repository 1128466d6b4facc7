"""The events of a scenario that a user wrote, held against the closed schemas of the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ada_mockserver.events.written.document import Problem, ScenarioError
from ada_mockserver.events.written.rules import out_of_order
from ada_mockserver.events.written.telling import WrittenTeller

if TYPE_CHECKING:
    from ada_mockserver.events.profile import Profile
    from ada_mockserver.events.written.plan import Plan

__all__ = ["Outcome", "try_out"]


class Outcome(NamedTuple):
    """What came of telling a scenario once: how many events, and the warnings about it."""

    events: int
    warnings: tuple[Problem, ...]


def try_out(plan: Plan, *, seed: int | str, profile: Profile | None = None) -> Outcome:
    """Tell a scenario once, and hold each event against its closed schema.

    What ``set`` and ``unset`` make invalid is a warning, and so is everything where the order may be wrong or
    the contract is not ours. Raises ``ScenarioError`` for an event that is invalid by itself.
    """
    from ada_schemas.validation import validate  # noqa: PLC0415 - few tell a scenario of their own

    edited = {step.title for step in plan.steps if step.edits}
    edited |= {subject for subject in ("end_user", "conversation") if plan.edits(subject)}
    lenient = not plan.strict or plan.foreign is not None
    numbers = {step.title: step.number for step in plan.steps}
    problems: dict[Problem, None] = dict.fromkeys(plan.warnings)
    disordered = {step.title for step, _ in out_of_order(plan.steps)} - edited
    told = WrittenTeller(plan, seed=seed, profile=profile).traced()
    for step, title in told:
        payload = step.payload
        name = payload.get("type")
        if title in disordered:
            continue  # that is the warning already
        if isinstance(name, str) and name not in plan.contract.by_type:
            continue  # a new event type, which a consumer must survive
        for violation in validate(payload, closed=True, contract=plan.contract):
            way = ("steps", numbers[title] - 1) if title in numbers else (title,)
            what = f"{title} gives an invalid {name or 'event'}: {violation}."
            error = not lenient and title not in edited
            problems[plan.document.problem(way, what, error=error)] = None
    if any(problem.error for problem in problems):
        raise ScenarioError(plan.document.name, list(problems))
    return Outcome(len(told), tuple(sorted(problems, key=lambda one: one.line or 0)))
