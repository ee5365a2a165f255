"""A person's registered methods as Graph lists them → what counts as a permanent passwordless method. Pure.

Passwordless by Microsoft's own count are passkeys (FIDO2), Windows Hello for Business and phone sign-in with
Authenticator: https://learn.microsoft.com/entra/identity/authentication/howto-authentication-methods-activity;
a platform credential is Hello's counterpart on macOS. Certificates never appear in the list, and types newer
than Graph's v1.0 are not understood: whoever deletes something has to leave those people alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias

from tapctl.model import JsonObject
from tapctl.passes.graph import moment_of
from tapctl.shapes import as_text

Standing: TypeAlias = Literal["permanent", "undecided", "other", "unknown"]

AUTHENTICATOR: Final = "microsoftAuthenticator"
PERMANENT: Final = {
    "fido2": "passkey",
    "windowsHelloForBusiness": "Windows Hello for Business",
    "platformCredential": "platform credential",
}
OTHERS: Final = {
    "password": "password",
    "email": "e-mail",
    "phone": "phone",
    "softwareOath": "code from an app",
    "external": "external method",
    "temporaryAccessPass": "Temporary Access Pass",
}
_PREFIX: Final = "#microsoft.graph."
_SUFFIX: Final = "AuthenticationMethod"
_NO_DATE: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """One method: `type` in Graph's short form ("fido2"), `name` what its owner sees.

    `standing`: permanent; undecided (Authenticator, until somebody asks whether it signs in without a
    password); other; or unknown, when the type is newer than what tapctl knows.
    """

    id: str
    type: str
    name: str
    created: datetime | None
    standing: Standing

    @property
    def words(self) -> str:
        """The sort of method, for people."""
        if self.type == AUTHENTICATOR:
            return "phone sign-in" if self.standing == "permanent" else "Authenticator"
        return PERMANENT.get(self.type) or OTHERS.get(self.type) or self.type

    @property
    def phrase(self) -> str:
        """The same in a sentence."""
        return f"a {self.words}" if self.type in ("fido2", "platformCredential") else self.words


def method_of(item: JsonObject) -> Registered:
    """One entry of authentication/methods. Raises GraphError for a time that is none."""
    short = as_text(item.get("@odata.type")).removeprefix(_PREFIX).removesuffix(_SUFFIX)
    return Registered(
        id=as_text(item.get("id")),
        type=short or "without a type",
        name=as_text(item.get("displayName")) or as_text(item.get("model")),
        # Microsoft's sample of a passkey says creationDateTime, the schema createdDateTime.
        created=moment_of(item.get("createdDateTime") or item.get("creationDateTime")),
        standing=_standing(short, item),
    )


def _standing(kind: str, item: JsonObject) -> Standing:
    """Authenticator's `device` is there only if it signs in without a password, and was asked for."""
    if kind == AUTHENTICATOR:
        return "permanent" if item.get("device") else "undecided"
    if kind in PERMANENT:
        return "permanent"
    return "other" if kind in OTHERS else "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What somebody's methods say about a pass made at a certain time.

    registered: `method` is permanent and newer than the pass, the first of them; older: there are permanent
    ones, none of them newer (a lost device looks like this); undated: no date to compare; none: nothing
    permanent; unknown: `unknown` names types that nobody here understands, whatever else there is.
    """

    verdict: Literal["registered", "older", "undated", "none", "unknown"]
    method: Registered | None = None
    unknown: tuple[str, ...] = ()


def evidence(methods: Iterable[Registered], since: datetime | None) -> Evidence:
    """Whether somebody has what a pass made at `since` was for. Undecided methods count as not permanent."""
    found = [*methods]
    permanent = sorted((method for method in found if method.standing == "permanent"), key=_age)
    newer = [method for method in permanent if is_newer(method, since)]
    unknown = tuple(sorted({method.type for method in found if method.standing == "unknown"}))
    if unknown:
        return Evidence(verdict="unknown", method=next(iter(newer), None), unknown=unknown)
    if newer:
        return Evidence(verdict="registered", method=newer[0])
    if not permanent:
        return Evidence(verdict="none")
    is_dated = since is not None and all(method.created for method in permanent)
    return Evidence(verdict="older" if is_dated else "undated", method=permanent[-1])


def _age(method: Registered) -> datetime:
    return method.created or _NO_DATE


def is_newer(method: Registered, since: datetime | None) -> bool:
    """Whether a method came after the pass: only then can it have come by the pass."""
    return method.created is not None and since is not None and method.created > since


def undecided_newer(methods: Iterable[Registered], since: datetime | None) -> list[Registered]:
    """The Authenticators that would be evidence if they signed in without a password."""
    return [method for method in methods if method.standing == "undecided" and is_newer(method, since)]
