"""What every check kind owes: the built-in ones keep it, and each lack is found by name."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from govern.checks.api import CheckParams, Code, Count, EvidenceNeed, Names, Number, Text, parameter
from govern.checks.duties import duty_faults
from govern.checks.registry import builtin_checks
from support.plugins import CODE, WEIGHT, spoiled


@pytest.mark.parametrize("kind", sorted(builtin_checks()))
def test_a_built_in_kind_keeps_its_duties(kind: str) -> None:
    check = builtin_checks()[kind]
    assert list(duty_faults(check)) == []
    assert check.spec.codes == {}, "its findings use the catalogue"
    assert check.spec.plugin is None
    if not any(item.is_required() for item in check.spec.params.model_fields.values()):
        try:
            params = check.spec.params()
        except ValidationError:
            return  # one of several parameters is needed
        assert all(isinstance(item, EvidenceNeed) for item in check.spec.needs(params))


def test_the_sound_plugin_keeps_them_too() -> None:
    """Otherwise the tests below would prove nothing."""
    assert list(duty_faults(WEIGHT)) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "Acme Weight"}, "not written as kinds are"),
        ({"kind": 7}, "not written as kinds are"),
        ({"version": 0}, "version 0"),
        ({"version": True}, "version True"),
        ({"version": "1"}, "version '1'"),
        ({"summary": " "}, "no summary"),
        ({"summary": None}, "no summary"),
        ({"cannot_show": ""}, "no cannot_show"),
        ({"default_remediation": None}, "default_remediation"),
        ({"default_stages": ()}, "default_stages"),
        ({"default_stages": ("pre-registration",)}, "default_stages"),
        ({"needs": None}, "needs cannot be called"),
        ({"message_fields": ["weight"]}, "message_fields are not a tuple"),
        ({"message_fields": ("Weight!",)}, "message_fields are not written"),
        ({"registry_params": ("sources",)}, "sources: no parameter"),
        ({"expression_params": ("assert",)}, "assert: no parameter"),
        ({"params": dict}, "not a class of CheckParams"),
        ({"params": None}, "not a class of CheckParams"),
        ({"codes": {"carbon-101": CODE}}, "not written acme-101"),
        ({"codes": {"acme-1": CODE}}, "not written acme-101"),
        ({"codes": {"acme-101": "too heavy"}}, "is a str, not a Code"),
        ({"codes": {"acme-101": Code(slug="a", title="", why="b", example="c", fix=" ")}}, "no title, fix"),
        ({"codes": {"acme-101": Code(slug="Too Heavy", title="a", why="b", example="c", fix="d")}}, "slug"),
        ({"codes": []}, "codes are not a mapping"),
    ],
)
def test_each_lack_is_said(changes: dict[str, Any], words: str) -> None:
    assert any(words in text for text in duty_faults(spoiled(**changes))), list(duty_faults(spoiled(**changes)))


@pytest.mark.parametrize("value", [None, "acme.weight", WEIGHT.spec, Code])
def test_anything_but_a_check_is_said(value: object) -> None:
    (text,) = duty_faults(value)
    assert "not a Check" in text


class Inner(BaseModel):
    """A nested value whose member says nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    limit: Number


def params(**members: Any) -> type[CheckParams]:
    """A parameter model with these members: name -> (annotation, field)."""
    return type(
        "P",
        (CheckParams,),
        {
            "__annotations__": {name: kind for name, (kind, _field) in members.items()},
            "__module__": __name__,
            **{name: held for name, (_kind, held) in members.items()},
        },
    )


@pytest.mark.parametrize(
    ("annotation", "given", "words"),
    [
        (Number, parameter("", tighten="up", default=1), "has no description"),
        (Number, 1, "has no description"),
        (Number, 1, "has no direction"),
        (float, parameter("A share.", tighten="up", default=0.5), "is a float"),
        (float | None, parameter("A share.", tighten="up", default=None), "is a float"),
        (Text, parameter("A name.", tighten="superset", default=""), "cannot move 'superset'"),
        (Names, parameter("Names.", tighten="up", default=()), "cannot move 'up'"),
        (Literal["a", "b"], parameter("Which.", tighten="order", default="a"), "has no order"),
        (Literal["a", "b"], parameter("Which.", tighten="order", default="a", order=("a", "c")), "does not list"),
        (Literal["a", "b"], parameter("Which.", tighten="order", default="a", order=("a", "a")), "has no order"),
        (Inner | None, parameter("Inside.", default=None), "holds `limit`, which has no description"),
        (Any, parameter("Anything.", default=None), "has no type"),
        (Number, parameter("Odd.", tighten="sideways", default=1), "has no direction"),  # type: ignore[arg-type]
        (Decimal, parameter("NaN.", tighten="up", default=object()), "cannot be written into a plan"),
    ],
)
def test_each_lack_of_a_parameter_is_said(annotation: Any, given: Any, words: str) -> None:
    found = list(duty_faults(spoiled(params=params(x=(annotation, given)))))
    assert any(words in text for text in found), found


def test_a_parameter_without_a_schema_is_said() -> None:
    made = params(x=(Callable[[int], int], parameter("A function.", default=abs)))
    assert any("no JSON Schema" in text for text in duty_faults(spoiled(params=made)))


@pytest.mark.parametrize(("name", "value"), [("extra", "ignore"), ("frozen", False), ("strict", False)])
def test_a_laxer_model_is_said(name: str, value: object) -> None:
    made = type("P", (CheckParams,), {"model_config": ConfigDict(**{name: value}), "__module__": __name__})
    assert any(f"another `{name}`" in text for text in duty_faults(spoiled(params=made)))


def test_a_required_parameter_needs_no_default() -> None:
    made = params(at_most=(Count, parameter("Largest.", tighten="down")))
    assert list(duty_faults(spoiled(params=made))) == []
