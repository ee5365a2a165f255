"""Passes and the pass policy as Graph has them: paths, and JSON → values. The passcode is never among them.

https://learn.microsoft.com/graph/api/resources/temporaryaccesspassauthenticationmethod (checked 2026-11)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tapctl.errors import GraphError
from tapctl.graph.odata import path_segment
from tapctl.model import Json, JsonObject
from tapctl.shapes import as_text

POLICY_PATH = "policies/authenticationMethodsPolicy/authenticationMethodConfigurations/TemporaryAccessPass"
EVERYBODY = "all_users"

# Where the tenant says null, what Microsoft documents as the setting out of the box:
# https://learn.microsoft.com/entra/identity/authentication/howto-authentication-temporary-access-pass
DEFAULT_LENGTH = 8
DEFAULT_MINIMUM = 60
DEFAULT_MAXIMUM = 480
DEFAULT_LIFETIME = 60

# The reasons after which a pass never opens a door again.
SPENT = frozenset({"Expired", "OneTimeUsed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """Somebody's pass, without the passcode; lifetimes are whole minutes.

    `reason` is Graph's methodUsabilityReason: EnabledByPolicy, DisabledByPolicy, Expired, NotYetValid,
    OneTimeUsed, or what is newer than these.
    """

    id: str
    start: datetime
    lifetime: int
    is_usable_once: bool
    is_usable: bool
    reason: str
    created: datetime | None

    @property
    def end(self) -> datetime:
        """The first moment at which it no longer opens anything."""
        return self.start + timedelta(minutes=self.lifetime)

    def is_outstanding(self, now: datetime) -> bool:
        """Whether it works, or may come to work: then making another one takes something from its holder."""
        return self.reason not in SPENT and now < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class PassPolicy:
    """The tenant's pass policy; lifetimes in minutes. `included` and `excluded` are ids of groups and, in old
    tenants, of single `users`, or EVERYBODY."""

    is_enabled: bool
    is_usable_once: bool
    length: int
    minimum: int
    maximum: int
    default: int
    included: frozenset[str]
    excluded: frozenset[str]
    users: frozenset[str] = frozenset()

    @property
    def groups(self) -> frozenset[str]:
        """The groups that it is about."""
        return (self.included | self.excluded) - self.users - {EVERYBODY}

    def reaches(self, ids: frozenset[str]) -> bool:
        """Whether somebody with this id, or in these groups, nested ones included, may use a pass; exclusions
        win."""
        held = ids | {EVERYBODY}
        return bool(held & self.included) and not held & self.excluded


def passes_path(user_id: str) -> str:
    """The collection that holds somebody's pass: one at most."""
    return f"users/{path_segment(user_id)}/authentication/temporaryAccessPassMethods"


def pass_path(user_id: str, pass_id: str) -> str:
    return f"{passes_path(user_id)}/{path_segment(pass_id)}"


def pass_of(item: JsonObject) -> Pass:
    """One temporaryAccessPassAuthenticationMethod, as it is read. Raises GraphError for a shape that is not
    understood: without its id a pass is neither told from another nor deleted."""
    if not as_text(item.get("id")):
        raise _not_understood("a pass without id")
    if not isinstance(item.get("isUsable"), bool) and not item.get("methodUsabilityReason"):
        raise _not_understood("a pass without isUsable and methodUsabilityReason")
    return made_of(item)


def made_of(item: JsonObject) -> Pass:
    """The same, as the answer to its making tells it. Raises GraphError."""
    start, lifetime = moment_of(item.get("startDateTime")), item.get("lifetimeInMinutes")
    created = moment_of(item.get("createdDateTime"))
    start = start or created  # a pass without a start of its own counts from its making
    if start is None or not isinstance(lifetime, int):
        raise _not_understood("a pass without startDateTime or lifetimeInMinutes")
    is_usable, reason = item.get("isUsable"), as_text(item.get("methodUsabilityReason"))
    return Pass(
        id=as_text(item.get("id")),
        start=start,
        lifetime=lifetime,
        is_usable_once=item.get("isUsableOnce") is True,
        is_usable=is_usable if isinstance(is_usable, bool) else reason == "EnabledByPolicy",
        reason=reason,
        created=created,
    )


def policy_of(item: JsonObject) -> PassPolicy:
    """The TemporaryAccessPass configuration. Raises GraphError for a shape that is not understood."""
    return PassPolicy(
        is_enabled=item.get("state") == "enabled",
        is_usable_once=item.get("isUsableOnce") is True,
        length=_number(item, "defaultLength", DEFAULT_LENGTH),
        minimum=_number(item, "minimumLifetimeInMinutes", DEFAULT_MINIMUM),
        maximum=_number(item, "maximumLifetimeInMinutes", DEFAULT_MAXIMUM),
        default=_number(item, "defaultLifetimeInMinutes", DEFAULT_LIFETIME),
        included=_targets(item, "includeTargets"),
        excluded=_targets(item, "excludeTargets"),
        users=_targets(item, "includeTargets", "user") | _targets(item, "excludeTargets", "user"),
    )


def _targets(item: JsonObject, name: str, type_: str = "") -> frozenset[str]:
    """Those of a type, or all: https://learn.microsoft.com/graph/api/resources/authenticationmethodtarget"""
    targets = [target if isinstance(target, dict) else {} for target in _list(item.get(name) or [], name)]
    ids = [target.get("id") for target in targets if type_ in ("", target.get("targetType"))]
    if not all(isinstance(found, str) for found in ids):
        raise _not_understood(f"{name} with an entry that has no id")
    return frozenset(str(found).lower() for found in ids)


def _list(value: Json, name: str) -> list[Json]:
    if not isinstance(value, list):
        raise _not_understood(f"{name} that is no list")
    return value


def _number(item: JsonObject, name: str, default: int) -> int:
    value = item.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool):
        raise _not_understood(f"{name} that is no whole number")
    return value


def moment_of(value: Json) -> datetime | None:
    """Graph's times are UTC, with up to seven digits after the second; its own samples leave the Z out.

    None for what is no text; raises GraphError for a text that is no time.
    """
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise _not_understood("a time that cannot be read") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def answering(error: GraphError, path: str) -> GraphError:
    """An answer that is not understood, with what was asked for."""
    return GraphError(request=f"GET {path}", status=error.status, message=error.message, advice=error.advice)


def _not_understood(what: str) -> GraphError:
    """Says nothing of the answer itself: a passcode may stand in it."""
    return GraphError(
        request="an answer of Graph",
        status=200,
        message=f"the answer holds {what}",
        advice="the answer is not what Microsoft documents: is graphEndpoint a server that speaks Graph?",
    )
