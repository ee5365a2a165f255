"""What a shell offers after Tab: environments, kinds, whatever can be explained. Nothing here may fail."""

from __future__ import annotations

from pathlib import Path

import click

from tapctl.cli.where import DEFAULT_FOLDER, inside


def environment_names(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """By the names of their files, which are not read: one with a mistake is an environment too."""
    folder = inside(Path(ctx.params.get("workspace") or DEFAULT_FOLDER)) / "environments"
    found = {path.stem for path in folder.glob("*") if path.suffix in (".yaml", ".yml")}
    return sorted(name for name in found | {"sandbox"} if name.startswith(incomplete))


def kind_names(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Whatever the letter case of what has been typed."""
    from tapctl.kinds import kinds

    return [name for name in kinds() if name.lower().startswith(incomplete.lower())]


def topics(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Kinds, files, rules and brakes; after a full stop, the fields of what stands before it."""
    from tapctl.explain import FILES, topics
    from tapctl.explain.fields import fields_by_path
    from tapctl.kinds import kinds

    wanted, (head, dot, _field) = incomplete.lower(), incomplete.partition(".")
    owner = next((name for name in (*kinds(), *FILES) if name.lower() == head.lower()), None)
    if dot and owner:
        found = [f"{owner}.{node.path}" for node in fields_by_path(owner).values()]
    else:
        found = [*topics()]
    return [name for name in found if name.lower().startswith(wanted)]
