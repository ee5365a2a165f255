"""`tapctl test`: the sign-in tests."""

from __future__ import annotations

from datetime import date

import click

from tapctl.cli.known_facts import facts_option, snapshot_of
from tapctl.cli.options import Options, answering_in, as_of_option


@click.command("test")
@answering_in("junit", also=True)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@facts_option
@click.option("--strict", is_flag=True, help="What rests on inference is unknown.")
@as_of_option
def command(options: Options, *, names: tuple[str, ...], facts: str | None, strict: bool, as_of: date) -> int:
    """Run the sign-in tests of the workspace, offline.

    Documents of kind SignInTest (in `tests/`) say what the policies have to decide about a sign-in, or about
    a journey of several. With NAME, only the tests whose names contain one of them run. A decision that
    rests on what Microsoft does not document is marked. Exits with 1 if a test fails or is wrong in itself.

    The clock and the passes that people hold today decide no test, with --facts live either: a test gives
    its own `now` and `pass`, or its answer is unknown where it needs them.
    """
    from tapctl.cli.output import answer_sign_in_tests
    from tapctl.pipeline import check
    from tapctl.render.sign_in_tests import Tested
    from tapctl.report import offline_headline
    from tapctl.simulate.workspace import company_of, mistakes_in
    from tapctl.testing.case import chosen, read_cases
    from tapctl.testing.run import run

    checked = check(options.workspace, options.environment, with_tests=True)
    if mistakes := mistakes_in(checked):
        headline = offline_headline(checked.workspace.environment)
        answer_sign_in_tests(Tested(headline=headline, findings=mistakes, strict=strict), options)
        return 1
    snapshot = snapshot_of(checked, facts)
    company = company_of(checked, snapshot)
    headline = offline_headline(checked.workspace.environment, snapshot.tenant_id if snapshot else "")
    cases = chosen(read_cases(checked.workspace.tests, company, as_of), names)
    results = run(cases, company, strict=strict)
    tested = Tested(headline=headline, results=results, where=company.place, strict=strict)
    answer_sign_in_tests(tested, options)
    return 1 if tested.has_failed else 0
