"""A pack of rules that importing policies tighten, layer upon layer: does it cost more than the layers?"""

from __future__ import annotations

import random
import sys
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))


from measuring import Row, heading, paired, show, spent

from govern.policy.compile import Compiled
from support.packs_of_policies import Shelf, policy_yaml

RULES = 100
SEED = 7
LAYERS = (1, 10)


def measure() -> None:
    """Print the part of the table."""
    heading(f"a pack of {RULES} rules, each tightened by every import / the pack as it is")
    shelf, bare = _shelf(), _teams(0)
    rows = {}
    for layers in LAYERS:
        teams = _teams(layers)
        _check(shelf.compile(teams), layers)
        ours, peer = partial(spent, partial(shelf.compile, teams)), partial(spent, partial(shelf.compile, bare))
        rows[layers] = paired(f"{layers} imports with {layers * RULES} overlays", ours, peer)
        show(rows[layers])
    few, many = (rows[layers] for layers in LAYERS)
    added = [(ten - 1) / (one - 1) / LAYERS[1] for one, ten in zip(few.ratios, many.ratios, strict=True)]
    show(Row("what a layer adds when there are ten / when there is one", added))


def _shelf() -> Shelf:
    rules = "\n".join(
        f"- {{id: r{index}, check: performance.threshold, with: {{metric: auc, at_least: 0.5, min_n: 10}}}}"
        for index in range(RULES)
    )
    return Shelf().put("base", {"policies/base.yaml": policy_yaml("base", rules)})


def _limits(layer: int) -> list[int]:
    source = random.Random(SEED + layer)
    return [source.randrange(11, 500) for _ in range(RULES)]


def _teams(layers: int) -> dict[str, str]:
    """Policies that import the pack; with no layers, one that changes nothing."""
    made = {}
    for layer in range(max(layers, 1)):
        lines = ["imports:", "  - pack: base", '    version: "1"']
        if layers:
            limits = enumerate(_limits(layer))
            lines += ["    rules:", *(f"      base/r{index}: {{with: {{min_n: {limit}}}}}" for index, limit in limits)]
        own = "- {id: own, check: lineage.present}"
        made[f"team-{layer}.yaml"] = policy_yaml(f"team-{layer}", own, spec="\n".join(lines))
    return made


def _check(found: Compiled, layers: int) -> None:
    """The strictest layer has won, for every rule."""
    assert found.plan is not None, [str(item) for item in found.diagnostics[:3]]
    drawn = [_limits(layer) for layer in range(layers)]
    wanted = {f"base/r{index}": max(limits[index] for limits in drawn) for index in range(RULES)}
    params = {rule.id: rule.params.min_n for rule in found.plan.rules if rule.id.startswith("base/")}  # type: ignore[attr-defined]
    assert params == wanted
