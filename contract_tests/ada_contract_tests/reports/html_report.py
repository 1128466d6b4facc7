"""The report as one HTML page that needs nothing else: no server, no network, no script to be read."""

from __future__ import annotations

import re
from base64 import b64encode
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from hashlib import sha256
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from ada_contract_tests.findings import group_findings
from ada_contract_tests.reports.junit import printable
from ada_contract_tests.rules import EXPECTATIONS, FAMILIES, RULES, digits
from ada_contract_tests.tracebacks import traceback_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ada_contract_tests.findings import Finding, Group, Outcome, Report, Result

__all__ = ["render_html"]

MOST_GROUPS = 100
MOST_CASES = 500
MOST_CHANGES = 10
MOST_TRACEBACK = 40
LONGEST = 400
"""Characters of a cause, or of a line of a traceback."""

OUTCOMES: tuple[Outcome, ...] = ("passed", "failed", "not run", "not applicable")


class Html(str):
    """Markup. Any other text is escaped on its way into the page."""

    __slots__ = ()


FILTER = Html(
    '<div class="filter" hidden><label>Filter <input type="search" placeholder="case, rule, text"></label>'
    "<output></output></div>"
)
RULES_HEAD = Html(
    '<thead><tr><th scope="col" colspan="2">Rule</th>'
    '<th scope="col" class="documents">What Ada documents</th><th scope="col">What must hold</th>'
    '<th scope="col" class="number">Cases</th></tr></thead>'
)


def _join(parts: Iterable[str]) -> Html:
    return Html("".join(p if isinstance(p, Html) else escape(printable(p)) for p in parts))


def _el(name: str, *children: str, **attributes: str) -> Html:
    """An element; of an attribute's name a final underscore is left out, any other is a hyphen."""
    pairs = ((key.removesuffix("_").replace("_", "-"), value) for key, value in attributes.items())
    opening = "".join(f' {key}="{escape(printable(value))}"' for key, value in pairs)
    return Html(f"<{name}{opening}>{_join(children)}</{name}>")


def _prose(text: str) -> Html:
    """Our own words, in which backticks mark code."""
    parts = re.split(r"`([^`]+)`", text)
    return _join(_el("code", part) if n % 2 else part for n, part in enumerate(parts))


