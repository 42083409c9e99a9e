"""What the gate depends on, one line each: versions, trust root, ledger, advisories, byte-code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from importlib.util import cache_from_source
from pathlib import Path

import govern
from govern import __version__
from govern.canonical import instant_text, parse_instant
from govern.diagnostics import GovernError, plain
from govern.gate.ledgers import open_ledger
from govern.gate.signing import signing_of
from govern.gate.trust.file import read_trust
from govern.gate.workspace import Workspace

__all__ = ["Line", "examine"]

SOON = timedelta(days=30)
CORE = ("cel-expr-python", "cryptography", "pydantic", "pyyaml", "jsonschema-rs")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at."""

    name: str
    state: str
    """`ok`, `warn` (works, but look at it) or `FAIL` (a gate could not decide or sign)."""
    text: str


def examine(workspace: Workspace, *, clock: datetime, environment: Mapping[str, str]) -> tuple[Line, ...]:
    """Look at everything; a fault of one thing does not keep the others from being looked at."""
    examiners: list[tuple[str, Callable[[], Line]]] = [
        ("engine", _engine),
        ("bytecode", _bytecode),
        ("workspace", lambda: _workspace(workspace)),
        ("plug-ins", _plugins),
        ("policies", lambda: _policies(workspace)),
        ("keys", lambda: _keys(workspace, environment)),
        ("trust root", lambda: _trust(workspace, clock)),
        ("ledger", lambda: _ledger(workspace)),
        ("advisories", lambda: _advisories(workspace, clock)),
    ]
    lines = []
    for name, look in examiners:
        try:
            lines.append(look())
        except GovernError as fault:
            lines.append(Line(name, "FAIL", plain(fault.diagnostics[0].message)))
    return tuple(lines)


def _engine() -> Line:
    missing = []
    for name in CORE:
        try:
            version(name)
        except PackageNotFoundError:
            missing.append(name)
    python = ".".join(map(str, sys.version_info[:3]))
    if missing:
        return Line("engine", "FAIL", f"govern {__version__} on Python {python}, without {', '.join(missing)}")
    return Line("engine", "ok", f"govern {__version__} on Python {python}")


def _bytecode() -> Line:
    cached = Path(cache_from_source(str(Path(govern.__file__).parent / "canonical.py")))
    if cached.exists():
        return Line("bytecode", "ok", "compiled")
    return Line("bytecode", "warn", "not compiled: every start is two to three times slower; python -m compileall")


def _workspace(workspace: Workspace) -> Line:
    if workspace.file is None:
        return Line("workspace", "warn", "no govern.toml here or above; make one: govern init")
    return Line("workspace", "ok", str(workspace.file))


def _plugins() -> Line:
    """One that is broken stops only the policies that name it, and then the line on policies says so too."""
    from govern.gate.kinds import check_registry

    registry = check_registry()
    faults = registry.load_all()
    if faults:
        more = f" ({len(faults) - 1} more)" if len(faults) > 1 else ""
        return Line("plug-ins", "warn", plain(f"{faults[0].message}{more}", limit=400))
    kinds = [f"{kind} of {registry[kind].spec.plugin}" for kind in registry.offered()]
    return Line("plug-ins", "ok", plain(", ".join(kinds), limit=400) if kinds else "none")


def _policies(workspace: Workspace) -> Line:
    from govern.diagnostics import Severity
    from govern.gate.packs.places import PackPlaces
    from govern.gate.policies import lint_paths

    paths = workspace.paths("policies")
    if not paths:
        return Line("policies", "warn", "none named")
    diagnostics, files = lint_paths(paths, places=PackPlaces(lock=workspace.lock))
    errors = sum(item.severity is Severity.ERROR for item in diagnostics)
    if errors:
        return Line("policies", "FAIL", f"{errors} errors: govern policy lint")
    return Line("policies", "ok", f"{len(files)} files compile")


def _keys(workspace: Workspace, environment: Mapping[str, str]) -> Line:
    if workspace.text("certifier") is None:
        return Line("keys", "warn", "none set: this gate decides without signing (--no-issue)")
    signing = signing_of(workspace, environment)
    return Line("keys", "ok", f"certifier {signing.signer.public.keyid}, log {signing.log.key.vkey}")


def _trust(workspace: Workspace, clock: datetime) -> Line:
    path = workspace.path("trust")
    if path is None:
        return Line("trust root", "warn", "none named")
    root = read_trust(path)
    text = f"version {root.version}, in force until {instant_text(root.expires)}"
    if not root.issued_at <= clock < root.expires:
        return Line("trust root", "FAIL", f"{text}: not in force now")
    return Line("trust root", "warn" if root.expires - clock < SOON else "ok", text)


def _ledger(workspace: Workspace) -> Line:
    if workspace.text("ledger") is None:
        return Line("ledger", "warn", "none named")
    with open_ledger(workspace) as ledger:
        head = ledger.head()
        return Line(
            "ledger", "ok", f"{plain(ledger.key.name)}: {head.size} entries, in keeping with its published checkpoint"
        )


def _advisories(workspace: Workspace, clock: datetime) -> Line:
    from govern.security.advisories.snapshot import current_snapshot, load_snapshot

    store = workspace.path("advisories")
    folder = None if store is None else store if (store / "snapshot.json").exists() else current_snapshot(store)
    if folder is None:
        return Line("advisories", "warn", "no snapshot: govern advisories update")
    snapshot = load_snapshot(folder)
    age = clock - parse_instant(snapshot.as_of)
    text = f"{len(snapshot.records)} records as of {snapshot.as_of} ({age.days} days)"
    return Line("advisories", "warn" if age > SOON or age < timedelta(0) else "ok", text)
