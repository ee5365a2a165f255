"""JSON situations (schemas/Situation.schema.json) → questions for the evaluator, and its answers → JSON.

A situation that cannot be read is a question with mistakes, which all name their place; the others are
answered all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final, Literal, cast

from tapctl.evaluate.facts import Facts, Pass, PassPolicy, Person
from tapctl.evaluate.journey import Effect, as_person
from tapctl.evaluate.passes import PassRequest
from tapctl.evaluate.situation import UNREGISTERED, Attribute, Device, SignIn
from tapctl.kind import Kind
from tapctl.model import Finding, Json, JsonObject, Path, Source
from tapctl.settings import quoted, suggestion
from tapctl.simulate.fixture import (
    facts_of,
    first,
    group_name,
    minutes_of,
    modes,
    pass_of,
    person_of,
    said,
    texts,
)
from tapctl.simulate.journey import Step
from tapctl.validate import dotted, mistakes

_SITUATION: Final = Kind(
    name="Situation", path="", documentation="", read_permission="", write_permissions=()
)
_FIXTURE: Final = replace(_SITUATION, name="Fixture")
_WORKLOADS: Final = ("sp:", "mi:")


@dataclass(frozen=True, slots=True, kw_only=True)
class PassQuestion:
    """Whether a pass works at a time; without a pass, whether a request for one would be accepted."""

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
    found = tuple(_findings(_FIXTURE, value, source, ()))
    return (Facts() if found else facts_of(cast(JsonObject, value))), found


def read_questions(value: Json, source: Source, fixture: Facts | None, today: date) -> tuple[Question, ...]:
    """One situation or an array of them.

    Without a fixture nothing is known of a user whom the situation does not describe.
    """
    items = value if isinstance(value, list) else [value]
    paths: list[Path] = [(index,) for index in range(len(items))] if isinstance(value, list) else [()]
    return tuple(
        _question(item, source, path, fixture, today, str(number))
        for number, (item, path) in enumerate(zip(items, paths, strict=True), 1)
    )


def _findings(kind: Kind, value: Json, source: Source, path: Path) -> Iterator[Finding]:
    if not isinstance(value, dict):
        yield _wrong(source, path, f"is {quoted(value)}, which is not an object", "wrong-type")
        return
    for inner, rule, message, remedy in mistakes(kind, value):
        yield Finding(
            rule=rule, severity="error", message=message, help=remedy, place=source.place(*path, *inner)
        )


def _wrong(source: Source, path: Path, message: str, rule: str = "wrong-value", remedy: str = "") -> Finding:
    text = f"{dotted(path)} {message}".strip()
    return Finding(rule=rule, severity="error", message=text, help=remedy, place=source.place(*path))


def _question(
    value: Json, source: Source, path: Path, fixture: Facts | None, today: date, number: str
) -> Question:
    written = value if isinstance(value, dict) else {}
    name = str(written.get("id") if isinstance(written.get("id"), (str, int)) else number)
    found = [*_findings(_SITUATION, value, source, path)]
    if not found:
        found = [*_time_findings(written, source, path), *_policy_findings(written, source, path)]
    if found:
        return Question(id=name, mistakes=tuple(found))
    reader = _Reader(written, source, path, facts_of(written, fixture), today, fixture is not None, [])
    question = reader.question(name)
    return Question(id=name, mistakes=tuple(reader.found)) if reader.found else question


def _time_findings(value: Json, source: Source, path: Path) -> Iterator[Finding]:
    """Times and days are read by the evaluator, which expects them to be right. What a request for a pass
    starts with is judged there."""
    for key, item in value.items() if isinstance(value, dict) else ():
        here = (*path, key)
        if key == "asOf" and isinstance(item, str) and not _is_day(item):
            yield _wrong(source, here, f"is {quoted(item)}, which is not a day", remedy="Write 2026-09-01.")
        elif key in ("now", "start", "startDateTime") and isinstance(item, str):
            if not _is_moment(item, needs_offset=path[-1:] != ("request",) or key == "now"):
                message = f"is {quoted(item)}, which is not a time with an offset"
                yield _wrong(source, here, message, remedy="Write 2026-09-01T08:00:00Z.")
        elif key in (
            "pass",
            "tap",
            "request",
            "signIn",
            "user",
            "users",
            "effect",
            "passIssued",
            "issuesPass",
        ):
            yield from _time_findings(item, source, here)
        elif key == "steps" and isinstance(item, list):
            for index, step in enumerate(item):
                yield from _time_findings(step, source, (*here, index))
        elif path[-1:] == ("users",):
            yield from _time_findings(item, source, here)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_moment(text: str, *, needs_offset: bool) -> bool:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return False
    return found.tzinfo is not None or not needs_offset


def _named_policies(written: JsonObject) -> Iterator[tuple[Path, str | None, JsonObject]]:
    policies = written.get("policies")
    if isinstance(policies, dict):
        for name, policy in policies.items():
            yield ("policies", name), name, cast(JsonObject, policy)
    for index, policy in enumerate(policies if isinstance(policies, list) else ()):
        spec = cast(JsonObject, policy)
        known_as = first(spec, "id", "displayName")
        yield ("policies", index), known_as if isinstance(known_as, str) else None, spec


def _policy_findings(written: JsonObject, source: Source, path: Path) -> Iterator[Finding]:
    seen: set[str] = set()
    for inner, name, policy in _named_policies(written):
        here = (*path, *inner)
        if not isinstance(policy, dict):
            yield _wrong(source, here, "is not an object", "wrong-type")
        elif name is None:
            yield _wrong(source, here, "has neither id nor displayName", "missing-property")
        elif name in seen:
            yield _wrong(source, here, f"is a second policy {quoted(name)}; give it another id")
        seen.add(name or "")


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
        named = [*_named_policies(self.written)]
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
        self.found.append(_wrong(self.source, (*self.path, *path), message, rule, remedy))

    def _user(self) -> tuple[str, Person | None]:
        """A name, and what the situation says about the user besides the facts."""
        user = self.written.get("user")
        held = self.written.get("pass")
        if isinstance(user, dict):
            name = str(first(user, "id", "upn", "name") or "the user").removeprefix("u:")
            known = as_person(self.facts, name) if name in self.facts.users else None
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
        written = cast(JsonObject, holder.get("signIn"))
        apps = texts(first(written, "apps", "app"))
        action, context = _text(written, "action", "userAction"), _text(written, "authContext", "context")
        if bool(apps) + bool(action) + bool(context) != 1:
            message = "needs exactly one of apps, action and authContext"
            self._wrong((*path, "signIn"), message, "missing-property")
        day = first(written, "asOf") or first(holder, "asOf") or self.written.get("asOf")
        return SignIn(
            user=user,
            person=person,
            apps=apps,
            action=action or "",
            context=context or "",
            client=_text(written, "client", "clientId") or "",
            auth=modes(written.get("auth")),
            scopes=None if written.get("scopes") is None else texts(written.get("scopes")),
            client_kind=cast('Literal["public", "confidential"] | None', written.get("clientKind")),
            client_app=_text(written, "clientApp", "clientAppType"),
            platform=_text(written, "platform", "devicePlatform"),
            locations=None if written.get("locations") is None else texts(written.get("locations")),
            ip=_text(written, "ip", "ipAddress"),
            country="" if written.get("countryKnown") is False else _text(written, "country"),
            device=_device(written),
            sign_in_risk=_text(written, "signInRisk"),
            user_risk=_text(written, "userRisk"),
            service_principal_risk=_text(written, "servicePrincipalRisk"),
            insider_risk=_text(written, "insiderRisk"),
            flow=_text(written, "flow", "transferMethod"),
            via=_text(written, "via") or "",
            fido2_aaguid=_text(written, "fido2Aaguid"),
            home_mfa=said(written.get("homeMfa"), None),
            trusts_home_mfa=written.get("trustHomeMfa") is True,
            trusts_home_devices=first(written, "trustHomeDevices", "trustHomeDevice") is True,
            app_protection=said(written.get("appProtection"), None),
            approved_app=said(written.get("approvedApp"), None),
            accepted_terms=frozenset(
                texts(first(written, "acceptedTerms", "termsAccepted", "acceptedTermsOfUse"))
            ),
            password_changed=written.get("passwordChanged") is True,
            is_write=said(first(written, "write", "isWrite"), None),
            now=str(first(written, "now") or first(holder, "now") or self.written.get("now") or ""),
            as_of=date.fromisoformat(str(day)) if day else self.today,
        )

    def _step(self, written: JsonObject, path: Path, user: str, person: Person | None) -> Step:
        effect = written.get("effect")
        effects: JsonObject = effect if isinstance(effect, dict) else {}
        day = effects.get("asOf")
        return Step(
            sign_in=self._sign_in(written, path, user, person),
            effect=_effect(effects),
            advances=minutes_of(first(effects, "advances", "advancesMinutes")) or 0,
            now=_text(effects, "now") or "",
            as_of=date.fromisoformat(str(day)) if day else None,
        )

    # Passes

    def _about_pass(self, user: str, person: Person | None) -> PassQuestion | None:
        request, now = self.written.get("request"), str(self.written.get("now") or "")
        if isinstance(request, dict):
            known = person or as_person(self.facts, user)
            return PassQuestion(
                policy=self.facts.pass_policy,
                request=None if request.get("policyOnly") is True else _request(request, known),
                now=_text(request, "now") or now,
            )
        if person is not None and isinstance(person.held_pass, Pass):
            return PassQuestion(policy=self.facts.pass_policy, held=person.held_pass, now=now)
        return None


def _effect(written: JsonObject) -> Effect:
    issued = first(written, "pass", "passIssued", "issuesPass", "tap")
    held = None if issued is None else pass_of(issued)
    return Effect(
        registers=modes(written.get("registers")),
        deletes=modes(first(written, "deletes", "removes", "methodDeleted", "deletesMethod")),
        loses=modes(written.get("loses")),
        new_pass=held if isinstance(held, Pass) else None,
        pass_deleted=held == "none" or written.get("passDeleted") is True,
        pass_used=written.get("passUsed") is True,
        joins=frozenset(map(group_name, texts(first(written, "joins", "joinsGroups")))),
        leaves=frozenset(map(group_name, texts(first(written, "leaves", "leavesGroups")))),
        fido2_aaguids=frozenset(texts(written.get("fido2Aaguids"))),
    )


def _text(written: JsonObject, *names: str) -> str | None:
    return cast("str | None", first(written, *names))


def _device(written: JsonObject) -> Device | None:
    """null is an unregistered device; left out, nobody knows."""
    if "device" not in written:
        return None
    attributes = written["device"]
    if not isinstance(attributes, dict):
        return UNREGISTERED
    found: dict[str, Attribute] = {
        "managed" if name == "isManaged" else name: tuple(map(str, value))
        if isinstance(value, list)
        else cast("str | bool | None", value)
        for name, value in attributes.items()
    }
    return Device(attributes=found)


def _request(written: JsonObject, person: Person) -> PassRequest:
    existing = str(written.get("existing") or "")
    return PassRequest(
        lifetime_minutes=minutes_of(first(written, "lifetimeMinutes", "lifetimeInMinutes")),
        is_usable_once=said(written.get("isUsableOnce"), None),
        start=_text(written, "start", "startDateTime") or "",
        existing="" if existing == "none" else existing,
        is_external_guest=person.type not in ("member", "internalGuest"),
    )
