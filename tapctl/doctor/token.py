"""A token's claims → Checks: whose it is, for which tenant and server, until when. Pure; no secret goes in.

https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference (checked 2026-11).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tapctl.doctor.check import Check
from tapctl.errors import CredentialsError
from tapctl.graph.tokens import (
    LAST_SECOND,
    Expectation,
    caller_in,
    check_audience,
    check_lifetime,
    check_tenant,
)
from tapctl.model import JsonObject

SOON: Final = 600  # seconds; an apply may take longer

_CHECKS: Final[tuple[tuple[str, Callable[[JsonObject, Expectation], None]], ...]] = (
    ("tenant (tid)", check_tenant),
    ("audience (aud)", check_audience),
    ("lifetime (exp, nbf)", check_lifetime),
)


def token_checks(claims: JsonObject, expected: Expectation) -> tuple[Check, ...]:
    """Who it speaks for first; everything that is wrong with it, not only what was found first."""
    checks = [_caller(claims)]
    for name, check in _CHECKS:
        try:
            check(claims, expected)
        except CredentialsError as error:
            wrong, _, todo = str(error).removeprefix(f"{expected.source}: ").rpartition("; ")
            checks.append(Check(area="token", name=name, status="failed", message=wrong, todo=todo))
        else:
            checks.append(_as_expected(name, claims, expected))
    return tuple(checks)


def _caller(claims: JsonObject) -> Check:
    caller = caller_in(claims)
    kind = claims.get("idtyp")
    said = f"idtyp is {kind}" if isinstance(kind, str) else "no idtyp: told by whether it has scp"
    application = next((claims[key] for key in ("appid", "azp") if claims.get(key)), None)
    through = f", through application {application}" if application and caller.kind == "person" else ""
    name = caller.name or "nobody it names"
    message = f"{caller.kind} {name} (object {caller.id or 'not said'}){through}; {said}"
    return Check(area="token", name="identity (idtyp, appid, oid)", status="ok", message=message)


def _as_expected(name: str, claims: JsonObject, expected: Expectation) -> Check:
    ends = claims.get("exp")
    if name.startswith("tenant"):
        return Check(area="token", name=name, status="ok", message=f"tenant {expected.tenant_id}")
    if name.startswith("audience"):
        audience = claims.get("aud")
        message = f"for {audience}" if audience else "the token does not say; Graph will"
        return Check(area="token", name=name, status="ok" if audience else "warning", message=message)
    if not isinstance(ends, int | float) or not abs(ends) < LAST_SECOND:  # NaN is no time either
        message = "the token does not say when it ends"
        return Check(area="token", name=name, status="warning", message=message)
    left = ends - expected.now
    return Check(
        area="token",
        name=name,
        status="ok" if left >= SOON else "warning",
        message=f"ends in {_minutes(left)}",
        todo=""
        if left >= SOON
        else "a longer apply may outlive a token that cannot be renewed: get a new one",
    )


def _minutes(seconds: float) -> str:
    minutes = int(seconds // 60)
    return "less than a minute" if minutes < 1 else f"{minutes} minute{'' if minutes == 1 else 's'}"
