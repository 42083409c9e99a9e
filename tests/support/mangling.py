"""Policy files that somebody damaged, and documents made up from the grammar: what no compiler should trip over."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, get_args, get_origin

from hypothesis import strategies as st
from pydantic import BaseModel

from govern.policy.documents import CatalogueMetadata, Control, ControlCatalogue, Metadata, Parameter, Rule
from support.compiling import specs
from support.process import ROOT

_FOLDERS = (
    "policies/baseline/policies",
    "examples/mortgage/policies",
    "tests/policy/golden",
    "src/govern/gate/template/policies",
)


_IMPORTS = re.compile(rb"^  imports:\n(?:    .*\n)+", re.MULTILINE)
"""Packs are left out: these files are compiled without a lock."""


@cache
def corpus() -> Mapping[str, Mapping[str, bytes]]:
    """Sound sets of policy files, by the folder they come from. Imports are left out: they would need a lock."""
    return {
        folder: {
            f"{folder}/{path.name}": _IMPORTS.sub(b"", path.read_bytes())
            for path in sorted((ROOT / folder).glob("*.yaml"))
            if ".test." not in path.name
        }
        for folder in _FOLDERS
    }


# --- damage

_SCALARS = (
    *("1", "-1", "0", "0.8", "80%", "1e400", "1e-31", "9" * 40, "'1'", "true", "null", "~", "''", "no", "-0", "0x10"),
    *("[]", "{}", "[1, [2, [3]]]", "{a: {b: c}}", "[null]", "{'': ''}", "[[]]", "- a", "a: b", "|", ">-", "2026-02-30"),
    *("${params.min_ratio}", "${params.}", "x${params.min_ratio}", "${params.nowhere}", "{worst.group}", "{", "}}{"),
    *("30d", "P30D", "0d", "999999y", "metrics.auc", "metrics['a b'] > 1", "has(card.x.y)", "1/0 == 1", "(((", "a #b"),
    *("'\\u0000'", '"\\e[31m"', '"\\U0001F600"', '"\\x85"', "é", "e\u0301", "\u202e", "\ufeff", "\u2028", "&a x", "*a"),
    *("!x y", "<<", "? a", "@x", "`", "%YAML 1.1", "---", "...", "\t", "😀" * 3, "a" * 5000, "block", "pre-training"),
)
_TOKEN = re.compile(r"[A-Za-z_][\w.-]*|[0-9]+|[^\s\w]")
_KEY = re.compile(r"^([ -]*)([A-Za-z_]+)(?=:)", re.MULTILINE)
_VALUE = re.compile(r"(?<=: )[^\n]+")

Choice = tuple[int, int]
"""Two numbers that say where and with what; every number fits every text."""


def _pick(items: Sequence[Any], number: int) -> Any:
    return items[number % len(items)]


def _bytes(data: bytes, choice: Choice) -> bytes:
    at, value = choice[0] % (len(data) + 1), choice[1] % 257
    if value == 256:
        return data[:at] + data[at + 1 :]
    return data[:at] + bytes([value]) + data[at + choice[1] % 2 :]


def _text(edit: Callable[[str, Choice], str]) -> Callable[[bytes, Choice], bytes]:
    def apply(data: bytes, choice: Choice) -> bytes:
        return edit(data.decode("utf-8", "surrogateescape"), choice).encode("utf-8", "surrogateescape")

    return apply


def _swap_tokens(text: str, choice: Choice) -> str:
    found = list(_TOKEN.finditer(text))
    if len(found) < 2:
        return text
    first, second = sorted((choice[0] % len(found), choice[1] % len(found)))
    one, two = found[first], found[second]
    if first == second:
        return text[: one.start()] + text[one.end() :]
    return text[: one.start()] + two.group() + text[one.end() : two.start()] + one.group() + text[two.end() :]


def _rename_key(text: str, choice: Choice) -> str:
    found = list(_KEY.finditer(text))
    if not found:
        return text
    key = _pick(found, choice[0])
    new = _pick(
        [other.group(2) for other in found] + [key.group(2) + "s", key.group(2)[:-1], "<<", "1", "''"], choice[1]
    )
    return f"{text[: key.start(2)]}{new}{text[key.end(2) :]}"


def _other_value(text: str, choice: Choice) -> str:
    found = list(_VALUE.finditer(text))
    if not found:
        return text
    value = _pick(found, choice[0])
    return f"{text[: value.start()]}{_pick(_SCALARS, choice[1])}{text[value.end() :]}"


def _lines(text: str, choice: Choice) -> str:
    lines = text.split("\n")
    at, to = choice[0] % len(lines), choice[1] // 4 % len(lines)
    match choice[1] % 4:
        case 0:
            del lines[at]
        case 1:
            lines.insert(to, lines[at])
        case 2:
            lines[at], lines[to] = lines[to], lines[at]
        case _:
            lines[at] = " " * (to % 5) + lines[at].removeprefix("  ")
    return "\n".join(lines)


def _insert(text: str, choice: Choice) -> str:
    at = choice[0] % (len(text) + 1)
    return text[:at] + _pick(_SCALARS, choice[1]) + text[at:]


_EDITS: tuple[Callable[[bytes, Choice], bytes], ...] = (
    *[_text(_other_value)] * 4,
    *[_text(_rename_key)] * 2,
    *[_text(_swap_tokens)] * 3,
    _text(_lines),
    _text(_insert),
    _bytes,
)
"""The edits after which a file is still YAML come more often: the later stages shall be reached."""


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, bytes]:
    """A sound set of files with one to five edits in one of them."""
    folder = draw(st.sampled_from(_FOLDERS))
    files = dict(corpus()[folder])
    _edit(draw, files)
    return files


def _edit(draw: st.DrawFn, files: dict[str, bytes]) -> None:
    name = draw(st.sampled_from(sorted(files)))
    number = st.integers(0, 2**20)
    edits = st.tuples(st.sampled_from(_EDITS), number, number)
    for edit, at, what in draw(st.lists(edits, min_size=1, max_size=draw(st.sampled_from((1, 1, 2, 5))))):
        files[name] = edit(files[name], (at, what))


PACKS = ROOT / "conformance" / "plans" / "packs"


@st.composite
def damaged_packs(draw: st.DrawFn) -> dict[str, bytes]:
    """Policies, two packs and their lock, by paths from one folder, with edits in one of them."""
    files = {
        path.relative_to(PACKS).as_posix(): path.read_bytes()
        for path in sorted(PACKS.rglob("*"))
        if (path.is_file() and path.parent != PACKS) or path.name == "govern.lock"
    }
    _edit(draw, files)
    return files


# --- made up

_WORDS = (
    *(
        "a",
        "b-c",
        "sex",
        "race",
        "auc",
        "selection_rate",
        "ratio",
        "block",
        "warn",
        "low",
        "high",
        "up",
        "down",
        "fixed",
    ),
    *("pre-registration", "post-deployment", "number", "duration", "set", "enum", "order", "superset", "limitations"),
    *("requires", "in_force", "pending", "proposed", "point", "forbid", "safetensors", "${params.x}", "{worst.group}"),
    *("30d", "1mo", "2026-01-31", "1.0.0", "s3://a/b", "train", "approved", "c/1", "c", "x", "", "é", "%", "a b", "p"),
)
_EXPRESSIONS = (
    *(
        "metrics.auc > 0.5",
        "size(card.owners) > 0 && model.name == 'a'",
        "params.x > 1",
        "true",
        "dependencies.all(d, d.pinned)",
    ),
    *(
        "has(model.risk_tier)",
        "stage == 'x'",
        "metrics.auc",
        "'a' in model.tags",
        "lineage.complete",
        "1 in []",
        "!(metrics.a < 1)",
    ),
    *(
        "model.name.matches('(')",
        "metrics['top-5'] >= params.x",
        "metrics.?auc.orValue(1.0) > 0.5",
        "type(metrics.auc) == double",
    ),
)
_scalar = st.one_of(
    st.sampled_from(_WORDS),
    st.sampled_from(_EXPRESSIONS),
    st.integers(-3, 10**18),
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-10, max_value=10).map(float),
    st.booleans(),
    st.none(),
    st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=6),
)
_flat = st.one_of(_scalar, st.lists(_scalar, max_size=3), st.dictionaries(st.sampled_from(_WORDS), _scalar, max_size=3))
_anything = st.one_of(_flat, st.lists(_flat, max_size=3), st.dictionaries(st.sampled_from(_WORDS), _flat, max_size=3))


def mostly(usual: st.SearchStrategy[Any], odd: st.SearchStrategy[Any], *, once_in: int) -> st.SearchStrategy[Any]:
    """The usual, and now and then the odd: `one_of` gives every branch the same chance."""
    return st.integers(1, once_in).flatmap(lambda number: odd if number == once_in else usual)


_OF_TYPE: Mapping[Any, st.SearchStrategy[Any]] = {
    Decimal: st.sampled_from((0.8, 0.05, 1, 0, -1, 0.5)),
    int: st.integers(0, 40),
    bool: st.booleans(),
    str: st.sampled_from(_WORDS),
}


def _likely(annotation: Any) -> st.SearchStrategy[Any]:
    """Values that a field may well have, by its type; now and then any other."""
    parts = set(_parts(annotation))
    fitting = [strategy for type_, strategy in _OF_TYPE.items() if type_ in parts]
    literals = sorted(part for part in parts if isinstance(part, str))
    if literals:
        fitting = [st.sampled_from(literals)]
    one = st.one_of(fitting) if fitting else _scalar
    usual = st.lists(one, min_size=1, max_size=3) if tuple in parts else one
    if dict in parts or Mapping in parts:
        usual = st.dictionaries(st.sampled_from(("limitations", "owner", "default", "sex")), usual, max_size=2)
    return mostly(usual, _anything, once_in=30)


def _parts(annotation: Any) -> Iterator[Any]:
    """The types of which an annotation is made, and the members of its literals."""
    yield annotation if get_origin(annotation) is None else get_origin(annotation)
    for part in get_args(annotation):
        if isinstance(part, str):
            yield part
        else:
            yield from _parts(part)


def _shaped(model: type[BaseModel], **known: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A mapping with some of the keys of a model, and now and then one that it has not."""
    likely = {item.alias or name: item.annotation for name, item in model.model_fields.items()}
    fields = {name: known[name] if name in known else _likely(annotation) for name, annotation in likely.items()}
    required = {item.alias or name for name, item in model.model_fields.items() if item.is_required()}
    optional = sorted(set(fields) - required)
    some = st.sets(st.sampled_from(optional), max_size=4) if optional else st.just(set())
    usual = some.flatmap(lambda chosen: st.fixed_dictionaries({key: fields[key] for key in {*required, *chosen}}))
    odd = st.dictionaries(st.sampled_from([*fields, *_WORDS]), _anything, max_size=2)
    return mostly(usual, st.builds(lambda one, two: {**one, **two}, usual, odd), once_in=20)


