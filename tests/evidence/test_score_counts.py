"""Scores of a bundle's table as counts: the same from CSV and Parquet, in any order, in parts of any size."""

from __future__ import annotations

import hashlib
import io
from fractions import Fraction

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govern.bundle import Bundle, open_bundle
from govern.canonical import canonical_bytes
from govern.checks.predictions import counts_of
from govern.checks.scores import score_counts_of
from govern.diagnostics import Diagnostic, InputError, IntegrityError
from govern.evidence import number_parts, score_counts
from govern.evidence.predictions import find_predictions
from govern.evidence.score_counts import Range, read_score_table
from govern.evidence.score_median import above_median
from govern.fairness import ScoreCounts, Tally, scores_to_json
from govern.fairness.scores import BINS, UNIT
from support.score_bundles import TABLE, Row, bundle_of, csv_of, parquet_of
from support.scores import counts_of as plainly


def counts(bundle: Bundle, *, labels: bool = True) -> ScoreCounts:
    source = find_predictions(bundle)
    assert not isinstance(source, Diagnostic)
    table = read_score_table(bundle, source, ("sex",), labels=labels, bins=BINS)
    assert not isinstance(table, Diagnostic)
    return score_counts_of(table)


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["F", "M", None]),
        st.sampled_from([0, 1, None]),
        st.floats(0, 1) | st.sampled_from([None, 0.5, 1.0, 0.1]),
    ),
    min_size=1,
    max_size=30,
)
INDICES = {"F": 0, "M": 1, None: 2}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, size=st.sampled_from([1, 3, 65_536]), seed=st.integers(0, 99))
def test_csv_and_parquet_in_any_order_and_parts_give_one_answer(tmp_path_factory, monkeypatch, rows, size, seed):
    monkeypatch.setattr(number_parts, "ROWS", size)
    shuffled = [rows[at] for at in np.random.RandomState(seed).permutation(len(rows))]
    made = [
        counts(bundle_of(tmp_path_factory.mktemp("b"), table, threshold="0.5"))
        for table in (csv_of(rows), csv_of(shuffled), parquet_of(rows, group=2), parquet_of(shuffled))
    ]
    whole = [(INDICES[sex], label, score) for sex, label, score in rows if label is not None and score is not None]
    wanted = plainly(whole, Fraction(1, 2))
    for found in made:
        assert (found.cells, found.sums, found.above) == (wanted.cells, wanted.sums, wanted.above)
        assert (found.rows, found.missing) == (len(rows), len(rows) - len(whole))
    assert len({canonical_bytes(scores_to_json(found)) for found in made}) == 1


def test_many_rows_are_counted_as_numpy_counts_them(tmp_path):
    random = np.random.RandomState(4)
    scores = random.random_sample(150_000)
    sexes = random.choice(["F", "M"], len(scores))
    labels = random.randint(0, 2, len(scores))
    rows = list(zip(sexes.tolist(), labels.tolist(), scores.tolist(), strict=True))
    found = counts(bundle_of(tmp_path, parquet_of(rows, group=40_000)))
    for index, sex in enumerate(("F", "M")):
        for label in (0, 1):
            mine = scores[(sexes == sex) & (labels == label)]
            histogram, _edges = np.histogram(mine, bins=BINS, range=(0, 1))
            assert dict(enumerate(histogram.tolist())) == {
                place: found.cells[index,][label].get(place, 0) for place in range(BINS)
            }
            assert found.sums[index,][label].total == sum(round(score * UNIT) for score in mine.tolist())


