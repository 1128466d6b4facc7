"""The report as JUnit XML, for the test view of a CI system."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ada_contract_tests.reports.plain import finding_text
from ada_contract_tests.reports.wording import event_name, printable
from ada_contract_tests.rules import rules_of

if TYPE_CHECKING:
    from ada_contract_tests.findings import Finding, Report, Result
    from ada_schemas.contract.profile import Profile

__all__ = ["render"]


def render(report: Report) -> str:
    """A suite an event and a test a case; a run that was cut short is a test of its own, in error."""
    findings = report.by_case()
    suites: dict[str, list[Element]] = defaultdict(list)
    for result in report.results:
        suites[result.case.event].append(_test(result, findings[result.case.id], report.profile))
    root = Element("testsuites", name="adakit check")
    for event, tests in suites.items():
        root.append(_suite(report, event_name(event), tests))
    if report.stopped:
        test = Element("testcase", classname="adakit check", name="the run is complete", time="0.000")
        SubElement(test, "error", message=printable(report.stopped), type="stopped")
        root.append(_suite(report, "the run", [test]))
    _count(root, list(root.iter("testcase")))
    root.set("time", f"{report.seconds:.3f}")
    indent(root)
    xml = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{xml}\n'


def _suite(report: Report, name: str, tests: list[Element]) -> Element:
    suite = Element("testsuite", name=printable(name))
    _count(suite, tests)
    properties = SubElement(suite, "properties")
    about = {
        "target": printable(report.target),
        "seed": str(report.seed),
        "coverage": f"{report.coverage:.4f}",
    }
    for key, value in about.items():
        SubElement(properties, "property", name=key, value=value)
    suite.extend(tests)
    return suite


def _count(element: Element, tests: list[Element]) -> None:
    element.set("tests", str(len(tests)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(attribute, str(sum(test.find(tag) is not None for test in tests)))
    element.set("time", f"{sum(float(test.get('time', '0')) for test in tests):.3f}")


def _test(result: Result, findings: list[Finding], profile: Profile) -> Element:
    case = result.case
    test = Element(
        "testcase",
        classname=f"{case.rule} {rules_of(profile)[case.rule].title}",
        name=printable(case.id),
        time=f"{result.seconds:.3f}",
    )
    errors = [f for f in findings if f.severity == "error"]
    if result.outcome == "failed" and not errors and result.finding is not None:
        errors = [result.finding]
    if errors:
        message = f"{errors[0].summary}: expected {errors[0].expected}, got {errors[0].got}"
        failure = SubElement(test, "failure", message=printable(message), type=errors[0].rule)
        failure.text = printable("\n\n".join(finding_text(f, profile) for f in errors))
    elif result.outcome == "failed":
        SubElement(test, "failure", message=printable(result.note or "failed"), type=case.rule)
    elif result.outcome != "passed":
        SubElement(test, "skipped", message=printable(result.note or result.outcome))
    warnings = [finding_text(f, profile) for f in findings if f.severity == "warning"]
    if warnings:
        text = "\n\n".join(f"warning: {warning}" for warning in warnings)
        SubElement(test, "system-out").text = printable(text)
    return test