_names = st.sampled_from((*[f"p{index}" for index in range(9)], "c", "s", "Bad Name", ""))
_ids = st.sampled_from((*[f"r-{index}" for index in range(30)], "Bad", ""))
_fragments = st.sampled_from(
    (*_EXPRESSIONS, "&&", "||", "!", "(", ")", "params.x", "metrics.auc", ">", "0.8", "'a'", "?", ":", "[", "]")
)
_expressions = st.one_of(
    st.sampled_from(_EXPRESSIONS),
    st.lists(st.sampled_from(_EXPRESSIONS), min_size=2, max_size=3).map(" && ".join),
    st.lists(_fragments, min_size=1, max_size=6).map(" ".join),
)


_days = st.sampled_from(("2026-01-31", "2025-02-01", "2027-12-31", "soon"))
_RULE_KEYS: dict[str, st.SearchStrategy[Any]] = {
    "id": _ids,
    "enforcement": st.sampled_from((*["block", "warn", "record"] * 4, "stop")),
    "controls": st.lists(st.sampled_from(("c/1", "c/2", "c/3", "d/1")), max_size=2),
    "stages": st.lists(st.sampled_from((*["pre-registration", "pre-deployment"] * 4, "later")), min_size=1, max_size=2),
    "when": _expressions,
    "max_waiver_days": st.integers(1, 100),
}


