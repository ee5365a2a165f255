"""Rules of the catalogue that nothing declared or observed can decide, or that another rule decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OUT_OF_REACH: Final[Mapping[str, str]] = {
    "TAP004": "The schema's own ranges: `validate` refuses such a length or lifetime.",
    "TAP014": "Journeys are sign-in tests: `tapctl test` refuses a second sign-in with a one-time pass after "
    "`effect: {passUsed: true}`.",
    **dict.fromkeys(
        ("TAP017", "TAP018", "TAP019", "TAP020", "TAP021", "TAP022", "TAP023", "TAP026"),
        "Passes are not declared in the folder: it is about a single pass, when it is issued.",
    ),
    "TAP024": "tapctl writes no passcode anywhere; what else is in a repository, a secret scanner finds.",
    "TAP025": "Which applications hold which permission is not read.",
    "TAP027": "How a domain is federated is not read.",
    "TAP029": "Which machines people sign in on is not declared.",
    "TAP030": "Graph v1.0 does not say whom the registration campaigns of SSPR and ID Protection force.",
    "TAP031": "Graph does not know who signs in through the NPS extension or AD FS.",
    "DEV003": "The device setting is in Graph's beta only.",
    "DEV004": "The device setting is in Graph's beta only.",
    "BG006": "Nothing that tapctl reads says whether anybody is alerted.",
    "BG007": "It takes every sign-in situation; sign-in tests show the ones that matter (policies/tests).",
    "CA005": "A plan says it: a name found nowhere is an error, an id of nothing a finding (id-of-nothing).",
    "CA019": "Specs hold no dates: how long a policy has been in report-only, the folder's history tells.",
    "CA033": "`validate` itself refuses a document for a built-in strength (built-in-strength).",
    "CA038": "A plan looks roles up among the built-in ones only: any other is an error there.",
    "CA043": "It takes every sign-in situation that policies tell apart; CA042 compares two policies.",
    "CA054": "Graph v1.0 does not say which actions are protected by which authentication context.",
    "CA056": "Graph has no resource for ID Protection's own risk policies, which ended on 2026-10-01.",
    "DL004": "Graph v1.0 does not say whom the registration campaigns of SSPR and ID Protection force.",
    "DL009": "How long a step takes is not declared; `tapctl test` refuses what a pass no longer opens.",
    "DL010": "Passes are not declared in the folder: it is about a single pass, when it is issued.",
    "DL014": "REG006 says it, from the day on which the change is complete.",
    "DL015": "How a domain is federated is not read.",
    "DL018": "REG010 says it.",
    "DL021": "CA048 says it of everybody who is known to administer Conditional Access.",
    "DL026": "CA030 says it of everybody whose methods are known.",
    "DL027": "CA036 says it.",
    "CA057": "Only groups that policies refer to are read, and not how many a person is in altogether.",
}
"""Rule id → the reason."""
