"""A name → what there is to know of it, from the schemas and rules that decide: nothing is written twice.

answers      the kind, field, file or rule that is meant, and what there is to ask about
of_schemas   kinds, files and fields, out of the schemas; `fields` lists these by their paths
of_rules     rules, brakes and dated changes, out of what decides by them
findings     what other findings mean: the one thing that is written here
"""

from __future__ import annotations

from tapctl.explain.answers import explain, topics
from tapctl.explain.explanation import Entry, Explanation, first_sentence
from tapctl.explain.of_schemas import FILES

__all__ = ["FILES", "Entry", "Explanation", "explain", "first_sentence", "topics"]
