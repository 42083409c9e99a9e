"""Artefacts judged by their bytes: what they are, whether every byte is explained, what they would load.

The scanner is loaded when it is first used: the compiler asks this package for the names of profiles alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from govern.security.artefacts.limits import ScanLimits
from govern.security.artefacts.pickle.profiles import Profiles, builtin_profile_names, load_profiles
from govern.security.artefacts.report import FileReport, GlobalUse, Reason, Verdict

if TYPE_CHECKING:
    from govern.security.artefacts.scan import scan_bytes

__all__ = [
    "FileReport",
    "GlobalUse",
    "Profiles",
    "Reason",
    "ScanLimits",
    "Verdict",
    "builtin_profile_names",
    "load_profiles",
    "scan_bytes",
]


def __getattr__(name: str) -> object:
    """Load the scanner (PEP 562)."""
    if name != "scan_bytes":
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from govern.security.artefacts.scan import scan_bytes

    return scan_bytes
