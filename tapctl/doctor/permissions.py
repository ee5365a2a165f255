"""What a token holds against what the workspace needs → Checks of what is missing and of what is too much."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tapctl.doctor.check import Check, Held, Status
from tapctl.graph.gateway import Caller
from tapctl.kinds._roles import ROLES
from tapctl.model import Json, JsonObject
from tapctl.needed import Excess, Need, Purpose, is_met

AZURE_CLI: Final = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
"""https://learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in"""
_ROLES: Final = {
    "plan": "Global Reader",
    "apply": "Conditional Access Administrator and Authentication Policy Administrator (and Groups "
    "Administrator where groups are declared)",
    "passes": "Authentication Administrator (Privileged Authentication Administrator for administrators), "
    "and Global Reader where the tenant has role-assignable groups",
}


_ALL: Final = "Global Administrator"
_SUFFICE: Final = {
    "plan": ({"Global Reader"},),
    "apply": ({"Conditional Access Administrator", "Authentication Policy Administrator"},),
    "passes": ({"Authentication Administrator"}, {"Privileged Authentication Administrator"}),
}
"""Any of these sets of roles is enough, and so is `_ALL`; others may be."""
_SEES_WHO_MAY_JOIN: Final = frozenset({_ALL, "Global Reader", "Privileged Role Administrator"})
"""https://learn.microsoft.com/graph/api/privilegedaccessgroup-list-eligibilityschedules (checked 2026-11)"""


def held_by(caller: Caller) -> frozenset[str]:
    """An application's permissions are in roles, a person's in scp."""
    return caller.roles if caller.kind == "application" else caller.scopes


def against(needs: Sequence[Need], held: frozenset[str] | None) -> tuple[Held, ...]:
    """Each need with whether it is met; `held` is None where no token says."""
    return tuple(Held(need=need, is_held=None if held is None else is_met(need, held)) for need in needs)


def permission_checks(
    found: Sequence[Held], too_much: Sequence[Excess], caller: Caller, claims: JsonObject, purpose: Purpose
) -> tuple[Check, ...]:
    """Missing ones first, then those that should go, then one line for all that is well."""
    missing = [item.need for item in found if item.is_held is False]
    checks = [*(_missing(need, caller, claims) for need in missing), *(_excess(item) for item in too_much)]
    met = [item.need.permission for item in found if item.is_held]
    if met:
        checks.append(_check("held", "ok", ", ".join(met)))
    return (*checks, *_of_a_person(caller, claims.get("wids"), purpose))


def _missing(need: Need, caller: Caller, claims: JsonObject) -> Check:
    is_application = caller.kind == "application"
    if need.delegated_only and is_application:
        todo = "Graph gives this to people only: name these objects by id, or pin them"
        return _check(need.permission, "warning", f"missing, to {need.why}", todo)
    kind = "application permission (app role)" if is_application else "delegated permission (scope)"
    todo = f"add the Microsoft Graph {kind} {need.permission} and have an administrator consent to it"
    if claims.get("appid") == AZURE_CLI:
        todo = (
            "tokens of the Azure CLI itself hold a fixed set of permissions, to which none can be added: "
            "sign in as an application, or log out of the CLI to be asked in a browser"
        )
    instead = f" (or {' or '.join(need.instead)})" if need.instead else ""
    if need.is_optional:
        return _check(need.permission, "skipped", f"not held, and optional: {need.why}", todo)
    return _check(need.permission, "failed", f"missing{instead}, to {need.why}", todo)


def _excess(item: Excess) -> Check:
    todo = f"take {item.permission} away from this identity"
    return _check(
        item.permission, "warning", f"more than this needs: {item.why}", todo if item.is_serious else ""
    )


def _of_a_person(caller: Caller, wids: Json, purpose: Purpose) -> Iterator[Check]:
    """A person's active roles for the whole tenant stand in `wids`, where Entra puts that in."""
    if caller.kind != "person":
        return
    needed = f"a person needs a directory role besides: {_ROLES[purpose]}"
    if not isinstance(wids, list):
        yield _check(
            "directory role", "skipped", f"{needed}; this token does not say which are held (no wids)"
        )
        return
    held = {name for name, role in ROLES.items() if role in wids}
    said = f"active for the whole tenant: {', '.join(sorted(held)) or 'none that is known'}"
    if any(enough <= held for enough in ({_ALL}, *_SUFFICE[purpose])):
        yield _check("directory role", "ok", said)
        if purpose == "passes" and held.isdisjoint(_SEES_WHO_MAY_JOIN):
            why = "not held: it shows who may join a role-assignable group, where the tenant has such groups"
            yield _check("Global Reader", "skipped", why)
        return
    todo = f"{needed}. Activate it (Privileged Identity Management), and sign in again for a new token"
    yield _check("directory role", "warning", said, todo)


def _check(name: str, status: Status, message: str, todo: str = "") -> Check:
    return Check(area="permissions", name=name, status=status, message=message, todo=todo)
