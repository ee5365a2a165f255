"""A Report's findings → SARIF 2.1.0, for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import quote

from tapctl import __version__
from tapctl.lint import rules
from tapctl.model import Finding, Json, JsonObject, Place, Severity
from tapctl.render.json import headline, written
from tapctl.report import NO_RESULT, Headline, Report
from tapctl.text.escape import spelled

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Final[dict[Severity, str]] = {
    "error": "error",
    "brake": "error",
    "warning": "warning",
    "note": "note",
}


def render(report: Report) -> str:
    """The findings of a report, without those that the change ends: they are no results any more."""
    findings = [finding for finding in report.findings if finding.news != "removed"]
    return render_findings(report.headline, findings)


def render_findings(said: Headline, findings: Sequence[Finding]) -> str:
    """One run, with the rules that found something and a result for each finding.

    A finding about no line is shown in the settings: code scanning wants a file for each.
    """
    found = sorted({finding.rule for finding in findings})
    rules_found = [_rule(name, findings) for name in found]
    results = [_result(finding, found.index(finding.rule), said.settings) for finding in findings]
    return _document({**_run(rules_found, results), "properties": headline(said)})


def render_error(error: BaseException, settings: str, environment: str | None) -> str:
    """An error that stopped a command: a run that failed. It has a result, for code scanning shows nothing
    else, and would take a run without one for a run that found nothing."""
    finding = Finding(rule=NO_RESULT, severity="error", message=str(error))
    result = _result(finding, 0, settings)
    notification: JsonObject = {"level": "error", "message": result["message"]}
    invocation: JsonObject = {
        "executionSuccessful": False,
        "exitCode": 1,
        "toolExecutionNotifications": [notification],
    }
    run = _run([_rule(NO_RESULT, [finding])], [result])
    return _document({**run, "invocations": [invocation], "properties": {"environment": environment}})


def _run(rules_found: Sequence[Json], results: Sequence[Json]) -> JsonObject:
    driver: JsonObject = {"name": "tapctl", "semanticVersion": __version__, "rules": [*rules_found]}
    return {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": [*results]}


def _document(run: JsonObject) -> str:
    return written({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _level(finding: Finding) -> str:
    return _LEVELS[finding.weight]


def _rule(name: str, findings: Iterable[Finding]) -> JsonObject:
    known = rules().get(name)
    if known is None:
        first = next(finding for finding in findings if finding.rule == name)
        return {"id": name, "defaultConfiguration": {"level": _level(first)}}
    return {
        "id": name,
        "name": known.name,
        "shortDescription": {"text": known.what},
        "fullDescription": {"text": known.why},
        "help": {"text": f"{known.fix}\n\nSource: {known.source}"},
        "defaultConfiguration": {"level": _LEVELS[known.severity]},
    }


def _result(finding: Finding, index: int, settings: str) -> JsonObject:
    text = f"{finding.message}\n{finding.help}" if finding.help else finding.message
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _level(finding),
        "message": {"text": "\n".join(spelled(line.strip()) for line in text.split("\n"))},
        "locations": [_location(finding.place, settings)],
    }


def _location(place: Place | None, settings: str) -> Json:
    region: JsonObject = {"startLine": place.line, "startColumn": place.column} if place else {"startLine": 1}
    file = place.file if place else settings
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(file.replace("\\", "/")), "uriBaseId": "%SRCROOT%"},
            "region": region,
        }
    }
