"""The ways to sign in, in order: when each can be tried, and the credential of azure-identity that it opens.

A way whose environment is not there is not tried, so that nothing hangs on a laptop.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from tapctl.graph.clouds import Cloud, is_loopback

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken

ACCESS_TOKEN = "TAPCTL_ACCESS_TOKEN"  # noqa: S105  # the name of a variable
OIDC_AUDIENCE = "api://AzureADTokenExchange"
# Microsoft Graph Command Line Tools: the public client whose permissions an administrator consents to one by
# one; those of azure-identity's default are fixed. https://learn.microsoft.com/powershell/microsoftgraph
PUBLIC_CLIENT = "14d82eec-204b-4c2f-b7e8-296a70dab67e"
PERSON_TIMEOUT = 300
CLI_TIMEOUT = 30


class Credential(Protocol):
    """What tapctl uses of azure-identity's credentials; they block, so they are called in a thread."""

    def get_token(self, *scopes: str, claims: str | None = None, enable_cae: bool = False) -> AccessToken: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where and for what to sign in; `options` are further arguments for azure-identity."""

    environment: str
    tenant_id: str
    cloud: Cloud
    endpoint: str = ""
    environ: Mapping[str, str]
    is_terminal: bool
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def scope(self) -> str:
        return f"{self.cloud.graph}/.default"

    @property
    def client_id(self) -> str:
        return self.environ.get("AZURE_CLIENT_ID", "")

    @property
    def entra(self) -> dict[str, Any]:
        """What every credential that talks to Entra itself takes."""
        return {"tenant_id": self.tenant_id, "authority": self.cloud.authority, **self.options}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """`missing` says why it cannot be tried (empty: it can); `open` may raise ValueError and OSError."""

    name: str
    missing: Callable[[Setting], str]
    open: Callable[[Setting], Credential]


def _without(*names: str) -> Callable[[Setting], str]:
    """Missing: variables that are not set, or an AZURE_TENANT_ID that is another tenant's."""

    def missing(setting: Setting) -> str:
        if unset := [name for name in names if not setting.environ.get(name)]:
            return f"{', '.join(unset)} not set"
        tenant = setting.environ.get("AZURE_TENANT_ID", setting.tenant_id)
        if tenant.casefold() != setting.tenant_id.casefold():
            return f"AZURE_TENANT_ID is {tenant}, but the environment's tenantId is {setting.tenant_id}"
        return ""

    return missing


