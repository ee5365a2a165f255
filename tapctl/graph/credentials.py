"""From an environment to a token of its tenant: the first way to sign in that works, or why none does."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from tapctl.errors import CredentialsError
from tapctl.graph.gateway import Caller
from tapctl.graph.tokens import Expectation, caller_of
from tapctl.graph.ways import WAYS, Credential, Setting, Way

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken

RENEW_EARLY = 300  # seconds before a token ends
LONGEST_REASON = 300


class TenantTokens:
    """Tokens of one way to sign in, each checked to be the tenant's before it is handed out."""

    def __init__(self, way: Way, setting: Setting) -> None:
        self._way, self._setting = way, setting
        self._credential: Credential | None = None
        self._held: AccessToken | None = None
        self._renewing = asyncio.Lock()

    async def token(self, claims: str | None = None) -> str:
        """A live token. Raises CredentialsError when it can no longer be renewed."""
        async with self._renewing:
            if self._held is None or claims or self._held.expires_on - RENEW_EARLY <= time.time():
                try:
                    await self.renew(claims)
                except _failures() as error:
                    reason = f"{self._way.name}: the token cannot be renewed: {_reason(error)}"
                    raise CredentialsError(reason) from None
            assert self._held is not None  # noqa: S101  # for mypy: renew holds one or raises
            return self._held.token

    async def renew(self, claims: str | None = None) -> Caller:
        """Get a new token and say whose it is. Raises CredentialsError, or what azure-identity raises."""
        held = await asyncio.to_thread(self._get, claims)
        caller = caller_of(
            held.token,
            Expectation(
                source=self._way.name,
                environment=self._setting.environment,
                tenant_id=self._setting.tenant_id,
                cloud=self._setting.cloud,
                now=time.time(),
                endpoint=self._setting.endpoint,
            ),
        )
        self._held = held
        return caller

    async def close(self) -> None:
        if self._credential is not None:
            self._credential.close()

    def _get(self, claims: str | None) -> AccessToken:
        self._credential = self._credential or self._way.open(self._setting)
        return self._credential.get_token(self._setting.scope, claims=claims, enable_cae=True)


async def sign_in(setting: Setting) -> tuple[TenantTokens, Caller]:
    """The first way that works, with whoever it signed in.

    Raises CredentialsError, which names every way and why it did not work, or says that a token is another
    tenant's: then the ways after it are not tried.
    """
    logging.getLogger("azure").addHandler(logging.NullHandler())  # failures are told below, in one place
    reasons = []
    for way in WAYS:
        if reason := way.missing(setting):
            reasons.append(f"{way.name}: {reason}")
            continue
        tokens = TenantTokens(way, setting)
        try:
            return tokens, await tokens.renew()
        except _failures() as error:
            reasons.append(f"{way.name}: {_reason(error)}")
            await tokens.close()
    listed = "".join(f"\n  - {reason}" for reason in reasons)
    raise CredentialsError(
        f"no way to sign in to tenant {setting.tenant_id} ({setting.environment}) works:{listed}\n"
        f"At a terminal, `az login --tenant {setting.tenant_id}` is shortest; a pipeline needs GitHub OIDC."
    )


def _failures() -> tuple[type[Exception], ...]:
    from azure.core.exceptions import AzureError

    return (AzureError, ValueError, OSError)


def _reason(error: Exception) -> str:
    """The first line: azure-identity adds troubleshooting links, and msal the whole answer."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:LONGEST_REASON]
