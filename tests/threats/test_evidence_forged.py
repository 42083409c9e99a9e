"""Threat: evidence is forged. Control: its digests, the producer's role, and metrics counted anew from the predictions."""

from __future__ import annotations

import re

from support.kind_statements import HEIDI
from support.kinds import Kinds
from support.threats import Workspace, vector


def flip_predictions(workspace: Workspace, count: int) -> None:
    """Turn approvals of women into refusals and set nothing else right."""
    path = workspace.bundle / "predictions" / "test.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    header = lines[0].strip().split(",")
    column = next(index for index, name in enumerate(header) if re.search("pred|decision|approved", name))
    flipped = 0
    for number, line in enumerate(lines[1:], start=1):
        cells = line.rstrip("\n").split(",")
        if flipped < count and cells[column] == "1":
            cells[column] = "0"
            lines[number] = ",".join(cells) + "\n"
            flipped += 1
    assert flipped == count
    path.write_text("".join(lines), encoding="utf-8")


def test_one_prediction_flipped_is_another_bundle(workspace: Workspace) -> None:
    """The old certificate does not cover it, and names the file."""
    flip_predictions(workspace, 1)
    ended = workspace.verify("--bundle", "example")
    assert ended.code == 4
    assert "predictions/test.csv is changed" in ended.out


def test_one_prediction_flipped_no_longer_fits_what_describes_it(workspace: Workspace) -> None:
    """Whoever flips a row must rewrite what binds it: the gate does not believe the old description."""
    flip_predictions(workspace, 1)
    ended = workspace.check()
    assert ended.code != 0, ended.out + ended.err


def test_metrics_are_counted_from_the_predictions_and_not_taken_from_anybodys_word(workspace: Workspace) -> None:
    """With the description made to fit, the flipped rows decide, whatever a card or a metrics file claims."""
    flip_predictions(workspace, 60)
    data = (workspace.bundle / "predictions" / "test.csv").read_bytes()
    from govern.canonical import sha256_hex

    sheet = workspace.bundle / "predictions" / "test.yaml"
    text = sheet.read_text(encoding="utf-8")
    sheet.write_text(re.sub(r"(?m)(sha256: )\S+", rf"\g<1>{sha256_hex(data)}", text), encoding="utf-8")
    (workspace.bundle / "metrics.json").write_text('{"accuracy": 0.99}', encoding="utf-8")
    assert workspace.check().code in (1, 3)


def test_evidence_signed_by_another_roles_key_is_exit_1(world: Kinds) -> None:
    assert vector("evidence-by-another-role") == (1, ["role"])
    by_other = world.resigned("evidence", world["evidence"].payload, by=HEIDI)
    assert world.verify(by_other).exit_code == 1
    assert world.verify(world["evidence"]).exit_code == 0


def test_signed_evidence_for_another_file_contradicts_itself() -> None:
    assert vector("evidence-of-another-file") == (4, ["statement"])
    assert vector("evidence-with-another-digest") == (4, ["statement"])
