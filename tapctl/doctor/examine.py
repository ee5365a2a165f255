"""A checked workspace → a Diagnosis: the checks in the order in which one rests on the other.

A token that is another tenant's, over or for something else is described and never sent.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tapctl.checked import Checked
from tapctl.doctor.check import Check, Diagnosis
from tapctl.doctor.permissions import against, held_by, permission_checks
from tapctl.doctor.probes import ask, probes, reading_checks
from tapctl.doctor.tenant import clock_check, tenant_checks
from tapctl.doctor.token import token_checks
from tapctl.errors import TapctlError
from tapctl.graph.gateway import Gateway
from tapctl.graph.retry import Patience
from tapctl.graph.tokens import caller_in
from tapctl.model import errors_in
from tapctl.needed import Purpose, excess, needs
from tapctl.report import Headline
from tapctl.text.words import counted

if TYPE_CHECKING:
    from tapctl.graph.credentials import SignIn
    from tapctl.graph.pace import Progress
    from tapctl.graph.ways import Setting

PATIENCE = Patience(attempts=3, connection_attempts=2, total=20.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is examined, and for what."""

    checked: Checked
    purpose: Purpose

    def diagnosis(self, *checks: Check) -> Diagnosis:
        """As far as the folder says; no token and no tenant have been seen."""
        environment = self.checked.workspace.environment
        found = needs(self.checked, self.purpose)
        return Diagnosis(
            headline=Headline(
                environment=environment.name,
                tenant_id=environment.tenant_id or "",
                is_sandbox=environment.is_sandbox,
            ),
            purpose=self.purpose,
            checks=(_folder(self.checked), *checks),
            permissions=against(found, None),
        )


def _folder(checked: Checked) -> Check:
    errors = errors_in(checked.findings)
    if not errors:
        message = f"{counted(len(checked.workspace.resources), 'document')}, no mistakes"
        return Check(area="workspace", name="documents", status="ok", message=message)
    message = f"{counted(len(errors), 'mistake')}; what follows goes by what could be understood"
    todo = f"see them: tapctl validate -C {checked.workspace.root} -e {checked.workspace.environment.name}"
    return Check(area="workspace", name="documents", status="failed", message=message, todo=todo)


async def examine_sandbox(case: Case, gateway: Gateway) -> Diagnosis:
    """The pretend tenant has no tokens: what may be read shows itself."""
    message = "the sandbox asks nobody to sign in, so no token says which permissions are held"
    nobody = Check(area="sign-in", name="sandbox", status="skipped", message=message)
    names = ", ".join(need.permission for need in needs(case.checked, case.purpose) if not need.is_optional)
    would = f"an identity of a real tenant would need {names or 'nothing'}"
    needed = Check(area="permissions", name="needed", status="skipped", message=would)
    return await _with_tenant(case.diagnosis(nobody, needed), case, gateway)


async def examine_tenant(
    case: Case, environ: Mapping[str, str], progress: Progress | None = None
) -> Diagnosis:
    """Sign in, look at the token, and ask. Whatever goes wrong on the way is a check that failed."""
    from tapctl.graph.credentials import expectation, try_ways
    from tapctl.graph.tenant import tenant_gateway

    try:
        setting = _setting(case, environ)
    except TapctlError as error:
        return case.diagnosis(
            Check(area="workspace", name="environment", status="failed", message=str(error))
        )
    signed_in = await try_ways(setting)
    diagnosis = case.diagnosis(*_sign_in_checks(signed_in, setting))
    if not signed_in.claims:
        return diagnosis
    seen = expectation(signed_in.tried[-1].way, setting, time.time())
    diagnosis = _with_token(diagnosis, case, signed_in, token_checks(signed_in.claims, seen))
    if signed_in.tokens is None or signed_in.caller is None:
        return diagnosis
    environment = case.checked.workspace.environment
    gateway = tenant_gateway(
        setting,
        signed_in.tokens,
        signed_in.caller,
        ca_requests_per_second=environment.ca_requests_per_second,
        passes_per_second=environment.passes_per_second,
        progress=progress,
        patience=PATIENCE,
    )
    async with gateway:
        return await _with_tenant(diagnosis, case, gateway)


def _setting(case: Case, environ: Mapping[str, str]) -> Setting:
    from tapctl.errors import UsageError
    from tapctl.graph.tenant import tenant_setting

    environment = case.checked.workspace.environment
    if environment.tenant_id is None:
        raise UsageError(
            f'environment "{environment.name}" does not say which tenant it is; add a line '
            f"`tenantId: <the tenant's id>` to environments/{environment.name}.yaml"
        )
    return tenant_setting(
        environment=environment.name,
        tenant_id=environment.tenant_id,
        cloud=environment.cloud,
        graph_endpoint=environment.graph_endpoint,
        environ=environ,
    )


def _sign_in_checks(found: SignIn, setting: Setting) -> tuple[Check, ...]:
    """Ways that come before the one that works are nothing to worry about; if none works, all are."""
    checks = [
        Check(area="sign-in", name=attempt.way, status="skipped", message=attempt.reason)
        if attempt.reason
        else Check(area="sign-in", name=attempt.way, status="ok", message="gave a token")
        for attempt in found.tried
    ]
    if found.refused and not found.claims:
        refused = found.refused.partition(": ")[2]
        checks[-1] = replace(checks[-1], status="failed", message=refused)
    elif found.tokens is None:
        todo = (
            f"at a terminal, `az login --tenant {setting.tenant_id}` is shortest; a pipeline needs GitHub "
            "OIDC (`tapctl init` writes the script that sets it up)"
        )
        message = "none of the ways to sign in works; each is listed with its reason"
        checks.append(Check(area="sign-in", name="any way", status="failed", message=message, todo=todo))
    return tuple(checks)


def _with_token(diagnosis: Diagnosis, case: Case, found: SignIn, checks: tuple[Check, ...]) -> Diagnosis:
    caller = caller_in(found.claims)
    held = held_by(caller)
    needed = [item.need for item in diagnosis.permissions]
    permissions, too_much = against(needed, held), excess(held, needed, case.purpose)
    judged = permission_checks(permissions, too_much, caller, found.claims, case.purpose)
    return replace(
        diagnosis,
        headline=replace(diagnosis.headline, caller=caller.name),
        checks=(*diagnosis.checks, *checks, *judged),
        permissions=permissions,
        excess=too_much,
    )


async def _with_tenant(diagnosis: Diagnosis, case: Case, gateway: Gateway) -> Diagnosis:
    wanted = probes(case.checked, case.purpose)
    answers = await ask(gateway, wanted)
    clock = clock_check(gateway.date, time.time())
    checks = (
        *reading_checks(wanted, answers, gateway.base_url),
        *tenant_checks(answers, case.checked.desired, case.purpose),
        clock,
    )
    return replace(
        diagnosis,
        headline=replace(diagnosis.headline, tenant_id=gateway.tenant_id, caller=gateway.caller.name),
        checks=(*diagnosis.checks, *checks),
        requests=gateway.sent,
    )
