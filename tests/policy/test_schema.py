"""The JSON Schema agrees with the compiler about shape, and the checked-in file is what the code makes."""

from __future__ import annotations

import importlib.util
import json
from decimal import Decimal
from pathlib import Path

import jsonschema
import jsonschema_rs
import pytest

from govern.inputs.nodes import ListNode, MapNode, ScalarNode
from govern.inputs.yaml import parse_yaml
from govern.inputs.yaml_rules import core_type
from govern.policy.schema import policy_schema
from support.compiling import compiled, errors, specs, with_rule

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"

_spec = importlib.util.spec_from_file_location("bad_policies", Path(__file__).parent / "test_diagnostics.py")
assert _spec is not None
assert _spec.loader is not None
_bad = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_bad)

SEEN_BY_SCHEMA = {"P101", "P102", "P201", "P202", "P203", "P204", "P205", "P207", "P209", "P212", "P320"}
"""What a schema can say; all else is about more than one place, or about the inside of a text."""
NOT_SEEN = ("metrics.auc", "without asking", "30d")
"""Rows of those codes whose fault is a reference, or the type of another key's value."""

ALSO_SEEN = ("alone",)
"""A placeholder inside text is no number either."""


def as_json(node):
    """The document as a reader that types scalars by YAML 1.2 sees it: what an editor validates."""
    if isinstance(node, MapNode):
        return {key.text: as_json(value) for key, value in node.entries}
    if isinstance(node, ListNode):
        return [as_json(item) for item in node.items]
    assert isinstance(node, ScalarNode)
    kind = core_type(node.text) if node.plain else "text"
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
    *(path for path in sorted((ROOT / "policies").glob("*.yaml"))),
    *(
        path
        for path in sorted((ROOT / "examples" / "mortgage" / "policies").glob("*.yaml"))
        if path.name != "sources.yaml"
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
