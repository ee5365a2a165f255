"""What was read of a tenant besides its policies: values that are read, stored in a file, and merged.

People go by userPrincipalName, or in a file by a pseudonym (see privacy.py); groups and roles by their ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from tapctl.evaluate.facts import Pass, UserType
from tapctl.model import Address, JsonObject

VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenGroup:
    """The direct members of a group: people by their keys, groups by ids. `is_complete` is False where some
    may be missing, because the tenant did not show them."""

    users: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    is_complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRole:
    """Who holds a role at tenant scope, through groups too; `eligible` is None where that was not read."""

    active: frozenset[str] = frozenset()
    eligible: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPerson:
    """One user. `methods` are the words of Graph's userRegistrationDetails; None is not read.

    `held_pass` was read only of people who were asked about, and goes into no file: it is gone in an hour.
    """

    type: UserType | None = None
    is_enabled: bool | None = None
    methods: tuple[str, ...] | None = None
    held_pass: Pass | Literal["none"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """What could not be read, and Graph's reason with the permission that it takes."""

    what: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsSnapshot:
    """One reading of a tenant.

    `names` are the names of ids by kind, of what documents refer to; `absent_groups` are names that the
    tenant has no group for. `objects` are canonical specs of what it has; `are_methods_read` says that every
    method configuration is among them. `roles` is None where assignments were not read, and has every role
    whose holders are known, those with nobody too. Everything that is None is not known.
    """

    environment: str
    tenant_id: str
    is_sandbox: bool
    taken_at: str
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    groups: Mapping[str, SeenGroup] = field(default_factory=dict)
    absent_groups: frozenset[str] = frozenset()
    roles: Mapping[str, SeenRole] | None = None
    people: Mapping[str, SeenPerson] = field(default_factory=dict)
    objects: Mapping[Address, JsonObject] = field(default_factory=dict)
    are_methods_read: bool = False
    security_defaults: bool | None = None
    join_needs_mfa: bool | None = None
    is_licensed: bool | None = None
    unread: tuple[Unread, ...] = ()
