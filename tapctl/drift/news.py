"""A plan, and the evidence that was read for it → News: each difference with who made it, and what it means.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from tapctl.drift.beside import deleted_lately, undeclared_of
from tapctl.drift.causes import Log
from tapctl.drift.defaults import displaced, of_defaults, without_defaults
from tapctl.drift.drifted import Drifted, Since
from tapctl.drift.ended import of_ended
from tapctl.drift.evidence import Evidence
from tapctl.drift.exposure import exposure
from tapctl.drift.history import History
from tapctl.drift.joined import of_joined
from tapctl.drift.joining import Join
from tapctl.drift.meaning import meaning, of_lost, without_exposed, worst_first
from tapctl.drift.strangers import about
from tapctl.drift.turned_off import of_turned_off
from tapctl.drift.undeclared import Undeclared, dangers, enforced_lately
from tapctl.drift.who import Who
from tapctl.lint.planned import arrived_findings, drift_findings
from tapctl.match import unclear_ids
from tapctl.model import Finding
from tapctl.report import Headline, settings_file

if TYPE_CHECKING:
    from tapctl.checked import Checked
    from tapctl.pipeline import Compared


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Everything `tapctl drift` has to say."""

    headline: Headline
    since: Since
    log: Log
    records: int
    drifted: tuple[Drifted, ...]
    undeclared: tuple[Undeclared, ...]
    findings: tuple[Finding, ...]
    adopted: tuple[str, ...] = ()
    requests: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether the tenant is what the files say, and nothing about it is wrong."""
        return not self.drifted and not any(finding.severity == "error" for finding in self.findings)


def news(compared: Compared, checked: Checked, evidence: Evidence, since: Since) -> News:
    """Put it together."""
    plan, matched, snapshot = compared.plan, compared.matched, compared.snapshot
    past = History(matched=matched, snapshot=snapshot, evidence=evidence, since=since)
    join, who = Join(past), Who(past)
    drifted = tuple(join.drifted(change) for change in plan.pending)
    unclear = unclear_ids(matched.pairs)
    strays = [
        pair
        for pair in matched.pairs
        if pair.desired is None and not pair.is_owned and (pair.kind.name, pair.id) not in unclear
    ]
    undeclared = tuple(undeclared_of(past, pair) for pair in strays)
    exposed = exposure(matched, snapshot, checked.workspace)
    glass = checked.workspace.settings.break_glass
    found = meaning(
        matched,
        exposed,
        who.left,
        who.fate,
        {item.address for item in drifted if item.what != "unclear"},
        glass,
        snapshot,
    )
    said = {loss.subject.node for loss in exposed.losses} | {item.id for item in drifted}
    strange = [item for item in evidence.strangers if item.id not in said]
    unread = next(iter(evidence.undeleted.values()), "").partition("\n")[0]
    beside = displaced(matched, snapshot.facts)
    found += (
        *of_defaults(beside, who.turned_on_defaults),
        *of_joined(evidence.joined, who.joined),
        *of_turned_off(evidence.accounts, who.disabled),
        *about(strange, who.fate_of, unread),
        *dangers(matched, undeclared, glass),
        *of_ended(matched, undeclared, past.later, deleted_lately(past)),
    )
    unwise = _unwise(compared, checked, undeclared, evidence.now.date(), is_drifted=bool(drifted))
    others = [item for item in (*checked.findings, *plan.findings) if item.severity != "brake"]
    doubtful = {pair.address for pair in matched.pairs if pair.candidates}
    doubts = [item for item in others if item.severity == "error" and item.address in doubtful]
    others = [item for item in others if item not in doubts]
    return News(
        headline=Headline(
            environment=plan.environment,
            tenant_id=plan.tenant_id,
            is_sandbox=plan.is_sandbox,
            settings=settings_file(checked.workspace.root),
        ),
        since=since,
        log=past.log,
        records=len(past.events),
        drifted=drifted,
        undeclared=undeclared,
        findings=worst_first(
            doubts,
            found,
            without_exposed(without_defaults(unwise), exposed),
            of_lost(without_defaults(others), exposed),
        ),
    )


def _unwise(
    compared: Compared, checked: Checked, undeclared: Iterable[Undeclared], as_of: date, *, is_drifted: bool
) -> tuple[Finding, ...]:
    """What lint says of the tenant for the reason alone that it differs from the documents, or that enforced
    policies came or changed which none declares."""
    matched, snapshot, workspace = compared.matched, compared.snapshot, checked.workspace
    found = drift_findings(matched, snapshot, workspace, as_of=as_of) if is_drifted else ()
    arrived = {item.address for item, *_ in enforced_lately(matched, undeclared)}
    theirs = arrived_findings(matched, snapshot, workspace, arrived, as_of=as_of) if arrived else ()
    known = {(item.rule, item.address, item.message) for item in found}
    return (*found, *(item for item in theirs if (item.rule, item.address, item.message) not in known))
