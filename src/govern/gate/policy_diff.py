"""`govern policy diff`: two versions of policies, what changed by the lattice, and whom it would meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic, Severity, UsageError
from govern.gate.packs.places import PackPlaces
from govern.gate.policies import PolicyError, compile_paths
from govern.policy.compile import Compiled
from govern.policy.difference.diff import Difference, diff
from govern.policy.outcomes import Stage
from govern.policy.packs.lockfile import LOCK_FILE

if TYPE_CHECKING:
    from govern.gate.policy_impact import Impact

__all__ = ["Comparison", "Question", "compare_policies", "places_near"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which policies to compare, and on which models to try them."""

    old: Path
    new: Path
    results: Sequence[Path] = ()
    """Stored results (`-o json`), or folders of them."""
    bundles: Sequence[Path] = ()
    stage: Stage | None = None
    """The gate at which bundles are judged; results know theirs."""
    clock: datetime | None = None
    advisories: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What differs, and what it does to the models that were named; None when none were."""

    difference: Difference
    impact: Impact | None
    files: Mapping[str, bytes]

    @property
    def exit_code(self) -> int:
        """1 when something is, or may be, let through that was not, else 0."""
        return 1 if self.difference.loosens else 0


def compare_policies(question: Question) -> Comparison:
    """Compare two versions of policies.

    Raises PolicyError when one of them does not compile, UsageError for paths or results that cannot be read.
    """
    before, _files = _compiled(question.old)
    after, files = _compiled(question.new)
    return Comparison(difference=diff(before, after), impact=_impact(question), files=files)


def places_near(path: Path) -> PackPlaces:
    """Find the lock file of policies: beside them, or in the nearest folder above that has one."""
    here = path.resolve()
    for folder in (here, *here.parents):
        if (folder / LOCK_FILE).is_file():
            return PackPlaces(lock=folder / LOCK_FILE)
    return PackPlaces()


def _compiled(path: Path) -> tuple[Compiled, Mapping[str, bytes]]:
    made = compile_paths([path], stage=None, places=places_near(path))
    errors = [item for item in made.compiled.diagnostics if item.severity is Severity.ERROR]
    if errors:
        raise PolicyError(errors, made.every_file)
    return made.compiled, made.every_file


def _impact(question: Question) -> Impact | None:
    if not question.results and not question.bundles:
        return None
    from govern.gate.policy_impact import Side, collected, impact_of_bundles, impact_of_results
    from govern.gate.stored import load_result

    old, new = (Side([path], places_near(path)) for path in (question.old, question.new))
    stored = [(str(path), load_result(path)) for path in _files(question.results)]
    moved = list(impact_of_results(old, new, stored))
    if question.bundles:
        if question.stage is None or question.clock is None:
            hint = "pass -s STAGE: a bundle does not know at which gate it stands"
            raise UsageError(Diagnostic("U104", "no stage was named", hint=hint))
        moved += impact_of_bundles(
            *(old, new, question.bundles),
            stage=question.stage,
            clock=question.clock,
            advisories=question.advisories,
        )
    return collected(moved)


def _files(paths: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.glob("*.json")) if path.is_dir() else [path]
        if not inside:
            raise UsageError(Diagnostic("U103", f"no results (*.json) in {path}"))
        found += inside
    return found
