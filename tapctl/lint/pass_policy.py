"""TAP001 and on: the Temporary Access Pass configuration."""

from __future__ import annotations

from collections.abc import Iterator

from tapctl.lint.context import Context
from tapctl.lint.example import tap
from tapctl.lint.rule import Hit, rule


@rule(
    id="TAP001",
    name="tap-multi-use",
    severity="error",
    elsewhere="warning",
    what="Passes can be used more than once.",
    why="A multi-use code can be replayed for its whole life by whoever has seen it.",
    fix="Set isUsableOnce to true, or ignore the rule, naming the journey that needs two sign-ins.",
    source="EIDSCA AT02; Zero Trust Assessment 21846",
    good=tap(),
    bad=tap(isUsableOnce="false"),
)
def multi_use(context: Context) -> Iterator[Hit]:
    found = context.one("TemporaryAccessPassPolicy")
    if (
        found is not None
        and found.spec.get("state") == "enabled"
        and found.spec.get("isUsableOnce") is not True
    ):
        yield found.hit("passes can be used again and again until they expire", "isUsableOnce")
