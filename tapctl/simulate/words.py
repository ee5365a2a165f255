"""The words of sign-in tests and of the command line, and how their values are picked out of JSON."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from ipaddress import ip_address
from typing import Final, cast

from tapctl import schema
from tapctl.evaluate.situation import JOIN, REGISTER, Attribute
from tapctl.model import Json, JsonObject, dotted
from tapctl.shapes import as_object
from tapctl.simulate.fixture import ANY_PASS, MULTI_USE, ONE_TIME

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


def as_given(fact: str) -> str:
    """What a sign-in test's `given` calls a fact that is named as a situation's JSON names it."""
    return _given_names().get(fact, fact)


@cache
def _given_names() -> dict[str, str]:
    found = schema.named_fields(schema.fields("SignInTest").properties["given"])
    return {name: dotted(path) for path, field in found for name in field.also_called}


def mapping_at(given: JsonObject, key: str) -> JsonObject:
    """The mapping at `key`, or an empty one."""
    return as_object(given.get(key))


def text_at(written: JsonObject, key: str) -> str | None:
    """The text at `key`."""
    return cast("str | None", written.get(key))


def texts_of(value: Json) -> tuple[str, ...]:
    """A list of texts, one text, or none."""
    items: Iterable[Json] = value if isinstance(value, list) else () if value is None else (value,)
    return tuple(map(str, items))


def country_of(location: JsonObject) -> str | None:
    """The ISO code; "" where Entra knows none."""
    country = text_at(location, "country")
    return None if country is None else "" if country == "unknown" else country.upper()


def attribute_of(value: Json) -> Attribute:
    """A device's attribute as the evaluator holds it."""
    return tuple(map(str, value)) if isinstance(value, list) else cast("str | bool | None", value)


def is_address(text: str) -> bool:
    """Whether this is an IPv4 or IPv6 address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def is_moment(text: str) -> bool:
    """Whether this is a time that says which moment it means."""
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
