"""A pass, as Graph tells of it, and what becomes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from tapctl.passes.graph import Pass

MADE = datetime(2026, 11, 2, 9, tzinfo=UTC)
PASS = Pass(
    id="p",
    start=MADE,
    lifetime=60,
    is_usable_once=False,
    is_usable=True,
    reason="EnabledByPolicy",
    created=MADE,
)
USED = replace(PASS, is_usable=False, is_usable_once=True, reason="OneTimeUsed")
EXPIRED = replace(PASS, is_usable=False, reason="Expired")
