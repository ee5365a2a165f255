"""DL001 to DL006, DL013, DL017, DL025: ways that end on day one. The evaluator is asked, nothing guessed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tapctl.evaluate.controls import is_strength
from tapctl.evaluate.decision import Decision
from tapctl.lint.context import Context
from tapctl.lint.day_one import Cell, at_decision, cells, named, newcomers, once
from tapctl.lint.example import BLOCK, JOIN, REGISTER, configuration, document, policy, stream, strength, tap
from tapctl.lint.item import Hit
from tapctl.lint.policy import JOIN as JOINING
from tapctl.lint.policy import REGISTER as REGISTERING
from tapctl.lint.policy import Policy
from tapctl.lint.rule import rule
from tapctl.lint.what_if import MANAGED, WORK

_ENROLMENT: Final = {"apps": ("Microsoft Intune Enrollment",)}
_HELLO: Final = "windowsHelloForBusiness"
_NEW_HIRES: Final = "{includeGroups: [New hires], excludeGroups: [Break glass]}"
_OURS: Final = "{operator: OR, authenticationStrength: Ours}"
_THEIRS: Final = "{operator: OR, authenticationStrength: Theirs}"
_RESISTANT: Final = "{operator: OR, authenticationStrength: Phishing-resistant MFA}"
_COMPLIANT: Final = "{operator: OR, builtInControls: [compliantDevice]}"
_WALL: Final = "locations: {includeLocations: [All], excludeLocations: [Office]}"
_OFFICE: Final = document("NamedLocation", "Office", "{isTrusted: true, ipRanges: [203.0.113.0/24]}")
_UNMANAGED: Final = "on a machine that is not managed"
_HOW: Final = (
    "https://learn.microsoft.com/entra/identity/authentication/concept-authentication-strength-how-it-works"
)
_REGISTRATION: Final = "https://learn.microsoft.com/entra/identity/conditional-access/policy-all-users-security-info-registration"


@rule(
    id="DL001",
    name="bootstrap-unreachable",
    severity="error",
    what="With a password alone nobody new ever gets in, and there are no passes.",
    why="What policies ask for cannot be registered by somebody who has nothing but the first password.",
    fix="Enable passes for them, or let a group for the first day register what is asked for.",
    source=_HOW,
    good=stream(tap(), policy(grant=_RESISTANT)),
    bad=stream(tap(state="disabled"), policy(grant=_RESISTANT)),
)
def no_way_in(context: Context) -> Iterator[Hit]:
    item, ask = context.one("TemporaryAccessPassPolicy"), context.what_if
    if item is None or item.spec.get("state") == "enabled":
        return
    for who, groups in newcomers(context):
        if decision := ask.shut_everywhere(ask.person(groups=groups), {"password"}, **WORK):
            message = f"{named(decision.by)} keeps out {who} who have a password only, and passes are off"
            yield at_decision(context, decision, message, item)
            if not groups:
                return


@rule(
    id="DL002",
    name="pass-cannot-open-registration",
    severity="error",
    what="The pass that the tenant issues does not open the registration of security info.",
    why="Whoever is handed one signs in and cannot register anything: the day ends there.",
    fix="Let the strength on registration hold this kind of pass, and ask for no managed device there.",
    source=_REGISTRATION,
    good=stream(
        tap(),
        policy(applications=REGISTER, grant=_OURS),
        strength("Ours", "fido2", "temporaryAccessPassOneTime"),
    ),
    bad=stream(tap(), policy(applications=REGISTER, grant=_COMPLIANT)),
)
def pass_opens_nothing(context: Context) -> Iterator[Hit]:
    for cell in cells(context):
        everywhere = cell.what_if.shut_everywhere(cell.newcomer, {cell.kind}, action=REGISTERING)
        decision = everywhere or cell.shut(action=REGISTERING)
        if decision is not None and (everywhere or not _opens_in_office(cell)):
            message = f"{named(decision.by)} keeps {cell.people} with a pass from registering anything"
            terms = () if everywhere else (_UNMANAGED,)
            yield at_decision(context, decision, message, cell.item, *terms)


def _opens_in_office(cell: Cell) -> bool:
    found = (
        cell.what_if.ask(cell.newcomer, {cell.kind}, action=REGISTERING, **office)
        for office in cell.what_if.offices
    )
    return any(decision.verdict not in ("block", "unsatisfiable") for decision in found)


@rule(
    id="DL013",
    name="location-wall-and-remote",
    severity="warning",
    what="With a pass people register at the office only.",
    why="A block cannot be answered by any credential: who starts at home is stuck.",
    fix="Exclude the people who get passes from the wall, and ask them for a strength that holds the pass.",
    source=_REGISTRATION,
    good=stream(tap(), _OFFICE, policy(applications=REGISTER)),
    bad=stream(tap(), _OFFICE, policy(applications=REGISTER, conditions=_WALL, grant=BLOCK)),
)
def office_only(context: Context) -> Iterator[Hit]:
    for cell in cells(context):
        decision = cell.shut(action=REGISTERING)
        if decision is not None and _opens_in_office(cell):
            message = f"{named(decision.by)} keeps {cell.people} from registering anything elsewhere"
            yield at_decision(context, decision, message, cell.item)


@rule(
    id="DL003",
    name="pass-opens-but-nothing-lands",
    severity="error",
    what="Nothing that people may register with their pass opens their applications.",
    why="The pass works and so does registering, and once the pass has ended they are out.",
    fix="Enable a method that the policies accept for them, or accept one that is enabled.",
    source=_HOW,
    good=stream(
        tap(), configuration("Fido2Policy", is_on=True), policy(grant=_OURS), strength("Ours", "fido2")
    ),
    bad=stream(
        tap(), configuration("Fido2Policy", is_on=False), policy(grant=_OURS), strength("Ours", "fido2")
    ),
)
def nothing_lands(context: Context) -> Iterator[Hit]:
    for cell in cells(context):
        decision = _not_landing(cell)
        if decision is not None and len(_strengths(context, decision)) < 2:
            message = f"{named(decision.by)} accepts nothing that {cell.people} may register with a pass"
            yield at_decision(context, decision, message, cell.item)


def lands(cell: Cell) -> bool:
    """Whether something that may be registered with the pass opens the applications, or may."""
    every = cell.landed(*cell.methods)
    one_by_one = (cell.landed(mode) for mode in cell.methods)
    return any(cell.what_if.stuck(person, **WORK) is None for person in (every, *one_by_one))


def _not_landing(cell: Cell) -> Decision | None:
    """Where registering ends, if it is a method that is missing there: the decision about somebody who has
    all that may be registered."""
    if cell.shut(action=REGISTERING) is not None or lands(cell):
        return None
    decision = cell.what_if.stuck(cell.landed(*cell.methods), **WORK)
    is_short_of_methods = decision and any(is_strength(key) or key == "mfa" for key in decision.unmet)
    return decision if is_short_of_methods else None


def _strengths(context: Context, decision: Decision) -> list[Policy]:
    """The policies that asked for a strength in a sign-in."""
    asked = {item.policy for item in decision.policies if item.result == "applied"}
    return [found for found in context.enforced if found.name in asked and found.strength]


@rule(
    id="DL017",
    name="strengths-without-common-ground",
    severity="error",
    what="Several strengths hold for the same sign-in, and nobody can meet them all.",
    why="Every strength has to be met, each by a method that is asked for in this very sign-in.",
    fix="Give the strengths a method in common, or exclude the people from one of the policies.",
    source=_HOW,
    good=stream(
        tap(),
        policy("A", grant=_OURS),
        policy("B", grant=_THEIRS),
        strength("Ours", "fido2", "windowsHelloForBusiness"),
        strength("Theirs", "windowsHelloForBusiness"),
    ),
    bad=stream(
        tap(),
        configuration("MicrosoftAuthenticatorPolicy", is_on=False),
        policy("A", grant=_OURS),
        policy("B", grant=_THEIRS),
        strength("Ours", "fido2", "windowsHelloForBusiness"),
        strength("Theirs", "deviceBasedPush"),
    ),
)
def no_common_ground(context: Context) -> Iterator[Hit]:
    for cell in cells(context):
        decision = _not_landing(cell)
        if decision is not None and len(asked := _strengths(context, decision)) > 1:
            names = named(found.name for found in asked)
            yield asked[0].hit(f"{names} cannot be met together by {cell.people}", "grantControls")


@rule(
    id="DL005",
    name="compliant-chicken-egg",
    severity="error",
    what="A compliant device is asked for, and no device can be enrolled without one.",
    why="Enrolment is spared by the device control itself, not by a block, a strength or a place.",
    fix="Let Microsoft Intune Enrollment be reached with the pass on an unmanaged device.",
    source="https://learn.microsoft.com/entra/identity/conditional-access/policy-all-users-device-compliance",
    good=stream(tap(), policy(grant=_COMPLIANT)),
    bad=stream(
        tap(),
        policy("Work", grant=_COMPLIANT),
        policy(
            "Wall",
            conditions="devices: {deviceFilter: {mode: exclude, rule: device.isCompliant -eq True}}",
            grant=BLOCK,
        ),
    ),
)
def no_enrolment(context: Context) -> Iterator[Hit]:
    """A method registered on the way may open what the pass does not."""
    for cell in cells(context):
        ways = [(cell.newcomer, cell.kind), *((cell.landed(mode), mode) for mode in cell.methods)]
        ask = cell.what_if
        work = [ask.shut_at_home(person, {"password", mode}, **WORK) for person, mode in ways]
        enrolment = [ask.shut_at_home(person, {"password", mode}, **_ENROLMENT) for person, mode in ways]
        with_device = [
            ask.ask(person, {"password", mode}, **{**WORK, "device": MANAGED}) for person, mode in ways
        ]
        first = enrolment[0]
        if first and all(enrolment) and all(work) and any(item.verdict == "allow" for item in with_device):
            message = f"{named(first.by)} keeps {cell.people} from enrolling the device they are asked for"
            yield at_decision(context, first, message, cell.item)


@rule(
    id="DL006",
    name="enrolment-needs-what-enrolment-gives",
    severity="error",
    what="Joining or enrolling a device asks for Windows Hello, which a joined device brings.",
    why="The method is made on the device, after the step that asks for it.",
    fix="Let the strength there hold the pass, or a passkey.",
    source="https://learn.microsoft.com/entra/identity/conditional-access/policy-all-users-device-registration",
    good=stream(tap(), policy(applications=JOIN)),
    bad=stream(tap(), policy(applications=JOIN, grant=_OURS), strength("Ours", "windowsHelloForBusiness")),
)
def needs_what_it_gives(context: Context) -> Iterator[Hit]:
    for cell in cells(context):
        others = [mode for mode in cell.methods if mode != _HELLO]
        ways = [(cell.newcomer, cell.kind), *((cell.landed(mode), mode) for mode in others)]
        for target in ({"action": JOINING}, _ENROLMENT):
            shut = [cell.what_if.shut_at_home(person, {"password", mode}, **target) for person, mode in ways]
            with_hello = cell.what_if.shut_at_home(cell.landed(_HELLO), {_HELLO}, **target)
            if all(shut) and with_hello is None and (decision := shut[0]) is not None:
                message = f"{named(decision.by)} asks {cell.people} for Windows Hello before there can be any"
                yield at_decision(context, decision, message, cell.item)


@rule(
    id="DL025",
    name="hello-after-password",
    severity="warning",
    what="A strength is met by Windows Hello alone.",
    why="Who has begun with a password cannot step up to Hello: on another machine, or in its browser, the "
    "sign-in ends there.",
    fix="Add a method that can be shown anywhere, such as fido2.",
    source=_HOW,
    good=stream(policy(grant=_OURS), strength("Ours", "windowsHelloForBusiness", "fido2")),
    bad=stream(policy(grant=_OURS), strength("Ours", "windowsHelloForBusiness")),
)
def hello_alone(context: Context) -> Iterator[Hit]:
    return once(_hello_alone(context))


def _hello_alone(context: Context) -> Iterator[Hit]:
    for found in context.enforced:
        combinations = context.combinations(found)
        is_alone = found.operator == "AND" or len(found.demands) == 1
        if combinations and is_alone and all(_HELLO in modes for modes in combinations):
            yield found.hit(
                f"{found.strength} is met by Windows Hello alone", "grantControls", "authenticationStrength"
            )
