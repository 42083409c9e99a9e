"""Plug-ins for tests: a sound check kind to be spoiled, and installed distributions without pip or a network."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from govern.checks.api import (
    Check,
    CheckContext,
    CheckParams,
    CheckResult,
    CheckSpec,
    Code,
    EvidenceNeed,
    EvidenceRef,
    Number,
    Outcome,
    parameter,
)
from govern.checks.plugins import Installed, Offer
from govern.checks.registry import CheckRegistry
from govern.policy.interface import PluginOrigin
from support.process import ROOT

EXAMPLE = ROOT / "examples" / "plugin-check"
ORIGIN = PluginOrigin("acme-checks", "1.2.0")


class WeightParams(CheckParams):
    """Parameters of `acme.weight`."""

    at_most: Number = parameter("Largest accepted weight.", tighten="down", default=10)
    scale: Literal["rough", "fine"] = parameter(
        "How it is weighed.", tighten="order", default="rough", order=("rough", "fine")
    )


def read_card(context: CheckContext) -> EvidenceRef:
    entry = context.bundle.files["README.md"]
    return EvidenceRef(name="model_card", file=entry.path, digest=entry.sha256, bound=True)


def weighed(params: WeightParams, context: CheckContext) -> CheckResult:
    """A sound result."""
    return CheckResult(
        outcome=Outcome.PASS, summary=f"It weighs less than {params.at_most}.", evidence=(read_card(context),)
    )


CODE = Code(slug="too-heavy", title="Too heavy.", why="It would sink.", example="11", fix="Take something out.")

WEIGHT = Check(
    spec=CheckSpec(
        kind="acme.weight",
        version=3,
        summary="Passes when the model is light.",
        cannot_show="That it floats.",
        params=WeightParams,
        needs=lambda _params: (EvidenceNeed("model_card"),),
        message_fields=("weight",),
        codes={"acme-101": CODE},
    ),
    evaluate=weighed,
)
"""A sound check kind of a plug-in."""


def spoiled(**changes: Any) -> Check:
    """The sound kind with other members of its spec."""
    return replace(WEIGHT, spec=replace(WEIGHT.spec, **changes))


def offer(load: object = WEIGHT, *, kind: str = "acme.weight", origin: PluginOrigin = ORIGIN) -> Offer:
    """What metadata says; `load` is the object, or a function that raises in its place."""
    given: Callable[[], object] = load if callable(load) and not isinstance(load, type) else lambda: load
    return Offer(kind, origin, given)


def registry(*offers: Offer) -> CheckRegistry:
    """A registry of the built-in kinds and these plug-ins."""
    return CheckRegistry(lambda: Installed(offers))


class Site:
    """A folder on the path with distributions as pip would leave them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.path = [folder]

    def install(
        self, name: str, version: str, points: Mapping[str, str], modules: Mapping[str, str] | None = None
    ) -> Path:
        """Write the metadata of a distribution with entry points of `govern.checks`, and its modules."""
        info = self.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
        lines = [f"{kind} = {place}" for kind, place in points.items()]
        (info / "entry_points.txt").write_text("\n".join(["[govern.checks]", *lines, ""]), encoding="utf-8")
        for module, text in (modules or {}).items():
            (self.folder / f"{module}.py").write_text(text, encoding="utf-8")
        return info

    def example(self, *, version: str | None = None) -> None:
        """Install examples/plugin-check from its own pyproject.toml; its code is where it lies."""
        project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        self.install(project["name"], version or project["version"], project["entry-points"]["govern.checks"])
        self.path.append(EXAMPLE / "src")

    @property
    def environment(self) -> dict[str, str]:
        """What makes Python see it."""
        before = os.environ.get("PYTHONPATH")
        return {"PYTHONPATH": os.pathsep.join([*map(str, self.path), *([before] if before else [])])}
