"""Mutants of imports: each thing that an import tightens is left as the pack has it, once, and nothing else moves."""

from __future__ import annotations

import pytest

from govern.inputs.nodes import MapNode
from govern.inputs.yaml import parse_yaml, value_of
from govern.policy.mutation.imports import import_mutants
from govern.policy.mutation.source import SourceText

BLOCK = """\
imports:
  - pack: baseline
    version: "1"
    params:
      max_age: 14d   # half of it
      names: [a, 'b c']
    rules:
      baseline/parity:
        enforcement: block
        severity: high
        with:
          min_n: 50
          attributes: [sex, [sex, race]]
      baseline/auc: {and_assert: 'metrics.brier <= 0.2', also_when: '"eu" in model.jurisdictions'}
  - {pack: other, version: 1.2.0}
rules: []
"""
FLOW = "imports: [{pack: baseline, version: '1', params: {max_age: 14d}, rules: {baseline/parity: {stages: [pre-training]}}}]"
WANTED = {
    "p:overlay:params.max_age",
    "p:overlay:params.names",
    "p:overlay:baseline/parity.enforcement",
    "p:overlay:baseline/parity.with.min_n",
    "p:overlay:baseline/parity.with.attributes",
    "p:overlay:baseline/auc.and_assert",
    "p:overlay:baseline/auc.also_when",
}


def made(text: str):
    node = parse_yaml(text.encode(), file="p.yaml", strictness="policy")
    assert isinstance(node, MapNode)
    return list(import_mutants(SourceText(text.encode()), node.get("imports"), "p"))


def test_what_an_import_tightens_is_left_out_once():
    assert {item.id for item in made(BLOCK)} == WANTED
    assert {item.id for item in made(FLOW)} == {"p:overlay:params.max_age", "p:overlay:baseline/parity.stages"}
    assert made("rules: []\n") == made("imports: 7\n") == made("imports: [7, {rules: {a: 7}}]\n") == []


@pytest.mark.parametrize(("text", "mutant"), [(text, item) for text in (BLOCK, FLOW) for item in made(text)])
def test_nothing_else_moves(text, mutant):
    before = value_of(parse_yaml(text.encode(), file="p.yaml", strictness="policy"))
    after = value_of(parse_yaml(SourceText(text.encode()).edited(mutant.edit), file="p.yaml", strictness="policy"))
    where = mutant.id.removeprefix("p:overlay:")
    item = before["imports"][0]
    if where.startswith("params."):
        del item["params"][where.removeprefix("params.")]
    else:
        rule, *path, key = where.split(".")
        holder = item["rules"][rule]
        for step in path:
            holder = holder[step]
        del holder[key]
    assert after == before
    assert mutant.rules == (None if where.startswith("params.") else (where.split(".")[0],))
