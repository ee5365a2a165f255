"""The results of sign-in tests → text, markdown, JSON or JUnit XML."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from tapctl.model import Finding, Json, JsonObject
from tapctl.render.decision import Where, finding_lines, sentence, trace
from tapctl.render.gfm import code, fenced, text
from tapctl.render.json import VERSION, headline, written
from tapctl.report import Headline
from tapctl.simulate.answer import decision_json, place_json, problem
from tapctl.testing.run import Result, StepResult
from tapctl.text.escape import named, spelled
from tapctl.text.words import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """Every result of a run, and what is wrong with the folder where that kept tests from running."""

    headline: Headline
    results: tuple[Result, ...] = ()
    findings: tuple[Finding, ...] = ()
    where: Where = lambda policy, path: None
    strict: bool = False

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(result.status for result in self.results)
        return {status: found[status] for status in ("passed", "failed", "broken", "skipped")}

    @property
    def has_failed(self) -> bool:
        """Whether something is wrong."""
        return bool(self.findings or self.counts["failed"] or self.counts["broken"])


# Text


_WORDS = {"passed": "ok", "failed": "FAIL", "broken": "WRONG", "skipped": "skip"}


def render_text(tested: Tested) -> str:
    """For a terminal: a line each, and under those that fail what differs and the trace."""
    return "\n".join(_text(tested)) + "\n"


def _text(tested: Tested) -> Iterator[str]:
    found = tested.headline
    tenant = f"tenant {spelled(found.tenant_id)}" if found.tenant_id else "tenant not asked"
    yield f"Sign-in tests: {spelled(found.environment)} ({tenant})"
    if found.notice:
        yield found.notice
    for finding in tested.findings:
        yield from finding_lines(finding)
    for file, results in groupby(tested.results, _file):
        yield ""
        yield spelled(file)
        for result in results:
            yield f"  {_WORDS[result.status]:<5} {named(result.case.name) or '(no name)'}{_note(result)}"
            yield from (f"          {line}" for line in _details(result, tested.where))
    yield ""
    yield summary(tested)


def _file(result: Result) -> str:
    return result.case.place.file if result.case.place else ""


def _note(result: Result) -> str:
    if result.status == "skipped":
        return f" (for {spelled(', '.join(result.case.environments or ()))})"
    return f" (rests on inference: {', '.join(result.inferences)})" if result.inferences else ""


def _details(result: Result, where: Where) -> Iterator[str]:
    for finding in result.mistakes:
        yield from finding_lines(finding)
    for number, step in enumerate(result.steps, 1):
        if step.differences:
            yield from _step(result, number, step, where)


def _step(result: Result, number: int, step: StepResult, where: Where) -> Iterator[str]:
    label = (
        f"step {number}{f' ({spelled(step.name)})' if step.name else ''}: " if result.case.is_journey else ""
    )
    place = f"{spelled(str(step.place))}: " if step.place else ""
    for difference in step.differences:
        yield f"{place}{label}{spelled(difference)}"
    if step.hint:
        yield spelled(step.hint)
    yield sentence(step.decision)
    yield from (f"  {line}" for line in trace(step.decision, where))


def summary(tested: Tested) -> str:
    """The counts in a sentence."""
    counts = tested.counts
    parts = [f"{counts['passed']} passed", f"{counts['failed']} failed"]
    if counts["broken"]:
        parts.append(f"{counts['broken']} wrong in themselves")
    if counts["skipped"]:
        parts.append(f"{counts['skipped']} for other environments")
    resting = sum(bool(result.inferences) for result in tested.results)
    if resting:
        parts.append(f"{counted(resting, 'rests', 'rest')} on inference")
    return f"{counted(len(tested.results), 'test')}: {', '.join(parts)}"


# Markdown


def render_markdown(tested: Tested) -> str:
    """For a comment or a job's summary."""
    return "\n\n".join(_markdown(tested)) + "\n"


