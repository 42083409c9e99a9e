"""`govern fairness audit`: the tables of a bias audit, and the faults of published ones."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from govern.cli.answer import Answer
from govern.cli.options import at_option, clock_of
from govern.cli.streams import err, out

if TYPE_CHECKING:
    from govern.gate.fairness.audit import AuditRequest

FORMATS = ("text", "json", "csv", "markdown")


@click.command(
    epilog="\b\nExamples:\n"
    "  govern fairness audit hires.csv --method selection --sex gender --race race -o csv=audit.csv\n"
    "  govern fairness audit bundle --method scoring -o markdown=audit.md -o json=audit.json\n"
    "  govern fairness audit hires.csv --method selection --exclude 'Pacific Islander=9 of 3,000 people'\n"
    "  govern fairness audit --lint published.csv --audit-date 2026-01-10 --used-on 2026-03-01 --unknown 240"
)
@click.argument("path", metavar="BUNDLE|COUNTS|TABLE", type=click.Path(path_type=Path))
@click.option("--lint", is_flag=True, help="Look a published table through instead of making one.")
@click.option("--method", type=click.Choice(("selection", "scoring")), help="What a rate counts.")
@click.option("--sex", metavar="COLUMN", help="Column of sex. Default: the one of a usual name.")
@click.option("--race", metavar="COLUMN", help="Column of race or ethnicity. Default: the one of a usual name.")
@click.option("--decision", metavar="COLUMN", default="y_pred", show_default=True, help="Column of decisions (TABLE).")
@click.option("--positive", metavar="VALUE", default="1", show_default=True, help="Decision that selects (TABLE).")
@click.option("--score", metavar="COLUMN", default="score", show_default=True, help="Column of scores (TABLE).")
@click.option("--score-range", metavar="LOW,HIGH", default="0,1", show_default=True, help="Range of scores (TABLE).")
@click.option(
    "--unknown-value", "unknown_values", multiple=True, metavar="VALUE", help="A value that means unknown (TABLE)."
)
@click.option(
    "--exclude", "excluded", multiple=True, metavar="CATEGORY=WHY", help="Leave a small category out, and say why."
)
@click.option("--data-type", type=click.Choice(("historical", "test")), default="historical", show_default=True)
@click.option("--data-source", metavar="TEXT", help="Where the data is from.")
@click.option("--explanation", metavar="TEXT", help="What the data is.")
@click.option("--test-data-reason", metavar="TEXT", help="Why historical data was not used, and how the data was made.")
@click.option("--audit-date", metavar="DAY", help="Day of the audit (YYYY-MM-DD). Default, without --lint: today.")
@click.option("--used-on", metavar="DAY", help="With --lint: day on which the tool is used. Default: today.")
@click.option("--unknown", type=click.IntRange(min=0), help="With --lint: people of unknown category, said elsewhere.")
@click.option("-o", "--output", "outputs", multiple=True, metavar="FORMAT[=PATH]", help=f"One of {', '.join(FORMATS)}.")
@at_option
def audit(
    path: Path,
    lint: bool,
    method: str | None,
    sex: str | None,
    race: str | None,
    decision: str,
    positive: str,
    score: str,
    score_range: str,
    unknown_values: tuple[str, ...],
    excluded: tuple[str, ...],
    data_type: str,
    data_source: str | None,
    explanation: str | None,
    test_data_reason: str | None,
    audit_date: str | None,
    used_on: str | None,
    unknown: int | None,
    outputs: tuple[str, ...],
    at: str | None,
) -> Answer:
    """Make the tables of a bias audit by sex, by race or ethnicity and by both; with --lint, check published ones.

    A rate is the share of people selected, or whose score is above the exact median of everybody's; the impact ratio is
    the rate over the highest rate. No ratio is judged: the rules that ask for these tables (6 RCNY 5-300 to 5-304)
    name none. Tables and layouts are described in docs/fairness.md.

    Exit codes: 0 made or clean, 1 faults in the tables, 2 usage error, 3 the file cannot be read as what it should be.
    """
    today = clock_of(at).date()
    day = None if audit_date is None else _day("--audit-date", audit_date)
    if lint:
        return _lint(path, day, today if used_on is None else _day("--used-on", used_on), unknown, outputs)
    if method is None:
        raise click.UsageError("--method says what a rate counts: selection or scoring")
    from govern.gate.fairness.audit import AuditRequest

    low, sign, high = score_range.partition(",")
    if not sign:
        raise click.BadParameter(f"{score_range} is not LOW,HIGH")
    request = AuditRequest(
        path=path,
        method="selection" if method == "selection" else "scoring",
        audit_date=day or today,
        sex=sex,
        race=race,
        decision=decision,
        positive=positive,
        score=score,
        score_range=(low.strip(), high.strip()),
        unknown=unknown_values,
        excluded=_excluded(excluded),
        data_type=data_type,
        data_source=data_source,
        explanation=explanation,
        test_reason=test_data_reason,
    )
    return _make(request, outputs)


def _make(request: AuditRequest, outputs: tuple[str, ...]) -> Answer:
    from govern.gate.fairness.audit import make_audit
    from govern.gate.outputs import parse_outputs, write_outputs
    from govern.report import audit_tables as report

    asked = parse_outputs(outputs, formats=FORMATS, bundle=request.path if request.path.is_dir() else None)
    made = make_audit(request)
    renderers = {
        "text": lambda: report.audit_text(made.document, made.faults),
        "json": lambda: report.audit_json(made.document),
        "csv": lambda: report.audit_csv(made.document),
        "markdown": lambda: report.audit_markdown(made.document),
    }
    faults = write_outputs(asked, renderers, out)
    for fault in faults:
        err(str(fault))
    if faults:
        return Answer(2)
    return Answer(1 if any(not fault.note for fault in made.faults) else 0)


def _lint(path: Path, day: date | None, used_on: date, unknown: int | None, outputs: tuple[str, ...]) -> Answer:
    from govern.gate.fairness.audit_lint import LintRequest, lint_published
    from govern.gate.outputs import parse_outputs, write_outputs
    from govern.report import audit_tables as report

    asked = parse_outputs(outputs, formats=("text", "json"), bundle=None)
    found = lint_published(LintRequest(path=path, used_on=used_on, audit_date=day, unknown=unknown))
    renderers = {
        "text": lambda: report.faults_text(found.file, found.faults, found.not_checked),
        "json": lambda: report.faults_json(found.file, found.faults, found.not_checked),
    }
    faults = write_outputs(asked, renderers, out)
    for fault in faults:
        err(str(fault))
    return Answer(2 if faults else 1 if found.wrong else 0)


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise click.BadParameter(f"{text} is not a day such as 2026-03-01", param_hint=option) from fault


def _excluded(given: tuple[str, ...]) -> dict[str, str]:
    made: dict[str, str] = {}
    for item in given:
        category, sign, why = item.partition("=")
        if not sign or not category.strip() or not why.strip():
            raise click.BadParameter(f"{item} is not CATEGORY=WHY", param_hint="--exclude")
        made[category.strip()] = why.strip()
    return made
