from __future__ import annotations

import json

import pytest

from tapctl.errors import AnswerLost, GraphError, NotFound, NotPermitted, Throttled
from tapctl.graph.permissions import permission_for
from tapctl.graph.translate import connection_error, error_of, graph_error
from tapctl.graph.wire import Answer, ConnectionBroken
from tapctl.model import Json

POLICIES = "identity/conditionalAccess/policies"
PASSES = "users/x/authentication/temporaryAccessPassMethods"


def answer(status: int, body: Json | bytes, **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status=status, headers={k.replace("_", "-"): v for k, v in headers.items()}, body=content)


def said(status: int, code: str = "BadRequest", message: str = "", method: str = "GET") -> GraphError:
    return graph_error(method, POLICIES, answer(status, {"error": {"code": code, "message": message}}))


@pytest.mark.parametrize("key", ["innerError", "innererror"])
def test_what_nested_errors_say_is_found(key: str) -> None:
    inner: Json = {"request-id": "r-1", key: {"code": "Deep", "message": "1007: Unknown property"}}
    error = error_of(answer(400, {"error": {"code": "", "message": "Failed", key: inner}}))

    assert (error.code, error.message) == ("Deep", "Failed")
    assert (error.number, error.request_id) == ("1007", "r-1")


def test_the_request_id_is_in_a_header_when_the_body_has_none() -> None:
    assert error_of(answer(400, {"error": {"code": "x"}}, request_id="r-2")).request_id == "r-2"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "no content"),
        (b"<html>Bad gateway</html>", "not JSON but text/html"),
        (b"[]", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
    ],
    ids=["empty", "html", "list", "bytes", "deep"],
)
def test_an_answer_from_something_in_between_is_described(body: bytes, message: str) -> None:
    assert message in error_of(answer(502, body, content_type="text/html")).message


def test_an_answer_without_an_error_object_says_nothing() -> None:
    assert error_of(answer(400, {"other": 1})).message == ""


def test_the_error_of_a_token_service_is_understood() -> None:
    assert error_of(answer(400, {"error": "invalid_grant"})).code == "invalid_grant"


def test_text_of_the_service_is_kept_as_it_is_but_bounded() -> None:
    error = error_of(answer(400, {"error": {"code": 7, "message": "\x1b[31m" + "x" * 5000}}))

    assert error.message.startswith("\x1b[31mx")
    assert len(error.message) == 1000


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, GraphError),
        (401, NotPermitted),
        (403, NotPermitted),
        (404, NotFound),
        (429, Throttled),
        (500, GraphError),
    ],
)
def test_each_status_has_its_error(status: int, kind: type[GraphError]) -> None:
    assert type(said(status)) is kind


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (said(400, message="1007: The property x"), "schemas/"),
        (said(400, message="1032: InvalidPasswordResetControl"), "passwordChange"),
        (said(400, message="1064: clientAppTypes"), r"\[all\]"),
        (said(400, message="1108: strength"), "keep the strength"),
        (said(400, message="1235: control"), "authenticationFlows"),
        (
            said(
                400,
                message="Security Defaults is enabled. You must disable Security defaults before",
            ),
            "enabledForReportingButNotEnforced",
        ),
        (said(403, "AccessDenied", "Your tenant is not licensed for this feature."), "no licence"),
        (said(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant"), "P1"),
        (said(400, "Request_UnsupportedQuery"), "bug"),
        (said(401, "InvalidAuthenticationToken"), "sign in again"),
        (graph_error("GET", "users/x/authentication/methods", answer(401, b"")), "sign in again"),
        (graph_error("POST", PASSES, answer(429, b"")), "and lower passesPerSecond"),
        (graph_error("GET", PASSES, answer(429, b"")), "see what else asks this tenant"),
        (graph_error("GET", POLICIES, answer(429, b"")), "lower caRequestsPerS"),
        (said(429), "wait some minutes"),
        (graph_error("GET", "groups/1", answer(404, b"")), "created a moment ago"),
        (said(404), "see that graphEndpoint is"),
        (said(503), "Graph's"),
        (said(403, "Authorization_RequestDenied"), r"Policy\.Read\.All"),
        (said(403, method="POST"), r"Policy\.ReadWrite\.ConditionalAccess and Application\.Read\.All"),
    ],
)
def test_an_error_says_what_to_do(error: GraphError, advice: str) -> None:
    with pytest.raises(GraphError, match=advice):
        raise error


def test_an_error_without_known_remedy_gives_no_advice() -> None:
    assert said(400, "Request_BadRequest").advice == ""


def test_a_lost_write_says_to_look_first() -> None:
    error = graph_error("POST", POLICIES, answer(504, b""), lost=True)

    assert isinstance(error, AnswerLost)
    assert "look before" in error.advice


def test_a_broken_connection_names_what_to_check() -> None:
    broken = ConnectionBroken("ConnectError: no route", sent=False)

    assert "proxy" in connection_error("GET", "me", broken, lost=False).advice
    assert isinstance(connection_error("POST", "groups", broken, lost=True), AnswerLost)


@pytest.mark.parametrize(
    ("method", "path", "permission", "role"),
    [
        (
            "POST",
            "users/a@b/authentication/temporaryAccessPassMethods",
            "UserAuthMethod-TAP.ReadWrite.All",
            "Auth",
        ),
        ("GET", "users/a@b/authentication/methods", "UserAuthenticationMethod.Read.All", "Global Reader"),
        (
            "PATCH",
            "policies/authenticationMethodsPolicy",
            "Policy.ReadWrite.AuthenticationMethod",
            "Authentication Policy",
        ),
        ("POST", "identity/conditionalAccess/evaluate", "Policy.Read.ConditionalAccess", ""),
        ("DELETE", f"{POLICIES}/1", "Policy.Read.All and Policy.ReadWrite.ConditionalAccess", "Conditional"),
        ("POST", "directoryObjects/getByIds", "Directory.Read.All", ""),
        ("POST", "groups", "Group.Create", "Groups"),
        ("DELETE", "groups/1", "Group.ReadWrite.All", "Groups"),
        ("GET", "directory/deletedItems/microsoft.graph.group", "Group.Read.All", ""),
        ("GET", "directory/deletedItems/1", "User.Read.All (an account) or Group.Read.All", ""),
        ("POST", "directory/deletedItems/1/restore", "Group.ReadWrite.All", "Groups"),
        ("GET", "groups/1/members", "GroupMember.Read.All", ""),
        ("GET", "directoryRoleTemplates", "RoleManagement.Read.Directory", ""),
    ],
)
def test_the_least_permission_is_named(method: str, path: str, permission: str, role: str) -> None:
    needed = permission_for(method, path)

    assert needed is not None
    assert needed.permission.startswith(permission)
    assert needed.role.startswith(role)
    assert ("person also needs" in str(needed)) == bool(role)


def test_an_unknown_path_names_no_permission() -> None:
    assert permission_for("GET", "print/printers") is None
    assert "Microsoft's page" in graph_error("GET", "print/printers", answer(403, b"")).advice
