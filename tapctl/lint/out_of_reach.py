"""Rules of the catalogue that nothing declared or observed can decide, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OUT_OF_REACH: Final[Mapping[str, str]] = {
    "CA005": "A plan says it: a name found nowhere is an error, an id of nothing a finding (id-of-nothing).",
    "CA019": "Specs hold no dates: how long a policy has been in report-only, the folder's history tells.",
    "CA033": "`validate` itself refuses a document for a built-in strength (built-in-strength).",
    "CA038": "A plan looks roles up among the built-in ones only: any other is an error there.",
    "CA043": "It takes every sign-in situation that policies tell apart; CA042 compares two policies.",
    "CA054": "Graph v1.0 does not say which actions are protected by which authentication context.",
    "CA056": "Graph has no resource for ID Protection's own risk policies, which ended on 2026-10-01.",
    "CA057": "Only groups that policies refer to are read, and not how many a person is in altogether.",
}
"""Rule id → the reason."""