def test_many_keys_are_counted_as_few_are(tmp_path, monkeypatch):
    random = np.random.RandomState(7)
    rows = [("FM"[n % 2], int(n) % 3 // 2, float(score)) for n, score in enumerate(random.random_sample(500))]
    few = counts(bundle_of(tmp_path / "1", parquet_of(rows)))
    monkeypatch.setattr(score_counts, "_DENSE", 0)
    monkeypatch.setattr(number_parts, "_DENSE", 0)
    many = counts(bundle_of(tmp_path / "2", parquet_of(rows, group=50)))
    assert few == many
    assert len(few.cells) == 2


def test_arrow_files_are_read_like_parquet(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows: list[Row] = [("F", 1, 0.25), (None, 0, 0.5), ("M", 0, None), ("M", 1, 1.0)]
    table = pq.read_table(io.BytesIO(parquet_of(rows)))
    out = io.BytesIO()
    with pa.ipc.new_file(out, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    path = f"{TABLE}.arrow"
    file = {"path": path, "sha256": hashlib.sha256(out.getvalue()).hexdigest()}
    wanted = counts(bundle_of(tmp_path / "1", csv_of(rows)))
    place = tmp_path / "1"
    found = next(place.rglob("scores.csv")).with_name("scores.arrow")
    found.write_bytes(out.getvalue())
    manifest = next(place.rglob("test.yaml"))
    document = yaml.safe_load(manifest.read_text(encoding="utf-8"))
    manifest.write_text(yaml.safe_dump({**document, "file": file}), encoding="utf-8")
    assert counts(open_bundle(found.parent.parent)) == wanted


def test_single_precision_is_widened_exactly(tmp_path):
    import pyarrow as pa

    rows: list[Row] = [("F", 1, 0.1), ("M", 0, 0.7)]
    found = counts(bundle_of(tmp_path, parquet_of(rows, pa.float32()), threshold="0.7"))
    assert found.sums[0,].positives.total == round(Fraction(float(np.float32(0.1))) * UNIT)
    assert found.above == {(0,): Tally(0, 0, 1, 0), (1,): Tally(0, 1, 0, 0)}, "0.7 is 0.7 in single precision too"


@pytest.mark.parametrize("text", ["NaN", "inf", "-Infinity", "", "null", "1e400"])
def test_a_score_that_is_not_there_is_missing_and_counted(tmp_path, text):
    found = counts(bundle_of(tmp_path, csv_of([("F", 1, text), ("M", 0, 0.5)])))
    assert (found.rows, found.missing) == (2, 1)
    assert (0,) not in found.cells


def test_infinity_and_nan_of_parquet_are_missing(tmp_path):
    rows: list[Row] = [("F", 1, float("nan")), ("F", 1, float("inf")), ("M", 0, 0.5), ("M", None, 0.5)]
    found = counts(bundle_of(tmp_path, parquet_of(rows)))
    assert (found.rows, found.missing) == (4, 3)
    assert counts(bundle_of(tmp_path / "2", parquet_of(rows)), labels=False).missing == 2


def test_a_row_of_unknown_group_is_counted_apart(tmp_path):
    found = counts(bundle_of(tmp_path, csv_of([("?", 1, 0.5), ("F", 1, 0.5)])))
    assert {key: sums.both.n for key, sums in found.sums.items()} == {(0,): 1, (2,): 1}


@pytest.mark.parametrize("table", [csv_of, parquet_of])
@pytest.mark.parametrize(
    ("score", "code"), [(1.5000777, "E209"), (-0.25000777, "E209"), ("secret-0.1", "E130"), ("1_0", "E130")]
)
def test_a_score_outside_the_range_or_no_number_is_refused(tmp_path, table, score, code):
    import pyarrow as pa

    made = (
        table([("F", 1, score)])
        if table is csv_of
        else table([("F", 1, score)], None if code == "E209" else pa.string())
    )
    with pytest.raises(InputError) as fault:
        counts(bundle_of(tmp_path, made))
    (diagnostic,) = fault.value.diagnostics
    assert diagnostic.code == code
    assert "777" not in str(diagnostic)
    assert "secret" not in str(diagnostic)


def test_another_range_is_binned_by_exact_edges():
    span = Range(Fraction("0.3"), Fraction("0.9"), None, 10)
    for at in range(10):
        edge = Fraction("0.3") + Fraction("0.06") * at
        near = float(edge)
        for score in (np.nextafter(near, -1), near, np.nextafter(near, 2)):
            if Fraction(float(score)) >= span.low:
                assert span.place(float(score)) == int((Fraction(float(score)) - span.low) / Fraction("0.06"))
                assert span.places(np.array([score])).tolist() == [span.place(float(score))]
    assert span.place(0.9) == 9


def test_a_declared_range_goes_into_the_counts(tmp_path):
    rows: list[Row] = [("F", 1, 300), ("M", 0, 850), ("F", 0, 575)]
    tables = csv_of(rows), parquet_of([(a, b, float(c)) for a, b, c in rows])
    for place, table in enumerate(tables):
        found = counts(bundle_of(tmp_path / str(place), table, score_range=["300", "850"]))
        assert (found.low, found.high) == (300, 850)
        assert found.cells == {(0,): ({2048: 1}, {0: 1}), (1,): ({4095: 1}, {})}


@pytest.mark.parametrize(
    "change",
    [
        {"score_range": ["1", "0"]},
        {"score_range": ["0"]},
        {"score_range": ["0", "nan"]},
        {"threshold": "2"},
        {"threshold": "half"},
        {"task": "sorting"},
        {"task": "regression"},
        {"task": "ranking"},
    ],
)
def test_a_document_that_makes_no_sense_is_refused(tmp_path, change):
    with pytest.raises(InputError, match="E10"):
        counts(bundle_of(tmp_path, csv_of([("F", 1, 0.5)]), **change))


def test_rows_that_the_document_does_not_speak_of_are_refused(tmp_path):
    table = csv_of([("F", 1, 0.5)])
    with pytest.raises(InputError, match="E127"):
        counts(
            bundle_of(
                tmp_path, table, file={"path": f"{TABLE}.csv", "sha256": hashlib.sha256(table).hexdigest(), "rows": 2}
            )
        )
    bundle = bundle_of(tmp_path / "2", table)
    changed = next(path for path in (tmp_path / "2").rglob("scores.csv"))
    changed.write_bytes(table.replace(b"0.5", b"0.6"))
    with pytest.raises((IntegrityError, InputError), match=r"B109|E109|I"):
        counts(bundle)


def test_a_table_without_scores_says_so(tmp_path):
    bundle = bundle_of(tmp_path, csv_of([("F", 1, 0.5)]), columns={"y_pred": "y_pred", "sensitive": ["sex"]})
    source = find_predictions(bundle)
    assert not isinstance(source, Diagnostic)
    for found in (
        read_score_table(bundle, source, ("sex",), labels=True, bins=BINS),
        above_median(bundle, source, ("sex",)),
    ):
        assert isinstance(found, Diagnostic)
        assert found.code == "E122"


SCORED = st.lists(
    st.tuples(st.sampled_from(["F", "M", None]), st.none(), st.floats(0, 1) | st.integers(0, 8).map(lambda k: k / 8)),
    min_size=1,
    max_size=25,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=SCORED, parquet=st.booleans())
def test_who_is_above_the_median_of_everybody(tmp_path_factory, rows, parquet):
    bundle = bundle_of(tmp_path_factory.mktemp("b"), (parquet_of if parquet else csv_of)(rows))
    source = find_predictions(bundle)
    assert not isinstance(source, Diagnostic)
    found = above_median(bundle, source, ("sex",))
    assert not isinstance(found, Diagnostic)
    scores = sorted(Fraction(repr(score)) for _sex, _label, score in rows)
    median = (scores[(len(scores) - 1) // 2] + scores[len(scores) // 2]) / 2
    assert found.median == median
    tensor = counts_of(found.predictions)
    for sex, index in INDICES.items():
        mine = [Fraction(repr(score)) for name, _label, score in rows if name == sex]
        over = sum(score > median for score in mine)
        assert tensor.cells.get((index,), Tally(0, 0, 0, 0)) == Tally(len(mine) - over, over, 0, 0)
