"""Reports made by hand: one of everything, and one whose every text is hostile."""

from __future__ import annotations

from tapctl.model import Address, Finding, Outcome, Place
from tapctl.report import Entry, FieldLine, Headline, Planning, Report
from tapctl.report.dependencies import Edge

ESC = "\x1b"
HOSTILE = (
    f"{ESC}[2J{ESC}]8;;https://evil.example{ESC}\\click{ESC}]8;;{ESC}\\ [bold red]x[/] \u202egnp\u202c "
    "a\u200bb\u00a0c \x9b31m | <img src=x> `code` ``` @everyone #12 https://evil.example www.evil.example "
    "[a](http://b) **b**\r\n# Heading\n- item\x07\u2028\u3164\udcff\U000e0041"
)

SANDBOX = Headline(environment="sandbox", tenant_id="7000", is_sandbox=True, caller="ada@contoso.example")
REAL = Headline(environment="production", tenant_id="1111", is_sandbox=False)
POLICY = Address("ConditionalAccessPolicy", "NH-10 Registration")


def findings(text: str = "says something") -> tuple[Finding, ...]:
    place = Place("policies/a.yaml", 3, 5)
    return (
        Finding(rule="bad", severity="error", message=f"this {text}", help="Mend it.", place=place),
        Finding(rule="enforces", severity="brake", message=f"that {text}", flag="--allow-enforces"),
        Finding(rule="no-break-glass", severity="brake", message="nobody is left"),
        Finding(rule="odd", severity="warning", message=f"it {text}", address=POLICY),
        Finding(rule="seen", severity="note", message="look"),
    )


def planning(name: str = "Pilots", value: str = "all") -> Planning:
    update = Entry(
        address=POLICY,
        action="update",
        reason=f"renamed from {name!r}",
        former_name=name,
        fields=(
            FieldLine(path="state", before="disabled", after="enabled"),
            FieldLine(path="users", before=["a", "b"], after=["b", value], is_set=True),
            FieldLine(path="apps", before=None, after=[value], is_set=True),
            FieldLine(path="roles", before=["x"], after=["y"], is_set=True),
            FieldLine(path="text", before=None, after=f"one\ntwo {value}"),
            FieldLine(path="rule", before="old\nrule", after="\n".join(map(str, range(50)))),
        ),
        left_as_is=("members",),
        id="1",
        place=Place("policies/a.yaml", 3, 5),
        why=f"Because of {value}.",
    )
    create = Entry(
        address=Address("Group", name),
        action="create",
        reason="declared",
        fields=(FieldLine(path="mail", before=None, after=False),),
    )
    delete = Entry(
        address=Address("Group", f"Old {name}"),
        action="delete",
        reason="ensure: absent",
        fields=(FieldLine(path="members", before=[value] * 30, after=None, is_set=True),),
    )
    same = Entry(address=Address("Group", "Same"), action="no-op", reason="as declared")
    return Planning(
        entries=(update, create, delete, same),
        unmanaged=tuple(Address("Group", f"{name} {n:02}") for n in range(15)),
        order=(("dependencies", Address("Group", name)), ("tightening", POLICY)),
        edges=(
            Edge(POLICY, Address("Group", name), "excludes"),
            Edge(POLICY, Address("Group", name), "includes"),
            Edge(Address("ConditionalAccessPolicy", f"Other {value}"), Address("Group", name), "excludes"),
        ),
        checksum="c" * 64,
        fingerprint="f" * 64,
    )


def outcomes(why: str = "403\n  ask") -> tuple[Outcome, ...]:
    return (
        Outcome(address=POLICY, action="update", status="applied", id="1"),
        Outcome(address=Address("Group", "Pilots"), action="create", status="failed", why=why),
        Outcome(address=Address("Group", "Old"), action="delete", status="skipped", why="it depends"),
    )


def full() -> Report:
    return Report(
        command="apply",
        headline=SANDBOX,
        findings=findings(),
        planning=planning(),
        documents=3,
        outcomes=outcomes(),
        status="incomplete",
        record="policies/.tapctl/records/1.jsonl",
        requests=7,
    )


def hostile(words: str = HOSTILE) -> Report:
    return Report(
        command="apply",
        headline=Headline(environment=words, tenant_id=words or "0", is_sandbox=True, caller=words or "x"),
        findings=findings(words),
        planning=planning(words, words),
        outcomes=outcomes(words or "why"),
        status="refused",
        refusal=words or "no",
        record=words or "1",
        link="https://ci.example/1",
    )


def real() -> Report:
    """A tenant that is no sandbox, and a plan with little in it."""
    bare = Entry(address=Address("Group", "Bare"), action="create", reason="declared")
    return Report(command="plan", headline=REAL, planning=Planning(entries=(bare,)))
