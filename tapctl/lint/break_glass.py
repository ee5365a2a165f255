"""BG001 to BG009: the accounts that get in when everything else fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tapctl.evaluate.enabled_methods import CONFIGURATIONS
from tapctl.lint.conditional_access_scope import spares_emergency
from tapctl.lint.context import Context
from tapctl.lint.example import document, policy, stream
from tapctl.lint.item import Hit
from tapctl.lint.needs import KEYS
from tapctl.lint.rule import rule

_SOURCE: Final = (
    "https://learn.microsoft.com/entra/identity/role-based-access-control/security-emergency-access"
)
_OWN_DOMAINS: Final = (".onmicrosoft.com", ".onmicrosoft.us", ".partner.onmschina.cn")
_KEYS: Final = "{kind: Fido2Policy, spec: {state: enabled, includeTargets: [all_users]}}"


def _glass(accounts: str = "bg1@x.onmicrosoft.com, bg2@x.onmicrosoft.com") -> str:
    return f"settings: {{breakGlass: {{accounts: [{accounts}], groups: [Break glass]}}}}\n"


def _facts(registered: str, group: str = "bg1@x.onmicrosoft.com") -> str:
    users = f"{{bg1@x.onmicrosoft.com: {{registered: [{registered}]}}}}"
    return f"facts: {{groups: {{Break glass: [{group}]}}, users: {users}}}\n"


def _at_account(context: Context, index: int, message: str) -> Hit:
    hit = context.at_settings(message, "breakGlass", "accounts")
    place = context.settings.source.place("breakGlass", "accounts", index)
    return Hit(message=message, place=place or hit.place, path=hit.path, value=str(index))


@rule(
    id="BG001",
    name="bg-fewer-than-two",
    severity="error",
    elsewhere="warning",
    what="Fewer than two emergency accounts are declared.",
    why="One account can be lost, locked or forgotten; the second one is what it is for.",
    fix="List two accounts under breakGlass.accounts in tapctl.yaml.",
    source=_SOURCE,
    good=_glass(),
    bad=_glass("bg1@x.onmicrosoft.com"),
)
def fewer_than_two(context: Context) -> Iterator[Hit]:
    count = len(context.settings.break_glass.accounts)
    if count < 2:
        said = "no emergency account is" if count == 0 else "only one emergency account is"
        yield context.at_settings(f"{said} declared; two are needed", "breakGlass", "accounts")


@rule(
    id="BG002",
    name="bg-not-cloud-only",
    severity="error",
    elsewhere="warning",
    what="An emergency account is on a domain of the company's own.",
    why="It has to work when that domain, its DNS or the directory it comes from does not.",
    fix="Use an account on the tenant's onmicrosoft.com domain that is not synchronised.",
    source=_SOURCE,
    good=_glass(),
    bad=_glass("bg1@example.com, bg2@x.onmicrosoft.com"),
)
def not_cloud_only(context: Context) -> Iterator[Hit]:
    for index, (name, _) in enumerate(context.emergency):
        if "@" in name and not name.casefold().endswith(_OWN_DOMAINS):
            yield _at_account(context, index, f"{name} is not on an onmicrosoft.com domain")


@rule(
    id="BG003",
    name="bg-no-strong-method",
    severity="error",
    needs=("registered",),
    what="An emergency account holds neither a security key nor a certificate.",
    why="Microsoft's own MFA at the admin portals excludes nobody: a password alone does not get in.",
    fix="Register two security keys for it, and keep them in different places.",
    source=_SOURCE,
    good=stream(_glass(), _facts("password, fido2")),
    bad=stream(_glass(), _facts("password")),
)
def no_strong_method(context: Context) -> Iterator[Hit]:
    for index, (name, person) in enumerate(context.emergency):
        if person is not None and person.registered is not None and not person.registered & KEYS:
            yield _at_account(
                context, index, f"{name} has neither a security key nor a certificate registered"
            )


@rule(
    id="BG004",
    name="bg-method-off",
    severity="error",
    needs=("registered", "keys"),
    what="An emergency account's only strong method is not enabled for it.",
    why="The key works on paper: Entra does not ask for a method that is off.",
    fix="Include the emergency accounts' group in the method's configuration.",
    source="https://learn.microsoft.com/entra/identity/authentication/concept-authentication-methods-manage",
    good=stream(
        _glass(),
        _facts("password, fido2"),
        "kind: Fido2Policy\nspec: {state: enabled, includeTargets: [all_users]}\n",
    ),
    bad=stream(
        _glass(),
        _facts("password, fido2"),
        "kind: Fido2Policy\nspec: {state: enabled, includeTargets: [Staff]}\n",
    ),
)
def method_off(context: Context) -> Iterator[Hit]:
    for index, (name, person) in enumerate(context.emergency):
        held = sorted((person.registered or frozenset()) & KEYS) if person is not None else []
        if held and all(_is_off_for_emergency(context, mode) for mode in held):
            yield _at_account(context, index, f"{name} holds {', '.join(held)}, which is not enabled for it")


def _is_off_for_emergency(context: Context, mode: str) -> bool:
    return context.methods.is_off_for(mode, _around_emergency(context))


def _around_emergency(context: Context) -> set[str]:
    """The emergency accounts' groups, and the groups that are known to hold one of them or an account."""
    glass = context.settings.break_glass
    accounts = {name.casefold() for name in glass.accounts}
    holding = {name for name in context.groups.members if context.groups.users(name) & accounts}
    return holding | {name for group in glass.groups for name in context.groups.around(group)}


