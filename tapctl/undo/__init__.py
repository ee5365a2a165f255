"""The record of an apply → the way back from it, to be planned.

past         the record, read: what that apply did, as far as it got
documents    what was there before it, as documents
settling     what becomes of their pairs, where others have changed the objects since
taken_back   the same of one spec, field by field
"""

from __future__ import annotations

from tapctl.undo.documents import Undo, is_named, way_back, with_reason
from tapctl.undo.settling import settle

__all__ = ["Undo", "is_named", "settle", "way_back", "with_reason"]
