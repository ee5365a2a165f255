"""A workspace as far as it can be checked offline: what every reading of a tenant starts from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tapctl.model import Finding, Workspace, errors_in

if TYPE_CHECKING:
    from tapctl.resolve import Resolved
    from tapctl.validate import Desired


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The documents as loaded, as validated, with their references resolved, and all findings."""

    workspace: Workspace
    desired: tuple[Desired, ...]
    resolved: Resolved
    findings: tuple[Finding, ...]

    @property
    def has_errors(self) -> bool:
        """Whether something in the folder is wrong."""
        return bool(errors_in(self.findings))
