"""The missing-evidence proof: an assertion must not be true, and a condition not false, for want of evidence.

Each top-level conjunct is evaluated by the engine on invented evidence: (a) nothing is there, (b) every list and
mapping it reads is empty, (c) what it asks for with `has` or `.?` is absent while the rest takes sample values drawn
from the literals of the expression. The author lifts a probe by naming the path.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Literal

from govern.policy.cel.absence import outcomes
from govern.policy.cel.analysis import Analysis
from govern.policy.cel.ast import Const, Ident, Node, walk
from govern.policy.cel.bind import Bound
from govern.policy.cel.work import too_much_work
from govern.policy.evidence_schema import (
    ELEMENT,
    AnyType,
    EvidenceSchema,
    ListType,
    MapType,
    Path,
    PathType,
    ScalarType,
    path_text,
)
from govern.policy.expressions import FALSE, TRUE, Activation, Engine, Failed, RawExpression, Verdict
from govern.policy.values import ParameterValue
from govern.records import record

__all__ = ["FIXED_ROOTS", "Part", "ProbeFault", "Surroundings", "probe"]

FIXED_ROOTS = frozenset(["params", "stage"])
"""Roots that the policy itself brings: never absent."""
_MOST_SAMPLES = 48


@record
class ProbeFault:
    """A probe that let the model through: its code and the words for it."""

    code: str
    message: str
    hint: str | None


@record
class Surroundings:
    """What a policy brings to its expressions, and what its author has lifted by name."""

    schema: EvidenceSchema
    params: Mapping[str, ParameterValue]
    stages: tuple[str, ...]
    condition: bool
    may_be_absent: frozenset[str] = frozenset()
    may_be_empty: frozenset[str] = frozenset()


@record
class Part:
    """One top-level conjunct: its offset in the source, its compiled form, and what it reads."""

    start: int
    raw: RawExpression
    found: Analysis

    @property
    def evidence(self) -> tuple[Path, ...]:
        """What it reads beside the policy's own parameters and the stage."""
        return tuple(path for path in self.found.reads if path[0] not in FIXED_ROOTS)


def probe(engine: Engine, parts: Sequence[Part], around: Surroundings) -> Iterator[tuple[Part, ProbeFault]]:
    """Yield each conjunct through which missing or empty evidence would help the model, with the words for it."""
    absent = _absent_everywhere(engine, parts, around)
    for part in parts:
        if around.condition:
            fault = _when_absent(engine, part, around) if part.evidence else None
            fault = fault or _when_guards_absent(engine, part, parts, around)
        else:
            fault = absent if part is parts[0] else None
            fault = fault or _when_guards_absent(engine, part, parts, around)
            fault = fault or _when_empty(engine, part, parts, around)
        if fault is not None:
            yield part, fault


def _helps(verdict: Verdict, around: Surroundings) -> bool:
    return verdict == (FALSE if around.condition else TRUE)


def _run(engine: Engine, part: RawExpression, around: Surroundings, roots: Mapping[str, Any], stage: str) -> Verdict:
    # The engine converts what it is given: only the roots that are named, for the other ones say nothing.
    named = {node.name for node in walk(part.ast.root) if isinstance(node, Ident)}
    everything = {**_bare_roots(around.schema, named), **roots, "params": dict(around.params), "stage": stage}
    data = {name: value for name, value in everything.items() if name in named}
    over = too_much_work(Bound(around.schema, data), part.ast.root)
    return Failed("budget", over) if over is not None else part.evaluate(Activation(engine, data))


def _bare_roots(schema: EvidenceSchema, named: Iterable[str]) -> dict[str, Any]:
    """Give each root that is named as an empty mapping, but for the lists."""
    return {
        name: {}
        for name in named
        if name in schema.roots and name not in FIXED_ROOTS and not isinstance(schema.roots[name].type, ListType)
    }


# --- absence: probes (a) and (c)


def _lifted(found: Analysis, around: Surroundings) -> frozenset[Path]:
    return frozenset(path for path in found.guards if path_text(path) in around.may_be_absent)


