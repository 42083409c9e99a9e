"""`policy lint --fix`: rounds until nothing is left to mend, and nothing written that would mean something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from govern.diagnostics import Diagnostic, Edit, Severity, Span, UsageError
from govern.gate.policies import compile_read, lint_paths
from govern.gate.policy_fix import fix_files, fix_paths
from govern.policy.outcomes import Stage
from support.compiling import with_rule

SOUND = "id: a\nremediation: Do it.\ncheck: performance.threshold\nwith: {metric: auc, at_least: 0.8, bound: true}"
BROKEN = SOUND.replace("0.8", "80%").replace("remediation: Do it.", "remediation: no").replace("at_least", "at_leest")


def test_faults_are_mended_round_by_round(tmp_path: Path):
    file = tmp_path / "p.yaml"
    file.write_text(with_rule(BROKEN), encoding="utf-8")
    assert [item.code for item in lint_paths([file])[0]] == ["I112", "P201"]  # of at_leest no value is judged yet
    mended, changed = fix_paths([tmp_path])
    assert [item.code for item in mended] == ["I112", "P201", "P203"]
    assert changed == (str(file),)
    assert file.read_text(encoding="utf-8") == with_rule(SOUND.replace("Do it.", "'no'"))
    assert lint_paths([file])[0] == ()
    assert fix_paths([tmp_path]) == ((), ())


def test_nothing_is_written_when_a_valid_policy_would_mean_something_else(tmp_path: Path):
    name = str(tmp_path / "p.yaml")
    files = {name: with_rule(SOUND).encode()}
    offered = [True]

    def judge(_files):
        if not offered:
            return ()
        offered.clear()
        span = Span(name, 9, 35, 9, 38)
        return (Diagnostic("P801", "x", span, severity=Severity.WARNING, fix=(Edit(span, "0.7"),)),)

    with pytest.raises(UsageError) as caught:
        fix_files(files, judge=judge, compile_for=lambda some, stage: compile_read(some, stage=stage).compiled)
    assert [item.code for item in caught.value.diagnostics] == ["P810"]


def test_the_same_edit_of_a_text_is_written(tmp_path: Path):
    name = str(tmp_path / "p.yaml")
    files = {name: (with_rule(SOUND) + "# a comment\n").encode()}
    offered = [True]

    def judge(_files):
        if not offered:
            return ()
        offered.clear()
        return (Diagnostic("P801", "x", Span(name, 10, 3), fix=(Edit(Span(name, 10, 3, 10, 4), "the"),)),)

    fixed = fix_files(files, judge=judge, compile_for=lambda some, stage: compile_read(some, stage=stage).compiled)
    assert fixed.files[name].endswith(b"# the comment\n")
    assert {stage.value for stage in Stage}, "every stage is compared"


def test_a_file_is_replaced_whole_and_links_are_followed(tmp_path: Path):
    real = tmp_path / "real.yaml"
    real.write_text(with_rule(BROKEN), encoding="utf-8")
    link = tmp_path / "below" / "p.yaml"
    link.parent.mkdir()
    link.symlink_to(real)
    fix_paths([link])
    assert link.is_symlink()
    assert "0.8" in real.read_text(encoding="utf-8")
    assert [item.name for item in tmp_path.iterdir() if item.name.startswith(".")] == []
