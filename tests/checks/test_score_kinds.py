"""`fairness.score_gap`, `calibration_gap` and `ranking_gap` from a bundle's table to outcome, findings and facts."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from govern.bundle import Bundle
from govern.canonical import canonical_bytes
from govern.checks.context import CheckContext
from govern.checks.fairness.score_kinds import CHECKS
from govern.checks.interface import Check
from govern.checks.replay import NotReplayable, StoredOutcome, rejudge
from govern.diagnostics import InputError
from govern.diagnostics.catalogue import lookup
from govern.fairness import scores_from_json
from govern.fairness.bounded import Bounded
from govern.fairness.score_gaps import auc
from govern.fairness.score_groups import score_table
from govern.policy.outcomes import CheckResult, Outcome
from support.bundles import PREDICTIONS, PREDICTIONS_MANIFEST, BundleBuilder
from support.score_bundles import bundle_of, csv_of, parquet_of

CALIBRATION, RANKING, SCORE = CHECKS
LIMITS: dict[str, dict[str, Any]] = {
    "fairness.calibration_gap": {"measure": "ece", "at_most": "0.05", "attributes": ["sex"]},
    "fairness.ranking_gap": {"measure": "exposure", "at_least": "0.8", "attributes": ["sex"]},
    "fairness.score_gap": {"measure": "auc", "at_most": "0.05", "attributes": ["sex"]},
}


def run(check: Check, bundle: Bundle, **changes: Any) -> CheckResult:
    given = {**LIMITS[check.spec.kind], **changes}
    params = check.spec.params.model_validate({key: value for key, value in given.items() if value is not None})
    result = check.evaluate(params, CheckContext(bundle=bundle, stage="pre-registration"))
    canonical_bytes(result.facts)
    for finding in result.findings:
        lookup(finding.code)
    assert set(result.fields) <= set(check.spec.message_fields)
    assert not {"fair", "unbiased", "compliant"} & set(result.summary.lower().split())
    return result


def codes(result: CheckResult) -> set[str]:
    return {finding.code for finding in result.findings}


def scored(n: int = 400, *, weak: float = 0.0, seed: int = 3) -> list[tuple[str, int, float]]:
    """Two groups of calibrated scores; with `weak`, women's are mixed with noise."""
    random = np.random.RandomState(seed)
    rows = []
    for sex in ("F", "M"):
        scores = random.beta(1, 1, n)
        labels = (random.random_sample(n) < scores).astype(int)
        shown = (1 - weak) * scores + weak * random.random_sample(n) if sex == "F" else scores
        rows += list(zip([sex] * n, labels.tolist(), shown.tolist(), strict=True))
    return rows


def errors(rows: list[tuple[str, float, float]]) -> bytes:
    return "\n".join(["sex,y_true,y_pred", *(f"{a},{b},{c}" for a, b, c in rows), ""]).encode()


def regression(tmp_path, rows: list[tuple[str, float, float]], **changes: Any) -> Bundle:
    columns = {"y_pred": "y_pred", "y_true": "y_true", "sensitive": ["sex"]}
    return bundle_of(tmp_path, errors(rows), task="regression", columns=columns, positive=None, **changes)


def ranked(tmp_path, ranks: dict[str, list[int]], table: bytes | None = None, **columns: Any) -> Bundle:
    rows = [f"{sex},{rank}" for sex, places in ranks.items() for rank in places]
    made = table or "\n".join(["sex,place", *rows, ""]).encode()
    held = {"rank": "place", "sensitive": ["sex"], **columns}
    return bundle_of(tmp_path, made, task="ranking", columns=held, positive=None)


# --- scores


@pytest.mark.parametrize(("measure", "limit"), [("auc", "0.05"), ("ks", "0.1"), ("smd", "0.2")])
def test_like_scores_pass_and_worse_ones_fail(tmp_path, measure, limit):
    alike = run(SCORE, bundle_of(tmp_path / "1", csv_of(scored())), measure=measure, at_most=limit)
    assert alike.outcome is Outcome.PASS, alike.findings
    assert alike.findings == ()
    rows = [
        (sex, label, score / 2 if measure == "smd" and sex == "F" else score) for sex, label, score in scored(weak=0.8)
    ]
    apart = run(SCORE, bundle_of(tmp_path / "2", csv_of(rows)), measure=measure, at_most=limit)
    assert apart.outcome is Outcome.FAIL
    assert codes(apart) == {"F120"}
    assert "sex=F" in apart.summary
    assert "n = " in apart.summary
    assert apart.findings[0].observed == apart.fields["worst.value"] == apart.observed


