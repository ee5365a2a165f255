"""Two canonical specs → the fields in which they differ. Pure; lists are compared whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tapctl.model import FieldChange, Json, JsonObject, Path, dotted

if TYPE_CHECKING:
    from deepdiff.model import DiffLevel


def field_changes(before: JsonObject, after: JsonObject) -> tuple[FieldChange, ...]:
    """Every leaf that differs, sorted by path; an object that comes or goes is shown by its leaves."""
    if before == after:
        return ()
    found = {leaf: change for level in _levels(before, after) for leaf, change in _leaves(level)}
    return tuple(sorted(found.values(), key=lambda change: (change.path, change.after is not None)))


def _levels(before: JsonObject, after: JsonObject) -> Iterator[DiffLevel]:
    from deepdiff import DeepDiff  # slow to import: not for --help or validate

    tree = DeepDiff(
        before,
        after,
        view="tree",
        custom_operators=[_WholeLists()],
        threshold_to_diff_deeper=0,  # otherwise objects with little in common count as one difference
        ignore_private_variables=False,
    )
    for levels in tree.values():
        yield from levels


class _WholeLists:
    """A deepdiff operator: sets are sorted lists here, so two lists are the same or they are not."""

    def match(self, level: DiffLevel) -> bool:
        return isinstance(level.t1, list) and isinstance(level.t2, list)

    def give_up_diffing(self, level: DiffLevel, diff_instance: object) -> bool:
        if level.t1 != level.t2:
            diff_instance.custom_report_result("list_changed", level)  # type: ignore[attr-defined]  # untyped
        return True


def _leaves(level: DiffLevel) -> Iterator[tuple[Path, FieldChange]]:
    path: Path = tuple(level.path(output_format="list"))
    before, after = (None if type(side).__name__ == "NotPresent" else side for side in (level.t1, level.t2))
    paths = sorted({*_leaf_paths(before, path), *_leaf_paths(after, path)}, key=str)
    for leaf in paths:
        inner = leaf[len(path) :]
        yield leaf, FieldChange(path=dotted(leaf), before=_at(before, inner), after=_at(after, inner))


def _leaf_paths(value: Json, path: Path) -> Iterator[Path]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaf_paths(item, (*path, key))
    elif value is not None:
        yield path


def _at(value: Json, path: Path) -> Json:
    for key in path:
        value = value.get(str(key)) if isinstance(value, dict) else None
    return None if isinstance(value, dict) and value else value
