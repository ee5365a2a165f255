"""What an access token says about itself: tenant, caller, permissions, lifetime.

The claims are read without verification, for messages and to keep a wrong token at home; Graph verifies.
https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference (checked 2026-11).
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from tapctl.errors import CredentialsError
from tapctl.graph.clouds import Cloud
from tapctl.graph.gateway import Caller
from tapctl.model import JsonObject
from tapctl.shapes import as_list, as_text

GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
CLOCK_SKEW = 300
LAST_SECOND = 30_000_000_000  # in the year 2920
CLOCK_HINT = "if it is new, this machine's clock is wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a token must say before it is sent anywhere; `source` names it in errors, `now` is Unix time.

    `endpoint` is the environment's server: one that is not Microsoft's may be an audience of its own.
    """

    source: str
    environment: str
    tenant_id: str
    cloud: Cloud
    now: float
    endpoint: str = ""


def caller_of(token: str, expected: Expectation) -> Caller:
    """Who the token speaks for. Raises CredentialsError unless it is a live token of the expected tenant."""
    claims = claims_of(token, expected.source)
    check_tenant(claims, expected)
    check_lifetime(claims, expected)
    check_audience(claims, expected)
    return caller_in(claims)


def caller_in(claims: JsonObject) -> Caller:
    """Who the claims speak for, whether or not they are worth anything."""
    return Caller(
        kind="application" if is_application(claims) else "person",
        id=as_text(claims.get("oid")) or as_text(claims.get("sub")),
        name=_name(claims),
        tenant_id=as_text(claims.get("tid")),
        scopes=frozenset(as_text(claims.get("scp")).split()),
        roles=frozenset(role for role in as_list(claims.get("roles")) if isinstance(role, str)),
    )


def claims_of(token: str, source: str) -> JsonObject:
    """The claims of a JWT. Raises CredentialsError for anything else, without repeating it."""
    try:
        _, payload, _ = token.split(".")
        claims = json.loads(base64.b64decode(payload + "=" * (-len(payload) % 4), altchars=b"-_"))
    except (ValueError, RecursionError):
        claims = None
    if isinstance(claims, dict):
        return claims
    raise CredentialsError(
        f"{source}: the token is not a JWT, so nobody can see which tenant it is for and it is sent nowhere; "
        "use an access token for Microsoft Graph of a work or school account"
    ) from None


def is_application(claims: JsonObject) -> bool:
    """idtyp says so where it is there; only a person's token has scp."""
    return claims.get("idtyp") == "app" if "idtyp" in claims else "scp" not in claims


def check_tenant(claims: JsonObject, expected: Expectation) -> None:
    """Raises CredentialsError for a token of another tenant, or of none."""
    tenant = as_text(claims.get("tid"))
    if tenant.casefold() != expected.tenant_id.casefold():
        raise CredentialsError(
            f"{expected.source}: the token is for {_named(tenant)}, but environment {expected.environment} "
            f'is tenant "{expected.tenant_id}"; nothing was sent. Sign in to that tenant, or choose another '
            "environment with -e"
        )


def _named(tenant: str) -> str:
    return f'tenant "{tenant}"' if tenant else "no tenant that it names (no tid)"


def check_lifetime(claims: JsonObject, expected: Expectation) -> None:
    """Raises CredentialsError for a token that is over or has not begun."""
    ends, begins = _number(claims, "exp"), _number(claims, "nbf")
    if ends is not None and ends <= expected.now:
        raise CredentialsError(
            f"{expected.source}: the token expired at {_moment(ends)}; it is {_moment(expected.now)} now; "
            f"get a new one ({CLOCK_HINT})"
        )
    if begins is not None and begins > expected.now + CLOCK_SKEW:
        raise CredentialsError(
            f"{expected.source}: the token is valid from {_moment(begins)}; it is {_moment(expected.now)} "
            f"now; {CLOCK_HINT}"
        )


def check_audience(claims: JsonObject, expected: Expectation) -> None:
    """Raises CredentialsError for a token that is for something else than Graph."""
    audience = as_text(claims.get("aud")).rstrip("/")
    if audience not in ("", GRAPH_APP_ID, expected.cloud.graph, expected.endpoint):
        raise CredentialsError(
            f'{expected.source}: the token is for "{audience}", not for Microsoft Graph; '
            f"`az account get-access-token --resource {expected.cloud.graph}` gives the right one"
        )


def _name(claims: JsonObject) -> str:
    keys = ("upn", "unique_name", "preferred_username", "name", "oid")
    if is_application(claims):
        keys = ("app_displayname", "appid", "azp", "oid", "sub")
    return next(filter(None, (as_text(claims.get(key)) for key in keys)), "")


def _number(claims: JsonObject, key: str) -> float | None:
    """None for what is no time: missing, NaN, or beyond all calendars."""
    value = claims.get(key)
    return float(value) if isinstance(value, int | float) and abs(value) < LAST_SECOND else None


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
