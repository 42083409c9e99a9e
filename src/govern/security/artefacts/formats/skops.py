"""skops files: a zip of `schema.json` and array members; every node's loader and type is judged by our profiles.

skops computes its own trusted list from whatever scikit-learn is installed; a profile gives the same answer everywhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping

from govern.diagnostics import InputError
from govern.inputs.json import JsonValue, parse_json
from govern.security.artefacts.limits import ScanError
from govern.security.artefacts.pickle.profiles import Profiles
from govern.security.artefacts.report import GlobalUse, Reason, Verdict

__all__ = ["SkopsSchema", "read_schema"]

MAX_SCHEMA = 512 << 20
MAX_REASONS = 100
_BUILTIN_TYPES = frozenset(
    ("builtins", name)
    for name in ("str", "int", "float", "bool", "bytes", "bytearray", "list", "dict", "tuple", "set", "complex")
)
_BIT_GENERATORS = frozenset({"MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"})
_PROTOCOLS = (1, 2)
Node = Mapping[str, JsonValue]


class SkopsSchema:
    """What a schema makes a loader do."""

    def __init__(self, profiles: Profiles) -> None:
        self.profiles = profiles
        self.files: set[str] = set()
        """Members that nodes refer to."""
        self.reasons: list[Reason] = []
        self.uses: dict[tuple[str, str], set[str]] = {}

    @property
    def globals(self) -> tuple[GlobalUse, ...]:
        """Every type with how it is used, sorted."""
        return tuple(GlobalUse(m, n, tuple(sorted(kinds))) for (m, n), kinds in sorted(self.uses.items()))

    def use(self, key: tuple[str, str], kind: str, what: str) -> None:
        """Note a use of a type; add a reason when no profile permits it."""
        self.uses.setdefault(key, set()).add(kind)
        if key in _BUILTIN_TYPES and kind == "value":
            return
        if not self.profiles.allows(key, kind):
            code = "S404" if self.profiles.entries(key) else "S402"
            self.add(Verdict.BLOCKED, code, f"{what} {key[0]}.{key[1]}, which no profile permits", f"{key[0]}.{key[1]}")

    def add(self, verdict: Verdict, code: str, text: str, name: str | None = None) -> None:
        """Add a reason once."""
        made = Reason(code=code, verdict=verdict, text=text, name=name)
        if made not in self.reasons and len(self.reasons) < MAX_REASONS:
            self.reasons.append(made)


def read_schema(raw: bytes, profiles: Profiles) -> SkopsSchema:
    """Judge every node of a schema. Raises ScanError for one that is not sound JSON or of another protocol."""
    try:
        document = parse_json(raw, file="schema.json", max_bytes=MAX_SCHEMA, max_depth=200)
    except InputError as fault:
        raise ScanError("S305", f"schema.json: {fault.diagnostics[0].message}") from fault
    if not isinstance(document, dict) or "__loader__" not in document:
        raise ScanError("S305", "schema.json has no root node")
    schema = SkopsSchema(profiles)
    if document.get("protocol") not in _PROTOCOLS or not isinstance(document.get("_skops_version"), str):
        schema.add(Verdict.INCONCLUSIVE, "S305", "the skops protocol is not 1 or 2")
    first: dict[JsonValue, Node] = {}
    for node in _nodes(document):
        _judge(schema, node)
        identity = node.get("__id__")
        if isinstance(identity, dict | list):
            schema.add(Verdict.BLOCKED, "S305", "a node whose id is not a number")
        elif identity is not None and not _same(first.setdefault(identity, node), node):
            # The loader takes the first node of an id and ignores what stands at the second.
            schema.add(Verdict.BLOCKED, "S305", "two nodes of one id that differ")
    return schema


def _nodes(root: JsonValue) -> Iterator[Node]:
    """Give every object of the document that could be a node; content that is shared by id is judged each time."""
    pending: list[JsonValue] = [root]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if value.keys() & {"__loader__", "__class__", "__id__"}:
                yield value
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)


def _same(left: Node, right: Node) -> bool:
    """Compare two nodes apart from ids and member names, which differ when one object is written twice.

    When all nodes of each id are the same in this sense, so is whatever the loader puts in their place.
    """
    pending: list[tuple[JsonValue, JsonValue]] = [(dict(left), dict(right))]
    while pending:
        one, other = pending.pop()
        if one is other:
            continue
        if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
            pending.extend((one[key], other[key]) for key in one if key not in ("file", "__id__"))
        elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
            pending.extend(zip(one, other, strict=True))
        elif isinstance(one, dict | list) or one != other:
            return False
    return True


def _judge(schema: SkopsSchema, node: Node) -> None:
    loader, module, name = node.get("__loader__"), node.get("__module__"), node.get("__class__")
    if not isinstance(loader, str) or not isinstance(module, str) or not isinstance(name, str):
        schema.add(Verdict.BLOCKED, "S305", "a node without loader, module or class")
        return
    judge = _LOADERS.get(loader)
    if judge is None:
        schema.add(Verdict.BLOCKED, "S404", f"loader {loader[:40]} is not permitted", loader[:40])
        return
    judge(schema, node, (module, name))


def _exactly(*keys: tuple[str, str]) -> Callable[[SkopsSchema, Node, tuple[str, str]], None]:
    def judge(schema: SkopsSchema, node: Node, key: tuple[str, str]) -> None:
        if key not in keys:
            text = f"{node['__loader__']} makes {key[0]}.{key[1]} instead of a plain container"
            schema.add(Verdict.BLOCKED, "S404", text[:300], f"{key[0]}.{key[1]}")

    return judge


def _bytes(schema: SkopsSchema, node: Node, key: tuple[str, str]) -> None:
    _exactly(("builtins", "bytes"), ("builtins", "bytearray"))(schema, node, key)
    _file(schema, node)


def _file(schema: SkopsSchema, node: Node) -> None:
    name = node.get("file")
    if isinstance(name, str):
        schema.files.add(name)
    else:
        schema.add(Verdict.BLOCKED, "S305", "a node that needs a member names none")


def _object(schema: SkopsSchema, node: Node, key: tuple[str, str]) -> None:
    schema.use(key, "new", "makes")
    schema.use(key, "build", "builds")
    content = node.get("content")
    attributes = content.get("content") if isinstance(content, dict) else None
    if isinstance(attributes, dict):
        for name in attributes:
            if name.startswith("__") and name.endswith("__"):
                schema.add(Verdict.BLOCKED, "S404", f"sets {name[:60]} on {key[0]}.{key[1]}")


def _called(schema: SkopsSchema, node: Node, key: tuple[str, str]) -> None:
    del node
    schema.use(key, "reduce", "calls")


def _value(schema: SkopsSchema, node: Node, key: tuple[str, str]) -> None:
    del node
    schema.use(key, "value", "refers to")


def _array(schema: SkopsSchema, node: Node, key: tuple[str, str]) -> None:
    if key != ("numpy", "ndarray"):
        schema.use(key, "value", "makes")
    if node.get("type") == "numpy":
        _file(schema, node)
    elif node.get("type") != "json":
        schema.add(Verdict.BLOCKED, "S305", "an array node of an unknown type")


def _generator(schema: SkopsSchema, node: Node, key: tuple[str, str]) -> None:
    """The generator's class name is a plain text in the state, and the loader calls what it names."""
    _exactly(("numpy.random", "Generator"), ("numpy.random._generator", "Generator"))(schema, node, key)
    try:
        name = json.loads(node["content"]["bit_generator"]["content"]["bit_generator"]["content"])  # type: ignore[index, call-overload, arg-type]  # any other shape is caught
    except (KeyError, TypeError, ValueError):
        name = None
    if name not in _BIT_GENERATORS:
        schema.add(Verdict.BLOCKED, "S404", "a random generator of a class that is not numpy's")


