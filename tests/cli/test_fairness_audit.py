"""`govern fairness audit`: tables made from rows, counts and bundles, and published tables looked through."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.bundles import BundleBuilder
from support.impact_tables import PEOPLE, Cells, published
from support.in_process import govern_here as govern

RULE_SEX = {"Male": (92, 50), "Female": (76, 34)}
AT = ("--at", "2026-06-01T00:00:00Z")


def rows(cells: Cells, header: str = "gender,race,hired") -> str:
    lines = [header]
    for (sex, race), (n, k) in cells.items():
        lines += [f"{sex or ''},{race or ''},{int(number < k)}" for number in range(n)]
    return "\n".join([*lines, ""])


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "hires.csv"
    path.write_text(rows(PEOPLE), encoding="utf-8")
    return path


def audit(*args: object):
    return govern("fairness", "audit", *map(str, args), *AT, cwd=Path("/"))


def test_tables_made_from_rows_have_no_fault_and_read_back(table: Path, tmp_path: Path) -> None:
    made = {form: tmp_path / f"audit.{form}" for form in ("csv", "json", "markdown")}
    outputs = [part for form, path in made.items() for part in ("-o", f"{form}={path}")]
    ran = audit(table, "--method", "selection", "--decision", "hired", *outputs)
    assert ran.code == 0, ran.out + ran.err
    assert "ratio 0.9457" in ran.out
    assert "name no ratio" in ran.out
    lines = list(csv.DictReader(io.StringIO(made["csv"].read_text("utf-8"))))
    assert len(lines) == 14
    assert lines[0] == {
        "table": "sex",
        "sex": "Female",
        "race_ethnicity": "",
        "applicants": "582",
        "selected": "281",
        "selection_rate": "0.4828",
        "impact_ratio": "0.9457",
        "excluded": "",
        "justification": "",
    }
    for path in (made["csv"], made["json"]):
        linted = audit("--lint", path, "--audit-date", "2026-01-10")
        assert linted.code == 0, linted.out
        assert "0 faults, 0 notes" in linted.out
    page = made["markdown"].read_text("utf-8")
    assert "| Female | Black | 150 | 66 | 0.4400 | 0.8282 |" in page
    assert "People of unknown category, in no row: 19." in page
    assert not any(word in page.lower() for word in ("fair", "compliant", "unbiased"))


def test_a_document_of_counts_gives_the_same_tables(table: Path, tmp_path: Path) -> None:
    counts, first, second = (tmp_path / name for name in ("counts.json", "a.json", "b.json"))
    made = govern(
        *("fairness", "summarize", table, "--y-pred", "hired", "--sensitive", "gender", "--sensitive", "race"),
        *("--model", "screen@1.0.0", "--data", "hires", "-o", counts),
        cwd=tmp_path,
    )
    assert made.code == 0, made.err
    assert audit(table, "--method", "selection", "--decision", "hired", "-o", f"json={first}").code == 0
    assert audit(counts, "--method", "selection", "-o", f"json={second}").code == 0
    assert first.read_bytes() == second.read_bytes()
    assert audit(counts, "--method", "scoring").code == 3
    counts.write_text("{}", encoding="utf-8")
    assert audit(counts, "--method", "selection").code == 3


def test_rows_and_a_bundle_give_the_same_tables(table: Path, tmp_path: Path) -> None:
    builder = BundleBuilder(tmp_path).file("p.csv", rows(PEOPLE, "gender,race,y_pred"))
    folder = builder.record(evidence={"predictions": {"path": "p.csv"}}).build()
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    assert audit(table, "--method", "selection", "--decision", "hired", "-o", f"json={first}").code == 0
    assert audit(folder, "--method", "selection", "-o", f"json={second}").code == 0
    assert first.read_bytes() == second.read_bytes()


def test_the_rules_own_scoring_example_from_rows(tmp_path: Path) -> None:
    """6 RCNY 5-301: 50 of 92 men and 34 of 76 women above the median, 54.3% and 44.7%, ratios 1.00 and 0.82."""
    lines = ["sex,race,score"]
    for sex, (n, above) in RULE_SEX.items():
        lines += [f"{sex},A,0.9"] * above + [f"{sex},A,0.2"] * (n - above)
    path = tmp_path / "scores.csv"
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    made = tmp_path / "audit.json"
    ran = audit(path, "--method", "scoring", "-o", f"json={made}")
    assert ran.code == 0, ran.out
    found = json.loads(made.read_text("utf-8"))["tables"][0]["rows"]
    figures = {row["category"][0]: (row["n"], row["selected"], row["rate"], row["ratio"]) for row in found}
    assert figures == {"Female": (76, 34, "0.4474", "0.8232"), "Male": (92, 50, "0.5435", "1.0000")}


def test_exactly_the_median_is_not_above_it_and_unknown_people_stay_in_it(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("sex,race,score\nF,A,0.1\nF,A,0.5\nM,A,0.5\nM,A,0.9\n,A,0.05\n", encoding="utf-8")
    made = tmp_path / "audit.json"
    assert audit(path, "--method", "scoring", "-o", f"json={made}").code == 0
    table = json.loads(made.read_text("utf-8"))["tables"][0]
    assert table["unknown"] == 1
    assert {row["category"][0]: row["selected"] for row in table["rows"]} == {"F": 0, "M": 1}


NUMBERS = st.integers(0, 30).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.dictionaries(
        st.tuples(st.sampled_from(["F", "M", None]), st.sampled_from(["A", "B", None])), NUMBERS, min_size=1
    )
)
def test_what_is_made_is_never_found_faulty(cells: Cells, tmp_path: Path) -> None:
    path, made = tmp_path / "hires.csv", tmp_path / "audit.csv"
    path.write_text(rows(cells), encoding="utf-8")
    ran = audit(path, "--method", "selection", "--decision", "hired", "-o", f"csv={made}")
    if ran.code == 3:
        assert "E104" in ran.err, "nobody applied"
        return
    known = [{pair[place] for pair, (n, _k) in cells.items() if n and pair[place]} for place in (0, 1)]
    if not all(known):
        assert ran.code == 1, "a table without categories is none"
        assert "F155" in ran.out
        return
    assert ran.code == 0, ran.out
    assert audit("--lint", made).code == 0


def test_a_small_category_left_out_with_a_reason(tmp_path: Path) -> None:
    cells = {**PEOPLE, ("Male", "Pacific"): (9, 9)}
    path, made = tmp_path / "hires.csv", tmp_path / "audit.csv"
    path.write_text(rows(cells), encoding="utf-8")
    base = (path, "--method", "selection", "--decision", "hired", "-o", f"csv={made}")
    assert audit(*base).code == 0
    assert "race_ethnicity,,Asian,237,121,0.5105,0.5105," in made.read_text("utf-8")
    left_out = ("--exclude", "Pacific=nine people", "--exclude", "Male / Pacific=nine people")
    assert audit(*base, *left_out).code == 0
    text = made.read_text("utf-8")
    assert "race_ethnicity,,Asian,237,121,0.5105,0.9892," in text
    assert "race_ethnicity,,Pacific,9,9,1.0000,,yes,nine people" in text
    assert audit("--lint", made).code == 0
    ran = audit(*base, "--exclude", "Black=few")
    assert ran.code == 1
    assert "F159" in ran.out


def test_test_data_without_a_reason_and_people_without_a_decision_are_told(table: Path) -> None:
    base = (table, "--method", "selection", "--decision", "hired")
    ran = audit(*base, "--data-type", "test")
    assert ran.code == 1
    assert "F167" in ran.out
    assert audit(*base, "--data-type", "test", "--test-data-reason", "The tool is new.").code == 0
    table.write_text(table.read_text("utf-8") + "Male,White,\n", encoding="utf-8")
    ran = audit(*base)
    assert ran.code == 1
    assert "F168" in ran.out


def test_planted_faults_come_with_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "published.csv"
    lines = published()
    lines[1] = lines[1].replace("0.9457", "0.9957")
    path.write_text("\n".join([line for line in lines if "unknown" not in line]) + "\n", encoding="utf-8")
    ran = audit("--lint", path, "--audit-date", "2025-01-10")
    assert ran.code == 1
    assert f"{path}:2: fault F151 published-ratio-wrong: sex: Female:" in ran.out
    assert "F154" in ran.out
    assert "F161" in ran.out
    assert "3 faults, 0 notes" in ran.out
    ran = audit("--lint", path, "--audit-date", "2026-01-10", "--unknown", "19", "-o", "json")
    found = json.loads(ran.out)
    assert [(fault["code"], fault["line"]) for fault in found["faults"]] == [("F151", 2)]


def test_what_cannot_be_read_and_wrong_use(tmp_path: Path, table: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    assert audit("--lint", empty).code == 3
    assert audit("--lint", tmp_path / "none.csv").code == 2
    assert audit(table).code == 2
    assert audit(table, "--method", "selection").code == 3  # there is no column y_pred
    assert audit(table, "--method", "selection", "--decision", "hired", "--sex", "height").code == 3
    assert audit(table, "--method", "selection", "--decision", "hired", "--exclude", "Martian=few").code == 2
    assert audit(table, "--method", "selection", "--decision", "hired", "--exclude", "Asian").code == 2
    assert audit("--lint", table, "--used-on", "tomorrow").code == 2
    strange = tmp_path / "t.csv"
    strange.write_text("height,hired\n1,0\n", encoding="utf-8")
    assert audit(strange, "--method", "selection", "--decision", "hired").code == 2


def test_no_value_of_a_row_is_in_a_message(tmp_path: Path) -> None:
    path = tmp_path / "hires.csv"
    path.write_text("sex,race,y_pred,score\nF,A,SECRETVALUE,x\nM,A,0,0.1\nM,A,1,0.1\n", encoding="utf-8")
    for method in ("selection", "scoring"):
        ran = audit(path, "--method", method)
        assert ran.code == 3
        assert "SECRET" not in ran.out + ran.err


def test_hostile_categories_are_harmless_in_markdown(tmp_path: Path) -> None:
    path, made = tmp_path / "hires.csv", tmp_path / "audit.md"
    evil = "<img src=x onerror=alert(1)>|\u202e`x`"
    path.write_text(f"sex,race,y_pred\n{evil},A,1\n{evil},A,0\nM,A,1\n", encoding="utf-8")
    assert audit(path, "--method", "selection", "-o", f"markdown={made}").code == 0
    page = made.read_text("utf-8")
    assert "<img" not in page.replace("\\<img", "")
    assert "\u202e" not in page
    rows_of = [line for line in page.splitlines() if "onerror" in line and line.startswith("|")]
    assert all(line.replace("\\|", "").count("|") in (6, 7) for line in rows_of)
