"""Prediction tables: what is read, what is refused with a place, and that no message holds a row's value."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.diagnostics import Diagnostic, GovernError, InputError, IntegrityError
from govern.evidence.predictions import (
    Predictions,
    PredictionSource,
    find_predictions,
    read_predictions,
    read_scores,
)
from support.bundles import MODEL_FILE, PREDICTIONS, PREDICTIONS_MANIFEST, BundleBuilder

HEAD = "id,sex,y_true,y_pred\n"


def bare(tmp_path: Path, table: bytes | str, name: str = "predictions.csv") -> BundleBuilder:
    """A bundle whose predictions are a bare table."""
    builder = BundleBuilder(tmp_path).file(name, table)
    return builder.remove(PREDICTIONS).remove(PREDICTIONS_MANIFEST).record(evidence={"predictions": {"path": name}})


def read(builder: BundleBuilder, *attributes: str) -> Predictions:
    bundle = builder.open()
    source = find_predictions(bundle)
    assert isinstance(source, PredictionSource), source
    predictions = read_predictions(bundle, source, attributes or ("sex",))
    assert isinstance(predictions, Predictions), predictions
    return predictions


def refused(builder: BundleBuilder, *attributes: str) -> list[Diagnostic]:
    with pytest.raises(InputError) as caught:
        read(builder, *attributes)
    return list(caught.value.diagnostics)


def manifest(builder: BundleBuilder, **changes: Any) -> BundleBuilder:
    """The sound manifest with changed keys; a dotted key reaches inside, None removes."""
    document = yaml.safe_load(builder.content(PREDICTIONS_MANIFEST))
    for key, value in changes.items():
        *above, last = key.split("__")
        part = document
        for step in above:
            part = part[step]
        if value is None:
            part.pop(last, None)
        else:
            part[last] = value
    return builder.file(PREDICTIONS_MANIFEST, yaml.dump(document, sort_keys=False))


def test_the_sound_table(tmp_path: Path) -> None:
    predictions = read(BundleBuilder(tmp_path))
    assert predictions.source.bound
    assert (predictions.rows, predictions.missing_rows, predictions.labelled) == (400, 0, True)
    assert predictions.cells == {("F",): (110, 10, 10, 70), ("M",): (110, 10, 10, 70)}
    assert [(group.name, group.values, group.declared) for group in predictions.groups] == [("sex", ("F", "M"), True)]


class TestBadTables:
    """Tables from which no rate may be computed without a word."""

    def test_bom_crlf(self, tmp_path: Path) -> None:
        text = "\ufeff" + (HEAD + "1,M,1,1\n2,F,0,0\n").replace("\n", "\r\n")
        assert read(bare(tmp_path, text)).cells == {("M",): (0, 0, 0, 1), ("F",): (1, 0, 0, 0)}

    def test_utf16(self, tmp_path: Path) -> None:
        assert read(bare(tmp_path, (HEAD + "1,M,1,1\n").encode("utf-16"))).rows == 1

    def test_duplicate_header(self, tmp_path: Path) -> None:
        (fault,) = refused(bare(tmp_path, "id,sex,sex,y_true,y_pred\n1,M,F,1,1\n"))
        assert fault.code == "I203"
        assert "`sex`" in fault.message
        assert fault.span is not None
        assert str(fault.span) == "predictions.csv:1"

    def test_empty(self, tmp_path: Path) -> None:
        (fault,) = refused(bare(tmp_path, b""))
        assert (fault.code, fault.message) == ("I114", "the file is empty")

    def test_group_case(self, tmp_path: Path) -> None:
        (fault,) = refused(bare(tmp_path, HEAD + "1,Male,1,1\n2,male ,0,1\n3,MALE,0,0\n4,F,1,0\n"))
        assert fault.code == "E124"
        for spelling in ("'Male'", "'male '", "'MALE'"):
            assert spelling in fault.message

    def test_unicode_spellings(self, tmp_path: Path) -> None:
        (fault,) = refused(bare(tmp_path, HEAD + "1,Andr\u00e9,1,1\n2,Andre\u0301,0,1\n"))
        assert fault.code == "E124"

    def test_declared_spellings_are_let_through(self, tmp_path: Path) -> None:
        table = "y_true,y_pred,score,sex\n1,1,0.5,Male\n0,1,0.5,male\n"
        builder = BundleBuilder(tmp_path).file(PREDICTIONS, table)
        manifest(builder, groups={"sex": ["Male", "male"]})
        assert set(read(builder).cells) == {("Male",), ("male",)}

    def test_nan_labels(self, tmp_path: Path) -> None:
        predictions = read(bare(tmp_path, HEAD + "1,M,1,\n2,F,,1\n3,F,0,nan\n4,F,inf,NA\n"))
        assert (predictions.rows, predictions.missing_rows) == (4, 4)
        assert (predictions.missing_y_pred, predictions.missing_y_true) == (3, 2)
        assert predictions.cells == {}

    def test_semicolons_and_decimal_comma(self, tmp_path: Path) -> None:
        (fault,) = refused(bare(tmp_path, "id;sex;y_true;score\n1;M;1;0,91\n2;F;0;0,12\n"))
        assert fault.code == "I203"
        assert "`y_pred`" in fault.message
        assert "semicolons" in fault.message

    def test_ragged_row(self, tmp_path: Path) -> None:
        (fault,) = refused(bare(tmp_path, HEAD + "1,M,1,1\n2,F,0\n"))
        assert (fault.code, str(fault.span)) == ("I203", "predictions.csv:3")

    def test_blank_line_inside(self, tmp_path: Path) -> None:
        (fault,) = refused(bare(tmp_path, HEAD + "1,M,1,1\n\n2,F,0,1\n"))
        assert (fault.code, str(fault.span)) == ("I203", "predictions.csv:3")
        assert read(bare(tmp_path, HEAD + "1,M,1,1\n\n\n")).rows == 1

    def test_broken_quotes(self, tmp_path: Path) -> None:
        (fault,) = refused(bare(tmp_path, HEAD + '1,"M"x,1,1\n'))
        assert fault.code == "I203"

    def test_not_utf8(self, tmp_path: Path) -> None:
        (fault,) = refused(bare(tmp_path, (HEAD + "1,M\xfc,1,1\n").encode("latin-1")))
        assert fault.code == "I101"

    def test_scores_passed_as_y_pred(self, tmp_path: Path) -> None:
        (fault,) = refused(bare(tmp_path, HEAD + "1,M,1,1\n2,F,0,0.83\n"))
        assert (fault.code, str(fault.span)) == ("E123", "predictions.csv:3")
        assert "0.83" not in str(fault)

    def test_y_and_n_labels(self, tmp_path: Path) -> None:
        (fault,) = refused(bare(tmp_path, HEAD + "1,M,1,y\n2,F,0,n\n"))
        assert (fault.code, str(fault.span)) == ("E123", "predictions.csv:2")

    def test_missing_sensitive_value(self, tmp_path: Path) -> None:
        predictions = read(bare(tmp_path, HEAD + "1,,1,1\n2,NA,0,0\n3,F,0,0\n"))
        assert predictions.cells == {(None,): (1, 0, 0, 1), ("F",): (1, 0, 0, 0)}

    def test_identifier_as_attribute(self, tmp_path: Path) -> None:
        long = "x" * 300
        (fault,) = refused(bare(tmp_path, HEAD + f"1,{long},1,1\n"))
        assert fault.code == "E126"
        assert long not in str(fault)

    def test_missing_columns_are_not_there_rather_than_unreadable(self, tmp_path: Path) -> None:
        bundle = bare(tmp_path, "id,sex,y_true\n1,M,1\n").open()
        found = find_predictions(bundle)
        assert isinstance(found, Diagnostic)
        assert found.code == "E122"
        bundle = bare(tmp_path, HEAD).open()
        source = find_predictions(bundle)
        assert isinstance(source, PredictionSource)
        absent = read_predictions(bundle, source, ("race",))
        assert isinstance(absent, Diagnostic)
        assert "`race`" in absent.message


class TestManifest:
    def test_positive_is_never_guessed(self, tmp_path: Path) -> None:
        table = "y_true,y_pred,score,sex\nbad,no,0.5,F\ngood,yes,0.5,M\n"
        builder = BundleBuilder(tmp_path).file(PREDICTIONS, table)
        manifest(builder, positive={"y_true": "good", "y_pred": "yes"})
        assert read(builder).cells == {("F",): (1, 0, 0, 0), ("M",): (0, 0, 0, 1)}
        manifest(builder, positive={"y_true": "good", "y_pred": "Yes"})
        (fault,) = refused(builder)
        assert fault.code == "E123"

    def test_undeclared_group(self, tmp_path: Path) -> None:
        builder = BundleBuilder(tmp_path).file(PREDICTIONS, "y_true,y_pred,score,sex\n1,1,0.5,F\n1,1,0.5,SECRET\n")
        (fault,) = refused(builder)
        assert (fault.code, str(fault.span)) == ("E125", f"{PREDICTIONS}:3")
        assert "SECRET" not in str(fault)

    def test_rows_differ(self, tmp_path: Path) -> None:
        (fault,) = refused(manifest(BundleBuilder(tmp_path), file__rows=399))
        assert fault.code == "E127"

    def test_other_bytes(self, tmp_path: Path) -> None:
        (fault,) = refused(manifest(BundleBuilder(tmp_path), file__sha256="0" * 64))
        assert fault.code == "E109"

    def test_duplicate_row_id(self, tmp_path: Path) -> None:
        table = "y_true,y_pred,score,sex,case\n1,1,0.5,F,k1\n1,1,0.5,M,k2\n0,1,0.5,M,k1\n"
        builder = BundleBuilder(tmp_path).file(PREDICTIONS, table)
        (fault,) = refused(manifest(builder, columns__row_id="case"))
        assert (fault.code, str(fault.span)) == ("E128", f"{PREDICTIONS}:4")
        assert "k1" not in str(fault)

    @pytest.mark.parametrize(
        ("changes", "code", "says"),
        [
            ({"positive": None}, "E102", "positive"),
            ({"positive__y_true": None}, "E103", "positive.y_true"),
            ({"columns__weight": "w"}, "E103", "weight"),
            ({"colums": {}}, "E101", "colums"),
            ({"file__rows": "many"}, "E103", "rows"),
            ({"kind": "Other"}, "E101", "FairnessRows"),
            ({"groups": {"race": ["A"]}}, "E103", "groups"),
            ({"columns__score": "y_pred"}, "E103", "two meanings"),
            ({"unknown": ["F"]}, "E103", "unknown"),
        ],
    )
    def test_shape(self, tmp_path: Path, changes: dict[str, Any], code: str, says: str) -> None:
        faults = refused(manifest(BundleBuilder(tmp_path), **changes))
        assert [fault.code for fault in faults] == [code]
        assert says in faults[0].message
        assert faults[0].span is not None
        assert faults[0].span.line is not None

    def test_a_column_that_is_not_there(self, tmp_path: Path) -> None:
        found = find_predictions(manifest(BundleBuilder(tmp_path), columns__sensitive=["sex", "race"]).open())
        assert isinstance(found, Diagnostic)
        assert found.code == "E122"
        assert "`race`" in found.message


class TestBinding:
    def source(self, builder: BundleBuilder) -> PredictionSource | Diagnostic:
        return find_predictions(builder.open())

    def test_another_version(self, tmp_path: Path) -> None:
        found = self.source(manifest(BundleBuilder(tmp_path), model__version="3.0.0"))
        assert isinstance(found, Diagnostic)
        assert found.code == "E107"

    def test_other_weights(self, tmp_path: Path) -> None:
        files = [{"path": MODEL_FILE, "sha256": "0" * 64}]
        found = self.source(manifest(BundleBuilder(tmp_path), model__files=files))
        assert isinstance(found, Diagnostic)
        assert found.code == "E107"

    def test_no_files_bind_nothing(self, tmp_path: Path) -> None:
        found = self.source(manifest(BundleBuilder(tmp_path), model__files=None))
        assert isinstance(found, PredictionSource)
        assert (found.model, found.bound) == ("absent", False)

    def test_files_that_are_not_the_model_bind_nothing(self, tmp_path: Path) -> None:
        builder = BundleBuilder(tmp_path)
        digest = hashlib.sha256(builder.content("requirements.txt")).hexdigest()
        found = self.source(manifest(builder, model__files=[{"path": "requirements.txt", "sha256": digest}]))
        assert isinstance(found, PredictionSource)
        assert not found.bound

    def test_a_bare_table_is_bound_by_its_envelope(self, tmp_path: Path) -> None:
        builder = bare(tmp_path, HEAD + "1,M,1,1\n")
        plain = builder.open()
        envelope: dict[str, Any] = {
            "apiVersion": "govern/v1",
            "kind": "EvidenceEnvelope",
            "type": "predictions",
            "file": {"path": "predictions.csv", "sha256": plain.files["predictions.csv"].sha256},
            "model": {"name": plain.name, "version": plain.version, "digest": {"sha256": plain.model_digest}},
            "data": [{"name": "test", "role": "evaluate", "digest": {"sha256": plain.files["predictions.csv"].sha256}}],
            "tool": {"name": "evaluate.py", "version": "1"},
            "produced_at": "2026-04-02T10:05:00Z",
            "produced_by": "ci:7",
        }
        evidence = {"predictions": {"path": "predictions.csv", "envelope": "predictions.evidence.json"}}

        def found(**changes: Any) -> PredictionSource | Diagnostic:
            document = {key: value for key, value in {**envelope, **changes}.items() if value is not None}
            builder.file("predictions.evidence.json", json.dumps(document)).record(evidence=evidence)
            return self.source(builder)

        sound = found()
        assert isinstance(sound, PredictionSource)
        assert sound.bound
        assert sound.produced_at == "2026-04-02T10:05:00Z"
        other = found(model={**envelope["model"], "digest": {"sha256": "0" * 64}})
        assert isinstance(other, Diagnostic)
        assert other.code == "E107"
        unnamed = found(model=None)
        assert isinstance(unnamed, PredictionSource)
        assert not unnamed.bound
        elsewhere = found(data=[{"name": "x", "digest": {"sha256": "0" * 64}}])
        assert isinstance(elsewhere, PredictionSource)
        assert not elsewhere.bound
        for changes, code in [
            ({"file": {"sha256": "0" * 64}}, "E109"),
            ({"produced_at": "yesterday"}, "E103"),
            ({"tool": None}, "E102"),
            ({"kind": "Other"}, "E101"),
        ]:
            with pytest.raises(InputError) as caught:
                found(**changes)
            assert [item.code for item in caught.value.diagnostics] == [code]


class TestWhere:
    def test_nothing_named_and_nothing_there(self, tmp_path: Path) -> None:
        builder = BundleBuilder(tmp_path).remove(PREDICTIONS).remove(PREDICTIONS_MANIFEST).record(evidence={})
        found = find_predictions(builder.open())
        assert isinstance(found, Diagnostic)
        assert found.code == "E120"

    def test_usual_name_at_the_root(self, tmp_path: Path) -> None:
        builder = bare(tmp_path, HEAD + "1,M,1,1\n").record(evidence={})
        assert isinstance(find_predictions(builder.open()), PredictionSource)

    def test_two_candidates(self, tmp_path: Path) -> None:
        builder = bare(tmp_path, HEAD + "1,M,1,1\n").file("predictions.yaml", "a: b").record(evidence={})
        with pytest.raises(InputError) as caught:
            find_predictions(builder.open())
        assert caught.value.diagnostics[0].code == "E121"

    def test_type_that_the_file_is_not(self, tmp_path: Path) -> None:
        builder = bare(tmp_path, HEAD).record(evidence={"predictions": {"path": "predictions.csv", "type": "parquet"}})
        with pytest.raises(InputError) as caught:
            find_predictions(builder.open())
        assert caught.value.diagnostics[0].code == "E101"

    def test_changed_while_reading(self, tmp_path: Path) -> None:
        builder = bare(tmp_path, HEAD + "1,M,1,1\n")
        bundle = builder.open()
        source = find_predictions(bundle)
        assert isinstance(source, PredictionSource)
        (builder.path / "predictions.csv").write_bytes((HEAD + "1,M,1,0\n").encode())
        with pytest.raises(IntegrityError):
            read_predictions(bundle, source, ("sex",))


class TestScores:
    def test_exact_by_score(self, tmp_path: Path) -> None:
        bundle = bare(tmp_path, "y_true,y_pred,score\n1,1,0.90\n0,0,0.9\n0,0,1e-1\n,0,0.2\n1,1,nan\n").open()
        source = find_predictions(bundle)
        assert isinstance(source, PredictionSource)
        scores = read_scores(bundle, source)
        assert not isinstance(scores, Diagnostic)
        assert {str(score): two for score, two in scores.by_score.items()} == {"0.90": (1, 1), "0.1": (1, 0)}
        assert scores.missing_rows == 2

    @pytest.mark.parametrize("text", ["0.9x", '"0,91"', "91%", "1e999", "0x1p-3", "1_0", "1e-9999"])
    def test_no_number(self, tmp_path: Path, text: str) -> None:
        bundle = bare(tmp_path, f"y_true,y_pred,score\n1,1,0.5\n1,1,{text}\n").open()
        source = find_predictions(bundle)
        assert isinstance(source, PredictionSource)
        with pytest.raises(InputError) as caught:
            read_scores(bundle, source)
        (fault,) = caught.value.diagnostics
        assert (fault.code, str(fault.span)) == ("E130", "predictions.csv:3")


class TestParquet:
    def table(self, **columns: list[Any]) -> bytes:
        import pyarrow as pa
        import pyarrow.parquet as pq

        sink = io.BytesIO()
        pq.write_table(pa.table(columns), sink, row_group_size=3)
        return sink.getvalue()

    def test_same_counts_as_csv(self, tmp_path: Path) -> None:
        rows = list(csv.DictReader(io.StringIO(BundleBuilder(tmp_path).content(PREDICTIONS).decode())))
        import pyarrow as pa

        data = self.table(
            sex=pa.array([row["sex"] for row in rows]).dictionary_encode(),
            y_true=[int(row["y_true"]) for row in rows],
            y_pred=[row["y_pred"] == "1" for row in rows],
            score=[float(row["score"]) for row in rows],
        )
        builder = bare(tmp_path, data, "predictions.parquet")
        parquet = read(builder)
        text = read(BundleBuilder(tmp_path / "csv"))
        assert parquet.cells == text.cells
        bundle = builder.open()
        scores, expected = (
            read_scores(one, found)
            for one, found in ((bundle, parquet.source), (BundleBuilder(tmp_path / "csv").open(), text.source))
        )
        assert not isinstance(scores, Diagnostic)
        assert not isinstance(expected, Diagnostic)
        assert scores.by_score == expected.by_score

    def test_nulls_and_nan_are_missing(self, tmp_path: Path) -> None:
        data = self.table(sex=["F", None, "F", "M"], y_true=[1, 0, None, 1], y_pred=[1, 0, 1, 1])
        predictions = read(bare(tmp_path, data, "predictions.parquet"))
        assert predictions.missing_rows == 1
        assert predictions.cells == {("F",): (0, 0, 0, 1), (None,): (1, 0, 0, 0), ("M",): (0, 0, 0, 1)}

    def test_floats_are_no_decisions(self, tmp_path: Path) -> None:
        data = self.table(sex=["F", "M"], y_true=[1, 0], y_pred=[0.2, 0.9])
        assert refused(bare(tmp_path, data, "predictions.parquet"))[0].code == "E123"

    def test_positive_is_compared_by_type(self, tmp_path: Path) -> None:
        data = self.table(sex=["F", "M"], y_true=[1, 0], y_pred=[1, 0])
        builder = BundleBuilder(tmp_path).file("predictions/t.parquet", data)
        digest = hashlib.sha256(data).hexdigest()
        manifest(builder, file={"path": "predictions/t.parquet", "sha256": digest}, columns__score=None)
        assert refused(builder)[0].code == "E133"
        manifest(builder, positive={"y_true": 1, "y_pred": 1})
        assert read(builder).cells == {("F",): (0, 0, 0, 1), ("M",): (1, 0, 0, 0)}

    def test_damaged(self, tmp_path: Path) -> None:
        assert refused(bare(tmp_path, b"PAR1 nonsense PAR1", "predictions.parquet"))[0].code == "I203"

    def test_without_pyarrow(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        import sys

        monkeypatch.setitem(sys.modules, "pyarrow", None)
        (fault,) = refused(bare(tmp_path, b"PAR1", "predictions.parquet"))
        assert fault.code == "E129"
        assert fault.hint is not None
        assert "govern[data]" in fault.hint


MARKER = "PERSONALVALUE"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["F", "M", "", "f"]),
            st.sampled_from(["0", "1", "", "nan", f"{MARKER}"]),
            st.sampled_from(["0", "1", "0.5", f"{MARKER}", f"{MARKER},x"]),
            st.sampled_from([f"{MARKER}1", f"{MARKER}2"]),
        ),
        max_size=8,
    )
)
@settings(max_examples=60, deadline=None)
def test_no_message_holds_a_value_of_a_row(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str, str]]
) -> None:
    text = "sex,y_true,y_pred,name\n" + "".join(",".join(row) + "\n" for row in rows)
    said = ""
    try:
        read(bare(tmp_path_factory.mktemp("b"), text))
    except GovernError as fault:
        said = str(fault)
    assert MARKER not in said


@given(st.permutations([*range(12)]))
@settings(max_examples=20, deadline=None)
def test_row_order_does_not_matter(tmp_path_factory: pytest.TempPathFactory, order: list[int]) -> None:
    rows = [f"{'FM'[i % 2]},{i % 3 % 2},{i % 5 % 2}" for i in range(12)]
    text = "sex,y_true,y_pred\n" + "".join(rows[i] + "\n" for i in order)
    straight = "sex,y_true,y_pred\n" + "".join(row + "\n" for row in rows)
    one = read(bare(tmp_path_factory.mktemp("b"), text))
    assert dict(one.cells) == dict(read(bare(tmp_path_factory.mktemp("b"), straight)).cells)
