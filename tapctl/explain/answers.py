"""What is asked about → its Explanation; and everything that there is to ask about."""

from __future__ import annotations

import difflib
from typing import Final

from tapctl import schema
from tapctl.drift.rules import RULES as DRIFT_RULES
from tapctl.errors import UsageError
from tapctl.evaluate.dated import SWITCHES
from tapctl.evaluate.rules import RULES as EVALUATION
from tapctl.explain.explanation import Entry, Explanation, did_you_mean, first_sentence, sentence
from tapctl.explain.fields import fields_by_path
from tapctl.explain.findings import SECTIONS
from tapctl.explain.of_rules import brake_title, of_evaluation, of_rule, of_switch
from tapctl.explain.of_schemas import FILES, of_field, of_schema
from tapctl.guard import BRAKES
from tapctl.kinds import kinds
from tapctl.lint import rules
from tapctl.lint.out_of_reach import OUT_OF_REACH

_MOST_NAMES: Final = 8
_MOST_CLOSE: Final = 3
_SHORTEST_WORD: Final = 3
_NEAR: Final = 0.8


def explain(topic: str | None) -> Explanation:
    """Letter case does not matter. Raises UsageError, with what is close, for a name of nothing."""
    if not topic:
        return _index()
    exact = {name.lower(): name for name in (*kinds(), *FILES)}
    wanted = topic.strip().lower().replace("[]", "")
    head, _, path = wanted.partition(".")
    if head in exact:
        return of_schema(exact[head], path.removeprefix("spec.") if path != "spec" else "")
    if (rule := of_rule(wanted)) is not None:
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
        *(Entry(name=name, description=brake_title(name), section="Brakes") for name in BRAKES),
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
            Entry(name=name, description=sentence(said), section="What drift means for safety")
            for name, (_, said) in DRIFT_RULES.items()
        ),
        *(
            Entry(name=name, description=rule.says, section="How a sign-in is judged")
            for name, rule in EVALUATION.items()
        ),
        *(
            Entry(name=switch.id, description=sentence(switch.says), section="What changes on a date")
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
        return of_field(*found[0])
    if wanted in EVALUATION:
        return of_evaluation(wanted, EVALUATION[wanted])
    if (switch := {one.id: one for one in SWITCHES}.get(wanted)) is not None:
        return of_switch(switch)
    if found:
        raise UsageError(
            f'"{topic}" is in several places: {_several([f"{n}.{node.path}" for n, node in found])}'
        )
    known = {name.lower(): name for name in topics()}
    for name in (*FILES, *kinds()):  # a kind's field comes before a file's of the same name
        known |= {node.path.rpartition(".")[2].lower(): node.path for node in fields_by_path(name).values()}
    close = [known[item] for item in difflib.get_close_matches(wanted, known, n=_MOST_CLOSE)]
    names = [*dict.fromkeys((*_kinds_called(wanted), *_fields_near(wanted), *close))][:_MOST_CLOSE]
    raise UsageError(f'nothing is called "{topic}"; {did_you_mean(names)}')


def _fields_near(wanted: str) -> list[str]:
    """Of a path: the fields of which the end is nearly it."""
    paths = {
        path.lower(): f"{name}.{node.path}"
        for name in reversed((*kinds(), *FILES))
        for path, node in fields_by_path(name).items()
    }
    deep = wanted.count(".")
    ends: dict[str, str] = {}
    for path, named in paths.items() if deep else ():
        ends.setdefault(".".join(path.split(".")[-deep - 1 :]), named)
    return [ends[item] for item in difflib.get_close_matches(wanted, ends, n=_MOST_CLOSE, cutoff=_NEAR)]


def _kinds_called(wanted: str) -> list[str]:
    """The kinds of which that is a part of the name, or the beginning of its initials."""
    initials = {name: "".join(filter(str.isupper, name)).lower() for name in kinds()}
    is_word = len(wanted) >= _SHORTEST_WORD
    return [
        name
        for name, short in initials.items()
        if short.startswith(wanted) or (is_word and wanted in name.lower())
    ]


def _several(names: list[str]) -> str:
    shown = names[:_MOST_NAMES]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return ", ".join(shown) + more
