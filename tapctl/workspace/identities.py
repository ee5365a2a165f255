"""What planning and applying need → setup-identities.sh: the calls that create the two identities.

One application plans (it reads), one applies; each trusts one GitHub environment and nothing else, so that no
secret is stored anywhere, and the one that applies only after its environment is protected. The script looks
everything up before it creates it, and takes nothing away. Anyone may register an application of the name:
one that others own, hold a secret of or are trusted by is not taken.
Microsoft's pages: https://learn.microsoft.com/cli/azure/ad/app,
https://learn.microsoft.com/graph/api/application-list-owners,
https://learn.microsoft.com/entra/workload-id/workload-identity-federation-create-trust and
https://learn.microsoft.com/graph/permissions-grant-via-msgraph (checked 2026-11).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from shlex import quote

from tapctl.errors import UsageError
from tapctl.graph.clouds import cloud_named
from tapctl.graph.tokens import GRAPH_APP_ID
from tapctl.graph.ways import OIDC_AUDIENCE
from tapctl.model import Environment
from tapctl.needed import TAKES_OVER, WIDE, Need

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}")
_PERMISSION = re.compile(r"[A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identities:
    """For one environment. `repository` may be empty: then whoever runs the script says it."""

    environment: Environment
    repository: str
    plan: Sequence[Need]
    apply: Sequence[Need]


def setup_script(wanted: Identities) -> str:
    """Bash, for `gh` and `az`. Raises UsageError for a name that GitHub or a shell would not take."""
    name = wanted.environment.name
    if not _NAME.fullmatch(name):
        raise UsageError(
            f'environment "{name}" cannot name a GitHub environment; use letters, digits, _ and -'
        )
    values = {
        "@ENVIRONMENT@": quote(name),
        "@TENANT@": quote(wanted.environment.tenant_id or ""),
        "@REPOSITORY@": quote(wanted.repository),
        "@GRAPH@": quote(cloud_named(wanted.environment.cloud).graph),
        "@GRAPH_APP@": quote(GRAPH_APP_ID),
        "@AUDIENCE@": quote(OIDC_AUDIENCE),
        "@PLAN@": "\n".join(_listed(wanted.plan)),
        "@APPLY@": "\n".join(_listed(wanted.apply)),
    }
    text = (files("tapctl.workspace") / "starter" / "setup-identities.sh").read_text(encoding="utf-8")
    for mark, value in values.items():
        text = text.replace(mark, value)
    return text


def _listed(needs: Iterable[Need]) -> Iterator[str]:
    """One line a permission: what is not given to an application by a script is a comment that says why."""
    for need in sorted(needs, key=lambda need: (need.is_optional, need.permission)):
        if not _PERMISSION.fullmatch(need.permission):
            raise ValueError(need.permission)
        why = f"to {need.why}"
        if need.delegated_only:
            yield f"  # {need.permission} {why}: Graph gives it to people only; name these objects by id"
        elif need.permission in TAKES_OVER:
            yield f"  # {need.permission} {why}: left out, since {TAKES_OVER[need.permission]}"
        elif need.is_optional and need.permission in WIDE:
            yield f"  # {need.permission} {why}: {WIDE[need.permission]}"
        else:
            optional = " (optional)" if need.is_optional else ""
            yield f"  {need.permission} # {why}{optional}"