@pytest.mark.parametrize(
    ("measure", "limit"), [("ece", "0.06"), ("brier", "0.03"), ("slope", "0.3"), ("intercept", "0.4")]
)
def test_like_calibration_passes_and_other_fails(tmp_path, measure, limit):
    alike = run(CALIBRATION, bundle_of(tmp_path / "1", csv_of(scored(1000))), measure=measure, at_most=limit)
    assert alike.outcome is Outcome.PASS, alike.findings
    rows = [(sex, label, score**3 if sex == "F" else score) for sex, label, score in scored(1000)]
    apart = run(CALIBRATION, bundle_of(tmp_path / "2", csv_of(rows)), measure=measure, at_most=limit)
    assert apart.outcome is Outcome.FAIL
    assert codes(apart) == {"F120"}


def test_exactly_at_the_limit_passes_and_a_hair_beyond_fails(tmp_path):
    rows = [("F", label, 0.25) for label in (0, 1) for _ in range(60)]
    rows += [("M", label, 0.75 if label else 0.5) for label in (0, 1) for _ in range(60)]
    bundle = bundle_of(tmp_path, csv_of(rows))
    brier = {"measure": "brier", "min_group": 100}
    exact = (Fraction(1, 4) ** 2 + Fraction(3, 4) ** 2) / 2 - (Fraction(1, 2) ** 2 + Fraction(1, 4) ** 2) / 2
    assert exact == Fraction(5, 32)
    assert run(CALIBRATION, bundle, at_most="0.15625", **brier).outcome is Outcome.PASS
    assert run(CALIBRATION, bundle, at_most="0.15624", **brier).outcome is Outcome.FAIL


def test_a_limit_within_the_bounds_of_a_histogram_is_inconclusive(tmp_path):
    rows = [("F", label, 0.5 + label / 2**14) for label in (0, 1) for _ in range(60)]
    rows += [("M", label, 0.25 + label / 2) for label in (0, 1) for _ in range(60)]
    result = run(SCORE, bundle_of(tmp_path, csv_of(rows)), at_most="0.5")
    assert result.outcome is Outcome.INCONCLUSIVE
    assert codes(result) == {"F121"}
    assert "exact within 0.5; the limit lies between" in result.findings[0].detail


def test_auc_in_a_metric_frame_one_group_has_one_class_only(tmp_path):
    """fairlearn: NaN for the group, difference 0.0, ratio 1.0. Ours: undefined, and never a pass."""
    rows = [(sex, 1 if sex == "F" else label, score) for sex, label, score in scored()]
    result = run(SCORE, bundle_of(tmp_path, csv_of(rows)), at_most="1")
    assert result.outcome is Outcome.INCONCLUSIVE
    assert codes(result) == {"F124", "F105"}
    assert "one class only" in " ".join(finding.detail for finding in result.findings)
    groups = {row["label"]: row for row in result.facts["tables"][0]["groups"]}
    assert (groups["sex=F"]["value"], groups["sex=F"]["undefined"]) == (None, "one class only")
    assert groups["sex=F"]["roc"] is None


def test_a_small_group_and_a_single_group_are_inconclusive(tmp_path):
    rows = [*[row for row in scored() if row[0] == "M"], *[row for row in scored() if row[0] == "F"][:40]]
    small = run(SCORE, bundle_of(tmp_path / "1", csv_of(rows)), at_most="1")
    assert small.outcome is Outcome.INCONCLUSIVE
    assert codes(small) == {"F123", "F105"}
    assert run(SCORE, bundle_of(tmp_path / "2", csv_of(rows)), at_most="1", min_group=10).outcome is Outcome.PASS
    absent = run(SCORE, bundle_of(tmp_path / "3", csv_of([row for row in scored() if row[0] == "M"])), at_most="1")
    assert absent.outcome is Outcome.MISSING_EVIDENCE
    assert "F108" in codes(absent)


def test_rows_without_score_or_group_decide_unless_allowed(tmp_path):
    rows = [*scored(), ("F", 1, None), ("?", 0, 0.5)]
    bundle = bundle_of(tmp_path, csv_of(rows))
    result = run(SCORE, bundle)
    assert result.outcome is Outcome.INCONCLUSIVE
    assert codes(result) == {"F109"}
    assert run(SCORE, bundle, max_missing="0.01").outcome is Outcome.PASS


