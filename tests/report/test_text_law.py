"""The text report names the version of a dated policy, its standing, and the day it was judged on."""

from __future__ import annotations

from pathlib import Path

import yaml

from support.bundles import BundleBuilder
from support.in_process import govern_here


def told(tmp_path: Path, at: str, **metadata: str) -> list[str]:
    document = {
        "apiVersion": "govern/v1",
        "kind": "Policy",
        "metadata": {"name": "law", "version": "1.2.0", **metadata},
        "spec": {"rules": [{"id": "card", "check": "model_card.present", "enforcement": "warn"}]},
    }
    policy = tmp_path / "law.yaml"
    policy.write_text(yaml.safe_dump(document), encoding="utf-8")
    bundle = BundleBuilder(tmp_path).build()
    ended = govern_here("check", bundle, "-s", "pre-registration", "-p", policy, "--no-issue", "--at", at, cwd=tmp_path)
    return [line for line in ended.out.splitlines() if line.startswith("law ")]


def test_a_dated_policy_is_named_with_its_days(tmp_path: Path) -> None:
    found = told(tmp_path, "2026-06-01T00:00:00Z", legal_status="rescinding", applies_from="1978-09-25")
    assert found == ["law         law 1.2.0 as of 2026-06-01: rescinding, since 1978-09-25"]
    found = told(tmp_path, "2026-08-01T00:00:00Z", legal_status="superseded", applies_until="2026-07-21")
    assert found == ["law         law 1.2.0 as of 2026-08-01: superseded, until 2026-07-21"]


def test_a_policy_without_law_behind_it_is_not(tmp_path: Path) -> None:
    assert told(tmp_path, "2026-06-01T00:00:00Z") == []
