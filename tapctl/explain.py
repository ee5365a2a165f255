"""The name of a kind, field, file or rule → an Explanation, from the schemas and rules that decide it.

Nothing here is written for explaining alone: what `tapctl explain` says is what validation goes by.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, cast

from tapctl import schema
from tapctl.drift.meaning import RULES as DRIFT_RULES
from tapctl.errors import UsageError
from tapctl.evaluate.dated import SWITCHES, Switch
from tapctl.evaluate.decision import Grade
from tapctl.evaluate.rules import RULES as EVALUATION
from tapctl.evaluate.rules import Rule as EvaluationRule
from tapctl.fields import Facts, Node, children, facts_of, fields_by_path
from tapctl.findings import SECTIONS
from tapctl.guard import BRAKES, flag
from tapctl.kind import Kind
from tapctl.kinds import kinds
from tapctl.lint import by_name, rules
from tapctl.lint.needs import NEEDS
from tapctl.lint.out_of_reach import OUT_OF_REACH, OutOfReach
from tapctl.lint.out_of_reach import by_name as out_of_reach
from tapctl.lint.rule import Rule
from tapctl.model import Json, JsonObject

What: TypeAlias = Literal["index", "kind", "file", "field", "rule"]

FILES: Final[Mapping[str, str]] = {
    "Document": "what stands around a spec",
    "Environment": "environments/<name>.yaml",
    "Settings": "tapctl.yaml",
    "SignInTest": "tests/**/*.yaml",
}
"""The schemas that are no kind's, and what they are about."""

_MOST_EXAMPLES: Final = 3
_MOST_NAMES: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a list: a field of what is explained, or something else to ask about."""

    name: str
    description: str
    facts: Facts | None = None
    section: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything known about `name`. `links` are labelled lines: where it lives, what it takes."""

    name: str
    what: What
    title: str
    description: str
    facts: Facts | None = None
    links: tuple[tuple[str, str], ...] = ()
    entries: tuple[Entry, ...] = ()
    examples: tuple[Json, ...] = ()


def explain(topic: str | None) -> Explanation:
    """Letter case does not matter. Raises UsageError, with what is close, for a name of nothing."""
    if not topic:
        return _index()
    exact = {name.lower(): name for name in (*kinds(), *FILES)}
    wanted = topic.strip().lower().replace("[]", "")
    head, _, path = wanted.partition(".")
    if head in exact:
        return _of_schema(exact[head], path.removeprefix("spec.") if path != "spec" else "")
    if (rule := _rule(wanted)) is not None:
        return rule
    return _anywhere(topic, wanted)


def topics() -> tuple[str, ...]:
    """Every name that is no field's."""
    named = (*(rule.name for rule in rules().values()), *(rule.name for rule in OUT_OF_REACH.values()))
    lint = (*rules(), *OUT_OF_REACH, *named)
    findings = (*(name for known in SECTIONS.values() for name in known), *DRIFT_RULES)
    return (*kinds(), *FILES, *BRAKES, *lint, *findings, *EVALUATION, *(switch.id for switch in SWITCHES))


def _index() -> Explanation:
    entries = [
        *(_entry_of(name, "Kinds") for name in kinds()),
        *(_entry_of(name, "Files") for name in FILES),
        *(Entry(name=name, description=_brake_title(name), section="Brakes") for name in BRAKES),
        *(
            Entry(name=rule.id, description=f"{rule.name}: {rule.what}", section="Lint rules")
            for rule in rules().values()
        ),
        *(
            Entry(
                name=id_,
                description=f"{rule.name}: {rule.what}",
                section="Rules that nothing here can decide",
            )
            for id_, rule in OUT_OF_REACH.items()
        ),
        *(
            Entry(name=name, description=said, section=section)
            for section, known in SECTIONS.items()
            for name, said in known.items()
        ),
        *(
            Entry(name=name, description=_sentence(said), section="What drift means for safety")
            for name, (_, said) in DRIFT_RULES.items()
        ),
        *(
            Entry(name=name, description=rule.says, section="How a sign-in is judged")
            for name, rule in EVALUATION.items()
        ),
        *(
            Entry(name=switch.id, description=_sentence(switch.says), section="What changes on a date")
            for switch in SWITCHES
        ),
    ]
    return Explanation(
        name="",
        what="index",
        title="What can be explained",
        description="A kind, a field (`TemporaryAccessPassPolicy.isUsableOnce`), a file, or a rule.",
        entries=tuple(entries),
    )


def _entry_of(name: str, section: str) -> Entry:
    text = str(schema.read(name)["description"])
    return Entry(name=name, description=first_sentence(text), section=section)


def first_sentence(text: str) -> str:
    """Up to the first full stop that ends one."""
    return text.split(". ", 1)[0].rstrip(".") + "."


def _of_schema(name: str, path: str) -> Explanation:
    if not path:
        return _root(name)
    node = fields_by_path(name).get(path)
    if node is None:
        known = {item.path.lower(): item.path for item in fields_by_path(name).values()}
        close = difflib.get_close_matches(path, known, n=3)
        raise UsageError(
            f'{name} has no field "{path}"; {_did_you_mean([f"{name}.{known[item]}" for item in close])}'
        )
    return _explained(name, node)


