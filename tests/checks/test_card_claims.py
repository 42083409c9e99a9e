"""`model_card.claims`: declared figures beside measured ones. The sound bundle's accuracy is 0.9, on 400 people."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from govern.checks.cards.metrics import agrees, canonical_metric, decimals_of, figure_of
from govern.checks.cards.rule_params import ClaimsParams
from govern.evidence.cards import Locator
from govern.evidence.cards.metrics import metric
from govern.policy.outcomes import Outcome
from support.bundles import CARD, PREDICTIONS, PREDICTIONS_MANIFEST, BundleBuilder
from support.card_rules import changed, codes, run_card, words

ROW = "| accuracy | acme/loans holdout | 0.9 |"
HERE = "acme/loans holdout"
PLACE = Locator("README.md", "0" * 64, 1)


def claims(tmp_path, *rows, builder=None, **params):
    card = changed(ROW, "\n".join(rows)) if rows else CARD
    return run_card("claims", (builder or BundleBuilder(tmp_path)).file("README.md", card).open(), **params)


def only_metrics(tmp_path, text):
    made = BundleBuilder(tmp_path).remove(PREDICTIONS).remove(PREDICTIONS_MANIFEST).file("metrics.json", text)
    return made.record(evidence={"metrics": {"path": "metrics.json"}})


def results(made):
    return [item["result"] for item in made.facts["claims"]]


def test_the_sound_card_agrees_and_shows_both_figures(tmp_path):
    made = claims(tmp_path, backed="all")
    assert (made.outcome, made.findings) == (Outcome.PASS, ())
    (claim,) = made.facts["claims"]
    assert (made.facts["kind"], claim["claimed"], claim["measured"], claim["result"]) == (
        "card-claims",
        "0.9",
        "0.9",
        "agrees",
    )
    assert claim["line"] == CARD.splitlines().index(ROW) + 1
    assert {item.name for item in made.evidence} == {"model_card", "predictions", "metrics"}


@pytest.mark.parametrize(
    ("written", "outcome"),
    [
        ("0.9", "pass"), ("0.90", "pass"), ("0.900", "pass"), ("90%", "pass"), ("90.0 %", "pass"), ("9.0e-1", "pass"),
        ("0.91", "fail"), ("0.905", "fail"), ("0.899", "fail"), ("91.2%", "fail"), ("0.95", "fail"),
        ("90", "error"), ("91.2", "error"),
        ("0,90", "inconclusive"), ("0.9 ± 0.1", "inconclusive"), ("≥ 0.8", "inconclusive"),
        ("1", "inconclusive"),
    ],
)  # fmt: skip
def test_how_a_figure_is_written(tmp_path, written, outcome):
    made = claims(tmp_path, f"| accuracy | {HERE} | {written} |")
    assert made.outcome == outcome, words(made)
    assert made.facts["claims"][0]["claimed"] == written


def test_disagreement_names_both_figures_and_the_line(tmp_path):
    made = claims(tmp_path, f"| accuracy | {HERE} | 0.95 |")
    assert (made.outcome, codes(made)) == (Outcome.FAIL, ["E253"])
    (finding,) = made.findings
    assert (finding.observed, finding.required) == ("0.95", "0.9")
    assert finding.location.line == CARD.splitlines().index(ROW) + 1
    assert claims(tmp_path, f"| accuracy | {HERE} | 0.95 |", tolerance="0.05").outcome is Outcome.PASS


# --- the precision rule


@pytest.mark.parametrize(
    ("written", "measured", "holds"),
    [
        ("0.91", "0.905", True), ("0.91", "0.915", True), ("0.91", "0.91", True),
        ("0.91", "0.904999", False), ("0.91", "0.915001", False),
        ("0.905", "0.91", False), ("0.905", "0.9055", True),
        ("91%", "0.905", True), ("91%", "0.9049", False), ("91.0%", "0.9105", True), ("91.0%", "0.9106", False),
        ("0.9", "0.95", True), ("0.90", "0.95", False),
        ("9.1e-1", "0.915", True),
    ],
)  # fmt: skip
def test_the_precision_rule_at_its_boundary(written, measured, holds):
    declared = metric("accuracy", written, PLACE)
    assert agrees(Fraction(declared.value), decimals_of(declared), Fraction(measured), Decimal(0)) is holds


@given(st.integers(0, 10**6), st.integers(0, 6))
def test_every_rounding_of_a_figure_agrees_with_it(parts, decimals):
    """Half-up, half-even or cut to nearest: whatever rounding a tool uses."""
    value = Fraction(parts, 10**6)
    scaled = value * 10**decimals
    below = scaled.numerator // scaled.denominator
    nearest = [number for number in (below, below + 1) if abs(number - scaled) <= Fraction(1, 2)]
    for number in nearest:
        assert agrees(Fraction(number, 10**decimals), decimals, value, Decimal(0))
    assert not agrees(Fraction(below + 2, 10**decimals), decimals, value, Decimal(0))


def test_a_tolerance_is_added_exactly():
    assert agrees(Fraction("0.91"), 2, Fraction("0.925"), Decimal("0.01"))
    assert not agrees(Fraction("0.91"), 2, Fraction("0.925001"), Decimal("0.01"))


# --- what is compared with what


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("ROC-AUC", "auc"), ("auroc", "auc"), ("AUC", "auc"), ("acc", "accuracy"), ("F1 score", "f1"), ("f1_macro", "f1"),
        ("Sensitivity", "recall"), ("average_precision", "average_precision"), ("precision", "precision"),
        ("top-5 accuracy", "top_5_accuracy"), ("balanced_accuracy", "balanced_accuracy"),
    ],
)  # fmt: skip
def test_a_metric_has_one_name(name, canonical):
    assert canonical_metric(name) == canonical


def test_an_average_is_not_part_of_the_name():
    assert figure_of(metric("macro f1", "0.8", PLACE)).average == "macro"
    assert figure_of(metric("f1", "0.8", PLACE)).average is None


def test_other_names_of_a_metric_are_recomputed(tmp_path):
    made = claims(tmp_path, f"| acc | {HERE} | 0.9 |", f"| Sensitivity | {HERE} | 0.2 |", f"| PPV | {HERE} | 0.1 |")
    assert results(made)[:2] == ["agrees", "disagrees"]


def test_another_average_is_not_the_figure(tmp_path):
    made = claims(tmp_path, ROW, f"| macro f1 | {HERE} | 0.1 |")
    assert (made.outcome, results(made)) == (Outcome.PASS, ["agrees", "unbacked"])
    assert codes(made) == ["E254"]


def test_a_figure_of_other_data_is_unbacked_and_not_wrong(tmp_path):
    rows = (ROW, "| accuracy | another benchmark | 0.2 |")
    made = claims(tmp_path, *rows)
    assert (made.outcome, results(made)) == (Outcome.PASS, ["agrees", "unbacked"])
    assert claims(tmp_path, *rows, backed="all").outcome is Outcome.MISSING_EVIDENCE
    alone = claims(tmp_path, rows[1])
    assert alone.outcome is Outcome.MISSING_EVIDENCE
    assert claims(tmp_path, rows[1], backed="none").outcome is Outcome.PASS
    assert claims(tmp_path, rows[1], same_data=False).outcome is Outcome.MISSING_EVIDENCE, "never compared with others"


def test_a_figure_without_its_data_is_ambiguous(tmp_path):
    text = "On the held-out quarter of acme/loans"
    card = changed(ROW, "").replace(text, "An accuracy of 0.90 was reached. " + text)
    bundle = BundleBuilder(tmp_path).file("README.md", card).open()
    made = run_card("claims", bundle)
    assert (made.outcome, codes(made)) == (Outcome.INCONCLUSIVE, ["E255"])
    assert "0.9 measured" in words(made)
    assert run_card("claims", bundle, same_data=False).outcome is Outcome.PASS


def test_the_split_counts(tmp_path):
    front = (
        "---\nlicense: mit\nmodel-index:\n- name: m\n  results:\n  - task: {type: t}\n"
        "    dataset: {type: a, name: acme/loans holdout, split: SPLIT}\n    metrics:\n    - {type: accuracy, value: 0.9}\n---\n"
    )
    body = changed(ROW, "").split("---\n", 2)[2]
    for split, outcome in (("test", "pass"), ("Test set", "pass"), ("train", "missing_evidence")):
        bundle = BundleBuilder(tmp_path).file("README.md", front.replace("SPLIT", split) + body).open()
        assert run_card("claims", bundle).outcome == outcome, split


def test_a_slice_is_recomputed_for_its_group(tmp_path):
    text = "| group | accuracy |\n|---|---|\n| sex=F | {} |\n| sex=M | 0.90 |\n| region=north | 0.1 |"
    for figure, outcome in (("0.90", "agrees"), ("0.99", "disagrees")):
        card = changed(ROW, ROW + "\n\n" + text.format(figure))
        made = run_card("claims", BundleBuilder(tmp_path).file("README.md", card).open(), same_data=False)
        assert results(made) == ["agrees", outcome, "agrees", "unbacked"], words(made)


def test_predictions_come_before_a_written_figure(tmp_path):
    builder = BundleBuilder(tmp_path).file("metrics.json", '{"accuracy": 0.95}')
    made = claims(tmp_path, f"| accuracy | {HERE} | 0.95 |", builder=builder, same_data=False)
    assert made.outcome is Outcome.FAIL


def test_a_metrics_file_backs_a_claim_only_where_its_data_need_not_be_known(tmp_path):
    builder = only_metrics(tmp_path, '{"acc": 0.9, "roc_auc": 0.7}')
    made = claims(tmp_path, builder=builder)
    assert (made.outcome, codes(made)) == (Outcome.INCONCLUSIVE, ["E255"])
    assert claims(tmp_path, builder=builder, same_data=False).outcome is Outcome.PASS
    assert claims(tmp_path, f"| auc | {HERE} | 0.8 |", builder=builder, same_data=False).outcome is Outcome.FAIL
    two = only_metrics(tmp_path, '{"acc": 0.9, "accuracy": 0.8}')
    assert claims(tmp_path, builder=two, same_data=False).outcome is Outcome.INCONCLUSIVE


def test_predictions_of_another_model_are_not_passed_over(tmp_path):
    builder = BundleBuilder(tmp_path)
    text = builder.content(PREDICTIONS_MANIFEST).decode().replace("version: 3.1.0", "version: 9.9.9")
    made = claims(tmp_path, builder=builder.file(PREDICTIONS_MANIFEST, text), same_data=False)
    assert made.outcome is Outcome.MISSING_EVIDENCE
    assert "E107" in codes(made)


def test_without_anything_measured_nothing_is_backed(tmp_path):
    builder = BundleBuilder(tmp_path).remove(PREDICTIONS).remove(PREDICTIONS_MANIFEST).remove("metrics.json")
    builder.record(evidence=None)
    for backed in ("none", "any", "all"):
        made = claims(tmp_path, builder=builder, backed=backed)
        assert (made.outcome, codes(made)) == (Outcome.MISSING_EVIDENCE, ["E254"])


def test_unreadable_predictions_are_an_error(tmp_path):
    from govern.diagnostics import InputError

    with pytest.raises(InputError):
        claims(tmp_path, builder=BundleBuilder(tmp_path).file(PREDICTIONS, b"\xff\xfe\x00"))


def test_rows_left_out_leave_doubt(tmp_path):
    builder = BundleBuilder(tmp_path)
    lines = builder.content(PREDICTIONS).decode().splitlines()
    lines[1] = "," + lines[1].split(",", 1)[1]
    made = claims(tmp_path, builder=builder.file(PREDICTIONS, "\n".join(lines) + "\n"))
    assert made.outcome is Outcome.INCONCLUSIVE
    assert "1 rows" in words(made)


def test_a_card_without_figures_is_missing_evidence_however_little_is_asked(tmp_path):
    for backed in ("none", "any", "all"):
        made = claims(tmp_path, "| x | y | z |", backed=backed)
        assert (made.outcome, codes(made)) == (Outcome.MISSING_EVIDENCE, ["E259"])


def test_a_named_metric_must_be_declared(tmp_path):
    made = claims(tmp_path, metrics=["accuracy", "AUROC"])
    assert (made.outcome, codes(made)) == (Outcome.MISSING_EVIDENCE, ["E259"])
    assert "auc" in words(made)
    assert claims(tmp_path, ROW, f"| f1 | {HERE} | 0.1 |", metrics=["acc"]).outcome is Outcome.PASS


def test_a_whole_number_says_nothing(tmp_path):
    made = claims(tmp_path, f"| selection rate | {HERE} | 0 |", f"| recall | {HERE} | 1 |")
    assert made.outcome is not Outcome.PASS
    assert results(made)[1] == "ambiguous"


def test_unbound_predictions_where_binding_is_demanded(tmp_path):
    made = claims(tmp_path, bound=True)
    assert made.outcome is Outcome.MISSING_EVIDENCE


def test_an_unbounded_metric_has_no_percent_to_guess(tmp_path):
    builder = only_metrics(tmp_path, '{"rmse": 12.34}')
    made = claims(tmp_path, f"| rmse | {HERE} | 12.3 |", builder=builder, same_data=False)
    assert made.outcome is Outcome.PASS
    assert claims(tmp_path, f"| rmse | {HERE} | 12.5 |", builder=builder, same_data=False).outcome is Outcome.FAIL


def test_more_claims_than_anybody_reads_are_undecided(tmp_path):
    rows = [f"| accuracy | {HERE} | 0.9{'0' * (number % 9)} |" for number in range(600)]
    made = claims(tmp_path, *rows)
    assert made.outcome is Outcome.INCONCLUSIVE
    assert len(made.facts["claims"]) == 500


def test_hostile_text_is_shown_plain(tmp_path):
    made = claims(tmp_path, "| accuracy | \x1b]0;x\x07<script>::error:: | 0.95 |")
    assert made.outcome is Outcome.MISSING_EVIDENCE
    assert "\x1b" not in words(made)


def test_all_may_be_written_as_a_word():
    assert ClaimsParams.model_validate({"metrics": "all"}).metrics == ()
    assert ClaimsParams.model_validate({"metrics": ["ROC AUC", "acc"]}).metrics == ("accuracy", "auc")
    with pytest.raises(ValidationError):
        ClaimsParams.model_validate({"metrics": "accuracy"})