@rule(
    id="BG005",
    name="bg-group-polluted",
    severity="error",
    needs=("emergency",),
    what="Somebody else is in the emergency accounts' group.",
    why="Whoever is in it is asked for nothing anywhere: it is the quiet way around every policy.",
    fix="Remove the member; if the account is an emergency account, list it under breakGlass.accounts.",
    source=_SOURCE,
    good=stream(_glass(), _facts("password, fido2")),
    bad=stream(_glass(), _facts("password", "bg1@x.onmicrosoft.com, eve@example.com")),
)
def group_polluted(context: Context) -> Iterator[Hit]:
    for index, group in enumerate(context.settings.break_glass.groups):
        for user in sorted(context.joined(group)):
            message = f"{user} is in {group} and is no declared emergency account"
            place = context.settings.source.place("breakGlass", "groups", index)
            yield Hit(message=message, place=place, path=("breakGlass", "groups"), value=user)


@rule(
    id="BG008",
    name="bg-single-exclusion",
    severity="warning",
    what="Some policies leave the emergency accounts out one by one, others as a group.",
    why="An account that is added or replaced is then left out of some policies only.",
    fix="Exclude the group everywhere.",
    source="inferred from how exclusions drift",
    good=stream(_glass(), policy("A"), policy("B")),
    bad=stream(
        _glass(),
        policy("A"),
        policy(
            "B", users="{includeUsers: [All], excludeUsers: [bg1@x.onmicrosoft.com, bg2@x.onmicrosoft.com]}"
        ),
    ),
)
def single_exclusion(context: Context) -> Iterator[Hit]:
    glass = context.settings.break_glass
    accounts = {name.casefold() for name in glass.accounts}
    by_group = [found for found in context.on if found.users("excludeGroups") & set(glass.groups)]
    for found in context.on if by_group else ():
        singly = {name for name in found.users("excludeUsers") if name.casefold() in accounts}
        if singly and spares_emergency(context, found) and found not in by_group:
            message = f"{found.name} excludes the emergency accounts one by one, others their group"
            yield found.hit(message, "conditions", "users", "excludeUsers")


@rule(
    id="BG009",
    name="bg-methods-go",
    severity="error",
    needs=("plan",),
    what="The change leaves the emergency accounts neither security keys nor certificates.",
    why="MFA is mandatory at the admin portals, for them too: a key that is turned off opens nothing there.",
    fix="Leave the method on for the emergency accounts' group, or turn on the other one for it as well.",
    source=_SOURCE,
    good=stream(
        f"before: [{_KEYS}]\n",
        _glass(),
        document("Fido2Policy", "", "{state: enabled, includeTargets: [Break glass]}"),
    ),
    bad=stream(
        f"before: [{_KEYS}]\n",
        _glass(),
        document("Fido2Policy", "", "{state: disabled, includeTargets: [all_users]}"),
    ),
)
def methods_go(context: Context) -> Iterator[Hit]:
    """Where it is known what every account holds, BG004 judges by that."""
    held = [person.registered if person else None for _, person in context.emergency]
    if context.before is None or not context.settings.break_glass or (held and None not in held):
        return
    had = [mode for mode in sorted(KEYS) if _is_on_for_emergency(context.before, mode)]
    gone = [mode for mode in had if _is_off_for_emergency(context, mode)]
    if gone and not any(_is_on_for_emergency(context, mode) for mode in KEYS):
        message = f"the emergency accounts lose {', '.join(gone)}"
        for item in context.of(CONFIGURATIONS[gone[0]]):
            yield item.hit(message, "includeTargets" if item.at("state") == "enabled" else "state")


def _is_on_for_emergency(context: Context, mode: str) -> bool:
    return context.methods.scope(mode) is not None and not _is_off_for_emergency(context, mode)
