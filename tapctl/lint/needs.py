"""The facts besides the folder that a rule may need, in words."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

Need: TypeAlias = Literal[
    "plan",
    "changed",
    "members",
    "emergency",
    "roles",
    "registered",
    "accepted",
    "passkeys",
    "landing",
    "keys",
    "securityDefaults",
    "join",
]
NEEDS: Final[dict[Need, str]] = {
    "plan": "a plan: what the tenant has before the change",
    "changed": "since when the tenant's policies are as they are (a plan)",
    "members": "the members of groups",
    "emergency": "everybody in the emergency accounts' groups",
    "roles": "who holds which role",
    "registered": "which methods people have registered",
    "accepted": "for whom the methods are enabled that strengths accept",
    "passkeys": "for whom passkeys are enabled",
    "landing": "for whom passkeys and the Authenticator are enabled",
    "keys": "for whom the keys of the emergency accounts are enabled",
    "securityDefaults": "whether security defaults are on",
    "join": "whether the device settings ask for MFA to join",
}
"""What a rule may need besides the folder, in words."""
LASTING: Final = ("fido2", "deviceBasedPush")
"""What people with a pass can register to go on without a password."""
KEYS: Final = frozenset({"fido2", "x509CertificateMultiFactor"})
"""What an emergency account should hold: Microsoft asks everybody for MFA at its admin portals."""
READABLE: Final[frozenset[Need]] = frozenset(NEEDS) - {"plan", "changed"}
"""Those that a snapshot of facts has: all but what only a plan knows."""
