"""Score counts: they add, they go through JSON unchanged, and they refuse what no scores can be."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.canonical import canonical_bytes
from govern.fairness.scores import BINS, scores_from_json, scores_to_json
from support.scores import counts_of

ROWS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1), st.floats(0, 1)), max_size=40)


@given(ROWS, ROWS)
def test_two_sites_add_up_to_the_whole(one, other):
    half = Fraction(1, 2)
    assert counts_of(one, half) + counts_of(other, half) == counts_of([*one, *other], half)
    assert counts_of(one) + counts_of(other) == counts_of([*other, *one])


@given(ROWS, st.booleans())
def test_json_gives_the_same_counts_again(rows, declared):
    counts = counts_of(rows, Fraction(1, 3) if declared else None)
    data = canonical_bytes(scores_to_json(counts))
    assert scores_from_json(json.loads(data)) == counts
    assert canonical_bytes(scores_to_json(counts_of(rows[::-1], counts.threshold))) == data


def test_counts_of_another_range_or_threshold_do_not_add():
    counts = counts_of([(0, 1, 0.5)])
    for other in (replace(counts, low=Fraction(-1)), counts_of([(0, 1, 0.5)], Fraction(1, 2))):
        with pytest.raises(ValueError, match="only score counts over the same"):
            counts + other


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rows": 3}, "do not add up"),
        ({"missing": -1}, "no count"),
        ({"cells": []}, "do not go together"),
        ({"cells": [[0, 1, BINS, 1]]}, "a bin outside"),
        ({"cells": [[0, 1, 7, 0]]}, "an empty one"),
        ({"cells": [[3, 1, 7, 1]], "sums": [[3, 1, 1, "0", "0", 0]]}, "outside the axes"),
        ({"cells": [[0, 1, 7, 1], [0, 1, 7, 1]]}, "given twice"),
        ({"cells": [[0, 2, 7, 1]]}, "a label"),
        ({"cells": [[0, True, 7, 1]]}, "a label"),
        ({"sums": [[0, 1, 2, "0", "0", 0]]}, "other scores"),
        ({"sums": [[0, 1, 1, "9999999999999", "99999999999999999999999999", 0]]}, "no scores of the range"),
        ({"sums": [[0, 1, 1, "4294967296", "4", 0]]}, "squares smaller"),
        ({"sums": [[0, 1, 1, 2147483648, "0", 0]]}, "written as text"),
        ({"sums": [[0, 1, 1, "0", "0"]]}, "wrong length"),
        ({"range": ["0", "1", "2"]}, "two ends"),
        ({"range": ["0", "nan"]}, "exact number"),
        ({"range": ["1", "1"]}, "empty range"),
        ({"bins": 2**40}, "more than"),
        ({"labelled": 1}, "labelled"),
        ({"labelled": False}, "positives without labels"),
        ({"axes": [{"name": "sex", "values": ["M", "F"], "declared": True}]}, "sorted"),
        ({"axes": [{"name": "sex"}]}, "an axis"),
        ({"threshold": "0.5"}, "do not go together"),
        ({"threshold": "0.5", "above": [[0, 0, 0, 0, 2]]}, "other people"),
        ({"extra": 1}, "exactly the members"),
    ],
)
def test_what_was_not_written_is_refused(change, words):
    written = json.loads(canonical_bytes(scores_to_json(counts_of([(0, 1, 0.5)]))))
    with pytest.raises(ValueError, match=words):
        scores_from_json({**written, **change})
