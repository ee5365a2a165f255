"""Every id that a finding can have is explained; ids are collected from the code itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import tapctl
from tapctl.drift.meaning import RULES as DRIFT_RULES
from tapctl.evaluate.rules import RULES as EVALUATION
from tapctl.explain import explain
from tapctl.findings import SECTIONS
from tapctl.guard import BRAKES
from tapctl.lint import by_name
from tapctl.lint.out_of_reach import by_name as out_of_reach
from tapctl.render.drift_words import SYMBOLS

PACKAGE = Path(tapctl.__file__).parent
NO_FINDINGS = {"cli", "doctor", "github", "graph", "render", "sandbox"}
"""Folders that make none; their words with hyphens are options, headers and the like."""
OTHER_WORDS = {
    *(
        "no-op",
        "nothing-to-do",
        "x-unit",
        "one-time",
        "unknown-method",
        "older-method",
        "no-method",
        "undated-method",
        "unread-methods",
    ),
    *("window-open", "not-issued", "signed-in", "e-mail", "handout-html", "saved-plan", "usgov-dod"),
    *("baseline-scopes-enforced", "hello-under-registration", "legacy-risk-policies-gone"),
    *("mandatory-mfa-portals", "mandatory-mfa-tools", "workload-identity"),
    *("utf-8-sig", "utf-16", "utf-16-be", "utf-16-le", "utf-32", "utf-8"),
}
"""Words with hyphens in the other folders that are no findings: statuses, reasons, switches, encodings."""
WORD = re.compile(r"[a-z]+(-[a-z0-9]+)+")


def modules() -> Iterator[ast.Module]:
    for path in PACKAGE.rglob("*.py"):
        about = path.relative_to(PACKAGE)
        if about.parts[0] not in NO_FINDINGS and about.name not in ("findings.py", "schema.py", "fields.py"):
            yield ast.parse(path.read_text(encoding="utf-8"))


def words_with_hyphens() -> Iterator[str]:
    for module in modules():
        for node in ast.walk(module):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and WORD.fullmatch(node.value):
                yield node.value


def ids_of_one_word() -> Iterator[str]:
    """What is given as `rule=`, as the first word of a function that makes findings, or after a path."""
    for module in modules():
        for node in ast.walk(module):
            if isinstance(node, ast.Call):
                yield from (texts(word.value) for word in node.keywords if word.arg == "rule")
                if isinstance(node.func, ast.Name) and node.func.id in ("_finding", "_brake", "_stop"):
                    yield from map(texts, node.args[:1])
            if (
                isinstance(node, ast.Yield)
                and isinstance(node.value, ast.Tuple)
                and len(node.value.elts) == 4
            ):
                yield texts(node.value.elts[1])


def texts(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


EXPLAINED = {name for known in SECTIONS.values() for name in known}
COLLECTED = {*words_with_hyphens(), *ids_of_one_word()} - {""} - OTHER_WORDS
PAGES = {rule.source for rule in EVALUATION.values()}


def test_every_finding_that_the_code_makes_is_explained() -> None:
    known = {*EXPLAINED, *DRIFT_RULES, *BRAKES, *EVALUATION, *by_name(), *out_of_reach()}

    assert COLLECTED - known - PAGES == set()


def test_nothing_is_explained_that_the_code_does_not_make() -> None:
    of_drift = {f"drift-{what}" for what in SYMBOLS}

    assert EXPLAINED - COLLECTED - of_drift == set()


@pytest.mark.parametrize("name", sorted(EXPLAINED | set(DRIFT_RULES)))
def test_a_finding_is_explained_by_its_id(name: str) -> None:
    found = explain(name.upper())

    assert (found.name, found.what) == (name, "rule")
    assert found.title.endswith(".")
    assert found.description.endswith(".")
