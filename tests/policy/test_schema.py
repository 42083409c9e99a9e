"""The JSON Schema agrees with the compiler about shape, and the checked-in file is what the code makes."""

from __future__ import annotations

import importlib.util
import json
import os
import re
from decimal import Decimal
from functools import cache
from pathlib import Path

import jsonschema
import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govern.evidence.schema import evidence_schema
from govern.inputs.nodes import ListNode, MapNode, ScalarNode
from govern.inputs.yaml import parse_yaml
from govern.inputs.yaml_rules import core_type
from govern.policy.compile import compile_policies
from govern.policy.schema import policy_schema
from support.compiling import compiled, errors, specs, with_rule
from support.mangling import damaged, made_up

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"

_spec = importlib.util.spec_from_file_location("bad_policies", Path(__file__).parent / "test_diagnostics.py")
assert _spec is not None
assert _spec.loader is not None
_bad = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_bad)

SEEN_BY_SCHEMA = {"P101", "P102", "P201", "P202", "P203", "P204", "P205", "P207", "P209", "P212"}
"""What a schema can say; all else is about more than one place, or about the inside of a text."""
NOT_SEEN = ("metrics.auc", "without asking", "30d")
"""Rows of those codes whose fault is a reference, or the type of another key's value."""

ALSO_SEEN = ("alone",)
"""A placeholder inside text is no number either."""


def as_json(node, texts=frozenset(), path=()):
    """The document as a reader that types scalars by YAML 1.2 sees it: what an editor validates.

    `texts` are paths of scalars that are taken as text whatever they look like.
    """
    if isinstance(node, MapNode):
        return {key.text: as_json(value, texts, (*path, key.text)) for key, value in node.entries}
    if isinstance(node, ListNode):
        return [as_json(item, texts, (*path, index)) for index, item in enumerate(node.items)]
    assert isinstance(node, ScalarNode)
    kind = core_type(node.text) if node.plain and path not in texts else "text"
    if kind == "int":
        return int(node.text, 0)
    if kind == "float":
        return float(Decimal(node.text))
    return {"null": None, "bool": node.text.lower() == "true"}.get(kind, node.text)


def documents(text: str):
    return as_json(parse_yaml(text.encode(), file="x.yaml", strictness="policy"))


@pytest.fixture(scope="module")
def schema():
    made = policy_schema(specs())
    jsonschema.Draft202012Validator.check_schema(made)
    return made


def test_checked_in_schema_is_what_the_code_makes(schema):
    text = json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    assert (ROOT / "schemas" / "policy.schema.json").read_text("utf-8") == text, "run `make docs`"


GOOD = [
    *sorted(GOLDEN.glob("*.yaml")),
    *(path for path in sorted((ROOT / "policies").glob("*/*/*.yaml")) if ".test." not in path.name),
    *(
        path
        for path in sorted((ROOT / "examples" / "mortgage" / "policies").glob("*.yaml"))
        if path.name != "sources.yaml" and ".test." not in path.name
    ),
    *(
        path
        for path in sorted((ROOT / "src/govern/gate/template/policies").glob("*.yaml"))
        if path.name != "sources.yaml"
    ),
]


@pytest.mark.parametrize("path", GOOD, ids=[str(path.relative_to(ROOT)) for path in GOOD])
def test_good_documents_are_valid(schema, path):
    document = documents(path.read_text("utf-8"))
    jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)
    assert jsonschema_rs.validator_for(schema).is_valid(document)


ROWS = [row for row in _bad.BAD if row[0] != "P501" or "#" not in row[1]]


@pytest.mark.parametrize("row", ROWS, ids=[f"{row[0]}-{index}" for index, row in enumerate(ROWS)])
def test_schema_and_compiler_agree_on_bad_documents(schema, row):
    code, document, _line, _column, words = row
    expected = (code in SEEN_BY_SCHEMA and words not in NOT_SEEN) or words in ALSO_SEEN
    valid = jsonschema_rs.validator_for(schema).is_valid(documents(_bad.whole(document)))
    assert valid != expected


