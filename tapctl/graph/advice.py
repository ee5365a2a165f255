"""What to do about an error answer: Graph's code, number and words in, one piece of advice out.

Graph publishes no list of the Conditional Access numbers; these were seen in reports (checked 2026-11).
"""

from __future__ import annotations

import re

from tapctl.graph.pace import CONDITIONAL_ACCESS, PASSES, family_of
from tapctl.graph.permissions import permission_for

_NUMBERS = {
    "1007": "the body does not match Graph's schema: an unknown property, or a wrong shape or enum member; "
    "the message may name it, and the kind's file in schemas/ says what may be there",
    "1032": "the control passwordChange has conditions of its own: operator AND, mfa or a strength beside "
    "it, all applications and a user risk level",
    "1064": "clientAppTypes may not be empty; write [all]",
    "1108": "an authentication strength and the control mfa cannot be in one policy; keep the strength",
    "1235": "this control is not supported together with the condition authenticationFlows; use block",
}

_SIGN_IN = (
    "the token was not accepted: sign in again, and see that it is for Microsoft Graph and that this "
    "machine's clock is right"
)

_CODES = {
    "authentication_requestfromnonpremiumtenantorb2ctenant": "the tenant has no Microsoft Entra ID P1 "
    "licence, which this needs",
    "request_unsupportedquery": "Graph does not support this query option here; this is a bug in tapctl or "
    "in the server at graphEndpoint, please report it with the request",
    "directory_concurrencyviolation": "something else was changing the same object; try again",
    "invalidauthenticationtoken": _SIGN_IN,
}

_WORDS = {
    "disable security defaults": "turn security defaults off first (Entra admin center, Overview, "
    "Properties), or write enabledForReportingButNotEnforced until then",
    "not licensed": "the tenant has no licence for this feature (Conditional Access needs Entra ID P1)",
}

_FEWER = "Graph still asks for fewer requests: wait some minutes, "
_FAMILIES = {
    CONDITIONAL_ACCESS: f"{_FEWER}lower caRequestsPerSecond, and see what else reads Conditional Access "
    "policies in this tenant, for they share the limit",
    PASSES: f"{_FEWER}and lower passesPerSecond",
}

_STATUSES = {
    401: _SIGN_IN,
    429: f"{_FEWER}and see what else asks this tenant",
    500: "the fault is Graph's: try again later, and give the request id to Microsoft support if it stays",
}

_NOT_THERE = (
    "it may have been deleted; if it was created a moment ago, Graph may not show it yet: then try again"
)
_NOWHERE = "see that graphEndpoint is a server that speaks Graph v1.0, and that the tenant's cloud has this"
# A path that names no object: $batch, policies/authenticationMethodsPolicy, ...
_WORDS_ONLY = re.compile(r"[$A-Za-z/]*")


def advice_for(method: str, path: str, *, status: int, code: str, message: str, number: str = "") -> str:
    """What to do, from the most specific fact to the least; empty when nothing is known."""
    by_words = next((text for words, text in _WORDS.items() if words in message.casefold()), "")
    by_answer = _NUMBERS.get(number) or _CODES.get(code.casefold()) or by_words
    if by_answer:
        return by_answer
    if status == 403:
        return _permission_advice(method, path)
    if status == 404:
        return _NOWHERE if _WORDS_ONLY.fullmatch(path) else _NOT_THERE
    by_family = _FAMILIES.get(family_of(path, method), "") if status == 429 else ""
    return by_family or _STATUSES.get(min(status, 500), "")


def _permission_advice(method: str, path: str) -> str:
    needed = permission_for(method, path)
    if needed is None:
        return "the identity may not do this; see the permissions on Microsoft's page of this request"
    return str(needed)
