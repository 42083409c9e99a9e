"""Check kinds of others: found by name, held to their duties, and never in the way of a policy that needs none."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from pydantic import model_validator

from govern.checks.api import EvidenceNeed
from govern.checks.plugins import RESERVED, Installed, Offer
from govern.checks.registry import CheckRegistry, builtin_checks
from govern.diagnostics import Severity, UsageError
from govern.evidence.schema import evidence_schema
from govern.policy.compile import Compiled, compile_policies
from govern.policy.interface import PluginOrigin, UnusableKindError
from govern.policy.outcomes import Stage
from support.compiling import errors, with_rule
from support.plugins import ORIGIN, WEIGHT, WeightParams, offer, registry, spoiled

OTHER = PluginOrigin("other-checks", "0.9")


def compiled(rule: str, checks: CheckRegistry) -> Compiled:
    return compile_policies(
        {"p.yaml": with_rule(rule).encode()},
        stage=Stage.PRE_REGISTRATION,
        checks=checks.specs,
        evidence_schema=evidence_schema(),
    )


def raises(fault: BaseException) -> Any:
    def load() -> object:
        raise fault

    return load


def test_a_policy_that_names_no_plugin_does_not_look_for_any() -> None:
    def look() -> Installed:
        raise AssertionError("nobody asked")

    checks = CheckRegistry(look)
    found = compiled("id: a\ncheck: lineage.closed", checks)
    assert found.plan is not None
    assert checks.notes == ()
    assert dict(checks) == dict(builtin_checks())


def test_a_plugin_that_is_named_is_in_the_plan_with_its_distribution() -> None:
    found = compiled("id: a\ncheck: acme.weight\nwith: {at_most: 9.50}", registry(offer()))
    assert found.plan is not None, errors(found)
    assert found.plan.document["requires"]["checks"] == {"acme.weight": 3}
    assert found.plan.document["requires"]["plugins"] == {"acme.weight": "acme-checks==1.2.0"}
    (rule,) = found.plan.rules
    assert rule.params.at_most == WeightParams(at_most="9.5").at_most  # type: ignore[attr-defined]
    assert isinstance(rule.params, WeightParams)
    assert rule.document["with"] == {"at_most": "9.5", "bound": False, "min_grade": "E0", "scale": "rough"}


def test_a_plan_without_plugins_says_nothing_of_them() -> None:
    found = compiled("id: a\ncheck: lineage.closed", registry(offer()))
    assert found.plan is not None
    assert "plugins" not in found.plan.document["requires"]


def test_the_same_rule_of_another_author_is_another_rule() -> None:
    """Its digest is what a waiver names; a new release of the same distribution keeps it, and the plan tells."""
    plans = [
        compiled("id: a\ncheck: acme.weight", registry(offer(origin=origin))).plan
        for origin in (ORIGIN, OTHER, PluginOrigin(ORIGIN.distribution, "1.2.1"))
    ]
    digests = [plan.rules[0].digest for plan in plans if plan is not None]
    assert digests[0] == digests[2] != digests[1]
    assert len({plan.digest for plan in plans if plan is not None}) == 3


def test_a_plugins_parameters_are_placed_like_any() -> None:
    found = errors(compiled("id: a\ncheck: acme.weight\nwith: {at_mots: 9}", registry(offer())))
    assert [(item.code, item.span.line, item.hint) for item in found if item.span] == [
        ("P201", 8, "Did you mean 'at_most'?")
    ]


@pytest.mark.parametrize(
    ("load", "words"),
    [
        (raises(ImportError("no module named acme")), "ImportError: no module named acme"),
        (raises(SystemExit(0)), "SystemExit: 0"),
        (raises(RecursionError()), "RecursionError"),
        (raises(GeneratorExit()), "GeneratorExit"),
        ("a text", "it is a str, not a Check"),
        (None, "it is a NoneType, not a Check"),
        (spoiled(summary=""), "it has no summary"),
        (spoiled(version=0), "its version 0"),
        (spoiled(kind="acme.height", codes={}), "it calls itself 'acme.height'"),
        (spoiled(plugin=OTHER), "it says itself which plug-in it is from"),
    ],
)
def test_a_broken_plugin_is_a_diagnostic_at_the_rule_that_names_it(load: object, words: str) -> None:
    (fault,) = errors(compiled("id: a\ncheck: acme.weight", registry(offer(load))))
    assert fault.code == "P221"
    assert "acme-checks==1.2.0" in fault.message
    assert words in fault.message
    assert fault.span is not None
    assert (fault.span.line, fault.span.column) == (7, 14)


def test_an_interrupt_is_not_a_broken_plugin() -> None:
    with pytest.raises(KeyboardInterrupt):
        compiled("id: a\ncheck: acme.weight", registry(offer(raises(KeyboardInterrupt()))))


def test_every_duty_that_is_not_kept_is_said() -> None:
    found = errors(compiled("id: a\ncheck: acme.weight", registry(offer(spoiled(summary="", cannot_show="")))))
    assert [item.code for item in found] == ["P221", "P221"]


def test_a_broken_plugin_is_imported_once() -> None:
    seen: list[int] = []

    def load() -> object:
        seen.append(1)
        raise ImportError

    compiled("id: a\ncheck: acme.weight\nwhen: 'true'", checks := registry(offer(load)))
    compiled("id: b\ncheck: acme.weight", checks)
    assert seen == [1]


@pytest.mark.parametrize(
    ("offers", "words"),
    [
        ((offer(), offer(origin=OTHER)), "`acme` is claimed by acme-checks==1.2.0 and other-checks==0.9"),
        ((offer(), offer(kind="acme.height", origin=OTHER)), "`acme` is claimed by"),
        ((offer(), offer()), "2 times"),
    ],
)
def test_two_plugins_of_one_name_are_both_refused(offers: tuple[Offer, ...], words: str) -> None:
    (fault,) = errors(compiled("id: a\ncheck: acme.weight", registry(*offers)))
    assert fault.code == "P222"
    assert words in fault.message
    assert fault.span is not None


@pytest.mark.parametrize("kind", ["fairness.magic", "secrets.none", "drift.magic"])
def test_a_namespace_of_govern_is_not_free(kind: str) -> None:
    (fault,) = errors(compiled(f"id: a\ncheck: {kind}", registry(offer(kind=kind))))
    assert (fault.code, "namespace of govern" in fault.message) == ("P222", True)


def test_every_namespace_in_use_is_reserved() -> None:
    assert {kind.partition(".")[0] for kind in builtin_checks()} <= RESERVED


@pytest.mark.parametrize("kind", ["Acme.Weight", "acme", "acme weight"])
def test_a_name_that_no_kind_has_is_refused(kind: str) -> None:
    (fault,) = errors(compiled(f"id: a\ncheck: {kind}", registry(offer(kind=kind))))
    assert fault.code == "P222"


def test_a_built_in_kind_cannot_be_replaced() -> None:
    checks = registry(offer(kind="lineage.closed"), offer())
    found = compiled("id: a\ncheck: lineage.closed", checks)
    assert found.plan is not None
    assert "plugins" not in found.plan.document["requires"]
    assert checks["lineage.closed"].spec.plugin is None
    assert compiled("id: a\ncheck: acme.weight", checks).plan is not None
    (note,) = checks.notes
    assert (note.code, note.severity) == ("P222", Severity.WARNING)
    assert "which is built in" in note.message


def test_a_slip_is_told_from_what_is_installed() -> None:
    (fault,) = errors(compiled("id: a\ncheck: acme.wieght", registry(offer(raises(AssertionError())))))
    assert (fault.code, fault.hint) == ("P209", "Did you mean 'acme.weight'?")
    (plain,) = errors(compiled("id: a\ncheck: lineage.closd", registry(offer())))
    assert (plain.code, plain.hint) == ("P209", "Did you mean 'lineage.closed'?")
    (nothing,) = errors(compiled("id: a\ncheck: zzz.qqq", registry(offer())))
    assert nothing.code == "P209"


class Crashing(WeightParams):
    """A model whose validator raises what no validator may."""

    @model_validator(mode="after")
    def _crash(self) -> Crashing:
        if self.at_most == 1:
            raise KeyError("at_most")
        if self.at_most == 2:
            sys.exit(0)
        if self.at_most == 3:
            raise ValueError("three is unlucky")
        return self


@pytest.mark.parametrize(
    ("value", "code", "words"),
    [(1, "P221", "raised KeyError"), (2, "P221", "raised SystemExit"), (3, "P204", "three is unlucky")],
)
def test_a_validator_that_crashes_is_a_fault_at_the_parameters(value: int, code: str, words: str) -> None:
    rule = f"id: a\ncheck: acme.weight\nwith: {{at_most: {value}}}"
    (fault,) = errors(compiled(rule, registry(offer(spoiled(params=Crashing)))))
    assert fault.code == code
    assert words in fault.message
    assert fault.span is not None
    assert fault.span.line == 8


@pytest.mark.parametrize(
    ("needs", "words"),
    [
        (lambda params: 1 / (params.at_most - 10), "raised"),
        (lambda _params: sys.exit(0), "raised SystemExit"),
        (lambda _params: None, "something else than a tuple"),
        (lambda _params: [EvidenceNeed("x")], "something else than a tuple"),
        (lambda _params: (EvidenceNeed(7),), "not made of texts"),
        (lambda _params: (EvidenceNeed("x", (7,)),), "not made of texts"),
    ],
)
def test_needs_that_are_not_total_are_a_fault_at_the_rule(needs: Any, words: str) -> None:
    (fault,) = errors(compiled("id: a\ncheck: acme.weight", registry(offer(spoiled(needs=needs)))))
    assert fault.code == "P221"
    assert words in fault.message
    assert fault.span is not None


def test_a_registry_is_a_mapping_of_what_was_named() -> None:
    checks = registry(offer())
    assert "acme.weight" in checks
    assert "acme.height" not in checks
    assert len(checks) == len(builtin_checks())
    assert checks["acme.weight"].evaluate is WEIGHT.evaluate
    assert len(checks) == len(checks.specs) == len(list(checks)) == len(builtin_checks()) + 1
    assert checks.specs["acme.weight"].plugin == ORIGIN
    with pytest.raises(KeyError):
        checks["zzz.qqq"]
    with pytest.raises(UnusableKindError):
        checks["acme.wieght"]
    assert checks.get("zzz.qqq") is None


def test_a_listing_says_everything_that_cannot_be_used() -> None:
    broken = offer(None, kind="broken.one", origin=OTHER)
    checks = registry(offer(), broken, offer(kind="lineage.closed"))
    faults = checks.load_all()
    assert [item.code for item in faults] == ["P221", "P222"]
    assert "acme.weight" in list(checks)
    assert all(item.severity is Severity.ERROR for item in faults)
    assert issubclass(UnusableKindError, UsageError)


def test_a_distribution_without_a_name_is_said_once_plugins_are_used() -> None:
    checks = CheckRegistry(lambda: Installed((offer(),), ("a.b = c:D",)))
    assert compiled("id: a\ncheck: acme.weight", checks).plan is not None
    assert [(item.code, item.severity) for item in checks.notes] == [("P221", Severity.WARNING)]
    assert [item.code for item in checks.load_all()] == ["P221"]