BLIND = {
    *("P206", "P208", "P210", "P211", "P213", "P214", "P215"),
    *("P401", "P402", "P403", "P404", "P405"),
}
"""Codes that are about two places at once, about the inside of a text, or about another document."""
HALF_BLIND = (
    ("P202", r"'values' is missing"),
    ("P204", r"a parameter of type \w+ cannot move"),
    ("P204", r"(: |^)unknown [\w ]+ '|at least one section|twice|^may_be_|lies between|JSON pointer|each of them once"),
    ("P204", r"expected a date|min_n is at least 1|cannot be computed from|needs at least 1 word|[Ii]nput should be"),
    ("P204", r"is not a path|no evidence has|nothing is called|not supported|more than|exponent|digits"),
    ("P205", r"is not a name of a parameter"),
    ("P207", r"expected a duration"),
)
"""Codes that a schema mostly sees, and what it cannot see of them: values that depend on others."""


def _unseen(item):
    return (
        item.code in BLIND
        or item.code[:2] in ("P3", "P5")
        or any(item.code == code and re.search(words, item.message) for code, words in HALF_BLIND)
    )


def _valid(validator, tree):
    """Whether an editor is content, once what is written like a number stands as text where a text is wanted."""
    texts: frozenset[tuple[str | int, ...]] = frozenset()
    while True:
        document = as_json(tree, texts)
        wrong = {tuple(item.instance_path) for item in validator.iter_errors(document)}
        more = {path for path in wrong if isinstance(_value(document, path), int | float)}
        if not wrong or not more - texts:
            return not wrong
        texts |= more


def _value(document, path):
    for step in path:
        document = document[step]
    return document


@settings(max_examples=int(os.environ.get("GOVERN_FUZZ", "150")), suppress_health_check=list(HealthCheck))
@given(st.one_of(damaged(), made_up()))
def test_schema_and_compiler_agree_on_any_document(files):
    """What compiles an editor accepts; what it accepts has only faults that a schema cannot see."""
    validator = _validator()
    found = compile_policies(files, stage=None, checks=specs(), evidence_schema=evidence_schema()).diagnostics
    for name, data in files.items():
        faults = [item for item in found if item.span and item.span.file == name and item.severity == "error"]
        if any(item.code.startswith("I") for item in faults):
            continue
        tree = parse_yaml(data, file=name, strictness="policy")
        kind = tree.get("kind") if isinstance(tree, MapNode) else None
        if isinstance(kind, ScalarNode) and kind.text == "SourceRegistry":
            continue  # it has a schema of its own
        if not faults:
            assert _valid(validator, tree)
        elif validator.is_valid(as_json(tree)):
            assert [str(item) for item in faults if not _unseen(item)] == []


@cache
def _validator():
    return jsonschema_rs.validator_for(policy_schema(specs()))


def test_placeholders_may_stand_for_values(schema):
    text = with_rule(
        "id: a\ncheck: fairness.disparity\nwith: {metric: selection_rate, compare: ratio, "
        "at_least: '${params.x}', attributes: '${params.y}', min_n: '${params.z}', bound: '${params.b}'}"
    )
    assert jsonschema_rs.validator_for(schema).is_valid(documents(text))


def test_every_kind_has_its_parameters_in_the_schema(schema):
    kinds = {item["if"]["properties"]["check"]["const"] for item in schema["$defs"]["Rule"]["allOf"]}
    assert kinds == set(specs())
    for kind, spec in specs().items():
        if any(item.is_required() for item in spec.params.model_fields.values()):
            text = with_rule(f"id: a\ncheck: {kind}")
            assert not jsonschema_rs.validator_for(schema).is_valid(documents(text)), kind
            assert errors(compiled(text)), kind
        unknown = with_rule(f"id: a\ncheck: {kind}\nwith: {{no_such_parameter: 1}}")
        assert not jsonschema_rs.validator_for(schema).is_valid(documents(unknown)), kind
        assert "P201" in [item.code for item in errors(compiled(unknown))], kind
