"""Bytes to trees, and plans to canonical bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from measuring import Peer, heading, paired, show, spent
from policy_texts import mixed_files, one_file

from govern.canonical import sha256_hex
from govern.checks.registry import builtin_specs
from govern.evidence.schema import evidence_schema
from govern.inputs.yaml import ListNode, MapNode, Node, ScalarNode, parse_yaml
from govern.policy.compile import compile_policies
from govern.policy.outcomes import Stage
from govern.policy.plan import Plan

SEED = 7
SIZES = (100, 300, 1000)
NO_FLOATS = "govern's plans hold decimals as text, so that both write the same bytes"


def measure(ruamel: Path | None) -> None:
    """Print the part of the table."""
    heading("bytes to a tree with places and checks / yaml.load(CSafeLoader) to dicts")
    for size in SIZES:
        load(size)
    if ruamel is not None:
        heading("the same / ruamel.yaml round trip, which keeps places too")
        with Peer(ruamel, "policy_ruamel.py") as peer:
            for rules in (97, 970):
                round_trip(peer, rules)
    heading("canonical plan and its sha256 / json.dumps(sort_keys=True) alone")
    for size in SIZES:
        canonical(size)


# --- reading


def _tree(data: bytes) -> Node:
    return parse_yaml(data, file="policy.yaml", strictness="policy")


def load(rules: int) -> None:
    data = one_file(rules, SEED)
    assert _same(_tree(data), yaml.load(data, Loader=yaml.CSafeLoader)), "the two readers disagree"
    times = max(1, 400 // rules)
    ours = partial(spent, partial(_tree, data), times)
    peer = partial(spent, lambda: yaml.load(data, Loader=yaml.CSafeLoader), times)
    show(paired(f"{rules} rules in one file, {len(data) // 1000} kB", ours, peer, aim=0.8))


def _same(node: Node, value: Any) -> bool:
    """Whether both readers saw the same: texts alike, and what one typed equal as a number or truth value."""
    if isinstance(node, MapNode):
        pairs = {key.text: below for key, below in node.entries}
        return list(pairs) == list(value) and all(_same(below, value[key]) for key, below in pairs.items())
    if isinstance(node, ListNode):
        return len(node.items) == len(value) and all(map(_same, node.items, value))
    if isinstance(value, bool):
        return node.text == str(value).lower()
    if isinstance(value, int | float):
        return Decimal(node.text) == Decimal(str(value))
    return node.is_null if value is None else node.text == value


def round_trip(peer: Peer, rules: int) -> None:
    data = one_file(rules, SEED)
    theirs = [tuple(item) for item in peer.ask(text=data.decode())["places"]]
    assert theirs == list(_places(_tree(data))), "the two readers put a key elsewhere"
    ours = partial(spent, partial(_tree, data), max(1, 400 // rules))
    runs = 7 if rules < 500 else 3
    show(paired(f"{rules} rules, {len(data) // 1000} kB", ours, peer.seconds, aim=0.1, runs=runs))


def _places(node: Node, path: str = "") -> Iterator[tuple[str, int | None, int | None]]:
    if isinstance(node, MapNode):
        for key, value in node.entries:
            yield f"{path}/{key.text}", key.span.line, key.span.column
            yield from _places(value, f"{path}/{key.text}")
    elif isinstance(node, ListNode):
        for index, value in enumerate(node.items):
            yield from _places(value, f"{path}/{index}")
    else:
        assert isinstance(node, ScalarNode)


# --- writing


def plan_of(rules: int) -> Plan:
    """Compile the mixed rules for one stage."""
    compiled = compile_policies(
        mixed_files(rules, SEED),
        stage=Stage.PRE_REGISTRATION,
        checks=builtin_specs(),
        evidence_schema=evidence_schema(),
    )
    assert compiled.plan is not None, [str(item) for item in compiled.diagnostics[:3]]
    assert len(compiled.plan.rules) == rules
    return compiled.plan


def canonical(rules: int) -> None:
    plan = plan_of(rules)
    document = json.loads(plan.data())  # plain dicts for the peer
    plainly = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert plainly.encode() == plan.data(), NO_FLOATS
    assert sha256_hex(plainly.encode()) == plan.digest
    times = max(1, 1000 // rules)
    ours = partial(spent, lambda: plan.digest, times)
    peer = partial(spent, lambda: json.dumps(document, sort_keys=True), times)
    show(paired(f"{rules} rules, {len(plainly) // 1000} kB", ours, peer, aim=5))
