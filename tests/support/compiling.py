"""Small policies for tests: compile a text, or an expression, and look at what came out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from govern.checks.registry import builtin_specs
from govern.diagnostics import Diagnostic, Severity, Span
from govern.evidence.schema import evidence_schema
from govern.policy.cel.bind import Bound
from govern.policy.cel.compile import Job, compile_expression
from govern.policy.cel.evaluation import Evaluated, Expression, evaluate, judge
from govern.policy.cel.probes import Surroundings
from govern.policy.compile import Compiled, compile_policies
from govern.policy.evidence_schema import AnyType, EvidenceSchema, MapType, RootSchema, ScalarType
from govern.policy.interface import CheckSpec
from govern.policy.outcomes import Stage

FILE = "policies/test.yaml"

HEAD = """\
apiVersion: govern/v1
kind: Policy
metadata: {name: p, version: "1"}
spec:
"""


@cache
def specs() -> Mapping[str, CheckSpec]:
    return builtin_specs()


def compiled(
    text: str, *more: str, stage: Stage | None = Stage.PRE_REGISTRATION, params: Mapping[str, str] | None = None
) -> Compiled:
    """Compile one policy text and, after it, other documents."""
    files = {FILE: text.encode()} | {f"other-{index}.yaml": item.encode() for index, item in enumerate(more)}
    return compile_policies(files, stage=stage, checks=specs(), evidence_schema=evidence_schema(), params=params)


def with_rule(rule: str) -> str:
    """A policy with one rule; `rule` is the YAML of its keys, not indented."""
    lines = rule.strip("\n").splitlines()
    body = "\n".join(("    - " if index == 0 else "      ") + line for index, line in enumerate(lines))
    return f"{HEAD}  rules:\n{body}\n"


def errors(found: Compiled) -> list[Diagnostic]:
    return [item for item in found.diagnostics if item.severity is Severity.ERROR]


@cache
def open_schema() -> EvidenceSchema:
    """The published roots, and roots `o`, `m` that hold anything."""
    schema = evidence_schema()
    for name in ("o", "m"):
        schema = schema.with_root(name, RootSchema(AnyType(), name))
    number = ScalarType("number")
    return schema.with_root("params", RootSchema(MapType({"limit": number}), None))


def expression(
    source: str, *, condition: bool = False, may_be_absent: tuple[str, ...] = (), may_be_empty: tuple[str, ...] = ()
) -> tuple[Expression | None, tuple[Diagnostic, ...]]:
    """Compile one expression as an assertion (or a condition) of a blocking rule."""
    around = Surroundings(
        open_schema(),
        {"limit": 1},
        ("pre-registration",),
        condition,
        frozenset(may_be_absent),
        frozenset(may_be_empty),
    )

    def place(offset: int) -> Span:
        before = source[:offset].split("\n")
        return Span(FILE, len(before), len(before[-1]) + 1)

    return compile_expression(Job(source, around, place, Span(FILE, 1, 1)))


def codes(source: str, **options: object) -> list[str]:
    """The codes of an expression's diagnostics."""
    return [item.code for item in expression(source, **options)[1]]  # type: ignore[arg-type]


def judged(source: str, evidence: Mapping[str, object], **options: object) -> Evaluated:
    """Compile an expression that must be sound, and evaluate it; the short way must come to the same verdict."""
    made, found = expression(source, **options)  # type: ignore[arg-type]
    assert made is not None, found
    evaluated = evaluate(made, Bound(open_schema(), evidence))
    fresh = Bound(open_schema(), evidence)
    for _ in range(2):  # what is remembered of the evidence changes nothing
        assert judge(made, fresh) == evaluated.verdict
    assert evaluate(made, fresh) == evaluated
    return evaluated
