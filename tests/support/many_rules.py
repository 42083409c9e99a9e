"""A policy set of three hundred rules in twenty files, as a bank of some size has: sound, and no two files alike."""

from __future__ import annotations

import random
from functools import cache

FILES, RULES = 20, 15

_CATALOGUE = """\
apiVersion: govern/v1
kind: ControlCatalog
metadata: {{name: {name}, version: 1.0.0}}
controls:
{controls}"""

_HEAD = """\
# Rules of desk {index}.
apiVersion: govern/v1
kind: Policy
metadata:
  name: desk-{index}
  version: 1.{index}.0
  title: Models of desk {index}
  owner: desk-{index}@example.com
  legal_status: in_force
spec:
  applies_when: model.tags.exists(t, t == "desk-{index}")
  params:
    min_ratio: {{type: number, default: 0.8, tighten: up, description: lowest ratio}}
    max_snapshot_age: {{type: duration, default: 30d, tighten: down}}
  rules:
"""

_WITH = (
    """\
      check: fairness.disparity
      with:
        metric: selection_rate
        compare: ratio
        at_least: ${{params.min_ratio}}
        attributes: [sex, race, [sex, race]]
        decide: evidence_of_harm
        small_groups: inconclusive
        min_n: {number}
        bound: true
      message: 'Rate of {{worst.group}} is {{worst.ratio}} of {{worst.reference}}.'
""",
    """\
      check: performance.threshold
      with:
        metric: balanced_accuracy
        at_least: 0.{number:03}
        recompute: preferred
        bound: true
      message: '{{metric}} is {{value}}'
""",
    """\
      check: expression
      when: model.risk_tier == "high" || {number} > size(card.owners)
      with:
        assert: metrics.accuracy >= {number} && size(card.owners) > 0 && model.purpose != "p{number}"
        bound: true
""",
    """\
      check: model_card.sections
      with:
        required: [intended_use, limitations, training_data]
        min_words: {{limitations: {number}}}
""",
    """\
      check: dependencies.vulnerabilities
      with:
        max_snapshot_age: ${{params.max_snapshot_age}}
        max_severity: medium
        environment: {{platform_release: '{number}'}}
""",
)


@cache
def many_rules() -> dict[str, bytes]:
    """Three hundred rules and the catalogue they speak to."""
    controls = "".join(f"  - {{id: clause-{index}, clause: '{index}', title: Clause {index}}}\n" for index in range(40))
    made = {"policies/standard.yaml": _CATALOGUE.format(name="lending-standard", controls=controls).encode()}
    chance = random.Random(7)
    for index in range(FILES):
        text = _HEAD.format(index=index)
        for rule in range(RULES):
            number = index * RULES + rule + 1
            text += (
                f"    - id: requirement-{rule}\n      title: Requirement {number}\n      severity: {chance.choice(['high', 'medium'])}\n"
                f"      stages: [pre-registration, pre-deployment]\n      enforcement: {chance.choice(['block', 'record'])}\n"
                f"      controls: [lending-standard/clause-{chance.randrange(40)}]\n"
            )
            text += _WITH[rule % len(_WITH)].format(number=number)
            text += f"      remediation: See page {number} of the handbook.\n\n"
        made[f"policies/desk-{index:02}.yaml"] = text.encode()
    return made
