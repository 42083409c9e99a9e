"""Packs: followed through the lock, held by their digests, named after themselves, and never in a circle."""

from __future__ import annotations

import random

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.policy.outcomes import Stage
from govern.policy.packs.cycles import find_cycle
from govern.policy.packs.documents import satisfies
from support.compiling import errors
from support.packs_of_policies import Shelf, pack_yaml, policy_yaml

RULE = "- {id: bound, check: lineage.bound}"
IMPORT = 'imports:\n  - {pack: base, version: "1"}'


def base() -> Shelf:
    return Shelf().put("base", {"policies/base.yaml": policy_yaml("base", RULE)})


def team(spec: str = IMPORT, rules: str = "- {id: own, check: lineage.present}") -> dict[str, str]:
    return {"policies/team.yaml": policy_yaml("team", rules, spec=spec)}


def codes(found):
    return [item.code for item in errors(found)]


def test_the_rules_of_a_pack_come_into_the_plan():
    found = base().compile(team())
    assert found.plan is not None, [str(item) for item in found.diagnostics]
    assert [rule.id for rule in found.plan.rules] == ["base/bound", "team/own"]
    assert [policy.name for policy in found.plan.policies] == ["base", "team"]
    assert found.packs["base"].metadata.version == "1.0.0"


def test_a_pack_builds_on_another_and_brings_its_rules():
    shelf = base().put(
        "org", {"policies/org.yaml": policy_yaml("org", "- {id: closed, check: lineage.closed}", spec=IMPORT)}
    )
    found = shelf.compile(team('imports:\n  - {pack: org, version: "1.0"}'))
    assert found.plan is not None, [str(item) for item in found.diagnostics]
    assert [rule.id for rule in found.plan.rules] == ["base/bound", "org/closed", "team/own"]


def test_an_import_in_pack_yaml_counts_as_well():
    shelf = base().put("org", {}, spec='spec:\n  imports:\n    - {pack: base, version: "1"}\n')
    found = shelf.compile(team('imports:\n  - {pack: org, version: "1"}'))
    assert found.plan is not None
    assert [rule.id for rule in found.plan.rules] == ["base/bound", "team/own"]


def test_catalogues_of_a_pack_are_loaded_and_its_tests_are_not():
    catalogue = "apiVersion: govern/v1\nkind: ControlCatalog\nmetadata: {name: law, version: '1'}\ncontrols:\n"
    catalogue += "  - {id: a, clause: '1', title: One}\n  - {id: b, clause: '2', title: Two}\n"
    rule = "- {id: bound, check: lineage.bound, controls: [law/a]}"
    shelf = Shelf().put(
        "base",
        {
            "policies/base.yaml": policy_yaml("base", rule),
            "policies/base.test.yaml": "kind: nothing of ours",
            "controls/law.yaml": catalogue,
            "tests/fixtures/x.yaml": "a: [",
            "CHANGELOG.md": "# 1.0.0\n",
        },
    )
    found = shelf.compile(team())
    assert found.plan is not None, [str(item) for item in found.diagnostics]
    assert [item.control for item in found.not_assessed] == ["law/b"]


def test_two_packs_may_ship_one_catalogue_if_they_say_the_same():
    catalogue = "apiVersion: govern/v1\nkind: ControlCatalog\nmetadata: {name: law, version: '1'}\ncontrols: []\n"
    other = catalogue.replace("controls: []", "# the same\ncontrols: []")
    shelf = Shelf()
    for name, text in (("one", catalogue), ("two", other)):
        shelf.put(name, {f"policies/{name}.yaml": policy_yaml(name, RULE), "controls/law.yaml": text})
    both = 'imports:\n  - {pack: one, version: "1"}\n  - {pack: two, version: "1"}'
    assert not codes(shelf.compile(team(both)))
    shelf.put(
        "two",
        {
            "policies/two.yaml": policy_yaml("two", RULE),
            "controls/law.yaml": catalogue.replace("[]", "[{id: x, clause: '1', title: X}]"),
        },
    )
    assert codes(shelf.compile(team(both))) == ["P214"]


def test_only_packs_that_are_imported_are_read():
    shelf = base().put("other", {"policies/other.yaml": "not yaml: ["})
    assert shelf.compile(team()).plan is not None
    assert shelf.read == ["base"]


