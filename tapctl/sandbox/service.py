"""One request → one answer: finds the handler, checks query options, keeps writes whole. No HTTP here."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from tapctl.sandbox import (
    assignments,
    audit,
    contexts,
    directory,
    groups,
    locations,
    methods,
    passes,
    policies,
    reports,
    strengths,
    what_if,
)
from tapctl.sandbox.call import Actor, Answer, Call, Route
from tapctl.sandbox.misbehave import Lag
from tapctl.sandbox.roles import TEMPLATES
from tapctl.sandbox.store import Store
from tapctl.sandbox.values import Json, JsonObject, RefusedError, Settings, bad_request, unsupported_query

MODULES = (
    policies,
    what_if,
    locations,
    contexts,
    strengths,
    methods,
    groups,
    directory,
    assignments,
    passes,
    reports,
    audit,
)
ROUTES: tuple[Route, ...] = tuple(entry for module in MODULES for entry in module.ROUTES)
SIGNED_IN = "me"
GLOBAL_ADMINISTRATOR = next(
    identifier for identifier, name in TEMPLATES.items() if name == "Global Administrator"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request below /v1.0, whether it came by itself or in a batch."""

    method: str
    path: str
    options: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)  # by lower-case name
    body: Json = None
    base: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    store: Store
    settings: Settings
    lag: Lag

    def answer(self, request: Request) -> Answer:
        """Raises RefusedError; then nothing has been changed."""
        actor = self._actor(request.headers)
        found, keys = _find_route(request)
        _check_options(request.options, found)
        call = Call(
            store=self.store,
            settings=self.settings,
            lag=self.lag,
            actor=actor,
            base=request.base,
            path=request.path,
            keys=keys,
            options={name.lower(): value for name, value in request.options.items()},
            headers=request.headers,
            body=request.body,
        )
        if request.method == "GET":
            return found.handler(call)
        with self.store.transaction():
            return found.handler(call)

    def _actor(self, headers: Mapping[str, str]) -> Actor:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise RefusedError(401, "InvalidAuthenticationToken", "Access token is empty.")
        claims = _claims(token)
        if claims.get("idtyp") == "app":
            return Actor(
                id=str(claims.get("appid", "")), name=str(claims.get("app_displayname", "")), is_app=True
            )
        name = str(claims.get("upn", ""))
        return Actor(id=str(claims["oid"]) if claims.get("oid") else signed_in(self.store), name=name)


def signed_in(store: Store) -> str:
    """Who a token without a name speaks for: the person the data names, else a global administrator."""
    for person in store.objects(SIGNED_IN).values():
        return str(person["id"])
    for assignment in store.objects("roleManagement/directory/roleAssignments").values():
        if assignment.get("roleDefinitionId") == GLOBAL_ADMINISTRATOR:
            return str(assignment.get("principalId"))
    return next(iter(store.objects("users")), "")


def _claims(token: str) -> JsonObject:
    """What a token says of its bearer; nobody checks its signature here."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error):
        return {}
    return claims if isinstance(claims, dict) else {}


def _find_route(request: Request) -> tuple[Route, dict[str, str]]:
    path = unquote(request.path).strip("/")
    matches = [(entry, entry.pattern.fullmatch(path)) for entry in ROUTES]
    found = [(entry, match) for entry, match in matches if match]
    for entry, match in found:
        if entry.method == request.method:
            return entry, match.groupdict()
    if found:
        raise RefusedError(
            405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target."
        )
    raise bad_request(f"Resource not found for the segment '{path.split('/')[-1]}'.")


def _check_options(options: Mapping[str, str], found: Route) -> None:
    for name in options:
        if name.startswith("$") and name.lower() not in found.options:
            raise unsupported_query(f"Query option '{name}' is not supported here.")