def test_a_demonstrated_gap_needs_people(tmp_path):
    few = run(SCORE, bundle_of(tmp_path / "1", csv_of(scored())), decide="demonstrated")
    assert few.outcome is Outcome.INCONCLUSIVE
    assert codes(few) == {"F122"}
    many = bundle_of(tmp_path / "2", parquet_of(scored(20_000)))
    assert run(SCORE, many, decide="demonstrated").outcome is Outcome.PASS
    worse = bundle_of(tmp_path / "3", parquet_of(scored(20_000, weak=0.8)))
    assert run(SCORE, worse, decide="demonstrated").outcome is Outcome.FAIL
    wide = run(SCORE, many, decide="demonstrated", confidence="0.999999999")
    assert Fraction(wide.facts["tables"][0]["worst"]["high"]) > Fraction(
        run(SCORE, many, decide="demonstrated").facts["tables"][0]["worst"]["high"]
    )


def test_what_is_demonstrated_passes_as_a_point(tmp_path):
    bundle = bundle_of(tmp_path, parquet_of(scored(3000)))
    for check, measure in (
        (SCORE, "auc"),
        (SCORE, "ks"),
        (SCORE, "smd"),
        (CALIBRATION, "brier"),
        (CALIBRATION, "slope"),
    ):
        for limit in ("0.01", "0.03", "0.1", "0.3"):
            shown = run(check, bundle, measure=measure, at_most=limit, decide="demonstrated").outcome
            point = run(check, bundle, measure=measure, at_most=limit).outcome
            assert (shown, point) not in {(Outcome.PASS, Outcome.FAIL), (Outcome.PASS, Outcome.INCONCLUSIVE)}
            assert (shown, point) not in {(Outcome.FAIL, Outcome.PASS), (Outcome.FAIL, Outcome.INCONCLUSIVE)}


def test_a_reference_group_is_compared_with_the_others(tmp_path):
    bundle = bundle_of(tmp_path, csv_of(scored()))
    result = run(SCORE, bundle, reference="M")
    assert result.facts["reference"] == {"sex": "M"}
    assert result.fields["worst.reference"] == "sex=M"
    assert run(SCORE, bundle, reference="X").outcome is Outcome.MISSING_EVIDENCE


# --- facts


def test_the_restricted_counts_give_every_figure_again(tmp_path):
    result = run(SCORE, bundle_of(tmp_path, csv_of(scored())))
    facts = json.loads(canonical_bytes(result.facts))
    counts = scores_from_json(facts["restricted"])
    groups, _unknown = score_table(counts, ("sex",))
    for row in facts["tables"][0]["groups"]:
        figure = auc(groups[(row["group"]["sex"],)])
        assert isinstance(figure, Bounded)
        assert abs(Fraction(row["value"]) - figure.middle) <= Fraction(1, 2 * 10**6)
        assert (row["positives"], row["negatives"]) == (
            groups[(row["group"]["sex"],)].positives,
            groups[(row["group"]["sex"],)].negatives,
        )
        assert 2 < len(row["roc"]) <= 65
        assert row["roc"][0] == ["0", "0"]
        assert row["roc"][-1] == ["1", "1"]
        assert len(row["reliability"]) == 10


def test_explain_tells_every_group(tmp_path):
    from govern.report.explanation import _comparisons

    rows = [(sex, 1 if sex == "F" else label, score) for sex, label, score in scored()]
    rows += [("X", 1, 0.5)] * 3
    bundle = bundle_of(tmp_path, csv_of(rows), groups={"sex": ["F", "M", "X"]})
    told = "\n".join(_comparisons(run(SCORE, bundle).facts, ()))
    assert "auc by sex: difference <= 0.05, inconclusive" in told
    assert "sex=X: not shown" in told
    assert "on 400 people" in told or told.count("not shown") > 1


def test_bytes_do_not_depend_on_order_or_form(tmp_path):
    rows = scored()
    made = [csv_of(rows), csv_of(rows[::-1]), parquet_of(rows, group=7)]
    facts = {canonical_bytes(run(SCORE, bundle_of(tmp_path / str(n), table)).facts) for n, table in enumerate(made)}
    assert len(facts) == 1


