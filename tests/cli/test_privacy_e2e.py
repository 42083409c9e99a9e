"""Two versions judged, signed and logged: no row, and no group of fewer than eleven, comes out of what is public."""

from __future__ import annotations

import base64
import html
import json
import random
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from support.bundles import PREDICTIONS, PREDICTIONS_MANIFEST, BundleBuilder
from support.process import govern

AT = "2026-05-01T09:00:00Z"
K = 11
MARKED_ID, MARKED_SCORE = "ROW-MARKER", "0.4142135623"
SIZES = {
    ("F", "A"): 150,
    ("F", "B"): 60,
    ("F", "C"): 9,
    ("M", "A"): 160,
    ("M", "B"): 70,
    ("M", "C"): 40,
    ("X", "A"): 5,
    ("X", "B"): 3,
    ("", "A"): 4,
}
SEXES, RACES = ("F", "M", "X"), ("A", "B", "C")
POLICY = """
apiVersion: govern/v1
kind: Policy
metadata: {name: equal, version: 1.0.0}
spec:
  rules:
    - id: parity
      severity: high
      check: fairness.disparity
      with: {metric: selection_rate, compare: ratio, at_least: 0.8, attributes: [sex, race, [sex, race]]}
    - id: literal
      severity: high
      check: fairness.disparity
      with:
        metric: selection_rate
        compare: ratio
        at_least: 0.99
        attributes: [[race, sex]]
        decide: point
        min_n: 1
        missing_bounds: none
    - id: odds
      severity: high
      check: fairness.disparity
      with: {metric: equalized_odds, compare: difference, at_most: 0.1, attributes: [sex, race], decide: point, min_n: 1}
    - id: right
      severity: low
      check: fairness.disparity
      with: {metric: accuracy, compare: difference, at_most: 0.1, attributes: [[sex, race]], decide: evidence_of_harm}
"""


def bundle(folder: Path, version: str, seed: int) -> Path:
    """A bundle; the people are the same in every version, the decisions are not."""
    people, decisions = random.Random(7), random.Random(seed)
    lines = ["id,sex,race,y_true,y_pred,score"]
    for (sex, race), size in SIZES.items():
        for number in range(size):
            label = int(people.random() < 0.3)
            chosen = int(decisions.random() < (0.7 if sex == "M" else 0.4))
            lines.append(f"{MARKED_ID}-{sex}{race}{number},{sex},{race},{label},{chosen},{MARKED_SCORE}")
    builder = BundleBuilder(folder).record(version=version).file(PREDICTIONS, "\n".join(lines) + "\n")
    manifest = builder.content(PREDICTIONS_MANIFEST).decode()
    manifest = manifest.replace("  sensitive:\n  - sex\n", "  sensitive:\n  - sex\n  - race\n")
    builder.file(PREDICTIONS_MANIFEST, manifest.replace("groups:\n  sex:\n  - F\n  - M\n", "groups: {}\n"))
    return builder.build()


class Judged:
    """What a workspace gave out about both versions."""

    def __init__(self, folder: Path) -> None:
        self.gate = folder / "gate"
        assert govern("init", self.gate, "--no-example", "--at", AT).code == 0
        policy = folder / "policy.yaml"
        policy.write_text(POLICY, "utf-8")
        self.public: dict[str, bytes] = {}
        self.pages: list[str] = []
        self.results: list[dict[str, Any]] = []
        for version, seed in (("1.0.0", 1), ("2.0.0", 2)):
            path = bundle(folder / version, version, seed)
            page, result = folder / f"{version}.html", folder / f"{version}.json"
            ended = govern(
                *("check", path, "-s", "pre-registration", "-w", self.gate, "--at", AT, "-p", policy, "-v"),
                *("-o", f"html={page}", "-o", f"json={result}", "-o", "text"),
            )
            assert ended.code == 1, ended.err
            self.public[f"{version} text"] = (ended.out + ended.err).encode()
            self.pages.append(page.read_text("utf-8"))
            self.public[f"{version} page"] = page.read_bytes()
            self.results.append(json.loads(result.read_text("utf-8")))
            for rule in ("parity", "literal", "odds", "right"):
                told = govern("explain", f"equal/{rule}", path, "-p", policy, "--at", AT)
                assert told.code in (0, 1, 3), told.err
                self.public[f"{version} explain {rule}"] = (told.out + told.err).encode()
        self.restricted: dict[str, bytes] = {}
        for path in sorted(item for item in self.gate.rglob("*") if item.is_file()):
            kept = self.restricted if path.name.endswith(".evaluation.json") else self.public
            kept[str(path.relative_to(self.gate))] = path.read_bytes()
        for name, data in list(self.public.items()):
            if name.endswith(".sigstore.json"):
                envelope = json.loads(data)["dsseEnvelope"]
                self.public[f"{name} payload"] = base64.b64decode(envelope["payload"])


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    return Judged(tmp_path_factory.mktemp("privacy"))


def test_no_row_is_in_any_output(judged: Judged) -> None:
    outputs = {**judged.public, **judged.restricted, "results": json.dumps(judged.results).encode()}
    assert len(outputs) > 15
    for name, data in outputs.items():
        assert MARKED_ID.encode() not in data, name
        assert MARKED_SCORE.encode() not in data, name


