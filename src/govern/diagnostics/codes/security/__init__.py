"""Diagnostic codes of the room `security`, a module for each thing it looks at."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code
from govern.diagnostics.codes.security import (
    advisories,
    artefacts,
    code,
    containers,
    dependencies,
    licences,
    lists,
    pickles,
    presence,
    remedies,
    scanning,
    secrets,
    signatures,
    snapshots,
)

CODES: dict[str, Code] = {
    **advisories.CODES,
    **artefacts.CODES,
    **code.CODES,
    **containers.CODES,
    **dependencies.CODES,
    **licences.CODES,
    **lists.CODES,
    **pickles.CODES,
    **presence.CODES,
    **remedies.CODES,
    **scanning.CODES,
    **secrets.CODES,
    **signatures.CODES,
    **snapshots.CODES,
}