@pytest.mark.parametrize(
    ("spec", "lock", "code", "words"),
    [
        (IMPORT, False, "P301", "there is no govern.lock"),
        ('imports:\n  - {pack: bace, version: "1"}', True, "P301", "does not list it"),
        ('imports:\n  - {pack: base, version: "2"}', True, "P303", "pins 1.0.0"),
        ('imports:\n  - {pack: base, version: "1.0.1"}', True, "P303", "pins 1.0.0"),
        ("imports:\n  - {pack: base, version: latest}", True, "P205", "is not a version"),
        ("imports:\n  - {pack: base}", True, "P202", "'version' is missing"),
        ('imports:\n  - {pack: base, version: "1", rulez: {}}', True, "P201", "no key 'rulez'"),
        ("imports:\n  - base", True, "P203", "an import is a mapping"),
    ],
)
def test_imports_that_cannot_be_followed(spec, lock, code, words):
    found = base().compile(team(spec), lock=lock)
    assert found.plan is None
    assert codes(found) == [code]
    fault = errors(found)[0]
    assert words in fault.message
    assert fault.span is not None
    assert (fault.span.file, fault.span.line) == ("policies/team.yaml", 6)


def test_an_unlocked_name_gets_a_suggestion():
    fault = errors(base().compile(team('imports:\n  - {pack: bace, version: "1"}')))[0]
    assert "Did you mean 'base'?" in str(fault.hint)
    assert "govern policy lock" in str(errors(base().compile(team(), lock=False))[0].hint)


def test_one_flipped_bit_anywhere_in_a_pack_is_a_mismatch():
    rng = random.Random(4)
    for _ in range(60):
        shelf = base().put("more", {"policies/more.yaml": policy_yaml("more", RULE), "CHANGELOG.md": "x\n"})
        name = rng.choice(sorted(shelf.packs["more"]))
        data = bytearray(shelf.packs["more"][name])
        place = rng.randrange(len(data))
        data[place] ^= 1 << rng.randrange(8)
        shelf.packs["more"][name] = bytes(data)
        found = shelf.compile(team('imports:\n  - {pack: more, version: "1"}'))
        assert found.plan is None
        assert codes(found) == ["P302"]


@pytest.mark.parametrize("change", ["added", "removed", "renamed"])
def test_other_files_are_a_mismatch_too(change):
    shelf = base()
    files = shelf.packs["base"]
    if change == "added":
        files["notes.txt"] = b""
    else:
        data = files.pop("policies/base.yaml")
        if change == "renamed":
            files["policies/other.yaml"] = data
    assert codes(shelf.compile(team())) == ["P302"]


def test_a_lock_that_leaves_out_what_a_pack_builds_on_is_stale():
    shelf = base().put("org", {"policies/org.yaml": policy_yaml("org", "", spec=IMPORT)})
    shelf.entries["org"] = shelf.entries["org"].model_copy(update={"requires": ()})
    found = shelf.compile(team('imports:\n  - {pack: org, version: "1"}'))
    assert codes(found) == ["P302"]
    assert "builds on nothing; it builds on base" in errors(found)[0].message


def test_two_imports_of_one_pack_in_two_versions():
    policies = team() | {"policies/z.yaml": policy_yaml("z", "", spec='imports:\n  - {pack: base, version: "2"}')}
    found = base().compile(policies)
    assert codes(found) == ["P305"]
    fault = errors(found)[0]
    assert fault.span is not None
    assert fault.span.file == "policies/z.yaml"
    assert fault.related[0].span.file == "policies/team.yaml"


def test_names_belong_to_packs():
    found = base().compile(team() | {"p.yaml": policy_yaml("base.extra", RULE)})
    assert codes(found) == ["P306"]
    shelf = Shelf().put("base", {"policies/base.yaml": policy_yaml("bases", RULE)})
    assert codes(shelf.compile(team())) == ["P306"]
    shelf = Shelf().put("base", {"policies/base.yaml": policy_yaml("base.more", RULE)})
    assert not codes(shelf.compile(team()))


@pytest.mark.parametrize(
    ("pack", "code"),
    [
        ({"pack.yaml": pack_yaml("other")}, "P313"),
        ({"pack.yaml": pack_yaml("base", "1.0.1")}, "P313"),
        ({"pack.yaml": policy_yaml("base", RULE)}, "P313"),
        ({"pack.yaml": "apiVersion: govern/v1\nkind: Pack\nmetadata: {name: base, version: 1.0}\n"}, "P205"),
        ({"pack.yaml": "apiVersion: govern/v1\nkind: Pack\n"}, "P202"),
        ({"pack.yaml": pack_yaml("base") + "specs: {}\n"}, "P201"),
        ({"pack.yaml": pack_yaml("base"), "policies/a b.yaml": "x"}, "P313"),
        ({"policies/base.yaml": "a: [\n"}, "I103"),
        ({"policies/base.yaml": policy_yaml("base", "- {id: a, check: lineage.bond}")}, "P209"),
    ],
)
def test_packs_that_are_none(pack, code):
    shelf = base()
    shelf.packs["base"] |= {path: text.encode() for path, text in pack.items()}
    from govern.policy.packs.lockfile import pack_digest

    digest = f"sha256:{pack_digest(shelf.packs['base'])}"
    shelf.entries["base"] = shelf.entries["base"].model_copy(update={"digest": digest})
    found = shelf.compile(team())
    assert code in codes(found)
    assert found.plan is None


