"""The check kind `expression`: an assertion of the policy's own, over the roots of the expression language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from govern.canonical import Json
from govern.checks.interface import Check
from govern.policy.interface import CheckParams, CheckSpec, CompiledText, EvidenceNeed, parameter
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Location, Outcome
from govern.policy.types import Names, Text

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.policy.cel.bind import Bound
    from govern.policy.cel.evaluation import ConjunctResult, Evaluated, Expression
    from govern.policy.evidence_schema import Path

__all__ = ["CHECKS", "ExpressionParams"]


def _shown_paths(value: Mapping[str, str]) -> Mapping[str, str]:
    from govern.evidence.schema import evidence_schema
    from govern.policy.evidence_schema import parse_path

    for label, text in value.items():
        path = parse_path(text)
        fault = "it is not a path such as card.owners" if path is None else None
        if path is not None:
            problem = evidence_schema().fault(path)
            fault = problem.message if problem is not None and problem.certain else None
        if fault is not None:
            raise PydanticCustomError("bad_value", "{label}: {fault}", {"label": label, "fault": fault})
    return value


class ExpressionParams(CheckParams):
    """Parameters of `expression`."""

    assert_: Text = parameter("The assertion, in CEL: it must come to true.", alias="assert", tighten="with")
    and_assert: Names | None = parameter(
        "Further assertions that must come to true as well; what imports add with `and_assert` stands here.",
        tighten="superset",
        default=None,
    )
    may_be_absent: Names = parameter(
        "Guarded paths whose absence may pass; without it such an expression is refused.", tighten="subset", default=()
    )
    may_be_empty: Names = parameter(
        "Lists and mappings whose emptiness may pass; without it such an expression is refused.",
        tighten="subset",
        default=(),
    )
    show: Annotated[Mapping[Text, Text], AfterValidator(_shown_paths)] | None = parameter(
        "More values to show in the report: label to path.", default=None
    )


def _needs(params: ExpressionParams) -> tuple[EvidenceNeed, ...]:
    from govern.evidence.schema import evidence_schema
    from govern.policy.evidence_schema import parse_path, path_text

    paths: list[Path] = [path for expression in _compiled(params) for path in expression.reads]
    paths += [path for text in (params.show or {}).values() if (path := parse_path(text)) is not None]
    needs: dict[str, set[str]] = {}
    roots = evidence_schema().roots
    for path in paths:
        root = roots.get(str(path[0]))
        if root is not None and root.evidence is not None:
            needs.setdefault(root.evidence, set()).add(path_text(path))
    return tuple(EvidenceNeed(kind, tuple(sorted(needs[kind]))) for kind in sorted(needs))


def _compiled(params: ExpressionParams) -> tuple[Expression, ...]:
    """The assertion and those added to it, the latter in an order that does not depend on who added them first."""
    texts = (params.assert_, *sorted(params.and_assert or ()))
    made = tuple(text.expression for text in texts if isinstance(text, CompiledText))
    if len(made) != len(texts):
        raise TypeError("the assertion has not been compiled: build the rule with compile_policies")
    return made


def _evaluate(params: ExpressionParams, context: CheckContext) -> CheckResult:
    found = [_one(params, expression, context) for expression in _compiled(params)]
    return found[0] if len(found) == 1 else _all_of(found)


def _all_of(found: Sequence[CheckResult]) -> CheckResult:
    """Join several assertions: the worst decides, and every finding is kept."""
    worst = min(found, key=lambda item: _WORST_FIRST.index(item.outcome))
    same = [item for item in found if item.outcome is worst.outcome]
    return CheckResult(
        outcome=worst.outcome,
        summary=" ".join(item.summary for item in same),
        findings=tuple(finding for item in found for finding in item.findings),
        evidence=tuple(dict.fromkeys(ref for item in found for ref in item.evidence)),
        observed="; ".join(dict.fromkeys(item.observed for item in same if item.observed)) or None,
        required=" && ".join(item.required for item in found if item.required) or None,
        facts=_joined_facts([item.facts for item in found if isinstance(item.facts, Mapping)]),
    )


def _joined_facts(found: Sequence[Mapping[str, Any]]) -> Json:
    """One table for all assertions; one whose evidence is missing has none of its own."""
    if not found:
        return None
    made: dict[str, Json] = {
        "kind": "expression",
        "text": "&&".join(f"({item['text']})" for item in found),
        "conjuncts": [conjunct for item in found for conjunct in item["conjuncts"]],
    }
    shown = {label: value for item in found for label, value in item.get("shown", {}).items()}
    return {**made, "shown": shown} if shown else made


_WORST_FIRST = (Outcome.FAIL, Outcome.ERROR, Outcome.MISSING_EVIDENCE, Outcome.INCONCLUSIVE, Outcome.PASS)


def _one(params: ExpressionParams, expression: Expression, context: CheckContext) -> CheckResult:
    from govern.policy.cel.evaluation import evaluate

    bound = context.bind(expression.roots | _show_roots(params), expression.params)
    found = evaluate(expression, bound)
    evidence = _refs(bound, expression.roots)
    if found.missing:
        return _missing(found, bound, evidence)
    demanded = _undemonstrated(params, evidence)
    if demanded is not None:
        return CheckResult(
            outcome=Outcome.MISSING_EVIDENCE, summary=demanded.detail, findings=(demanded,), evidence=evidence
        )
    return _judged(expression, found, evidence, _facts(params, expression, found, bound))


def _judged(expression: Expression, found: Evaluated, evidence: tuple[EvidenceRef, ...], facts: Json) -> CheckResult:
    from govern.policy.expressions import FALSE, TRUE, Failed

    if found.verdict == TRUE:
        notes = tuple(_absorbed(item) for item in found.conjuncts if item.absorbed)
        summary = f"{expression.text} holds."
        return CheckResult(
            outcome=Outcome.PASS,
            summary=summary,
            findings=notes,
            evidence=evidence,
            observed=_values(found.conjuncts) or None,
            required=expression.text,
            facts=facts,
        )
    if found.verdict == FALSE:
        failed = [item for item in found.conjuncts if item.verdict == FALSE]
        return CheckResult(
            outcome=Outcome.FAIL,
            summary=f"Not so: {' and '.join(item.text.strip() for item in failed)}.",
            findings=tuple(_false(item, evidence) for item in failed),
            evidence=evidence,
            observed=_values(failed) or None,
            required=expression.text,
            facts=facts,
        )
    why = found.verdict.text if isinstance(found.verdict, Failed) else "no verdict"
    broken = [item for item in found.conjuncts if isinstance(item.verdict, Failed)]
    findings = tuple(_broken(item) for item in broken) or (
        Finding(code="C103", detail=f"The expression has no truth value: {why}.", discriminator=expression.text),
    )
    return CheckResult(
        outcome=Outcome.ERROR,
        summary=f"The expression could not be evaluated: {why}.",
        findings=findings,
        evidence=evidence,
        required=expression.text,
        facts=facts,
    )


def _false(item: ConjunctResult, evidence: tuple[EvidenceRef, ...]) -> Finding:
    text = item.text.strip()
    values = "; ".join(f"{name} is {value}" for name, value in item.values)
    return Finding(
        code="C101",
        detail=f"{text} is {item.own}" + (f": {values}." if values else "."),
        observed=_values([item]) or None,
        required=text,
        location=Location(evidence[0].file) if len(evidence) == 1 else None,
        discriminator=text,
    )


def _broken(item: ConjunctResult) -> Finding:
    from govern.policy.expressions import Failed

    text = item.text.strip()
    why = item.verdict.text if isinstance(item.verdict, Failed) else ""
    return Finding(
        code="C103",
        detail=f"{text} has no truth value: {why}.",
        observed=_values([item]) or None,
        required=text,
        discriminator=text,
    )


def _absorbed(item: ConjunctResult) -> Finding:
    text = item.text.strip()
    return Finding(
        code="C104",
        detail=f"{text} holds, although a part of it could not be evaluated: {'; '.join(item.absorbed)}.",
        discriminator=text,
    )


def _values(items: Iterable[ConjunctResult]) -> str:
    """What was measured, each value once; what follows from it (`a > b` is false) is told by the finding."""
    shown: dict[str, str] = {}
    for item in items:
        measured = {name: value for name, value in item.values if not _follows(name, value)}
        shown |= measured or {item.text.strip(): item.own}
    return "; ".join(f"{name} = {value}" for name, value in shown.items())


def _follows(name: str, value: str) -> bool:
    """Whether a value is the truth of a comparison, a fold or a question, and no fact of the evidence."""
    return value.startswith(("true", "false")) and any(char in name for char in " (<>=")


def _missing(found: Evaluated, bound: Bound, evidence: tuple[EvidenceRef, ...]) -> CheckResult:
    findings = []
    for name in found.missing:
        root = name.split(".", 1)[0].split("[", 1)[0]
        held = bound.schema.roots.get(root)
        searched = ", ".join(item.file for item in bound.refs.get(root, ()))
        if not searched and held is not None:
            searched = f"nothing found for {held.files}"
        findings.append(
            Finding(
                code="C102",
                detail=f"There is no {name} (searched: {searched}).",
                required=name,
                remediation=f"Add it to {held.files}." if held is not None else None,
                discriminator=name,
            )
        )
    return CheckResult(
        outcome=Outcome.MISSING_EVIDENCE,
        summary=f"Evidence is missing: {', '.join(found.missing)}.",
        findings=tuple(findings),
        evidence=evidence,
    )


def _undemonstrated(params: ExpressionParams, evidence: tuple[EvidenceRef, ...]) -> Finding | None:
    """Hold what every kind may demand. Values of expressions carry neither a time nor a grade of their own."""
    unbound = [item.file for item in evidence if not item.bound]
    if params.bound and unbound:
        names = ", ".join(unbound)
        text = f"{names} does not say which model and data it speaks of, and the rule demands it."
        return Finding(code="C105", detail=text, required="bound: true", discriminator=names)
    if params.max_age is not None:
        text = "The values of an expression are undated, and the rule demands a largest age."
        return Finding(code="C105", detail=text, required=f"max_age: {params.max_age}", discriminator="max_age")
    if params.min_grade != "E0":
        text = "The values of an expression have no evidence grade above E0, and the rule demands one."
        return Finding(code="C105", detail=text, required=f"min_grade: {params.min_grade}", discriminator="min_grade")
    return None


def _refs(bound: Bound, roots: Iterable[str]) -> tuple[EvidenceRef, ...]:
    found = {item: None for root in sorted(roots) for item in bound.refs.get(root, ())}
    return tuple(found)


def _show_roots(params: ExpressionParams) -> frozenset[str]:
    from govern.policy.evidence_schema import parse_path

    paths = [parse_path(text) for text in (params.show or {}).values()]
    return frozenset(str(path[0]) for path in paths if path is not None)


def _facts(params: ExpressionParams, expression: Expression, found: Evaluated, bound: Bound) -> Json:
    from govern.policy.cel.bind import value_text
    from govern.policy.evidence_schema import parse_path
    from govern.policy.expressions import FALSE, TRUE

    names = {True: "true", False: "false"}
    conjuncts: list[Json] = [
        {
            "text": item.text.strip(),
            "result": names[item.verdict == TRUE] if item.verdict in (TRUE, FALSE) else "error",
            "value": item.own,
            "values": [{"of": name, "value": value} for name, value in item.values],
        }
        for item in found.conjuncts
    ]
    made: dict[str, Json] = {"kind": "expression", "text": expression.text, "conjuncts": conjuncts}
    if params.show:
        paths = {label: parse_path(text) for label, text in params.show.items()}
        made["shown"] = {label: value_text(bound, path) for label, path in sorted(paths.items()) if path is not None}
    return made


CHECKS: tuple[Check, ...] = (
    Check(
        CheckSpec(
            kind="expression",
            version=1,
            comes_to=(Outcome.PASS, Outcome.FAIL, Outcome.MISSING_EVIDENCE),
            summary="the assertion comes to true, with every value that it reads present, typed and finite.",
            cannot_show="That the values it reads are true: declared facts are claims of the model's team. Numbers are "
            "compared as doubles; where the last digit decides, use a built-in check kind.",
            params=ExpressionParams,
            needs=_needs,
            expression_params=("assert",),
            expression_lists=("and_assert",),
            default_remediation="Change what the finding names, or the evidence it is read from, and measure again.",
        ),
        _evaluate,
    ),
)
