"""A folder of YAML → Workspace for one environment, with every mistake in the folder as a Finding.

files         which files there are, and what each is for
yaml12        bytes → plain JSON that knows where it was written
settings      tapctl.yaml, and Section, through which every file is read and checked
environment   environments/<name>.yaml: pins, variables, overrides
documents     what stands around a spec; what is declared for the environment that is asked for
workspace     all of it together
"""

from __future__ import annotations

from tapctl.load.workspace import load_workspace, require_folder

__all__ = ["load_workspace", "require_folder"]
