"""Requests from Graph's documentation, replayed: the sandbox answers with the same status and shape."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sandbox_tools import LOCATIONS, METHODS, POLICIES, Client, policy

from tapctl.sandbox import Misbehaviour, Store

EXAMPLES = Path(__file__).parents[2].parent / "shared" / "graph-examples"
IDENTIFIER = "40000000-0000-4000-8000-000000000002"
GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
PASS_TIME = datetime(2022, 6, 2, 16, 21, 9, tzinfo=UTC)

NOT_SERVED = "the sandbox does not serve this resource"
BETA_ONLY = "v1.0 has no such resource"
PLACEHOLDERS = "the sample holds type names in place of values"
WRAPPED = "the sample wraps one entity in `value`, against the schema"
PASSWORDLESS = "passwordlessmicrosoftauthenticatorauthenticationmethod"
UNMATCHED = {
    "auth-context--update-authenticationcontextclassreference--beta.json": WRAPPED,
    f"auth-methods-policy--update-{PASSWORDLESS}configuration--beta.json": BETA_ONLY,
    "auth-methods-policy--update-smsauthenticationmethodconfiguration--beta.json": PLACEHOLDERS,
    "reports--authenticationmethodsroot-usersregisteredbymethod--beta.json": NOT_SERVED,
    "sign-ins--get-signin.json": WRAPPED,
    "sign-ins--signinthis-confirmcompromised--beta.json": NOT_SERVED,
    "terms-of-use--create-agreement-from-agreements.json": NOT_SERVED,
    "user-auth-methods--create-phoneauthenticationmethod-from-authentication--beta.json": NOT_SERVED,
    f"user-auth-methods--delete-{PASSWORDLESS}--beta.json": BETA_ONLY,
    "user-auth-methods--get-authenticationmethod--beta.json": "the sample misspells @odata.type",
    "user-auth-methods--get-microsoftauthenticatorauthenticationmethod.json": WRAPPED,
    "user-auth-methods--get-passwordauthenticationmethod--beta.json": "beta's creationDateTime",
    f"user-auth-methods--get-{PASSWORDLESS}-2--beta.json": BETA_ONLY,
    "user-auth-methods--get-softwareoathauthenticationmethod--beta.json": WRAPPED,
    "user-auth-methods--get-windowshelloforbusinessauthenticationmethod.json": WRAPPED,
    "user-auth-methods--update-emailauthenticationmethod--beta.json": NOT_SERVED,
    "user-auth-methods--update-phoneauthenticationmethod--beta.json": NOT_SERVED,
    "utcm--create-configuration-monitor.json": NOT_SERVED,
    "utcm--create-snapshot.json": NOT_SERVED,
    "utcm--list-configuration-drifts.json": NOT_SERVED,
    "what-if--evaluate-authentication-context.json": NOT_SERVED,
}
# Keys of a sample that today's v1.0 does not answer with, or that depend on how much there is.
BEYOND_V1 = {
    "@microsoft.graph.tips",
    "@odata.nextLink",
    "includeProtectionLevels",
    "controls",
    "defaultMethod",
    "creationDateTime",
}
OLD_ERROR_SHAPE = {"ca-policy--create-ca-policy-clientapptypes-empty-1064--beta.json": {"message"}}


def examples() -> Iterator[Any]:
    if not EXAMPLES.is_dir():
        yield pytest.param("", marks=pytest.mark.skip("the recorded examples are not at hand"))
    for path in sorted(EXAMPLES.glob("*--*.json")):
        yield pytest.param(path.name, id=path.stem)


@pytest.mark.parametrize("name", list(examples()))
def test_answers_have_the_documented_shape(name: str) -> None:
    if name in UNMATCHED:
        pytest.skip(UNMATCHED[name])
    example = json.loads((EXAMPLES / name).read_text())
    request, expected = example["request"], example["response"]
    client = Client(tenant_for(name, request, expected), store=Store(clock=lambda: PASS_TIME), **_how(name))

    path = ADDRESSES.get(name, request["path"]).replace("/beta/", "/v1.0/").replace("{id}", IDENTIFIER)
    body = BODIES.get(name, request["body"])
    answer = client.send(request["method"], f"https://graph.test{path}", body, request.get("headers"))

    assert answer.status_code == expected["status"], answer.text
    found = answer.json() if answer.content else None
    assert missing(expected["body"], found, "", OLD_ERROR_SHAPE.get(name, set())) == []


def missing(sample: Any, found: Any, place: str, ignored: set[str]) -> list[str]:
    """Where the answer lacks a key of the sample, or has another JSON type in its place."""
    if isinstance(sample, dict) and isinstance(found, dict):
        wanted = {key for key in sample if key not in BEYOND_V1 | (ignored if "inner" in place else set())}
        lacking = [f"{place}/{key}" for key in sorted(wanted - found.keys())]
        return lacking + [
            problem
            for key in sorted(wanted & found.keys())
            for problem in missing(sample[key], found[key], f"{place}/{key}", ignored)
        ]
    if isinstance(sample, list) and isinstance(found, list):
        problems = [missing(sample[0], item, f"{place}/0", ignored) for item in found] if sample else []
        return min(problems, key=len, default=[])
    same = type(sample) is type(found) or sample is None or found is None
    return [] if same else [f"{place}: {type(sample).__name__} became {type(found).__name__}"]


def _how(name: str) -> dict[str, Any]:
    throttled = "throttled-request" in name
    return {"misbehaviour": Misbehaviour(throttle_other_every=1)} if throttled else {}


ADDRESSES = {
    "auth-strength--strength-usage.json": (
        "/v1.0/policies/authenticationStrengthPolicies/00000000-0000-0000-0000-000000000003/usage"
    ),
    "roles--get-directoryroletemplate.json": f"/v1.0/directoryRoleTemplates/{GLOBAL_ADMINISTRATOR}",
    "tap-method--get-temporaryaccesspassauthenticationmethod.json": (
        "/v1.0/users/071cc716-8147-4397-a5ba-b2105951cc0b/authentication/temporaryAccessPassMethods"
        "/6f1967b7-15e8-4935-ac26-d50770ed07a7"
    ),
}
BODIES: dict[str, Any] = {
    "ca-policy--create-ca-policy-clientapptypes-empty-1064--beta.json": policy(
        conditions={**policy()["conditions"], "clientAppTypes": []}
    ),
    "ca-policy--create-ca-policy-tenant-not-licensed.json": policy(),
    "ca-policy--patch-ca-policy-schema-mismatch-1007.json": {"conditions": {"excludeUserActions": []}},
    # The page's ids have their hyphens in the wrong places; the answer's have them right.
    "directory-objects--directoryobject-getbyid.json": {
        "ids": ["84b80893-8749-40a3-97b7-68513b600544"],
        "types": ["user"],
    },
    "tap-method--create-tap-lifetime-out-of-range--beta.json": {"lifetimeInMinutes": 481},
}


def tenant_for(name: str, request: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
    """A tenant in which the request makes sense: whatever it names is there."""
    area = name.split("--")[0]
    tenant: dict[str, Any] = {"users": [_user(IDENTIFIER, "me@contoso.com")]}
    tenant |= referred_to(json.dumps(request["body"]))
    return tenant | (TENANTS[area](name, request, response) if area in TENANTS else {})


def referred_to(text: str) -> dict[str, Any]:
    """Every id of a body, as every kind of object it could be the id of."""
    identifiers = sorted({part for part in text.split('"') if len(part) == 36 and part.count("-") == 4})
    return {
        "users": [
            _user(IDENTIFIER, "me@contoso.com"),
            *(_user(one, f"{one}@x.example") for one in identifiers),
        ],
        "groups": [{"id": one, "displayName": one} for one in identifiers],
        "servicePrincipals": [{"id": one, "appId": one} for one in identifiers],
        LOCATIONS: [{"id": one, "@odata.type": "#microsoft.graph.ipNamedLocation"} for one in identifiers],
        "identityGovernance/termsOfUse/agreements": [{"id": one} for one in identifiers],
    }


def _user(identifier: str, name: str) -> dict[str, Any]:
    plain = (
        "businessPhones",
        "displayName",
        "givenName",
        "jobTitle",
        "mail",
        "mobilePhone",
        "officeLocation",
    )
    return {
        **dict.fromkeys((*plain, "preferredLanguage", "surname")),
        "accountEnabled": True,
        "id": identifier,
        "userPrincipalName": name,
    }


def _values(response: dict[str, Any]) -> list[dict[str, Any]]:
    body = response["body"] or {}
    return body["value"] if isinstance(body.get("value"), list) else [body]


def _last(request: dict[str, Any]) -> str:
    return str(request["path"].rsplit("/", 1)[-1])


def _policies(name: str, request: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
    group = {"id": "20000000-0000-4000-8000-000000000002", "displayName": "New hires"}
    made: dict[str, Any] = {}
    if not request["body"]:
        made["groups"] = [group]
    if request["method"] != "POST":
        made[POLICIES] = [{**policy(), "id": _last(request).replace("{id}", IDENTIFIER)}]
    if request["method"] == "GET":
        made[POLICIES] = [{**response["body"], "id": IDENTIFIER}]
    if "not-licensed" in name:
        made["subscribedSkus"] = []
    if "security-defaults" in name:
        made["policies/identitySecurityDefaultsEnforcementPolicy"] = {"isEnabled": True}
    return made


def _deleted(name: str, request: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
    path = request["path"].removeprefix("/beta/")
    if request["method"] == "GET":
        return {path: _values(response)}
    collection, _, identifier = path.rpartition("/")
    return {collection: [{**policy(), "id": identifier}]}


def _locations(name: str, request: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
    if request["method"] == "GET":
        return {LOCATIONS: _values(response)}
    return {LOCATIONS: [{"id": _last(request), "@odata.type": "#microsoft.graph.ipNamedLocation"}]}


def _methods_of_people(name: str, request: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
    """The person whose methods are asked for, with the one that the address or the answer names."""
    parts = request["path"].split("/")
    person = parts[3] if parts[2] == "users" else "me@contoso.com"
    kind = next(part for part in parts if part.lower().endswith("methods"))
    type_name = f"#microsoft.graph.{kind.removesuffix('Methods')}AuthenticationMethod"
    items = _values(response) if request["method"] == "GET" else [{"id": parts[-1]}]
    held = [{"@odata.type": type_name, **item} for item in items]
    identifier = person if "@" not in person else "26be570a-ae82-4189-b4e2-a37c6808512d"
    return {
        "users": [_user(IDENTIFIER, "me@contoso.com"), _user(identifier, person)],
        f"users/{identifier}/authentication/methods": held,
        **({"me": {"id": identifier}} if parts[2] == "me" else {}),
    }


def _passes(name: str, request: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
    identifier = request["path"].split("/")[3].replace("{id}", IDENTIFIER)
    configuration = {"id": "TemporaryAccessPass", "state": "enabled", "includeTargets": []}
    stored = {
        "@odata.type": "#microsoft.graph.temporaryAccessPassAuthenticationMethod",
        **(response["body"] or {}),
        "id": (response["body"] or {}).get("id", _last(request)),
    }
    return {
        "users": [_user(IDENTIFIER[:-1] + "9", "me@contoso.com"), _user(identifier, "someone@contoso.com")],
        f"users/{identifier}/authentication/methods": [] if request["method"] == "POST" else [stored],
        "policies/authenticationMethodsPolicy": {"authenticationMethodConfigurations": [configuration]},
    }


def _groups(name: str, request: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
    if request["method"] == "PATCH":
        unified = {"groupTypes": ["Unified"], "mailEnabled": True, "mailNickname": "old"}
        return {"groups": [{"id": IDENTIFIER, "displayName": "Old", **unified}]}
    extra = {"hasMembersWithLicenseErrors": True, "description": "prod", "mail": "x@contoso.com"}
    shown = _values(response) if response["status"] == 200 else []
    return {"groups": [{**extra, **item} for item in shown]}


Maker = Callable[[str, dict[str, Any], dict[str, Any]], dict[str, Any]]
TENANTS: dict[str, Maker] = {
    "auth-context": lambda *given: {
        "identity/conditionalAccess/authenticationContextClassReferences": [given[2]["body"]]
    },
    "auth-strength": lambda *_: {
        POLICIES: [
            policy(
                id=IDENTIFIER,
                grantControls={"authenticationStrength": {"id": f"{0:08}-0000-0000-0000-{3:012}"}},
            )
        ]
    },
    "ca-deleted": _deleted,
    "ca-policy": _policies,
    "directory-objects": lambda *given: {
        "users": [
            _user(IDENTIFIER, "me@contoso.com"),
            *(_user(one, f"{one}@x.example") for one in given[1]["body"]["ids"]),
        ]
    },
    "groups": _groups,
    "named-location": _locations,
    "roles": lambda *given: {"directoryRoles": _values(given[2])},
    "service-principals": lambda *given: {"servicePrincipals": _values(given[2])},
    "sign-ins": lambda *given: {"auditLogs/signIns": _values(given[2])},
    "tap-method": _passes,
    "user-auth-methods": _methods_of_people,
    "users": lambda *_: {"users": [_user(IDENTIFIER, "me@contoso.com")]},
}


def test_every_exception_is_an_example() -> None:
    if not EXAMPLES.is_dir():
        pytest.skip("the recorded examples are not at hand")

    names = {path.name for path in EXAMPLES.glob("*--*.json")}

    assert {*UNMATCHED, *ADDRESSES, *BODIES, *OLD_ERROR_SHAPE} <= names


def test_configurations_are_addressed_in_any_letter_case() -> None:
    client = Client()

    assert client.get(f"{METHODS}/TEMPORARYACCESSPASS").json()["id"] == "TemporaryAccessPass"
