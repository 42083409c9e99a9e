"""The model record."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.bundle.record_reading import read_record
from govern.diagnostics import InputError

HEAD = "apiVersion: govern/v1\nkind: Model\n"
SMALL = HEAD + "metadata: {name: credit, version: 1.10}\nspec:\n  owner: {name: A, contact: a@b.example}\n"

FULL = """\
apiVersion: govern/v1
kind: Model
metadata:
  name: credit-risk
  version: 1.10
  title: Credit risk
  uri: models:/credit-risk/3
  tags: [credit, retail/eu]
  previous: 1.9
spec:
  owner: {name: Retail, contact: https://example.com/team, team: R1, principal: retail@example.com}
  developers: [dev@example.com]
  validators: [val@example.com]
  purpose: Rank applications.
  purposes: [credit-scoring]
  uses: [underwriting]
  prohibited_uses: [pricing]
  risk_tier: high
  materiality: {exposure: low, purpose: high, reason: Few loans.}
  data_classes: [personal, npi]
  jurisdictions: [us-ny-nyc, de]
  sectors: [banking]
  decision: {automation: support, effect: legal_or_similar, output: score, subjects: [applicants]}
  groups: {attributes: [sex, race], intersections: [[sex, race]], reference: M}
  necessary_columns: [income]
  third_party: false
  vendor: {name: V, contract: C-1, contact: v@example.com}
  inventory:
    location: us-east-1
    classification: confidential
    support_until: 2028-12-31
    recovery_time_objective: PT4H
    end_of_life: {not_applicable: retrained yearly}
    system_id: {not_applicable: no system}
  sla: {availability: 0.999, latency_ms: {p50: 20, p95: 80.5}, throughput_per_s: 50, window: P30D}
  rollback: {procedure: docs/rollback.md, to_version: 1.9, owner: ops, tested_on: 2026-01-02, kill_switch: true, within: PT1H}
  monitoring:
    - {metric: auc, source: nightly, at_least: 0.75, cadence: P1D, owner: ops, escalation: on-call, evidence: m.json}
  retention: P5Y
  change: {material_on: 2026-02-03, kind: retrain, description: New data.}
  artefacts: [{path: model/w.safetensors, role: weights, format: safetensors}]
  evidence:
    gx: {path: evidence/gx.json, type: great-expectations, envelope: evidence/gx.envelope.json}
  cards: [README.md]
  lineage: [lineage.yaml]
  risk_register: risks.yaml
  documents:
    ifu: {path: docs/ifu.pdf, covers: [annex-iv-2]}
    dpia: {uri: "https://example.com/dpia", sha256: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}
  eu_ai_act: {risk_class: high, role: provider, annex_iii_point: 5b, article_6_3_assessment: docs/a63.md}
  gdpr: {ropa_id: R-7, dpia_triggers: [scoring]}
  nydfs_500: {encryption_at_rest: yes}
  hipaa: {deidentification: none}
extensions: {acme: {anything: [1, no]}}
"""


def record(text: str):
    return read_record(text.encode()).record


def faults(text: str | bytes):
    data = text.encode() if isinstance(text, str) else text
    with pytest.raises(InputError) as caught:
        read_record(data)
    return [(item.code, item.span.line, item.span.column) for item in caught.value.diagnostics]


def messages(text: str):
    with pytest.raises(InputError) as caught:
        read_record(text.encode())
    return [item.message for item in caught.value.diagnostics]


def test_every_field_of_the_table():
    made = record(FULL)
    assert (made.metadata.version, made.metadata.previous) == ("1.10", "1.9")
    spec = made.spec
    assert spec.owner.principal == "retail@example.com"
    assert spec.third_party is False
    assert spec.groups.intersections == (("sex", "race"),)
    assert spec.inventory.support_until == date(2028, 12, 31)
    assert spec.inventory.end_of_life.not_applicable == "retrained yearly"
    assert spec.sla.availability == Decimal("0.999")
    assert spec.rollback.tested_on == date(2026, 1, 2)
    assert spec.monitoring[0].at_least == Decimal("0.75")
    assert spec.nydfs_500.encryption_at_rest == "yes"
    assert spec.hipaa.deidentification == "none"
    assert spec.evidence["gx"].envelope == "evidence/gx.envelope.json"
    assert spec.documents["dpia"].sha256 == "a" * 64


def test_facts_merge_metadata_and_spec():
    facts = record(FULL).facts()
    assert facts["name"] == "credit-risk"
    assert facts["version"] == "1.10"
    assert facts["tags"] == ["credit", "retail/eu"]
    assert facts["decision"]["subjects"] == ["applicants"]
    assert facts["inventory"]["support_until"] == "2028-12-31"
    assert facts["inventory"]["end_of_life"] == {"not_applicable": "retrained yearly"}
    assert facts["sla"]["latency_ms"] == {"p50": Decimal(20), "p95": Decimal("80.5")}
    assert facts["eu_ai_act"]["risk_class"] == "high"
    assert facts["monitoring"][0]["metric"] == "auc"
    assert "extensions" not in facts
    assert facts["acme"] == {"anything": [Decimal(1), "no"]}


def test_extensions_add_to_the_record_and_never_replace_it():
    text = FULL.replace(
        "extensions: {acme: {anything: [1, no]}}",
        "extensions: {owner: {name: eve, desk: 4}, risk_tier: {x: 1}, n: {a: 0x10, b: .nan, c: 1e999, d: '7', e: true}}",
    )
    facts = record(text).facts()
    assert facts["owner"]["name"] == record(FULL).facts()["owner"]["name"]
    assert facts["owner"]["desk"] == Decimal(4)
    assert facts["risk_tier"] == record(FULL).facts()["risk_tier"]
    assert facts["n"] == {"a": Decimal(16), "b": None, "c": None, "d": "7", "e": True}


def test_undeclared_is_absent_and_empty_is_declared():
    facts = record(SMALL + "  data_classes: []\n  sectors:\n").facts()
    assert facts["data_classes"] == []
    assert set(facts) == {"name", "version", "owner", "data_classes"}
    assert facts["owner"] == {"name": "A", "contact": "a@b.example"}


@pytest.mark.parametrize(
    ("declared", "wide"),
    [
        ("us-ny-nyc", ["us-ny-nyc", "us-ny", "us"]),
        ("de", ["de", "eu", "eea"]),
        ("no", ["no", "eea"]),
        ("eu", ["eu", "eea"]),
        ("uk", ["uk"]),
        ("de-by, fr", ["de-by", "de", "eu", "eea", "fr"]),
    ],
)
def test_jurisdictions_are_widened(declared, wide):
    assert record(SMALL + f"  jurisdictions: [{declared}]\n").facts()["jurisdictions"] == wide


@pytest.mark.parametrize("text", ["1.10", "'1.10'", "no", "1e3", "2026-01-02", "0x1F", "1_000", "007", "true"])
def test_scalars_are_typed_by_the_field(text):
    assert record(SMALL.replace("1.10", text)).metadata.version == text.strip("'")


def test_faults_are_collected_with_places():
    text = (
        HEAD + "metadata: {name: Credit, version: 1.10}\n"
        "spec:\n"
        "  risk_teir: high\n"
        "  risk_tier: hihg\n"
        "  data_classes: personal\n"
        "  third_party: no\n"
        "  sla: {availability: 99%}\n"
        "  evidence: {gx: {pth: x}}\n"
        "  inventory: {support_until: 2026-02-30, location: {not_applicable: x, why: y}}\n"
    )
    assert faults(text) == [
        ("B204", 3, 18),
        ("B201", 5, 3),
        ("B202", 5, 3),  # owner: the place is where spec's keys are
        ("B204", 6, 14),
        ("B203", 7, 17),
        ("B203", 8, 16),
        ("B203", 9, 23),
        ("B202", 10, 18),
        ("B201", 10, 19),
        ("B204", 11, 30),
        ("B201", 11, 72),
    ]
    said = " | ".join(messages(text))
    for part in ("did you mean 'risk_tier'", "did you mean 'high'", "did you mean 'path'", "write 80% as 0.8"):
        assert part in said
    assert "expected a list, found the text 'personal'" in said


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("  monitoring: [{metric: a, source: b, cadence: P1D, owner: o, escalation: e}]", "B204"),
        ("  monitoring: [{metric: a, source: b, at_least: 0.5, cadence: 1d, owner: o, escalation: e}]", "B204"),
        ("  documents: {a: {covers: [x]}}", "B204"),
        ("  documents: {a: {uri: 'https://x.example/y'}}", "B204"),
        ("  documents: {a: {path: p, sha256: " + "a" * 64 + "}}", "B204"),
        ("  documents: {a b: {path: p}}", "B204"),
        ("  sla: {availability: .nan}", "B203"),
        ("  sla: {availability: 1e400}", "B204"),
        ("  sla: {availability: '0.9'}", "B203"),
        ("  change: {material_on: yesterday}", "B204"),
        ("  change: 2026-01-01", "B203"),
        ("  retention: 5y", "B204"),
        ("  retention: P", "B204"),
        ("  jurisdictions: [US]", "B204"),
        ("  jurisdictions: us", "B203"),
        ("  purpose: ' '", "B204"),
        ("  purpose: [a]", "B203"),
        ("  vendor: {}", "B202"),
        ("  extensions: {}", "B201"),
    ],
)
def test_wrong_values(line, code):
    assert [found[0] for found in faults(SMALL + line + "\n")] == [code]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("- a\n", "B205"),
        ("just text\n", "B205"),
        ("kind: Model\n", "B205"),
        (SMALL.replace("govern/v1", "govern/v2"), "B205"),
        (SMALL.replace("kind: Model", "kind: Policy"), "B205"),
        (HEAD + "metadata: {name: a, version: 1}\n", "B202"),
        (HEAD + "metadata: {name: a, version: 1}\nspec:\n", "B202"),
        (HEAD + "metadata: {name: a, version: 1}\nspec: {owner: }\n", "B202"),
        (SMALL.replace("version: 1.10", "x: 1"), "B202"),
        (SMALL + "metadata: {}\n", "I104"),
        (SMALL + "  purpose: &a x\n", "I105"),
        (SMALL + "  purpose: x\u202ey\n", "I109"),
        (SMALL + "  purpose: x\u2028  risk_tier: low\n", "I109"),
        ("", "I114"),
    ],
)
def test_documents_that_are_not_a_record(text, code):
    assert faults(text)[0][0] == code


@pytest.mark.parametrize(
    "path", ["../x", "/etc/passwd", "C:\\x", "file:///x", "https://x/y", "a/../../x", "~/x", "\\\\h\\x"]
)
def test_paths_that_leave_the_bundle(path):
    lines = (
        f"  artefacts: [{{path: '{path}', role: weights}}]",
        f"  evidence: {{a: {{path: '{path}'}}}}",
        f"  evidence: {{a: {{path: x, envelope: '{path}'}}}}",
        f"  cards: ['{path}']",
        f"  lineage: ['{path}']",
        f"  risk_register: '{path}'",
        f"  documents: {{a: {{path: '{path}'}}}}",
        f"  monitoring: [{{metric: a, source: b, at_least: 1, cadence: P1D, owner: o, escalation: e, evidence: '{path}'}}]",
    )
    for line in lines:
        (found,) = faults(SMALL + line + "\n")
        assert found == ("B110", 6, line.index("'") + 1)


@given(st.binary(max_size=120))
def test_random_bytes_never_raise_anything_else(data):
    with pytest.raises(InputError):
        read_record(data)


VALUES = st.sampled_from(
    ["~", "x", "[]", "[x]", "{}", "{a: b}", "no", "1.5", "'q'", "[[x]]", "{path: x}", "-1", ".nan", '""']
)
FIELDS = st.sampled_from(
    [
        "owner",
        "developers",
        "purpose",
        "risk_tier",
        "materiality",
        "data_classes",
        "jurisdictions",
        "sectors",
        "decision",
        "groups",
        "third_party",
        "vendor",
        "inventory",
        "sla",
        "rollback",
        "monitoring",
        "retention",
        "change",
        "artefacts",
        "evidence",
        "cards",
        "lineage",
        "risk_register",
        "documents",
        "eu_ai_act",
        "gdpr",
        "nydfs_500",
        "hipaa",
        "necessary_columns",
        "nonsense",
    ]
)


@given(st.dictionaries(FIELDS, VALUES, max_size=6))
def test_any_value_in_any_field_is_a_record_or_diagnostics_with_places(fields):
    text = (
        HEAD
        + "metadata: {name: a, version: 1}\nspec:\n"
        + "".join(f"  {key}: {value}\n" for key, value in fields.items())
    )
    try:
        read_record(text.encode()).record.facts()
    except InputError as error:
        spans = [item.span for item in error.diagnostics]
        codes = {item.code for item in error.diagnostics}
        placed = all(span is not None and span.line is not None and 1 <= span.line <= 4 + len(fields) for span in spans)
    else:
        codes, placed = {"B201"}, True
    assert placed
    assert codes <= {"B201", "B202", "B203", "B204"}


@pytest.mark.parametrize(
    "line",
    [
        "  owner: {name: A, contact: '" + "a@" + "." * 900_000 + "@'}",
        "  retention: P" + "1" * 900_000,
        "  purpose: '" + " " * 900_000 + "'",
        "  cards: ['../" + "x" * 900_000 + "']",
        "  risk_tier: " + "x" * 900_000,
        "  ? " + "x" * 900_000 + "\n  : y",
    ],
)
def test_long_hostile_texts_are_refused_in_short_words(line):
    text = SMALL.replace("  owner: {name: A, contact: a@b.example}\n", "") if "owner" in line else SMALL
    for message in messages(text + line + "\n"):
        assert len(message) < 600


@pytest.mark.parametrize("key", ["=", "=value", "=absent", "'[key]'"])
@pytest.mark.parametrize("where", ["", "  "])
def test_a_key_that_looks_like_a_mark_of_the_shapes_is_an_unknown_key(key: str, where: str) -> None:
    """Found by fuzzing: such a key left no place to speak of, and reading ended in a traceback."""
    text = f"apiVersion: govern/v1\nkind: Model\nmetadata:\n  name: m\n  version: '1'\n{where}{key}: 1\n"
    with pytest.raises(InputError) as caught:
        read_record(text.encode())
    assert "B201" in [item.code for item in caught.value.diagnostics]
