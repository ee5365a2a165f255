"""`tapctl environments`: which tenants the workspace knows."""

from __future__ import annotations

import click

from tapctl.cli.options import Options, common
from tapctl.cli.printing import put
from tapctl.model import Environment, JsonObject


@click.command("environments")
@common
@click.option("--real", "only_real", is_flag=True, help="Only those that name a tenant.")
def command(options: Options, *, only_real: bool) -> int:
    """List the workspace's environments, for people and for workflows. With -e, only that one.

    In JSON it makes a workflow's matrix: `include: ${{ fromJSON(...).environments }}` gives each job a
    `matrix.name`; see `tapctl github outputs`.
    """
    from tapctl.kinds import kinds
    from tapctl.load import load_workspace
    from tapctl.render.json import VERSION, written

    known = {name: kind.singleton for name, kind in kinds().items()}
    first = load_workspace(options.workspace, options.environment or "sandbox", known_kinds=known)
    default = first.settings.default_environment
    names = [options.environment] if options.environment else first.environments
    found = [load_workspace(options.workspace, name, known_kinds=known).environment for name in names]
    found = [item for item in found if _is_real(item) or not only_real]
    match options.format:
        case "json":
            listed = [_as_json(environment, default) for environment in found]
            text = written({"version": VERSION, "command": "environments", "environments": [*listed]})
        case "markdown":
            from tapctl.render.gfm import code

            text = "".join(f"- {code(item.name)}: {code(_said(item, default))}\n" for item in found)
        case _:
            from tapctl.text.escape import visible

            wide = max((len(visible(item.name)) for item in found), default=0)
            text = "".join(
                f"{visible(item.name):<{wide}}  {visible(_said(item, default))}\n" for item in found
            )
    put(text)
    return 0


def _is_real(environment: Environment) -> bool:
    return not environment.is_sandbox and environment.tenant_id is not None


def _said(environment: Environment, default: str) -> str:
    if environment.is_sandbox:
        what = "the pretend tenant"
    elif environment.tenant_id is None:
        what = "no tenantId yet"
    else:
        what = f"tenant {environment.tenant_id} ({environment.cloud})"
    return f"{what}, default" if environment.name == default else what


def _as_json(environment: Environment, default: str) -> JsonObject:
    return {
        "name": environment.name,
        "sandbox": environment.is_sandbox,
        "default": environment.name == default,
        "real": _is_real(environment),
        "tenant": environment.tenant_id,
        "cloud": environment.cloud,
        "maxState": environment.max_state,
    }
