"""A SignInTest document → a Case that can be run, and every mistake in it at its line.

The schema says what may stand there (schemas/SignInTest.schema.json); names are checked
against the workspace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, cast

from tapctl.checked import Checked
from tapctl.errors import UsageError
from tapctl.evaluate.facts import Facts, Person
from tapctl.evaluate.journey import Effect, after, as_person
from tapctl.facts.snapshot import FactsSnapshot
from tapctl.kind import Kind
from tapctl.load.settings import quoted, suggestion
from tapctl.model import Address, Finding, Json, JsonObject, Path, Place, SignInTest, Source
from tapctl.shapes import as_object
from tapctl.simulate.asking import Asking
from tapctl.simulate.given import sign_in_of, step_of
from tapctl.simulate.journey import Step
from tapctl.simulate.workspace import Company, company_of
from tapctl.validate.verdicts import verdicts

KIND: Final = Kind(name="SignInTest", path="", documentation="", read_permission="", write_permissions=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One step with what has to come of it. `place` is where the expectation is written."""

    name: str
    step: Step
    enforce: frozenset[str]
    expect: JsonObject
    place: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test. With `mistakes` it cannot be run; `environments` is None where it holds everywhere."""

    name: str
    why: str = ""
    place: Place | None = None
    environments: tuple[str, ...] | None = None
    is_active: bool = True
    steps: tuple[Expected, ...] = ()
    is_journey: bool = False
    mistakes: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Document:
    """A test being read: its mistakes are gathered here."""

    test: SignInTest
    company: Company
    today: date
    found: list[Finding] = field(default_factory=list)

    @property
    def name(self) -> str:
        return str(self.test.value.get("name") or "")

    def report(self, path: Path, message: str, remedy: str, rule: str = "broken-sign-in-test") -> None:
        self.found.append(
            Finding(
                rule=rule,
                severity="error",
                message=message,
                help=remedy,
                place=self.test.source.place(*path),
                address=Address(KIND.name, self.name),
            )
        )

    @property
    def in_order(self) -> tuple[Finding, ...]:
        """The mistakes as they stand in the file."""
        return tuple(
            sorted(
                self.found, key=lambda item: (item.place.line, item.place.column) if item.place else (0, 0)
            )
        )

    def at(self, *prefixes: Path) -> Callable[[Path, str, str], None]:
        """A report for what stands below the first of these prefixes that holds it."""

        def report(path: Path, message: str, remedy: str) -> None:
            written = [(*prefix, *path) for prefix in prefixes]
            known = next((item for item in written if item in self.test.source.places), written[0])
            self.report(known, f"{_label(known)} {message}", remedy)

        return report


def read_cases(tests: Iterable[SignInTest], company: Company, today: date) -> tuple[Case, ...]:
    """All tests, in the order of their files. A name that is taken is a mistake of the second."""
    seen: dict[str, Place | None] = {}
    documents = (_Document(test, company, today, [*test.mistakes]) for test in tests)
    return tuple(_unique(_case(document), seen) for document in documents)


def with_mistakes_of_tests(checked: Checked, snapshot: FactsSnapshot | None, today: date) -> Checked:
    """A folder without other mistakes, with those of its sign-in tests. Whether they hold is not tried."""
    tests = checked.workspace.tests
    if not tests:
        return checked
    cases = read_cases(tests, company_of(checked, snapshot), today)
    found = (finding for case in cases for finding in case.mistakes)
    return replace(checked, findings=(*checked.findings, *found))


def chosen(cases: tuple[Case, ...], names: Sequence[str]) -> tuple[Case, ...]:
    """Those whose names contain one of these, whatever the letter case; without names, all. Raises UsageError
    for a name that no test has."""
    for name in names:
        if not any(name.casefold() in case.name.casefold() for case in cases):
            known = [case.name for case in cases]
            close = suggestion(name, known) or f"; `tapctl test` runs all {len(cases)} and names them"
            raise UsageError(f"no sign-in test is called {quoted(name)}{close}")
    wanted = [name.casefold() for name in names]
    return tuple(case for case in cases if not names or any(name in case.name.casefold() for name in wanted))


def question(given: JsonObject, company: Company, today: date) -> Case:
    """A sign-in that is only asked about, from nowhere in particular."""
    value: JsonObject = {
        "kind": KIND.name,
        "name": "question",
        "given": given,
        "expect": {"decision": "allow"},
    }
    return _case(_Document(SignInTest(value=value, source=Source(places={})), company, today))


def _unique(case: Case, seen: dict[str, Place | None]) -> Case:
    first = seen.setdefault(case.name, case.place)
    if not case.name or first is case.place:
        return case
    twice = Finding(
        rule="duplicate-document",
        severity="error",
        message=f"sign-in test {quoted(case.name)} is declared a second time, first at {first}",
        help="Give one of the two another name.",
        place=case.place,
        address=Address(KIND.name, case.name),
    )
    return replace(case, mistakes=(*case.mistakes, twice))


def _case(document: _Document) -> Case:
    test = document.test
    for verdict in verdicts(KIND, test.value):
        document.report(verdict.path, verdict.message, verdict.help, verdict.rule)
    case = Case(
        name=document.name,
        why=str(test.value.get("why") or ""),
        place=test.source.place("name"),
        environments=test.environments,
        is_active=test.is_active,
        is_journey="steps" in test.value,
    )
    of_another_shape = any(item.rule != "unknown-value" for item in document.found)
    if of_another_shape or not test.is_active:  # names are those of the test's own environments
        return replace(case, mistakes=tuple(document.found))
    steps = tuple(_steps(document))
    if not document.found:
        _check_effects(document, steps)
    return replace(case, steps=() if document.found else steps, mistakes=document.in_order)


def _steps(document: _Document) -> Iterator[Expected]:
    value = document.test.value
    if ("steps" in value) == ("expect" in value):
        message = "has both expect and steps" if "steps" in value else "expects nothing"
        document.report(("name",), message, "Write `expect:`, or `steps:` for a journey.")
        return
    shared = as_object(value.get("given"))
    if "steps" not in value:
        yield _step(document, (), value, shared)
        return
    for index, written in enumerate(cast("list[JsonObject]", value["steps"])):
        own = as_object(written.get("given"))
        path: Path = ("steps", index)
        if "user" in own and index:
            message = f"{_label((*path, 'given', 'user'))} is another user, but a journey is one person's"
            document.report((*path, "given", "user"), message, "Write what changes as an `effect`.")
        yield _step(document, path, written, laid_over(shared, own))


def laid_over(base: JsonObject, patch: Mapping[str, Json]) -> JsonObject:
    """A step's `given` on top of the journey's: mappings are merged, everything else is replaced. A target
    takes the place of any other."""
    if {"application", "action", "context"} & patch.keys():
        base = {key: item for key, item in base.items() if key not in ("application", "action", "context")}
    result = dict(base)
    for key, value in patch.items():
        below = result.get(key)
        result[key] = (
            laid_over(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
        )
    return result


def _step(document: _Document, path: Path, written: JsonObject, given: JsonObject) -> Expected:
    report = document.at((*path, "given"), ("given",))
    asking = Asking(document.company, document.today, report)
    sign_in = sign_in_of(asking, given)
    effects = replace(asking, report=document.at((*path, "effect")))
    expect = as_object(written.get("expect"))
    _check_expectation(document, (*path, "expect"), expect)
    return Expected(
        name=str(written.get("name") or "") if path else "",
        step=step_of(effects, sign_in, as_object(written.get("effect"))),
        enforce=frozenset(asking.known("ConditionalAccessPolicy", given, "enforce")),
        expect=expect,
        place=document.test.source.place(*path, "expect"),
    )


def _check_effects(document: _Document, steps: Sequence[Expected]) -> None:
    """Nobody leaves a group or gives away a method that they do not have by then, for all that is known: the
    step would change nothing, and the test prove nothing about it."""
    facts = document.company.facts
    first = steps[0].step.sign_in
    person = first.person or as_person(facts, first.user)
    for index, expected in enumerate(steps):
        effect = expected.step.effect
        gone = {
            "leaves": _never_joined(person, effect, facts),
            "deletes": effect.deletes - _may_have(person, effect),
            "loses": effect.loses - _may_have(person, effect),
        }
        for key, names in gone.items():
            what = "group" if key == "leaves" else "method"
            for name in sorted(names):
                path: Path = ("steps", index, "effect", key)
                message = f"{_label(path)} names {quoted(name)}, a {what} that the user does not have by then"
                document.report(
                    path, message, f"Correct the name, or say in given.user that they have the {what}."
                )
        person = after(person, effect)


def _never_joined(person: Person, effect: Effect, facts: Facts) -> frozenset[str]:
    """The groups that somebody cannot leave, as they are known not to be in them directly."""
    if person.is_anybody:
        return frozenset()
    known = {name for name, group in facts.groups.items() if group.is_complete}
    told = effect.leaves if person.groups_are_complete else effect.leaves & known
    return told - person.groups - effect.joins


def _may_have(person: Person, effect: Effect) -> frozenset[str]:
    """The methods that somebody has, or may have."""
    return (person.registered or frozenset()) | person.unsure | effect.registers


def _check_expectation(document: _Document, path: Path, expect: JsonObject) -> None:
    """Every policy that an expectation names has to be there: of one that is not nothing is proved."""
    if not expect:
        document.report(path, f"{_label(path)} says nothing", "Say at least which `decision` is right.")
    if "decision" in expect and "decisionAnyOf" in expect:
        document.report(path, f"{_label(path)} has decision and decisionAnyOf", "Keep one.")
    asking = Asking(document.company, document.today, document.at(path))
    for key in ("by", "skippedForProofUp"):
        asking.known("ConditionalAccessPolicy", expect, key)
    names = document.company.names("ConditionalAccessPolicy")
    for key in ("policies", "reportOnly", "reasons"):
        for name in as_object(expect.get(key)):
            if name not in names:
                message = f"{_label((*path, key))} names {quoted(name)}, which is no policy of this workspace"
                document.report((*path, key, name), message + suggestion(name, names), "Correct the name.")


def _label(path: Path) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
