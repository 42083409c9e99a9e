"""`carbon.budget`: the energy that training took keeps a budget.

The evidence is a JSON file that the model record names under `spec.evidence.energy` (or `energy.json`):

    {"training": {"energy_kwh": 812.5, "interval_kwh": [770, 860], "method": "meter"}}
"""

from __future__ import annotations

from fractions import Fraction

from govern.checks.api import (
    Check,
    CheckContext,
    CheckResult,
    CheckSpec,
    Code,
    Diagnostic,
    EvidenceNeed,
    Finding,
    JsonEvidence,
    Outcome,
    decimal_text,
    figure,
    finding_of,
    json_evidence,
    missing,
)
from govern_carbon.figures import Energy, read_energy
from govern_carbon.params import BudgetParams

__all__ = ["BUDGET"]

_FIGURE = "/training/energy_kwh"


def _needs(_params: BudgetParams) -> tuple[EvidenceNeed, ...]:
    return (EvidenceNeed("energy", ("training.energy_kwh", "training.interval_kwh", "training.method")),)


def _evaluate(params: BudgetParams, context: CheckContext) -> CheckResult:
    required = f"<= {decimal_text(params.max_kwh)} kWh"
    found = json_evidence(context, "energy", ("energy.json",))
    if isinstance(found, Diagnostic):
        return missing("The energy that training took is not stated.", [finding_of(found)], (), required)
    terms = found.terms(params, name="energy figures")
    if terms.unmet:
        return missing("The energy figures do not meet the terms of the rule.", terms.unmet, (found.ref,), required)
    energy = read_energy(found)
    if energy is None:
        nothing = Finding(
            code="carbon-101",
            detail="the file does not say how much energy training took",
            required=required,
            location=found.at(_FIGURE),
            remediation="Write training.energy_kwh in kWh.",
            discriminator="energy",
        )
        return missing("The energy that training took is not stated.", [nothing], (found.ref,), required)
    outcome, finding = _judged(params, energy, found, required)
    shown = f"{decimal_text(energy.kwh)} kWh"
    return CheckResult(
        outcome=outcome,
        summary=f"Training took {shown} by {energy.method} ({required} asked).",
        findings=() if finding is None else (finding,),
        evidence=(found.ref,),
        observed=shown,
        required=required,
        fields={"energy": shown, "limit": decimal_text(params.max_kwh), "method": energy.method},
        holds=terms.holds,
    )


def _judged(params: BudgetParams, energy: Energy, found: JsonEvidence, required: str) -> tuple[Outcome, Finding | None]:
    """Compare exactly: on the limit keeps it. What the interval leaves open is inconclusive, never a pass."""
    shown = figure(Fraction(energy.kwh), params.max_kwh)

    def finding(code: str, detail: str) -> Finding:
        return Finding(code=code, detail=detail, observed=f"{shown} kWh", required=required, location=found.at(_FIGURE))

    surely_over = energy.kwh if energy.low is None or params.decide == "point" else energy.low
    if surely_over > params.max_kwh:
        return Outcome.FAIL, finding("carbon-103", f"training took {shown} kWh")
    if energy.method not in params.methods:
        return Outcome.INCONCLUSIVE, finding("carbon-104", f"the figure comes from an {energy.method}")
    if params.decide == "demonstrated" and (energy.high is None or energy.high > params.max_kwh):
        stated = "no interval is stated" if energy.high is None else f"the interval ends at {decimal_text(energy.high)}"
        return Outcome.INCONCLUSIVE, finding("carbon-105", stated)
    return Outcome.PASS, None


BUDGET = Check(
    spec=CheckSpec(
        kind="carbon.budget",
        version=1,
        summary="Passes when the energy that training took, as the bundle states it, keeps the budget.",
        cannot_show="That the figure is true, nor what inference will take; the energy of failed runs and of the "
        "search for settings is in it only when whoever measured counted it.",
        params=BudgetParams,
        needs=_needs,
        message_fields=("energy", "limit", "method"),
        default_remediation="Train less or smaller, or ask for a waiver.",
        codes={
            "carbon-101": Code(
                slug="energy-not-stated",
                title="The energy file does not state the energy.",
                why="What nobody wrote down keeps no budget.",
                example='{"training": {}}',
                fix="Write training.energy_kwh.",
            ),
            "carbon-102": Code(
                slug="energy-impossible",
                title="The energy file states a figure that cannot be.",
                why="A negative energy, or an interval without its own figure, is a mistake somewhere.",
                example='{"training": {"energy_kwh": -3, "method": "meter"}}',
                fix="Measure again, or correct the file.",
            ),
            "carbon-103": Code(
                slug="over-budget",
                title="Training took more energy than the budget allows.",
                why="The policy sets the budget.",
                example="max_kwh: 500, and the file states 812.5.",
                fix="Train less or smaller, or ask for a waiver.",
            ),
            "carbon-104": Code(
                slug="method-not-accepted",
                title="The figure was come to in a way that the rule does not accept.",
                why="An estimate from hours and nominal power can be far from what a meter shows.",
                example="methods: [meter], and the file says estimate.",
                fix="Measure with a meter.",
            ),
            "carbon-105": Code(
                slug="not-demonstrated",
                title="The stated interval does not show that the budget was kept.",
                why="A figure below the budget whose interval reaches above it shows nothing.",
                example="decide: demonstrated, max_kwh: 850, and the interval ends at 860.",
                fix="State an interval, or measure more exactly.",
            ),
        },
    ),
    evaluate=_evaluate,
)
"""What the entry point names."""