def _markdown(tested: Tested) -> Iterator[str]:
    tenant = code(tested.headline.tenant_id) if tested.headline.tenant_id else "not asked"
    yield f"## Sign-in tests in {code(tested.headline.environment)}, tenant {tenant}"
    if tested.headline.notice:
        yield f"**{tested.headline.notice}**"
    yield f"{text(summary(tested))}."
    if tested.findings:
        yield "\n".join(f"- {text(line)}" for item in tested.findings for line in finding_lines(item))
    for result in tested.results:
        if result.status in ("failed", "broken"):
            yield f"### {text(result.case.name) or 'A test without a name'}"
            if result.case.why:
                yield text(result.case.why)
            yield fenced(_details(result, tested.where))
    if passed := [result for result in tested.results if result.status == "passed"]:
        yield "<details><summary>Passed</summary>"
        yield "\n".join(f"- {text(result.case.name)}{text(_note(result))}" for result in passed)
        yield "</details>"


# JSON


def render_json(tested: Tested) -> str:
    """The document that schemas/test-output.schema.json promises."""
    return written(
        {
            "version": VERSION,
            "command": "test",
            **headline(tested.headline),
            "strict": tested.strict,
            "summary": {**tested.counts},
            "problems": [problem(item) for item in tested.findings],
            "tests": [_result_json(result, tested.where) for result in tested.results],
        }
    )


def _result_json(result: Result, where: Where) -> JsonObject:
    return {
        "name": result.case.name,
        "status": result.status,
        "place": place_json(result.case.place),
        "environments": [*result.case.environments] if result.case.environments is not None else None,
        "inferences": [*result.inferences],
        "problems": [problem(item) for item in result.mistakes],
        "steps": [_step_json(step, where) for step in result.steps],
    }


def _step_json(step: StepResult, where: Where) -> JsonObject:
    differences: list[Json] = [*step.differences]
    return {
        "name": step.name or None,
        "place": place_json(step.place),
        "passed": not differences,
        "differences": differences,
        "hint": step.hint or None,
        "answer": decision_json(step.decision, where),
    }


# JUnit


def render_junit(tested: Tested) -> str:
    """The XML that test reporters read: a suite a file, a case a test
    (https://github.com/testmoapp/junitxml, checked 2026-11)."""
    root = ET.Element("testsuites", {"name": "tapctl test", **_numbers(tested.results)})
    if tested.findings:
        _workspace(root, tested.findings)
    for file, results in groupby(tested.results, _file):
        found = list(results)
        suite = ET.SubElement(root, "testsuite", {"name": _xml(file), **_numbers(found)})
        for result in found:
            _case(suite, result, tested.where)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _workspace(root: ET.Element, findings: Iterable[Finding]) -> None:
    """What kept the tests from running."""
    numbers = {"tests": "1", "failures": "0", "errors": "1", "skipped": "0"}
    suite = ET.SubElement(root, "testsuite", {"name": "workspace", **numbers})
    case = ET.SubElement(suite, "testcase", {"name": "The folder is right", "classname": "workspace"})
    lines = [line for item in findings for line in finding_lines(item)]
    ET.SubElement(case, "error", {"message": "The folder has mistakes."}).text = _xml("\n".join(lines))


def _numbers(results: Iterable[Result]) -> dict[str, str]:
    found = Counter(result.status for result in results)
    return {
        "tests": str(found.total()),
        "failures": str(found["failed"]),
        "errors": str(found["broken"]),
        "skipped": str(found["skipped"]),
    }


def _case(suite: ET.Element, result: Result, where: Where) -> None:
    place, name = result.case.place, named(result.case.name) or "(no name)"
    about = {"name": _xml(name), "classname": _xml(_file(result))}
    if place:
        about |= {"file": _xml(place.file), "line": str(place.line)}
    case = ET.SubElement(suite, "testcase", about)
    details = _xml("\n".join(_details(result, where)))
    match result.status:
        case "failed":
            message = next(step.differences[0] for step in result.steps if step.differences)
            ET.SubElement(case, "failure", {"message": _xml(spelled(message))}).text = details
        case "broken":
            message = spelled(result.mistakes[0].message)
            ET.SubElement(case, "error", {"message": _xml(message)}).text = details
        case "skipped":
            ET.SubElement(case, "skipped", {"message": _note(result).strip(" ()")})
        case _ if result.inferences:
            ET.SubElement(case, "system-out").text = _note(result).strip(" ()")
        case _:
            pass


def _xml(words: str) -> str:
    """Escaped text without the two characters that XML does not know
    (https://www.w3.org/TR/xml/#charsets)."""
    return words.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
