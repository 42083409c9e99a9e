"""What one container has to have: limits, probes, an image by digest. Each finding at the container's line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from govern.checks.readiness.manifests import RENDER_FIRST
from govern.diagnostics import plain
from govern.policy.outcomes import Finding, Location

if TYPE_CHECKING:
    from govern.evidence.kubernetes.manifests import Steps
    from govern.evidence.kubernetes.workloads import Container, Object

__all__ = ["container_findings"]

_PINNED = re.compile(r"[a-z0-9][a-zA-Z0-9._/:-]*@sha256:[0-9a-f]{64}", re.ASCII)
_LIMITED = ("cpu", "memory")
_PROBES = ("livenessProbe", "readinessProbe")
_HANDLERS = ("exec", "grpc", "httpGet", "tcpSocket")
_ASKED = {"resource_limits": ("resources",), "probes": _PROBES, "image_digest": ("image",)}


def container_findings(
    require: Sequence[str], item: Object, container: Container
) -> tuple[list[Finding], list[Finding]]:
    """Give what a container lacks, and what only a template engine could tell."""
    about = _About(item, container)
    if not isinstance(container.value, Mapping):
        return [], [about.finding("C134", (), "is not written out as a container", None, "Write the container out.")]
    failed: list[Finding] = []
    unclear: list[Finding] = []
    for name in require:
        if any(_has_template(container.value.get(key)) for key in _ASKED[name]):
            detail = "holds what a template engine will replace"
            unclear.append(about.finding("C132", _ASKED[name][:1], detail, name, RENDER_FIRST))
        elif name == "resource_limits":
            failed += _limits(about, container.value)
        elif name == "probes":
            failed += _probes(about, container.value) if container.probed else ()
        else:
            failed += _image(about, container.value)
    return failed, unclear


class _About:
    """Makes the findings of one container."""

    def __init__(self, item: Object, container: Container) -> None:
        self.item = item
        self.container = container

    def finding(
        self, code: str, steps: Steps, what: str, asked: str | None, hint: str, observed: str | None = None
    ) -> Finding:
        """Say what is wrong with the container, at the line of what is meant or else of the container."""
        span = self.item.document.span((*self.container.steps, *steps))
        if steps and self._value(steps) is None:
            span = self.item.document.span(self.container.steps)
        label, name = plain(self.item.label), plain(self.container.name)
        return Finding(
            code=code,
            detail=f"{self.container.role} {name} of {label} {what}",
            observed=observed,
            required=asked,
            location=Location(span.file, span.line, span.column),
            remediation=hint,
            discriminator=f"{self.item.label}:{self.container.name}:{'.'.join(str(step) for step in steps)}",
        )

    def _value(self, steps: Steps) -> object:
        value: object = self.container.value
        for step in steps:
            value = value.get(str(step)) if isinstance(value, Mapping) else None
        return value


def _limits(about: _About, container: Mapping[str, object]) -> Iterator[Finding]:
    from govern.evidence.kubernetes.quantities import is_positive

    resources = container.get("resources")
    limits = resources.get("limits") if isinstance(resources, Mapping) else None
    held = limits if isinstance(limits, Mapping) else {}
    for name in _LIMITED:
        value = held.get(name)
        if value is None:
            what, observed = f"has no limit for {name}", None
        elif not is_positive(value):
            what, observed = f"has a limit for {name} that is no quantity above zero", plain(str(value))
        else:
            continue
        steps = ("resources", "limits", name)
        yield about.finding("C135", steps, what, f"resources.limits.{name}", f"Set resources.limits.{name}.", observed)


def _probes(about: _About, container: Mapping[str, object]) -> Iterator[Finding]:
    for name in _PROBES:
        probe = container.get(name)
        handlers = [key for key in _HANDLERS if isinstance(probe, Mapping) and probe.get(key)]
        if len(handlers) != 1:
            what = f"has no {name}" if probe is None else f"has a {name} that asks nothing, or more than one thing"
            yield about.finding("C136", (name,), what, name, f"Set {name} with one of {', '.join(_HANDLERS)}.")


def _image(about: _About, container: Mapping[str, object]) -> Iterator[Finding]:
    image = container.get("image")
    if isinstance(image, str) and _PINNED.fullmatch(image):
        return
    asked = "name@sha256:<64 hex digits>"
    hint = "Name the image by its digest: a tag can be moved to another image."
    if image is None and about.container.role == "model server":
        yield about.finding("C137", ("image",), "leaves its image to the serving runtime", asked, hint)
        return
    what = "names no image" if image is None else "does not name its image by digest"
    observed = None if image is None else plain(str(image))
    yield about.finding("C137", ("image",), what, asked, hint, observed)


def _has_template(value: object) -> bool:
    waiting = [value]
    while waiting:
        here = waiting.pop()
        if isinstance(here, str) and "{{" in here:
            return True
        if isinstance(here, Mapping):
            waiting += [*here.keys(), *here.values()]
        elif isinstance(here, list):
            waiting += here
    return False
