"""Documents as YAML 1.2 reads them, and values that no document may hold."""

from __future__ import annotations

from typing import Any

import pytest

from ada_schemas import DocumentError
from ada_schemas.contract.yaml_reader import line_of, parse_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[on, off, yes, no, y, N]", ["on", "off", "yes", "no", "y", "N"]),
        ("[true, False, TRUE, tRue]", [True, False, True, "tRue"]),
        ("[010, 0o17, 0x1F, -3, +4, 0b1, 1_000]", [10, 15, 31, -3, 4, "0b1", "1_000"]),
        ("[1e3, .5, 1., -2.5E-1, 1.2.3]", [1000.0, 0.5, 1.0, -0.25, "1.2.3"]),
        ("[12:30:00, 190:20, 2020-09-20, 2020-09-20T00:00:00Z]", ["12:30:00", "190:20", "2020-09-20", "2020-09-20T00:00:00Z"]),
        ("[null, Null, ~, nUll]", [None, None, None, "nUll"]),
        ("[=, 0x_, !!str 7, !!int '8', !!float 2]", ["=", "0x_", "7", 8, 2.0]),
        ("base: &b {a: 1, c: 2}\nmine: {<<: *b, a: 3}", {"base": {"a": 1, "c": 2}, "mine": {"a": 3, "c": 2}}),
    ],
    ids=["words", "booleans", "integers", "numbers", "times", "nulls", "tags", "merge"],
)  # fmt: skip
def test_scalars_of_the_core_schema(text: str, value: Any) -> None:
    """What YAML 1.1 took for a boolean, an octal number or a time is what YAML 1.2 says it is."""
    found = parse_yaml(text, name="doc")
    assert found == value
    assert list(map(type, found)) == list(map(type, value))


def test_a_key_is_the_text_that_was_written() -> None:
    """Statuses, dates and words are keys as JSON has them."""
    text = "200: ok\non: event\nnull: none\n1.50: price\n2020-09-20: day\n[1]: list\n"
    with pytest.raises(DocumentError) as caught:
        parse_yaml(text, name="doc")
    assert caught.value.what == "doc is not valid YAML at line 6: found unhashable key."
    found = parse_yaml(text.replace("[1]: list\n", ""), name="doc")
    assert list(found) == ["200", "on", "null", "1.50", "2020-09-20"]


@pytest.mark.parametrize("text", ["200: a\n'200': b", "{a: 1, !!str a: 2}", '{"a": 1, "a": 2}'])
def test_keys_that_are_the_same_text(text: str) -> None:
    """Readers take either of two keys, so none is taken."""
    key = "200" if "200" in text else "a"
    with pytest.raises(DocumentError) as caught:
        parse_yaml(text, name="doc")
    line = text.count("\n") + 1
    assert (
        caught.value.what
        == f"doc is not valid YAML at line {line}: the key '{key}' is there twice in one mapping."
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: !!timestamp 2001-01-01", "the tag '!!timestamp' makes no value of JSON"),
        ("a: !!binary aGk=", "the tag '!!binary' makes no value of JSON"),
        ("a: !!set {b}", "the tag '!!set' makes no value of JSON"),
        ("a: !!omap [b: 1]", "the tag '!!omap' makes no value of JSON"),
        ("a: !mine b", "the tag '!mine' makes no value of JSON"),
        ("a: !!python/name:os.system b", "the tag '!!python/name:os.system' makes no value of JSON"),
        ("a: .nan", "a number that JSON has not"),
        ("a: -.inf", "a number that JSON has not"),
        ("a: 1e999", "a number that JSON has not"),
        ('{"a": 1e999}', "a number that JSON has not"),
    ],
)
def test_values_that_json_has_not(text: str, reason: str) -> None:
    """They could be written into no file that is generated."""
    with pytest.raises(DocumentError) as caught:
        parse_yaml(text, name="doc")
    assert caught.value.what == f"doc is not valid YAML at line 1: {reason}."


@pytest.mark.parametrize("text", ['{"a": NaN}', '{"a": -Infinity}'])
def test_words_that_are_no_numbers_in_json(text: str) -> None:
    """Some writers of JSON write them; as YAML they are texts."""
    word = text[6:-1]
    assert parse_yaml(text, name="doc") == {"a": word}


def test_half_a_pair_of_escapes() -> None:
    """A surrogate of JSON that stands alone is no text that could be written; a pair is one character."""
    with pytest.raises(DocumentError) as caught:
        parse_yaml(r'{"a": "\ud83d"}', name="doc")
    assert (
        caught.value.what == "doc is not valid YAML at line 1: found invalid Unicode character escape code."
    )
    assert parse_yaml(r'{"a": "\ud83d\ude00"}', name="doc") == {"a": "😀"}


@pytest.mark.parametrize(
    ("way", "line"),
    [
        ((), 2),
        (("name",), 2),
        (("steps",), 3),
        (("steps", 0), 4),
        (("steps", 0, "end"), 4),
        (("steps", 1, "text", "deep"), 7),
        (("steps", 1, "none"), 5),
        (("steps", 9, "text"), 3),
        (("name", "below"), 2),
        (("again", "end"), 4),
    ],
)
def test_line_of(way: tuple[str | int, ...], line: int) -> None:
    """The line of what stands at a path, or of the nearest around it; an alias stands where its anchor is."""
    text = (
        "# a comment\nname: n\nsteps:\n- &one {end: system}\n- wait: 1s\n  text:\n    deep: 5\nagain: *one\n"
    )
    assert line_of(text, way) == line


def test_line_of_none() -> None:
    """There is no line in nothing, and in JSON that is no YAML."""
    assert line_of("# nothing", ("a",)) is None
    assert line_of('{"a":\t[1,\n\t"\\/"], "b": "\\ud83d\\ude00"}', ("b",)) is None
    assert line_of('{"a": [1,\n2]}', ("a", 1)) == 2
