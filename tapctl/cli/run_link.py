"""The environment of a pipeline → the address at which people see its run; empty where there is none.

https://docs.github.com/actions/reference/variables-reference, https://docs.gitlab.com/ci/variables/predefined_variables
and https://learn.microsoft.com/azure/devops/pipelines/build/variables (checked 2026-11).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

OURS: Final = "TAPCTL_RUN_URL"
"""For every other pipeline, and to link something else."""


def run_link(environment: Mapping[str, str]) -> str:
    """Where a comment that has no room for everything points to."""

    def has(*names: str) -> bool:
        return all(environment.get(name) for name in names)

    if has(OURS):
        return environment[OURS]
    if has("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"):
        run = f"{environment['GITHUB_REPOSITORY']}/actions/runs/{environment['GITHUB_RUN_ID']}"
        return f"{environment['GITHUB_SERVER_URL']}/{run}"
    if has("CI_JOB_URL"):
        return environment["CI_JOB_URL"]
    if has("SYSTEM_COLLECTIONURI", "SYSTEM_TEAMPROJECT", "BUILD_BUILDID"):
        project = f"{environment['SYSTEM_COLLECTIONURI']}{quote(environment['SYSTEM_TEAMPROJECT'])}"
        return f"{project}/_build/results?buildId={environment['BUILD_BUILDID']}"
    return ""
