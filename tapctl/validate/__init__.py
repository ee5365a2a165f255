"""Resources → the same with conveniences expanded, and every mistake in them; offline.

documents   what a document may say, its identity and its spec; `verdicts` puts the schema's into words
conforms    whether a value plainly keeps to a schema, without the slow library that explains why not
"""

from __future__ import annotations

from tapctl.validate.documents import Desired, strange_paths, validate

__all__ = ["Desired", "strange_paths", "validate"]
