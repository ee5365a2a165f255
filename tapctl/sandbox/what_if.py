"""What-If: which Conditional Access policies would apply to a sign-in that is described.

https://learn.microsoft.com/graph/api/conditionalaccessroot-evaluate and
https://learn.microsoft.com/entra/identity/conditional-access/what-if-tool (checked 2026-11). What the request
leaves out has the defaults of signInConditions; a condition that nothing is known about does not apply.
"""

from __future__ import annotations

from tapctl.sandbox.call import Answer, Call, Route, route
from tapctl.sandbox.membership import transitive_groups_of
from tapctl.sandbox.policies import render
from tapctl.sandbox.tenant import POLICIES
from tapctl.sandbox.values import JsonObject, bad_request, is_guid
from tapctl.sandbox.what_if_reasons import ACTIONS, SignIn, reasons_against

PATH = "identity/conditionalAccess/evaluate"


def evaluate(call: Call) -> Answer:
    sign_in = _read(call)
    only_applied = call.object().get("appliedPoliciesOnly") is True
    results = [_result(sign_in, policy) for policy in call.seen(POLICIES).values()]
    kept = [item for item in results if item["policyApplies"] or not only_applied]
    return Answer(body=call.context("Collection(microsoft.graph.whatIfAnalysisResult)") | {"value": kept})


def _result(sign_in: SignIn, policy: JsonObject) -> JsonObject:
    reasons = [*dict.fromkeys(reasons_against(sign_in, policy))]
    shown = render(sign_in.call, policy)
    return {**shown, "policyApplies": not reasons, "analysisReasons": ",".join(reasons) or "notSet"}


def _read(call: Call) -> SignIn:
    body = call.object()
    identity, context, conditions = (
        _part(body, name) for name in ("signInIdentity", "signInContext", "signInConditions")
    )
    kind = str(identity.get("@odata.type"))
    is_workload = kind == "#microsoft.graph.servicePrincipalSignIn"
    if not is_workload and kind != "#microsoft.graph.userSignIn":
        raise bad_request(f"Invalid type of signInIdentity: {kind}")
    name = "servicePrincipalId" if is_workload else "userId"
    identifier = str(identity.get(name, "")).lower()
    found = call.seen("servicePrincipals" if is_workload else "users").get(identifier)
    if found is None:
        raise bad_request(f"{name} {identifier} does not exist in the directory.")
    held = transitive_groups_of(call, identifier)
    return SignIn(
        call=call,
        identifier=identifier,
        is_workload=is_workload,
        guest=str(identity.get("externalUserType") or _guest_type(found)).lower(),
        home=str(identity.get("externalTenantId") or "").lower(),
        groups=frozenset(item["id"].lower() for item in held if "roleTemplateId" not in item),
        roles=frozenset(item["roleTemplateId"].lower() for item in held if "roleTemplateId" in item),
        apps=_apps(context),
        action=_action(context),
        context=str(context.get("authenticationContextValue") or "").lower(),
        conditions=conditions,
    )


def _part(body: JsonObject, name: str) -> JsonObject:
    value = body.get(name)
    if not isinstance(value, dict):
        raise bad_request(f"{name} is required.")
    return value


def _guest_type(user: JsonObject) -> str:
    comes_from_outside = "#ext#" in str(user.get("userPrincipalName", "")).lower()
    if user.get("userType") == "Guest":
        return "b2bCollaborationGuest" if comes_from_outside else "internalGuest"
    return "b2bCollaborationMember" if comes_from_outside else ""


def _apps(context: JsonObject) -> frozenset[str]:
    named = context.get("includeApplications") or []
    wrong = [text for text in named if not is_guid(text)]
    if wrong:
        raise bad_request(f"Invalid application id: {wrong[0]}")
    return frozenset(text.lower() for text in named)


def _action(context: JsonObject) -> str:
    said = str(context.get("userAction") or "").lower()
    if said and said not in ACTIONS:
        raise bad_request(f"Invalid userAction: {said}")
    return ACTIONS.get(said, "")


ROUTES: tuple[Route, ...] = (route("POST", PATH, evaluate),)
