"""Stands in for the GitHub CLI: `python gh_stand_in.py STATE ARGUMENTS...`, with its state in a JSON file.

Knows `gh api` for the environments of a repository, makes one as GitHub does (without a policy it is for any
branch), and hands what it answers to jq, as gh does with a jq of its own.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

_USER = {"login": "octocat", "id": 583231}


def main(state_file: Path, arguments: list[str]) -> None:
    state = json.loads(state_file.read_text(encoding="utf-8"))
    assert arguments[0] == "api", arguments
    path, method, jq, fields = split(arguments[1:])
    state.setdefault("github_calls", []).append(f"{method} {path}")
    environments = state.setdefault("environments", {})
    answer = user(path) or answered(environments, method, path, fields)
    if method in state.get("github_refuses", []):
        answer = None
    else:
        state_file.write_text(json.dumps(state), encoding="utf-8")
    if answer is None:
        sys.exit(f"gh: {state.get('github_says', 'Not Found (HTTP 404)')}")
    if jq:
        subprocess.run(["jq", "-r", jq], input=json.dumps(answer), text=True, check=True)  # noqa: S603, S607


def user(path: str) -> Any:
    return _USER if path == "users/octocat" else None


def split(arguments: list[str]) -> tuple[str, str, str, dict[str, str]]:
    path, method, jq, fields = "", "GET", "", {}
    words = iter(arguments)
    for word in words:
        match word:
            case "--method":
                method = next(words)
            case "--jq":
                jq = next(words)
            case "-f" | "-F":
                key, _, value = next(words).partition("=")
                fields[key] = value
            case "--silent":
                pass
            case _:
                path = word
    return path, method, jq, fields


def answered(environments: dict[str, Any], method: str, path: str, fields: dict[str, str]) -> Any:
    found = re.fullmatch(r"repos/contoso/identity/environments/([\w-]+)(/deployment-branch-policies)?", path)
    assert found is not None, path
    name, is_policies = found.groups()
    if method == "PUT":
        environments[name] = {"branches": [], **environments.get(name, {}), **_put(fields)}
    if name not in environments:
        return None
    if is_policies:
        if method == "POST":
            environments[name]["branches"].append(fields["name"])
        return {"branch_policies": [{"name": branch} for branch in environments[name]["branches"]]}
    rules = [{"type": "required_reviewers", "reviewers": [*environments[name]["reviewers"]]}]
    return {
        "name": name,
        "protection_rules": [{"type": "branch_policy"}, *(rules if rules[0]["reviewers"] else [])],
        "deployment_branch_policy": environments[name]["policy"],
    }


def _put(fields: dict[str, str]) -> dict[str, Any]:
    """What is not said is not there any more."""
    prefix = "deployment_branch_policy"
    policy = {
        key: fields[f"{prefix}[{key}]"] == "true"
        for key in ("protected_branches", "custom_branch_policies")
        if f"{prefix}[{key}]" in fields
    }
    reviewers = [int(fields["reviewers[][id]"])] if "reviewers[][id]" in fields else []
    return {"policy": policy or None, "reviewers": reviewers}


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
