"""What breaks evidence: a rule that passed, the evidence it passed on, and one thing that is spoilt in it.

A broken rule must not pass. Only what provably touches the fact that a rule demands is offered, so that every pass
that remains is a hole: evidence that the rule does not read is left alone, and where a parameter of the rule itself
tolerates the damage, that damage is not offered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from govern.gate.testing.materials import path_of
from govern.gate.testing.runner import Material
from govern.policy.plan import PlanRule
from govern.policy.testing.documents import ApprovalDocument, AttestationDocument
from govern.policy.testing.patches import Value, pointer_of, steps_of, value_at
from govern.policy.testing.running import RuleRun

__all__ = ["Break", "Operation", "Target", "add", "remove", "replace"]

Operation = dict[str, Value]
ZEROS = "0" * 64
"""A digest of nothing that anybody has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """One thing that is spoilt."""

    name: str
    """Stable: operator and place, e.g. `null:metrics.auc`."""
    told: str
    """What was done, after `when`."""
    patch: tuple[Operation, ...] = ()
    elsewhere: bool = False
    """Whether the rule may still pass on other evidence that it then names: a removed source may have a substitute."""
    declared: bool = False
    """Whether what is left is a declaration too: the rule may then not apply."""
    clock: datetime | None = None
    advisories: tuple[dict[str, Any], ...] | None = None
    """Advisories that are known beside those of the snapshot."""
    no_advisories: bool = False
    approvals: tuple[ApprovalDocument, ...] | None = None
    attestations: tuple[AttestationDocument, ...] | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A blocking rule that passed in a case."""

    rule: PlanRule
    run: RuleRun
    material: Material

    @property
    def document(self) -> Mapping[str, Value]:
        """The evidence."""
        return self.material.evidence.document

    @property
    def params(self) -> Any:
        """The rule's parameters."""
        return self.rule.params

    @property
    def files(self) -> frozenset[str]:
        """The files that the rule rests on."""
        return frozenset(item.file for item in self.run.result.evidence)

    def cites(self, member: str) -> bool:
        """Whether the rule rests on the file of a member."""
        held = self.document.get(member) is not None
        return held and path_of(member, self.material.evidence) in self.files

    def cited(self, name: str) -> tuple[str, ...]:
        """Give the files that the rule rests on in a role."""
        return tuple(item.file for item in self.run.result.evidence if item.name == name)

    def has(self, pointer: str) -> bool:
        """Whether there is something at a pointer."""
        return self.at(pointer) is not None

    def at(self, pointer: str) -> Value:
        """Give what is at a pointer; None for nothing."""
        try:
            return value_at(dict(self.document), steps_of(pointer))
        except ValueError:
            return None

    def file_at(self, path: str) -> str | None:
        """Give the pointer of a file of the bundle: of its member, or under `files`."""
        for member in self.document:
            held = member != "files" and self.document[member] is not None
            if held and path_of(member, self.material.evidence) == path:
                return pointer_of(member)
        pointer = pointer_of("files", path)
        return pointer if self.has(pointer) else None


def remove(*pointers: str) -> tuple[Operation, ...]:
    """Take things out."""
    return tuple({"op": "remove", "path": pointer} for pointer in pointers)


def replace(pointer: str, value: Value) -> tuple[Operation, ...]:
    """Put another value in place of one."""
    return ({"op": "replace", "path": pointer, "value": value},)


def add(pointer: str, value: Value) -> tuple[Operation, ...]:
    """Put a value where none was."""
    return ({"op": "add", "path": pointer, "value": value},)
