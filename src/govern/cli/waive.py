"""`govern waive`: a signed exception."""

from __future__ import annotations

from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.options import STAGES
from govern.cli.signing_options import OpenDesk, signing_options
from govern.cli.streams import out


@click.command(
    epilog="\b\nExamples:\n"
    "  govern waive lending/parity credit-3.2.0.pre-registration.evaluation.json --for 90d \\\n"
    '      --reason "Rebalancing is under way" --control "Manual review" --key approver.pem\n'
    "  govern waive lending/parity EVALUATION.json --for 30d --versions 3.3.0 --reason R --control C \\\n"
    "      --key hsm:2?name=waiver"
)
@click.argument("rule")
@click.argument("evaluation", type=click.Path(path_type=Path))
@click.option("--reason", required=True, help="Why the exception is right.")
@click.option("--for", "until", metavar="WHEN", required=True, help="How long: a duration such as 90d, or an instant.")
@click.option(
    "--control", "controls", multiple=True, required=True, help="What is done instead; may be given more than once."
)
@click.option("--owner", help="Who owns the model, when the bundle does not say. Nobody waives for themselves.")
@click.option("--from", "start", metavar="WHEN", help="When it begins. Default: now.")
@click.option("--versions", multiple=True, help="Versions of the model it holds for. Default: this bundle alone.")
@click.option("--stages", multiple=True, type=click.Choice(STAGES), help="Stages it holds for. Default: all.")
@click.option(
    "--covers",
    multiple=True,
    default=("fail",),
    type=click.Choice(("fail", "inconclusive", "missing_evidence")),
    help="Outcomes it covers. Default: fail.",
)
@click.option("--no-limit", is_flag=True, help="It reaches however bad the value gets, not just as far as observed.")
@signing_options
def waive(
    rule: str,
    evaluation: Path,
    reason: str,
    until: str,
    controls: tuple[str, ...],
    owner: str | None,
    start: str | None,
    versions: tuple[str, ...],
    stages: tuple[str, ...],
    covers: tuple[str, ...],
    no_limit: bool,
    desk: OpenDesk,
) -> Answer:
    """Sign an exception to RULE (policy/rule) for the model of EVALUATION, the record beside a refusal.

    The waiver names the compiled rule, so it ends when the rule changes, and reaches no further than what was observed.
    One that the decision would refuse is not signed.
    """
    from govern.gate.waive import WaiveRequest
    from govern.gate.waive import waive as sign

    request = WaiveRequest(
        evaluation=evaluation,
        rule=rule,
        reason=reason,
        controls=controls,
        owner=owner,
        until=until,
        start=start,
        versions=versions,
        stages=stages,
        covers=covers,
        unlimited=no_limit,
    )
    out(sign(request, desk()).text)
    return Answer(0)
