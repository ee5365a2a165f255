"""The `given` of a sign-in test, or of the command line (checked by the schema already) → a SignIn.

What is not said is not known. Names are checked against what the workspace knows, with the nearest of them;
mistakes go to `report`, by their path inside `given`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from ipaddress import ip_address
from typing import Final, Literal, cast

from tapctl.evaluate.facts import Pass, Person, UserType
from tapctl.evaluate.journey import Effect, as_person
from tapctl.evaluate.situation import JOIN, REGISTER, UNREGISTERED, Attribute, Device, SignIn
from tapctl.model import Json, JsonObject, Path
from tapctl.settings import quoted, suggestion
from tapctl.simulate.fixture import ANY_PASS, MULTI_USE, ONE_TIME, PASS_WORDS, minutes_of, said
from tapctl.simulate.journey import Step
from tapctl.simulate.workspace import Company

SOMEBODY: Final = "the user"
MODES: Final = (
    "password",
    "fido2",
    "windowsHelloForBusiness",
    "microsoftAuthenticatorPush",
    "deviceBasedPush",
    "softwareOath",
    "hardwareOath",
    "sms",
    "voice",
    "email",
    ONE_TIME,
    MULTI_USE,
    "x509CertificateSingleFactor",
    "x509CertificateMultiFactor",
    "federatedSingleFactor",
    "federatedMultiFactor",
    "qrCodePin",
    "externalMfa",
)
SHORT: Final = {"passkey": "fido2", "pass": ANY_PASS}
ACTIONS: Final = {"register": REGISTER, "join": JOIN, REGISTER: REGISTER, JOIN: JOIN}
DEVICES: Final[dict[str, dict[str, Attribute]]] = {
    "compliant": {"isCompliant": True, "managed": True},
    "noncompliant": {"isCompliant": False},
    "joined": {"trustType": "AzureAD"},
    "hybridJoined": {"trustType": "ServerAD"},
    "registered": {"trustType": "Workplace"},
    "managed": {"managed": True},
    "unmanaged": {"managed": False, "isCompliant": False},
}

Report = Callable[[Path, str, str], None]
"""Path inside `given`, what is wrong, what to do."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one `given` against a company."""

    company: Company
    today: date
    report: Report

    def sign_in(self, given: JsonObject) -> SignIn:
        """The sign-in as it is asked about."""
        auth = self._methods(given)
        user, person = self._user(given, auth)
        location, home, risk = _object(given, "location"), _object(given, "home"), given.get("risk")
        levels = dict.fromkeys(("signIn", "user", "insider", "servicePrincipal"), risk)
        if isinstance(risk, dict):
            levels = {**dict.fromkeys(levels), **risk}
        elif risk not in (None, "none"):
            self.report(("risk",), f"is {quoted(risk)}", "Write `none`, or {signIn: high} and the like.")
        apps, action, context = self._target(given)
        return SignIn(
            user=user,
            person=person,
            apps=apps,
            action=action,
            context=context,
            client=_text(given, "clientApplication") or "",
            auth=auth,
            scopes=_texts(given["scopes"]) if "scopes" in given else None,
            client_kind=cast('Literal["public", "confidential"] | None', given.get("clientKind")),
            client_app=_text(given, "client"),
            platform=_text(given, "platform"),
            locations=self._locations(location),
            ip=self._ip(location),
            country=_country(location),
            device=self._device(given),
            sign_in_risk=cast("str | None", levels["signIn"]),
            user_risk=cast("str | None", levels["user"]),
            service_principal_risk=cast("str | None", levels["servicePrincipal"]),
            insider_risk=cast("str | None", levels["insider"]),
            flow=_text(given, "flow"),
            via=_text(given, "via") or "",
            fido2_aaguid=_text(given, "fido2Aaguid"),
            home_mfa=said(home.get("mfa"), None),
            trusts_home_mfa=home.get("trustsMfa") is True,
            trusts_home_devices=home.get("trustsDevices") is True,
            app_protection=said(given.get("appProtection"), None),
            approved_app=said(given.get("approvedApp"), None),
            accepted_terms=frozenset(_texts(given.get("acceptedTerms"))),
            password_changed=given.get("passwordChanged") is True,
            is_write=said(given.get("write"), None),
            now=self._moment(given, "now"),
            as_of=self._day(given),
        )

    def step(self, sign_in: SignIn, written: JsonObject) -> Step:
        """A sign-in with what happens after it (`effect`, whose mistakes are reported by their path there).

        Methods of which nothing is known cannot change.
        """
        person = sign_in.person or self.company.facts.users.get(sign_in.user)
        about_methods = [key for key in ("registers", "deletes", "loses") if key in written]
        if about_methods and (person is None or person.registered is None):
            message = "changes methods, but given.user.registered does not say which there are"
            self.report((about_methods[0],), message, "Add `registered:` to the user.")
        advances = minutes_of(written.get("advances") or 0)
        if advances is None:
            message = f"is {quoted(written['advances'])}, which is not a duration"
            self.report(("advances",), message, "Write 30m, 8h or 2d.")
        held = self._pass(written["pass"], ("pass",)) if "pass" in written else None
        effect = Effect(
            registers=frozenset(_texts(written.get("registers"))),
            deletes=frozenset(_texts(written.get("deletes"))),
            loses=frozenset(_texts(written.get("loses"))),
            new_pass=held if isinstance(held, Pass) else None,
            pass_deleted=held == "none",
            pass_used=written.get("passUsed") is True,
            joins=frozenset(self.known("Group", written, "joins")),
            leaves=frozenset(self.known("Group", written, "leaves")),
            fido2_aaguids=frozenset(_texts(written.get("fido2Aaguids"))),
        )
        return Step(sign_in=sign_in, effect=effect, advances=advances or 0)

    def known(self, kind: str, written: JsonObject, *path: str) -> tuple[str, ...]:
        """The names at a path, each of which has to be known; a name that is not decides nothing."""
        value = written.get(path[-1])
        names = self.company.names(kind)
        for index, name in enumerate(_texts(value)):
            if name not in names:
                where: Path = (*path, index) if isinstance(value, list) else path
                message = f"names {quoted(name)}, which is no {kind} of this workspace"
                self.report(where, message + suggestion(name, names), self._remedy(kind, name))
        return _texts(value)

    def _remedy(self, kind: str, name: str) -> str:
        if any(
            address.kind == kind and address.name == name
            for address in self.company.checked.workspace.elsewhere
        ):
            environment = self.company.checked.workspace.environment.name
            return f"It is declared, but not for {environment}: say `environments:` in the test."
        return "Correct the name: nothing here declares it or refers to it."

    # Who

    def _user(self, given: JsonObject, auth: frozenset[str]) -> tuple[str, Person | None]:
        user = given.get("user")
        if isinstance(user, str):
            self._check_user(user)
            return user, None
        if not isinstance(user, dict):
            self.report((), "says nothing of the user", "Add `user: {groups: [...], registered: [...]}`.")
            return SOMEBODY, as_person(self.company.facts, SOMEBODY)
        name = str(user.get("upn") or SOMEBODY)
        facts = self.company.facts
        known = as_person(facts, name) if name in facts.users else None
        return name, self._person(user, known, auth)

    def _check_user(self, name: str) -> None:
        names = self.company.names("User")
        if not name.startswith(("sp:", "mi:")) and name not in names:
            message = f"is {quoted(name)}, whom neither the facts nor the workspace know"
            remedy = "Say who it is: `user: {groups: [...], registered: [...]}`, or bring facts (--facts)."
            self.report(("user",), message + suggestion(name, names), remedy)

    def _person(self, user: JsonObject, known: Person | None, auth: frozenset[str]) -> Person:
        usual = known or Person(roles=frozenset())
        registered = frozenset(_texts(user["registered"])) if "registered" in user else usual.registered
        return replace(
            usual,
            type=cast(UserType, user.get("type") or usual.type),
            home_tenant=str(user.get("homeTenant") or usual.home_tenant),
            groups=usual.groups | frozenset(self.known("Group", user, "user", "groups")),
            registered=registered,
            reachable=frozenset(_texts(user["reachable"])) if "reachable" in user else usual.reachable,
            held_pass=self._held(user, usual, auth),
            fido2_aaguids=frozenset(_texts(user.get("fido2Aaguids"))) or usual.fido2_aaguids,
            roles=frozenset(_texts(user["roles"])) if "roles" in user else usual.roles,
            is_enabled=said(user.get("enabled"), usual.is_enabled) is not False,
            per_user_mfa=said(user.get("perUserMfa"), usual.per_user_mfa),
        )

    def _held(self, user: JsonObject, usual: Person, auth: frozenset[str]) -> Pass | Literal["none"] | None:
        """Who signs in with a pass has one; a user whose methods are all said has none that is not said."""
        if "pass" in user:
            return self._pass(user["pass"], ("user", "pass"))
        if usual.held_pass is not None:
            return usual.held_pass
        if used := auth & {ONE_TIME, MULTI_USE, ANY_PASS}:
            return Pass(is_usable_once=self.is_one_time if ANY_PASS in used else ONE_TIME in used)
        return "none" if "registered" in user else None

    @property
    def is_one_time(self) -> bool:
        """What passes of this tenant are, unless somebody says otherwise."""
        policy = self.company.facts.pass_policy
        return policy is None or policy.is_usable_once

    def _pass(self, written: Json, path: Path) -> Pass | Literal["none"]:
        if isinstance(written, dict):
            lifetime = minutes_of(written.get("lifetimeInMinutes"))
            if "lifetimeInMinutes" in written and lifetime is None:
                message = f"is {quoted(written['lifetimeInMinutes'])}, which is not a duration"
                self.report((*path, "lifetimeInMinutes"), message, "Write 30m, 8h or 2d.")
            return Pass(
                is_usable_once=written.get("isUsableOnce") is True,
                start=self._moment(written, "startDateTime", path),
                lifetime_minutes=lifetime,
                is_used=written.get("isUsed") is True,
            )
        word = str(written)
        if word != "none" and word not in PASS_WORDS:
            message = f"is {quoted(word)}{suggestion(word, ('none', 'oneTime', 'multiUse'))}"
            self.report(path, message, "Write none, oneTime or multiUse, or what the pass is like.")
        return Pass(is_usable_once=PASS_WORDS[word]) if word in PASS_WORDS else "none"

    # What and how

    def _methods(self, given: JsonObject) -> frozenset[str]:
        value = given.get("method")
        found: set[str] = set()
        for index, text in enumerate(_texts(value)):
            for word in (part.strip() for part in text.split(",")):
                mode = SHORT.get(word, word)
                if mode not in (*MODES, ANY_PASS, "clientSecret", "managedIdentity"):
                    where: Path = ("method", index) if isinstance(value, list) else ("method",)
                    message = f"is {quoted(word)}{suggestion(word, (*MODES, *SHORT))}"
                    self.report(where, message, f"Known are {', '.join((*SHORT, *MODES))}.")
                found.add(mode)
        return frozenset(found)

    def _target(self, given: JsonObject) -> tuple[tuple[str, ...], str, str]:
        said_targets = [key for key in ("application", "action", "context") if key in given]
        if len(said_targets) != 1:
            message = f"says {' and '.join(said_targets) or 'no target'}"
            self.report((), message, "Say exactly one of application, action and context.")
        action = str(given.get("action", ""))
        if action and action not in ACTIONS:
            message = f"is {quoted(action)}{suggestion(action, ACTIONS)}"
            self.report(("action",), message, "Write register or join.")
        return self._applications(given), ACTIONS.get(action, ""), self._context(given)

    def _applications(self, given: JsonObject) -> tuple[str, ...]:
        value = given.get("application")
        names = _texts(value)
        for index, name in enumerate(names):
            if not self.company.knows_application(name):
                where: Path = ("application", index) if isinstance(value, list) else ("application",)
                known = self.company.names("Application")
                message = f"is {quoted(name)}, which is no well-known application and named by no policy"
                remedy = "Correct the name, or write the appId."
                self.report(where, message + suggestion(name, known), remedy)
        return names

    def _context(self, given: JsonObject) -> str:
        context = str(given.get("context", ""))
        found = self.company.contexts.get(context, context)
        ids = {*self.company.contexts.values(), *self.company.names("AuthenticationContext")}
        if context and found not in ids:
            message = f"is {quoted(context)}, which is no authentication context of this workspace"
            self.report(
                ("context",),
                message + suggestion(context, (*ids, *self.company.contexts)),
                "Write its id, such as c1.",
            )
        return found

    # From where and when

    def _locations(self, location: JsonObject) -> tuple[str, ...] | None:
        return self.known("NamedLocation", location, "location", "named") if "named" in location else None

    def _ip(self, location: JsonObject) -> str | None:
        ip = _text(location, "ip")
        if ip is not None and not _is_address(ip):
            self.report(("location", "ip"), f"is {quoted(ip)}, which is not an address", "Write 203.0.113.7.")
        return ip

    def _device(self, given: JsonObject) -> Device | None:
        device = given.get("device")
        if device is None:
            return None
        if isinstance(device, dict):
            return Device(attributes={name: _attribute(value) for name, value in device.items()})
        words = _texts(device)
        if words == ("unregistered",):
            return UNREGISTERED
        attributes: dict[str, Attribute] = {}
        for index, word in enumerate(words):
            where: Path = ("device", index) if isinstance(device, list) else ("device",)
            if word not in DEVICES:
                message = f"is {quoted(word)}{suggestion(word, (*DEVICES, 'unregistered'))}"
                self.report(where, message, f"Write unregistered alone, or some of {', '.join(DEVICES)}.")
            for name, value in DEVICES.get(word, {}).items():
                if attributes.setdefault(name, value) != value:
                    self.report(where, f"is {quoted(word)}, which contradicts the words before it", "")
        return Device(attributes=attributes)

    def _moment(self, written: JsonObject, key: str, path: Path = ()) -> str:
        text = _text(written, key) or ""
        if text and not _is_moment(text):
            message = f"is {quoted(text)}, which is not a time with an offset"
            self.report((*path, key), message, "Write 2026-09-01T08:00:00Z.")
            return ""
        return text

    def _day(self, given: JsonObject) -> date:
        text = _text(given, "asOf")
        if text is None:
            now = _text(given, "now") or ""
            return datetime.fromisoformat(now).date() if _is_moment(now) else self.today
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.report(("asOf",), f"is {quoted(text)}, which is not a day", "Write 2026-09-01.")
            return self.today


def _object(given: JsonObject, key: str) -> JsonObject:
    value = given.get(key)
    return value if isinstance(value, dict) else {}


def _text(written: JsonObject, key: str) -> str | None:
    return cast("str | None", written.get(key))


def _texts(value: Json) -> tuple[str, ...]:
    items: Iterable[Json] = value if isinstance(value, list) else () if value is None else (value,)
    return tuple(map(str, items))


def _country(location: JsonObject) -> str | None:
    country = _text(location, "country")
    return None if country is None else "" if country == "unknown" else country.upper()


def _attribute(value: Json) -> Attribute:
    return tuple(map(str, value)) if isinstance(value, list) else cast("str | bool | None", value)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
