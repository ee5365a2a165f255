"""`--undo RECORD`: the way back from an apply, in place of what the folder says."""

from __future__ import annotations

from collections.abc import Coroutine
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tapctl.errors import Refused, UsageError

if TYPE_CHECKING:
    from tapctl.checked import Checked
    from tapctl.facts.merge import Known
    from tapctl.graph.gateway import Gateway
    from tapctl.model import Former
    from tapctl.pipeline import Planned
    from tapctl.undo.past import Past


def read_past(path: Path) -> Past:
    """Raises UsageError if there is no such file, and Refused if it is no record."""
    from tapctl.undo.past import MOST_BYTES, read_record

    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f'the record "{path}" cannot be read: {error.strerror}') from error
    return read_record(content, str(path))


def planning(
    checked: Checked,
    past: Past | None,
    gateway: Gateway,
    as_of: date,
    known: Known | None = None,
    former: Former | None = None,
) -> Coroutine[Any, Any, Planned]:
    """The folder's plan, or the way back. Raises Refused for a record of somewhere else."""
    from tapctl.pipeline import make_plan, make_undo

    if past is None:
        return make_plan(checked, gateway, as_of, known=known, former=former)
    if (past.environment, past.tenant_id) != (gateway.environment, gateway.tenant_id):
        raise Refused(
            f"the record is of environment {past.environment!r}, tenant {past.tenant_id}: "
            f"it is not undone in {gateway.environment!r}, tenant {gateway.tenant_id}"
        )
    return make_undo(checked, past, gateway, as_of)
