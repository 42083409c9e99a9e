"""`govern policy lint --fix`: apply the certain edits, compile again, and keep what was valid meaning the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic, InputError, Severity, UsageError
from govern.gate.outputs import write_atomic, writing
from govern.gate.packs.places import PackPlaces
from govern.gate.policies import compile_read, lint_read, read_policy_files
from govern.inputs.yaml import MapNode, ScalarNode, parse_yaml
from govern.policy.advice.fixes import apply_fixes
from govern.policy.outcomes import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from govern.policy.compile import Compiled

__all__ = ["Fixed", "fix_files", "fix_paths"]

_MOST_ROUNDS = 10
"""A misspelt key hides what is wrong with its value: each round can bring the next faults to light."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """What `--fix` did."""

    files: Mapping[str, bytes]
    mended: tuple[Diagnostic, ...]

    def write(self, before: Mapping[str, bytes]) -> tuple[str, ...]:
        """Write the files that changed, each whole or not at all. Raises UsageError U108."""
        changed = tuple(sorted(name for name, data in self.files.items() if data != before[name]))
        for name in changed:
            path = Path(name)
            with writing(path):
                write_atomic(path.resolve(), self.files[name])
        return changed


def fix_paths(
    paths: Sequence[Path], *, places: PackPlaces | None = None, at: datetime | None = None
) -> tuple[tuple[Diagnostic, ...], tuple[str, ...]]:
    """Apply the certain edits of diagnostics to policy files; give what was mended and the files that changed.

    Files of packs are never edited. Raises UsageError P810 when a valid file would mean something else, U108 when a
    file cannot be written.
    """
    files = read_policy_files(paths)

    def judge(some: Mapping[str, bytes]) -> tuple[Diagnostic, ...]:
        return lint_read(some, places=places, at=at)[0]

    def compile_for(some: Mapping[str, bytes], stage: Stage) -> Compiled:
        return compile_read(some, stage=stage, places=places).compiled

    fixed = fix_files(files, judge=judge, compile_for=compile_for)
    return fixed.mended, fixed.write(files)


def fix_files(
    files: Mapping[str, bytes],
    *,
    judge: Callable[[Mapping[str, bytes]], tuple[Diagnostic, ...]],
    compile_for: Callable[[Mapping[str, bytes], Stage], Compiled],
) -> Fixed:
    """Apply edits until none is left. Writes nothing.

    `judge` lints a set of files, `compile_for` compiles one for a stage.

    Raises UsageError P810 when a file that was valid before would mean something else: its plan's digest changed.
    """
    made = dict(files)
    mended: list[Diagnostic] = []
    for _round in range(_MOST_ROUNDS):
        applied = apply_fixes(made, judge(made))
        if not applied.mended:
            break
        made = dict(applied.files)
        mended += applied.mended
    faults = [_changed(name) for name in _other_meaning(files, made, compile_for)]
    if faults:
        raise UsageError(faults)
    return Fixed(made, tuple(mended))


def _changed(name: str) -> Diagnostic:
    message = f"the edits would change what {name} means, although it was valid before; nothing was written"
    return Diagnostic("P810", message, hint="Mend the files by hand: the diagnostics name the places.")


def _other_meaning(
    before: Mapping[str, bytes],
    after: Mapping[str, bytes],
    compile_for: Callable[[Mapping[str, bytes], Stage], Compiled],
) -> Iterable[str]:
    """Yield files that changed, compiled before, and have another plan (or none) for some stage now."""
    for name in sorted(before):
        if before[name] == after[name]:
            continue
        around = {other for other in before if other == name or not _is_policy(before[other])}
        old = [_digest(compile_for({each: before[each] for each in around}, stage)) for stage in Stage]
        new = [_digest(compile_for({each: after[each] for each in around}, stage)) for stage in Stage]
        if None not in old and old != new:
            yield name


def _digest(compiled: Compiled) -> str | None:
    if compiled.plan is None or any(item.severity is Severity.ERROR for item in compiled.diagnostics):
        return None
    return compiled.plan.digest


def _is_policy(data: bytes) -> bool:
    try:
        node = parse_yaml(data, file="", strictness="policy")
    except InputError:
        return True
    kind = node.get("kind") if isinstance(node, MapNode) else None
    return not isinstance(kind, ScalarNode) or kind.text == "Policy"
