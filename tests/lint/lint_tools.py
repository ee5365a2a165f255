"""A rule's example as a folder: the real loader, then the rules."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import yaml

from tapctl.evaluate.enabled_methods import CONFIGURATIONS
from tapctl.evaluate.facts import NOT_KNOWN, Facts, Group, Person, Scope
from tapctl.lint.context import Context, offline
from tapctl.lint.example import document
from tapctl.lint.run import Linted, lint
from tapctl.model import Finding
from tapctl.pipeline import check

TODAY = date(2026, 11, 25)


def context(root: Path, text: str) -> Context:
    """The context of documents written as a rule's example is (see lint/rule.py)."""
    return _read(root, text)[0]


def findings(root: Path, text: str) -> Linted:
    """What all rules say."""
    return lint(context(root, text))


def mistakes(root: Path, text: str) -> list[Finding]:
    """What is wrong with an example beside lint."""
    return _read(root, text)[1]


def messages(root: Path, rule: str, *documents: str) -> list[str]:
    """What one rule says of a folder of these documents."""
    found = findings(root, "---\n".join(documents)).findings
    return [finding.message for finding in found if finding.rule == rule]


def group(name: str, *members: str) -> str:
    """A group whose document owns its members."""
    return document("Group", name, f"{{members: [{', '.join(members)}]}}")


def facts(**groups: str) -> str:
    """Who is in which group, as a snapshot of facts says."""
    return f"facts: {{groups: {{{', '.join(f'{name}: [{who}]' for name, who in groups.items())}}}}}\n"


def _read(root: Path, text: str) -> tuple[Context, list[Finding]]:
    parts = [part for part in yaml.safe_load_all(text) if part is not None]
    setup: dict[str, Any] = {}
    for part in parts:
        setup |= {} if "kind" in part else part
    documents = "\n---\n".join(
        part for part in text.split("---\n") if "kind:" in part and "before:" not in part
    )
    before = _load(root / "before", setup, setup["before"], None) if "before" in setup else None
    return _load(root / "after", setup, documents, before[0] if before else None)


def _load(
    root: Path, setup: dict[str, Any], documents: Any, before: Context | None
) -> tuple[Context, list[Finding]]:
    root.mkdir(parents=True, exist_ok=True)
    (root / "environments").mkdir(exist_ok=True)
    environment = {"production": True, **setup.get("environment", {})}
    settings = {"defaultEnvironment": "example", **setup.get("settings", {})}
    (root / "tapctl.yaml").write_text(yaml.safe_dump(settings))
    (root / "environments/example.yaml").write_text(yaml.safe_dump(environment))
    text = documents if isinstance(documents, str) else yaml.safe_dump_all(documents)
    (root / "all.yaml").write_text(text)
    checked = check(root, None)
    as_of = date.fromisoformat(str(setup.get("asOf", TODAY)))
    made = offline(
        checked.workspace, checked.desired, as_of=as_of, facts=_facts(setup.get("facts", {})), before=before
    )
    return made, list(checked.findings)


def _facts(given: dict[str, Any]) -> Facts:
    return Facts(
        groups={name: _group(members) for name, members in given.get("groups", {}).items()},
        users={name: _person(about) for name, about in given.get("users", {}).items()},
        security_defaults=given.get("securityDefaults"),
        join_needs_mfa=given.get("joinNeedsMfa"),
        methods=_methods(given["methods"]) if "methods" in given else None,
    )


def _methods(given: dict[str, list[str]]) -> dict[str, Scope]:
    """What is not said is not known; what is for nobody is off."""
    said = {
        mode: Scope(
            is_enabled=bool(names), everybody="all_users" in names, include=frozenset(names) - {"all_users"}
        )
        for mode, names in given.items()
    }
    return {**dict.fromkeys(CONFIGURATIONS, NOT_KNOWN), **said}


def _group(members: list[str]) -> Group:
    return Group(
        users=frozenset(member for member in members if "@" in member),
        groups=frozenset(member for member in members if "@" not in member),
    )


def _person(about: dict[str, Any]) -> Person:
    registered = about.get("registered")
    return Person(
        groups=frozenset(about.get("groups", [])),
        registered=None if registered is None else frozenset(registered),
        roles=frozenset(about["roles"]) if "roles" in about else None,
        type=about.get("type", "member"),
    )
