from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from graph_servers import TENANT, jwt, serving, write_certificate
from graph_tools import Reply, Script, Seen

from tapctl.errors import CredentialsError
from tapctl.graph import ways
from tapctl.graph.clouds import CLOUDS, Cloud
from tapctl.graph.credentials import TenantTokens, sign_in
from tapctl.graph.gateway import Caller
from tapctl.graph.ways import PUBLIC_CLIENT, WAYS, Credential, Setting, wants_device_code

CLIENT = "99999999-2222-3333-4444-555555555555"


def setting(
    environ: Mapping[str, str], cloud: Cloud = CLOUDS["global"], *, is_terminal: bool = False
) -> Setting:
    return Setting(
        environment="production",
        tenant_id=TENANT,
        cloud=cloud,
        environ=environ,
        is_terminal=is_terminal,
        options={} if cloud.name == "global" else {"disable_instance_discovery": True},
    )


def signed_in(chosen: Setting) -> Caller:
    async def main() -> Caller:
        tokens, caller = await sign_in(chosen)
        await tokens.close()
        return caller

    return asyncio.run(main())


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_certificate(tmp_path_factory.mktemp("entra") / "localhost.pem")


@pytest.fixture
def entra(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Cloud, Script]]:
    """A cloud whose authority is on loopback, and what it has been asked."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    app = Script(lambda seen: entra_answer(seen))
    with serving(app, certificate) as authority:
        yield Cloud(name="test", graph="https://graph.microsoft.com", authority=authority), app


def entra_answer(seen: Seen) -> Reply:
    place = f"https://{seen.headers['host']}/{TENANT}"
    if "openid-configuration" in seen.url:
        endpoints = {"authorization_endpoint": "authorize", "token_endpoint": "oauth2/v2.0/token"}
        known = {name: f"{place}/{path}" for name, path in endpoints.items()}
        return Reply(200, {"issuer": f"{place}/v2.0", **known})
    return Reply(200, {"access_token": jwt(appid=CLIENT), "expires_in": 3600, "token_type": "Bearer"})


def posted(app: Script) -> dict[str, list[str]]:
    return parse_qs(app.seen[-1].body.decode())


def test_without_anything_every_way_is_named_with_its_reason() -> None:
    with pytest.raises(CredentialsError) as caught:
        signed_in(setting({"PATH": "", "GITHUB_ACTIONS": "true"}))

    told = str(caught.value)
    assert [line[4:].partition(":")[0] for line in told.splitlines() if line.startswith("  - ")] == [
        "access token",
        "GitHub OIDC",
        "workload identity",
        "managed identity",
        "client certificate",
        "client secret",
        "Azure CLI",
        "browser or device code",
    ]
    assert "id-token: write" in told
    assert f"az login --tenant {TENANT}" in told


def test_a_given_token_comes_first_and_is_checked_at_once() -> None:
    environ = {
        "TAPCTL_ACCESS_TOKEN": jwt(scp="x", upn="ada@contoso.example") + "\n",
        "AZURE_CLIENT_SECRET": "s",
    }

    assert signed_in(setting(environ)).name == "ada@contoso.example"
    with pytest.raises(CredentialsError, match="nothing was sent"):
        signed_in(setting({"TAPCTL_ACCESS_TOKEN": jwt(tid="other")}))


def test_a_given_token_cannot_answer_a_claims_challenge() -> None:
    async def main() -> None:
        tokens, _ = await sign_in(setting({"TAPCTL_ACCESS_TOKEN": jwt()}))
        assert await tokens.token() == jwt()
        await tokens.token("{}")

    with pytest.raises(CredentialsError, match="newer sign-in"):
        asyncio.run(main())


def test_github_oidc_needs_no_stored_secret(entra: tuple[Cloud, Script]) -> None:
    cloud, app = entra
    github = Script(Reply(200, {"value": "assertion-of-the-job"}))
    with serving(github) as url:
        caller = signed_in(
            setting(
                {
                    "ACTIONS_ID_TOKEN_REQUEST_URL": f"{url}/token?api-version=2",
                    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token",
                    "AZURE_CLIENT_ID": CLIENT,
                    "AZURE_TENANT_ID": TENANT.upper(),
                },
                cloud,
            )
        )

    assert caller.name == CLIENT
    assert github.seen[0].url == "/token?api-version=2&audience=api%3A%2F%2FAzureADTokenExchange"
    assert github.seen[0].headers["authorization"] == "Bearer request-token"
    assert posted(app)["client_assertion"] == ["assertion-of-the-job"]
    assert posted(app)["scope"] == ["https://graph.microsoft.com/.default"]


@pytest.mark.parametrize(
    ("url", "reason"),
    [(None, "no OIDC token: HTTPStatusError"), ("http://evil.example/token", "is not https")],
)
def test_github_without_a_token_says_why_and_keeps_the_request_token(url: str | None, reason: str) -> None:
    with serving(Script(Reply(403))) as origin, pytest.raises(CredentialsError, match=reason) as caught:
        signed_in(
            setting(
                {
                    "ACTIONS_ID_TOKEN_REQUEST_URL": url or origin,
                    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token",
                    "AZURE_CLIENT_ID": CLIENT,
                    "PATH": "",
                }
            )
        )
    assert "request-token" not in f"{caught.value!r}"


def test_a_workload_identity_hands_in_its_file(entra: tuple[Cloud, Script], tmp_path: Path) -> None:
    (tmp_path / "token").write_text("federated")

    signed_in(
        setting({"AZURE_FEDERATED_TOKEN_FILE": str(tmp_path / "token"), "AZURE_CLIENT_ID": CLIENT}, entra[0])
    )

    assert posted(entra[1])["client_assertion"] == ["federated"]


def test_a_certificate_signs_in(entra: tuple[Cloud, Script], certificate: Path) -> None:
    environ = {"AZURE_CLIENT_CERTIFICATE_PATH": str(certificate), "AZURE_CLIENT_ID": CLIENT}

    assert signed_in(setting(environ, entra[0])).kind == "application"
    assert "client_assertion" in posted(entra[1])


def test_a_secret_signs_in_when_the_certificate_does_not(entra: tuple[Cloud, Script], tmp_path: Path) -> None:
    environ = {
        "AZURE_CLIENT_CERTIFICATE_PATH": str(tmp_path / "missing.pem"),
        "AZURE_CLIENT_SECRET": "s3cret",
        "AZURE_CLIENT_ID": CLIENT,
    }

    assert signed_in(setting(environ, entra[0])).name == CLIENT
    assert posted(entra[1])["client_secret"] == ["s3cret"]


def test_a_refused_secret_is_named_and_not_repeated(entra: tuple[Cloud, Script]) -> None:
    cloud, app = entra
    app.replies = [
        lambda seen: (
            entra_answer(seen)
            if "openid" in seen.url
            else Reply(
                401, {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret"}
            )
        )
    ]

    with pytest.raises(CredentialsError, match=r"client secret: .*AADSTS7000215") as caught:
        signed_in(setting({"AZURE_CLIENT_SECRET": "s3cret", "AZURE_CLIENT_ID": CLIENT, "PATH": ""}, cloud))
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_another_tenant_in_the_environment_is_not_used() -> None:
    environ = {"AZURE_CLIENT_SECRET": "s", "AZURE_CLIENT_ID": CLIENT, "AZURE_TENANT_ID": "other", "PATH": ""}

    with pytest.raises(CredentialsError, match="client secret: AZURE_TENANT_ID is other"):
        signed_in(setting(environ))


def test_a_managed_identity_is_asked_at_its_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    reply = {"access_token": jwt(appid=CLIENT), "expires_on": str(int(time.time()) + 3600), "resource": "x"}
    app = Script(Reply(200, {**reply, "token_type": "Bearer"}))
    with serving(app) as url:
        monkeypatch.setenv("IDENTITY_ENDPOINT", url)
        monkeypatch.setenv("IDENTITY_HEADER", "header")
        assert signed_in(setting({"IDENTITY_ENDPOINT": url})).name == CLIENT
    assert "resource=https" in app.seen[0].url


@pytest.fixture
def az(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Mapping[str, str]]:
    """Puts a program `az` on the path."""

    def install(script: str) -> Mapping[str, str]:
        program = tmp_path / "az"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        return {"PATH": f"{tmp_path}:/usr/bin:/bin"}

    return install


def test_the_azure_cli_is_asked_once_for_many_requests(
    az: Callable[[str], Mapping[str, str]], tmp_path: Path
) -> None:
    later = int(time.time()) + 3600
    token = f'{{"accessToken": "{jwt(scp="x", upn="ada")}", "expires_on": {later}}}'
    environ = az(f"echo \"$*\" >> {tmp_path}/calls\necho '{token}'")

    async def main() -> None:
        tokens, caller = await sign_in(setting(environ))
        assert caller.name == "ada"
        assert await tokens.token() == await tokens.token() == jwt(scp="x", upn="ada")

    asyncio.run(main())
    [call] = (tmp_path / "calls").read_text().splitlines()
    assert f"--tenant {TENANT}" in call
    assert "https://graph.microsoft.com" in call


def test_an_azure_cli_that_is_signed_out_is_named(az: Callable[[str], Mapping[str, str]]) -> None:
    with pytest.raises(CredentialsError, match="Azure CLI: Please run 'az login'"):
        signed_in(setting(az("echo 'Please run az login to setup account.' >&2; exit 1")))


def test_a_token_that_cannot_be_renewed_says_so(az: Callable[[str], Mapping[str, str]]) -> None:
    environ = az("echo 'Please run az login to setup account.' >&2; exit 1")
    [cli] = [way for way in WAYS if way.name == "Azure CLI"]

    with pytest.raises(CredentialsError, match="Azure CLI: the token cannot be renewed"):
        asyncio.run(TenantTokens(cli, setting(environ)).token())


def test_tokens_that_were_never_asked_for_close_without_signing_in() -> None:
    opened: list[Setting] = []

    def open_(chosen: Setting) -> Credential:
        opened.append(chosen)
        return WAYS[0].open(chosen)

    asyncio.run(TenantTokens(replace(WAYS[0], open=open_), setting({})).close())

    assert opened == []


def test_a_person_without_a_browser_gets_a_code(
    entra: tuple[Cloud, Script], capsys: pytest.CaptureFixture[str]
) -> None:
    cloud, app = entra

    def answer(seen: Seen) -> Reply:
        if "devicecode" in seen.url:
            code = {
                "device_code": "d",
                "user_code": "ABC123",
                "verification_uri": "https://microsoft.com/devicelogin",
            }
            return Reply(200, {**code, "expires_in": 60, "interval": 0, "message": "m"})
        reply = entra_answer(seen)
        assert isinstance(reply.body, dict)
        if "openid-configuration" in seen.url:
            reply.body["device_authorization_endpoint"] = f"https://{seen.headers['host']}/devicecode"
        else:
            issuer = f"https://{seen.headers['host']}/{TENANT}/v2.0"
            who = {"iss": issuer, "sub": "s", "preferred_username": "ada", "exp": time.time() + 60}
            reply.body["id_token"] = jwt(aud=PUBLIC_CLIENT, **who)
            reply.body["client_info"] = jwt(uid="u", utid=TENANT).split(".")[1]
        return reply

    app.replies = [answer]

    signed_in(setting({"PATH": "", "TAPCTL_DEVICE_CODE": "1"}, cloud, is_terminal=True))

    assert "https://microsoft.com/devicelogin and enter the code ABC123" in capsys.readouterr().err
    assert posted(app)["client_id"] == [PUBLIC_CLIENT]


@pytest.mark.parametrize(
    ("environ", "platform", "wanted"),
    [
        ({}, "linux", True),
        ({"DISPLAY": ":0"}, "linux", False),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", False),
        ({"DISPLAY": ":0", "SSH_CONNECTION": "x"}, "linux", True),
        ({}, "darwin", False),
        ({"TAPCTL_DEVICE_CODE": "1"}, "win32", True),
    ],
)
def test_a_code_is_shown_where_no_browser_can_open(
    environ: dict[str, str], platform: str, wanted: bool
) -> None:
    assert wants_device_code(environ, platform) is wanted


def test_a_person_with_a_display_gets_a_browser() -> None:
    credential = ways.WAYS[-1].open(setting({"DISPLAY": ":0", "AZURE_CLIENT_ID": CLIENT}))

    assert type(credential).__name__ == "InteractiveBrowserCredential"
    credential.close()