class GivenToken:
    """A token from the environment, as a credential that cannot renew it."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_token(
        self,
        *scopes: str,
        claims: str | None = None,
        enable_cae: bool = False,
    ) -> AccessToken:
        from azure.core.credentials import AccessToken

        if claims:
            raise ValueError(f"Graph asks for a newer sign-in than {ACCESS_TOKEN} holds; get a new token")
        return AccessToken(self._token, 0)

    def close(self) -> None: ...


def _given_token(setting: Setting) -> Credential:
    return GivenToken(setting.environ[ACCESS_TOKEN].strip())


def _github(setting: Setting) -> Credential:
    from azure.identity import ClientAssertionCredential

    return ClientAssertionCredential(
        client_id=setting.client_id, func=lambda: github_assertion(setting.environ), **setting.entra
    )


def _github_missing(setting: Setting) -> str:
    names = ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "AZURE_CLIENT_ID")
    missing = _without(*names)(setting)
    if "ACTIONS_" in missing and setting.environ.get("GITHUB_ACTIONS") == "true":
        return f"{missing}; give the job `permissions: id-token: write`"
    return missing


def github_assertion(environ: Mapping[str, str]) -> str:
    """The job's OIDC token for Entra. Raises OSError, which never holds the request token."""
    import httpx

    url = httpx.URL(environ["ACTIONS_ID_TOKEN_REQUEST_URL"])
    if url.scheme != "https" and not is_loopback(str(url)):
        raise OSError("ACTIONS_ID_TOKEN_REQUEST_URL is not https")
    bearer = {"Authorization": f"Bearer {environ['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}"}
    try:
        answer = httpx.get(url.copy_merge_params({"audience": OIDC_AUDIENCE}), headers=bearer, timeout=20)
        return str(answer.raise_for_status().json()["value"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        raise OSError(f"GitHub gave no OIDC token: {type(error).__name__}") from None


def _workload(setting: Setting) -> Credential:
    from azure.identity import WorkloadIdentityCredential

    return WorkloadIdentityCredential(
        client_id=setting.client_id,
        token_file_path=setting.environ["AZURE_FEDERATED_TOKEN_FILE"],
        **setting.entra,
    )


def _managed(setting: Setting) -> Credential:
    from azure.identity import ManagedIdentityCredential

    return ManagedIdentityCredential(client_id=setting.client_id or None, **setting.options)


def _managed_missing(setting: Setting) -> str:
    names = ("IDENTITY_ENDPOINT", "MSI_ENDPOINT", "TAPCTL_MANAGED_IDENTITY")
    return "" if any(setting.environ.get(name) for name in names) else f"none of {', '.join(names)} is set"


def _certificate(setting: Setting) -> Credential:
    from azure.identity import CertificateCredential

    environ = setting.environ
    return CertificateCredential(
        client_id=setting.client_id,
        certificate_path=environ["AZURE_CLIENT_CERTIFICATE_PATH"],
        password=environ.get("AZURE_CLIENT_CERTIFICATE_PASSWORD"),
        **setting.entra,
    )


def _secret(setting: Setting) -> Credential:
    from azure.identity import ClientSecretCredential

    return ClientSecretCredential(
        client_id=setting.client_id, client_secret=setting.environ["AZURE_CLIENT_SECRET"], **setting.entra
    )


def _cli(setting: Setting) -> Credential:
    from azure.identity import AzureCliCredential

    return AzureCliCredential(tenant_id=setting.tenant_id, process_timeout=CLI_TIMEOUT)


def _cli_missing(setting: Setting) -> str:
    return "" if shutil.which("az", path=setting.environ.get("PATH")) else "az is not installed"


def wants_device_code(environ: Mapping[str, str], platform: str = sys.platform) -> bool:
    """Whether no browser can be opened here, or the person said so."""
    if environ.get("TAPCTL_DEVICE_CODE") or environ.get("SSH_CONNECTION"):
        return True
    return platform == "linux" and not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def _person(setting: Setting) -> Credential:
    from azure.identity import DeviceCodeCredential, InteractiveBrowserCredential

    known = {"client_id": setting.client_id or PUBLIC_CLIENT, "timeout": PERSON_TIMEOUT, **setting.entra}
    if wants_device_code(setting.environ):
        return DeviceCodeCredential(prompt_callback=show_device_code, **known)
    return InteractiveBrowserCredential(**known)


def _person_missing(setting: Setting) -> str:
    return "" if setting.is_terminal else "there is nobody at a terminal to ask"


def show_device_code(uri: str, code: str, _: datetime) -> None:
    sys.stderr.write(f"To sign in, open {uri} and enter the code {code}\n")


WAYS = (
    Way(name="access token", missing=_without(ACCESS_TOKEN), open=_given_token),
    Way(name="GitHub OIDC", missing=_github_missing, open=_github),
    Way(
        name="workload identity",
        missing=_without("AZURE_FEDERATED_TOKEN_FILE", "AZURE_CLIENT_ID"),
        open=_workload,
    ),
    Way(name="managed identity", missing=_managed_missing, open=_managed),
    Way(
        name="client certificate",
        missing=_without("AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_CLIENT_ID"),
        open=_certificate,
    ),
    Way(name="client secret", missing=_without("AZURE_CLIENT_SECRET", "AZURE_CLIENT_ID"), open=_secret),
    Way(name="Azure CLI", missing=_cli_missing, open=_cli),
    Way(name="browser or device code", missing=_person_missing, open=_person),
)
