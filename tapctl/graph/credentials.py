"""From an environment to a token of its tenant: the first way to sign in that works, or why none does."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tapctl.errors import CredentialsError
from tapctl.graph.gateway import Caller
from tapctl.graph.tokens import Expectation, caller_of, claims_of
from tapctl.graph.ways import WAYS, Credential, Setting, Way
from tapctl.model import JsonObject

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken

RENEW_EARLY = 300  # seconds before a token ends
LONGEST_REASON = 300


class TenantTokens:
    """Tokens of one way to sign in, each checked to be the tenant's before it is handed out.

    `claims` are those of the last token that was got, also of one that was refused; they are no secret.
    """

    def __init__(self, way: Way, setting: Setting) -> None:
        self.claims: JsonObject = {}
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
        expected = expectation(self._way.name, self._setting, time.time())
        self.claims = claims_of(held.token, expected.source)
        caller = caller_of(held.token, expected)
        self._held = held
        return caller

    async def close(self) -> None:
        if self._credential is not None:
            self._credential.close()

    def _get(self, claims: str | None) -> AccessToken:
        self._credential = self._credential or self._way.open(self._setting)
        return self._credential.get_token(self._setting.scope, claims=claims, enable_cae=True)


def expectation(source: str, setting: Setting, now: float) -> Expectation:
    """What a token has to say to be sent to the setting's tenant."""
    return Expectation(
        source=source,
        environment=setting.environment,
        tenant_id=setting.tenant_id,
        cloud=setting.cloud,
        now=now,
        endpoint=setting.endpoint,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One way to sign in, and why it gave no token; empty: it did."""

    way: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """What came of trying the ways in their order.

    `caller` is there if a token was got and is the tenant's; `refused` says why one that was got is not
    used: then `claims` are what it said, and the ways after it were not tried.
    """

    tried: tuple[Attempt, ...]
    tokens: TenantTokens | None = None
    caller: Caller | None = None
    refused: str = ""

    @property
    def claims(self) -> JsonObject:
        return self.tokens.claims if self.tokens else {}


async def try_ways(setting: Setting) -> SignIn:
    """Try them until one gives a token. What went wrong is in the answer, not raised."""
    logging.getLogger("azure").addHandler(logging.NullHandler())  # failures are told below, in one place
    tried: list[Attempt] = []
    for way in WAYS:
        if reason := way.missing(setting):
            tried.append(Attempt(way=way.name, reason=reason))
            continue
        tokens = TenantTokens(way, setting)
        try:
            caller = await tokens.renew()
        except CredentialsError as error:
            await tokens.close()
            return SignIn(tried=(*tried, Attempt(way=way.name)), tokens=tokens, refused=str(error))
        except _failures() as error:
            tried.append(Attempt(way=way.name, reason=_reason(error)))
            await tokens.close()
        else:
            return SignIn(tried=(*tried, Attempt(way=way.name)), tokens=tokens, caller=caller)
    return SignIn(tried=tuple(tried))


async def sign_in(setting: Setting) -> tuple[TenantTokens, Caller]:
    """The first way that works, with whoever it signed in.

    Raises CredentialsError, which names every way and why it did not work, or says that a token is another
    tenant's: then the ways after it are not tried.
    """
    found = await try_ways(setting)
    if found.tokens is not None and found.caller is not None:
        return found.tokens, found.caller
    if found.refused:
        raise CredentialsError(found.refused)
    listed = "".join(f"\n  - {attempt.way}: {attempt.reason}" for attempt in found.tried)
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
