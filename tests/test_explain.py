"""Whatever a schema or a rule says can be asked for by its name."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import tapctl
from tapctl import schema
from tapctl.drift.rules import RULES as DRIFT_RULES
from tapctl.errors import UsageError
from tapctl.evaluate.rules import RULES as EVALUATION
from tapctl.explain import FILES, explain, first_sentence, topics
from tapctl.explain.findings import SECTIONS
from tapctl.guard import BRAKES
from tapctl.kinds import kinds
from tapctl.lint import by_name
from tapctl.lint.out_of_reach import by_name as out_of_reach
from tapctl.pipeline import check
from tapctl.render.drift_words import SYMBOLS
from tapctl.render.explanation import render_json, render_markdown, render_text
from tapctl.workspace.emit import mapping_lines


@pytest.mark.parametrize("name", sorted(kinds()))
def test_every_field_that_a_kind_lists_can_be_asked_for(name: str) -> None:
    entries = explain(name).entries

    assert entries
    for entry in entries:
        assert explain(f"{name}.{entry.name}".upper()).name == f"{name}.{entry.name}"


def test_every_kind_s_example_is_a_document_that_passes(tmp_path: Path) -> None:
    for name in kinds():
        (document,) = explain(name).examples
        assert isinstance(document, dict)
        (tmp_path / f"{name}.yaml").write_text(
            "\n".join(mapping_lines(document, 0, {}, ())), encoding="utf-8"
        )

    assert check(tmp_path, "sandbox").findings == ()


@pytest.mark.parametrize("topic", [None, *topics(), "TemporaryAccessPassPolicy.includeTargets.id"])
def test_json_keeps_its_promise(topic: str | None) -> None:
    found = schema.read("explain-output")

    Draft202012Validator(found).validate(json.loads(render_json(explain(topic))))


def test_a_field_says_what_its_schema_says() -> None:
    shown = render_text(explain("TemporaryAccessPassPolicy.spec.maximumLifetimeInMinutes"))

    assert "value        minutes, or a duration such as 8h" in shown
    assert "range        10 to 43200 minutes" in shown
    assert "if left out  480" in shown


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        ("TemporaryAccessPassPolicy.isUsableOnce", "if left out  an error: there is no safe guess"),
        ("TemporaryAccessPassPolicy.id", "is ignored"),
        ("ConditionalAccessPolicy.description", "if left out  left as it is in the tenant"),
        ("ConditionalAccessPolicy.templateId", "if left out  the usual thing"),
        ("ConditionalAccessPolicy.conditions", "if left out  an error"),
        ("ConditionalAccessPolicy.conditions.users.includeUsers", "names        a User by name"),
        ("ConditionalAccessPolicy.conditions.users.includeUsers", "words: All, None"),
        ("ConditionalAccessPolicy.conditions.clientAppTypes", "any of"),
        ("ConditionalAccessPolicy.state", "one of       enabled, disabled"),
        ("TemporaryAccessPassPolicy.includeTargets[].targetType", "if left out"),
        ("Environment.caRequestsPerSecond", "range        at least 0"),
        ("Settings.ownership", "ownership.ConditionalAccessPolicy: list"),
        ("AuthenticationContext", "known by  spec.id"),
        ("isUsableOnce", "TemporaryAccessPassPolicy.isUsableOnce"),
        ("creates-enabled", "--allow-creates-enabled"),
    ],
)
def test_what_matters_is_said(topic: str, said: str) -> None:
    assert said in render_text(explain(topic)) + render_markdown(explain(topic))


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        ("TemporaryAccessPolicy", "did you mean TemporaryAccessPassPolicy"),
        ("Fido2Policy.inludeTargets", "did you mean Fido2Policy.includeTargets"),
        ("isUsabelOnce", "did you mean isUsableOnce"),
        ("tap", "did you mean TemporaryAccessPassPolicy or TAP0"),
        ("ca", "did you mean ConditionalAccessPolicy?"),
        ("authenticator", "did you mean MicrosoftAuthenticatorPolicy"),
        ("zzzz", "`tapctl explain` lists what there is"),
        ("Group.zzzz", "`tapctl explain` lists what there is"),
        (
            "conditions.users.exclud",
            "did you mean ConditionalAccessPolicy.conditions.users.excludeUsers or ",
        ),
        ("includeTargets", "is in several places: EmailPolicy.includeTargets"),
    ],
)
def test_what_is_not_there_is_answered_with_what_is_close(topic: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        explain(topic)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("ConditionalAccessPolicy.spec.state", "ConditionalAccessPolicy.state"),
        ("ConditionalAccessPolicy.name", "Document.name"),
        ("TemporaryAccessPassPolicy.lint", "Document.lint"),
    ],
)
def test_a_field_is_found_where_a_document_has_it(asked: str, found: str) -> None:
    assert explain(asked) == explain(found)


def test_the_index_names_everything() -> None:
    shown = render_text(explain(None))

    assert all(f"  {name}\n" in shown for name in (*kinds(), *FILES))


def test_a_sentence_ends_at_its_full_stop() -> None:
    assert first_sentence("A list of `a.b`. And more.") == "A list of `a.b`."


def test_a_list_says_what_becomes_of_each_field() -> None:
    shown = render_text(explain("Group")) + render_markdown(explain(None))

    assert "left as is when not mentioned" in shown
    assert "### Kinds" in shown


@pytest.mark.parametrize("name", ["CA001", "ca001", "CA-break-glass-in"])
def test_a_lint_rule_is_explained_by_its_id_and_its_name(name: str) -> None:
    found = explain(name)

    assert found.name == "CA001"
    assert [example for example in found.examples if str(example).startswith("# bad")]


def test_a_rule_that_needs_facts_says_which() -> None:
    assert ("needs", "everybody in the emergency accounts' groups") in explain("BG005").links


@pytest.mark.parametrize(("name", "is_softened"), [("REG001", True), ("CA017", False), ("CA009", False)])
def test_a_rule_that_is_softer_offline_says_so(name: str, is_softened: bool) -> None:
    severity = dict(explain(name).links)["severity"]
    assert ("never more than a warning without a tenant" in severity) == is_softened


def test_a_rule_that_nothing_can_decide_says_why() -> None:
    assert "Graph" in explain("CA056").description


def test_a_one_time_pass_is_refused_after_the_step_that_used_it() -> None:
    assert "effect: {passUsed: false}" in explain("TAP014").description


# Every id that a finding can have is explained; ids are collected from the code itself.

PACKAGE = Path(tapctl.__file__).parent
NO_FINDINGS = {"cli", "doctor", "explain", "github", "graph", "render", "sandbox", "schema.py"}
"""Where none are made; their words with hyphens are options, headers and the like."""
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
    *(
        "undated-use",
        "not-issued",
        "signed-in",
        "e-mail",
        "handout-html",
        "saved-plan",
        "usgov-dod",
    ),
    *("baseline-scopes-enforced", "hello-under-registration", "legacy-risk-policies-gone"),
    *("mandatory-mfa-portals", "mandatory-mfa-tools", "workload-identity"),
    *("cat-file", "ls-tree", "rev-parse"),
    *("utf-8-sig", "utf-16", "utf-16-be", "utf-16-le", "utf-32", "utf-8"),
}
"""Words with hyphens in the other folders that are no findings: statuses, reasons, switches, git's commands,
encodings."""
WORD = re.compile(r"[a-z]+(-[a-z0-9]+)+")


def modules() -> Iterator[ast.Module]:
    for path in PACKAGE.rglob("*.py"):
        about = path.relative_to(PACKAGE)
        if about.parts[0] not in NO_FINDINGS:
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
                if isinstance(node.func, ast.Name) and node.func.id in (
                    "_finding",
                    "_brake",
                    "brake",
                    "_stop",
                ):
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


def test_a_dated_change_is_explained_with_its_days() -> None:
    found = explain("baseline-scopes-enforced")

    assert "baseline-scopes-enforced" in topics()
    assert "Not before 2026-06-15, and for certain from 2026-08-01" in found.description


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
