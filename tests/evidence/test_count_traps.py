"""Ways to count a table wrongly, one test each."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.bundle import Bundle
from govern.diagnostics import Diagnostic, InputError, IntegrityError
from govern.evidence import columnar_codes, columnar_file, columnar_table
from govern.evidence.tables import header_of, tabulate
from govern.fairness import Axis, Counts, Missing, Question, Tally, Verdict, judge
from govern.policy.outcomes import Outcome
from support.bundles import PREDICTIONS, PREDICTIONS_MANIFEST, BundleBuilder
from support.prediction_tables import FORMS, Alone, Form, arrow_bytes, bare, counted, judged, said, table_bytes

COLUMNAR: tuple[Form, ...] = ("parquet", "arrow", "feather", "stream")


def combinations(builder: BundleBuilder, *columns: str) -> dict[Any, int]:
    bundle = builder.open()
    (path,) = bundle.find("predictions.csv", "predictions.parquet", "predictions.arrow", "predictions.feather")
    return tabulate(bundle, path, columns).combinations


def refused(builder: BundleBuilder, *attributes: str) -> Diagnostic:
    with pytest.raises(InputError) as caught:
        counted(builder, *attributes)
    (fault,) = caught.value.diagnostics
    return fault


# --- codes


def test_dictionaries_differ_from_batch_to_batch(tmp_path: Path) -> None:
    """The same code means another group in the next batch."""
    one = pa.record_batch({"sex": pa.array(["F", "F", "M"]).dictionary_encode(), "y_pred": [1, 1, 0]})
    two = pa.record_batch({"sex": pa.array(["M", "F", "X"]).dictionary_encode(), "y_pred": [1, 0, 1]})
    assert one.column(0).indices[0] == two.column(0).indices[0]
    expected = {("F", "0"): 1, ("F", "1"): 2, ("M", "0"): 1, ("M", "1"): 1, ("X", "1"): 1}
    table = pa.Table.from_batches([one, two])
    for form in COLUMNAR:
        if form in ("arrow", "feather"):  # the file form has one dictionary a column
            table = table.unify_dictionaries()
        data = arrow_bytes(form, table, part=3)
        assert combinations(bare(tmp_path / form, form, data), "sex", "y_pred") == expected
    stream = arrow_bytes("stream", pa.Table.from_batches([one, two, one]), part=3)
    twice = combinations(bare(tmp_path / "again", "stream", stream), "sex", "y_pred")
    assert twice == {key: times + {("F", "1"): 2, ("M", "0"): 1}.get(key, 0) for key, times in expected.items()}


def test_indices_of_eight_bits_are_widened_before_they_are_multiplied(tmp_path: Path) -> None:
    groups = [f"g{n:03}" for n in range(120)]
    codes = pa.array([*range(120)] * 3, pa.int8())
    column = pa.DictionaryArray.from_arrays(codes, pa.array(groups))
    table = pa.table({"a": column, "b": column, "y_pred": pa.array([n % 2 for n in range(360)], pa.int8())})
    expected = Counter((groups[n % 120], groups[n % 120], str(n % 2)) for n in range(360))
    for form in COLUMNAR:
        builder = bare(tmp_path / form, form, arrow_bytes(form, table, part=100))
        assert combinations(builder, "a", "b", "y_pred") == dict(expected)


def test_a_dictionary_that_holds_a_value_twice_or_a_null(tmp_path: Path) -> None:
    column = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, None], pa.int8()), pa.array(["F", "F", None]))
    data = arrow_bytes("stream", pa.table({"sex": column}))
    assert combinations(bare(tmp_path, "stream", data), "sex") == {("F",): 2, (None,): 2}


def test_an_index_outside_its_dictionary_is_damage(tmp_path: Path) -> None:
    column = pa.DictionaryArray.from_arrays(pa.array([0, 5], pa.int8()), pa.array(["F", "M"]), safe=False)
    fault = refused(bare(tmp_path, "stream", arrow_bytes("stream", pa.table({"sex": column, "y_pred": [1, 0]}))), "sex")
    assert fault.code == "I203"
    coder = columnar_codes.Coder("t.parquet", "sex")
    with pytest.raises(InputError):
        coder.codes(column)


def test_more_cells_than_are_kept_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(f"a{n % 7}", f"b{n % 5}", n % 2) for n in range(500)]
    table = dict(zip(("a", "b", "y_pred"), map(list, zip(*rows, strict=True)), strict=True))
    expected = Counter((a, b, str(y)) for a, b, y in rows)
    builder = bare(tmp_path, "parquet", table_bytes("parquet", table, part=100))
    for name, small in (("_DENSE", 2), ("_INT32", 2), ("_INT64", 2), ("_SPREAD", 1)):
        with monkeypatch.context() as patch:
            for module in (columnar_codes, columnar_table):
                patch.setattr(module, name, small, raising=False)
            assert combinations(builder, "a", "b", "y_pred") == dict(expected), name


@pytest.mark.parametrize("form", COLUMNAR)
def test_numbers_of_every_width_and_their_nulls(form: Form, tmp_path: Path) -> None:
    wide = [-(2**63), 2**63 - 1, 0, None, 5]
    columns = {
        "i64": pa.array(wide, pa.int64()),
        "u64": pa.array([2**64 - 1, 0, None, 1, 1], pa.uint64()),
        "i8": pa.array([-128, 127, None, 0, 1], pa.int8()),
        "u16": pa.array([65535, 0, 1, None, 2], pa.uint16()),
        "f32": pa.array([0.1, float("nan"), float("inf"), None, -0.0], pa.float32()),
        "f64": pa.array([0.1, float("nan"), float("inf"), None, -0.0], pa.float64()),
        "flag": pa.array([True, False, None, True, True]),
        "none": pa.nulls(5),
    }
    builder = bare(tmp_path, form, arrow_bytes(form, pa.table(columns), part=2))
    for name, column in columns.items():
        texts: Counter[Any] = Counter()
        for value in column.to_pylist():
            flag = {True: "true", False: "false"}.get(value) if isinstance(value, bool) else None
            texts[(None if value is None else flag or (repr(value) if isinstance(value, float) else str(value)),)] += 1
        assert combinations(builder, name) == dict(texts), name


# --- independence


ROW = st.tuples(
    st.sampled_from(["F", "M", "X", None]),
    st.sampled_from(["A", "B", "C"]),
    st.sampled_from([0, 1]),
    st.sampled_from([0, 1, None]),
)


@given(
    rows=st.lists(ROW, min_size=1, max_size=60),
    seed=st.integers(0, 99),
    part=st.integers(1, 61),
    size=st.integers(1, 9),
)
@settings(max_examples=25, deadline=None)
def test_same_verdict_for_every_format_order_and_size(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Any], seed: int, part: int, size: int
) -> None:
    names = ("sex", "race", "y_true", "y_pred")
    shuffled = rows[:]
    random.Random(seed).shuffle(shuffled)
    said_of = set()
    counts_of = []
    for form in FORMS:
        for order in (rows, shuffled):
            columns = dict(zip(names, map(list, zip(*order, strict=True)), strict=True))
            builder = Alone(tmp_path_factory.mktemp("b"), form, table_bytes(form, columns, part=part))
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(columnar_file, "_ROWS", size)
                counts = counted(builder, "sex", "race")
                result = judged(builder, attributes=["sex", ["sex", "race"]], max_missing="1")
            counts_of.append((dict(counts.cells), counts.rows, counts.missing_rows, counts.missing_y_pred))
            said_of.add(repr(said(result)))
    assert all(counts == counts_of[0] for counts in counts_of)
    assert len(said_of) == 1


def test_combinations_come_in_one_order(tmp_path: Path) -> None:
    rows = [(sex, y) for sex in ("M", None, "F") for y in (1, 0)]
    for order in (rows, rows[::-1]):
        table = {"sex": [sex for sex, _y in order], "y_pred": [y for _sex, y in order]}
        for form in COLUMNAR:
            builder = bare(tmp_path / f"{form}{order[0]}", form, table_bytes(form, table, part=2))
            found = [*combinations(builder, "sex", "y_pred")]
            assert found == [("F", "0"), ("F", "1"), ("M", "0"), ("M", "1"), (None, "0"), (None, "1")]


HASHING = """
import sys
from pathlib import Path
from support.prediction_tables import bare, judged, said
folder, form = Path(sys.argv[1]), sys.argv[2]
from support.bundles import BundleBuilder
builder = bare(folder, form, Path(sys.argv[3]).read_bytes())
sys.stdout.write(repr(said(judged(builder, attributes=["sex", "race", ["sex", "race"]]))))
"""


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_hash_seed_and_threads_do_not_matter(form: Form, tmp_path: Path) -> None:
    table = {
        "sex": ["F", "M", "X"] * 40,
        "race": ["A", "B", "C", "D"] * 30,
        "y_pred": [int(n % 7 > 2) for n in range(120)],
    }
    (tmp_path / "table").write_bytes(table_bytes(form, table, part=17))
    outputs = set()
    for seed, threads in (("0", "1"), ("1", "2"), ("12345", "8")):
        environment = {
            **os.environ,
            "PYTHONHASHSEED": seed,
            "OMP_NUM_THREADS": threads,
            "PYTHONPATH": str(Path(__file__).parent.parent),
        }
        command = [sys.executable, "-c", HASHING, str(tmp_path / seed), form, str(tmp_path / "table")]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert "F" in outputs.pop()


# --- large numbers


def test_products_beyond_three_thousand_million_rows_do_not_overflow() -> None:
    """4/5 of 4e9 against 4e9: k_a * n_b is 1.28e19, which no int64 holds."""
    n = 4_000_000_000
    assert (n * 4 // 5) * n > 2**63
    for lost, verdict in ((0, Verdict.PASS), (1, Verdict.FAIL)):
        k = n * 4 // 5 - lost
        cells = {(0,): Tally(n - k, k, 0, 0), (1,): Tally(0, n, 0, 0)}
        counts = Counts((Axis("sex", ("F", "M")),), False, cells, Missing(), 2 * n)
        question = Question(
            metric="selection_rate",
            compare="ratio",
            attributes=(("sex",),),
            at_least=Fraction(4, 5),
            decide="point",
        )
        assert judge(question, counts).verdict is verdict


# --- what is not there


@pytest.mark.parametrize("form", FORMS)
def test_no_prediction_is_missing_and_counted(form: Form, tmp_path: Path) -> None:
    if form == "csv":
        data = b"sex,y_pred\nF,1\nF,nan\nM,inf\nM,\nM,-inf\nM,0\n"
    else:
        data = table_bytes(
            form, {"sex": list("FFMMMM"), "y_pred": [1.0, float("nan"), float("inf"), None, float("-inf"), 0.0]}
        )
    builder = bare(tmp_path, form, data)
    if form != "csv":
        assert refused(builder, "sex").code == "E123"  # 1.0 is no decision unless a document says so
        builder = described(tmp_path / "d", f"predictions.{'arrow' if form == 'stream' else form}", data, positive=1.0)
    counts = counted(builder, "sex")
    assert (counts.rows, counts.missing_y_pred, counts.missing_rows) == (6, 4, 4)
    assert counts.cells == {("F",): (0, 1, 0, 0), ("M",): (1, 0, 0, 0)}
    result = judged(builder)
    assert result.outcome is not Outcome.PASS
    assert "4" in str(result.findings[0])


def described(folder: Path, name: str, data: bytes, *, positive: Any = 1, **changes: Any) -> BundleBuilder:
    """A bundle whose predictions a FairnessRows document describes."""
    import hashlib

    builder = BundleBuilder(folder)
    document = yaml.safe_load(builder.content(PREDICTIONS_MANIFEST))
    document["file"] = {"path": f"predictions/{name}", "sha256": hashlib.sha256(data).hexdigest()}
    document["columns"] = {"y_pred": "y_pred", "sensitive": ["sex"]}
    document["positive"] = {"y_pred": positive}
    document.pop("groups", None)
    for key, value in changes.items():
        above, _, last = key.rpartition("__")
        (document[above] if above else document)[last] = value
    builder.remove(PREDICTIONS).file(f"predictions/{name}", data)
    return builder.file(PREDICTIONS_MANIFEST, yaml.dump(document, sort_keys=False))


@pytest.mark.parametrize("form", FORMS)
def test_spellings_of_a_group_are_never_merged(form: Form, tmp_path: Path) -> None:
    for place, pair in enumerate([("Female", " Female"), ("Female", "female"), ("Andr\u00e9", "Andre\u0301")]):
        data = table_bytes(form, {"sex": list(pair), "y_pred": [1, 0]})
        assert refused(bare(tmp_path / str(place), form, data), "sex").code == "E124"
        name = f"t.{'arrow' if form == 'stream' else form}"
        positive = "1" if form == "csv" else 1
        sound = described(tmp_path / f"d{place}", name, data, positive=positive, groups={"sex": list(pair)})
        assert set(counted(sound, "sex").cells) == {(pair[0],), (pair[1],)}


@pytest.mark.parametrize("form", FORMS)
def test_declared_groups_without_rows_are_kept(form: Form, tmp_path: Path) -> None:
    data = table_bytes(form, {"sex": ["F", "M"], "y_pred": [1, 1]})
    name = f"t.{'arrow' if form == 'stream' else form}"
    builder = described(tmp_path, name, data, positive="1" if form == "csv" else 1, groups={"sex": ["F", "M", "X"]})
    (group,) = counted(builder, "sex").groups
    assert group.values == ("F", "M", "X")
    result = judged(builder, bound=True)
    assert result.outcome is Outcome.MISSING_EVIDENCE


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("stated", [1, 3])
def test_more_or_fewer_rows_than_the_document_says(form: Form, stated: int, tmp_path: Path) -> None:
    data = table_bytes(form, {"sex": ["F", "M"], "y_pred": [1, 1]})
    name = f"t.{'arrow' if form == 'stream' else form}"
    builder = described(tmp_path, name, data, positive="1" if form == "csv" else 1, file__rows=stated)
    assert refused(builder, "sex").code == "E127"


@pytest.mark.parametrize("form", FORMS)
def test_a_row_id_twice(form: Form, tmp_path: Path) -> None:
    name = f"t.{'arrow' if form == 'stream' else form}"
    for ids, code in ((["k1", "k2", "k1"], "E128"), (["k1", "k2", "k3"], None)):
        data = table_bytes(form, {"case": ids, "sex": ["F", "M", "M"], "y_pred": [1, 1, 0]}, part=2)
        columns = {"y_pred": "y_pred", "sensitive": ["sex"], "row_id": "case"}
        positive = "1" if form == "csv" else 1
        builder = described(tmp_path / str(code), name, data, positive=positive, columns=columns)
        if code is None:
            assert counted(builder, "sex").rows == 3
        else:
            fault = refused(builder, "sex")
            assert fault.code == code
            assert "k1" not in str(fault)


@pytest.mark.parametrize("form", ["csv", "parquet", "arrow"])
def test_an_identifier_is_refused_by_its_name(form: Form, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from govern.evidence import csv_count, tabulation

    for module in (tabulation, csv_count, columnar_codes):
        monkeypatch.setattr(module, "MOST_COMBINATIONS", 50)
    table = {"sex": ["F", "M"] * 40, "customer": [f"c{n}" for n in range(80)], "y_pred": [1, 0] * 40}
    fault = refused(bare(tmp_path, form, table_bytes(form, table)), "sex", "customer")
    assert fault.code == "E126"
    assert "`customer`" in fault.message
    assert "c1" not in fault.message


def test_labels_coded_the_other_way_round_are_doubted(tmp_path: Path) -> None:
    """Fewer of the positives selected than of the negatives, in every group."""
    rows = [(sex, truth, int((n % 10 < 8) != truth)) for sex in "FM" for truth in (0, 1) for n in range(50)]
    table = dict(zip(("sex", "y_true", "y_pred"), map(list, zip(*rows, strict=True)), strict=True))
    result = judged(bare(tmp_path, "csv", table_bytes("csv", table)), metric="true_positive_rate", min_n=30)
    assert any("coded the other way round" in str(item) for item in result.findings)


# --- files that are not what they seem


@pytest.mark.parametrize("form", COLUMNAR)
def test_nested_and_other_types_are_refused(form: Form, tmp_path: Path) -> None:
    import datetime as dt

    for name, values in {
        "list": [["F"], ["M"]],
        "struct": [{"a": "F"}, {"a": "M"}],
        "date": [dt.date(2026, 1, 1)] * 2,
        "bytes": [b"F", b"M"],
    }.items():
        data = table_bytes(form, {name: values, "y_pred": [1, 0]})
        fault = refused(bare(tmp_path / name, form, data), name)
        assert fault.code == "I203"
        assert f"`{name}`" in fault.message


@pytest.mark.parametrize("form", COLUMNAR)
def test_cut_and_flipped_files_are_refused(form: Form, tmp_path: Path) -> None:
    sound = table_bytes(form, {"sex": ["F", "M"] * 200, "y_pred": [1, 0] * 200}, part=100)
    middle = len(sound) // 2
    for name, data in {
        "cut": sound[:middle],
        "nothing": b"\0" * 64,
        "text": b"sex,y_pred\nF,1\n",
        "end": sound[:-16] + b"\xff" * 16,
    }.items():
        with pytest.raises(InputError) as caught:
            counted(bare(tmp_path / name, form, data), "sex")
        assert caught.value.diagnostics[0].code in ("I203", "E123"), name


@pytest.mark.parametrize("form", FORMS)
def test_a_file_that_changes_under_the_reader(form: Form, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = table_bytes(form, {"sex": ["F", "M"], "y_pred": [1, 1]})
    builder = bare(tmp_path, form, data)
    bundle = builder.open()
    (path,) = bundle.find(f"predictions.{'arrow' if form == 'stream' else form}")
    other = table_bytes(form, {"sex": ["F", "F"], "y_pred": [1, 1]})
    (builder.path / path).write_bytes(other)
    with pytest.raises(IntegrityError) as caught:
        tabulate(bundle, path, ["sex"])
    assert caught.value.diagnostics[0].code == "B109"


@pytest.mark.parametrize("form", COLUMNAR)
def test_a_file_that_changes_between_the_hash_and_the_end(
    form: Form, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder = bare(tmp_path, form, table_bytes(form, {"sex": ["F", "M"], "y_pred": [1, 1]}))
    bundle = builder.open()
    (path,) = bundle.find(f"predictions.{'arrow' if form == 'stream' else form}")
    codes = columnar_codes.Coder.codes

    def touching(self: Any, column: Any) -> Any:
        os.utime(builder.path / path, ns=(1, 1))
        return codes(self, column)

    monkeypatch.setattr(columnar_codes.Coder, "codes", touching)
    with pytest.raises(IntegrityError) as caught:
        tabulate(bundle, path, ["sex"])
    assert caught.value.diagnostics[0].code == "B109"


def test_names_with_points_are_names(tmp_path: Path) -> None:
    table = {"a": ["x", "y"], "a.b": ["p", "q"], "y_pred": [1, 0]}
    for form in FORMS:
        builder = bare(tmp_path / form, form, table_bytes(form, table))
        assert combinations(builder, "a") == {("x",): 1, ("y",): 1}
        assert combinations(builder, "a.b", "a") == {("p", "x"): 1, ("q", "y"): 1}


def test_the_header_is_read_of_every_form(tmp_path: Path) -> None:
    for form in FORMS:
        bundle: Bundle = bare(tmp_path / form, form, table_bytes(form, {"b": [1], "a": ["x"]})).open()
        (path,) = bundle.find(f"predictions.{'arrow' if form == 'stream' else form}")
        assert header_of(bundle, path) == ("b", "a")


def test_a_column_that_is_not_there(tmp_path: Path) -> None:
    for form in FORMS:
        builder = bare(tmp_path / form, form, table_bytes(form, {"sex": ["F"], "y_pred": [1]}))
        bundle = builder.open()
        (path,) = bundle.find(f"predictions.{'arrow' if form == 'stream' else form}")
        with pytest.raises(InputError) as caught:
            tabulate(bundle, path, ["race"])
        assert caught.value.diagnostics[0].code == "E122"