def _root(name: str) -> Explanation:
    keywords = schema.read(name)
    kind = kinds().get(name)
    return Explanation(
        name=name,
        what="kind" if kind else "file",
        title=str(keywords["title"]),
        description=str(keywords["description"]),
        links=tuple(_links(kind)) if kind else (("file", FILES[name]),),
        entries=tuple(map(_field_entry, children(keywords, ""))),
        examples=(_example(kind, keywords),) if kind else (),
    )


def _links(kind: Kind) -> Iterator[tuple[str, str]]:
    yield "in Graph", f"/{kind.path}"
    yield "page", kind.documentation
    yield "to read", kind.read_permission
    yield "to write", _written_with(kind)
    yield "known by", _identity(kind)


def _written_with(kind: Kind) -> str:
    """Several are needed together: one of them alone is refused."""
    instead = f", or {' or '.join(kind.write_instead)} instead" if kind.write_instead else ""
    return " and ".join(kind.write_permissions) + instead


def _identity(kind: Kind) -> str:
    if kind.singleton:
        return "its kind: a tenant has one"
    return "its name" if kind.key == "displayName" else f"spec.{kind.key}"


def _example(kind: Kind, keywords: JsonObject) -> JsonObject:
    """A document: the schema's own example, or every required field as its schema shows it."""
    needed = {node.path: _first_example(node.keywords) for node in children(keywords, "") if node.is_required}
    spec = _first_example(keywords) or needed
    name: JsonObject = {} if kind.singleton else {"name": f"An example of {keywords['title']}"}
    return {"kind": kind.name, **name, "spec": spec}


def _first_example(keywords: JsonObject) -> Json:
    return cast("list[Json]", keywords.get("examples", [keywords.get("default")]))[0]


def _explained(name: str, node: Node) -> Explanation:
    keywords = node.keywords
    return Explanation(
        name=f"{name}.{node.path}",
        what="field",
        title=str(keywords["title"]),
        description=_whole_description(keywords),
        facts=facts_of(node),
        entries=tuple(map(_field_entry, node.children)),
        examples=tuple(cast("list[Json]", keywords.get("examples", []))[:_MOST_EXAMPLES]),
    )


def _whole_description(keywords: JsonObject) -> str:
    """A list's own words, and those about what stands in it."""
    items = keywords.get("items")
    said = [str(keywords["description"])]
    if isinstance(items, dict) and "description" in items:
        said.append(f"Each: {items['description']}")
    return " ".join(said)


def _field_entry(node: Node) -> Entry:
    return Entry(name=node.path, description=str(node.keywords["description"]), facts=facts_of(node))


def _rule(name: str) -> Explanation | None:
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
        title=_sentence(said),
        description="What `tapctl drift` says of the tenant as it is, by what that means for safety.",
        links=(("severity", severity),),
    )


def _switch(switch: Switch) -> Explanation:
    """A dated change that decisions rest on, as they name it."""
    return Explanation(
        name=switch.id,
        what="rule",
        title=_sentence(switch.says),
        description=(
            f"Not before {switch.begins}, and for certain from {switch.complete}. Between the two it depends "
            "on the tenant: what rests on it is unknown. `--as-of` asks about another day."
        ),
        links=(("source", switch.source),),
    )


def _evaluation(name: str, rule: EvaluationRule) -> Explanation:
    """A rule of the evaluator, as traces name it."""
    return Explanation(
        name=name,
        what="rule",
        title=rule.says,
        description=f"A rule by which sign-ins are judged. It is {rule.grade}: {_GRADES[rule.grade]}",
        links=(("source", rule.source),),
    )


_GRADES: Final[Mapping[Grade, str]] = {
    "documented": "Microsoft's text says so.",
    "reported": "people saw it, and nobody promises it.",
    "inferred": "it is our reading of what the documents leave open, and --strict does not rely on it.",
}


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
        title=_brake_title(name),
        description="A brake of the guard: where a plan would do this, apply stops until told to go on.",
        links=(("severity", "brake"), ("allow it with", flag(name))),
    )


def _brake_title(name: str) -> str:
    return _sentence(BRAKES[name])


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _anywhere(topic: str, wanted: str) -> Explanation:
    """A field's name without its kind, if only one kind has it."""
    found = [
        (name, node)
        for name in (*kinds(), *FILES)
        for path, node in fields_by_path(name).items()
        if path == wanted or path.endswith(f".{wanted}")
    ]
    found = [item for item in found if item[1].path.lower() == wanted] or found
    if len(found) == 1:
        return _explained(*found[0])
    if wanted in EVALUATION:
        return _evaluation(wanted, EVALUATION[wanted])
    if (switch := {one.id: one for one in SWITCHES}.get(wanted)) is not None:
        return _switch(switch)
    if found:
        raise UsageError(
            f'"{topic}" is in several places: {_several([f"{n}.{node.path}" for n, node in found])}'
        )
    known = {name.lower(): name for name in topics()}
    for name in (*FILES, *kinds()):  # a kind's field comes before a file's of the same name
        known |= {node.path.rpartition(".")[2].lower(): node.path for node in fields_by_path(name).values()}
    close = difflib.get_close_matches(wanted, known, n=3)
    raise UsageError(f'nothing is called "{topic}"; {_did_you_mean([known[item] for item in close])}')


def _several(names: list[str]) -> str:
    shown = names[:_MOST_NAMES]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return ", ".join(shown) + more


def _did_you_mean(names: list[str]) -> str:
    return f"did you mean {' or '.join(names)}?" if names else "`tapctl explain` lists what there is"
