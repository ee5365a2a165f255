"""JSON situations (schemas/Situation.schema.json) → questions for the evaluator, and its answers → JSON.

A situation that cannot be read is a question with mistakes, which all name their place; the others are
answered all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, cast

from tapctl.canonical import at
from tapctl.evaluate.facts import Facts, Pass, PassPolicy, Person
from tapctl.evaluate.journey import as_person
from tapctl.evaluate.passes import PassRequest
from tapctl.evaluate.situation import SignIn
from tapctl.facts.objects import strength_of as whole_strength_of
from tapctl.kind import Kind
from tapctl.load.settings import quoted, suggestion
from tapctl.model import Finding, Json, JsonObject, Path, Source
from tapctl.simulate.fixture import (
    facts_of,
    first,
    minutes_of,
    pass_of,
    person_of,
)
from tapctl.simulate.journey import Step
from tapctl.simulate.sign_in_json import effect_of, request_of, sign_in_of, targets_of, text_of
from tapctl.simulate.situation_checks import (
    FIXTURE,
    SITUATION,
    named_policies,
    own_findings,
    schema_findings,
)
from tapctl.simulate.situation_finding import wrong
from tapctl.simulate.word_checks import word_findings

_SITUATION: Final = Kind(
    name="Situation", path="", documentation="", read_permission="", write_permissions=()
)
_OTHER_ID: Final = "Give it another id: answers are told apart by it."
_WORKLOADS: Final = ("sp:", "mi:")
_NAMES: Final = frozenset({"id", "upn", "name"})
"""What only says who somebody is: then the fixture has to say the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassQuestion:
    """Whether a request for a pass would be accepted, by somebody who may hold one already; without a
    request, whether the pass works at a time, or, without a pass, whether the policy may be so."""

    policy: PassPolicy | None
    held: Pass | None = None
    request: PassRequest | None = None
    now: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One situation. `paths` says where in `source` each policy stands. With `mistakes` it asks nothing."""

    id: str
    user: str = ""
    person: Person | None = None
    facts: Facts = field(default_factory=Facts)
    policies: Mapping[str, JsonObject] = field(default_factory=dict)
    paths: Mapping[str, Path] = field(default_factory=dict)
    source: Source = field(default_factory=lambda: Source(places={}))
    steps: tuple[Step, ...] = ()
    is_journey: bool = False
    about_pass: PassQuestion | None = None
    mistakes: tuple[Finding, ...] = ()


def read_fixture(value: Json, source: Source) -> tuple[Facts, tuple[Finding, ...]]:
    """The facts of a fixture file, and what is wrong with it."""
    found = (*schema_findings(FIXTURE, value, source), *word_findings(value, source, ()))
    return (Facts() if found else facts_of(cast(JsonObject, value))), found


def read_questions(value: Json, source: Source, fixture: Facts | None, today: date) -> tuple[Question, ...]:
    """One situation or an array of them.

    Without a fixture nothing is known of a user whom the situation does not describe.
    """
    items = value if isinstance(value, list) else [value]
    paths: list[Path] = [(index,) for index in range(len(items))] if isinstance(value, list) else [()]
    names = [_name(item, number) for number, item in enumerate(items, 1)]
    first_of = {name: index for index, name in reversed([*enumerate(names)])}
    return tuple(
        _question(item, name, source, path, fixture, today, is_second=first_of[name] != index)
        for index, (item, name, path) in enumerate(zip(items, names, paths, strict=True))
    )


def _name(value: Json, number: int) -> str:
    """A situation's id, or its position."""
    own = value.get("id") if isinstance(value, dict) else None
    return str(own if isinstance(own, (str, int)) else number)


def _question(
    value: Json, name: str, source: Source, path: Path, fixture: Facts | None, today: date, *, is_second: bool
) -> Question:
    written = value if isinstance(value, dict) else {}
    found = [*schema_findings(SITUATION, value, source, path), *own_findings(written, source, path)]
    if is_second:
        found.append(wrong(source, (*path, "id"), f"is {quoted(name)} a second time", remedy=_OTHER_ID))
    if found:
        return Question(id=name, mistakes=tuple(found))
    facts = _with_strengths(facts_of(written, fixture), written)
    reader = _Reader(written, source, path, facts, today, fixture is not None, [])
    question = reader.question(name)
    return Question(id=name, mistakes=tuple(reader.found)) if reader.found else question


def _with_strengths(facts: Facts, written: JsonObject) -> Facts:
    """The facts, and the strengths that policies hold as a whole, as Graph gives them, by their ids."""
    held = [at(policy, "grantControls", "authenticationStrength") for _, _, policy in named_policies(written)]
    found = {
        str(item.get("id")): whole_strength_of(item)
        for item in held
        if isinstance(item, dict) and item.get("allowedCombinations")
    }
    return replace(facts, strengths={**found, **facts.strengths})


