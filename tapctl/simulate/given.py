"""The `given` of a sign-in test, or of the command line (checked by the schema already) → a SignIn.

What is not said is not known. Names are checked against what the workspace knows, with the nearest of them;
mistakes are reported by their path inside `given`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, cast

from tapctl.evaluate.applications import APPLICATION_NAMES
from tapctl.evaluate.facts import Pass
from tapctl.evaluate.journey import Effect
from tapctl.evaluate.situation import UNREGISTERED, Attribute, Device, SignIn
from tapctl.load.settings import quoted, suggestion
from tapctl.model import JsonObject, Path
from tapctl.simulate.asking import Asking
from tapctl.simulate.fixture import ANY_PASS, minutes_of, said
from tapctl.simulate.journey import Step
from tapctl.simulate.who import held_pass, who
from tapctl.simulate.words import (
    ACTIONS,
    DEVICES,
    MODES,
    SHORT,
    attribute_of,
    country_of,
    is_address,
    is_moment,
    mapping_at,
    text_at,
    texts_of,
)


def sign_in_of(asking: Asking, given: JsonObject) -> SignIn:
    """The sign-in as it is asked about."""
    auth = _methods(asking, given)
    user, person = who(asking, given, auth)
    location, home, risk = mapping_at(given, "location"), mapping_at(given, "home"), given.get("risk")
    levels = dict.fromkeys(("signIn", "user", "insider", "servicePrincipal"), risk)
    if isinstance(risk, dict):
        levels = {**dict.fromkeys(levels), **risk}
    elif risk not in (None, "none"):
        asking.report(("risk",), f"is {quoted(risk)}", "Write `none`, or {signIn: high} and the like.")
    apps, action, context = _target(asking, given)
    return SignIn(
        user=user,
        person=person,
        apps=apps,
        action=action,
        context=context,
        client=text_at(given, "clientApplication") or "",
        auth=auth,
        scopes=texts_of(given["scopes"]) if "scopes" in given else None,
        client_kind=cast('Literal["public", "confidential"] | None', given.get("clientKind")),
        client_app=text_at(given, "client"),
        platform=text_at(given, "platform"),
        locations=_locations(asking, location),
        ip=_ip(asking, location),
        country=country_of(location),
        device=_device(asking, given),
        sign_in_risk=cast("str | None", levels["signIn"]),
        user_risk=cast("str | None", levels["user"]),
        service_principal_risk=cast("str | None", levels["servicePrincipal"]),
        insider_risk=cast("str | None", levels["insider"]),
        flow=text_at(given, "flow"),
        via=text_at(given, "via") or "",
        fido2_aaguid=text_at(given, "fido2Aaguid"),
        home_mfa=said(home.get("mfa"), None),
        trusts_home_mfa=said(home.get("trustsMfa"), None),
        trusts_home_devices=said(home.get("trustsDevices"), None),
        app_protection=said(given.get("appProtection"), None),
        approved_app=said(given.get("approvedApp"), None),
        accepted_terms=frozenset(texts_of(given.get("acceptedTerms"))),
        password_changed=given.get("passwordChanged") is True,
        is_write=said(given.get("write"), None),
        now=asking.moment(given, "now"),
        as_of=_day(asking, given),
    )


def step_of(asking: Asking, sign_in: SignIn, written: JsonObject) -> Step:
    """A sign-in with what happens after it (`effect`, whose mistakes are reported by their path there).

    Methods of which nothing is known cannot change.
    """
    person = sign_in.person or asking.company.facts.users.get(sign_in.user)
    about_methods = [key for key in ("registers", "deletes", "loses") if key in written]
    if about_methods and (person is None or person.registered is None):
        message = "changes methods, but given.user.registered does not say which there are"
        asking.report((about_methods[0],), message, "Add `registered:` to the user.")
    advances = minutes_of(written.get("advances") or 0)
    if advances is None:
        message = f"is {quoted(written['advances'])}, which is not a duration"
        asking.report(("advances",), message, "Write 30m, 8h or 2d.")
    held = held_pass(asking, written["pass"], ("pass",)) if "pass" in written else None
    effect = Effect(
        registers=frozenset(texts_of(written.get("registers"))),
        deletes=frozenset(texts_of(written.get("deletes"))),
        loses=frozenset(texts_of(written.get("loses"))),
        new_pass=held if isinstance(held, Pass) else None,
        pass_deleted=held == "none",
        pass_used=bool(written["passUsed"]) if "passUsed" in written else None,
        joins=frozenset(asking.known("Group", written, "joins")),
        leaves=frozenset(asking.known("Group", written, "leaves")),
        fido2_aaguids=frozenset(texts_of(written.get("fido2Aaguids"))),
    )
    return Step(sign_in=sign_in, effect=effect, advances=advances or 0)


def _methods(asking: Asking, given: JsonObject) -> frozenset[str] | None:
    if "method" not in given:
        return None
    value = given["method"]
    found: set[str] = set()
    for index, text in enumerate(texts_of(value)):
        for word in (part.strip() for part in text.split(",")):
            mode = SHORT.get(word, word)
            if mode not in (*MODES, ANY_PASS, "clientSecret", "managedIdentity"):
                where: Path = ("method", index) if isinstance(value, list) else ("method",)
                message = f"is {quoted(word)}{suggestion(word, (*MODES, *SHORT))}"
                asking.report(where, message, f"Known are {', '.join((*SHORT, *MODES))}.")
            found.add(mode)
    return frozenset(found)


def _target(asking: Asking, given: JsonObject) -> tuple[tuple[str, ...], str, str]:
    said_targets = [key for key in ("application", "action", "context") if key in given]
    if len(said_targets) != 1:
        message = f"says {' and '.join(said_targets) or 'no target'}"
        asking.report((), message, "Say exactly one of application, action and context.")
    action = str(given.get("action", ""))
    if action and action not in ACTIONS:
        message = f"is {quoted(action)}{suggestion(action, ACTIONS)}"
        asking.report(("action",), message, "Write register or join.")
    return _applications(asking, given), ACTIONS.get(action, ""), _context(asking, given)


def _applications(asking: Asking, given: JsonObject) -> tuple[str, ...]:
    value = given.get("application")
    names = texts_of(value)
    for index, name in enumerate(names):
        if not asking.company.knows_application(name):
            where: Path = ("application", index) if isinstance(value, list) else ("application",)
            known = {*asking.company.names("Application"), *APPLICATION_NAMES}
            message = f"is {quoted(name)}, which is no well-known application and named by no policy"
            remedy = "Correct the name, or write the appId."
            asking.report(where, message + suggestion(name, known), remedy)
    return names


def _context(asking: Asking, given: JsonObject) -> str:
    context = str(given.get("context", ""))
    found = asking.company.contexts.get(context, context)
    ids = {*asking.company.contexts.values(), *asking.company.names("AuthenticationContext")}
    if context and found not in ids:
        message = f"is {quoted(context)}, which is no authentication context of this workspace"
        asking.report(
            ("context",),
            message + suggestion(context, (*ids, *asking.company.contexts)),
            "Write its id, such as c1.",
        )
    return found


def _locations(asking: Asking, location: JsonObject) -> tuple[str, ...] | None:
    return asking.known("NamedLocation", location, "location", "named") if "named" in location else None


def _ip(asking: Asking, location: JsonObject) -> str | None:
    ip = text_at(location, "ip")
    if ip is not None and not is_address(ip):
        asking.report(("location", "ip"), f"is {quoted(ip)}, which is not an address", "Write 203.0.113.7.")
    return ip


def _device(asking: Asking, given: JsonObject) -> Device | None:
    device = given.get("device")
    if device is None:
        return None
    if isinstance(device, dict):
        return Device(attributes={name: attribute_of(value) for name, value in device.items()})
    words = texts_of(device)
    if words == ("unregistered",):
        return UNREGISTERED
    attributes: dict[str, Attribute] = {}
    for index, word in enumerate(words):
        where: Path = ("device", index) if isinstance(device, list) else ("device",)
        if word not in DEVICES:
            message = f"is {quoted(word)}{suggestion(word, (*DEVICES, 'unregistered'))}"
            asking.report(where, message, f"Write unregistered alone, or some of {', '.join(DEVICES)}.")
        for name, value in DEVICES.get(word, {}).items():
            if attributes.setdefault(name, value) != value:
                asking.report(where, f"is {quoted(word)}, which contradicts the words before it", "")
    return Device(attributes=attributes)


def _day(asking: Asking, given: JsonObject) -> date:
    text = text_at(given, "asOf")
    if text is None:
        now = text_at(given, "now") or ""
        return datetime.fromisoformat(now).date() if is_moment(now) else asking.today
    try:
        return date.fromisoformat(text)
    except ValueError:
        asking.report(("asOf",), f"is {quoted(text)}, which is not a day", "Write 2026-09-01.")
        return asking.today
