"""What a diagnosis is made of: one thing looked at, how it is, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from tapctl.needed import Excess, Need, Purpose
from tapctl.report import Headline

Status: TypeAlias = Literal["ok", "warning", "failed", "skipped"]
STATUSES: Final[tuple[Status, ...]] = ("failed", "warning", "skipped", "ok")
Area: TypeAlias = Literal["workspace", "sign-in", "token", "permissions", "reading", "tenant"]
AREAS: Final[tuple[Area, ...]] = ("workspace", "sign-in", "token", "permissions", "reading", "tenant")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`failed`: the purpose cannot be served. `skipped`: nobody could look, and `message` says why."""

    area: Area
    name: str
    status: Status
    message: str
    todo: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A permission that is needed, and whether the token has it; None where no token says."""

    need: Need
    is_held: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Everything that was looked at. `permissions` and `excess` are what the checks of that area rest on."""

    headline: Headline
    purpose: Purpose
    checks: tuple[Check, ...]
    permissions: tuple[Held, ...] = ()
    excess: tuple[Excess, ...] = ()
    requests: int = 0

    @property
    def is_well(self) -> bool:
        """Whether nothing failed."""
        return not self.of("failed")

    def of(self, status: Status) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.status == status)
