"""Stored outcomes by other limits: the same as a real run, or not replayable, and never anything else."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.checks.changes import SmallestChange, smallest_change
from govern.checks.context import CheckContext
from govern.checks.expression.places import place_of_path
from govern.checks.expression.stored import meets
from govern.checks.fairness.stored import stored_counts
from govern.checks.replay import NotReplayable, StoredOutcome, rejudge
from govern.policy.comparisons import Limit
from govern.policy.outcomes import EvidenceRef, Outcome
from support.bundles import PREDICTIONS, PREDICTIONS_MANIFEST, BundleBuilder
from support.policies import snapshot
from support.replaying import context_of, judged, params_of, replayed, stored

GROUPS = {"F": (30, 100), "M": (50, 120)}
"""Selected and all, by sex."""


def table(groups: dict[str, tuple[int, int]]) -> bytes:
    lines = ["y_true,y_pred,score,sex"]
    for sex, (selected, people) in groups.items():
        for number in range(people):
            y_pred = 1 if number < selected else 0
            lines.append(f"{1 if number % 3 else 0},{y_pred},0.{50 if y_pred else 10},{sex}")
    return ("\n".join(lines) + "\n").encode()


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> CheckContext:
    folder = tmp_path_factory.mktemp("bundle")
    builder = BundleBuilder(folder).file(PREDICTIONS, table(GROUPS))
    return context_of(builder.file("metrics.json", b'{"average_precision": 0.7512, "mae": 3.25}\n').build())


DISPARITY = {"metric": "selection_rate", "compare": "ratio", "attributes": ["sex"], "at_least": 0.8}
SECTIONS = "intended_use limitations training_data evaluation owner licence monitoring out_of_scope".split()  # noqa: SIM905
LIMITS = st.integers(1, 99).map(lambda number: number / 100)

ASSERTIONS = [
    "metrics.average_precision >= 0.7 && size(card.owners) > 0",
    "metrics.average_precision > 0.75",
    "metrics.average_precision >= 0.7512",
    "metrics.average_precision < 0.9 && metrics.mae <= 3.25",
    "metrics.mae < 3",
    'model.risk_tier == "medium" && metrics.average_precision >= 0.1',
    'model.risk_tier == "high"',
    "size(card.owners) > 0 || metrics.average_precision > 0.99",
]


@settings(max_examples=40)
@given(st.sampled_from(["accuracy", "recall"]), LIMITS, LIMITS, st.sampled_from([1, 100, 500]))
def test_a_threshold_replays_as_it_runs(bundle: CheckContext, metric: str, old: float, new: float, least: int):
    rules = [{"metric": metric, "at_least": limit} for limit in (old, new)]
    found, truth = replayed(bundle, "performance.threshold", rules[0], {**rules[1], "min_n": least})
    assert isinstance(found, NotReplayable) or found is truth
    if abs(old - new) > 0.1 and least == 1:
        assert found is truth


@settings(max_examples=40)
@given(st.sampled_from(["accuracy", "recall", "auc"]), LIMITS, LIMITS)
def test_a_demonstrated_threshold_replays_as_it_runs(bundle: CheckContext, metric: str, old: float, new: float):
    rules = [{"metric": metric, "at_least": limit, "decide": "demonstrated"} for limit in (old, new)]
    found, truth = replayed(bundle, "performance.threshold", *rules)
    assert found is truth
    _found, point = replayed(bundle, "performance.threshold", rules[0], {**rules[1], "decide": "point"})
    assert isinstance(_found, NotReplayable)
    assert truth is not Outcome.PASS or point is Outcome.PASS


@settings(max_examples=40)
@given(
    LIMITS,
    st.sampled_from(["point", "evidence_of_harm", "demonstrated"]),
    st.sampled_from([1, 30, 110]),
    st.sampled_from(["selection_rate", "true_positive_rate", "equalized_odds", "accuracy", "precision"]),
)
def test_a_disparity_replays_exactly_as_it_runs(
    bundle: CheckContext, limit: float, decide: str, least: int, metric: str
):
    """Counts are kept whole, so nothing is lost: not the mode, not the correction over all comparisons."""
    old = {**DISPARITY, "metric": metric, "decide": "point"}
    new = {**DISPARITY, "metric": metric, "at_least": limit, "decide": decide, "min_n": least}
    found, truth = replayed(bundle, "fairness.disparity", old, new)
    assert found is truth


@settings(max_examples=20)
@given(LIMITS, st.sampled_from(["point", "evidence_of_harm", "demonstrated"]), st.booleans())
def test_groups_that_the_model_declares_replay_as_they_run(bundle: CheckContext, limit: float, decide: str, also: bool):
    names = ["model.groups.attributes", *(["sex"] if also else [])]
    old = {**DISPARITY, "attributes": names, "decide": "point"}
    found, truth = replayed(bundle, "fairness.disparity", old, {**old, "at_least": limit, "decide": decide})
    assert found is truth


def test_which_groups_a_model_declares_is_not_in_a_result(bundle: CheckContext):
    declared = {**DISPARITY, "attributes": ["model.groups.attributes"], "decide": "point"}
    found, _truth = replayed(bundle, "fairness.disparity", {**DISPARITY, "decide": "point"}, declared)
    assert isinstance(found, NotReplayable)


@settings(max_examples=40)
@given(st.sets(st.sampled_from(SECTIONS), min_size=1), st.sets(st.sampled_from(SECTIONS), min_size=1))
def test_required_sections_replay_as_they_run(bundle: CheckContext, old: set[str], new: set[str]):
    rules = [{"required": sorted(names)} for names in (old, new)]
    found, truth = replayed(bundle, "model_card.sections", *rules)
    assert isinstance(found, NotReplayable) or found is truth


@settings(max_examples=40)
@given(st.integers(1, 400), st.integers(1, 400))
def test_words_and_placeholders_replay_as_they_run(bundle: CheckContext, old: int, new: int):
    found, truth = replayed(bundle, "model_card.present", {"min_words": old}, {"min_words": new})
    assert found is truth
    found, truth = replayed(bundle, "model_card.placeholders", {"at_most": old}, {"at_most": 0})
    assert found is truth


@settings(max_examples=40)
@given(st.sampled_from(ASSERTIONS), st.sampled_from(ASSERTIONS))
def test_an_assertion_replays_as_it_runs_where_its_values_are_kept(bundle: CheckContext, old: str, new: str):
    found, truth = replayed(bundle, "expression", {"assert": old}, {"assert": new})
    assert isinstance(found, NotReplayable) or found is truth


def test_a_moved_limit_of_an_assertion_is_replayed(bundle: CheckContext):
    old = {"assert": "metrics.average_precision >= 0.7 && size(card.owners) > 0"}
    assert replayed(bundle, "expression", old, {"assert": "metrics.average_precision >= 0.8"}) == (
        Outcome.FAIL,
        Outcome.FAIL,
    )
    assert (
        replayed(bundle, "expression", old, {**old, "and_assert": ["metrics.average_precision < 0.75"]})[0]
        is Outcome.FAIL
    )
    found, _truth = replayed(bundle, "expression", old, {"assert": "metrics.mae < 9"})
    assert isinstance(found, NotReplayable)
    assert "metrics.mae < 9" in found.why


def test_severities_replay_as_they_run(tmp_path: Path):
    record = {
        "id": "GHSA-aaaa-bbbb-cccc",
        "modified": "2026-04-01T00:00:00Z",
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": "numpy"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0.0"}]}],
            }
        ],
        "database_specific": {"severity": "HIGH"},
    }
    built = context_of(BundleBuilder(tmp_path).build(), advisories=snapshot(tmp_path, record))
    seen = set()
    for old in ("none", "low", "medium", "high", "critical"):
        for new in ("none", "low", "medium", "high", "critical"):
            rules = [{"max_snapshot_age": "9y", "max_severity": name} for name in (old, new)]
            found, truth = replayed(built, "dependencies.vulnerabilities", *rules)
            assert isinstance(found, NotReplayable) or found is truth
            seen.add((found if isinstance(found, Outcome) else None, truth))
    assert (Outcome.FAIL, Outcome.FAIL) in seen
    assert (Outcome.PASS, Outcome.PASS) in seen


# --- what is not replayed


def test_what_decides_what_is_measured_is_not_replayed(bundle: CheckContext):
    old = {"metric": "accuracy", "at_least": 0.5}
    found, _truth = replayed(bundle, "performance.threshold", old, {**old, "split": "test"})
    assert found == NotReplayable("split changed, which decides what is measured")


def test_a_kind_without_stored_figures_is_not_replayed(bundle: CheckContext):
    found, _truth = replayed(bundle, "lineage.present", {}, {"min_data_roots": 2})
    assert isinstance(found, NotReplayable)


def test_missing_evidence_stays_missing_whatever_the_limit(bundle: CheckContext):
    rules = [{"metric": "brier", "at_most": limit, "recompute": "never"} for limit in (0.1, 0.9)]
    assert replayed(bundle, "performance.threshold", *rules) == (Outcome.MISSING_EVIDENCE, Outcome.MISSING_EVIDENCE)
    rules = [{"assert": "metrics.foo > 1"}, {"assert": "metrics.average_precision > 0.5"}]
    assert isinstance(replayed(bundle, "expression", *rules)[0], NotReplayable), "other evidence is asked for"


def test_a_limit_inside_the_last_digit_of_a_rounded_figure_is_not_guessed(bundle: CheckContext):
    rules = [{"metric": "average_precision", "at_least": limit, "recompute": "never"} for limit in (0.5, 0.7512)]
    found, truth = replayed(bundle, "performance.threshold", *rules)
    assert truth is Outcome.PASS
    assert isinstance(found, NotReplayable)
    assert "rounded" in found.why


def test_figures_that_do_not_give_the_stored_outcome_are_not_trusted(bundle: CheckContext):
    old, new = ({"metric": "accuracy", "at_least": limit} for limit in (0.1, 0.2))
    kept = stored(judged(bundle, "performance.threshold", old))
    forged = StoredOutcome(Outcome.FAIL, kept.observed, kept.facts)
    sides = [params_of("performance.threshold", values) for values in (old, new)]
    found = rejudge("performance.threshold", *sides, forged)
    assert found == NotReplayable("the stored figures alone do not give the stored outcome")


@pytest.mark.parametrize("facts", [None, 1, [], {}, {"kind": "fairness-table"}, {"kind": "fairness-table", "metric": "selection_rate", "rows": "x"}])  # fmt: skip
def test_facts_of_another_form_are_not_counts(facts):
    assert stored_counts(facts, "selection_rate") is None


def test_people_of_unknown_group_are_kept_and_judged_again(tmp_path: Path):
    text = table(GROUPS).replace(b"0.10,F", b"0.10,NA", 1)
    built = context_of(BundleBuilder(tmp_path).file(PREDICTIONS, text).build())
    old = {**DISPARITY, "decide": "point"}
    result = judged(built, "fairness.disparity", old)
    held = stored_counts(result.facts, "selection_rate")
    assert held is not None
    assert held.table(("sex",)).unknown.n == 1
    for changes in ({"at_least": 0.5}, {"at_least": 0.602}, {"missing_bounds": "none"}, {"min_n": 100}):
        found, truth = replayed(built, "fairness.disparity", old, {**old, **changes})
        assert found is truth


def two_columns(folder: Path, *, declared: str = "[F, M]") -> CheckContext:
    """Sex within branches a and b; the groups of sex are declared."""
    lines = ["y_true,y_pred,score,sex,branch"]
    for sex, branch, selected, people in (
        ("F", "a", 20, 60),
        ("F", "b", 30, 40),
        ("M", "a", 25, 60),
        ("M", "b", 40, 60),
    ):
        lines += [f"1,{int(number < selected)},0.5,{sex},{branch}" for number in range(people)]
    builder = BundleBuilder(folder).file(PREDICTIONS, "\n".join(lines) + "\n")
    manifest = builder.content(PREDICTIONS_MANIFEST).decode()
    manifest = manifest.replace("  sensitive:\n  - sex\n", "  sensitive:\n  - sex\n  - branch\n")
    manifest = manifest.replace("groups:\n  sex:\n  - F\n  - M\n", f"groups: {{sex: {declared}}}\n")
    return context_of(builder.file(PREDICTIONS_MANIFEST, manifest).build())


@pytest.mark.parametrize("decide", ["point", "evidence_of_harm", "demonstrated"])
def test_strata_are_kept_and_judged_again(tmp_path: Path, decide: str):
    built = two_columns(tmp_path)
    old = {**DISPARITY, "decide": decide, "stratum": "branch"}
    for limit in (0.3, 0.8, 0.95):
        found, truth = replayed(built, "fairness.disparity", old, {**old, "at_least": limit})
        assert found is truth
    found, _truth = replayed(built, "fairness.disparity", old, {**old, "stratum": None})
    assert found == NotReplayable("stratum changed, which decides what is measured")


def test_a_declared_group_without_anybody_is_judged_again(tmp_path: Path):
    built = two_columns(tmp_path, declared="[F, M, X]")
    old = {**DISPARITY, "decide": "point"}
    assert replayed(built, "fairness.disparity", old, {**old, "at_least": 0.1}) == (
        Outcome.MISSING_EVIDENCE,
        Outcome.MISSING_EVIDENCE,
    )
    found, truth = replayed(built, "fairness.disparity", old, {**old, "at_least": 0.99})
    assert found is truth is Outcome.FAIL, "what fails for certain fails whoever else is absent"


@pytest.mark.parametrize(
    "changes",
    [
        {"cells": [[0, 1, 2, 3]]},
        {"cells": [[0, 1, 1, 0, -1]]},
        {"cells": [[0, 1, 0, 0, 0], [0, 1, 0, 0, 0]]},
        {"cells": [[9, 1, 0, 0, 0]]},
        {"cells": [[True, 1, 0, 0, 0]]},
        {"rows": 7},
        {"labelled": "yes"},
        {"axes": [{"name": "age", "values": ["F", "M"], "declared": True}]},
        {"axes": [{"name": "sex", "values": ["M", "F"], "declared": True}]},
        {"axes": 3},
        {"missing": {}},
    ],
)
def test_restricted_counts_of_another_form_are_not_counts(bundle: CheckContext, changes: dict):
    facts = dict(judged(bundle, "fairness.disparity", DISPARITY).facts)  # type: ignore[arg-type, call-overload]
    assert stored_counts(facts, "selection_rate") is not None
    facts["restricted"] = {**facts["restricted"], **changes}
    assert stored_counts(facts, "selection_rate") is None


@pytest.mark.parametrize(
    ("value", "limit", "holds"),
    [
        ("0.8", Limit(b"", "low", Decimal("0.8"), strict=False), True),
        ("0.8", Limit(b"", "low", Decimal("0.8"), strict=True), False),
        ("0.8", Limit(b"", "high", Decimal("0.7"), strict=False), False),
        ("0.80000000000000000001", Limit(b"", "high", Decimal("0.8"), strict=False), None),
        ("absent", Limit(b"", "low", Decimal("0.8"), strict=False), None),
        ('"low"', Limit(b"", "is", "low", strict=False), True),
        ('"low"', Limit(b"", "is not", "low", strict=False), False),
        ("low", Limit(b"", "is", "low", strict=False), None),
        ("true", Limit(b"", "is", True, strict=False), True),
        ("NaN", Limit(b"", "low", Decimal("0.8"), strict=False), None),
    ],
)
def test_whether_a_stored_value_meets_a_limit(value, limit, holds):
    assert meets(value, limit) is holds


# --- the smallest change


def change(bundle: CheckContext, kind: str, values: dict) -> SmallestChange:
    return smallest_change(kind, params_of(kind, values), judged(bundle, kind, values))


def texts(found: SmallestChange) -> list[str]:
    return [item.text for item in found.changes]


def test_the_change_of_a_threshold(bundle: CheckContext):
    found = change(
        bundle, "performance.threshold", {"metric": "average_precision", "at_least": 0.8, "recompute": "never"}
    )
    assert texts(found) == ["average_precision 0.7512 -> 0.8"]
    assert found.complete
    place = found.changes[0].location
    assert place is not None
    assert (place.file, place.pointer) == ("metrics.json", "/average_precision")
    assert (
        texts(
            change(
                bundle, "performance.threshold", {"metric": "average_precision", "at_least": 0.1, "recompute": "never"}
            )
        )
        == []
    )


def test_the_change_where_too_few_were_measured(bundle: CheckContext):
    found = change(bundle, "performance.threshold", {"metric": "accuracy", "at_least": 0.1, "min_n": 300})
    assert texts(found) == ["80 more records to decide (220 -> 300)"]


def test_the_change_of_an_assertion_is_each_false_comparison(bundle: CheckContext):
    text = 'metrics.average_precision >= 0.8 && metrics.mae < 3 && model.risk_tier == "high" && size(card.owners) > 0'
    found = change(bundle, "expression", {"assert": text})
    assert texts(found) == [
        "metrics.average_precision 0.7512 -> 0.8",
        "metrics.mae 3.25 -> less than 3",
        'model.risk_tier "medium" -> "high"',
    ]
    assert found.complete
    places = [item.location and (item.location.file, item.location.pointer) for item in found.changes]
    assert places == [
        ("metrics.json", "/average_precision"),
        ("metrics.json", "/mae"),
        ("govern.yaml", "/spec/risk_tier"),
    ]
    half = change(bundle, "expression", {"assert": f"{text} && (metrics.average_precision > 0.9 || metrics.mae > 9)"})
    assert len(half.changes) == 3
    assert not half.complete
    assert texts(change(bundle, "expression", {"assert": "metrics.foo > 1"})) == ["no metrics.foo -> a value"]


def test_the_change_of_a_card(bundle: CheckContext):
    found = change(bundle, "model_card.sections", {"required": ["intended_use", "monitoring"]})
    assert texts(found) == ["section 'monitoring': write it, in 8 words or more"]
    longer = change(bundle, "model_card.sections", {"required": ["limitations"], "min_words": {"limitations": 40}})
    assert texts(longer) == ["section 'limitations': 17 more words (23 -> 40)"]
    (words,) = texts(change(bundle, "model_card.present", {"min_words": 1000}))
    assert words.endswith("-> 1000)")


def test_the_change_of_dependencies_is_the_pin_to_move(tmp_path: Path):
    built = context_of(BundleBuilder(tmp_path).file("requirements.txt", b"numpy>=1\nscipy==1.1.0\n").build())
    found = change(built, "dependencies.pinned", {})
    assert texts(found) == ["numpy: Write numpy==<version>."]
    place = found.changes[0].location
    assert place is not None
    assert (place.file, place.line) == ("requirements.txt", 1)


def test_the_version_that_clears_an_advisory(tmp_path: Path):
    affected = {
        "package": {"ecosystem": "PyPI", "name": "numpy"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0.0"}]}],
    }
    record = {"id": "PYSEC-2026-1", "modified": "2026-04-01T00:00:00Z", "affected": [affected]}
    built = context_of(BundleBuilder(tmp_path).build(), advisories=snapshot(tmp_path, record))
    found = change(built, "dependencies.vulnerabilities", {"max_snapshot_age": "9y"})
    assert texts(found) == ["numpy 1.26.4 -> 2.0.0"]
    assert found.complete


@settings(max_examples=40)
@given(
    st.fixed_dictionaries({"F": st.integers(1, 60), "M": st.integers(1, 60)}),
    st.sampled_from(["point", "demonstrated", "evidence_of_harm"]),
)
def test_the_change_of_counts_is_enough_and_one_less_is_not(selected: dict[str, int], decide: str):
    """The counts of the change, judged again, meet the rule; with one person less they do not."""
    from govern.checks.fairness.changes import disparity_changes
    from govern.checks.fairness.findings import result_of
    from govern.fairness import Axis, Counts, Missing, Tally, judge

    def judged_with(counts: dict[str, int], people: dict[str, int]):
        cells = {(i,): Tally(people[sex] - counts[sex], counts[sex], 0, 0) for i, sex in enumerate("FM")}
        tensor = Counts((Axis("sex", ("F", "M")),), False, cells, Missing(), sum(people.values()))
        params = params_of("fairness.disparity", {**DISPARITY, "decide": decide})
        judgement = judge(params.question(), tensor)
        return params, result_of(params, tensor, judgement, file="f", evidence=(), holds=())

    people = {"F": 60, "M": 60}
    params, result = judged_with(selected, people)
    for text in disparity_changes(params, result):
        if text is None or "to meet" not in text:
            continue
        more, group = int(text.split(": ")[1].split(" ")[0]), text.split("sex=")[1][0]
        other = {**selected, group: selected[group] + more}
        ratio = Fraction(min(other.values()), max(other.values()))
        assert ratio >= Fraction(4, 5)
        less = {**selected, group: selected[group] + more - 1}
        assert Fraction(min(less.values()), max(less.values())) < Fraction(4, 5)


def test_the_people_that_a_table_lacks_are_enough_and_one_less_is_not(tmp_path: Path):
    values = {**DISPARITY, "decide": "point", "min_n": 110}
    built = context_of(BundleBuilder(tmp_path).file(PREDICTIONS, table({"F": (50, 100), "M": (60, 120)})).build())
    assert texts(change(built, "fairness.disparity", values)) == [
        "10 more records in sex=F to decide (100 -> 110, at the same rates)"
    ]
    for people, outcome in ((109, Outcome.INCONCLUSIVE), (110, Outcome.PASS)):
        grown = BundleBuilder(tmp_path).file(PREDICTIONS, table({"F": (55, people), "M": (60, 120)})).build()
        assert judged(context_of(grown), "fairness.disparity", values).outcome is outcome


def test_nothing_is_said_where_nothing_can_be_derived(bundle: CheckContext):
    assert change(bundle, "approval.quorum", {"roles": [{"role": "approver"}]}) == SmallestChange()
    assert change(bundle, "lineage.acyclic", {}) == SmallestChange()


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("metrics.mae", ("metrics.json", "/mae")),
        ("metrics.accuracy", ("predictions/test.csv", None)),
        ("metrics['a/b']", ("metrics.json", "/a~1b")),
        ("model.name", ("govern.yaml", "/metadata/name")),
        ("model.owner.name", ("govern.yaml", "/spec/owner/name")),
        ("model.gdpr.art9", ("govern.yaml", "/extensions/gdpr/art9")),
        ("size(model.tags)", ("govern.yaml", "/metadata/tags")),
        ("model.monitoring[].metric", ("govern.yaml", None)),
        ("size(card.owners)", ("README.md", None)),
        ("artefacts[].path", None),
        ("params.x", None),
        ("stage", None),
        ("1 + 1", None),
    ],
)
def test_where_a_value_was_written(path: str, place: tuple[str, str | None] | None):
    names = {
        "metrics": ["metrics.json"],
        "predictions": ["predictions/test.csv", "predictions/test.yaml"],
        "model_record": ["govern.yaml"],
        "model_card": ["README.md"],
        "artefacts": ["a", "b"],
    }
    refs = [EvidenceRef(name=name, file=file, digest="0") for name, files in names.items() for file in files]
    found = place_of_path(path, refs)
    assert (None if found is None else (found.file, found.pointer)) == place
