"""Artefacts judged by their bytes: what they are, whether every byte is explained, what they would load."""

from __future__ import annotations

from govern.security.artefacts.limits import ScanLimits
from govern.security.artefacts.pickle.profiles import Profiles, builtin_profile_names, load_profiles
from govern.security.artefacts.report import FileReport, GlobalUse, Reason, Verdict
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