def test_a_pack_is_not_at_hand_and_imported_at_once():
    shelf = base()
    at_hand = {f"packs/base/{path}": data.decode() for path, data in shelf.packs["base"].items()}
    found = shelf.compile(team() | at_hand)
    assert codes(found) == ["P214"]
    assert found.plan is None
    assert base().compile(at_hand).plan is not None


def test_a_circle_is_printed_whole():
    shelf = Shelf()
    for name, other in (("a", "b"), ("b", "c"), ("c", "a")):
        spec = f'imports:\n  - {{pack: {other}, version: "1"}}'
        shelf.put(name, {f"policies/{name}.yaml": policy_yaml(name, RULE, spec=spec)})
    found = shelf.compile(team('imports:\n  - {pack: b, version: "1"}'))
    assert codes(found) == ["P304"]
    fault = errors(found)[0]
    assert "a -> b -> c -> a" in fault.message
    assert len(fault.related) == 2


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=24))
def test_cycles_agree_with_networkx(edges):
    graph = nx.DiGraph(edges)
    below: dict[str, list[str]] = {}
    for start, end in edges:
        below.setdefault(str(start), []).append(str(end))
    found = find_cycle(below)
    cycles = list(nx.simple_cycles(graph))
    assert bool(found) == bool(cycles)
    if found:
        assert found[0] == found[-1]
        turned = {tuple(str(node) for node in cycle[at:] + cycle[:at]) for cycle in cycles for at in range(len(cycle))}
        assert found[:-1] in turned


def test_a_long_chain_of_packs_needs_no_recursion():
    assert find_cycle({str(number): [str(number + 1)] for number in range(100_000)}) == ()


@pytest.mark.parametrize(
    ("version", "wanted", "holds"),
    [
        ("1.4.0", "1", True),
        ("1.4.0", "1.4", True),
        ("1.4.0", "1.4.0", True),
        ("1.4.0", "1.40", False),
        ("10.0.0", "1", False),
        ("1.4.0-rc1", "1", False),
        ("1.4.0-rc1", "1.4.0-rc1", True),
        ("2.0.0", "1", False),
    ],
)
def test_ranges(version, wanted, holds):
    assert satisfies(version, wanted) is holds


def test_facts_of_a_pack_can_be_read_by_its_expressions():
    spec = "spec:\n  facts:\n    region: {type: text, description: where it runs}\n"
    rule = "- {id: eu, check: expression, with: {assert: 'model.my_pack.region == \"eu\"'}}"
    shelf = Shelf().put("my-pack", {"policies/p.yaml": policy_yaml("my-pack", rule)}, spec=spec)
    found = shelf.compile(team('imports:\n  - {pack: my-pack, version: "1"}'))
    assert found.plan is not None, [str(item) for item in found.diagnostics]
    typo = rule.replace("region", "regoin")
    shelf = Shelf().put("my-pack", {"policies/p.yaml": policy_yaml("my-pack", typo)}, spec=spec)
    found = shelf.compile(team('imports:\n  - {pack: my-pack, version: "1"}'))
    assert codes(found) == ["P504"]
    assert "region" in str(errors(found)[0].hint)


def test_facts_may_not_take_the_records_own_names():
    spec = "spec:\n  facts:\n    ropa_id: {type: text, description: x}\n    Bad: {type: text, description: x}\n"
    shelf = Shelf().put("gdpr", {"policies/p.yaml": policy_yaml("gdpr", RULE)}, spec=spec)
    assert codes(shelf.compile(team('imports:\n  - {pack: gdpr, version: "1"}'))) == ["P205", "P205"]


def test_every_order_of_files_and_imports_gives_one_plan():
    shelf = base()
    for name in ("one", "two"):
        shelf.put(name, {f"policies/{name}.yaml": policy_yaml(name, RULE, spec=IMPORT)})
    digests = set()
    for order in (["one", "two", "base"], ["base", "two", "one"], ["two", "one", "base"]):
        spec = "imports:\n" + "\n".join(f'  - {{pack: {name}, version: "1"}}' for name in order)
        found = shelf.compile(team(spec), stage=Stage.PRE_DEPLOYMENT)
        assert found.plan is not None
        digests.add(found.plan.digest)
    assert len(digests) == 1
