"""Small policies, people and sign-ins for the tests of the evaluator."""

from __future__ import annotations

from datetime import date
from typing import Any

from tapctl.evaluate.decision import Decision
from tapctl.evaluate.evaluator import decide
from tapctl.evaluate.facts import EVERYBODY, Facts, Group, Location, Pass, Person
from tapctl.evaluate.rulebook import rulebook
from tapctl.evaluate.situation import SignIn
from tapctl.evaluate.strengths import strength_of
from tapctl.model import Json, JsonObject

TODAY = date(2026, 11, 25)
REGISTER = "urn:user:registersecurityinfo"
JOIN = "urn:user:registerdevice"
ONE_TIME = Pass(is_usable_once=True)
ENABLED = (
    "password",
    "fido2",
    "microsoftAuthenticatorPush",
    "deviceBasedPush",
    "softwareOath",
    "sms",
    "temporaryAccessPassOneTime",
    "temporaryAccessPassMultiUse",
    "externalMfa",
)
FACTS = Facts(
    security_defaults=False,
    groups={
        "Staff": Group(users=frozenset({"bob"}), groups=frozenset({"New hires"})),
        "New hires": Group(users=frozenset({"alice"})),
        "Everybody in Berlin": Group(is_complete=False),
    },
    users={
        "alice": Person(registered=frozenset({"password"}), held_pass="none"),
        "bob": Person(
            registered=frozenset({"password", "microsoftAuthenticatorPush", "sms"}), held_pass="none"
        ),
    },
    locations={
        "Headquarters": Location(kind="ip", is_trusted=True, ranges=("203.0.113.0/24", "2001:db8::/32")),
        "Germany": Location(kind="country", countries=frozenset({"DE"})),
        "Germany or nowhere": Location(kind="country", countries=frozenset({"DE"}), includes_unknown=True),
    },
    strengths={
        "Any pass": strength_of(("temporaryAccessPassOneTime", "temporaryAccessPassMultiUse")),
        "Black key": strength_of(("fido2",), ("aaguid-black",)),
    },
    methods=dict.fromkeys(ENABLED, EVERYBODY),
    join_needs_mfa=False,
    migration_is_complete=True,
)


def policy(
    *controls: str,
    users: JsonObject | None = None,
    apps: list[str] | None = None,
    target: JsonObject | None = None,
    strength: str = "",
    operator: str = "AND",
    state: str = "enabled",
    session: JsonObject | None = None,
    **conditions: Json,
) -> JsonObject:
    """A policy for everybody and everything, but for what is said."""
    grant: JsonObject = {"operator": operator, "builtInControls": list(controls)}
    if strength:
        grant["authenticationStrength"] = {"id": strength}
    spec: JsonObject = {
        "state": state,
        "conditions": {
            "users": users or {"includeUsers": ["All"]},
            "applications": target or {"includeApplications": list[Json](apps or ["All"])},
            **conditions,
        },
        "grantControls": grant if controls or strength else None,
        "sessionControls": session,
    }
    return spec


def sign_in(user: str = "bob", *auth: str, **facts: Any) -> SignIn:
    """A sign-in to an application of the company's, with a password, today."""
    if not {"action", "context", "apps"} & set(facts):
        facts["apps"] = ("app-x",)
    return SignIn(**{"user": user, "auth": frozenset(auth or ("password",)), "as_of": TODAY, **facts})


def decided(*policies: JsonObject, asked: SignIn, facts: Facts = FACTS, **options: bool) -> Decision:
    """The decision of policies P1, P2, ..."""
    named = {f"P{number}": spec for number, spec in enumerate(policies, start=1)}
    return decide(rulebook(named, facts), asked, **options)


def results(decision: Decision) -> list[str]:
    """What became of each policy, in order."""
    return [applied.result for applied in decision.policies]
