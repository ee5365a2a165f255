"""A Context → Findings: the rules' hits, after the settings' severities and the documents' ignores. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, cast

from tapctl.lint import by_name, rules
from tapctl.lint.context import Context
from tapctl.lint.item import Hit, Item, Way
from tapctl.lint.needs import NEEDS, READABLE, Need
from tapctl.lint.out_of_reach import by_name as out_of_reach
from tapctl.lint.rule import Rule
from tapctl.load.settings import nearest
from tapctl.model import Address, Finding, JsonObject, Severity, dotted
from tapctl.text.words import few

Key: TypeAlias = tuple[str, Address | None, str]
"""What makes two findings, of two states, the same: rule, object, place in it and how a way ends there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Linted:
    """What the rules found, and what is wrong with how they are used (`about`). `ways` says which ends of
    people's ways are the same, at whatever object they end."""

    found: tuple[tuple[Key, Finding], ...]
    about: tuple[Finding, ...]
    ways: Mapping[Key, Way] = field(default_factory=dict)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of it."""
        return (*(finding for _, finding in self.found), *self.about)


def lint(context: Context) -> Linted:
    """Run every rule that is on and has the facts it needs."""
    chosen = [rule for rule in rules().values() if _configured(rule, context) != "off"]
    able = [rule for rule in chosen if all(context.has(need) for need in rule.needs)]
    hits = [(rule, hit) for rule in able for hit in rule.check(context)]
    kept = [(rule, hit) for rule, hit in hits if not _is_ignored(rule, hit, context)]
    return Linted(
        found=tuple((_key(rule, hit), _finding(rule, hit, context)) for rule, hit in kept),
        about=(
            *_unknown_in_settings(context),
            *_twice_in_settings(context),
            *(finding for item in context.items for finding in _about_ignores(item, hits, able, context)),
            *_lacking(
                {rule.id for rule in chosen} - {rule.id for rule in able}, _blind(able, context), context
            ),
        ),
        ways={_key(rule, hit): (rule.id, *hit.way) for rule, hit in kept if hit.way},
    )


def _key(rule: Rule, hit: Hit) -> Key:
    where = " ".join((dotted(hit.path), hit.value, *hit.way))
    return rule.id, hit.item.address if hit.item else None, where


def _finding(rule: Rule, hit: Hit, context: Context) -> Finding:
    return Finding(
        rule=rule.id,
        name=rule.name,
        severity=_severity(rule, hit, context),
        message=hit.message,
        help=hit.help or rule.fix,
        place=hit.item.place(hit.path, hit.value) if hit.item else hit.place,
        address=hit.item.address if hit.item else None,
    )


def _configured(rule: Rule, context: Context) -> str | None:
    """What the settings say of a rule, by its name or its id."""
    said = {key.lower(): severity for key, severity in context.settings.severities.items()}
    return said.get(rule.id.lower(), said.get(rule.name))


def _severity(rule: Rule, hit: Hit, context: Context) -> Severity:
    if (said := _configured(rule, context)) is not None:
        return cast(Severity, said)
    usual = rule.severity if context.is_production else rule.elsewhere or rule.severity
    chosen = hit.severity or usual
    # The tenant may have what the folder lacks: only a plan can tell.
    return "warning" if chosen == "error" and rule.absence and not context.is_whole else chosen


def _ignores(item: Item) -> Iterable[tuple[int, JsonObject]]:
    return enumerate(item.resource.ignores) if item.resource else ()


def _rule_of(ignore: JsonObject) -> Rule | None:
    return by_name().get(str(ignore.get("rule", "")).lower())


def _is_ignored(rule: Rule, hit: Hit, context: Context) -> bool:
    return hit.item is not None and any(
        _rule_of(ignore) is rule and not _is_over(ignore, context) for _, ignore in _ignores(hit.item)
    )


def _is_over(ignore: JsonObject, context: Context) -> bool:
    """ISO dates sort as texts. The last day counts."""
    until = ignore.get("until")
    return isinstance(until, str) and until < context.as_of.isoformat()


def _about_ignores(
    item: Item, hits: list[tuple[Rule, Hit]], able: list[Rule], context: Context
) -> Iterator[Finding]:
    """Ignores that name no rule, have run out, or are of no use any more."""
    for index, ignore in _ignores(item):
        rule, name = _rule_of(ignore), str(ignore.get("rule", ""))
        if rule is None:
            yield _ignore_finding(item, index, "rule", "unknown-rule", "error", *_unknown(name))
        elif _is_over(ignore, context):
            said = f"the ignore of {rule.id} {rule.name} ran out on {ignore['until']}"
            remedy = "Mend what it hid, or give a new date and a reason that still holds."
            yield _ignore_finding(item, index, "until", "expired-ignore", "warning", said, remedy)
        elif rule in able and not any(found is rule and hit.item is item for found, hit in hits):
            said = f"{rule.id} {rule.name} has nothing to ignore here"
            yield _ignore_finding(item, index, "rule", "unused-ignore", "note", said, "Remove the ignore.")


def _ignore_finding(
    item: Item, index: int, key: str, rule: str, severity: Severity, message: str, remedy: str
) -> Finding:
    place = item.resource.source.place("lint", "ignore", index, key) if item.resource else None
    return Finding(
        rule=rule, severity=severity, message=message, help=remedy, place=place, address=item.address
    )


def _unknown(name: str) -> tuple[str, str]:
    """A name is better than an id: it says what it is about."""
    if (unreached := out_of_reach().get(name.lower())) is not None:
        return f"nothing here decides {name!r}, so there is nothing to ignore or weigh", unreached[1].reason
    close = nearest(name, by_name())
    known = by_name().get(close or "")
    suggestion = f"Did you mean {known.name if close == known.name else known.id}?" if known else ""
    return (
        f"there is no rule {name!r}",
        suggestion or "`tapctl validate` shows the rules that found something.",
    )


def _unknown_in_settings(context: Context) -> Iterator[Finding]:
    for name in context.settings.severities:
        if name.lower() not in by_name():
            message, remedy = _unknown(name)
            yield Finding(
                rule="unknown-rule",
                severity="error",
                message=message,
                help=remedy,
                place=context.settings.source.place("lint", "severities", name),
            )


def _twice_in_settings(context: Context) -> Iterator[Finding]:
    """A rule goes by its id and its name; two severities for it contradict each other, or will."""
    seen: dict[str, str] = {}
    for name in context.settings.severities:
        rule = by_name().get(name.lower())
        if rule is not None and (first := seen.setdefault(rule.id, name)) != name:
            yield Finding(
                rule="listed-twice",
                severity="error",
                message=f"{name!r} is {rule.id} {rule.name}, which has a severity already, as {first!r}",
                help="Keep one of the two.",
                place=context.settings.source.place("lint", "severities", name),
            )


def _blind(able: list[Rule], context: Context) -> dict[str, list[str]]:
    """The rules that do not say all, by the groups whose members they would have to know."""
    found = {rule.id: sorted(rule.blind(context)) for rule in able if rule.blind is not None}
    return {id_: groups for id_, groups in found.items() if groups}


def _lacking(lacking: set[str], blind: Mapping[str, list[str]], context: Context) -> Iterator[Finding]:
    """One note for all: which rules cannot say anything, or not all, and what they lack."""
    if not lacking and not blind:
        return
    needs = {need for id_ in lacking for need in rules()[id_].needs if not context.has(need)}
    needs |= {"members"} if blind else set()
    words = "; ".join(NEEDS[need] for need in NEEDS if need in needs)
    count = f"{len(lacking)} rules say" if len(lacking) > 1 else "1 rule says"
    said = [f"{count} nothing here, for want of facts: {', '.join(sorted(lacking))}"] if lacking else []
    said += [
        f"{id_} says nothing of {few(groups)}, whose members nobody knows" for id_, groups in blind.items()
    ]
    yield Finding(
        rule="facts-missing",
        severity="note",
        message="; ".join(said),
        help=" ".join([f"They need {words}.", *_ways(needs)]),
    )


def _ways(needs: set[Need]) -> Iterator[str]:
    if needs & {"plan", "changed"}:
        yield "`tapctl plan` knows the tenant."
    if needs & READABLE:
        yield "--facts brings what can be read (tapctl facts --help)."


def without_doubles(findings: Iterable[Finding], linted: Iterable[Finding]) -> tuple[Finding, ...]:
    """What `validate` found, but for what a rule says as an error at the same object and line."""
    said = {
        (name, finding.address, finding.place and finding.place.line)
        for finding in linted
        if finding.severity == "error" and finding.rule in rules()
        for name in rules()[finding.rule].covers
    }
    return tuple(
        finding
        for finding in findings
        if (finding.rule, finding.address, finding.place and finding.place.line) not in said
    )