def test_the_restricted_counts_are_only_where_they_belong(judged: Judged) -> None:
    assert judged.restricted
    assert all(b'"restricted"' in data for data in judged.restricted.values())
    for name, data in judged.public.items():
        assert b'"restricted"' not in data, name
        assert b'"cells"' not in data, name


def test_findings_and_messages_name_no_hidden_group(judged: Judged) -> None:
    named, untold = 0, 0
    for result in judged.results:
        for outcome in result["outcomes"]:
            rows = [group for table in outcome["facts"]["tables"] for group in table["groups"]]
            shown = {group["label"] for group in rows if group["shown"]}
            assert len(shown) < len(rows)
            told = json.dumps([outcome[name] for name in ("message", "summary", "observed", "findings")])
            for label in re.findall(r"(?:sex|race)=\w+(?:, (?:sex|race)=\w+)?", told):
                assert label in shown
                named += 1
            untold += "not shown" in told
    assert named > 4
    assert untold > 4


# --- the attacker

Cell = tuple[str, str]
CELLS: tuple[Cell, ...] = tuple(product((*SEXES, ""), (*RACES, "")))


def published(page: str) -> Iterator[tuple[str, dict[str, str], int, int, int]]:
    """Every line of every table of groups: metric, group, people, k, n."""
    section = page[page.index('<section id="fairness">') :].partition("</section>")[0]
    for panel in section.split('<div class="panel stack">')[1:]:
        found = re.search(r"<h3>(.+?) by ", panel)
        assert found
        rows = re.findall(
            r'<th scope="row">([^<]+)</th><td class="num">(\d+)</td><td class="num">(\d+) of (\d+)</td>', panel
        )
        for label, people, k, n in rows:
            group = dict(part.split("=") for part in html.unescape(label).split(", "))
            yield found[1].lower(), group, int(people), int(k), int(n)


def inside(cell: Cell, group: dict[str, str]) -> bool:
    return all({"sex": cell[0], "race": cell[1]}[name] == value for name, value in group.items())


def truth() -> tuple[dict[Cell, int], dict[Cell, int]]:
    people = random.Random(7)
    positive = dict.fromkeys(CELLS, 0)
    everybody = dict.fromkeys(CELLS, 0)
    for cell, size in SIZES.items():
        for _number in range(size):
            positive[cell] += int(people.random() < 0.3)
            everybody[cell] += 1
    return everybody, positive


def test_an_attacker_with_both_versions_works_out_no_small_group(judged: Judged) -> None:
    """Unknowns are the positives and negatives of every cell; totals and unknowns are known besides what is shown."""
    import numpy as np
    from scipy.optimize import linprog

    everybody, positive = truth()
    solution = np.array(
        [positive[cell] for cell in CELLS] + [everybody[cell] - positive[cell] for cell in CELLS], dtype=float
    )

    def row(wanted: Any, positives: bool = True, negatives: bool = True) -> list[float]:
        one = [float(wanted(cell)) for cell in CELLS]
        return [*(value * positives for value in one), *(value * negatives for value in one)]

    known = [(row(lambda _cell: True), None), (row(lambda _cell: True, negatives=False), None)]
    for at in (0, 1):
        known += [(row(lambda cell, at=at: not cell[at], negatives=negatives), None) for negatives in (True, False)]
    shown = 0
    for page in judged.pages:
        for metric, group, people, _k, n in published(page):
            shown += 1
            known.append((row(lambda cell, group=group: inside(cell, group)), people))
            if metric in ("true positive rate", "false positive rate"):
                positives = metric == "true positive rate"
                known.append((row(lambda cell, group=group: inside(cell, group), positives, not positives), n))
            else:
                assert n == people
    assert shown > 20
    public = np.array([line for line, _value in known])
    values = public @ solution
    assert [value for _line, value in known if value is not None] == [
        found for found, (_line, value) in zip(values, known, strict=True) if value is not None
    ]
    rank = np.linalg.matrix_rank(public)
    groups = [{"sex": sex} for sex in SEXES] + [{"race": race} for race in RACES]
    groups += [{"sex": sex, "race": race} for sex in SEXES for race in RACES]
    tried = 0
    for group, (positives, negatives) in product(groups, ((True, True), (True, False), (False, True))):
        aim = np.array(row(lambda cell, group=group: inside(cell, group), positives, negatives))
        amount = aim @ solution
        crossed_only = len(group) == 2 and not (positives and negatives)
        if not 0 < amount < K or crossed_only:  # true outcomes of crossings were in no table
            continue
        tried += 1
        assert np.linalg.matrix_rank(np.vstack([public, aim])) > rank, group
        most = -linprog(-aim, A_eq=public, b_eq=values, bounds=(0, None), method="highs").fun
        assert most > K - 1e-6, (group, positives, negatives, amount, most)
    assert tried >= 4


def test_both_versions_hide_the_same(judged: Judged) -> None:
    patterns = [
        [
            [(table["attributes"], table["metric"], [group["shown"] for group in table["groups"]])]
            for outcome in result["outcomes"]
            for table in outcome["facts"]["tables"]
        ]
        for result in judged.results
    ]
    assert patterns[0] == patterns[1]
