"""Any scenario of the schema's grammar is told or refused in words; one in Ada's order gives valid events."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ada_mockserver.events.written.checking import try_out
from ada_mockserver.events.written.document import Problem, ScenarioError, schema_text
from ada_mockserver.events.written.plan import read_plan
from ada_mockserver.events.written.telling import WrittenTeller

SCHEMA = json.loads(schema_text())
WORDS = st.sampled_from(["hi", "{order} for {first_name}", "{{", "{amount}", "", "a\u200fb 😀"])
TEXTS = WORDS | st.text(max_size=12).map(lambda text: text.replace("{", "{{").replace("}", "}}"))
LOOSE = TEXTS | st.sampled_from(["{", "}", "{nope}", "{0}", "{order!r}", "{a.b}", "\x00", "\u2028"])
VALUES = st.none() | st.booleans() | st.integers() | LOOSE | st.lists(st.integers(), max_size=2)
PATHS = st.sampled_from(
    ["data.x", "data.metadata", "type", "data.a.b", "timestamp", "data", "tags.0", "", ".", "\\"]
)
USUAL = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


def from_schema(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a schema of ours describes."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name == "set":
            return st.dictionaries(PATHS, VALUES, min_size=1, max_size=2)
        return from_schema(SCHEMA["$defs"][name])
    if "then" in schema and "else" in schema:
        return from_schema(schema["then"]) | from_schema(schema["else"])
    if "anyOf" in schema:
        return st.one_of([from_schema(one) for one in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "examples" in schema and schema.get("type") == "string":
        return st.sampled_from(schema["examples"])
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return st.one_of([of_kind(kind, schema) for kind in kinds])


def of_kind(kind: str, schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    match kind:
        case "object":
            return mappings(schema)
        case "array":
            items = PATHS if schema["items"].get("type") == "string" else from_schema(schema["items"])
            return st.lists(items, min_size=schema.get("minItems", 0), max_size=6)
        case "string":
            if schema.get("format") == "uri":
                return st.sampled_from(
                    ["https://x.example/{tracking}", "https://x.example/{product}?a={{", "a:b"]
                )
            if "pattern" in schema:
                return st.from_regex(schema["pattern"], fullmatch=True)
            return LOOSE.filter(lambda text: len(text) >= schema.get("minLength", 0))
        case "integer" | "number":
            return st.integers(max(schema["minimum"], -4), min(schema["maximum"], 4))
        case "boolean":
            return st.booleans()
    return st.none()


@st.composite
def mappings(draw: st.DrawFn, schema: dict[str, Any]) -> dict[str, Any]:
    if "properties" not in schema:
        extra = schema.get("additionalProperties", {"type": "string"})
        drawn: dict[str, Any] = draw(st.dictionaries(LOOSE, from_schema(extra), max_size=2))
        return drawn
    alternatives = [one["required"][0] for one in schema.get("oneOf", [])]
    chosen = set(schema.get("required", [])) | (
        {draw(st.sampled_from(alternatives))} if alternatives else set()
    )
    optional = [name for name in schema["properties"] if name not in alternatives]
    chosen |= set(draw(st.lists(st.sampled_from(optional), max_size=3))) if optional else set()
    return {name: draw(from_schema(one)) for name, one in schema["properties"].items() if name in chosen}


def times_in_order(payloads: list[dict[str, Any]]) -> bool:
    times = [datetime.fromisoformat(payload["timestamp"]) for payload in payloads]
    return times == sorted(times)


def refusal(source: str | dict[str, Any]) -> tuple[Problem, ...]:
    """Why a document is refused; nothing where it is told."""
    try:
        try_out(read_plan(source, name="d"), seed=1)
    except ScenarioError as error:
        return error.problems
    return ()


@USUAL
@given(from_schema(SCHEMA), st.booleans())
def test_any_document(document: dict[str, Any], lenient: bool) -> None:
    """A document of the grammar is told, or refused by an error of ours; as text and as data alike."""
    if lenient:
        document = {**document, "strict": False}
    text = yaml.safe_dump(document, default_style='"', sort_keys=False)
    problems = refusal(document)
    assert [one.what for one in problems] == [one.what for one in refusal(text)]
    if problems:
        assert all("\n" not in str(one) for one in problems)
        return
    plan = read_plan(document, name="d")
    outcome = try_out(plan, seed=1)
    told = WrittenTeller(plan, seed=1).tell()
    assert outcome.events == len(told.steps)
    assert [json.loads(step.body) for step in told.steps] == [step.payload for step in told.steps]
    if not any(step.edits for step in plan.steps) and not (
        plan.edits("end_user") or plan.edits("conversation")
    ):
        assert times_in_order([step.payload for step in told.steps])


SAID = st.one_of(
    TEXTS,
    st.fixed_dictionaries({"file": st.sampled_from(["a.jpg", "{order}.PDF"])}),
    st.fixed_dictionaries({"link": st.just("https://x.example/{city}"), "text": TEXTS}),
)
MEMBERS = st.fixed_dictionaries(
    {"email": st.none() | TEXTS, "metadata": st.dictionaries(TEXTS, st.integers(0, 9), max_size=2)}
)


@st.composite
def conversations(draw: st.DrawFn) -> dict[str, Any]:
    """A document whose steps are in an order that Ada keeps to."""
    steps: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(0, 3))):
        steps += draw(
            st.lists(
                st.sampled_from(["end_user", "ai_agent"]).flatmap(
                    lambda who: st.fixed_dictionaries({who: SAID})
                ),
                max_size=3,
            )
        )
        if draw(st.booleans()):
            steps.append({"handoff": draw(st.sampled_from([None, "zendesk_chat", "x"]))})
            steps += draw(
                st.lists(
                    st.sampled_from(["end_user", "human_agent"]).flatmap(
                        lambda who: st.fixed_dictionaries({who: SAID})
                    ),
                    max_size=3,
                )
            )
            steps.append({"end_handoff": None})
        steps += draw(st.lists(st.fixed_dictionaries({"profile": MEMBERS}), max_size=1))
    if draw(st.booleans()):
        ends = ["end_user", "system"] + ["human_agent"] * any("handoff" in step for step in steps)
        steps += [{"end": draw(st.sampled_from(ends))}, {"survey": draw(st.sampled_from([None, "?"]))}]
    steps += draw(
        st.lists(
            st.fixed_dictionaries(
                {"event": from_schema(SCHEMA["$defs"]["step"]["properties"]["event"]["anyOf"][0])}
            ),
            max_size=2,
        )
    )
    for step in steps:
        if draw(st.integers(0, 4)) == 0:
            step["after"] = draw(st.sampled_from(["0s", "250ms", "1h30m"]))
        if draw(st.integers(0, 6)) == 0 and not {"handoff", "end_handoff", "end"} & set(step):
            step["repeat"] = 2
    head = {
        name: draw(from_schema(SCHEMA["properties"][name]))
        for name in ("channel", "locale", "start")
        if draw(st.booleans())
    }
    if isinstance(head.get("channel"), dict) and head["channel"].get("type") == "native":
        head["channel"].pop("metadata", None)
    user = {"known": draw(st.booleans()), **draw(MEMBERS)}
    return {"name": "n", **head, "end_user": user, "steps": steps or [{"wait": "1s"}]}


@USUAL
@given(conversations(), st.integers(0, 3))
def test_ordinary_conversations(document: dict[str, Any], seed: int) -> None:
    """What is in Ada's order gives events that are valid in their closed schema, and in order of time."""
    plan = read_plan(document, name="d")
    outcome = try_out(plan, seed=seed)  # an invalid event would be an error
    assert outcome.warnings == ()
    payloads = [step.payload for step in WrittenTeller(plan, seed=seed).tell().steps]
    assert times_in_order(payloads)
    known = {p["data"]["conversation_id"] for p in payloads if "conversation_id" in p["data"]}
    people = {p["data"]["end_user_id"] for p in payloads if "end_user_id" in p["data"]}
    assert (len(known), len(people)) == (1, 1)
    for payload in payloads:
        data = payload["data"]
        assert data.get("created_at", "") <= data.get("updated_at", "~") <= "~"
