"""A sign-in to a suite (Office365, ...) → the sign-ins that policies can tell apart.

That is one to the suite as such, and one to each application of it that some policy names by itself: what is
promised about a suite is promised about all of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tapctl.canonical import texts
from tapctl.evaluate.applications import SUITES, app_key
from tapctl.evaluate.situation import SignIn
from tapctl.simulate.workspace import Company


def each_application(sign_in: SignIn, company: Company) -> Iterator[tuple[str, SignIn]]:
    """The sign-in itself, under an empty name, and one for each application that is treated by itself."""
    yield "", sign_in
    for suite in sign_in.apps:
        for name in named_members(suite, company):
            yield name, replace(sign_in, apps=(*(app for app in sign_in.apps if app != suite), name))


def named_members(suite: str, company: Company) -> tuple[str, ...]:
    """The applications of a suite that policies name; none of what is no suite."""
    key = app_key(suite)
    members = {*SUITES.get(key, ()), *company.facts.suites.get(key, ())}
    return tuple(sorted(name for name in _named(company) if app_key(name) in members))


def _named(company: Company) -> set[str]:
    return {
        name
        for spec in company.policies.values()
        for side in ("includeApplications", "excludeApplications")
        for name in texts(spec, "conditions", "applications", side)
    }
