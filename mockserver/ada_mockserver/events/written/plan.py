"""The plan of a story: a scenario that a user wrote, read and held against the rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ada_mockserver.events.dialogues import placeholders
from ada_mockserver.events.personas import Personas
from ada_mockserver.events.written.document import Document, Problem, ScenarioError, read_document
from ada_mockserver.events.written.rules import out_of_order
from ada_mockserver.events.written.steps import edits_of, parse_start, parse_steps
from ada_schemas.contract.contract import shipped
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ada_mockserver.events.edits import Edit
    from ada_mockserver.events.written.steps import WrittenStep
    from ada_schemas.contract.contract import Contract

__all__ = ["Plan", "read_plan"]

_USUAL_LOCALE = "en_US"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be told: the document with its steps, times and edits as values.

    ``warnings`` are what Ada would not do, and the document asks for all the same (``strict: false``).
    """

    document: Document
    locale: str
    contract: Contract
    start: int | None
    steps: tuple[WrittenStep, ...]
    warnings: tuple[Problem, ...] = ()

    @property
    def data(self) -> Mapping[str, Any]:
        """The document's data."""
        return self.document.data

    @property
    def name(self) -> str:
        """The scenario's name."""
        return str(self.data["name"])

    @property
    def seed(self) -> int | None:
        """The seed that the document asks for."""
        return self.data.get("seed")

    @property
    def strict(self) -> bool:
        """False where a wrong order of steps is wanted."""
        return bool(self.data.get("strict", True))

    @property
    def filling(self) -> bool:
        """True if texts have placeholders."""
        return bool(self.data.get("placeholders", True))

    @property
    def known(self) -> bool:
        """True if the end user was known before."""
        return bool(self.data.get("end_user", {}).get("known"))

    @property
    def foreign(self) -> Contract | None:
        """The contract, None for ours."""
        return None if self.contract is shipped() else self.contract

    def edits(self, subject: str) -> tuple[Edit, ...]:
        """The edits to the event that ``end_user`` or ``conversation`` begins with."""
        return edits_of(self.data.get(subject, {}))


def read_plan(
    source: str | Mapping[str, Any], *, name: str, locale: str | None = None, contract: Contract | None = None
) -> Plan:
    """The plan of a document, given as its YAML text or as its data; ``name`` is what messages call it.

    ``locale`` wins over that of the document; the events are those of ``contract``, ours if it is None.
    Raises ``ScenarioError`` that says all that is wrong, and ``DocumentError`` for text that is no YAML.
    """
    document = read_document(source, name=name)
    data, known = document.data, contract or shipped()
    problems = list(_contradictions(document))
    start = None
    try:
        start = parse_start(document)
    except ValueError:
        problems.append(document.problem(("start",), f"start: there is no such time as {data['start']}."))
    if locale is not None:
        spoken = Personas.load(locale).locale
    else:
        try:
            spoken = Personas.load(data.get("locale", _USUAL_LOCALE)).locale
        except UsageError as error:
            spoken = _USUAL_LOCALE
            problems.append(document.problem(("locale",), f"locale: {error.what} {error.next_step}"))
    words = dict.fromkeys((*placeholders(spoken), *data.get("words", {})))
    steps, wrong = parse_steps(document, words, known)
    problems += wrong
    strict = data.get("strict", True)
    if not wrong:
        for step, why in out_of_order(steps):
            advice = " Or set strict: false to send it so." if strict else ""
            way = ("steps", step.number - 1)
            problems.append(document.problem(way, f"{step.title} {why}{advice}", error=strict))
    if any(problem.error for problem in problems):
        raise ScenarioError(name, problems)
    return Plan(document, spoken, known, start, tuple(steps), tuple(problems))


def _contradictions(document: Document) -> list[Problem]:
    """What contradicts itself beside the steps."""
    found = []
    channel, user = document.data.get("channel"), document.data.get("end_user", {})
    if isinstance(channel, dict) and channel.get("type") == "native" and "metadata" in channel:
        what = "channel: one of Ada's own has no metadata. Leave it out, or make the type custom."
        found.append(document.problem(("channel", "metadata"), what))
    for member in ("set", "unset"):
        if user.get("known") and member in user:
            what = (
                f"end_user: an end user who is known gets no end_user.created in which to {member} a member. "
                "Leave one of the two out."
            )
            found.append(document.problem(("end_user", member), what))
    return found