def _absence_fault(around: Surroundings, names: Sequence[str]) -> ProbeFault:
    what = ", ".join(names) if names else "all evidence"
    if around.condition:
        return ProbeFault(
            "P512",
            f"switches the rule off when {what} is absent",
            "Leave out the `has` or the default: an undeclared fact must make the rule apply.",
        )
    hint = (
        f"If that is meant, say so: may_be_absent: [{', '.join(names)}]."
        if names
        else "Compare something that the evidence must hold."
    )
    return ProbeFault("P508", f"passes when {what} is absent", hint)


def _absent_everywhere(engine: Engine, parts: Sequence[Part], around: Surroundings) -> ProbeFault | None:
    """Probe (a) of an assertion: all its conjuncts together are true with nothing there at all."""
    if around.condition or all(_lifted(part.found, around) for part in parts):
        return None  # settled by the probe of the guards that are not lifted
    for stage in around.stages:
        if all(_run(engine, part.raw, around, {}, stage) == TRUE for part in parts):
            return _absence_fault(around, sorted({path_text(path) for part in parts for path in part.evidence}))
    return None


def _when_absent(engine: Engine, part: Part, around: Surroundings) -> ProbeFault | None:
    for stage in around.stages:
        if _helps(_run(engine, part.raw, around, {}, stage), around):
            return _absence_fault(around, [path_text(path) for path in part.evidence])
    return None


def _when_guards_absent(engine: Engine, part: Part, parts: Sequence[Part], around: Surroundings) -> ProbeFault | None:
    lifted = _lifted(part.found, around)
    gone = frozenset(path for path in part.found.guards if path not in lifted)
    if not gone or not _can_help(engine, part, around, gone):
        return None
    others = [other for other in parts if other is not part and _touches(other, gone)]
    if not around.condition and not all(_can_help(engine, other, around, gone) for other in others):
        return None  # another conjunct cannot be true then, so the whole is not
    return _absence_fault(around, sorted(path_text(path) for path in gone))


def _can_help(engine: Engine, part: Part, around: Surroundings, gone: frozenset[Path]) -> bool:
    """Whether a conjunct can come to what helps the model: by proof over all evidence, and on samples as a check."""
    wanted: Literal["true", "false"] = "false" if around.condition else "true"
    if wanted in outcomes(part.raw.ast.root, around.schema, gone):
        return True
    kept = [path for path in part.evidence if not _below(path, gone)]
    # What lies above an absent path is there, as an empty mapping.
    shells = [path[:-1] for path in gone if not _below(path[:-1], gone)]
    samples = _samples(part.raw, kept, shells, around, empty=frozenset())
    return any(_helps(_run(engine, part.raw, around, roots, stage), around) for roots, stage in samples)


def _below(path: Path, tops: Iterable[Path]) -> bool:
    return any(path[: len(top)] == top for top in tops)


def _touches(part: Part, tops: Iterable[Path]) -> bool:
    return any(_below(path, tops) for path in part.evidence)


# --- emptiness: probe (b)


def _when_empty(engine: Engine, part: Part, parts: Sequence[Part], around: Surroundings) -> ProbeFault | None:
    emptied = _emptied(part, around)
    if not emptied or not _emptiness_helps(engine, part, around, emptied):
        return None
    for other in parts:
        if other is not part and _touches(other, emptied):
            samples = _samples(other.raw, [*other.evidence, *emptied], [], around, empty=emptied)
            if not any(_run(engine, other.raw, around, roots, stage) == TRUE for roots, stage in samples):
                return None  # another conjunct asks for a member
    names = ", ".join(sorted(path_text(path) for path in emptied))
    first = names.split(", ", maxsplit=1)[0]
    hint = f"Ask for a member too: `size({first}) > 0 && ..`; if emptiness is meant: may_be_empty: [{names}]."
    return ProbeFault("P509", f"passes when {names} is empty", hint)


