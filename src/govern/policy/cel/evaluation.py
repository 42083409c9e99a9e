"""Expressions of policies: compile one with every static check, and evaluate it against bound evidence.

Evaluation goes in a fixed order, so that the engine never meets evidence it could misjudge: every path that must be
there is there (else *missing*); what is there has the schema's type and is finite; the work fits its
limits; then each conjunct is evaluated on its own. One false conjunct makes the whole false, else one without a
truth value makes the whole fail, else it is true.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from govern.canonical import Json
from govern.diagnostics import Diagnostic, InternalError
from govern.policy.cel.ast import ast_digest
from govern.policy.cel.bind import Bound, absent, type_fault
from govern.policy.cel.values import tell
from govern.policy.cel.work import too_much_work
from govern.policy.evidence_schema import Path, path_text
from govern.policy.expressions import FALSE, TRUE, Engine, Failed, RawExpression, Verdict
from govern.policy.values import ParameterValue, json_of

__all__ = ["ConjunctResult", "Evaluated", "Expression", "evaluate", "judge", "ready"]


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression: plain data, so that it can be pickled; the engine compiles it again where it runs."""

    source: str
    """As the author wrote it."""
    text: str
    """Re-spelled without comments and avoidable white space; the same tree."""
    ast: Json
    digest: str
    """sha256 (hex) of the tree's RFC 8785 bytes."""
    reads: tuple[Path, ...]
    required: tuple[Path, ...]
    """Paths whose absence is missing evidence."""
    parts: tuple[str, ...]
    """The top-level conjuncts, each in the author's spelling."""
    params: Mapping[str, ParameterValue] = field(default_factory=dict)
    """The policy parameters it reads: part of what the expression means."""

    @property
    def read_texts(self) -> list[str]:
        """The paths as an author would write them, sorted."""
        return sorted(path_text(path) for path in self.reads)

    @property
    def roots(self) -> frozenset[str]:
        """The roots it reads."""
        return frozenset(str(path[0]) for path in self.reads)

    def document(self) -> dict[str, Json]:
        """The expression as the plan writes it."""
        return {"text": self.text, "reads": self.read_texts, "ast": self.ast}

    def meaning(self) -> Json:
        """What the rule digest hashes: the tree, with the values of the parameters it reads."""
        if not self.params:
            return self.ast
        return {"ast": self.ast, "params": {name: json_of(value) for name, value in self.params.items()}}


@dataclass(frozen=True, slots=True)
class ConjunctResult:
    """One conjunct and what it came to, with the value of each subexpression."""

    text: str
    verdict: Verdict
    own: str
    """Its own value as text; of a fold, with the member that decided."""
    values: tuple[tuple[str, str], ...]
    """(subexpression, value as text), operands before what is made of them; without the conjunct itself."""
    absorbed: tuple[str, ...] = ()
    """Errors that `||` swallowed because another operand was true."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What an expression came to."""

    verdict: Verdict
    conjuncts: tuple[ConjunctResult, ...] = ()
    missing: tuple[str, ...] = ()
    """Concrete paths that must be there and are not."""


@lru_cache(maxsize=2048)
def ready(engine: Engine, text: str, digest: str) -> RawExpression:
    """Compile the text of a plan for this engine; the last two thousand are kept.

    Raises InternalError when this engine reads the text differently from the one that compiled the plan.
    """
    raw = engine.compile(text)
    if ast_digest(raw.ast.root) != digest:
        message = f"the expression engine reads '{text}' differently from the plan"
        raise InternalError(Diagnostic(code="P517", message=message))
    return raw


def judge(expression: Expression, bound: Bound) -> Verdict:
    """Give the verdict of `evaluate` without the words that explain it: for whoever asks of many and reports few.

    Raises InternalError as `evaluate` does.
    """
    raw = ready(bound.engine, expression.text, expression.digest)
    stopped = _stopped(expression, bound, raw)
    if stopped is not None:
        return stopped.verdict
    for activation in bound.activations:
        if raw.evaluate(activation) is not TRUE:
            break
    else:
        return TRUE  # the whole is true exactly when every conjunct is
    return _joined([_verdict(part, bound) for part in expression.parts])


def evaluate(expression: Expression, bound: Bound) -> Evaluated:
    """Evaluate a compiled expression against bound evidence.

    Raises InternalError when this engine reads the text differently from the one that compiled the plan.
    """
    stopped = _stopped(expression, bound, ready(bound.engine, expression.text, expression.digest))
    if stopped is not None:
        return stopped
    conjuncts = tuple(_conjunct(part, bound) for part in expression.parts)
    return Evaluated(_joined([item.verdict for item in conjuncts]), conjuncts)


def _stopped(expression: Expression, bound: Bound, raw: RawExpression) -> Evaluated | None:
    """Say why the engine must not be asked, or None."""
    if bound.unreadable:
        unreadable = [bound.unreadable[root] for root in sorted(expression.roots) if root in bound.unreadable]
        if unreadable:
            return Evaluated(Failed("unreadable", "; ".join(unreadable)))
    if not bound.present.issuperset(expression.required):
        missing = [place for path in expression.required for place in absent(bound, path)]
        if missing:
            names = tuple(dict.fromkeys(missing))
            return Evaluated(Failed("missing", f"no evidence has {', '.join(names)}"), missing=names)
    if not bound.typed.issuperset(expression.reads):
        fault = next((fault for path in expression.reads if (fault := type_fault(bound, path))), None)
        if fault is not None:
            return Evaluated(Failed("type", fault))
    if expression.digest not in bound.affordable:
        over = too_much_work(bound, raw.ast.root)
        if over is not None:
            return Evaluated(Failed("budget", over))
        bound.affordable.add(expression.digest)
    return None


def _joined(verdicts: list[Verdict]) -> Verdict:
    if any(verdict == FALSE for verdict in verdicts):
        return FALSE
    return next((verdict for verdict in verdicts if isinstance(verdict, Failed)), TRUE)


def _verdict(text: str, bound: Bound) -> Verdict:
    raw = bound.engine.compile(text)
    verdicts = [raw.evaluate(activation) for activation in bound.activations]
    if verdicts[-1] != verdicts[0]:
        return Failed("precision", f"'{text}' hangs on digits that a double cannot hold: use a built-in check")
    return verdicts[0]


def _conjunct(text: str, bound: Bound) -> ConjunctResult:
    verdict = _verdict(text, bound)
    told = tell(text, bound.roots, bound.activations[0])
    return ConjunctResult(text, verdict, told.own, told.values, told.errors if verdict == TRUE else ())