def test_no_number_of_a_small_group_is_public(tmp_path):
    rows = [*scored(), *[("X", label, 0.123 + label / 2) for label in (0, 1) for _ in range(2)]]
    rows += [(sex, label, 0.5) for sex in ("Y",) for label in (0, 1) for _ in range(50)]
    bundle = bundle_of(tmp_path, csv_of(rows), groups={"sex": ["F", "M", "X", "Y"]})
    result = run(SCORE, bundle, min_group=1)
    facts = json.loads(canonical_bytes(result.facts))
    groups = {row["label"]: row for row in facts["tables"][0]["groups"]}
    assert not groups["sex=X"]["shown"]
    assert sum(not row["shown"] for row in groups.values()) >= 2, (
        "one hidden group alone would be the rest of the total"
    )
    for row in groups.values():
        if not row["shown"]:
            assert {row[name] for name in row if name not in ("group", "label", "shown")} == {None}
    told = " ".join([result.summary, *(f"{f.detail} {f.observed} {f.discriminator}" for f in result.findings)])
    told += " ".join(result.fields.values())
    assert "sex=X" not in told
    assert run(SCORE, bundle, min_group=1, smallest_shown=1).facts["tables"][0]["groups"][2]["shown"]


def stored(result: CheckResult) -> StoredOutcome:
    return StoredOutcome(result.outcome, result.observed, json.loads(canonical_bytes(result.facts)))


@pytest.mark.parametrize(
    ("check", "first", "then"),
    [
        (SCORE, {}, {"at_most": "0.00001"}),
        (SCORE, {"measure": "ks", "at_most": "0.3"}, {"decide": "demonstrated"}),
        (SCORE, {"measure": "smd"}, {"min_group": 5000}),
        (CALIBRATION, {"measure": "slope", "at_most": "0.001"}, {"at_most": "5"}),
        (SCORE, {"measure": "mean_residual", "at_most": "1"}, {"at_most": "4"}),
        (SCORE, {"measure": "rmse_ratio", "at_most": None, "at_least": "0.9"}, {"at_least": "0.1"}),
        (RANKING, {}, {"at_least": "0.99"}),
        (RANKING, {"measure": "top_k", "k": [10, 50]}, {"at_least": "1"}),
    ],
)
def test_the_stored_counts_are_judged_again_by_other_limits(tmp_path, check, first, then):
    if check is RANKING:
        bundle = ranked(tmp_path, {"F": list(range(1, 121, 2)), "M": list(range(2, 121, 2))})
    elif first.get("measure") in ("mean_residual", "rmse_ratio"):
        bundle = regression(tmp_path, numbers(off=3))
    else:
        bundle = bundle_of(tmp_path, csv_of(scored(1000)))
    before, after = run(check, bundle, **first), run(check, bundle, **{**first, **then})
    given = [{**LIMITS[check.spec.kind], **first}, {**LIMITS[check.spec.kind], **first, **then}]
    old, new = (
        check.spec.params.model_validate({key: value for key, value in one.items() if value is not None})
        for one in given
    )
    assert rejudge(check.spec.kind, old, new, stored(before)) is after.outcome
    assert rejudge(check.spec.kind, new, old, stored(after)) is before.outcome
    spoiled = StoredOutcome(before.outcome, before.observed, {"kind": "fairness-scores", "measure": old.measure})
    assert isinstance(rejudge(check.spec.kind, old, new, spoiled), NotReplayable)
    other = new.model_copy(update={"reference": "M"})
    assert isinstance(rejudge(check.spec.kind, old, other, stored(before)), NotReplayable)


# --- regression


