"""What is declared about running the model: complete, of the right form, told apart from declared to be none."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from govern.bundle.record_paths import path_fault
from govern.checks.context import CheckContext
from govern.checks.readiness.params import MonitoringParams, RecordParams, RollbackParams
from govern.checks.registry import builtin_checks
from govern.decision.decide import outcome_at
from govern.decision.run import evaluate_safely
from govern.policy.durations import compare_iso, is_iso
from govern.policy.outcomes import CheckResult, Outcome
from support.bundles import BundleBuilder
from support.policies import parameters

ROLLBACK = {
    "procedure": "ROLLBACK.md",
    "to_version": "3.0.0",
    "owner": "person:olga",
    "tested_on": "2026-05-02",
    "kill_switch": True,
    "within": "PT4H",
}
ITEM = {
    "metric": "psi",
    "source": "drift job",
    "at_most": 0.2,
    "cadence": "P7D",
    "owner": "person:olga",
    "escalation": "model-risk@example.com",
}


def judge(kind: str, builder: BundleBuilder, **params: Any) -> CheckResult:
    check = builtin_checks()[f"readiness.{kind}"]
    context = CheckContext(bundle=builder.open(), stage="pre-deployment")
    return evaluate_safely(check.spec.kind, check, parameters(check.spec, params), context)


def codes(result: CheckResult) -> list[str]:
    return [item.code for item in result.findings]


def line_of(result: CheckResult, index: int = 0) -> tuple[str, int | None]:
    place = result.findings[index].location
    assert place is not None
    return place.file, place.line


class TestRecord:
    def test_declared_fields_pass_and_the_record_is_the_evidence(self, tmp_path: Path) -> None:
        result = judge("record", BundleBuilder(tmp_path), required=["owner.contact", "purpose", "title"])
        assert (result.outcome, codes(result)) == (Outcome.PASS, [])
        assert [(item.name, item.file, item.bound) for item in result.evidence] == [
            ("model_record", "govern.yaml", True)
        ]

    @pytest.mark.parametrize("field", ["rollback.owner", "developers", "sla.availability", "metadata_less"])
    def test_what_nobody_declared_is_missing_and_the_key_to_add_is_named(self, field: str, tmp_path: Path) -> None:
        builder = BundleBuilder(tmp_path).record(previous=None, rollback=None)
        if field == "metadata_less":
            result = judge("record", builder, required=["previous"])
            assert result.findings[0].remediation == "Add metadata.previous to govern.yaml."
            return
        result = judge("record", builder, required=[field, "purpose"])
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["C111"])
        assert result.findings[0].remediation == f"Add spec.{field} to govern.yaml."
        assert line_of(result)[0] == "govern.yaml"

    def test_declared_to_be_none_is_told_apart_from_undeclared(self, tmp_path: Path) -> None:
        none = judge("record", BundleBuilder(tmp_path).record(data_classes=[]), required=["data_classes"])
        assert (none.outcome, codes(none)) == (Outcome.FAIL, ["C112"])
        undeclared = judge("record", BundleBuilder(tmp_path).record(data_classes=None), required=["data_classes"])
        assert (undeclared.outcome, codes(undeclared)) == (Outcome.MISSING_EVIDENCE, ["C111"])
        accepted = judge(
            "record",
            BundleBuilder(tmp_path).record(data_classes=[]),
            required=["data_classes"],
            may_be_empty=["data_classes"],
        )
        assert (accepted.outcome, codes(accepted)) == (Outcome.PASS, ["C112"])
        still = judge(
            "record",
            BundleBuilder(tmp_path).record(data_classes=None),
            required=["data_classes"],
            may_be_empty=["data_classes"],
        )
        assert still.outcome is Outcome.MISSING_EVIDENCE

    def test_the_inventory_may_say_why_a_field_does_not_apply(self, tmp_path: Path) -> None:
        inventory = {"location": "eu-central-1", "end_of_life": {"not_applicable": "rolling model, no end"}}
        builder = BundleBuilder(tmp_path).record(inventory=inventory)
        result = judge("record", builder, where="inventory", required=["location", "end_of_life"])
        assert (result.outcome, codes(result)) == (Outcome.PASS, ["C113"])
        assert "rolling model, no end" in result.findings[0].detail
        lacking = judge("record", builder, where="inventory", required=["location", "system_id", "support_until"])
        assert (lacking.outcome, codes(lacking)) == (Outcome.MISSING_EVIDENCE, ["C111", "C111"])
        assert lacking.findings[0].remediation == "Add spec.inventory.support_until to govern.yaml."

    def test_patterns_and_allowed_values_point_at_the_line(self, tmp_path: Path) -> None:
        builder = BundleBuilder(tmp_path).record(inventory={"system_id": "credit", "location": "us-east-1"})
        params: dict[str, Any] = {
            "where": "inventory",
            "required": ["system_id"],
            "patterns": {"system_id": "APP-[0-9]{5}"},
            "allowed": {"location": ["eu-central-1", "eu-west-1"]},
        }
        result = judge("record", builder, **params)
        assert (result.outcome, codes(result)) == (Outcome.FAIL, ["C115", "C114"])
        assert (result.findings[1].observed, result.findings[1].required) == ("credit", "matches APP-[0-9]{5}")
        text = builder.content("govern.yaml").decode().splitlines()
        assert "system_id: credit" in text[(line_of(result, 1)[1] or 0) - 1]
        sound = BundleBuilder(tmp_path).record(inventory={"system_id": "APP-00017", "location": "eu-west-1"})
        assert judge("record", sound, **params).outcome is Outcome.PASS

    def test_a_pattern_is_anchored_and_each_member_of_a_list_is_held_to_it(self, tmp_path: Path) -> None:
        builder = BundleBuilder(tmp_path).record(developers=["person:ann", "ben"])
        result = judge("record", builder, required=["developers"], patterns={"developers": "person:[a-z]+"})
        assert [item.observed for item in result.findings] == ["ben"]
        more = BundleBuilder(tmp_path).record(developers=["person:ann2"])
        assert (
            judge("record", more, required=["developers"], patterns={"developers": "person:[a-z]+"}).outcome
            is Outcome.FAIL
        )

    def test_what_a_pattern_or_list_names_must_be_declared_too(self, tmp_path: Path) -> None:
        result = judge(
            "record", BundleBuilder(tmp_path), required=["purpose"], allowed={"materiality.exposure": ["low"]}
        )
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["C111"])

    def test_fields_of_the_items_of_a_list(self, tmp_path: Path) -> None:
        builder = BundleBuilder(tmp_path).record(monitoring=[ITEM, ITEM | {"owner": "ben"}])
        result = judge("record", builder, required=["monitoring.owner"], patterns={"monitoring.owner": "person:.+"})
        assert (result.outcome, codes(result)) == (Outcome.FAIL, ["C114"])
        empty = judge("record", BundleBuilder(tmp_path).record(monitoring=[]), required=["monitoring.owner"])
        assert empty.outcome is Outcome.MISSING_EVIDENCE

    def test_extensions_are_room_of_others(self, tmp_path: Path) -> None:
        builder = BundleBuilder(tmp_path)
        text = builder.content("govern.yaml") + b"extensions:\n  acme: {review: R-7}\n"
        result = judge("record", builder.file("govern.yaml", text), required=["extensions.acme.review"])
        assert result.outcome is Outcome.PASS
        absent = judge("record", builder, required=["extensions.acme.owner"])
        assert absent.findings[0].remediation == "Add extensions.acme.owner to govern.yaml."

    def test_without_a_record_there_is_nothing(self, tmp_path: Path) -> None:
        builder = BundleBuilder(tmp_path).remove("govern.yaml")
        check = builtin_checks()["readiness.record"]
        context = CheckContext(bundle=builder.open(name="m", version="1"), stage="pre-deployment")
        result = check.evaluate(parameters(check.spec, {"required": ["purpose"]}), context)
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["C110"])

    @pytest.mark.parametrize(("params", "code"), [({"min_grade": "E1"}, "E134"), ({"max_age": "1y"}, "E110")])
    def test_a_record_is_of_the_lowest_grade_and_bears_no_date(self, params: Any, code: str, tmp_path: Path) -> None:
        result = judge("record", BundleBuilder(tmp_path), required=["purpose"], **params)
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, [code])

    @pytest.mark.parametrize(
        ("params", "words"),
        [
            ({"required": ["ownr.contact"]}, "did you mean 'owner'"),
            ({"required": ["owner.contract"]}, "did you mean 'owner.contact'"),
            ({"required": ["purpose.x"]}, "'purpose' has no fields"),
            ({"required": ["purpose"], "patterns": {"rollbak": "x"}}, "did you mean 'rollback'"),
            ({"required": ["loction"], "where": "inventory"}, "did you mean 'inventory.location'"),
            ({"required": []}, "at least one is needed"),
            ({"required": ["purpose"], "patterns": {"purpose": "("}}, "pattern cannot be read"),
            ({"required": ["purpose"], "patterns": {"purpose": "a)|(?:b"}}, "pattern cannot be read"),
            ({"required": ["purpose"], "patterns": {"purpose": "(?=x)"}}, "pattern cannot be read"),
            ({"required": ["purpose"], "allowed": {"purpose": []}}, "no value is allowed"),
            ({"required": ["extensions"]}, "needs a name behind it"),
        ],
    )
    def test_a_slip_in_the_policy_is_told(self, params: dict[str, Any], words: str) -> None:
        with pytest.raises(ValidationError, match=r"(?s).*" + words.replace("(", r"\(")):
            RecordParams.model_validate({key: tuple(v) if isinstance(v, list) else v for key, v in params.items()})

    def test_every_field_of_the_record_is_known(self) -> None:
        known = [
            "tags",
            "owner",
            "sla.latency_ms.p95",
            "inventory.location",
            "evidence.metrics.path",
            "groups.attributes",
        ]
        assert [path_fault(name) for name in [*known, "monitoring.escalation", "eu_ai_act.role"]] == [None] * 8


class TestRollback:
    def sound(self, tmp_path: Path, **changes: Any) -> BundleBuilder:
        plan = {key: value for key, value in (ROLLBACK | changes).items() if value is not None}
        return BundleBuilder(tmp_path).file("ROLLBACK.md", "Do this.\n").record(previous="3.0.0", rollback=plan)

    def test_a_named_way_back_passes(self, tmp_path: Path) -> None:
        result = judge("rollback", self.sound(tmp_path), kill_switch=True, tested_within="30d")
        assert (result.outcome, codes(result)) == (Outcome.PASS, [])
        assert result.summary == "The way back leads to version 3.0.0."

    def test_no_plan_at_all(self, tmp_path: Path) -> None:
        result = judge("rollback", BundleBuilder(tmp_path).record(rollback=None))
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["C116", "C116", "C116"])

    @pytest.mark.parametrize(
        ("changes", "params", "outcome", "code", "key"),
        [
            ({"procedure": None}, {}, Outcome.MISSING_EVIDENCE, "C116", "procedure"),
            ({"procedure": "docs/none.md"}, {}, Outcome.FAIL, "C117", "procedure"),
            ({"procedure": "call Olga"}, {}, Outcome.FAIL, "C117", "procedure"),
            ({"to_version": None}, {}, Outcome.MISSING_EVIDENCE, "C116", "to_version"),
            ({"to_version": "3.1.0"}, {"target": "any"}, Outcome.FAIL, "C118", "to_version"),
            ({"to_version": "2.0.0"}, {}, Outcome.FAIL, "C118", "to_version"),
            ({"owner": None}, {}, Outcome.MISSING_EVIDENCE, "C116", "owner"),
            ({"kill_switch": None}, {"kill_switch": True}, Outcome.MISSING_EVIDENCE, "C116", "kill_switch"),
            ({"kill_switch": False}, {"kill_switch": True}, Outcome.FAIL, "C119", "kill_switch"),
            ({"tested_on": None}, {"tested_within": "1y"}, Outcome.MISSING_EVIDENCE, "C116", "tested_on"),
            ({"tested_on": "0001-01-01"}, {"tested_within": "1y"}, Outcome.FAIL, "C117", "tested_on"),
        ],
    )
    def test_each_part(
        self, changes: dict[str, Any], params: dict[str, Any], outcome: Outcome, code: str, key: str, tmp_path: Path
    ) -> None:
        result = judge("rollback", self.sound(tmp_path, **changes), **params)
        assert (result.outcome, codes(result)) == (outcome, [code])
        pointer = result.findings[0].location
        assert pointer is not None
        assert pointer.pointer == f"/spec/rollback/{key}"

    def test_what_is_not_asked_may_be_left_out(self, tmp_path: Path) -> None:
        builder = self.sound(tmp_path, owner=None, tested_on=None, kill_switch=None, to_version="1.0.0")
        assert judge("rollback", builder, owner=False, target="any").outcome is Outcome.PASS

    def test_the_version_before_must_be_declared_to_go_back_to_it(self, tmp_path: Path) -> None:
        builder = self.sound(tmp_path).record(previous=None)
        result = judge("rollback", builder)
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["C116"])
        assert result.findings[0].remediation == "Add metadata.previous to govern.yaml."

    def test_an_empty_procedure_is_none_and_a_page_elsewhere_is_not_looked_at(self, tmp_path: Path) -> None:
        assert codes(judge("rollback", self.sound(tmp_path).file("ROLLBACK.md", ""))) == ["C117"]
        url = self.sound(tmp_path, procedure="https://wiki.example.com/rollback")
        assert judge("rollback", url).outcome is Outcome.PASS

    def test_a_procedure_outside_the_bundle_is_an_error(self, tmp_path: Path) -> None:
        result = judge("rollback", self.sound(tmp_path, procedure="../ROLLBACK.md"))
        assert (result.outcome, codes(result)) == (Outcome.ERROR, ["B110"])

    @pytest.mark.parametrize(
        ("now", "outcome"),
        [
            (datetime(2026, 5, 1, 9, 54, 59, tzinfo=UTC), Outcome.ERROR),
            (datetime(2026, 5, 1, 10, 0, 0, tzinfo=UTC), Outcome.PASS),
            (datetime(2026, 5, 31, 9, 59, 59, tzinfo=UTC), Outcome.PASS),
            (datetime(2026, 5, 31, 10, 0, 0, tzinfo=UTC), Outcome.MISSING_EVIDENCE),
        ],
    )
    def test_a_test_ends_by_the_clock_and_is_not_of_the_future(
        self, now: datetime, outcome: Outcome, tmp_path: Path
    ) -> None:
        """A day has no zone: it is taken as early as it can be."""
        result = judge("rollback", self.sound(tmp_path), tested_within="30d")
        assert outcome_at(result.outcome, result.holds, now)[0] is outcome


class TestMonitoring:
    def test_a_plan_that_measures_what_is_asked_passes(self, tmp_path: Path) -> None:
        builder = BundleBuilder(tmp_path).record(monitoring=[ITEM])
        assert judge("monitoring_plan", builder, metrics=["psi"], max_cadence="7d").outcome is Outcome.PASS

    def test_no_plan_and_an_empty_plan(self, tmp_path: Path) -> None:
        none = judge("monitoring_plan", BundleBuilder(tmp_path).record(monitoring=None), metrics=["psi"])
        assert (none.outcome, codes(none)) == (Outcome.MISSING_EVIDENCE, ["C120"])
        empty = judge("monitoring_plan", BundleBuilder(tmp_path).record(monitoring=[]), metrics=["psi"])
        assert (empty.outcome, codes(empty)) == (Outcome.FAIL, ["C121"])

    def test_a_metric_that_is_left_out_and_one_that_is_misspelt(self, tmp_path: Path) -> None:
        builder = BundleBuilder(tmp_path).record(monitoring=[ITEM, ITEM | {"metric": "accuracy"}])
        result = judge("monitoring_plan", builder, metrics=["acuracy", "auc", "psi"])
        assert (result.outcome, codes(result)) == (Outcome.FAIL, ["C121", "C121"])
        assert result.findings[0].remediation == "Did you mean 'accuracy'?"

    @pytest.mark.parametrize(
        ("cadence", "limit", "outcome"),
        [
            ("P7D", "7d", Outcome.PASS),
            ("P1W", "7d", Outcome.PASS),
            ("PT168H", "7d", Outcome.PASS),
            ("P7DT1S", "7d", Outcome.FAIL),
            ("P1M", "7d", Outcome.FAIL),
            ("P1M", "1mo", Outcome.PASS),
            ("P12M", "1y", Outcome.PASS),
            ("P2M", "1mo", Outcome.FAIL),
            ("P30D", "1mo", Outcome.INCONCLUSIVE),
            ("P28D", "1mo", Outcome.PASS),
            ("P1M", "30d", Outcome.INCONCLUSIVE),
            ("P1M", "31d", Outcome.PASS),
            ("PT0S", "7d", Outcome.FAIL),
        ],
    )
    def test_cadences_are_compared_without_a_clock(
        self, cadence: str, limit: str, outcome: Outcome, tmp_path: Path
    ) -> None:
        builder = BundleBuilder(tmp_path).record(monitoring=[ITEM | {"cadence": cadence}])
        result = judge("monitoring_plan", builder, metrics=["psi"], max_cadence=limit, each=["owner"])
        assert result.outcome is outcome, result
        if outcome is not Outcome.PASS:
            assert codes(result) == ["C123"]
            assert (result.findings[0].observed, result.findings[0].required) == (cadence, f"at most {limit}")
            assert "cadence" in BundleBuilder(tmp_path).record(monitoring=[ITEM]).content("govern.yaml").decode()

    def test_every_item_of_a_metric_is_held_to_the_rule(self, tmp_path: Path) -> None:
        builder = BundleBuilder(tmp_path).record(monitoring=[ITEM, ITEM | {"cadence": "P1Y"}])
        result = judge("monitoring_plan", builder, metrics=["psi"], max_cadence="7d")
        assert (result.outcome, codes(result)) == (Outcome.FAIL, ["C123"])
        place = result.findings[0].location
        assert place is not None
        assert place.pointer == "/spec/monitoring/1/cadence"

    @pytest.mark.parametrize(("part", "key"), [("cadence", "cadence")])
    def test_a_cadence_of_nothing_is_none(self, part: str, key: str, tmp_path: Path) -> None:
        builder = BundleBuilder(tmp_path).record(monitoring=[ITEM | {key: "PT0S"}])
        result = judge("monitoring_plan", builder, metrics=["psi"], each=[part])
        assert (result.outcome, codes(result)) == (Outcome.FAIL, ["C122"])

    def test_slips_in_the_policy(self) -> None:
        with pytest.raises(ValidationError, match="unknown part of a plan 'owners'"):
            MonitoringParams.model_validate({"metrics": ("psi",), "each": ("owners",)})
        with pytest.raises(ValidationError, match="at least one"):
            MonitoringParams.model_validate({"metrics": ()})
        with pytest.raises(ValidationError):
            RollbackParams.model_validate({"target": "previous"})


@pytest.mark.parametrize("text", ["P", "PT", "7d", "P1.5D", "-P1D", "P1D1", "p1d", ""])
def test_what_is_no_iso_duration(text: str) -> None:
    assert not is_iso(text)
    with pytest.raises(ValueError, match="not an ISO 8601"):
        compare_iso(text, "7d")
