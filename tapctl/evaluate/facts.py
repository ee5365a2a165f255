"""What the evaluator may know of a tenant besides its policies: people, groups, places, methods, settings.

Groups, users, locations, strengths and applications are named here as the policies name them: names in a
workspace, ids in a Graph export. None, or a missing key, is a fact that nobody gave, and is never taken for
"does not apply" (semantics of the whole package: three-valued, see truth.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

UserType: TypeAlias = Literal[
    "member",
    "internalGuest",
    "b2bCollaborationGuest",
    "b2bCollaborationMember",
    "b2bDirectConnectUser",
    "otherExternalUser",
    "serviceProvider",
]
Mode: TypeAlias = str
"""One of Graph's authenticationMethodModes (password, sms, fido2, ...), or `externalMfa`: an external
authentication method, which is no mode and satisfies no strength."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Who is directly in a group. `is_complete` is False where members may be missing from the lists: a
    dynamic group, or one that was not read."""

    users: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    is_complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """A Temporary Access Pass that a person holds. `start` is ISO 8601 with an offset, or empty for "it has
    begun", in which case it has not ended without a lifetime. `aged_minutes` have passed since it began,
    whatever the time is."""

    is_usable_once: bool
    start: str = ""
    lifetime_minutes: int | None = None
    is_used: bool = False
    aged_minutes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One user. `groups` are those it is in besides what `Facts.groups` says; `registered` the modes it has
    registered, `reachable` those of them it has at hand (None: all of them), `unsure` those that it may have
    registered besides.

    `held_pass` is None where nobody knows whether there is one, and "none" where there is none. Roles are
    template ids (or names) of assignments at tenant scope that are active now. `is_anybody`: nobody in
    particular, whom a list of users or members may or may not mean. `type` is None where nobody said it.
    `per_user_mfa` is "unread" of somebody who was read from a tenant, which does not show it.
    """

    type: UserType | None = "member"
    home_tenant: str = ""
    groups: frozenset[str] = frozenset()
    groups_are_complete: bool = True
    is_anybody: bool = False
    registered: frozenset[Mode] | None = None
    unsure: frozenset[Mode] = frozenset()
    reachable: frozenset[Mode] | None = None
    held_pass: Pass | Literal["none"] | None = None
    fido2_aaguids: frozenset[str] = frozenset()
    roles: frozenset[str] | None = frozenset()
    is_enabled: bool = True
    per_user_mfa: bool | Literal["unread"] | None = None


STRANGER = Person(type=None, groups_are_complete=False, roles=None)
"""A user of whom nothing is known but the name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A named location. A country location holds upper-case ISO codes; `ranges` are CIDR. `is_gps`: the
    Authenticator's position tells, and the address does not."""

    kind: Literal["ip", "country"]
    is_trusted: bool = False
    ranges: tuple[str, ...] = ()
    countries: frozenset[str] = frozenset()
    includes_unknown: bool = False
    is_gps: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Strength:
    """An authentication strength: each combination is the set of modes that together satisfy it.

    `fido2_aaguids`: the only key models that count; empty is any. `restricts_certificates`: issuers or
    policy OIDs are listed, which no fact of a sign-in tells here.
    """

    combinations: frozenset[frozenset[Mode]]
    fido2_aaguids: frozenset[str] = frozenset()
    restricts_certificates: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Who an authentication method is enabled for: groups (or everybody) included less those excluded.

    `is_known` is False where nobody declared or read it: then the rest says nothing.
    """

    is_enabled: bool = True
    everybody: bool = False
    include: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()
    is_known: bool = True

    @property
    def is_for_all(self) -> bool:
        """Whether nobody lacks the method, for certain."""
        return self.is_enabled and self.everybody and not self.exclude


EVERYBODY = Scope(everybody=True)
NOT_KNOWN = Scope(is_enabled=False, is_known=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PassPolicy:
    """The tenant's TAP configuration; lifetimes in minutes."""

    scope: Scope
    is_usable_once: bool
    minimum: int = 60
    maximum: int = 480
    default: int = 60
    length: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything about a tenant that decides a sign-in, and is not in a policy.

    `methods` says for whom each mode is enabled: a mode that is not in it is enabled for nobody; None as a
    whole is "not known". `suites` adds applications to Graph's own groups of them (Office365, ...).
    `roles_read` are the template ids of the roles whose holders are known; None where nobody said which, and
    what the users' own facts say is all. `baseline_scopes`: how the tenant treats requests for low-privilege
    scopes only, where it said so. `security_defaults` are "unread" where the tenant was asked and did not
    say. `join_needs_mfa` is "unsaid" where a file describes a whole directory, and
    leaves the device settings out.
    """

    groups: Mapping[str, Group] = field(default_factory=dict)
    users: Mapping[str, Person] = field(default_factory=dict)
    roles_read: frozenset[str] | None = None
    locations: Mapping[str, Location] = field(default_factory=dict)
    strengths: Mapping[str, Strength] = field(default_factory=dict)
    methods: Mapping[Mode, Scope] | None = None
    pass_policy: PassPolicy | None = None
    suites: Mapping[str, frozenset[str]] = field(default_factory=dict)
    multi_tenant_applications: frozenset[str] = frozenset()
    baseline_scopes: Literal["legacy", "enforced", "custom"] | None = None
    security_defaults: bool | Literal["unread"] | None = None
    join_needs_mfa: bool | Literal["unsaid"] | None = None
    migration_is_complete: bool | None = None
