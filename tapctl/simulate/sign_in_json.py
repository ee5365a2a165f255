"""One sign-in, effect or request for a pass as JSON (checked already) → the evaluator's values."""

from __future__ import annotations

from datetime import date
from typing import Literal, cast

from tapctl.evaluate.facts import Pass, Person
from tapctl.evaluate.journey import Effect
from tapctl.evaluate.passes import PassRequest
from tapctl.evaluate.scene import EXTERNAL_TYPES
from tapctl.evaluate.situation import UNREGISTERED, Attribute, Device, SignIn
from tapctl.model import Json, JsonObject
from tapctl.simulate.fixture import first, group_name, minutes_of, modes, pass_of, said, texts


def sign_in_of(written: JsonObject, *, user: str, person: Person | None, now: str, as_of: date) -> SignIn:
    """One sign-in; `now` and `as_of` are what it says of the time, or what those around it say."""
    return SignIn(
        user=user,
        person=person,
        apps=apps_of(written),
        action=text_of(written, "action", "userAction") or "",
        context=text_of(written, "authContext", "context") or "",
        client=text_of(written, "client", "clientId") or "",
        auth=None if written.get("auth") is None else modes(written["auth"]),
        scopes=None if written.get("scopes") is None else texts(written.get("scopes")),
        client_kind=cast('Literal["public", "confidential"] | None', written.get("clientKind")),
        client_app=text_of(written, "clientApp", "clientAppType"),
        platform=text_of(written, "platform", "devicePlatform"),
        locations=None if written.get("locations") is None else texts(written.get("locations")),
        ip=text_of(written, "ip", "ipAddress"),
        country="" if written.get("countryKnown") is False else text_of(written, "country"),
        device=_device(written),
        sign_in_risk=text_of(written, "signInRisk"),
        user_risk=text_of(written, "userRisk"),
        service_principal_risk=text_of(written, "servicePrincipalRisk"),
        insider_risk=text_of(written, "insiderRisk"),
        flow=text_of(written, "flow", "transferMethod"),
        via=text_of(written, "via") or "",
        fido2_aaguid=text_of(written, "fido2Aaguid"),
        home_mfa=said(written.get("homeMfa"), None),
        trusts_home_mfa=said(written.get("trustHomeMfa"), None),
        trusts_home_devices=said(first(written, "trustHomeDevices", "trustHomeDevice"), None),
        app_protection=said(written.get("appProtection"), None),
        approved_app=said(written.get("approvedApp"), None),
        accepted_terms=frozenset(
            texts(first(written, "acceptedTerms", "termsAccepted", "acceptedTermsOfUse"))
        ),
        password_changed=written.get("passwordChanged") is True,
        is_write=said(first(written, "write", "isWrite"), None),
        now=now,
        as_of=as_of,
    )


def targets_of(written: JsonObject) -> int:
    """How many of an application, an action and a context a sign-in is to; it has to be one."""
    kinds = (
        any(apps_of(written)),
        first(written, "action", "userAction"),
        first(written, "authContext", "context"),
    )
    return sum(map(bool, kinds))


def apps_of(written: JsonObject) -> tuple[str, ...]:
    """The resources that are asked for."""
    return texts(first(written, "apps", "app"))


def effect_of(written: JsonObject) -> Effect:
    """What happens after a step."""
    issued = first(written, "pass", "passIssued", "issuesPass", "tap")
    held = None if issued is None else pass_of(issued)
    return Effect(
        registers=modes(written.get("registers")),
        deletes=modes(first(written, "deletes", "removes", "methodDeleted", "deletesMethod")),
        loses=modes(written.get("loses")),
        new_pass=held if isinstance(held, Pass) else None,
        pass_deleted=held == "none" or written.get("passDeleted") is True,
        pass_used=_said(written.get("passUsed")),
        joins=frozenset(map(group_name, texts(first(written, "joins", "joinsGroups")))),
        leaves=frozenset(map(group_name, texts(first(written, "leaves", "leavesGroups")))),
        fido2_aaguids=frozenset(texts(written.get("fido2Aaguids"))),
    )


def _said(value: Json) -> bool | None:
    return value if isinstance(value, bool) else None


def text_of(written: JsonObject, *names: str) -> str | None:
    """The text under the first of several spellings."""
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


def request_of(written: JsonObject, person: Person) -> PassRequest:
    """A wish for a pass of one's own."""
    existing = str(written.get("existing") or "")
    return PassRequest(
        lifetime_minutes=minutes_of(first(written, "lifetimeMinutes", "lifetimeInMinutes")),
        is_usable_once=said(written.get("isUsableOnce"), None),
        start=text_of(written, "start", "startDateTime") or "",
        existing="" if existing == "none" else existing,
        is_external_guest=None if person.type is None else person.type in EXTERNAL_TYPES,
    )
