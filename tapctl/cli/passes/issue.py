"""`tapctl pass issue`: checks everybody, proves the place for passcodes, and issues."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from tapctl.cli.options import Options, common
from tapctl.cli.passes._people import group_and_roster


def _places(command: Callable[..., int]) -> Callable[..., int]:
    """Gives a command the ways to hand a passcode over."""

    @click.option(
        "--to-terminal", is_flag=True, help="Show it here: on a screen of its own, cleared on the next key."
    )
    @click.option(
        "--to-file",
        metavar="PATH",
        type=click.Path(path_type=Path),
        help="Encrypt it with age for each --recipient: into the file PATH, or with several people into the "
        "folder PATH, one file each.",
    )
    @click.option(
        "--to-command",
        metavar="COMMAND",
        help="Give it to a command on its standard input. COMMAND is split into words, no shell reads it; "
        "{user} and {id} in a word stand for the person.",
    )
    @click.option(
        "--recipient", "recipients", metavar="KEY", multiple=True, help="Who may read it: age1... or ssh-..."
    )
    @click.option(
        "--recipients-file",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Such keys, one a line, as age -R takes them.",
    )
    @click.option(
        "--contents",
        type=click.Choice(["passcode", "json", "handout", "handout-html"]),
        help="What goes to the file or command: the passcode alone, or with everything about the pass "
        "[default: passcode].",
    )
    @functools.wraps(command)
    def with_options(*arguments: Any, **others: Any) -> int:
        return command(*arguments, **others)

    return with_options


def _wishes(command: Callable[..., int]) -> Callable[..., int]:
    """Gives a command what a pass is to be like; a roster's rows may say otherwise."""

    @click.option("--start", metavar="WHEN", help="2026-09-01T09:00+02:00, or ...T07:00Z [default: at once].")
    @click.option("--lifetime", metavar="LENGTH", help="8h, 90m, or minutes [default: the pass policy's].")
    @click.option("--multi-use", is_flag=True, help="Usable many times; without it, once.")
    @click.option("--time-zone", metavar="ZONE", help="Where the new hires are, such as Asia/Tokyo.")
    @functools.wraps(command)
    def with_options(*arguments: Any, **others: Any) -> int:
        return command(*arguments, **others)

    return with_options


def _handouts(command: Callable[..., int]) -> Callable[..., int]:
    """Gives a command the handout for new hires."""

    @click.option(
        "--handout",
        metavar="DIR",
        type=click.Path(path_type=Path, file_okay=False),
        help="Write what each person is to do, as text and as a page to print, without the passcode.",
    )
    @click.option(
        "--handout-address",
        metavar="URL",
        default="",
        help="The page they open [default: https://aka.ms/mysecurityinfo].",
    )
    @click.option("--handout-methods", metavar="TEXT", default="", help="What they register there.")
    @click.option("--handout-contact", metavar="TEXT", default="", help="Whom they ask.")
    @functools.wraps(command)
    def with_options(*arguments: Any, **others: Any) -> int:
        return command(*arguments, **others)

    return with_options


@click.command("issue")
@common
@click.argument("users", metavar="[USER]...", nargs=-1)
@group_and_roster
@_wishes
@_places
@_handouts
@click.option("--reason", default="", metavar="TEXT", help="Why; kept in the record in .tapctl/passes.")
@click.option("--replace", is_flag=True, help="Destroy a pass that somebody holds and that still works.")
@click.option("--privileged", is_flag=True, help="Also for administrators and break-glass accounts.")
@click.option(
    "--despite-policies",
    is_flag=True,
    help="Even if policies let nobody register with it, or cannot be read or judged.",
)
@click.option("--skip-refused", is_flag=True, help="Issue for the others if somebody may not have a pass.")
@click.option("--dry-run", is_flag=True, help="Check everybody, and create nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before issuing for several people.")
@click.option(
    "--continue",
    "run",
    metavar="RUN",
    help="Go on with an interrupted run: its name, or `last`. Said again are only the place for passcodes, "
    "and --replace for a pass that was made since.",
)
@click.option("--abandon", metavar="RUN", help="Note that a run is not to be continued: its name, or `last`.")
def command(options: Options, **given: Any) -> int:
    """Make passes for USER..., a --roster or a --group, and hand each passcode over once.

    Everybody is checked before anything is created: that they exist, are enabled, no external guests, in the
    pass policy's scope, not privileged, without a pass that works, and that the policies of the tenant and of
    the folder let them register with it. Any refusal stops all, unless --skip-refused. A roster is CSV or
    YAML with the columns user, start, lifetime, oneTime and timeZone. Times need an offset. Where this
    machine's clock and Graph's differ, whoever's start is past by one of the two alone is refused.

    The passcode is shown in one place, which is proved usable first: --to-terminal, --to-file or
    --to-command. There is no mail: a passcode in a mailbox is read by whoever reads the mailbox, stays on
    servers and in backups, and a new hire cannot sign in to read it. It appears nowhere else, and Graph never
    shows it again.

    An interrupted run is continued with --continue: nobody gets two passes, nobody is left out, and a pass
    whose passcode got lost is replaced. Exit code 0 when everybody has their passcode, 130 for Ctrl-C.
    """
    from tapctl.cli.passes._issuing import run_issue
    from tapctl.cli.passes._wishes import Wishes
    from tapctl.passes.delivery._keeper import no_core_dumps

    no_core_dumps()
    return run_issue(options, Wishes(**given))
