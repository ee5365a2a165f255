"""What a policy is for: resources and what they need, user actions, authentication contexts.

https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-cloud-apps
"""

from __future__ import annotations

from typing import NamedTuple

from tapctl.evaluate.applications import COVERS, DIRECTORY, SUITES, app_key, in_suite, is_newer_word, needed
from tapctl.evaluate.dated import BASELINE_SCOPES, HELLO
from tapctl.evaluate.policy import Lists, Policy
from tapctl.evaluate.scene import Scene
from tapctl.evaluate.situation import JOIN, REGISTER
from tapctl.evaluate.truth import Truth, but_not, every, some
from tapctl.evaluate.words import filtered

_OIDC = frozenset({"email", "offline_access", "openid", "profile"})
_LOW_PRIVILEGE = _OIDC | {
    "user.read",
    "user.read.all",
    "user.readbasic.all",
    "people.read",
    "people.read.all",
    "groupmember.read.all",
    "member.read.hidden",
}
"""https://learn.microsoft.com/entra/identity/conditional-access/concept-enforcement-resource-exclusions"""
_PROVISIONING = frozenset({"windowshelloprovisioning", "macosplatformsso", "platformsso"})


def nothing(_: Scene) -> Truth:
    return False


def action(actions: frozenset[str], scene: Scene) -> Truth:
    if scene.action not in actions:
        return False
    return _counts_as_registration(scene)


def is_provisioning(scene: Scene) -> bool:
    """Whether security info is registered by setting up Hello or Platform SSO."""
    return scene.action == REGISTER and scene.sign_in.via.lower() in _PROVISIONING


def _counts_as_registration(scene: Scene) -> Truth:
    """Setting up Hello or Platform SSO is registering security info since a date."""
    return scene.since(HELLO) if is_provisioning(scene) else True


def is_by_provisioning(policy: Policy, scene: Scene) -> bool:
    """Whether the policy is for that only as far as it is registering security info."""
    is_on_action = policy.target == "actions" and scene.action in policy.actions
    is_for_all = policy.target == "apps" and "all" in policy.apps.include
    return is_provisioning(scene) and (is_on_action or is_for_all)


def context(contexts: frozenset[str], scene: Scene) -> Truth:
    return scene.sign_in.context.lower() in contexts


def resources(lists: Lists, filter_mode: str, scene: Scene) -> Truth:
    reaches_all = "all" in lists.include
    if scene.action == REGISTER:
        if reaches_all:
            return _counts_as_registration(scene)
        return scene.assume("one-app-does-not-reach-registration", False)
    if scene.action == JOIN:
        return scene.assume("all-resources-and-join", False) if reaches_all else False
    if not scene.sign_in.apps:
        return scene.assume("all-resources-and-contexts", False) if reaches_all else False
    asked, besides = _targets(scene)
    found = some(_resource(lists, filter_mode, app, scene) for app in asked)
    if found is True or not besides:
        return found
    return some((found, *(_named(lists, filter_mode, app, scene) for app in besides)))


def is_by_dependency(policy: Policy, scene: Scene) -> bool:
    """Whether the policy is only for what the applications that are asked for need."""
    asked, besides = _targets(scene)
    if policy.target != "apps" or not besides:
        return False
    direct = some(_resource(policy.apps, policy.app_filter, app, scene) for app in asked)
    return direct is False and resources(policy.apps, policy.app_filter, scene) is not False


def reading_of(policy: Policy, scene: Scene) -> str:
    """The inferred rule by which a policy for resources is compared with what is asked for, if any."""
    return min(scene.readings(lambda: resources(policy.apps, policy.app_filter, scene)), default="")


class _Targets(NamedTuple):
    """The applications that are asked for, and those that they need."""

    asked: tuple[str, ...]
    needed: tuple[str, ...]


def _targets(scene: Scene) -> _Targets:
    found = scene.memory.get("apps")
    if not isinstance(found, _Targets):
        asked = tuple(app_key(text) for text in scene.sign_in.apps)
        found = scene.memory["apps"] = _Targets(asked, needed(asked))
    return found


def _named(lists: Lists, filter_mode: str, app: str, scene: Scene) -> Truth:
    included = True if "all" in lists.include else _in_apps(lists.include, app, scene)
    return filtered(included, _in_apps(lists.exclude, app, scene), filter_mode)


def _resource(lists: Lists, filter_mode: str, app: str, scene: Scene) -> Truth:
    if "all" not in lists.include:
        return _named(lists, filter_mode, app, scene)
    excluded = _in_apps(lists.exclude, app, scene)
    reached = True if not lists.exclude else _all_but_some(lists, excluded, scene)
    return reached and None if filter_mode else reached


def _in_apps(names: frozenset[str], app: str, scene: Scene) -> Truth:
    if app in names or any(app in COVERS[name] for name in names & COVERS.keys()):
        return True
    if any(map(is_newer_word, names)):
        return None
    answers = [in_suite(suite, app, scene.facts.suites) for suite in SUITES if suite in names]
    known = some(answers)
    return scene.assume("suite-by-list", False) if known is None else known


def _all_but_some(lists: Lists, excluded: Truth, scene: Scene) -> Truth:
    """All resources less some: requests for low-privilege scopes only were let through, and later are not."""
    ordinary = but_not(True, excluded)
    scopes = scene.sign_in.scopes
    if scopes is None:
        return ordinary if ordinary is not False else scene.assume("ordinary-scopes", False)
    asked = {text.casefold() for text in scopes}
    if not asked or not asked <= _LOW_PRIVILEGE:
        return ordinary
    kind = scene.sign_in.client_kind
    is_confidential = None if kind is None else kind == "confidential"
    is_exempt = every((excluded, asked <= _OIDC, is_confidential))
    return but_not(_held_to_directory(lists, scene), is_exempt)


def _held_to_directory(lists: Lists, scene: Scene) -> Truth:
    enforced: Truth
    match scene.facts.baseline_scopes:
        case "legacy":
            enforced = False
        case "enforced":
            enforced = True
        case "custom":
            enforced = None
        case _:
            enforced = scene.since(BASELINE_SCOPES)
    return every((enforced, but_not(True, _in_apps(lists.exclude, DIRECTORY, scene))))
