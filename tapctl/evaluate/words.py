"""What a list of Graph's words in a policy says of one word, or with a filter beside it. Pure."""

from __future__ import annotations

from tapctl.evaluate.truth import Truth, but_not

CLIENTS = frozenset({"browser", "mobileappsanddesktopclients", "exchangeactivesync", "other"})
RISKS = frozenset({"low", "medium", "high", "none", "hidden"})
_WORDS = {
    "client_app": CLIENTS | {"all", "eassupported"},
    "platform": frozenset({"android", "ios", "windows", "windowsphone", "macos", "linux", "all"}),
    "sign_in_risk": RISKS,
    "user_risk": RISKS,
    "service_principal_risk": RISKS,
    "insider_risk": frozenset({"minor", "moderate", "elevated"}),
    "flow": frozenset({"none", "devicecodeflow", "authenticationtransfer"}),
    "guests": frozenset(
        {"none", "internalguest", "b2bcollaborationguest", "b2bcollaborationmember"}
        | {"b2bdirectconnectuser", "otherexternaluser", "serviceprovider"}
    ),
}
"""Graph's enums, in lower case. A list that holds another word may mean what nobody here can tell."""


def is_among(word: str, listed: frozenset[str], enum: str) -> Truth:
    """Whether a list names a word of Graph's; unknown where it does not, and holds words nobody knows."""
    return True if word in listed else False if listed <= _WORDS[enum] else None


def filtered(included: Truth, excluded: Truth, filter_mode: str) -> Truth:
    """With a filter on custom security attributes, which no fact tells: it may add, or take away."""
    if filter_mode and filter_mode != "exclude":
        included = included or None
    if filter_mode and filter_mode != "include":
        excluded = excluded or None
    return but_not(included, excluded)
