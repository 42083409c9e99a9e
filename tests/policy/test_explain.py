"""Words for rules, kinds and controls: every value with its origin."""

from __future__ import annotations

from pathlib import Path

from govern.policy.explain import explain_control, explain_kind, explain_rule, known_names
from support.compiling import compiled, specs

GOLDEN = Path(__file__).parent / "golden"


def found():
    return compiled((GOLDEN / "credit-risk.yaml").read_text(), (GOLDEN / "ugesp.yaml").read_text(), stage=None)


def test_a_rule_in_words():
    text = explain_rule(found(), "credit-risk/parity")
    assert text is not None
    for part in (
        "Selection rates do not differ between groups",
        "a failure stops the model; may be waived for up to 90 days",
        'Only where the policy applies: model.tags.exists(t,t=="credit") (where the facts are absent it applies)',
        "Written in: policies/test.yaml:15",
        "at_least: 0.8  (policies/test.yaml:25, parameter min_ratio from policies/test.yaml:13)",
        "attributes: [sex, race, [sex, race]]  (policies/test.yaml:26)",
        "alpha: 0.05  (default of the check kind)",
        "Legal status: in force",
        "Control ugesp/1607.4-d: 1607.4(D), Adverse impact and the four-fifths rule",
        "What it cannot show: ",
        "Rebalance, or ask the board",
    ):
        assert part in text, part


def test_an_expression_rule_names_what_it_reads():
    text = explain_rule(found(), "credit-risk/auc-floor")
    assert text is not None
    assert "reads card.owners, metrics.auc" in text
    assert "assert: metrics.auc >= 0.8 && size(card.owners) > 0  (policies/test.yaml:33)" in text


def test_every_kind_in_words():
    for kind, spec in specs().items():
        text = explain_kind(spec)
        assert text.startswith(f"{kind} (check kind, version ")
        for name, item in spec.params.model_fields.items():
            assert f"  {item.alias or name} (" in text
            assert item.description, (kind, name)
        assert spec.summary
        assert spec.cannot_show


def test_a_control_in_words():
    text = explain_control(found(), "ugesp/1607.4-d")
    assert text is not None
    assert "credit-risk/parity: Selection rates" in text
    assert explain_control(found(), "ugesp/9") is None
    assert explain_control(found(), "nothing") is None
    assert explain_rule(found(), "credit-risk/nothing") is None
    assert known_names(found()) == ("credit-risk/auc-floor", "credit-risk/parity", "ugesp/1607.4-d")
