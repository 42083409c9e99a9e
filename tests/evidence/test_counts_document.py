"""Documents of counts: what is read, and that one which does not add up to itself is refused with a code."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.canonical import canonical_bytes
from govern.diagnostics import Diagnostic, InputError
from govern.evidence.counts_document import FairnessCounts, parse_counts
from govern.evidence.counts_format import counts_schema
from govern.evidence.predictions import PredictionSource, find_predictions, read_predictions
from support.counted_tables import counted, counts_bundle, rows_bundle, table_of

Document = dict[str, Any]


def sound() -> Document:
    """The document of the page: two axes, a few people, four of them without a decision."""
    counts = [0] * 24
    counts[0:4] = [5, 1, 2, 7]
    counts[8:12] = [3, 0, 0, 4]
    counts[20:24] = [0, 1, 0, 0]
    return {
        "apiVersion": "govern/v1",
        "kind": "FairnessCounts",
        "model": {"name": "credit-risk", "version": "3.1.0", "files": []},
        "data": {"name": "holdout", "from": "2026-01-01"},
        "axes": [
            {"name": "sex", "values": ["F"], "unknown": True},
            {"name": "race", "values": ["A", "B"], "unknown": True},
        ],
        "y_true": True,
        "shape": [2, 3, 2, 2],
        "counts": counts,
        "missing": {"y_pred": 3, "y_true": 2},
        "rows": 27,
        "producer": {},
    }


def read(document: Document) -> FairnessCounts:
    return parse_counts(json.dumps(document).encode(), file="counts.json")


def refused(document: Document | bytes) -> list[Diagnostic]:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(InputError) as caught:
        parse_counts(data, file="counts.json")
    return list(caught.value.diagnostics)


def test_the_form_of_the_page() -> None:
    counts = read(sound())
    assert counts.names == ("sex", "race")
    assert counts.cells == {(0, 0): (5, 1, 2, 7), (0, 2): (3, 0, 0, 4), (1, 2): (0, 1, 0, 0)}
    assert counts.missing_rows == 4
    assert [group.declared for group in counts.groups] == [True, True]
    jsonschema.Draft202012Validator(counts_schema()).validate(sound())


def test_cells_in_place_of_counts() -> None:
    document = sound()
    del document["counts"]
    document["cells"] = [[0, 0, 0, 0, 5], [0, 0, 0, 1, 1], [0, 0, 1, 0, 2], [0, 0, 1, 1, 7], [0, 2, 0, 0, 3]]
    document["cells"] += [[0, 2, 1, 1, 4], [1, 2, 0, 1, 1], [1, 1, 0, 0, 0]]
    assert read(document).cells == read(sound()).cells
    jsonschema.Draft202012Validator(counts_schema()).validate(document)


def test_without_labels() -> None:
    document = {**sound(), "y_true": False, "shape": [2, 3, 2], "missing": {"y_pred": 2, "y_true": 0}, "rows": 9}
    document["counts"] = [3, 4, *([0] * 10)]
    assert read(document).cells == {(0, 0): (3, 4, 0, 0)}
    (fault,) = refused({**document, "missing": {"y_pred": 2, "y_true": 1}})
    assert fault.code == "E196"


def test_no_axis_at_all() -> None:
    document = {**sound(), "axes": [], "shape": [2, 2], "counts": [1, 2, 3, 4], "rows": 14}
    assert read(document).cells == {(): (1, 2, 3, 4)}


def of_classes(**changes: Any) -> Document:
    document = {
        **sound(),
        "classes": ["a", "b", "c"],
        "axes": [],
        "shape": [3, 3],
        "counts": list(range(9)),
        "rows": 40,
    }
    return {**document, **changes}


def test_classes() -> None:
    counts = read(of_classes())
    assert counts.tensor[2, 1] == 7
    assert counts.missing_rows == 4
    jsonschema.Draft202012Validator(counts_schema()).validate(of_classes())


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"shape": [2, 2]}, "E195"),
        ({"counts": [1] * 4}, "E195"),
        ({"classes": ["a"]}, "E197"),
        ({"classes": ["a", "b", "b"]}, "E197"),
        ({"classes": ["a", "b", "NaN"]}, "E197"),
        ({"classes": [str(n) for n in range(65)]}, "E197"),
        ({"positive": {"y_pred": "a"}}, "E103"),
    ],
)
def test_classes_that_do_not_fit(changes: Document, code: str) -> None:
    assert code in {fault.code for fault in refused(of_classes(**changes))}


def with_axis(**changes: Any) -> Callable[[Document], Document]:
    return lambda document: {**document, "axes": [{**document["axes"][0], **changes}, document["axes"][1]]}


def with_(**changes: Any) -> Callable[[Document], Document]:
    return lambda document: {**document, **changes}


CASES: list[tuple[str, Callable[[Document], Document]]] = [
    ("E195", with_(shape=[1, 2, 2, 2])),
    ("E195", with_(shape=[3, 2, 2, 2])),
    ("E195", with_(shape=[2, 3, 2])),
    ("E195", with_(counts=[0] * 23)),
    ("E195", with_(counts=[-1, *([0] * 23)])),
    ("E195", with_(counts=[True, *([0] * 23)])),
    ("E195", with_(counts=[1.0, *([0] * 23)])),
    ("E195", with_(counts=["1", *([0] * 23)])),
    ("E195", with_(counts=[2**53, *([0] * 23)])),
    ("E195", with_(counts=[None, *([0] * 23)])),
    ("E195", with_(cells=[[0, 0, 0, 0, 1]])),
    ("E195", with_(counts=None)),
    ("E103", with_(counts={"0": 1})),
    ("E196", with_(rows=25)),
    ("E196", with_(rows=30)),
    ("E196", with_(missing={"y_pred": 0, "y_true": 0})),
    ("E196", with_(missing={"y_pred": 3, "y_true": 2, "rows": 5})),
    ("E103", with_(rows=-1)),
    ("E103", with_(rows=True)),
    ("E103", with_(missing={"y_pred": -1, "y_true": 0})),
    ("E102", with_(missing={})),
    ("E103", with_(y_true="yes")),
    ("E101", with_(kind="FairnessRows")),
    ("E103", with_(apiVersion="govern/v2")),
    ("E101", with_(unheard=1)),
    ("E103", with_(salt="00")),
    ("E103", with_(positive={"y_pred": ["1"]})),
    ("E102", with_(data={})),
    ("E103", with_axis(unknown=False)),
    ("E102", with_axis(unknown=None)),
    ("E197", with_axis(values=["M", "F"])),
    ("E197", with_axis(values=["F", "F"])),
    ("E197", with_axis(values=[""])),
    ("E197", with_axis(values=["x" * 201])),
    ("E197", with_axis(name="race")),
    ("E103", with_axis(name=" ")),
    ("E103", with_axis(values=[1])),
    ("E124", with_axis(values=["F", "f"])),
    ("E124", with_axis(values=["F", "F "], declared=False)),
]


@pytest.mark.parametrize(("code", "change"), CASES)
def test_what_does_not_hold_together_is_refused(code: str, change: Callable[[Document], Document]) -> None:
    assert code in {fault.code for fault in refused(change(sound()))}


def test_two_spellings_stand_where_both_were_declared() -> None:
    document = with_axis(values=["F", "f"], declared=True)(sound())
    document.update(shape=[3, 3, 2, 2], counts=[*sound()["counts"], *([0] * 12)])
    assert read(document).groups[0].values == ("F", "f")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"kind":"FairnessCounts","kind":1}', b"\xff", b"[" * 5000])
def test_what_is_no_document_is_refused(data: bytes) -> None:
    assert {fault.code[0] for fault in refused(data)} <= {"I", "E"}


def test_an_index_outside_or_a_cell_twice() -> None:
    document = sound()
    del document["counts"]
    for cells in ([[2, 0, 0, 0, 1]], [[0, 0, 0, 0, 1], [0, 0, 0, 0, 1]], [[0, 0, 0, 1]], [0], [[0, 0, 0, 0, -1]]):
        (fault,) = refused({**document, "cells": cells})
        assert fault.code == "E195"


def test_more_cells_than_are_read() -> None:
    axes = [{"name": f"a{n}", "values": [f"{v:03}" for v in range(99)], "unknown": True} for n in range(3)]
    document = {**sound(), "axes": axes, "shape": [100, 100, 100, 2, 2]}
    del document["counts"]
    (fault,) = refused({**document, "cells": []})
    assert fault.code == "E195"
    assert "4,000,000" in fault.message


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_edited_document_is_anything_but_read_or_refused(data: st.DataObject) -> None:
    document = sound()
    key = data.draw(st.sampled_from(sorted(document)))
    leaf = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=3)
    document[key] = data.draw(st.recursive(leaf, lambda inner: st.lists(inner, max_size=4)))
    with contextlib.suppress(InputError):
        counts = read(document)
        assert sum(map(sum, counts.cells.values())) + counts.missing_rows == counts.document.rows


ROWS = [("F", "A", "1", "1"), ("M", "B", "0", "1"), ("M", "NA", "0", ""), ("F", "A", "", "0")]


def test_what_is_written_is_read_again_and_fits_the_schema(tmp_path: Path) -> None:
    builder = rows_bundle(tmp_path, table_of(ROWS), groups={"sex": ["F", "M", "X"]})
    document = counted(builder).document
    data = canonical_bytes(document)
    assert canonical_bytes(counted(builder).document) == data
    jsonschema.Draft202012Validator(counts_schema()).validate(json.loads(data))
    by_rows = reading(builder)
    by_counts = reading(counts_bundle(builder, document))
    assert by_rows.cells == by_counts.cells
    assert [group.values for group in by_counts.groups] == [("F", "M", "X"), ("A", "B")]
    assert (by_counts.rows, by_counts.missing_rows) == (4, 2)
    assert (by_counts.missing_y_pred, by_counts.missing_y_true) == (1, 1)


def test_a_large_tensor_is_written_sparsely_and_is_the_same(tmp_path: Path) -> None:
    rows = [(f"s{n % 40:02}", f"r{n % 37:02}", str(n % 2), str(n % 3 % 2)) for n in range(3000)]
    builder = rows_bundle(tmp_path, table_of(rows))
    document = counted(builder).document
    assert "counts" not in document
    jsonschema.Draft202012Validator(counts_schema()).validate(json.loads(canonical_bytes(document)))
    by_rows = reading(builder)
    assert by_rows.cells == reading(counts_bundle(builder, document)).cells


def reading(builder: Any) -> Any:
    bundle = builder.open()
    source = find_predictions(bundle)
    assert isinstance(source, PredictionSource), source
    return read_predictions(bundle, source, ("sex", "race"))


@pytest.mark.parametrize("type_", ["fairness-rows", "csv", "parquet"])
def test_a_type_that_the_file_is_not(tmp_path: Path, type_: str) -> None:
    builder = rows_bundle(tmp_path, table_of(ROWS))
    counts_bundle(builder, counted(builder).document)
    builder.record(evidence={"predictions": {"path": "predictions/counts.json", "type": type_}})
    with pytest.raises(InputError) as caught:
        find_predictions(builder.open())
    assert {fault.code for fault in caught.value.diagnostics} == {"E101"}
