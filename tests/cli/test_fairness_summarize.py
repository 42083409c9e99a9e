"""`govern fairness summarize`: counts made where the rows are, added over sites, checked against their rows."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from pathlib import Path
from typing import Any

import pytest

from govern.evidence.counts_document import parse_counts
from support.counted_tables import counted, rows_bundle
from support.in_process import govern_here
from support.process import Ended, govern

BARE = ("--sensitive", "sex", "--sensitive", "race", "--model", "credit-risk@3.1.0", "--data", "holdout")


def table(count: int, seed: int = 1) -> str:
    """Rows by a seed; one of 60 has race B, so that its group is small."""
    draw = random.Random(seed)
    lines = ["id,sex,race,y_true,y_pred,score"]
    for number in range(count):
        sex, race = draw.choice("FM"), "B" if number % 60 == 7 else "A"
        decision = draw.choice(["0", "1", "1", "0", "0", "1", ""])
        lines.append(f"{number},{sex},{race},{draw.randint(0, 1)},{decision},0.{draw.randint(0, 999):03}")
    return "\n".join(lines) + "\n"


def summarize(folder: Path, *arguments: str | Path) -> Ended:
    return govern_here("fairness", "summarize", *arguments, cwd=folder)


def loaded(path: Path) -> dict[str, Any]:
    parse_counts(path.read_bytes(), file=path.name)
    document: dict[str, Any] = json.loads(path.read_bytes())
    return document


def without_salt(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in ("salt", "source", "parts")}


def test_a_bare_table(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(table(300))
    ended = summarize(tmp_path, "t.csv", *BARE, "-o", "counts.json")
    assert ended.code == 0, ended.err
    document = loaded(tmp_path / "counts.json")
    assert document["rows"] == 300
    assert document["model"] == {"name": "credit-risk", "version": "3.1.0", "files": []}
    assert len(bytes.fromhex(document["salt"])) == 32
    assert "not for the public" in ended.err
    assert "no file of the model" in ended.err


def test_what_is_printed_holds_no_number_of_a_small_group(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(table(300))
    ended = summarize(tmp_path, "t.csv", *BARE, "-o", "counts.json")
    assert "race = B" not in ended.out
    assert "under 11" in ended.out
    assert "race = A" not in ended.out  # it would give B back, for the total is known
    assert "sex = F" in ended.out


def test_two_runs_differ_in_their_salt_alone(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(table(100))
    for name in ("a.json", "b.json"):
        assert summarize(tmp_path, "t.csv", *BARE, "-o", name).code == 0
    one, other = loaded(tmp_path / "a.json"), loaded(tmp_path / "b.json")
    assert one["salt"] != other["salt"]
    assert without_salt(one) == without_salt(other)


def test_a_manifest_a_bundle_and_options_give_the_same_counts(tmp_path: Path) -> None:
    builder = rows_bundle(tmp_path, table(120), groups={"sex": ["F", "M", "X"]})
    bundle = builder.build()
    assert summarize(tmp_path, bundle, "-o", "bundle.json").code == 0
    assert summarize(tmp_path, bundle / "predictions/test.yaml", "-o", "manifest.json").code == 0
    options = [*BARE, "--split", "test", "--positive", '"1"', "--unknown", "NA", "--unknown", "prefer not to say"]
    options += ["--groups", "sex=F,M,X"]
    options += ["--model-file", f"model/model.safetensors={bundle}/model/model.safetensors"]
    ended = summarize(tmp_path, bundle / "predictions/test.csv", *options, "-o", "options.json")
    assert ended.code == 0, ended.err
    whole = without_salt(loaded(tmp_path / "bundle.json"))
    assert without_salt(loaded(tmp_path / "manifest.json")) == whole
    assert without_salt(loaded(tmp_path / "options.json")) == whole
    assert whole == without_salt(json.loads(json.dumps(counted(builder).document)))


def test_parquet_gives_the_counts_of_csv(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    import pyarrow.csv as arrow_csv
    import pyarrow.parquet as pq

    (tmp_path / "t.csv").write_text(table(200).replace(",,", ",0,"))
    pq.write_table(arrow_csv.read_csv(tmp_path / "t.csv"), tmp_path / "t.parquet")
    assert pa
    for name in ("csv", "parquet"):
        ended = summarize(tmp_path, f"t.{name}", *BARE, "-o", f"{name}.json")
        assert ended.code == 0, ended.err
    assert without_salt(loaded(tmp_path / "csv.json")) == without_salt(loaded(tmp_path / "parquet.json"))


class TestBoundToRows:
    def test_the_mark_is_an_hmac_and_the_plain_digest_never_leaves(self, tmp_path: Path) -> None:
        data = table(80)
        (tmp_path / "t.csv").write_text(data)
        ended = summarize(tmp_path, "t.csv", *BARE, "-o", "counts.json", "--salt-file", "keys/rows.key")
        assert ended.code == 0, ended.err
        key_file = tmp_path / "keys" / "rows.key"
        assert key_file.stat().st_mode & 0o777 == 0o600
        key = bytes.fromhex(key_file.read_text().strip())
        document = loaded(tmp_path / "counts.json")
        mark = hmac.new(key, data.encode(), hashlib.sha256).hexdigest()
        assert document["source"] == {"rows": 80, "hmac_sha256": mark}
        written = (tmp_path / "counts.json").read_text() + ended.out + ended.err
        assert hashlib.sha256(data.encode()).hexdigest() not in written
        assert key.hex() not in written

    def test_check_knows_its_rows_and_others(self, tmp_path: Path) -> None:
        (tmp_path / "t.csv").write_text(table(80))
        salted = ("--salt-file", "rows.key")
        assert summarize(tmp_path, "t.csv", *BARE, "-o", "counts.json", *salted).code == 0
        assert summarize(tmp_path, "t.csv", *BARE, "--check", "counts.json", *salted).code == 0
        lines = table(80).splitlines()
        (tmp_path / "t.csv").write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n")
        ended = summarize(tmp_path, "t.csv", *BARE, "--check", "counts.json", *salted)
        assert (ended.code, ended.out) == (1, "counts.json: other than these rows give: source\n")

    def test_without_a_key_the_counts_alone_are_compared(self, tmp_path: Path) -> None:
        (tmp_path / "t.csv").write_text(table(80))
        assert summarize(tmp_path, "t.csv", *BARE, "-o", "counts.json").code == 0
        assert summarize(tmp_path, "t.csv", *BARE, "--check", "counts.json").code == 0
        (tmp_path / "t.csv").write_text(table(80, seed=2))
        ended = summarize(tmp_path, "t.csv", *BARE, "--check", "counts.json")
        assert ended.code == 1
        assert "counts" in ended.out

    def test_a_key_that_is_missing_or_none(self, tmp_path: Path) -> None:
        (tmp_path / "t.csv").write_text(table(20))
        salted = ("--salt-file", "rows.key")
        assert summarize(tmp_path, "t.csv", *BARE, "-o", "counts.json", *salted).code == 0
        for more in ((), ("--salt-file", "other.key")):
            ended = summarize(tmp_path, "t.csv", *BARE, "--check", "counts.json", *more)
            assert (ended.code, "E200" in ended.err) == (2, True)
        assert not (tmp_path / "other.key").exists()
        (tmp_path / "rows.key").write_text("short\n")
        ended = summarize(tmp_path, "t.csv", *BARE, "-o", "counts.json", *salted)
        assert (ended.code, "E200" in ended.err) == (2, True)


class TestMerge:
    def parts(self, tmp_path: Path, *more: str) -> None:
        lines = table(200).splitlines()
        for name, rows in (("whole", lines[1:]), ("a", lines[1:90]), ("b", lines[90:])):
            (tmp_path / f"{name}.csv").write_text("\n".join([lines[0], *rows]) + "\n")
            options = ["--groups", "sex=F,M", "--groups", "race=A,B", *more]
            assert summarize(tmp_path, f"{name}.csv", *BARE, *options, "-o", f"{name}.json").code == 0

    def test_the_sum_of_two_sites_is_the_whole(self, tmp_path: Path) -> None:
        self.parts(tmp_path, "--score", "score")
        ended = summarize(tmp_path, "--merge", "a.json", "b.json", "-o", "sum.json")
        assert ended.code == 0, ended.err
        whole = loaded(tmp_path / "whole.json")
        assert "scores" in whole
        assert without_salt(loaded(tmp_path / "sum.json")) == without_salt(whole)
        assert [part["rows"] for part in loaded(tmp_path / "sum.json")["parts"]] in ([89, 111], [111, 89])
        assert summarize(tmp_path, "--merge", "b.json", "a.json", "-o", "mus.json").code == 0
        one, other = loaded(tmp_path / "sum.json"), loaded(tmp_path / "mus.json")
        assert {**one, "salt": ""} == {**other, "salt": ""}

    def test_the_same_rows_twice(self, tmp_path: Path) -> None:
        self.parts(tmp_path)
        ended = summarize(tmp_path, "--merge", "a.json", "a.json", "-o", "sum.json")
        assert (ended.code, "E199" in ended.err) == (3, True)
        assert not (tmp_path / "sum.json").exists()

    @pytest.mark.parametrize(
        ("member", "value"),
        [
            ("model", {"name": "other", "version": "1", "files": []}),
            ("positive", {"y_pred": 0, "y_true": 0}),
            ("data", {"name": "elsewhere"}),
        ],
    )
    def test_what_cannot_be_added(self, tmp_path: Path, member: str, value: object) -> None:
        self.parts(tmp_path)
        document = {**loaded(tmp_path / "b.json"), member: value}
        (tmp_path / "b.json").write_text(json.dumps(document))
        ended = summarize(tmp_path, "--merge", "a.json", "b.json", "-o", "sum.json")
        assert (ended.code, "E199" in ended.err) == (3, True)
        named = summarize(tmp_path, "--merge", "a.json", "b.json", "--data", "both", "-o", "sum.json")
        assert named.code == (0 if member == "data" else 3)

    def test_groups_that_were_not_declared_alike(self, tmp_path: Path) -> None:
        for name, rows in (("a", "F,A,1,1\nM,A,0,1\n"), ("b", "F,A,1,0\nX,A,0,1\n")):
            (tmp_path / f"{name}.csv").write_text("sex,race,y_true,y_pred\n" + rows)
            assert summarize(tmp_path, f"{name}.csv", *BARE, "-o", f"{name}.json").code == 0
        ended = summarize(tmp_path, "--merge", "a.json", "b.json", "-o", "sum.json")
        assert (ended.code, "columns or groups" in ended.err) == (3, True)


class TestCrossCheck:
    def test_fairlearn_agrees(self, tmp_path: Path) -> None:
        (tmp_path / "t.csv").write_text(table(400))
        ended = summarize(tmp_path, "t.csv", *BARE, "--cross-check", "fairlearn")
        assert ended.code == 0, ended.out + ended.err
        assert "agree" in ended.out

    def test_it_says_where_fairlearn_makes_a_number_of_nothing(self, tmp_path: Path) -> None:
        rows = "".join(f"{sex},A,{label},{n % 2}\n" for sex, label in (("F", 1), ("M", 1), ("M", 0)) for n in range(20))
        (tmp_path / "t.csv").write_text("sex,race,y_true,y_pred\n" + rows)
        ended = summarize(tmp_path, "t.csv", *BARE, "--cross-check", "fairlearn")
        assert ended.code == 0, ended.out + ended.err
        assert "false_positive_rate of sex, group 1: not comparable" in ended.out

    def test_it_finds_a_figure_that_differs(self) -> None:
        import pandas as pd

        from govern.fairness import Axis, Counts, Missing, Tally
        from govern.gate.fairness.cross_check import cross_check

        frame = pd.DataFrame({"y_pred": [1, 0, 1, 0], "y_true": [1, 1, 0, 0], "sex": ["F", "F", "M", "M"]})
        cells = {(0,): Tally(0, 0, 1, 1), (1,): Tally(1, 1, 0, 0)}
        sound = Counts((Axis("sex", ("F", "M")),), True, cells, Missing(), 4)
        assert cross_check(sound, frame).agrees
        wrong = Counts((Axis("sex", ("F", "M")),), True, {**cells, (0,): Tally(0, 0, 0, 2)}, Missing(), 4)
        report = cross_check(wrong, frame)
        assert not report.agrees
        assert "selection_rate of sex, group 1: differs" in report.lines

    def test_at_most_20000_rows(self, tmp_path: Path) -> None:
        (tmp_path / "t.csv").write_text("sex,race,y_pred\n" + "F,A,1\n" * 20_001)
        ended = summarize(tmp_path, "t.csv", *BARE, "--cross-check", "fairlearn")
        assert (ended.code, "U101" in ended.err) == (2, True)


class TestRefused:
    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (("t.csv", "-o", "c.json"), "U101"),
            (("t.csv", "--sensitive", "sex", "--data", "d", "-o", "c.json"), "U101"),
            (("t.csv", "--sensitive", "sex", "--model", "m@1", "-o", "c.json"), "U101"),
            (("t.csv", "--sensitive", "sex", "--model", "m", "--data", "d", "-o", "c.json"), "U101"),
            (("t.csv", "--sensitive", "age", "--model", "m@1", "--data", "d", "-o", "c.json"), "E122"),
            (("t.csv", "--sensitive", "y_pred", "--model", "m@1", "--data", "d", "-o", "c.json"), "U101"),
            (("t.csv", *BARE), "U101"),
            (("t.csv", *BARE, "--check", "c.json", "-o", "d.json"), "U101"),
            (("t.csv", *BARE, "--groups", "sex", "-o", "d.json"), "U101"),
            (("t.csv", *BARE, "--positive", "score", "--y-pred", "score", "-o", "d.json"), "E123"),
            (("gone.csv", *BARE, "-o", "d.json"), "U103"),
            (("gone.yaml", "-o", "d.json"), "U103"),
            (("t.csv", *BARE, "--model-file", "gone.pkl", "-o", "d.json"), "U103"),
            (("t.csv", *BARE, "--check", "gone.json"), "U103"),
            (("--merge", "a.json", "-o", "d.json"), "U101"),
            (("t.csv", "t.csv", *BARE, "-o", "d.json"), "U101"),
            (("t.csv", *BARE, "-o", "t.csv/d.json"), "U108"),
        ],
    )
    def test_with_a_code(self, tmp_path: Path, arguments: tuple[str, ...], code: str) -> None:
        (tmp_path / "t.csv").write_text(table(30))
        ended = summarize(tmp_path, *arguments)
        assert (ended.code, code in ended.err) == (3 if code[0] == "E" else 2, True), ended.err
        assert not (tmp_path / "d.json").exists()

    def test_a_header_alone(self, tmp_path: Path) -> None:
        (tmp_path / "t.csv").write_text("sex,race,y_pred\n")
        ended = summarize(tmp_path, "t.csv", *BARE, "-o", "d.json")
        assert (ended.code, "E104" in ended.err) == (3, True)

    def test_options_beside_a_document_that_says_it_all(self, tmp_path: Path) -> None:
        bundle = rows_bundle(tmp_path, table(30)).build()
        ended = summarize(tmp_path, bundle, "--sensitive", "sex", "-o", "d.json")
        assert (ended.code, "U101" in ended.err) == (2, True)

    def test_counts_are_not_counted_again(self, tmp_path: Path) -> None:
        from support.counted_tables import counts_bundle

        builder = rows_bundle(tmp_path, table(30))
        bundle = counts_bundle(builder, counted(builder).document).build()
        ended = summarize(tmp_path, bundle, "-o", "d.json")
        assert (ended.code, "U101" in ended.err) == (2, True)

    def test_predictions_that_are_no_decisions(self, tmp_path: Path) -> None:
        builder = rows_bundle(tmp_path, "sex,race,y_true,y_pred\nF,A,0.5,0.25\n")
        text = builder.content("predictions/test.yaml").decode().replace("positive:", "task: regression\npositive:")
        text = text.replace("  y_pred: '1'\n  y_true: '1'\n", "").replace("positive:\n", "")
        bundle = builder.file("predictions/test.yaml", text).build()
        ended = summarize(tmp_path, bundle, "-o", "d.json")
        assert (ended.code, "U101" in ended.err) == (2, True), ended.err


@pytest.mark.parametrize("seed", ["0", "4242"])
def test_neither_the_order_of_rows_nor_the_hash_seed_changes_a_count(tmp_path: Path, seed: str) -> None:
    lines = table(150).splitlines()
    rows = lines[1:]
    (tmp_path / "t.csv").write_text("\n".join([lines[0], *rows]) + "\n")
    random.Random(seed).shuffle(rows)
    (tmp_path / "u.csv").write_text("\n".join([lines[0], *rows]) + "\n")
    for name in "tu":
        options = [*BARE, "--score", "score", "-o", f"{name}.json"]
        ended = govern(
            *("fairness", "summarize", f"{name}.csv", *options), cwd=tmp_path, environment={"PYTHONHASHSEED": seed}
        )
        assert ended.code == 0, ended.err
    one, other = ((tmp_path / f"{name}.json").read_bytes() for name in "tu")
    salts = [json.loads(data)["salt"].encode() for data in (one, other)]
    assert one.replace(salts[0], b"") == other.replace(salts[1], b"")


def test_weighted_rows_are_refused(tmp_path: Path) -> None:
    """A weight makes another number of people of a row; until that is judged soundly it is not read at all."""
    builder = rows_bundle(tmp_path, "sex,race,y_true,y_pred,w\nF,A,1,1,2\nM,A,1,1,0.5\n", weight="w")
    ended = summarize(tmp_path, builder.build(), "-o", "d.json")
    assert (ended.code, "E103" in ended.err, "weight" in ended.err) == (3, True, True)


def classes(tmp_path: Path, rows: list[str]) -> Path:
    builder = rows_bundle(tmp_path, "sex,race,y_true,y_pred\n" + "".join(rows), groups={"sex": "FM", "race": "AB"})
    text = builder.content("predictions/test.yaml").decode()
    text = text.replace("positive:\n  y_pred: '1'\n  y_true: '1'\n", "classes: [a, b, c]\n")
    return builder.file("predictions/test.yaml", text).build()


def test_classes_are_counted_by_outcome_and_decision_and_added_over_sites(tmp_path: Path) -> None:
    draw = random.Random(3)
    rows = [",".join(map(draw.choice, ("FM", "AB", "abc", "abc"))) + "\n" for _ in range(90)] + ["F,A,a,\n"]
    for name, part in (("whole", rows), ("a", rows[:40]), ("b", rows[40:])):
        ended = summarize(tmp_path, classes(tmp_path / name, part), "-o", f"{name}.json")
        assert ended.code == 0, ended.err
        assert "selected" not in ended.out
    assert summarize(tmp_path, "--merge", "a.json", "b.json", "-o", "sum.json").code == 0
    whole = loaded(tmp_path / "whole.json")
    assert (whole["classes"], whole["shape"]) == (["a", "b", "c"], [3, 3, 3, 3])
    assert "positive" not in whole
    assert without_salt(loaded(tmp_path / "sum.json")) == without_salt(whole)
    ended = summarize(tmp_path, tmp_path / "whole/bundle", "--cross-check", "fairlearn")
    assert (ended.code, "U101" in ended.err) == (2, True)