def _described(user: JsonObject) -> Person:
    """Somebody whom the facts do not know: groups and roles that are in no list are not there. Everybody has
    a type, and may have registered something: what is not said of these is not known."""
    says_methods = first(user, "has", "registered") is not None
    return Person(
        type=None,
        registered=None,
        held_pass="none" if says_methods else None,  # says that there is none
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """One situation whose structure is right."""

    written: JsonObject
    source: Source
    path: Path
    facts: Facts
    today: date
    has_fixture: bool
    found: list[Finding]

    def question(self, name: str) -> Question:
        user, person = self._user()
        steps, is_journey = self._steps(user, person)
        about_pass = self._about_pass(user, person) if not steps else None
        if not steps and about_pass is None:
            self._wrong((), "asks nothing: it needs signIn, steps, pass or request", "missing-property")
        named = [*named_policies(self.written)]
        return Question(
            id=name,
            user=user,
            person=person,
            facts=self.facts,
            policies={str(policy): spec for _, policy, spec in named},
            paths={str(policy): (*self.path, *inner) for inner, policy, _ in named},
            source=self.source,
            steps=steps,
            is_journey=is_journey,
            about_pass=about_pass,
        )

    def _wrong(self, path: Path, message: str, rule: str = "wrong-value", remedy: str = "") -> None:
        self.found.append(wrong(self.source, (*self.path, *path), message, rule, remedy))

    def _user(self) -> tuple[str, Person | None]:
        """A name, and what the situation says about the user besides the facts."""
        user = self.written.get("user")
        held = self.written.get("pass")
        if isinstance(user, dict):
            said = str(first(user, "id", "upn", "name") or "").removeprefix("u:")
            if user.keys() <= _NAMES:
                self._check_user(said)
            name = said or "the user"
            known = as_person(self.facts, name) if name in self.facts.users else _described(user)
            person: Person | None = person_of(user, known)
        else:
            name, person = str(user or "").removeprefix("u:"), None
            self._check_user(name)
        if held is not None:
            person = replace(person or as_person(self.facts, name), held_pass=pass_of(held))
        return name, person

    def _check_user(self, name: str) -> None:
        if not name:
            self._wrong(("user",), "is missing: who signs in?", "missing-property")
        elif self.has_fixture and name not in self.facts.users and not name.startswith(_WORKLOADS):
            message = f"is {quoted(name)}, whom the fixture does not know"
            self._wrong(
                ("user",), message + suggestion(name, self.facts.users), remedy="Add the user to `users`."
            )

    # Sign-ins

    def _steps(self, user: str, person: Person | None) -> tuple[tuple[Step, ...], bool]:
        steps = self.written.get("steps")
        if isinstance(steps, list):
            return tuple(
                self._step(cast(JsonObject, step), ("steps", index), user, person)
                for index, step in enumerate(steps)
            ), True
        if self.written.get("signIn") is None:
            return (), False
        return (Step(sign_in=self._sign_in(self.written, (), user, person)),), False

    def _sign_in(self, holder: JsonObject, path: Path, user: str, person: Person | None) -> SignIn:
        """A sign-in; its own time comes before that of the step, and that before the situation's."""
        written = cast(JsonObject, holder.get("signIn"))
        if targets_of(written) != 1:
            message = "needs exactly one of apps, action and authContext"
            self._wrong((*path, "signIn"), message, "missing-property")
        day, now = (
            first(written, key) or first(holder, key) or self.written.get(key) for key in ("asOf", "now")
        )
        return sign_in_of(
            written,
            user=user,
            person=person,
            now=str(now or ""),
            as_of=date.fromisoformat(str(day)) if day else self.today,
        )

    def _step(self, written: JsonObject, path: Path, user: str, person: Person | None) -> Step:
        effect = written.get("effect")
        effects: JsonObject = effect if isinstance(effect, dict) else {}
        day = effects.get("asOf")
        return Step(
            sign_in=self._sign_in(written, path, user, person),
            effect=effect_of(effects),
            advances=minutes_of(first(effects, "advances", "advancesMinutes")) or 0,
            now=text_of(effects, "now") or "",
            as_of=date.fromisoformat(str(day)) if day else None,
        )

    # Passes

    def _about_pass(self, user: str, person: Person | None) -> PassQuestion | None:
        request, now = self.written.get("request"), str(self.written.get("now") or "")
        if isinstance(request, dict):
            known = person or as_person(self.facts, user)
            is_known = request.get("policyOnly") is not True and not request.get("existing")
            return PassQuestion(
                policy=self.facts.pass_policy,
                held=known.held_pass if is_known and isinstance(known.held_pass, Pass) else None,
                request=None if request.get("policyOnly") is True else request_of(request, known),
                now=text_of(request, "now") or now,
            )
        if person is not None and isinstance(person.held_pass, Pass):
            return PassQuestion(policy=self.facts.pass_policy, held=person.held_pass, now=now)
        return None