def _many(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"


def _clipped(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _breakable(name: str) -> Html:
    """The name, which may go on in a new line after each of its dots."""
    first, *rest = name.split(".")
    return _join([first, *(part for each in rest for part in (".", Html("<wbr>"), each))])


def _event(event: str) -> str:
    return "no documented event" if event == "any" else event


def render_html(report: Report) -> str:
    """The page: verdict, matrix of events and rules, findings by cause, what was left out, the rules."""
    here = files("ada_contract_tests.reports")
    script = (here / "report.js").read_text(encoding="utf-8")
    groups = group_findings(report.findings)
    sections = [
        _remarks(report),
        _matrix(report, groups),
        _findings(groups),
        _left_out(report),
        _rules(report),
    ]
    return Template((here / "report.html.template").read_text(encoding="utf-8")).substitute(
        title=_join([f"{'PASS' if report.ok else 'FAIL'}: {report.target}"]),
        style=(here / "report.css").read_text(encoding="utf-8"),
        script=script,
        script_hash=f"sha256-{b64encode(sha256(script.encode()).digest()).decode()}",
        seed=str(report.seed),
        head=_head(report, groups),
        sections="\n".join(section for section in sections if section),
    )


def _head(report: Report, groups: Sequence[Group]) -> Html:
    bar, keys = [], []
    for outcome in OUTCOMES:
        kind, count = outcome.replace(" ", "-"), report.count(outcome)
        bar += [_el("span", class_=kind, style=f"flex: {count}")] if count else []
        if count or outcome in ("passed", "failed"):
            keys.append(_el("li", _el("i", class_=kind), _el("b", str(count)), f" {outcome}"))
    if report.warnings:
        count, word = len(report.warnings), "warning" if len(report.warnings) == 1 else "warnings"
        keys.append(_el("li", _el("i", class_="warned"), _el("b", str(count)), f" {word}"))
    mark, word = ("✓", "PASS") if report.ok else ("✗", "FAIL")
    about = _el(
        "div",
        _el("h1", "Contract check of Ada webhooks against ", _el("code", report.target)),
        _el("p", _lede(report, groups), class_="lede"),
        _el("div", *bar, class_="bar", aria_hidden="true"),
        _el("ul", *keys, class_="keys"),
        class_="about",
    )
    stamp = _el("div", _el("span", mark, aria_hidden="true"), word, class_="stamp")
    coverage = "100 %" if report.coverage >= 1 else f"{min(99.9, report.coverage * 100):.1f} %"
    facts = (
        ("Contract coverage", coverage, "of the cases that apply were carried out"),
        ("Cases selected", str(len(report.results)), f"of {report.total_cases}"),
        ("Duration", _duration(report.seconds), _slowest(report.results)),
        ("Seed", str(report.seed), "same seed, same payloads"),
    )
    rows = [_el("div", _el("dt", a), _el("dd", b, _el("small", c))) for a, b, c in facts]
    verdict = _el("div", stamp, about, class_=f"verdict {word.lower()}")
    return _join([verdict, _el("dl", *rows, class_="facts")])


def _lede(report: Report, groups: Sequence[Group]) -> str:
    failed, passed = report.count("failed"), report.count("passed")
    causes = sum(group.severity == "error" for group in groups)
    if failed:
        reasons = ", all for one cause" if causes == 1 else f", for {causes} causes" if causes else ""
        return f"{_many(failed, 'case fails', 'cases fail')}{reasons if failed > 1 else ''}."
    if not passed:
        return "No case was carried out."
    if report.stopped or report.count("not run"):
        return f"{_many(passed, 'case')} passed, then the run was cut short."
    return "The one case passed." if passed == 1 else f"All {passed} cases that apply passed."


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {seconds % 60:.0f} s"


def _slowest(results: Sequence[Result]) -> str:
    times = [r.answer.response.elapsed for r in results if r.answer and r.answer.response]
    return f"slowest answer {max(times) * 1000:.0f} ms" if times else "no answer"


def _remarks(report: Report) -> Html:
    stopped = [_el("p", report.stopped, class_="remark stopped")] if report.stopped else []
    return _join([*stopped, *(_el("p", note, class_="remark") for note in report.notes)])


@dataclass(slots=True)
class _Cell:
    """What became of the cases of one event and one rule, by id."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    warned: set[str] = field(default_factory=set)

    def count(self, outcome: Outcome) -> int:
        return sum(each == outcome for each in self.outcomes.values())


def _cells(report: Report) -> dict[tuple[str, str], _Cell]:
    """A failed case counts under its own rule, and under the rule that its finding names."""
    cells: dict[tuple[str, str], _Cell] = defaultdict(_Cell)
    for result in report.results:
        cells[result.case.event, result.case.rule].outcomes[result.case.id] = result.outcome
    for finding in report.findings:
        cell = cells[finding.event, finding.rule]
        if finding.severity == "error":
            cell.outcomes[finding.case] = "failed"
        else:
            cell.outcomes.setdefault(finding.case, "passed")
            cell.warned.add(finding.case)
    return cells


def _matrix(report: Report, groups: Sequence[Group]) -> Html:
    cells = _cells(report)
    codes = sorted({code for _, code in cells})
    if not codes:
        return Html("")
    links: dict[tuple[str, str], str] = {}
    for number, group in enumerate(groups[:MOST_GROUPS], 1):
        for finding in group.findings:
            links.setdefault((finding.event, finding.rule), f"#finding-{number}")
    families = Counter(RULES[code].family for code in codes)
    over, names, rows = [], [], []
    for family, count in families.items():
        label = [family, _el("b", f" {digits(FAMILIES[family])}" if count > 2 else "")]
        over.append(_el("th", *label, colspan=str(count), scope="colgroup"))
    for code in codes:
        link = _el("a", digits(code), href=f"#{code}", aria_label=code)
        names.append(_el("th", link, scope="col", title=f"{code} {RULES[code].title}"))
    for event in dict.fromkeys(event for event, _ in cells):
        at = [(event, code) for code in codes]
        row = [_cell(*each, cells.get(each), links.get(each, "#findings")) for each in at]
        rows.append(_el("tr", _el("th", _breakable(_event(event)), scope="row"), *row))
    caption = _el("caption", "Outcome of the cases of each event and rule", class_="unseen")
    corner = _el("th", _el("span", "Event", class_="unseen"), rowspan="2", scope="col")
    head = _el("thead", _el("tr", corner, *over), _el("tr", *names))
    columns = [_el("colgroup", *[Html("<col>")] * n) for n in families.values()]
    table = _el("table", caption, Html("<col>"), *columns, head, _el("tbody", *rows), class_="matrix")
    scroll = _el("div", table, class_="scroll", tabindex="0", role="region", aria_label="Events and rules")
    heading = _el("h2", "Events and rules", _el("small", "cases of each event, by the rule that judges them"))
    return _el("section", heading, scroll, _legend(report))


def _legend(report: Report) -> Html:
    keys = [
        ("passed", "12", "all passed", True),
        ("failed", "✗3", "some failed", report.count("failed") or report.errors),
        ("warned", "!3", "some with a warning", report.warnings),
        ("not-run", "–", "not run", report.count("not run")),
        ("not-applicable", "·", "not applicable", report.count("not applicable")),
    ]
    shown = [_el("span", _el("i", sign, class_=kind), text) for kind, sign, text, there in keys if there]
    return _el("p", *shown, class_="legend")


def _cell(event: str, code: str, cell: _Cell | None, link: str) -> Html:
    if cell is None:
        return _el("td")
    failed, left, passed = cell.count("failed"), cell.count("not run"), cell.count("passed")
    total = failed + left + passed
    if failed:
        kind, text, said = "failed", f"✗{failed}", f"{failed} of {total} failed"
    elif cell.warned:
        kind, text, said = "warned", f"!{len(cell.warned)}", f"{len(cell.warned)} of {total} with a warning"
    elif passed:
        kind, text, said = "passed partial" if left else "passed", str(passed), f"{passed} of {total} passed"
    elif left:
        kind, text, said = "not-run", "–", f"{left} not run"
    else:
        kind, text, said = "not-applicable", "·", "not applicable"
    spoken = [_el("span", text, aria_hidden="true"), _el("span", said, class_="unseen")]
    inner = [_el("a", *spoken, href=link)] if kind in ("failed", "warned") else spoken
    return _el("td", *inner, class_=kind, title=f"{code} {RULES[code].title}, {_event(event)}: {said}")


def _findings(groups: Sequence[Group]) -> Html:
    if not groups:
        return _el("section", _el("h2", "Findings"), _el("p", "None.", class_="fine"), id="findings")
    counts = Counter(group.severity for group in groups)
    kinds = [_many(n, f"cause of {kind}s", f"causes of {kind}s") for kind, n in counts.items()]
    articles = [_group(number, group) for number, group in enumerate(groups[:MOST_GROUPS], 1)]
    rest = [(g.findings[0].case, f" {len(g.findings)} × {_clipped(g.cause)}") for g in groups[MOST_GROUPS:]]
    return _el(
        "section",
        _el("h2", "Findings", _el("small", " and ".join(kinds))),
        FILTER,
        *articles,
        *([_el("div", _folded(_many(len(rest), "further cause"), rest), class_="fine")] if rest else []),
        id="findings",
    )


def _group(number: int, group: Group) -> Html:
    first, rule, count = group.findings[0], RULES[group.findings[0].rule], len(group.findings)
    reference = _el("a", f"{first.rule} {rule.title}", href=f"#{first.rule}")
    expected = _el("div", _el("dt", "Expected"), _el("dd", first.expected))
    got = _el("div", _el("dt", "Got"), _el("dd", first.got), class_="got")
    trace = [_clipped(line) for line in traceback_lines(first.traceback, MOST_TRACEBACK)]
    others = [(f.case, f" {f.rule}, {f.got}") for f in group.findings[1:]]
    rows = [
        [
            _el("p", _el("code", first.case), f"{first.summary}. Rule ", reference, class_="example"),
            _el("dl", expected, got, class_="contrast"),
        ],
        [
            *_titled("Payload, against an ordinary event", *_diff(first)),
            *_titled("Answer", *([_el("pre", first.excerpt)] if first.excerpt else [])),
        ],
        _titled(
            "Traceback",
            *([_el("pre", *(f"{line}\n" for line in trace[:-1]), _el("b", trace[-1]))] if trace else []),
        ),
        [
            *_titled("Fix", _el("p", first.hint or _prose(rule.fix))),
            *_titled("In production", _el("p", _prose(rule.breaks))),
        ],
        _titled("Reproduce", *(_el("pre", _el("code", c), class_="command") for c in first.reproduce)),
        [_folded(_many(len(others), "further case"), others)] if others else [],
    ]
    badge = _el("span", "✗ Error" if group.severity == "error" else "! Warning", class_="badge")
    cause = _el("code", _clipped(group.cause))
    extent = [_el("b", _many(count, "case")), ", one cause: " if count > 1 else ": ", _spread(group)]
    return _el(
        "article",
        _el("header", _el("h3", badge, cause), _el("p", *extent, class_="extent")),
        _el("div", *(_el("div", *row, class_="row") for row in rows if row), class_="body"),
        class_=f"finding {group.severity}",
        id=f"finding-{number}",
    )


def _titled(title: str, *content: Html) -> list[Html]:
    return [_el("div", _el("h4", title), *content)] if content else []


def _spread(group: Group) -> str:
    """Where the findings of a group are: by event, and by rule."""
    events = Counter(_event(finding.event) for finding in group.findings)
    rules = Counter(finding.rule for finding in group.findings)
    if len(group.findings) == 1:
        return f"{next(iter(events))}, {next(iter(rules))}"
    where = ", ".join(f"{event} ×{n}" if len(events) > 1 else event for event, n in events.most_common())
    return f"{where} ({', '.join(f'{code} ×{n}' for code, n in sorted(rules.items()))})"


def _diff(finding: Finding) -> list[Html]:
    lines = []
    for path, before, after in finding.changes[:MOST_CHANGES]:
        lines.append(_el("span", path, class_="path"))
        lines += [_el("del", f"-\N{NO-BREAK SPACE}{before}")] if before != "-" else []
        lines += [_el("ins", f"+\N{NO-BREAK SPACE}{after}")] if after != "-" else []
    left = len(finding.changes) - MOST_CHANGES
    lines += [_el("span", f"and {_many(left, 'more difference')}")] if left > 0 else []
    return [_el("pre", *lines, class_="diff")] if lines else []


def _folded(title: str, cases: Sequence[tuple[str, str]]) -> Html:
    """A list of cases, each with what there is to say about it, that is shown on demand."""
    items = [_el("li", _el("code", case), _el("span", said)) for case, said in cases[:MOST_CASES]]
    left = len(cases) - MOST_CASES
    more = [_el("li", f"and {left} more")] if left > 0 else []
    return _el("details", _el("summary", title), _el("ul", *items, *more, class_="cases"))


def _left_out(report: Report) -> Html:
    reasons: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for result in report.results:
        if result.outcome in ("not run", "not applicable"):
            reason = f"{result.outcome}: {result.note}" if result.note else result.outcome
            reasons[reason].append((result.case.id, ""))
    lists = [_folded(f"{_many(len(cases), 'case')} {reason}", cases) for reason, cases in reasons.items()]
    if not lists:
        return Html("")
    return _el("section", _el("h2", "Left out, and why"), _el("div", *lists, class_="fine left-out"))


def _rules(report: Report) -> Html:
    tallies: dict[str, Counter[str]] = defaultdict(Counter)
    for (_, code), cell in _cells(report).items():
        tallies[code] += Counter(cell.outcomes.values())
    bodies: dict[str, list[Html]] = defaultdict(list)
    for code in sorted(tallies):
        rule, tally = RULES[code], tallies[code]
        failed = [_el("b", f"✗ {tally['failed']} failed")] if tally["failed"] else []
        others = [f"{tally[o]} {o}" for o in OUTCOMES if o != "failed" and tally[o]]
        row = [
            _el("th", _el("code", code), scope="row"),
            _el("td", rule.title),
            _el("td", _prose(rule.documents), class_="documents"),
            _el("td", _prose(EXPECTATIONS[rule.expects])),
            _el("td", *failed, ", " if failed and others else "", ", ".join(others), class_="number"),
        ]
        bodies[rule.family].append(_el("tr", *row, id=code))
    if not bodies:
        return Html("")
    titles = {
        family: _el("tr", _el("th", family.capitalize(), colspan="5", scope="rowgroup"), class_="family")
        for family in bodies
    }
    table = [RULES_HEAD, *(_el("tbody", titles[family], *rows) for family, rows in bodies.items())]
    return _el("section", _el("h2", "Rules"), _el("div", _el("table", *table, class_="rules"), class_="fine"))
