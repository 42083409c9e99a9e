"""Files that unpack to far more than they are: refused before anything is unpacked."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.bundle import open_bundle
from govern.diagnostics import Diagnostic, InputError
from govern.evidence import columnar_codes, columnar_file, columnar_table
from govern.evidence.tables import tabulate
from govern.evidence.unpacking import UnreadableError, pages, unpacked_size
from support.prediction_tables import SUFFIX, Alone, Form, arrow_bytes

LONG = pa.table({"sex": [f"{'x' * 100_000}{n}" for n in range(100)], "y_pred": [1] * 100})


def parquet(table: Any, **options: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", **options)
    return sink.getvalue()


def refused(folder: Path, form: Form, data: bytes) -> Diagnostic:
    bundle = Alone(folder, form, data).open()
    (path,) = bundle.files
    with pytest.raises(InputError) as caught:
        tabulate(bundle, path, ["sex", "y_pred"])
    (fault,) = caught.value.diagnostics
    return fault


@pytest.mark.parametrize("dictionary", [True, False])
def test_a_parquet_page(dictionary: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = parquet(LONG, use_dictionary=dictionary, dictionary_pagesize_limit=1 << 30, write_statistics=False)
    assert len(data) < 20_000
    monkeypatch.setattr(columnar_file, "_PAGE_BYTES", 1 << 20)
    monkeypatch.setattr(columnar_file, "_DICTIONARY_BYTES", 1 << 20)
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", None)  # nothing is unpacked
    fault = refused(tmp_path, "parquet", data)
    assert fault.code == "I203"
    assert "unpacks to 10,000,39" in fault.message or "unpacks to 10,000,5" in fault.message


def test_many_pages_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columnar_file, "LARGEST_TABLE", 1 << 20)
    data = parquet(LONG, use_dictionary=False, data_page_size=1 << 16, write_batch_size=1)
    assert "unpacks to" in refused(tmp_path, "parquet", data).message


@pytest.mark.parametrize("form", ["feather", "arrow"])
def test_a_compressed_batch_of_arrow(form: Form, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = io.BytesIO()
    if form == "feather":
        feather.write_feather(LONG, sink, compression="zstd")
    else:
        with pa.ipc.new_stream(sink, LONG.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
            writer.write_table(LONG)
    monkeypatch.setattr(columnar_file, "_ARROW_BYTES", 1 << 20)
    fault = refused(tmp_path, form, sink.getvalue())
    assert fault.code == "I203"
    assert "a batch unpacks to 10,00" in fault.message


def test_batches_that_are_not_compressed_are_read_where_they_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columnar_file, "_ARROW_BYTES", 0)
    table = pa.table({"sex": ["F", "M"] * 50, "y_pred": [1] * 100})
    bundle = Alone(tmp_path, "arrow", arrow_bytes("arrow", table)).open()
    assert tabulate(bundle, "predictions.arrow", ["sex"]).combinations == {("F",): 50, ("M",): 50}


@pytest.mark.parametrize("form", ["parquet", "feather"])
def test_long_texts_that_fit_a_page_are_no_groups(form: Form, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = parquet(LONG) if form == "parquet" else arrow_bytes(form, LONG)
    monkeypatch.setattr(columnar_codes, "_TEXT_BYTES", 1 << 20)
    fault = refused(tmp_path, form, data)
    assert fault.code == "E126"
    assert "`sex`" in fault.message
    monkeypatch.undo()
    monkeypatch.setattr(columnar_table, "_HELD", 1 << 20)
    assert refused(tmp_path, form, data).code == "E126"


def test_rows_of_a_batch_grow_fewer_with_longer_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columnar_file, "_BATCH_BYTES", 1 << 10)
    sizes = []
    codes = columnar_codes.Coder.codes

    def noted(self: Any, column: Any) -> Any:
        sizes.append(len(column))
        return codes(self, column)

    monkeypatch.setattr(columnar_codes.Coder, "codes", noted)
    table = pa.table({"sex": [f"{'x' * 150}{n}" for n in range(1000)], "y_pred": [1] * 1000})
    bundle = Alone(tmp_path, "parquet", parquet(table, use_dictionary=False)).open()
    assert len(tabulate(bundle, "predictions.parquet", ["sex", "y_pred"]).combinations) == 1000
    assert max(sizes) == 64


def test_pages_add_up_to_what_the_library_says() -> None:
    table = pa.table({"sex": ["F", "M", None] * 5000, "n": list(range(15_000))})
    for options in ({}, {"data_page_version": "2.0"}, {"use_dictionary": False}, {"row_group_size": 4000}):
        data = parquet(table, data_page_size=4096, **options)
        metadata = pq.ParquetFile(io.BytesIO(data)).metadata
        for group in range(metadata.num_row_groups):
            for place in range(2):
                chunk = metadata.row_group(group).column(place)
                start = min(chunk.data_page_offset, chunk.dictionary_page_offset or chunk.data_page_offset)
                found = list(pages(io.BytesIO(data), start, chunk.total_compressed_size))
                assert sum(page.values for page in found if not page.dictionary) == chunk.num_values
                assert sum(page.dictionary for page in found) == chunk.has_dictionary_page
                # The library's figure counts the headers too.
                assert 0 <= chunk.total_uncompressed_size - sum(page.size for page in found) < 200 * len(found)


@given(st.binary(max_size=200), st.integers(0, 300))
@settings(max_examples=300, deadline=None)
def test_no_bytes_break_the_reader_of_pages(data: bytes, length: int) -> None:
    try:
        found = list(pages(io.BytesIO(data), 0, length))
    except UnreadableError:
        found = []
    assert all(page.size >= 0 for page in found)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_no_bytes_break_the_reader_of_messages(data: st.DataObject) -> None:
    sound = pa.record_batch({"sex": ["F", "M"]}).serialize().to_pybytes()[8:120]
    spoilt = bytearray(sound)
    for place in data.draw(st.lists(st.integers(0, len(sound) - 1), max_size=6)):
        spoilt[place] = data.draw(st.integers(0, 255))
    size: Any = 0
    with contextlib.suppress(UnreadableError):
        size = unpacked_size(bytes(spoilt), memoryview(b"\0" * 64))
    assert isinstance(size, int)


def test_a_stream_that_was_cut_between_two_batches(tmp_path: Path) -> None:
    table = pa.table({"sex": ["F", "M"] * 50, "y_pred": [1] * 100})
    whole = arrow_bytes("stream", table, part=50)
    reader = pa.BufferReader(whole)
    messages = pa.ipc.MessageReader.open_stream(reader)
    for _ in range(2):  # the schema and the first batch
        messages.read_next_message()
    cut = whole[: reader.tell()]
    assert sum(batch.num_rows for batch in pa.ipc.open_stream(cut)) == 50, "the library reads half a table"
    assert refused(tmp_path, "stream", cut).code == "I203"


@pytest.mark.parametrize("form", ["parquet", "arrow", "feather", "stream"])
def test_spoilt_files_are_refused_or_read_whole(form: Form, tmp_path: Path) -> None:
    """A seeded bombardment. One spoilt footer in a thousand made the library's own look at it end the process."""
    columns = {"sex": ["F", "M", None, "X"] * 20, "y_pred": [1, 0, None, 1] * 20, "flag": [True, None] * 40}
    sound = arrow_bytes(form, pa.table(columns), part=30)
    random = Random(20261201)
    name = f"predictions.{SUFFIX.get(form, form)}"
    refusals = 0
    for _ in range(250):
        spoilt = bytearray(sound)
        for _ in range(random.choice([1, 1, 2, 4])):
            place = random.randrange(8, len(spoilt) - 8)
            spoilt[place] = random.choice([0, 255, random.randrange(256), spoilt[place] ^ (1 << random.randrange(8))])
        (tmp_path / name).write_bytes(spoilt)
        bundle = open_bundle(tmp_path, name="m", version="1")
        try:
            assert tabulate(bundle, name, list(columns)).rows == 80
        except InputError:
            refusals += 1
    assert refusals > 50


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    table = pa.table({"sexes": ["F", "M"], "y_pred": [1, 0]})
    for form in ("parquet", "arrow"):
        (tmp_path / form).mkdir()
        data = arrow_bytes(form, table).replace(b"sexes", b"s\xffxes")
        assert refused(tmp_path / form, form, data).code == "I203"