def _unmodelled(schema: SkopsSchema, node: Node, key: tuple[str, str]) -> None:
    del key
    if "file" in node:
        _file(schema, node)
    schema.add(Verdict.INCONCLUSIVE, "S309", f"loader {node['__loader__']} is not analysed")


def _json_text(schema: SkopsSchema, node: Node, key: tuple[str, str]) -> None:
    _exactly(("builtins", "str"))(schema, node, key)
    if not isinstance(node.get("content"), str):
        schema.add(Verdict.BLOCKED, "S305", "a JSON node without text")


_LOADERS: dict[str, Callable[[SkopsSchema, Node, tuple[str, str]], None]] = {
    "DictNode": _exactly(("builtins", "dict"), ("collections", "OrderedDict")),
    "DefaultDictNode": _exactly(("collections", "defaultdict")),
    "ListNode": _exactly(("builtins", "list")),
    "SetNode": _exactly(("builtins", "set")),
    "TupleNode": _exactly(("builtins", "tuple")),
    "SliceNode": _exactly(("builtins", "slice")),
    "BytesNode": _bytes,
    "BytearrayNode": _bytes,
    "JsonNode": _json_text,
    "TypeNode": _value,
    "FunctionNode": _value,
    "ObjectNode": _object,
    "ConstructorFromReduceNode": _called,
    "TreeNode": _called,
    "LossNode": _called,
    "NdArrayNode": _array,
    "DTypeNode": _exactly(("numpy", "dtype")),
    "MaskedArrayNode": _exactly(("numpy.ma", "MaskedArray"), ("numpy.ma.core", "MaskedArray")),
    "RandomStateNode": _exactly(("numpy.random", "RandomState"), ("numpy.random.mtrand", "RandomState")),
    "RandomGeneratorNode": _generator,
    "SparseMatrixNode": _unmodelled,
    "QuantileForestNode": _unmodelled,
}
"""Loaders of skops 0.16 that are understood. `MethodNode`, `PartialNode` and `OperatorFuncNode` stay out: they reach
attributes or call what the file says."""
