"""The rule's own example of a scoring tool (6 RCNY 5-301(d)), from rows: the median of everybody, and who is above it.

The rule prints how many of each category score above the median of the full sample. Rows are made that have these counts;
people of unknown category take part in the median, and in no category.
"""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from govern.checks.predictions import counts_of
from govern.diagnostics import Diagnostic
from govern.evidence.predictions import find_predictions
from govern.evidence.score_median import above_median
from support.process import ROOT
from support.score_bundles import bundle_of

GOLDENS = ROOT / "tests" / "goldens" / "fairness" / "fairness.json"
SETS = {item["name"]: item["input"]["groups"] for item in json.loads(GOLDENS.read_text(encoding="utf-8"))["sets"]}


@pytest.mark.parametrize("name", ["ll144_rule_scoring_example_sex", "ll144_rule_scoring_example_race"])
@pytest.mark.parametrize("median", [50, Fraction(101, 2)])
def test_the_rules_scoring_example(tmp_path, name, median):
    groups = SETS[name]
    rows = [
        (group, score)
        for group, two in groups.items()
        for score in [90] * two["selected"] + [int(median)] * (two["n"] - two["selected"])
    ]
    above = sum(two["selected"] for two in groups.values())
    apart = len(rows) - 2 * above  # people of unknown category bring the middle to where it is
    top = int(median) + (2 * median) % 2
    rows += [("", int(top) if apart > 0 else 1)] * abs(apart)
    if median == int(median):
        rows.append(("", int(median)))
    else:
        rows = [(group, 51 if score == 90 else score) for group, score in rows]
    table = "\n".join(["sex,score,y_pred", *(f"{group},{score},1" for group, score in rows), ""]).encode()
    bundle = bundle_of(
        tmp_path,
        table,
        columns={"y_pred": "y_pred", "score": "score", "sensitive": ["sex"]},
        groups={"sex": sorted(groups)},
        score_range=["0", "100"],
    )
    source = find_predictions(bundle)
    assert not isinstance(source, Diagnostic)
    found = above_median(bundle, source, ("sex",))
    assert not isinstance(found, Diagnostic)
    assert found.median == median
    tallies = counts_of(found.predictions).table(("sex",)).groups
    assert {group[0]: (tally.n, tally.fp) for group, tally in tallies.items()} == {
        group: (two["n"], two["selected"]) for group, two in groups.items()
    }
