"""A rule, a brake, a finding or a dated change → an Explanation, from what decides by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tapctl.drift.rules import RULES as DRIFT_RULES
from tapctl.evaluate.dated import Switch
from tapctl.evaluate.decision import Grade
from tapctl.evaluate.rules import Rule as EvaluationRule
from tapctl.explain.explanation import Explanation, sentence
from tapctl.explain.findings import SECTIONS
from tapctl.guard import BRAKES, flag
from tapctl.lint import by_name
from tapctl.lint.needs import NEEDS
from tapctl.lint.out_of_reach import OutOfReach
from tapctl.lint.out_of_reach import by_name as out_of_reach
from tapctl.lint.rule import Rule

_GRADES: Final[Mapping[Grade, str]] = {
    "documented": "Microsoft's text says so.",
    "reported": "people saw it, and nobody promises it.",
    "inferred": "it is our reading of what the documents leave open, and --strict does not rely on it.",
}


def of_rule(name: str) -> Explanation | None:
    if name in BRAKES:
        return _brake(name)
    if (rule := by_name().get(name)) is not None:
        return _lint_rule(rule)
    if (unreached := out_of_reach().get(name)) is not None:
        return _out_of_reach(*unreached)
    return _finding(name)


def _finding(name: str) -> Explanation | None:
    """What a finding is that is neither a lint rule nor a brake."""
    for section, known in SECTIONS.items():
        if said := known.get(name):
            title = f"{section.replace('Findings', 'A finding')}."
            return Explanation(name=name, what="rule", title=title, description=said)
    if name not in DRIFT_RULES:
        return None
    severity, said = DRIFT_RULES[name]
    return Explanation(
        name=name,
        what="rule",
        title=sentence(said),
        description="What `tapctl drift` says of the tenant as it is, by what that means for safety.",
        links=(("severity", severity),),
    )


def _lint_rule(rule: Rule) -> Explanation:
    """A document's `lint.ignore` and tapctl.yaml's severities take the id and the name alike."""
    elsewhere = f" in production, {rule.elsewhere} elsewhere" if rule.elsewhere else ""
    is_softened = rule.absence and rule.severity == "error"
    offline = "; never more than a warning without a tenant, which may have what the folder lacks"
    links = [
        ("name", rule.name),
        ("severity", f"{rule.severity}{elsewhere}{offline if is_softened else ''}"),
        ("what to do", rule.fix),
        ("source", rule.source),
    ]
    if rule.needs:
        links.append(("needs", "; ".join(NEEDS[need] for need in rule.needs)))
    return Explanation(
        name=rule.id,
        what="rule",
        title=rule.what,
        description=rule.why,
        links=tuple(links),
        examples=(f"# good\n{rule.good}", f"# bad\n{rule.bad}"),
    )


def _out_of_reach(id_: str, rule: OutOfReach) -> Explanation:
    return Explanation(
        name=id_,
        what="rule",
        title=rule.what,
        description=f"A rule of the catalogue that is not checked. {rule.reason}",
        links=(("name", rule.name),),
    )


def _brake(name: str) -> Explanation:
    return Explanation(
        name=name,
        what="rule",
        title=brake_title(name),
        description="A brake of the guard: where a plan would do this, apply stops until told to go on.",
        links=(("severity", "brake"), ("allow it with", flag(name))),
    )


def brake_title(name: str) -> str:
    return sentence(BRAKES[name])


def of_evaluation(name: str, rule: EvaluationRule) -> Explanation:
    """A rule of the evaluator, as traces name it."""
    return Explanation(
        name=name,
        what="rule",
        title=rule.says,
        description=f"A rule by which sign-ins are judged. It is {rule.grade}: {_GRADES[rule.grade]}",
        links=(("source", rule.source),),
    )


def of_switch(switch: Switch) -> Explanation:
    """A dated change that decisions rest on, as they name it."""
    return Explanation(
        name=switch.id,
        what="rule",
        title=sentence(switch.says),
        description=(
            f"Not before {switch.begins}, and for certain from {switch.complete}. Between the two it depends "
            "on the tenant: what rests on it is unknown. `--as-of` asks about another day."
        ),
        links=(("source", switch.source),),
    )
