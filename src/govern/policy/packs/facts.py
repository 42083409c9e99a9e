"""Facts that packs add to the model record: `extensions.<pack>.<name>` there, `model.<pack>.<name>` in expressions."""

from __future__ import annotations

import re

from govern.diagnostics import Diagnostic
from govern.inputs.yaml import MapNode
from govern.policy.evidence_schema import EvidenceSchema, ListType, MapType, PathType, RootSchema, ScalarType
from govern.policy.packs.bringing import Brought

__all__ = ["fact_key", "with_facts"]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_TYPES: dict[str, PathType] = {
    "text": ScalarType("text"),
    "number": ScalarType("number"),
    "bool": ScalarType("bool"),
    "texts": ListType(ScalarType("text")),
}


def fact_key(pack: str) -> str:
    """Give the name under which expressions read a pack's facts: hyphens and dots become underscores."""
    return re.sub(r"[-.]", "_", pack)


def with_facts(schema: EvidenceSchema, brought: Brought) -> tuple[EvidenceSchema, tuple[Diagnostic, ...]]:
    """Give the evidence schema with the facts of every pack; a name that no expression can read is P205."""
    faults: list[Diagnostic] = []
    model = schema.roots.get("model")
    if model is None or not isinstance(model.type, MapType):
        return schema, ()
    fields = dict(model.type.fields)
    for name in sorted(brought.packs):
        pack = brought.packs[name]
        if not pack.spec.facts:
            continue
        spec = pack.node.get("spec")
        node = spec.get("facts") if isinstance(spec, MapNode) else None
        held = fields.get(fact_key(name))
        own = dict(held.fields) if isinstance(held, MapType) else {}
        for key, fact in pack.spec.facts.items():
            if not _NAME.fullmatch(key) or (held is not None and not isinstance(held, MapType)) or key in own:
                span = node.key_span(key) if isinstance(node, MapNode) else pack.node.span
                hint = "Names of facts are lower case with underscores, and none of the model record's own."
                faults.append(Diagnostic("P205", f"'{key}' is not a name of a fact", span, hint))
            own.setdefault(key, _TYPES[fact.type])
        fields[fact_key(name)] = MapType(own)
    made = RootSchema(MapType(fields, model.type.value, model.type.known), model.evidence, model.files)
    return schema.with_root("model", made), tuple(faults)
