"""A checked workspace → the Facts that hold for it.

What a document owns is as the document says, since the question is about the folder as proposed; what none
owns is as the tenant has it, if a snapshot says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tapctl.evaluate.facts import Facts
from tapctl.facts.declared import declared_facts
from tapctl.facts.specs import specs_of

if TYPE_CHECKING:
    from tapctl.pipeline import Checked


def facts_for(checked: Checked) -> Facts:
    """What is known without asking anybody. The workspace has no errors."""
    return declared_facts(specs_of(checked).specs)
