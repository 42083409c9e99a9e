"""The record's JSON Schema and its reader say the same."""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from govern.bundle.record_reading import read_record
from govern.bundle.schema import record_schema
from govern.diagnostics import InputError

SOUND = {
    "apiVersion": "govern/v1",
    "kind": "Model",
    "metadata": {"name": "credit", "version": "1.0", "tags": ["x"]},
    "spec": {
        "owner": {"name": "A", "contact": "a@b.example"},
        "risk_tier": "high",
        "data_classes": ["npi"],
        "jurisdictions": ["us-ny"],
        "third_party": False,
        "inventory": {"end_of_life": {"not_applicable": "x"}, "support_until": "2028-01-01"},
        "sla": {"availability": 0.5},
        "artefacts": [{"path": "m", "role": "weights"}],
        "evidence": {"a": {"path": "p"}},
        "change": {"material_on": "2026-01-01"},
    },
}
VALIDATOR = jsonschema.Draft202012Validator(record_schema(), format_checker=jsonschema.FormatChecker())


def paths(node, path=()):
    yield path
    if isinstance(node, dict | list):
        for key, item in node.items() if isinstance(node, dict) else enumerate(node):
            yield from paths(item, (*path, key))


def replaced(path, value):
    document = json.loads(json.dumps(SOUND))
    if not path:
        return value
    node = document
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    return document


def accepted(document) -> bool:
    try:
        read_record(yaml.safe_dump(document).encode())
    except InputError:
        return False
    return True


def test_schema_is_a_schema_and_accepts_a_sound_record():
    VALIDATOR.check_schema(record_schema())
    VALIDATOR.validate(SOUND)
    assert accepted(SOUND)


@pytest.mark.parametrize("path", [path for path in paths(SOUND) if path], ids=lambda path: ".".join(map(str, path)))
def test_absent_keys(path):
    document = json.loads(json.dumps(SOUND))
    node = document
    for step in path[:-1]:
        node = node[step]
    del node[path[-1]]
    assert VALIDATOR.is_valid(document) == accepted(document)


@given(
    st.sampled_from([path for path in paths(SOUND) if path]),
    st.sampled_from(["zzz Z", ["zzz Z"], {"zzz": "y"}, [["a"]], True, 3, 2.5, "high", {"path": "p"}]),
)
def test_reader_and_schema_agree_on_wrong_values(path, value):
    document = replaced(path, value)
    # A number or a word such as true, where text is wanted, is text for the reader and not for a validator.
    if isinstance(value, bool | int | float) and accepted(document):
        return
    assert VALIDATOR.is_valid(document) == accepted(document)


def test_unknown_keys_are_refused_by_both():
    for path in ((), ("metadata",), ("spec",), ("spec", "owner"), ("spec", "inventory"), ("spec", "artefacts", 0)):
        document = replaced((*path, "unknown_key"), 1)
        assert not VALIDATOR.is_valid(document)
        assert not accepted(document)