def _emptiness_helps(engine: Engine, part: Part, around: Surroundings, emptied: frozenset[Path]) -> bool:
    others = [path for path in part.evidence if not _below(path, emptied)]
    full = _samples(part.raw, [*others, *emptied], [], around, empty=emptied)
    shells = [path[:-1] for path in emptied if len(path) > 1]
    without = _samples(part.raw, others, shells, around, empty=frozenset())
    for (roots, stage), (bare, _stage) in zip(full, without, strict=False):
        if _run(engine, part.raw, around, roots, stage) != TRUE:
            continue
        # True although the collection is not there at all: then it was not its emptiness that helped.
        if not others or _run(engine, part.raw, around, bare, stage) != TRUE:
            return True
    return False


def _emptied(part: Part, around: Surroundings) -> frozenset[Path]:
    """The lists and open mappings that a conjunct reads. A closed mapping has its fields, it is never just empty."""
    found: set[Path] = set()
    for path in part.evidence:
        for length in range(1, len(path) + 1):
            at = path[:length]
            held = around.schema.type_of(at)
            open_map = isinstance(held, MapType) and held.value is not None and length == len(path)
            if isinstance(held, ListType) or open_map or (isinstance(held, AnyType) and at in part.found.iterated):
                found.add(at)
                break
    return frozenset(path for path in found if path_text(path) not in around.may_be_empty)


# --- invented evidence


def _samples(
    part: RawExpression, paths: Sequence[Path], shells: Sequence[Path], around: Surroundings, *, empty: frozenset[Path]
) -> Iterator[tuple[dict[str, Any], str]]:
    numbers, texts = _literals(part.ast.root)
    # What does not read the stage comes to the same at each.
    stages = (
        around.stages
        if any(isinstance(node, Ident) and node.name == "stage" for node in walk(part.ast.root))
        else around.stages[:1]
    )
    combos = product(stages, range(len(numbers)), (0, 1), texts, (True, False))
    for count, (stage, first, stride, text, flag) in enumerate(combos):
        if count == _MOST_SAMPLES * len(around.stages):
            return
        roots: dict[str, Any] = {}
        for index, path in enumerate(paths):
            number = numbers[(first + index * stride) % len(numbers)]
            _insert(roots, path, around.schema, _Sample(number, text, flag), empty)
        for shell in shells:
            _insert(roots, shell, around.schema, _Sample(0.0, text, flag), frozenset([shell]))
        yield roots, stage


def _literals(root: Node) -> tuple[list[float], list[str]]:
    """Numbers at, just below and just above each literal, and the texts of an expression."""
    numbers: dict[float, None] = {}
    texts: dict[str, None] = {}
    for node in walk(root):
        if isinstance(node, Const) and node.kind in ("int", "uint", "double"):
            literal = float(str(node.value))
            numbers.update(dict.fromkeys([literal, literal + 1, literal - 1]))
        elif isinstance(node, Const) and node.kind == "string":
            texts[str(node.value)] = None
    numbers.update(dict.fromkeys([1.0, 0.0]))
    texts["sample"] = None
    return list(numbers)[:8], list(texts)[:4]


@record
class _Sample:
    """One invented value of each scalar type."""

    number: float
    text: str
    flag: bool

    def of(self, type_: PathType | None, *, empty: bool) -> Any:
        match type_:
            case ScalarType(kind="number"):
                return self.number
            case ScalarType(kind="bool"):
                return self.flag
            case ListType():
                return [] if empty else [self.of(type_.item, empty=False)]
            case MapType():
                return {}  # its fields come with the paths that are read, and only those
            case AnyType() if empty:
                return []
            case _:
                return self.text


def _insert(roots: dict[str, Any], path: Path, schema: EvidenceSchema, sample: _Sample, empty: frozenset[Path]) -> None:
    """Put a sample value at a path; lists on the way get one member."""
    holder: Any = roots
    key: Any = path[0]
    for length in range(1, len(path) + 1):
        at = path[:length]
        last = length == len(path)
        present = holder[key] if isinstance(holder, list) else holder.get(key)
        if last:
            if present is None or (at in empty and not present):
                holder[key] = sample.of(schema.type_of(at), empty=at in empty)
            return
        into_list = path[length] is ELEMENT
        if not isinstance(present, list if into_list else dict) or (into_list and not present):
            present = [None] if into_list else {}
            holder[key] = present
        holder, key = present, 0 if into_list else path[length]
