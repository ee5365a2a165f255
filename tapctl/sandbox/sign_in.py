"""The sandbox's sign-in page: somebody's name and pass in, a session or a refusal out, and the log's entry.

No Conditional Access is evaluated here, so the entries say `notApplied`; neither is anything guessed from a
wrong code. What people do next is register a method, as long as the session lasts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tapctl.sandbox import audit
from tapctl.sandbox.call import Call, reader
from tapctl.sandbox.clock import moved_note
from tapctl.sandbox.directory import find_by_name
from tapctl.sandbox.passes import find_pass, is_code, methods_collection, policy_objection, usability_reason
from tapctl.sandbox.registration import add_method, offered, refuse_method
from tapctl.sandbox.store import Store
from tapctl.sandbox.values import JsonObject, moment_of, new_id

# "Register ... within 10 minutes of signing in with a one-time Temporary Access Pass":
# https://learn.microsoft.com/entra/identity/authentication/howto-authentication-temporary-access-pass
WINDOW: Final = timedelta(minutes=10)
MY_SIGN_INS: Final = "19db86c3-b2b9-44cc-b339-36da233a3be2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """`code` and `message` are what the person and the log get; `why` is what only the sandbox knows."""

    code: int
    message: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody is in, by a pass that ends at `ends`; with a one-time pass the window closes earlier."""

    user: JsonObject
    pass_id: str
    since: datetime
    ends: datetime
    is_one_time: bool

    @property
    def register_until(self) -> datetime:
        return min(self.ends, self.since + WINDOW) if self.is_one_time else self.ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One of the two is there. `entry` is what the sign-in log holds of it."""

    entry: JsonObject
    session: Session | None = None
    refusal: Refusal | None = None


class CannotRegisterError(Exception):
    """Why a method cannot be registered in a session, in words."""


# Numbers and words: 50057 and 130501 (130502 is its neighbour for passes) are in Microsoft's pages on error
# codes and on troubleshooting, 130504 and 130507 were seen (checked 2026-11).
_BLOCKED = (130502, "Temporary Access Pass sign in was blocked due to User Credential Policy.")
_UNKNOWN = (130507, "An access pass could not be found or verified for the user.")
_EXPIRED = (130504, "Your Temporary Access Pass has expired.")
_DISABLED = (50057, "The user account is disabled.")


def sign_in(store: Store, name: str, code: str) -> Attempt:
    """Somebody types a code. Raises KeyError if nobody has that name or id; then nothing is logged."""
    with store.transaction():
        call = reader(store)
        user = find_by_name(call, name)
        if user is None:
            raise KeyError(name)
        held = find_pass(store, user["id"])
        refusal = _refusal(call, user, held, code)
        session = None if refusal or held is None else _open(call, user, held)
        entry = _entry(call, user, refusal)
        store.put(audit.SIGN_INS, entry)
    return Attempt(entry=entry, session=session, refusal=refusal)


def register(store: Store, session: Session, method: str) -> JsonObject:
    """The new method. Raises CannotRegisterError when the session is over or the method is not for them."""
    with store.transaction():
        why = _objection(store, session, method)
        if why:
            refuse_method(store, session.user, why)
        else:
            return add_method(store, session.user, method)
    raise CannotRegisterError(why)


def _refusal(call: Call, user: JsonObject, held: JsonObject | None, code: str) -> Refusal | None:
    if held is None:
        return _refused(_UNKNOWN, "this person has no pass")
    if not is_code(held, code):
        return _refused(_UNKNOWN, "this is not the code of the person's pass")
    if user.get("accountEnabled") is False:
        return _refused(_DISABLED, "the account is disabled")
    start = moment_of(held.get("startDateTime") or held["createdDateTime"])
    match usability_reason(call, held, user):
        case "EnabledByPolicy":
            return None
        case "NotYetValid":
            return _refused(_UNKNOWN, f"the pass is not valid before {_shown(start)}")
        case "Expired":
            return _refused(_EXPIRED, f"the pass was valid until {_shown(_end(held, start))}")
        case "OneTimeUsed":
            return _refused(_BLOCKED, "the pass could be used once, and it was")
        case _:
            return _refused(_BLOCKED, policy_objection(call, held, user))


def _refused(said: tuple[int, str], why: str) -> Refusal:
    return Refusal(code=said[0], message=said[1], why=why)


def _open(call: Call, user: JsonObject, held: JsonObject) -> Session:
    """A one-time pass is used up by being accepted, whatever comes of the session."""
    is_one_time = bool(held.get("isUsableOnce"))
    if is_one_time:
        call.put(methods_collection(user["id"]), {**held, "methodUsabilityReason": "OneTimeUsed"})
    start = moment_of(held.get("startDateTime") or held["createdDateTime"])
    return Session(
        user=user,
        pass_id=held["id"],
        since=call.store.clock(),
        ends=_end(held, start),
        is_one_time=is_one_time,
    )


def _objection(store: Store, session: Session, method: str) -> str:
    now, held = store.clock(), find_pass(store, session.user["id"])
    if held is None or held["id"] != session.pass_id:
        return "the pass was deleted or replaced, and the session ended with it"
    if now >= session.ends:
        return f"the session ended with the pass, at {_shown(session.ends)}"
    if now >= session.register_until:
        return (
            "a one-time pass leaves ten minutes to register a method, "
            f"and they were over at {_shown(session.register_until)}"
        )
    known = offered(store, session.user)
    return (
        "" if method in known else f"{method} is not enabled for this person; enabled are {', '.join(known)}"
    )


def _end(held: JsonObject, start: datetime) -> datetime:
    return start + timedelta(minutes=held["lifetimeInMinutes"])


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _entry(call: Call, user: JsonObject, refusal: Refusal | None) -> JsonObject:
    note = moved_note(call.store.clock) or None
    return {
        "id": new_id(),
        "createdDateTime": call.now(),
        "userDisplayName": user.get("displayName"),
        "userPrincipalName": user.get("userPrincipalName"),
        "userId": user["id"],
        "appId": MY_SIGN_INS,
        "appDisplayName": "My Signins",
        "ipAddress": "127.0.0.1",
        "clientAppUsed": "Browser",
        "correlationId": new_id(),
        "conditionalAccessStatus": "notApplied",
        "isInteractive": True,
        "riskDetail": "none",
        "riskLevelAggregated": "none",
        "riskLevelDuringSignIn": "none",
        "riskState": "none",
        "riskEventTypes": [],
        "resourceDisplayName": "Microsoft Graph",
        "resourceId": "00000003-0000-0000-c000-000000000000",
        "status": {
            "errorCode": refusal.code if refusal else 0,
            "failureReason": refusal.message if refusal else None,
            "additionalDetails": note,
        },
        "deviceDetail": {
            "deviceId": "",
            "displayName": None,
            "operatingSystem": "",
            "browser": "",
            "isCompliant": None,
            "isManaged": None,
            "trustType": None,
        },
        "location": {"city": None, "state": None, "countryOrRegion": None, "geoCoordinates": None},
        "appliedConditionalAccessPolicies": [],
    }
