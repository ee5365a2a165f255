"""A Report's findings → JUnit XML: a test case for each rule that found something, failed by its errors."""

from __future__ import annotations

from xml.etree import ElementTree

from tapctl.model import Finding
from tapctl.report import Report
from tapctl.text.escape import spelled, visible


def render(report: Report) -> str:
    """Errors fail, everything else passes and is told; without findings one case says that all is well."""
    names = sorted({finding.rule for finding in report.findings})
    found = {name: [finding for finding in report.findings if finding.rule == name] for name in names}
    failed = [name for name in names if _errors(found[name])]
    where = f"{report.command} {visible(report.headline.environment)}"
    root = ElementTree.Element(
        "testsuites", name="tapctl", tests=str(len(names) or 1), failures=str(len(failed))
    )
    suite = ElementTree.SubElement(
        root, "testsuite", name=where, tests=str(len(names) or 1), failures=str(len(failed))
    )
    if report.headline.notice:
        properties = ElementTree.SubElement(suite, "properties")
        ElementTree.SubElement(properties, "property", name="notice", value=report.headline.notice)
    for name in names or ["nothing wrong"]:
        _case(suite, name, found.get(name, []))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def render_error(error: BaseException) -> str:
    """An error that stopped a command: one case, which could not be run."""
    counts = {"name": "tapctl", "tests": "1", "failures": "0", "errors": "1"}
    root = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(root, "testsuite", counts)
    case = ElementTree.SubElement(suite, "testcase", name="no result", classname="tapctl")
    said = [spelled(line.strip()) for line in str(error).split("\n")]
    found = ElementTree.SubElement(case, "error", message=said[0], type=type(error).__name__)
    found.text = "\n".join(said)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ElementTree.Element, name: str, findings: list[Finding]) -> None:
    case = ElementTree.SubElement(suite, "testcase", name=visible(name), classname="tapctl")
    if errors := _errors(findings):
        failure = ElementTree.SubElement(case, "failure", message=spelled(errors[0].message), type="error")
        failure.text = "\n".join(map(_line, errors))
    if others := [finding for finding in findings if finding.severity != "error"]:
        ElementTree.SubElement(case, "system-out").text = "\n".join(map(_line, others))


def _errors(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity == "error"]


def _line(finding: Finding) -> str:
    place = f"{finding.place}: " if finding.place else ""
    return spelled(f"{finding.severity}: {place}{finding.message} {finding.help}".rstrip())
