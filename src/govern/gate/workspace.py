"""Where everything lies: `govern.toml`, environment variables, flags, in rising precedence.

[workspace]
policies = ["policies"]                       # files or folders of *.yaml
packs = ["packs"]                             # folders with one folder a pack, where `govern policy lock` looks
lock = "govern.lock"                          # the pinned packs; default: beside govern.toml
signed_packs = "optional"                     # or "required": every pack needs a signed release
advisories = ".govern/advisories"             # a snapshot folder, or a store with `current`
trust = "trust.json"
statements = ["statements"]                   # signed waivers, approvals, releases, status lists
ledger = ".govern/ledger.db"                  # or postgresql://user@host/database
objects = ".govern/objects"                   # payloads of the ledger; default: beside ledger.db
published_checkpoint = "published-checkpoint" # outside the ledger's folder, to be committed
witnessed_checkpoints = ["auditor/head"]      # heads of this ledger that others saw; it must extend each
output = "."                                  # certificates; default: beside the bundle

[signing]
certifier = ".govern/keys/certifier.pem"      # or env:NAME, hsm:, awskms:, gcpkms:, azurekms:, hv: (docs/signers.md)
log = ".govern/keys/log.pem"                  # or env:NAME, hsm:, hv:
tsa = "https://tsa.example/"                  # a time-stamping authority (RFC 3161); default: none is asked
origin = "ledger.example"
verifier_id = "https://gate.example/govern"
submitter = "ci"

[ledger]
witnesses = ["w1 https://witness.example/w1"] # asked to cosign every head; the names are the trust root's

[certificate]
valid_for = "1y"
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from govern.attestation.signers.place import KeyPlace, split_key
from govern.diagnostics import Diagnostic, Span, UsageError

__all__ = ["SETTINGS", "Setting", "Workspace", "find_workspace"]

FILE_NAME = "govern.toml"
LOCK_FILE = "govern.lock"


@dataclass(frozen=True, slots=True)
class Setting:
    """One value of the workspace: its place in govern.toml, its environment variable and its default."""

    section: str
    key: str
    default: str | None
    is_path: bool = False
    many: bool = False

    @property
    def variable(self) -> str:
        """Name of the environment variable."""
        return f"GOVERN_{self.key.upper()}"

    @property
    def separator(self) -> str:
        """What parts several values in the environment variable: as in PATH; a comma, where addresses have colons."""
        return os.pathsep if self.is_path else ","


SETTINGS: Mapping[str, Setting] = {
    item.key: item
    for item in (
        Setting("workspace", "policies", None, is_path=True, many=True),
        Setting("workspace", "packs", None, is_path=True, many=True),
        Setting("workspace", "lock", None, is_path=True),
        Setting("workspace", "signed_packs", "optional"),
        Setting("workspace", "advisories", None, is_path=True),
        Setting("workspace", "trust", None, is_path=True),
        Setting("workspace", "statements", None, is_path=True, many=True),
        Setting("workspace", "ledger", None, is_path=True),
        Setting("workspace", "objects", None, is_path=True),
        Setting("workspace", "published_checkpoint", None, is_path=True),
        Setting("workspace", "witnessed_checkpoints", None, is_path=True, many=True),
        Setting("workspace", "output", None, is_path=True),
        Setting("signing", "certifier", None),
        Setting("signing", "log", None),
        Setting("signing", "tsa", None),
        Setting("signing", "origin", None),
        Setting("signing", "verifier_id", None),
        Setting("signing", "submitter", "unknown"),
        Setting("ledger", "witnesses", None, many=True),
        Setting("certificate", "valid_for", "1y"),
    )
}


@dataclass(frozen=True, slots=True)
class Workspace:
    """Settled settings. Relative paths of govern.toml are relative to it, others to the current directory."""

    root: Path
    file: Path | None
    values: Mapping[str, tuple[str, ...]]
    origins: Mapping[str, str]
    """Where each value came from: `flag`, `GOVERN_…`, `govern.toml` or `default`; for --verbose and doctor."""

    def text(self, key: str) -> str | None:
        """Give a single value, or None when it is not set."""
        found = self.values.get(key, ())
        return found[0] if found else None

    def path(self, key: str) -> Path | None:
        """Give a single value as a path, or None when it is not set."""
        text = self.text(key)
        return None if text is None else Path(text)

    def paths(self, key: str) -> tuple[Path, ...]:
        """Give a value that may be several paths."""
        return tuple(Path(item) for item in self.values.get(key, ()))

    @property
    def lock(self) -> Path:
        """Where `govern.lock` is, or would be: beside govern.toml unless another place is set."""
        return self.path("lock") or self.root / LOCK_FILE

    def need(self, key: str) -> str:
        """Give a value that signing needs. Raises UsageError U105 when it is not set."""
        text = self.text(key)
        if text is None:
            setting = SETTINGS[key]
            message = f"[{setting.section}] {key} is not set"
            hint = f"run `govern init`, set {setting.variable}, or decide without signing: --no-issue"
            raise UsageError(Diagnostic(code="U105", message=message, hint=hint))
        return text


def find_workspace(
    *,
    start: Path,
    environment: Mapping[str, str],
    directory: Path | None = None,
    flags: Mapping[str, Sequence[str]] | None = None,
) -> Workspace:
    """Find and settle the workspace.

    Args:
        start: the current directory; `govern.toml` is looked for here and in every folder above.
        environment: environment variables; only `GOVERN_…` ones named in `SETTINGS` are read.
        directory: look only here, as --workspace asks.
        flags: values given on the command line, by setting key; empty ones are ignored.

    Raises:
        UsageError: U102 for a file that cannot be read or holds something unknown, U103 for an absent directory, A406
            where a key itself stands in the place of its name.
    """
    file = _file_in(directory) if directory is not None else _nearest(start)
    values: dict[str, tuple[str, ...]] = {}
    origins: dict[str, str] = {}
    for key, setting in SETTINGS.items():
        if setting.default is not None:
            values[key], origins[key] = (setting.default,), "default"
    for key, items in (_read(file) if file is not None else {}).items():
        values[key], origins[key] = items, FILE_NAME
    for key, setting in SETTINGS.items():
        given = environment.get(setting.variable)
        if given:
            values[key] = tuple(given.split(setting.separator)) if setting.many else (given,)
            origins[key] = setting.variable
        flagged = tuple((flags or {}).get(key, ()))
        if flagged:
            values[key], origins[key] = flagged, "flag"
    for key in ("certifier", "log"):
        for text in values.get(key, ()):
            KeyPlace.parse(text, {})  # before --verbose or a message could repeat a key that stands there itself
    root = file.parent if file is not None else start
    return Workspace(root=root, file=file, values=values, origins=origins)


def _file_in(directory: Path) -> Path:
    file = directory / FILE_NAME
    if not file.is_file():
        message = f"there is no {FILE_NAME} in {directory}"
        raise UsageError(Diagnostic(code="U103", message=message, hint=f"make one with `govern init {directory}`"))
    return file


def _nearest(start: Path) -> Path | None:
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    return None


def _read(file: Path) -> dict[str, tuple[str, ...]]:
    span = Span(str(file))
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise UsageError(Diagnostic(code="U102", message=str(fault), span=span)) from fault
    faults: list[Diagnostic] = []
    values: dict[str, tuple[str, ...]] = {}
    sections = sorted({item.section for item in SETTINGS.values()})
    for section, table in document.items():
        if section not in sections or not isinstance(table, dict):
            faults.append(_unknown(section, sections, span))
            continue
        keys = [item.key for item in SETTINGS.values() if item.section == section]
        for key, value in table.items():
            if key not in keys:
                faults.append(_unknown(key, keys, span))
                continue
            items = _texts(value, SETTINGS[key])
            if items is None:
                wanted = "a list of texts" if SETTINGS[key].many else "a text"
                faults.append(Diagnostic(code="U102", message=f"[{section}] {key}: expected {wanted}", span=span))
                continue
            values[key] = tuple(_absolute(item, SETTINGS[key], file.parent) for item in items)
    if faults:
        raise UsageError(faults)
    return values


def _texts(value: object, setting: Setting) -> tuple[str, ...] | None:
    if isinstance(value, str) and value:
        return (value,)
    if setting.many and isinstance(value, list) and value and all(isinstance(item, str) and item for item in value):
        return tuple(value)
    return None


def _absolute(text: str, setting: Setting, base: Path) -> str:
    if setting.key == "ledger" and "://" in text:
        return text
    if setting.key in ("certifier", "log"):
        scheme, path = split_key(text)
        return text if scheme != "file" else str(base / path)
    return str(base / text) if setting.is_path else text


def _unknown(name: str, known: Sequence[str], span: Span) -> Diagnostic:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"
    return Diagnostic(code="U102", message=f"unknown name '{name}'", span=span, hint=hint)