@cache
def _rules() -> st.SearchStrategy[Any]:
    @cache
    def of_kind(kind: str) -> st.SearchStrategy[dict[str, Any]]:
        asserted = dict.fromkeys(specs()[kind].expression_params, _expressions)
        with_ = _shaped(specs()[kind].params, **asserted)
        return _shaped(Rule, check=st.just(kind), id=_ids, **{"with": with_})

    usual = st.sampled_from(sorted(specs())).flatmap(of_kind)
    return mostly(usual, st.one_of(_shaped(Rule), _anything), once_in=20)


@cache
def _documents() -> st.SearchStrategy[dict[str, Any]]:
    days = dict.fromkeys(("applies_from", "applies_until", "source_checked_on"), _days)
    versions = st.sampled_from(("1.0.0", "2"))
    metadata = _shaped(Metadata, **days, name=_names, version=versions)
    one = _shaped(Parameter)
    held = mostly(one, _anything, once_in=10)
    params = st.dictionaries(st.sampled_from((*["x", "min_ratio"] * 6, "Bad")), held, max_size=3)
    names = st.fixed_dictionaries({"metrics": st.lists(st.sampled_from(_WORDS), max_size=2)})
    spec = st.fixed_dictionaries(
        {"rules": st.lists(_rules(), max_size=4)},
        optional={"params": params, "applies_when": _expressions, "names": names},
    )
    policy = st.fixed_dictionaries({"kind": st.just("Policy"), "metadata": metadata, "spec": spec})
    control = _shaped(Control, **days, id=st.sampled_from(("1", "2", "3")))
    of_catalogue = _shaped(CatalogueMetadata, **days, name=st.sampled_from(("c", "d")), version=versions)
    catalogue = _shaped(ControlCatalogue, metadata=of_catalogue, controls=st.lists(control, max_size=3))
    source = st.dictionaries(st.sampled_from(("id", "exact", "pins", "roles", "owner", "events", "x")), _anything)
    registry = st.fixed_dictionaries({"metadata": metadata}, optional={"sources": st.lists(source, max_size=3)})
    others = st.one_of(
        catalogue.map(lambda body: {"kind": "ControlCatalog", **body}),
        registry.map(lambda body: {"kind": "SourceRegistry", **body}),
        st.dictionaries(st.sampled_from(("kind", "metadata", "spec", "sources")), _anything),
    )
    return mostly(policy, others, once_in=4)


@st.composite
def made_up(draw: st.DrawFn) -> dict[str, bytes]:
    """One to three documents of the kinds there are, each nearly right."""
    made: dict[str, bytes] = {}
    for index in range(draw(st.integers(1, 3))):
        document = {"apiVersion": "govern/v1", **draw(_documents())}
        made[f"made-{index}.yaml"] = json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return made
