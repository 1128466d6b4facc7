"""Rule codes stand in rules.toml and in the suites: no other module knows one, or decides by one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "schemas/ada_schemas",
    "mockserver/ada_mockserver",
    "contract_tests/ada_contract_tests",
    "cli/adakit",
)
OF_CODES = ("contract_tests/ada_contract_tests/suites/", "schemas/ada_schemas/variation/")
"""What gives every case its rule."""

ENGINE, PLUGIN = "contract_tests/ada_contract_tests/engine", "contract_tests/ada_contract_tests/pytest"
PROFILE = "the entries of a profile are the rules that may not hold for a provider"
ALLOWED = {
    "schemas/ada_schemas/contract/profile.py": dict.fromkeys(
        ("ADA201", "ADA202", "ADA203", "ADA204", "ADA205", "ADA206", "ADA304", "ADA305"), PROFILE
    ),
    "schemas/ada_schemas/contract/proposal.py": {"ADA201": "the rule that a closed document rules out"},
    "schemas/ada_schemas/files/profile.py": dict.fromkeys(
        ("ADA201", "ADA202", "ADA203", "ADA204", "ADA205", "ADA206"), PROFILE
    ),
    "contract_tests/ada_contract_tests/rules.py": {
        "prefix.startswith('ADA')": "reads the codes that people give, and all of them begin so",
    },
    "contract_tests/ada_contract_tests/known_failures.py": {"ADA104": "an example in an error's next step"},
    f"{ENGINE}/check.py": {
        "ADA3xx": "says which rules an option leaves out",
        "ADA401": "the same",
        "ADA7xx": "says which rules nothing is fuzzed without",
    },
    f"{ENGINE}/run.py": {"ADA3xx": "says which rules were left out"},
    f"{PLUGIN}/options.py": {"ADA1xx": "an example in a help text", "ADA301": "the same"},
    f"{PLUGIN}/cases_marker.py": {
        "ADA1xx": "the marker's default selection, as a person would give it",
        "ADA2xx": "the same",
    },
    "cli/adakit/commands/check.py": {
        "ADA104": "an example in a help text",
        "ADA2xx": "the same",
    },
}
"""By module, what it names all the same, and why."""


def named(tree):
    """The codes, or beginnings of codes, that a module names outside its docstrings."""
    found = set()
    docstrings = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in docstrings:
                found.update(re.findall(r"ADA\d\w*", text))
            case ast.Call(func=ast.Attribute(attr="startswith"), args=[ast.Constant(value=str(text))]):
                found |= {ast.unparse(node)} if text.startswith("ADA") else set()
            case ast.Subscript(value=ast.Attribute(attr="rule" | "code")):
                found.add(ast.unparse(node))
    return found


def test_no_module_decides_by_a_code():
    """Outside the suites a module asks a rule for its family, role or expectation, not for its code."""
    found = {}
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            path = file.relative_to(ROOT).as_posix()
            codes = set() if path.startswith(OF_CODES) else named(ast.parse(file.read_text(encoding="utf-8")))
            if codes:
                found[path] = codes
    assert found == {path: set(reasons) for path, reasons in ALLOWED.items()}


def test_what_counts_as_naming_a_code():
    """Comparing with a code, with its beginning or with a digit of it counts; a docstring does not."""
    source = """
def f(case):
    'About ADA101 and ADA2xx.'
    if case.rule == 'ADA401' or case.rule.startswith('ADA5') or case.rule in ('ADA601', 'ADA602'):
        return case.rule[3]
    return case.code.startswith('ADA')
"""
    assert named(ast.parse(source)) == {
        "ADA401",
        "ADA5",
        "case.rule.startswith('ADA5')",
        "ADA601",
        "ADA602",
        "case.rule[3]",
        "case.code.startswith('ADA')",
    }
