"""The document of a scenario: held against its JSON Schema; what is wrong with it, and in which line."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from ada_mockserver.events.payload import json_text
from ada_schemas.contract.yaml_reader import line_of, parse_yaml
from ada_schemas.errors import UsageError, did_you_mean, some
from ada_schemas.shown import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jsonschema import Draft202012Validator

    from ada_schemas.jsonschema_errors import Fault

__all__ = ["KINDS", "Document", "Problem", "ScenarioError", "read_document", "schema_text"]

KINDS = (
    "end_user", "ai_agent", "human_agent", "handoff", "end_handoff", "profile", "survey", "end", "wait",
    "event",
)  # fmt: skip
"""The kinds of step, each with its member of that name."""

_SHOWN = 50
"""So many problems are listed."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, in one or two sentences; a warning unless it is an ``error``.

    ``line`` is the line of the file ``name``, None where there is none.
    """

    name: str
    line: int | None
    what: str
    error: bool = True

    def __str__(self) -> str:
        place = self.name if self.line is None else f"{self.name}:{self.line}"
        return f"{place}: {'' if self.error else 'warning: '}{self.what}"


class ScenarioError(UsageError):
    """A scenario that does not fit; ``problems`` says why, in the order of the document."""

    def __init__(self, name: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda one: one.line or 0))
        listed = [str(one) for one in self.problems[:_SHOWN]]
        if len(problems) > _SHOWN:
            listed.append(f"... and {len(problems) - _SHOWN} more")
        super().__init__(f"The scenario {name} does not fit.", next_step="\n".join(listed))


@dataclass(frozen=True, slots=True)
class Document:
    """The data of a scenario, which has the form that its schema demands, and where its parts stand.

    ``name`` is what messages call it, ``text`` the YAML that it was read from, None if there was none.
    """

    name: str
    data: Mapping[str, Any]
    text: str | None = field(default=None, repr=False)

    def problem(self, way: Sequence[str | int], what: str, *, error: bool = True) -> Problem:
        """A problem of what stands at ``way``: keys and indexes from the outside in."""
        line = None if self.text is None else line_of(self.text, way)
        return Problem(self.name, line, shown(what), error)


def schema_text() -> str:
    """The JSON Schema of the documents, for editors."""
    data = resources.files("ada_mockserver") / "data" / "scenario.schema.json"
    return data.read_text(encoding="utf-8")


def read_document(source: str | Mapping[str, Any], *, name: str) -> Document:
    """A document from its YAML text, or from its data.

    Raises ``ScenarioError`` for one that does not have the form, ``DocumentError`` for text that is no YAML.
    """
    from ada_mockserver.fitting import fitting_faults  # noqa: PLC0415 - few read a scenario

    text = source if isinstance(source, str) else None
    if text is None:
        try:
            given = json_text(source)
            given.encode()
        except (TypeError, ValueError, RecursionError) as error:
            raise UsageError(f"The scenario {name} is no JSON: {error}.") from None
        document = Document(name, parse_yaml(given, name=name))
    else:
        document = Document(name, parse_yaml(text, name=name), text)
    faults = fitting_faults(_validator(), document.data)
    if problems := list(dict.fromkeys(_problems(document, faults))):
        raise ScenarioError(name, problems)
    return document


@lru_cache(maxsize=1)
def _validator() -> Draft202012Validator:
    from ada_mockserver.fitting import validator  # noqa: PLC0415 - likewise

    return validator(json.loads(schema_text()))


def _problems(document: Document, found: Iterator[tuple[Fault, str]]) -> Iterator[Problem]:
    faults = list(found)
    misspelt = {fault.path[:-1] for fault, _ in faults if fault.keyword == "additionalProperties"}
    for fault, said in faults:
        way = fault.path
        if fault.keyword == "oneOf" and way in misspelt:
            continue  # the kind of the step is there, misspelt
        if fault.keyword == "pattern" and way == ("words",):
            way = (*way, str(fault.got))  # the name is at fault, not what it names
        if fault.keyword == "additionalProperties":
            known = fault.schema["properties"]
            near = did_you_mean(str(way[-1]), known)
            message = f"is not known. {near or f'Known are: {some(list(known), len(known))}.'}"
        else:
            message = f"{said}."
        yield document.problem(way, f"{_subject(way)} {message}")


def _subject(way: tuple[str | int, ...]) -> str:
    """The place as a text names it: ``step 3: human_agent.file``."""
    rest = way
    step = ""
    if len(way) > 1 and way[0] == "steps":
        step, rest = f"step {int(way[1]) + 1}", way[2:]
    names = ".".join(map(str, rest))
    return ": ".join(filter(None, (step, names))) or "The scenario"
