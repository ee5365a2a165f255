"""One sign-in, as it is asked about. A field that is None is a fact that nobody gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal, TypeAlias

from tapctl.evaluate.facts import Person

REGISTER: Final = "urn:user:registersecurityinfo"
JOIN: Final = "urn:user:registerdevice"

Attribute: TypeAlias = str | bool | tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What Entra sees of a device. An attribute that is None is null there; one that is missing from
    `attributes` was not given. An unregistered device has only nulls: `Device(is_registered=False)`."""

    is_registered: bool = True
    attributes: Mapping[str, Attribute] = field(default_factory=dict)


UNREGISTERED: Final = Device(is_registered=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Who signs in to what, how, from where.

    `user` is a key of `Facts.users`, or `person` says everything about somebody who is in no directory.
    `sp:ID` and `mi:ID` are a service principal and a managed identity. Exactly one of `apps`, `action`,
    `context` is the target. `auth` are the modes the session has proved;
    the first factor is taken for accepted where nobody said it. `locations` are the named locations
    that hold the address (all of them: `()` is "in none"); `country` is an ISO code, or "" where Entra knows
    none for the address. Inbound trust that nobody said is Entra's default: none.
    """

    user: str
    person: Person | None = None
    apps: tuple[str, ...] = ()
    action: str = ""
    context: str = ""
    client: str = ""
    auth: frozenset[str] | None = None
    scopes: tuple[str, ...] | None = None
    client_kind: Literal["public", "confidential"] | None = None
    client_app: str | None = None
    platform: str | None = None
    locations: tuple[str, ...] | None = None
    ip: str | None = None
    country: str | None = None
    device: Device | None = None
    sign_in_risk: str | None = None
    user_risk: str | None = None
    service_principal_risk: str | None = None
    insider_risk: str | None = None
    flow: str | None = None
    via: str = ""
    fido2_aaguid: str | None = None
    home_mfa: bool | None = None
    trusts_home_mfa: bool | None = None
    trusts_home_devices: bool | None = None
    app_protection: bool | None = None
    approved_app: bool | None = None
    accepted_terms: frozenset[str] = frozenset()
    password_changed: bool = False
    is_write: bool | None = None
    now: str = ""
    as_of: date
