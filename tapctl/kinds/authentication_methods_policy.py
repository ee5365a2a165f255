"""AuthenticationMethodsPolicy: the registration campaign, and the move away from the legacy policies."""

from __future__ import annotations

from tapctl.kind import Effect, Kind
from tapctl.kinds._authentication_method import METHODS_POLICY, READ, WRITE
from tapctl.model import JsonObject

_MIGRATION = ("preMigration", "migrationInProgress", "migrationComplete")


def _refusal(before: JsonObject, after: JsonObject, observed: JsonObject) -> str:
    """The legacy policies that would count again may have been emptied long ago."""
    was, will_be = (str(spec.get("policyMigrationState")) for spec in (before, after))
    known = {was, will_be} <= set(_MIGRATION)
    if known and _MIGRATION.index(will_be) < _MIGRATION.index(was):
        return f"policyMigrationState never goes back, here from {was} to {will_be}"
    return ""


def _effect(before: JsonObject, after: JsonObject) -> Effect:
    """Migration takes away whatever only the legacy policies allowed: after all methods are on here."""
    moves = before.get("policyMigrationState") != after.get("policyMigrationState")
    return "loosens" if moves else "tightens"


KIND = Kind(
    name="AuthenticationMethodsPolicy",
    path=METHODS_POLICY,
    documentation="https://learn.microsoft.com/graph/api/resources/authenticationmethodspolicy",
    read_permission=READ,
    write_permissions=(WRITE,),
    singleton=True,
    refusal=_refusal,
    effect=_effect,
)
