"""Lint: what is allowed, and unwise. Every rule of this package's modules, found by themselves."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from tapctl.lint.rule import Rule


@cache
def rules() -> Mapping[str, Rule]:
    """Rule id → Rule, in the order of their ids."""
    modules = [
        importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)
    ]
    found = [item for module in modules for item in vars(module).values() if isinstance(item, Rule)]
    return {rule.id: rule for rule in sorted(found, key=lambda rule: rule.id)}


@cache
def by_name() -> Mapping[str, Rule]:
    """The rules by everything they may be called: id and name, in lower case."""
    named = {rule.name: rule for rule in rules().values()}
    return named | {rule.id.lower(): rule for rule in rules().values()}
