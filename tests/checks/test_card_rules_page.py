"""The policy in docs/card-rules.md compiles, and the sound bundle passes it."""

from __future__ import annotations

import re
from pathlib import Path

from support.bundles import BundleBuilder
from support.gate import judge
from support.process import ROOT


def test_the_policy_of_the_page_is_met_by_the_sound_bundle(tmp_path: Path):
    text = (ROOT / "docs" / "card-rules.md").read_text("utf-8")
    (policy,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    (tmp_path / "p.yaml").write_text(policy, "utf-8")
    made = judge(BundleBuilder(tmp_path).build(), tmp_path / "p.yaml")
    assert set(made.outcomes().values()) == {"pass"}, made.words()
    assert len(made.outcomes()) == 6
