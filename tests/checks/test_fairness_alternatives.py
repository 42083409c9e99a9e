"""`fairness.alternatives`: the record of a search, from document to outcome, findings and facts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from govern.diagnostics import InputError
from govern.policy.outcomes import CheckResult, Outcome
from support.bundles import BundleBuilder, sha256
from support.group_tables import codes, declared, params_of, run, table_of
from support.searches import ALTERNATIVES, Cells, candidate, search

KIND = "fairness.alternatives"
ASKED = {"metric": "selection_rate", "compare": "ratio", "attributes": ["sex"], "utility": "accuracy"}
CHOSEN: dict[str | None, Cells] = {"F": (40, 10, 10, 40), "M": (30, 20, 0, 50)}
"""100 of each: accuracy 0.8, 50 and 70 selected, ratio 0.714."""
WORSE: dict[str | None, Cells] = {"F": (50, 0, 30, 20), "M": (30, 20, 0, 50)}
"""Accuracy 0.75, 20 and 70 selected."""
USELESS: dict[str | None, Cells] = {"F": (20, 30, 20, 30), "M": (20, 30, 20, 30)}
"""Accuracy 0.5, 60 of each selected."""
EVEN: dict[str | None, Cells] = {"F": (40, 10, 10, 40), "M": (40, 10, 12, 38)}
"""Accuracy 0.79, 50 and 48 selected, ratio 0.96."""


def bundle(
    folder: Path, *candidates: Any, chosen: dict[str | None, Cells] | None = None, **changes: Any
) -> BundleBuilder:
    """A bundle of which the chosen candidate is the model, with these alternatives."""
    given = {"chosen": changes.pop("named")} if "named" in changes else {}
    held = CHOSEN if chosen is None else chosen
    groups = {"unknown" if name is None else name: cells for name, cells in held.items()}
    named = sorted(name for name in held if name is not None)
    builder = declared(folder, table_of(**groups), *named)
    builder.file(ALTERNATIVES, search("ours", [candidate("ours", held), *candidates], **changes, **given))
    evidence = {"predictions": {"path": "predictions/test.yaml"}, "alternatives": {"path": ALTERNATIVES}}
    return builder.record(evidence=evidence)


def of(builder: BundleBuilder, **changes: Any) -> CheckResult:
    return run(KIND, builder, {**ASKED, **changes})


class TestOutcomes:
    def test_pass(self, tmp_path: Path) -> None:
        result = of(bundle(tmp_path, candidate("a", WORSE), candidate("b", USELESS)), bound=True)
        assert (result.outcome, codes(result)) == (Outcome.PASS, [])
        assert result.observed == "2 alternatives"
        assert "by Retail credit models on 2026-04-02" in result.summary
        facts: Any = result.facts
        assert [item["name"] for item in facts["candidates"]] == ["ours", "a", "b"]
        assert facts["candidates"][0]["utility"] == "0.8"
        assert facts["candidates"][0]["disparities"] == [
            {"attributes": ["sex"], "metric": "selection_rate", "ratio": "0.714286"}
        ]
        assert [ref.name for ref in result.evidence][-1] == "alternatives"

    def test_fail_names_the_alternative_and_both_figures(self, tmp_path: Path) -> None:
        result = of(bundle(tmp_path, candidate("a", WORSE), candidate("even", EVEN)))
        assert (result.outcome, codes(result)) == (Outcome.FAIL, ["F149"])
        detail = result.findings[0].detail
        assert "even is as useful and more even: accuracy 0.79 against 0.8" in detail
        assert "ratio of selection rate by sex 0.96 against 0.714286" in detail
        assert (result.fields["alternative"], result.fields["utility"]) == ("even", "0.79")

    def test_exactly_at_the_loss(self, tmp_path: Path) -> None:
        builder = bundle(tmp_path, candidate("a", WORSE), candidate("even", EVEN))
        assert of(builder, max_utility_loss="0.01").outcome is Outcome.FAIL
        assert of(builder, max_utility_loss="0.00999").outcome is Outcome.PASS

    def test_an_alternative_must_be_as_even_in_every_table(self, tmp_path: Path) -> None:
        """More even by one rate and less by the other is no less discriminatory alternative."""
        mixed: dict[str | None, Cells] = {"F": (40, 10, 10, 40), "M": (50, 0, 20, 30)}
        builder = bundle(tmp_path, candidate("a", WORSE), candidate("mixed", mixed))
        assert of(builder, metric="equalized_odds", compare="difference").outcome is Outcome.PASS
        assert of(builder, metric="true_positive_rate", compare="difference", max_utility_loss="0.1").outcome is (
            Outcome.PASS
        )

    def test_stated_figures(self, tmp_path: Path) -> None:
        told = [candidate("a", WORSE, auc=0.8), candidate("even", EVEN, auc=0.85)]
        text = search("ours", [candidate("ours", CHOSEN, auc=0.86), *told])
        builder = bundle(tmp_path).file(ALTERNATIVES, text)
        assert of(builder, utility="auc").outcome is Outcome.FAIL
        assert of(builder, utility="auc", max_utility_loss="0.005").outcome is Outcome.PASS

    def test_where_less_is_better(self, tmp_path: Path) -> None:
        told = [candidate("a", WORSE, log_loss=0.5), candidate("even", EVEN, log_loss=0.41)]
        text = search("ours", [candidate("ours", CHOSEN, log_loss=0.4), *told])
        builder = bundle(tmp_path).file(ALTERNATIVES, text)
        assert of(builder, utility="log_loss").outcome is Outcome.FAIL
        assert of(builder, utility="log_loss", max_utility_loss="0.001").outcome is Outcome.PASS


class TestNoSearch:
    def test_missing(self, tmp_path: Path) -> None:
        builder = bundle(tmp_path, candidate("a", WORSE), candidate("b", USELESS)).remove(ALTERNATIVES)
        assert (of(builder).outcome, codes(of(builder))) == (Outcome.MISSING_EVIDENCE, ["E120"])
        unnamed = builder.record(evidence={"predictions": {"path": "predictions/test.yaml"}})
        assert (of(unnamed).outcome, codes(of(unnamed))) == (Outcome.MISSING_EVIDENCE, ["E120"])

    def test_predictions_are_needed_as_well(self, tmp_path: Path) -> None:
        builder = bundle(tmp_path, candidate("a", WORSE), candidate("b", USELESS)).remove("predictions/test.csv")
        assert of(builder).outcome is Outcome.MISSING_EVIDENCE

    def test_too_few(self, tmp_path: Path) -> None:
        builder = bundle(tmp_path, candidate("a", WORSE))
        result = of(builder)
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E153"])
        assert of(builder, at_least_compared=1).outcome is Outcome.PASS

    def test_a_copy_is_no_alternative(self, tmp_path: Path) -> None:
        for copies in ([candidate("a", WORSE), candidate("b", WORSE)], [candidate("a", WORSE), candidate("b", CHOSEN)]):
            result = of(bundle(tmp_path, *copies))
            assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E153"])
            assert "1 more are copies" in result.findings[0].detail

    def test_an_alternative_that_selects_nobody_was_not_compared(self, tmp_path: Path) -> None:
        nobody: dict[str | None, Cells] = {"F": (50, 0, 50, 0), "M": (50, 0, 50, 0)}
        result = of(bundle(tmp_path, candidate("a", WORSE), candidate("b", nobody)))
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E153"])

    def test_an_alternative_that_is_better_fails_however_few(self, tmp_path: Path) -> None:
        result = of(bundle(tmp_path, candidate("even", EVEN)))
        assert (result.outcome, codes(result)) == (Outcome.FAIL, ["E153", "F149"])

    def test_empty(self, tmp_path: Path) -> None:
        for text in ("", "null\n", "{}\n", "[]\n"):
            with pytest.raises(InputError):
                of(bundle(tmp_path).file(ALTERNATIVES, text))


class TestWhatTheSearchSpeaksOf:
    def test_the_chosen_counts_must_be_those_of_the_predictions(self, tmp_path: Path) -> None:
        builder = bundle(tmp_path, candidate("a", WORSE), candidate("b", USELESS))
        builder.file(
            ALTERNATIVES, search("ours", [candidate("ours", EVEN), candidate("a", WORSE), candidate("b", USELESS)])
        )
        result = of(builder)
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E154"])

    def test_everybody_on_the_same_people(self, tmp_path: Path) -> None:
        others: dict[str | None, Cells] = {"F": (50, 0, 30, 21), "M": (30, 20, 0, 50)}
        result = of(bundle(tmp_path, candidate("a", WORSE), candidate("b", others)))
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E155"])
        moved: dict[str | None, Cells] = {"F": (49, 0, 31, 20), "M": (30, 20, 0, 50)}
        assert codes(of(bundle(tmp_path, candidate("a", WORSE), candidate("b", moved)))) == ["E155"]

    def test_an_attribute_that_nobody_counted_by(self, tmp_path: Path) -> None:
        builder = bundle(tmp_path, candidate("a", WORSE), candidate("b", USELESS), attributes=["gender"])
        result = of(builder)
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E157"])

    def test_no_figure_of_usefulness(self, tmp_path: Path) -> None:
        result = of(bundle(tmp_path, candidate("a", WORSE, auc=0.7), candidate("b", USELESS)), utility="auc")
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E156", "E156"])

    def test_another_model(self, tmp_path: Path) -> None:
        model = {"name": "credit-risk", "version": "3.0.0", "files": []}
        result = of(bundle(tmp_path, candidate("a", WORSE), candidate("b", USELESS), model=model))
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E107"])

    def test_other_data(self, tmp_path: Path) -> None:
        data = {"name": "x", "sha256": sha256(b"elsewhere")}
        result = of(bundle(tmp_path, candidate("a", WORSE), candidate("b", USELESS), data=data))
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E150"])

    @pytest.mark.parametrize(
        "changes", [{"data": {"name": "x"}}, {"model": {"name": "credit-risk", "version": "3.1.0"}}]
    )
    def test_unbound(self, tmp_path: Path, changes: dict[str, Any]) -> None:
        builder = bundle(tmp_path, candidate("a", WORSE), candidate("b", USELESS), **changes)
        assert of(builder).outcome is Outcome.PASS
        assert (of(builder, bound=True).outcome, codes(of(builder, bound=True))) == (Outcome.MISSING_EVIDENCE, ["E108"])

    def test_a_stated_figure_that_the_counts_contradict(self, tmp_path: Path) -> None:
        builder = bundle(tmp_path, candidate("a", WORSE, accuracy=0.75), candidate("b", USELESS))
        assert of(builder).outcome is Outcome.PASS
        with pytest.raises(InputError) as caught:
            of(bundle(tmp_path, candidate("a", WORSE, accuracy=0.76), candidate("b", USELESS)))
        assert caught.value.diagnostics[0].code == "E132"


class TestPeople:
    def test_small_groups(self, tmp_path: Path) -> None:
        tiny: Cells = (8, 0, 0, 2)
        chosen = {**CHOSEN, "X": tiny}
        builder = bundle(
            tmp_path, candidate("a", {**WORSE, "X": tiny}), candidate("b", {**USELESS, "X": tiny}), chosen=chosen
        )
        assert (of(builder).outcome, codes(of(builder))) == (Outcome.INCONCLUSIVE, ["F104"])
        assert of(builder, small_groups="exclude").outcome is Outcome.PASS
        assert "8" not in str(of(builder).findings[0].detail)

    def test_a_declared_group_without_rows(self, tmp_path: Path) -> None:
        builder = bundle(tmp_path, candidate("a", WORSE), candidate("b", USELESS))
        text = builder.content("predictions/test.yaml").decode().replace("  - M\n", "  - M\n  - X\n")
        result = of(builder.file("predictions/test.yaml", text))
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["F108"])

    def test_missing_rows(self, tmp_path: Path) -> None:
        groups = {str(name): cells for name, cells in CHOSEN.items()}
        builder = declared(tmp_path, table_of(**groups) + "F,1,\n", "F", "M")
        told = [candidate("ours", CHOSEN), candidate("a", WORSE), candidate("b", USELESS)]
        builder.file(ALTERNATIVES, search("ours", told))
        evidence = {"predictions": {"path": "predictions/test.yaml"}, "alternatives": {"path": ALTERNATIVES}}
        result = of(builder.record(evidence=evidence))
        assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["F109"])
        assert of(builder, max_missing="0.01").outcome is Outcome.PASS

    def test_records_of_unknown_group(self, tmp_path: Path) -> None:
        unknown: Cells = (15, 5, 5, 15)
        slightly: dict[str | None, Cells] = {"F": (39, 11, 9, 41), "M": (30, 20, 0, 50)}
        others = [candidate("a", {**WORSE, None: unknown}), candidate("b", {**slightly, None: unknown})]
        builder = bundle(tmp_path, *others, chosen={**CHOSEN, None: unknown})
        assert (of(builder).outcome, codes(of(builder))) == (Outcome.INCONCLUSIVE, ["F107"])
        assert of(builder, missing_bounds="none").outcome is Outcome.FAIL


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    name = "<script>\x1b[31m" + "A" * 500
    result = of(bundle(tmp_path, candidate("a", WORSE), candidate(name, EVEN)))
    assert result.outcome is Outcome.FAIL
    assert "\x1b" not in result.findings[0].detail
    assert len(result.findings[0].detail) < 400


BAD: dict[str, Any] = {
    "another kind": {"kind": "FairnessRows"},
    "a key that is none": {"verdict": "fine"},
    "nobody chosen": {"named": "theirs"},
    "no attribute": {"attributes": []},
    "an attribute twice": {"attributes": ["sex", "sex"]},
    "no day": {"search": {"by": "x"}},
    "a day that is none": {"search": {"by": "x", "on": "2026-02-30"}},
    "a name twice": {"candidates": [candidate("ours", CHOSEN), candidate("ours", EVEN)]},
    "a negative count": {"candidates": [candidate("ours", {"F": (-1, 0, 0, 5)})]},
    "three cells": {"candidates": [{"name": "ours", "counts": [{"group": ["F"], "cells": [1, 2, 3]}]}]},
    "a count that is a text": {"candidates": [{"name": "ours", "counts": [{"group": ["F"], "cells": ["1", 2, 3, 4]}]}]},
    "half a person": {"candidates": [{"name": "ours", "counts": [{"group": ["F"], "cells": [0.5, 2, 3, 4]}]}]},
    "a group twice": {"candidates": [{"name": "ours", "counts": [{"group": ["F"], "cells": [1, 2, 3, 4]}] * 2}]},
    "a group of two values": {"candidates": [candidate("ours", {"F": (1, 2, 3, 4)})], "attributes": ["sex", "race"]},
    "an empty group": {"candidates": [candidate("ours", {"": (1, 2, 3, 4)})]},
    "too many people": {"candidates": [candidate("ours", {"F": (2**53, 0, 0, 0)})]},
    "two spellings": {"candidates": [candidate("ours", {"Female": (1, 2, 3, 4), "female ": (1, 2, 3, 4)})]},
    "usefulness that is a text": {"candidates": [{**candidate("ours", CHOSEN), "utility": {"auc": "high"}}]},
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_record_of_a_search(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        of(bundle(tmp_path, candidate("a", WORSE), candidate("b", USELESS), **BAD[name]))
    assert {item.code for item in caught.value.diagnostics} <= {"E101", "E102", "E103", "E124", "I203"}


def test_the_order_of_candidates_and_groups_does_not_matter(tmp_path: Path) -> None:
    builder = bundle(tmp_path, candidate("a", WORSE), candidate("even", EVEN))
    first = of(builder)
    document = json.loads(builder.content(ALTERNATIVES))
    document["candidates"].reverse()
    for item in document["candidates"]:
        item["counts"].reverse()
    second = of(builder.file(ALTERNATIVES, json.dumps(document)))
    assert (first.facts, first.findings, first.fields) == (second.facts, second.findings, second.fields)


@pytest.mark.parametrize(
    "changes",
    [
        {"at_least_compared": 0},
        {"max_utility_loss": "-0.1"},
        {"max_utility_loss": "1.5"},
        {"utility": "fairness"},
        {"metric": "auc"},
        {"attributes": ["sex", "race"], "reference": "M"},
    ],
)
def test_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        params_of(KIND, {**ASKED, **changes})


def test_too_many_groups(tmp_path: Path) -> None:
    many: dict[str | None, Cells] = {f"g{number}": (0, 0, 0, 1) for number in range(300)}
    builder = bundle(tmp_path, candidate("a", WORSE))
    builder.file(ALTERNATIVES, search("ours", [candidate("ours", many)]))
    with pytest.raises(InputError) as caught:
        of(builder)
    assert caught.value.diagnostics[0].code == "F113"
