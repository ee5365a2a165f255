"""Every kind tapctl manages: this package's modules without a leading underscore, found by themselves."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from tapctl.kind import Kind, Lookup
from tapctl.kinds._lookups import LOOKED_UP


@cache
def kinds() -> dict[str, Kind]:
    """Kind name → Kind, in the order of their names."""
    modules = (found.name for found in pkgutil.iter_modules(__path__) if not found.name.startswith("_"))
    found = (importlib.import_module(f"{__name__}.{module}").KIND for module in modules)
    return {kind.name: kind for kind in sorted(found, key=lambda kind: kind.name)}


@cache
def lookups() -> dict[str, Lookup]:
    """How each kind that can be referred to is found by name, managed or only looked up."""
    managed = {name: kind.lookup for name, kind in kinds().items() if kind.lookup is not None}
    return managed | {lookup.kind: lookup for lookup in LOOKED_UP}
