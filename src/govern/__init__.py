"""govern: policy-as-code compliance for machine-learning models.

The names below are the public Python API; each is loaded when it is first used, so that importing the package
costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from govern.bundle import open_bundle
    from govern.diagnostics import GovernError
    from govern.gate.check import CheckRequest, Refused, check
    from govern.gate.compiling import compile_policies
    from govern.gate.issue import issue
    from govern.gate.packing.pack import PackRequest, pack
    from govern.gate.replaying.replay import ReplayRequest, replay
    from govern.gate.signing import signing_of
    from govern.gate.verify import VerifyRequest, verify
    from govern.gate.workspace import find_workspace
    from govern.policy.decisions import Stage

__version__ = "0.1.0"

_WHERE = {
    "CheckRequest": ("govern.gate.check", "CheckRequest"),
    "GovernError": ("govern.diagnostics", "GovernError"),
    "PackRequest": ("govern.gate.packing.pack", "PackRequest"),
    "Refused": ("govern.gate.check", "Refused"),
    "ReplayRequest": ("govern.gate.replaying.replay", "ReplayRequest"),
    "Stage": ("govern.policy.decisions", "Stage"),
    "VerifyRequest": ("govern.gate.verify", "VerifyRequest"),
    "check": ("govern.gate.check", "check"),
    "compile_policies": ("govern.gate.compiling", "compile_policies"),
    "find_workspace": ("govern.gate.workspace", "find_workspace"),
    "issue": ("govern.gate.issue", "issue"),
    "open_bundle": ("govern.bundle", "open_bundle"),
    "pack": ("govern.gate.packing.pack", "pack"),
    "replay": ("govern.gate.replaying.replay", "replay"),
    "signing_of": ("govern.gate.signing", "signing_of"),
    "verify": ("govern.gate.verify", "verify"),
}

__all__ = [
    "CheckRequest",
    "GovernError",
    "PackRequest",
    "Refused",
    "ReplayRequest",
    "Stage",
    "VerifyRequest",
    "__version__",
    "check",
    "compile_policies",
    "find_workspace",
    "issue",
    "open_bundle",
    "pack",
    "replay",
    "signing_of",
    "verify",
]


def __getattr__(name: str) -> object:
    """Load a public name from where it lives (PEP 562)."""
    if name not in _WHERE:
        raise AttributeError(f"module 'govern' has no attribute '{name}'")
    module, attribute = _WHERE[name]
    return getattr(import_module(module), attribute)
