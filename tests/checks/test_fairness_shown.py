"""Whatever the counts and the rule: no word, field or public fact tells of a group that is not shown."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from govern.canonical import canonical_bytes
from govern.checks.fairness.disparity import DisparityParams
from govern.checks.fairness.facts import counts_of_restricted
from govern.checks.fairness.findings import result_of
from govern.fairness import Axis, Counts, Missing, Tally, judge
from govern.fairness.disclosure import hidden_groups
from govern.policy.outcomes import CheckResult

SIZES = st.one_of(st.integers(0, 3), st.integers(0, 12), st.integers(20, 200))
TALLIES = st.builds(Tally, SIZES, SIZES, SIZES, SIZES)
TENSORS = st.fixed_dictionaries({(i, j): TALLIES for i in range(3) for j in range(3)})
LABEL = re.compile(r"(?:sex|race)=\w+(?:, (?:sex|race)=\w+)?")


def counts_of(cells: dict[tuple[int, int], Tally]) -> Counts:
    axes = (Axis("race", ("A", "B")), Axis("sex", ("F", "M")))
    return Counts(axes, True, cells, Missing(), sum(tally.n for tally in cells.values()))


def judged(counts: Counts, **changes: Any) -> CheckResult:
    given_ = {
        "metric": "selection_rate",
        "compare": "ratio",
        "at_least": "0.8",
        "attributes": ["sex", "race", ["sex", "race"]],
        "missing_bounds": "none",
        **changes,
    }
    params = DisparityParams.model_validate({key: value for key, value in given_.items() if value is not None})
    return result_of(params, counts, judge(params.question(), counts), file="p.csv", evidence=(), holds=())


RULES = st.fixed_dictionaries(
    {
        "decide": st.sampled_from(["point", "evidence_of_harm", "demonstrated"]),
        "min_n": st.sampled_from([1, 5, 30]),
        "small_groups": st.sampled_from(["exclude", "inconclusive"]),
        "significant_gap": st.sampled_from(["report", "fail"]),
        "reference": st.sampled_from(["highest", {"sex": "M", "race": "A"}]),
    }
)
METRICS = st.sampled_from(["selection_rate", "true_positive_rate", "precision", "accuracy", "equalized_odds"])


@settings(max_examples=150, deadline=None)
@given(TENSORS, RULES, METRICS)
def test_nothing_names_a_group_that_is_not_shown(
    cells: dict[tuple[int, int], Tally], rule: dict[str, Any], metric: str
) -> None:
    counts = counts_of(cells)
    if not counts.rows:
        return
    result = judged(counts, metric=metric, **rule)
    facts = json.loads(canonical_bytes(result.facts))
    shown = {group["label"] for table in facts["tables"] for group in table["groups"] if group["shown"]}
    told = [result.summary, result.observed or "", *result.fields.values()]
    for finding in result.findings:
        told += [finding.detail, finding.observed or "", finding.remediation or "", finding.discriminator]
    for label in LABEL.findall(" | ".join(told)):
        assert label in shown or {*label.split(", ")} <= shown, "a crossing, or two groups of a list"
    for table in facts["tables"]:
        names = tuple(table["attributes"])
        hidden = hidden_groups(counts, names, 11, labels=metric != "selection_rate")
        for group in table["groups"]:
            if tuple(group["group"][name] for name in names) in hidden:
                public = {value for name, value in group.items() if name not in ("group", "label", "shown")}
                assert (group["shown"], public) == (False, {None})
            elif group["n"]:
                assert group["n"] >= 11
        worst = table["worst"]
        if worst is not None and worst["shown"]:
            assert {worst["group"], worst["reference"]} <= shown


@settings(max_examples=60, deadline=None)
@given(TENSORS, st.sampled_from(["point", "evidence_of_harm", "demonstrated"]))
def test_every_number_can_be_made_again_from_the_restricted_part(
    cells: dict[tuple[int, int], Tally], decide: str
) -> None:
    counts = counts_of(cells)
    if not counts.rows:
        return
    facts = json.loads(canonical_bytes(judged(counts, decide=decide).facts))
    again = counts_of_restricted(facts["restricted"])
    kept = {key: tally for key, tally in counts.cells.items() if tally.n}
    assert (again.axes, again.labelled, again.cells, again.rows) == (counts.axes, True, kept, counts.rows)
    first, second = judged(counts, decide=decide), judged(again, decide=decide)
    assert canonical_bytes(first.facts) == canonical_bytes(second.facts)
    assert (first.outcome, first.summary, first.findings) == (second.outcome, second.summary, second.findings)
