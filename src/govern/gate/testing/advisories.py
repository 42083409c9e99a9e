"""The advisory snapshot of a case: a folder, or a few advisories written in the test."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from govern.canonical import canonical_bytes, instant_text, parse_instant, sha256_hex
from govern.diagnostics import Diagnostic, InputError, Span
from govern.gate.testing.paths import beside
from govern.inputs.nodes import ListNode, MapNode, Node, ScalarNode
from govern.inputs.yaml import value_of
from govern.policy.faults import validated
from govern.policy.testing.cases import Case, data_of
from govern.policy.testing.documents import AdvisoryDocument
from govern.policy.testing.patches import Value
from govern.security.advisories.build import AdvisoryInput, build_snapshot
from govern.security.advisories.snapshot import Snapshot, current_snapshot, load_snapshot

__all__ = ["DATABASE", "built", "osv_record", "records_in", "snapshot_folder"]

DATABASE = "osv-pypi"
"""Name of the database that advisories of a test are said to come from."""

_FILLER = {"id": "GOVERN-TEST-0", "package": "no-such-package-of-a-test", "fixed": "1.0"}
"""A database with no record at all is one that does not speak; this one speaks, of something else."""


def snapshot_folder(case: Case) -> Path | None:
    """Give the folder that a case names, relative to its file; None when it names none."""
    node = case.advisories
    if not isinstance(node, ScalarNode) or node.is_null:
        return None
    folder = beside(case.file, node.text, node.span)
    if not folder.is_dir():
        hint = "Name a snapshot folder, relative to the test, or list advisories."
        raise InputError(Diagnostic("P707", f"there is no snapshot folder {node.text}", node.span, hint))
    return folder if (folder / "snapshot.json").exists() else (current_snapshot(folder) or folder)


def records_in(case: Case) -> tuple[tuple[dict[str, Any], ...], str] | None:
    """Read the advisories that a case lists, with the date of the snapshot; None when it lists none.

    A list, or `{as_of, records}`. Each is in short (see `AdvisoryDocument`) or an OSV record. Raises InputError.
    """
    node, as_of = case.advisories, instant_text(case.clock)
    if isinstance(node, MapNode):
        given = node.get("as_of")
        if isinstance(given, ScalarNode):
            as_of = _instant(given)
        unknown = [key for key in node.keys() if key not in ("as_of", "records")]  # noqa: SIM118 - our own method
        if unknown:
            text = f"there is no key '{unknown[0]}' here"
            raise InputError(Diagnostic("P201", text, node.key_span(unknown[0]), "Keys here are as_of, records."))
        node = node.get("records")
    elif node is None or isinstance(node, ScalarNode):
        return None
    items: Sequence[Node] = node.items if isinstance(node, ListNode) else ()
    return tuple(_record(item, as_of) for item in items), as_of


def _instant(node: ScalarNode) -> str:
    try:
        parse_instant(node.text)
    except ValueError as fault:
        raise InputError(Diagnostic("P204", f"as_of: {fault}", node.span)) from fault
    return node.text


def _record(node: Node, as_of: str) -> dict[str, Any]:
    if not isinstance(node, MapNode):
        raise InputError(Diagnostic("P203", "an advisory is a mapping with id and package", node.span))
    if node.get("affected") is not None:
        whole: dict[str, Any] = _floatless(data_of(node))
        return whole
    short, faults = validated(AdvisoryDocument, value_of(node), node)
    if short is None:
        raise InputError(faults)
    return osv_record(short, as_of)


def osv_record(short: AdvisoryDocument, as_of: str) -> dict[str, Any]:
    """Write an advisory in short as an OSV record."""
    events: list[dict[str, str]] = [{"introduced": short.introduced}]
    if short.fixed is not None:
        events.append({"fixed": short.fixed})
    made: dict[str, Any] = {
        "id": short.id,
        "modified": short.modified or as_of,
        "published": short.modified or as_of,
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": short.package},
                "ranges": [{"type": "ECOSYSTEM", "events": events}],
            }
        ],
    }
    if short.severity is not None:
        made["severity"] = [{"type": _cvss(short.severity), "score": short.severity}]
    return made


def _cvss(vector: str) -> str:
    return "CVSS_V4" if vector.startswith("CVSS:4") else "CVSS_V2" if not vector.startswith("CVSS:") else "CVSS_V3"


def _floatless(value: Value) -> Any:
    if isinstance(value, dict):
        return {key: _floatless(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_floatless(item) for item in value]
    return str(value) if isinstance(value, Decimal) else value


def built(records: Sequence[dict[str, Any]], as_of: str, folder: Path, span: Span) -> Snapshot:
    """Build a snapshot of a few records in a folder. Raises InputError for records that contradict each other."""
    # As old as the newest record: a case that lists old records is about a database that fell silent.
    newest = max((str(item["modified"]) for item in records if "modified" in item), default=as_of)
    filler = osv_record(AdvisoryDocument(**_FILLER), newest)
    raw = tuple((str(number), item) for number, item in enumerate((filler, *records)))
    digest = sha256_hex(canonical_bytes([item for _place, item in raw]))
    given = AdvisoryInput(name=DATABASE, records=raw, location="policy test", digest=digest, as_of=as_of)
    try:
        return load_snapshot(build_snapshot([given], folder, as_of=as_of).path)
    except InputError as fault:
        message = fault.diagnostics[0].message
        raise InputError(Diagnostic("P707", f"the advisories cannot be used: {message}", span)) from fault
    except (TypeError, ValueError) as fault:
        raise InputError(Diagnostic("P707", f"the advisories cannot be read: {fault}", span)) from fault
