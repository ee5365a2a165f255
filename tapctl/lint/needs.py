"""The facts besides the folder that a rule may need, in words."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

Need: TypeAlias = Literal[
    "plan", "changed", "members", "emergency", "roles", "registered", "securityDefaults", "join"
]
NEEDS: Final[dict[Need, str]] = {
    "plan": "a plan: what the tenant has before the change",
    "changed": "since when the tenant's policies are as they are (a plan)",
    "members": "the members of groups",
    "emergency": "everybody in the emergency accounts' groups",
    "roles": "who holds which role",
    "registered": "which methods people have registered",
    "securityDefaults": "whether security defaults are on",
    "join": "whether the device settings ask for MFA to join",
}
"""What a rule may need besides the folder, in words."""
READABLE: Final[frozenset[Need]] = frozenset(
    {"members", "emergency", "roles", "registered", "securityDefaults", "join"}
)
"""Those that a snapshot of facts has."""
