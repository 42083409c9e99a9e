"""The scenarios of the CEL specification (`cel/README.md`): run by the bare engine, and through our adapter.

The first says how far the engine is to be trusted; the second, that the adapter takes nothing away but what policies
are refused on purpose. Both hold exactly the differences that `cel/expected.json` names.
"""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cel_expr_python import cel
from cel_expr_python.ext import ext_bindings, ext_encoders, ext_math, ext_optional, ext_proto, ext_strings

from govern.canonical import digest_of
from govern.policy.cel.ast import Logic, ast_digest, document
from govern.policy.cel.lexer import conjuncts, respell
from govern.policy.cel.wire import UnsupportedConstructError
from govern.policy.expressions import FALSE, TRUE, Activation, Engine, EngineError, Failed, engine_for
from support.compiling import expression

HOME = Path(__file__).parent / "cel"
FILES = ("core", "extensions", "two_variables")
TYPE_NAMES = {"NULL": "null_type", "TIMESTAMP": "google.protobuf.Timestamp", "DURATION": "google.protobuf.Duration"}


@cache
def scenarios(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (HOME / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


@cache
def expected() -> dict[str, Any]:
    return json.loads((HOME / "expected.json").read_text(encoding="utf-8"))


def native_value(value: Any) -> Any:
    """A value of the engine in a form that keeps its type: 1, 1u and 1.0 are three values."""
    kind, held = value.type().name(), value.value()
    if kind == "ERROR":
        return "error"
    if kind.startswith("LIST"):
        return ["list", [native_value(item) for item in held]]
    if kind.startswith("MAP"):
        return ["map", {repr(key): native_value(item) for key, item in held.items()}]
    if kind == "TYPE":
        bare = str(held).split("<")[0]
        return ["type", TYPE_NAMES.get(bare, bare.lower())]
    if kind == "DOUBLE":
        return ["double", number(held)]
    if kind == "BYTES":
        return ["bytes", bytes(held).hex()]
    return [kind.lower(), str(held) if kind in ("INT", "UINT") else held]


def number(text: str | float) -> float | str:
    value = float(text)
    return "nan" if math.isnan(value) else value


def stated_value(scenario: dict[str, Any]) -> Any:
    return "error" if scenario.get("error") else typed(scenario["value"])


def typed(value: dict[str, Any]) -> Any:
    ((kind, held),) = value.items()
    if kind == "list":
        return ["list", [typed(item) for item in held]]
    if kind == "map":
        return ["map", {repr(plain(key)): typed(item) for key, item in held}]
    return [kind, number(held) if kind == "double" else held]


def plain(key: dict[str, Any]) -> Any:
    ((kind, held),) = key.items()
    return int(held) if kind in ("int", "uint") else held


def run(native: Any, activation: Any) -> Any:
    try:
        return native_value(native.eval(activation))
    except Exception:  # an error of the engine is raised or given as a value; both are the error of the specification
        return "error"


def everything() -> Any:
    """An environment with all that the engine has."""
    modules = (ext_optional.ExtOptional, ext_math.ExtMath, ext_strings.ExtStrings)
    more = (ext_bindings.ExtBindings, ext_encoders.ExtEncoders, ext_proto.ExtProto)
    return cel.NewEnv(extensions=[extension() for extension in (*modules, *more)])


def by_the_engine(scenario: dict[str, Any], env: Any) -> Any:
    try:
        native = env.compile(scenario["expr"], disable_check=not scenario.get("check", True))
    except RuntimeError:
        return "error"
    return run(native, env.Activation({}))


def by_the_adapter(scenario: dict[str, Any], engine: Engine) -> Any:
    """What the adapter makes of it; whatever it says must agree with the engine's own typed value."""
    try:
        raw = engine.compile(scenario["expr"])
    except (EngineError, UnsupportedConstructError):
        return "error"
    activation = Activation(engine, {})
    found = run(raw._native, activation.native)
    verdict = raw.evaluate(activation)
    if found in (["bool", True], ["bool", False]):
        assert verdict == (TRUE if found[1] else FALSE), scenario["name"]
    else:
        assert isinstance(verdict, Failed), scenario["name"]
        assert (found == "error") <= (verdict.kind == "engine"), scenario["name"]
    return found


@pytest.mark.parametrize("name", FILES)
def test_the_engine_differs_only_where_it_is_written(name: str) -> None:
    env = everything()
    differing = [item["name"] for item in scenarios(name) if by_the_engine(item, env) != stated_value(item)]
    assert differing == expected()["engine_differs"][name]


def test_the_engine_is_as_good_as_the_one_we_chose() -> None:
    """At most 1.2 % of the core, and no scenario of the extensions, may differ."""
    listed = expected()["engine_differs"]
    assert len(listed["core"]) <= 0.012 * len(scenarios("core"))
    assert listed["extensions"] == []
    assert [len(scenarios(name)) for name in FILES] == [1_142, 466, 46]
    assert all(len({item["name"] for item in scenarios(name)}) == len(scenarios(name)) for name in FILES)


@pytest.mark.parametrize("name", FILES)
def test_the_adapter_refuses_only_what_is_written(name: str) -> None:
    engine = Engine(())
    differing = [item["name"] for item in scenarios(name) if by_the_adapter(item, engine) != stated_value(item)]
    listed = [item for names in expected()["adapter_refuses"].values() for item in names]
    assert len(set(listed)) == len(listed)
    own = {item["name"] for item in scenarios(name)}
    engine_differs = expected()["engine_differs"][name]
    assert not set(listed) & set(engine_differs)
    assert differing == [item["name"] for item in scenarios(name) if item["name"] in own & {*listed, *engine_differs}]


@pytest.mark.parametrize("name", FILES)
def test_respelling_and_cutting_keep_the_tree_of_every_scenario(name: str) -> None:
    engine = engine_for(())
    seen = 0
    for item in scenarios(name):
        source = item["expr"]
        try:
            tree = engine.compile(source).ast.root
        except (EngineError, UnsupportedConstructError):
            continue
        seen += 1
        text = respell(source)
        assert ast_digest(engine.compile(text).ast.root) == ast_digest(tree), source
        assert respell(text) == text
        parts = [engine.compile(source[start:end]).ast.root for start, end in conjuncts(source)]
        assert [document(part) for whole in parts for part in and_parts(whole)] == [
            document(part) for part in and_parts(tree)
        ], source
    assert seen or name == "two_variables"


def and_parts(node: Any) -> tuple[Any, ...]:
    return node.parts if isinstance(node, Logic) and node.operator == "and" else (node,)


@pytest.mark.parametrize("name", FILES)
def test_every_scenario_is_an_expression_or_a_placed_diagnostic_of_the_compiler(name: str) -> None:
    for item in scenarios(name):
        made, found = expression(item["expr"])
        assert made is not None or found, item["name"]
        lines = item["expr"].split("\n")
        for fault in found:
            assert fault.code[:2] in ("P4", "P5"), item["name"]
            assert 1 <= fault.span.line <= len(lines), item["name"]
            assert 1 <= fault.span.column <= len(lines[fault.span.line - 1]) + 1, item["name"]


def test_the_trees_of_every_scenario_are_those_of_the_pinned_engine() -> None:
    """A version of the engine that reads or expands an expression in another way changes digests of plans.

    When this fails after an upgrade, `requires.ast` of the plan must be raised; only then write the new figures.
    """
    engine = engine_for(())
    found: dict[str, dict[str, str]] = {}
    for name in ("core", "extensions"):
        for item in scenarios(name):
            try:
                tree = ast_digest(engine.compile(item["expr"]).ast.root)
            except (EngineError, UnsupportedConstructError):
                tree = "refused"
            found.setdefault(item["name"].split("/")[0], {})[item["name"]] = tree
    golden = json.loads((HOME / "trees.json").read_text(encoding="utf-8"))
    assert {section: digest_of(trees) for section, trees in found.items()} == golden