def numbers(n: int = 60, *, off: float = 0.0, spread: float = 1.0) -> list[tuple[str, float, float]]:
    random = np.random.RandomState(8)
    rows = []
    for sex in ("F", "M"):
        truth = random.normal(100, 20, n).round(3)
        noise = np.concatenate([random.normal(0, 5, n // 2)] * 2) * np.repeat([1, -1], n // 2)
        noise = noise * (spread if sex == "F" else 1) + (off if sex == "F" else 0)
        rows += list(zip([sex] * n, truth.tolist(), (truth - noise).tolist(), strict=True))
    return rows


def test_errors_of_numeric_predictions(tmp_path):
    alike = regression(tmp_path / "1", numbers())
    assert run(SCORE, alike, measure="mean_residual", at_most="0.001").outcome is Outcome.PASS
    assert run(SCORE, alike, measure="rmse_ratio", at_most=None, at_least="0.7").outcome is Outcome.PASS
    assert run(SCORE, alike, measure="smd", at_most="0.5").outcome is Outcome.PASS
    off = regression(tmp_path / "2", numbers(off=3))
    result = run(SCORE, off, measure="mean_residual", at_most="1")
    assert result.outcome is Outcome.FAIL
    assert result.observed == "3"
    assert run(SCORE, off, measure="mean_residual", at_most="1", decide="demonstrated").outcome is not Outcome.PASS
    wide = regression(tmp_path / "3", numbers(spread=2))
    assert run(SCORE, wide, measure="rmse_ratio", at_most=None, at_least="0.8").outcome is Outcome.FAIL
    assert run(SCORE, wide, measure="rmse_ratio", at_most="3", reference="M").outcome is Outcome.PASS
    assert run(SCORE, wide, measure="rmse_ratio", at_most="1.1", reference="M").outcome is Outcome.FAIL


def test_an_exact_residual_gap_is_exact(tmp_path):
    rows = [("F", 1.5, 1.0)] * 40 + [("M", 1.0, 1.0)] * 40
    bundle = regression(tmp_path, rows)
    assert run(SCORE, bundle, measure="mean_residual", at_most="0.5").outcome is Outcome.PASS
    assert run(SCORE, bundle, measure="mean_residual", at_most="0.49999").outcome is Outcome.FAIL
    undefined = run(SCORE, bundle, measure="rmse_ratio", at_most=None, at_least="0.5")
    assert undefined.outcome is Outcome.FAIL, "no error at all over some error is 0"
    perfect = regression(tmp_path / "2", [("F", 1.5, 1.5)] * 40 + [("M", 1.0, 1.0)] * 40)
    nothing = run(SCORE, perfect, measure="rmse_ratio", at_most=None, at_least="0.5")
    assert nothing.outcome is Outcome.INCONCLUSIVE
    assert "F124" in codes(nothing)


@pytest.mark.parametrize(
    ("check", "changes"),
    [
        (SCORE, {"measure": "mean_residual"}),
        (SCORE, {"measure": "rmse_ratio", "at_most": None, "at_least": "0.5"}),
    ],
)
def test_another_task_is_missing_evidence(tmp_path, check, changes):
    result = run(check, bundle_of(tmp_path, csv_of(scored())), **changes)
    assert result.outcome is Outcome.MISSING_EVIDENCE
    assert codes(result) == {"F128"}


def test_scores_are_not_asked_of_numbers(tmp_path):
    for check in (SCORE, CALIBRATION):
        assert codes(run(check, regression(tmp_path / check.spec.kind, numbers()))) == {"F128"}


# --- ranking


def test_without_ranks_there_is_no_ranking(tmp_path):
    result = run(RANKING, bundle_of(tmp_path, csv_of(scored())))
    assert result.outcome is Outcome.MISSING_EVIDENCE
    assert codes(result) == {"E122"}


def test_places_in_a_list(tmp_path):
    women, men = list(range(1, 121, 2)), list(range(2, 121, 2))
    mixed = ranked(tmp_path / "1", {"F": women, "M": men})
    assert run(RANKING, mixed).outcome is Outcome.PASS
    assert run(RANKING, mixed, measure="top_k", k=[10, 50], at_least="1").outcome is Outcome.PASS
    below = ranked(tmp_path / "2", {"M": list(range(1, 61)), "F": list(range(61, 121))})
    result = run(RANKING, below)
    assert result.outcome is Outcome.FAIL
    assert result.fields["worst.measure"] == "exposure"
    wanted = sum(1 / np.log2(1 + np.arange(61, 121))) / sum(1 / np.log2(1 + np.arange(1, 61)))
    assert float(result.observed) == pytest.approx(wanted, abs=1e-4)
    top = run(RANKING, below, measure="top_k", k=[10, 120], at_least="0.8")
    assert top.outcome is Outcome.FAIL
    assert top.fields["worst.measure"] == "top_k@10"
    assert [table["verdict"] for table in top.facts["tables"]] == ["fail", "pass"]


def test_lists_are_told_apart_by_their_query(tmp_path):
    rows = [
        f"{sex},{place + 1},{query}" for query in range(40) for place, sex in enumerate("FM" if query % 2 else "MF")
    ]
    table = "\n".join(["sex,place,query", *rows, ""]).encode()
    assert run(RANKING, ranked(tmp_path / "1", {}, table, query="query")).outcome is Outcome.PASS
    with pytest.raises(InputError, match="E236"):
        run(RANKING, ranked(tmp_path / "2", {}, table))


@pytest.mark.parametrize("rank", ["0", "1.5", "-1", "2000000"])
def test_what_is_no_rank_is_refused(tmp_path, rank):
    table = f"sex,place\nF,{rank}\nM,2\n".encode()
    with pytest.raises(InputError, match="E235"):
        run(RANKING, ranked(tmp_path, {}, table))


def test_a_row_without_rank_is_counted(tmp_path):
    rows = [f"F,{n}" for n in range(1, 60, 2)] + [f"M,{n}" for n in range(2, 61, 2)] + ["F,"]
    result = run(RANKING, ranked(tmp_path, {}, "\n".join(["sex,place", *rows, ""]).encode()))
    assert result.outcome is Outcome.INCONCLUSIVE
    assert codes(result) == {"F109"}


# --- what every kind owes


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.spec.kind)
def test_missing_malformed_empty_and_unbound(tmp_path, check):
    nothing = BundleBuilder(tmp_path / "0").remove(PREDICTIONS).remove(PREDICTIONS_MANIFEST).open()
    assert run(check, nothing).outcome is Outcome.MISSING_EVIDENCE
    empty = bundle_of(tmp_path / "1", csv_of([]))
    if check is not RANKING:
        assert codes(run(check, empty)) == {"E104"}
        assert codes(run(check, bundle_of(tmp_path / "2", csv_of(scored())), bound=True)) == {"E108"}
        for text in (b"", b"sex,y_true,score,y_pred\nF,1,a,1\n", b"sex,y_true,score,y_pred\nF,1\n"):
            with pytest.raises(InputError):
                run(check, bundle_of(tmp_path / f"3{len(text)}", text))
    else:
        assert codes(run(check, ranked(tmp_path / "4", {}, b"sex,place\n"))) == {"E104"}
    assert run(check, bundle_of(tmp_path / "5", csv_of(scored())), attributes=["race"]).outcome in {
        Outcome.MISSING_EVIDENCE
    }


def test_hostile_group_names_reach_messages_harmlessly(tmp_path):
    evil = "\x1b[31m<script>&"
    rows = [(evil if sex == "F" else sex, label, score) for sex, label, score in scored(weak=0.9)]
    result = run(SCORE, bundle_of(tmp_path, csv_of(rows), groups={}))
    assert result.outcome is Outcome.FAIL
    assert "\x1b" not in result.summary + "".join(finding.detail for finding in result.findings)


def test_other_kinds_make_nothing_of_numbers_and_places(tmp_path):
    from govern.checks.fairness.disparity import CHECKS as DISPARITIES

    (disparity,) = DISPARITIES
    params = disparity.spec.params.model_validate(
        {"metric": "selection_rate", "compare": "ratio", "at_least": "0.1", "attributes": ["sex"], "decide": "point"}
    )
    for bundle in (regression(tmp_path / "1", numbers()), ranked(tmp_path / "2", {"F": [1, 3], "M": [2, 4]})):
        with pytest.raises(InputError, match=r"E12[23]"):
            disparity.evaluate(params, CheckContext(bundle=bundle, stage="pre-registration"))


@pytest.mark.parametrize(
    ("check", "changes"),
    [
        (SCORE, {"at_most": None}),
        (SCORE, {"at_least": "0.5"}),
        (SCORE, {"at_most": "-1"}),
        (SCORE, {"at_most": None, "at_least": "0.5"}),
        (SCORE, {"measure": "rmse_ratio"}),
        (SCORE, {"measure": "rmse_ratio", "at_most": None, "at_least": "1.5"}),
        (SCORE, {"measure": "gini"}),
        (SCORE, {"min_group": 0}),
        (SCORE, {"confidence": "1"}),
        (SCORE, {"max_missing": "2"}),
        (SCORE, {"attributes": []}),
        (SCORE, {"attributes": ["sex", "race"], "reference": "M"}),
        (CALIBRATION, {"at_most": None}),
        (CALIBRATION, {"bins": 1}),
        (CALIBRATION, {"decide": "demonstrated"}),
        (RANKING, {"k": [10]}),
        (RANKING, {"measure": "top_k"}),
        (RANKING, {"measure": "top_k", "k": [0]}),
        (RANKING, {"measure": "ndcg"}),
        (RANKING, {"decide": "demonstrated"}),
        (RANKING, {"at_least": None, "at_most": "0.5"}),
    ],
)
def test_parameters_that_make_no_sense_are_refused(check, changes):
    given = {**LIMITS[check.spec.kind], **changes}
    with pytest.raises(ValidationError):
        check.spec.params.model_validate({key: value for key, value in given.items() if value is not None})
