"""Rules to measure with, drawn from a seed, each said in the language of every engine that is compared."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import Template
from typing import Any

FLOOR, LATENCY = "0.8", "450"
"""Values of the two parameters that the policies declare."""
METRICS = ("accuracy", "auc", "f1", "precision", "recall", "specificity", "balanced_accuracy", "average_precision")
SECTIONS = ("intended_use", "limitations", "training_data", "evaluation", "owner", "licence", "monitoring", "risk")


@dataclass(frozen=True)
class Form:
    """A requirement in three languages. They agree on all evidence that holds what they read."""

    cel: str
    rego: tuple[str, ...]
    """The ways to fail, as people write Rego: each a body of `deny`."""
    python: str
    """True when the requirement is met by `e`."""

    def filled(self, values: Mapping[str, object]) -> Form:
        """Put drawn values in."""
        cel, python, *rego = (Template(text).substitute(values) for text in (self.cel, self.python, *self.rego))
        return Form(cel, tuple(rego), python)


REQUIREMENTS = (
    Form(
        "metrics.$metric >= params.floor && size(card.owners) > $few",
        (f"input.metrics.$metric < {FLOOR}", "count(input.card.owners) <= $few"),
        f'e["metrics"]["$metric"] >= {FLOOR} and len(e["card"]["owners"]) > $few',
    ),
    Form(
        "card.sections.$section.words >= $words && metrics.$metric > metrics.$other",
        ("input.card.sections.$section.words < $words", "input.metrics.$metric <= input.metrics.$other"),
        'e["card"]["sections"]["$section"]["words"] >= $words and e["metrics"]["$metric"] > e["metrics"]["$other"]',
    ),
    Form(
        "model.sla.latency_ms.p95 <= params.latency && model.sla.latency_ms.p50 <= $words",
        (f"input.model.sla.latency_ms.p95 > {LATENCY}", "input.model.sla.latency_ms.p50 > $words"),
        f'e["model"]["sla"]["latency_ms"]["p95"] <= {LATENCY} and e["model"]["sla"]["latency_ms"]["p50"] <= $words',
    ),
    Form(
        'size(model.necessary_columns) > 0 && model.necessary_columns.all(c, c != "column_$number")',
        ("count(input.model.necessary_columns) == 0", 'some c in input.model.necessary_columns; c == "column_$number"'),
        'len(e["model"]["necessary_columns"]) > 0'
        ' and all(c != "column_$number" for c in e["model"]["necessary_columns"])',
    ),
    Form(
        'size(dependencies) > $few && dependencies.all(d, d.pinned && d.name != "package-$number")',
        (
            "count(input.dependencies) <= $few",
            "some d in input.dependencies; not d.pinned",
            'some d in input.dependencies; d.name == "package-$number"',
        ),
        'len(e["dependencies"]) > $few'
        ' and all(d["pinned"] and d["name"] != "package-$number" for d in e["dependencies"])',
    ),
    Form(
        'model.decision.automation == "support" && "use-$number" in model.uses',
        ('input.model.decision.automation != "support"', 'not "use-$number" in input.model.uses'),
        'e["model"]["decision"]["automation"] == "support" and "use-$number" in e["model"]["uses"]',
    ),
)
CONDITIONS = (
    Form('"eu" in model.jurisdictions', ('"eu" in input.model.jurisdictions',), '"eu" in e["model"]["jurisdictions"]'),
    Form('model.risk_tier != "low"', ('input.model.risk_tier != "low"',), 'e["model"]["risk_tier"] != "low"'),
    Form(
        'model.tags.exists(t, t == "tag-$number")',
        ('some t in input.model.tags; t == "tag-$number"',),
        'any(t == "tag-$number" for t in e["model"]["tags"])',
    ),
)
"""When a rule is asked. `rego` holds the one body that must be true."""


@dataclass(frozen=True)
class Said:
    """One rule: what must hold, and when it is asked."""

    id: str
    must: Form
    when: Form | None

    def python(self) -> Callable[[Mapping[str, Any]], str]:
        """Give the rule as plain Python: evidence to outcome."""
        when = "True" if self.when is None else self.when.python
        text = f'lambda e: ("pass" if {self.must.python} else "fail") if {when} else "not_applicable"'
        made: Callable[[Mapping[str, Any]], str] = eval(text)  # our own text
        return made


def said(count: int, seed: int) -> list[Said]:
    """Draw rules that are expressions; one in three has a condition."""
    source = random.Random(seed)
    return [_said(source, index) for index in range(count)]


def _said(source: random.Random, index: int) -> Said:
    metric, other = source.sample(METRICS, 2)
    values = {
        "metric": metric,
        "other": other,
        "section": source.choice(SECTIONS),
        "words": source.randrange(5, 200),
        "few": source.randrange(4),
        "number": source.randrange(40),
    }
    when = source.choice(CONDITIONS).filled(values) if source.random() < 1 / 3 else None
    return Said(f"rule-{index:04d}", source.choice(REQUIREMENTS).filled(values), when)


def evidence(seed: int) -> dict[str, Any]:
    """Draw evidence on which some rules pass, some fail and some are not asked."""
    source = random.Random(seed)
    return {
        "metrics": {name: source.randrange(700, 999) / 1000 for name in METRICS},
        "card": {
            "owners": ["a@example.com", "b@example.com"],
            "sections": {name: {"state": "complete", "words": source.randrange(80, 300)} for name in SECTIONS},
        },
        "model": {
            "tags": [f"tag-{number}" for number in range(0, 40, 3)],
            "jurisdictions": ["eu", "us-ny"],
            "risk_tier": "medium",
            "uses": [f"use-{number}" for number in range(0, 40, 2)],
            "decision": {"automation": "support"},
            "sla": {"latency_ms": {"p50": 60, "p95": 420}},
            "necessary_columns": [f"column_{number}" for number in range(0, 24, 2)],
        },
        "dependencies": [{"name": f"package-{number}", "pinned": True} for number in range(20, 40)],
    }


def rego(rules: Sequence[Said]) -> str:
    """The rules as one Rego module with the set `deny`."""
    lines = ["package bench"]
    for rule in rules:
        asked = "" if rule.when is None else f"{rule.when.rego[0]}; "
        lines += [f'deny contains "{rule.id}" if {{ {asked}{body} }}' for body in rule.must.rego]
    return "\n".join(lines) + "\n"


def custodian(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Draw policies of Cloud Custodian: six kinds of resource, filters with conditions, actions."""
    source = random.Random(seed)
    kinds = {"ec2": "stop", "ebs": "delete", "rds": "stop", "s3": None, "lambda": None, "iam-user": None}
    for index in range(count):
        kind, last = source.choice(list(kinds.items()))
        tag, days = f"tag:team-{source.randrange(40)}", source.randrange(5, 90)
        filters: list[Any] = [{tag: "absent"}, {"type": "value", "key": f"Size{index}", "op": "gte", "value": days}]
        if source.random() < 1 / 3:
            filters = [{"or": [*filters, {"and": [{f"{tag}-x": "present"}, {"not": [{tag: "kept"}]}]}]}]
        actions: list[Any] = [] if kind == "iam-user" else [{"type": "tag", "key": "found", "value": str(days)}]
        made = {"name": f"policy-{index:04d}", "resource": f"aws.{kind}", "description": f"Rule {index} of the set."}
        yield {**made, "filters": filters, "actions": actions if last is None else [*actions, last]}


def custodian_text(policies: Sequence[Mapping[str, Any]]) -> str:
    """Write a file of such policies as people do, one key a line."""
    import yaml

    return yaml.safe_dump({"policies": list(policies)}, sort_keys=False)


def as_json(value: object) -> str:
    """Write a value for another process."""
    return json.dumps(value, separators=(",", ":"))
