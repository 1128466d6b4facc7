"""The pages under docs/rules are what rules.toml says."""

from __future__ import annotations

from pathlib import Path

from ada_contract_tests.rules import RULES, rule_page, write_pages

PAGES = Path(__file__).parents[2] / "docs" / "rules"


def test_every_rule_has_its_page() -> None:
    """Each page is the rule's text, no rule lacks one, and none is left over."""
    assert {p.stem for p in PAGES.glob("ADA*.md")} == set(RULES)
    for code, rule in RULES.items():
        assert (PAGES / f"{code}.md").read_text(encoding="utf-8") == rule_page(rule), code


def test_the_index_links_every_page() -> None:
    """The index of the rules names each of them, with its title and family, in the order of the codes."""
    rows = [f"| [{r.code}]({r.code}.md) | {r.title} | {r.family} |" for r in RULES.values()]
    text = (PAGES / "README.md").read_text(encoding="utf-8")
    assert text.splitlines()[4:] == rows


def test_the_pages_can_be_written(tmp_path: Path) -> None:
    """`make schemas` writes every page and the index anew, whatever stood in them."""
    for page in PAGES.glob("*.md"):
        head = page.read_text(encoding="utf-8").splitlines()[:4]
        (tmp_path / page.name).write_text("\n".join([*head, "old"]), encoding="utf-8")
    write_pages(tmp_path)
    assert {p.name: p.read_text(encoding="utf-8") for p in tmp_path.iterdir()} == {
        p.name: p.read_text(encoding="utf-8") for p in PAGES.glob("*.md")
    }
