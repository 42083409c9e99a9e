"""`govern fairness power`: how many people a rule needs, and how often it would be wrong."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from govern.cli.answer import Answer
from govern.cli.options import workspace_of, workspace_option
from govern.cli.streams import out

if TYPE_CHECKING:
    from govern.gate.fairness.power_document import ErrorRow, PowerDocument, PowerPlan


def _share(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Take a number between 0 and 1 exactly as its decimal text says; several as a tuple."""
    if value is None:
        return None
    if isinstance(value, tuple):
        return tuple(_share(ctx, param, one) for one in value)
    try:
        number = Decimal(value)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or not 0 <= number <= 1 or len(number.as_tuple().digits) > _DIGITS:
        raise click.BadParameter(f"{value} is no number between 0 and 1 of at most {_DIGITS} digits", ctx, param)
    return Fraction(number)


_DIGITS = 12


@click.command(
    epilog="\b\nExamples:\n"
    "  govern fairness power --rate 0.3 --limit 0.8\n"
    "  govern fairness power --rate 0.3 --reference M\n"
    "  govern fairness power --rate 0.05 --groups 6 --people 1000 --people 20000\n"
    "  govern fairness power -p policies --rule credit-risk/approval-ratio --rate 0.3\n"
    "  govern fairness power -p policies --counts bundle\n"
    "  govern fairness power --attribute sex --counts fairness-counts.json --format json"
)
@click.option(
    "--rate",
    callback=_share,
    metavar="NUMBER",
    help="Rate that is compared, such as the share selected. Default: of --counts.",
)
@click.option(
    "--limit",
    callback=_share,
    metavar="NUMBER",
    default="0.8",
    show_default=True,
    help="Threshold, where no policy is named.",
)
@click.option(
    "--compare", type=click.Choice(("ratio", "difference")), default="ratio", show_default=True, help="Of two rates."
)
@click.option("--metric", default="selection_rate", show_default=True, help="Rate, with --counts and no policy.")
@click.option("--attribute", "attributes", multiple=True, metavar="A[,B]", help="Column, or columns to cross.")
@click.option("--reference", metavar="VALUE", help="Compare with this group of the attribute, not with the highest.")
@click.option("--groups", type=click.IntRange(2, 24), default=2, show_default=True, help="Groups, without --counts.")
@click.option(
    "--people", multiple=True, type=click.IntRange(1, 10_000_000), help="In each group. Default: 100, 1000, 5000."
)
@click.option(
    "--true-ratio", "ratios", multiple=True, callback=_share, metavar="NUMBER", help="Truth to simulate; once for each."
)
@click.option(
    "--alpha", callback=_share, metavar="NUMBER", default="0.05", show_default=True, help="Chance of error accepted."
)
@click.option(
    "--power",
    "power_",
    callback=_share,
    metavar="NUMBER",
    default="0.8",
    show_default=True,
    help="Chance that a verdict is got.",
)
@click.option("--min-n", type=click.IntRange(1), default=30, show_default=True, help="Least group that is judged.")
@click.option(
    "--test", type=click.Choice(("fisher", "permutation")), default="fisher", show_default=True, help="Of equality."
)
@click.option("-p", "--policy", "policies", multiple=True, type=click.Path(path_type=Path), help="Take its rules.")
@click.option("--rule", metavar="POLICY/RULE", help="Only this rule.")
@click.option(
    "--counts", type=click.Path(path_type=Path), metavar="COUNTS|BUNDLE", help="Groups as large as they are here."
)
@click.option("--runs", type=click.IntRange(100, 100_000), default=2_000, show_default=True, help="Simulated tables.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, help="Of the simulation.")
@click.option("-f", "--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True)
@workspace_option
def power(form: str, **given: Any) -> Answer:
    """Say how many people a rule on groups needs, and how often it would be wrong.

    Before there is data: what each verdict takes, and what the three modes say of tables drawn from a known truth. With
    --counts: the smallest disparity that the groups there could have shown. Nothing is judged.

    Exit codes: 0 said, 1 evidence that cannot be read, 2 usage or policy error.
    """
    from govern.gate.fairness.power import PowerRequest, power_document

    policies = tuple(given["policies"])
    if given["rule"] and not policies:
        raise click.UsageError("--rule is of a policy: name it with --policy")
    places = None
    if policies:
        from govern.cli.options import clock_of
        from govern.gate.packs.signed import pack_places

        places = pack_places(workspace_of(given["directory"]), at=clock_of(None))
    document = power_document(
        PowerRequest(
            question=_question(given),
            policies=policies,
            rule=given["rule"],
            places=places,
            counts=given["counts"],
            rate=given["rate"],
            groups=given["groups"],
            people=given["people"] or (100, 1_000, 5_000),
            true_ratios=given["ratios"],
            power=given["power_"],
            runs=given["runs"],
            seed=given["seed"],
        )
    )
    if form == "json":
        from govern.canonical import canonical_bytes

        out(canonical_bytes(document.model_dump(mode="json")).decode())
    else:
        for line in _text(document):
            out(line)
    return Answer(0)


def _question(given: dict[str, Any]) -> Any:
    from govern.fairness import METRICS, Question

    if given["metric"] not in METRICS:
        raise click.BadParameter(f"no metric of that name; there are {', '.join(sorted(METRICS))}")
    if given["counts"] and not given["attributes"] and not given["policies"]:
        raise click.UsageError("with --counts, name a policy or an --attribute")
    if not Fraction(1, 2) <= given["power_"] < 1:
        raise click.BadParameter("power lies between 0.5 and 1")
    if any(not ratio for ratio in given["ratios"]):
        raise click.BadParameter("a true ratio is above 0")
    side = "at_least" if given["compare"] == "ratio" else "at_most"
    tables = tuple(tuple(name.split(",")) for name in given["attributes"]) or (("group",),)
    try:
        return Question(
            metric=given["metric"],
            compare=given["compare"],
            attributes=tables,
            decide="demonstrated",
            alpha=given["alpha"],
            min_n=given["min_n"],
            test=given["test"],
            reference=None if given["reference"] is None else {tables[0][0]: given["reference"]},
            **{side: given["limit"]},
        )
    except ValueError as fault:
        raise click.UsageError(str(fault)) from fault


def _text(document: PowerDocument) -> Iterator[str]:
    """Write the plans one below the other."""
    for place, plan in enumerate(document.plans):
        if place:
            yield ""
        yield from _plan(plan, document)
    for left in document.not_planned:
        yield ""
        yield f"{left.rule}: {left.why}"


def _plan(plan: PowerPlan, document: PowerDocument) -> Iterator[str]:
    sign = ">=" if plan.compare == "ratio" else "<="
    what = f"{plan.metric.replace('_', ' ')}: {plan.compare} {sign} {plan.limit}"
    of = f" by {' x '.join(plan.attributes)}" if plan.attributes else ""
    rule = f"{plan.rule}: " if plan.rule else ""
    mode = f", decided by {plan.decide}" if plan.decide else ""
    yield f"{rule}{what}{of}{mode}"
    yield f"  {plan.groups} groups compared, rate {plan.rate}, alpha {plan.alpha}, min_n {plan.min_n};"
    yield f"  the correction is for {plan.comparisons} bounds, all of the rule together"
    if plan.needed:
        yield f"  people needed in each group, with power {document.power}:"
    for item in plan.needed:
        verdict = "to demonstrate the threshold" if item.verdict == "demonstrated" else "to find the harm"
        people = "no number would do" if item.people is None else f"{item.people:,}"
        yield f"    true ratio {item.true_ratio:<6} {verdict:<29} {people:>12}"
    for pair in plan.shown:
        found = "none, however large" if pair.harm is None else f"a ratio of {pair.harm} or less"
        yield f"  {pair.groups[0]} against {pair.groups[1]}: harm that could be found: {found};"
        yield f"    equal rates could be shown to meet a threshold up to {pair.demonstrated}"
    if plan.not_simulated:
        yield f"  error rates: {plan.not_simulated}"
        return
    yield f"  what each mode says of {document.runs:,} simulated tables (seed {document.seed}), percent"
    yield "  the first group's rate is the true ratio times that of the others; * is a wrong verdict"
    yield f"    {'people':<16}{'true ratio':<12}{'mode':<18}{'pass':>8}{'fail':>8}{'open':>8}"
    yield from (_row(row, document.runs) for row in plan.errors)


def _row(row: ErrorRow, runs: int) -> str:
    def share(count: int, *, wrong: bool) -> str:
        return f"{100 * count / runs:.1f}{'*' if wrong and count else ' '}".rjust(8)

    sizes = ["<11" if n is None else f"{n:,}" for n in row.people]
    people = f"{len(sizes)} x {sizes[0]}" if len(set(sizes)) == 1 else f"{len(sizes)} as they are"
    passed, failed = share(row.passed, wrong=not row.meets), share(row.failed, wrong=row.meets)
    told = f"    {people:<16}{row.true_ratio:<12}{row.decide:<18}"
    return f"{told}{passed}{failed}{share(row.inconclusive, wrong=False)}".rstrip()
