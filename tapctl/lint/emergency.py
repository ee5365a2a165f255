"""Which accounts and groups are the emergency ones, for all that is declared and known."""

from __future__ import annotations

from tapctl.lint.context import Context


def is_emergency_group(context: Context, group: str) -> bool:
    """Whether a group is declared as theirs, or known to hold emergency accounts and nobody else."""
    if group in context.settings.break_glass.groups:
        return True
    users = context.groups.users(group)
    return bool(users) and context.groups.is_known(group) and users <= emergency_accounts(context)


def emergency_accounts(context: Context) -> set[str]:
    """The emergency accounts: those that are declared, and who is known to be in their groups."""
    glass = context.settings.break_glass
    inside = [user for group in glass.groups for user in context.groups.users(group)]
    return {name.casefold() for name in (*glass.accounts, *inside)}
