"""Policy tests in a folder: a policy, its cases, and what they come to."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from govern.gate.policy_tests import TestRequest, test_policies
from govern.report.policy_tests import PolicyTestReport

HEAD = """\
apiVersion: govern/v1
kind: PolicyTest
policy: credit.yaml
clock: 2026-03-01T00:00:00Z
stage: pre-registration
"""

POLICY = """\
apiVersion: govern/v1
kind: Policy
metadata: {name: credit, version: "1"}
spec:
  rules:
"""


def rules(text: str) -> str:
    """A policy of these rules (YAML list items, not indented)."""
    return POLICY + textwrap.indent(textwrap.dedent(text), "    ")


def cases(text: str, *, head: str = HEAD) -> str:
    """A test file: `text` holds the keys behind the head."""
    return head + textwrap.dedent(text)


class Desk:
    """A folder with `credit.yaml` and `credit.test.yaml`."""

    def __init__(self, folder: Path, policy: str, tests: str) -> None:
        self.folder = folder
        self.write("credit.yaml", policy)
        self.write("credit.test.yaml", tests)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, **asked: Any) -> PolicyTestReport:
        return test_policies(TestRequest(paths=[self.folder], **asked))


def codes(report: PolicyTestReport) -> list[str]:
    """Every diagnostic of a report by its code."""
    found = (*report.faults, *report.failures, *report.holes, *report.survivors)
    return [item.code for item in found]


def survivors(report: PolicyTestReport) -> set[str]:
    """The ids of the mutants that survived."""
    assert report.mutation is not None, [str(item) for item in (*report.faults, *report.failures)]
    return set(report.mutation.patches)
