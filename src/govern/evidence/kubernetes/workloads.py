"""Which containers a manifest's objects run, and where each is written.

Kinds that Kubernetes brings, and those of KServe and Seldon, have their pod at a known place, and it must be there. In
every other kind whatever looks like a pod is one: a list of `containers` is judged wherever it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from govern.evidence.kubernetes.manifests import Document, Steps

__all__ = ["Container", "Object", "objects"]

_TEMPLATE: Steps = ("spec", "template", "spec")
_PODS: Mapping[str, Steps] = {
    "Pod": ("spec",),
    "PodTemplate": ("template", "spec"),
    "Deployment": _TEMPLATE,
    "StatefulSet": _TEMPLATE,
    "DaemonSet": _TEMPLATE,
    "ReplicaSet": _TEMPLATE,
    "ReplicationController": _TEMPLATE,
    "Job": _TEMPLATE,
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
}
"""Where the pod of each kind is."""

_RUN_TO_COMPLETION = frozenset({"Job", "CronJob"})
_SERVERS = frozenset(
    "model sklearn xgboost tensorflow pytorch triton onnx huggingface lightgbm paddle pmml mlflow".split()  # noqa: SIM905
)
"""Members of a KServe component that are a container of their own, whose image the serving runtime may bring."""

_COMPONENTS = ("predictor", "transformer", "explainer")
_MOST_DEPTH = 64


@dataclass(frozen=True, slots=True)
class Container:
    """A container of a pod."""

    steps: Steps
    """Where it is written in its document."""
    value: object
    role: str
    """`container`, `init container` or `model server`; or the part of a workload that lists no container."""
    probed: bool
    """Whether it goes on running, so that it can be alive and ready."""

    @property
    def name(self) -> str:
        """Its name, or where it stands in its list."""
        named = self.value.get("name") if isinstance(self.value, Mapping) else None
        return named if isinstance(named, str) and named else ".".join(str(step) for step in self.steps[-2:])


@dataclass(frozen=True, slots=True)
class Object:
    """One object of a manifest: what kind it is, and what it runs."""

    document: Document
    steps: Steps
    kind: str
    name: str
    is_workload: bool
    """Whether it is known, or seen, to run containers."""
    containers: tuple[Container, ...]

    @property
    def label(self) -> str:
        """Kind and name, e.g. `Deployment scorer`."""
        return f"{self.kind or 'object without a kind'} {self.name}".rstrip()


def objects(document: Document) -> Iterator[Object]:
    """Yield every object of a document; the items of a `List` are objects of their own."""
    yield from _objects(document, (), document.value, 0)


def _objects(document: Document, steps: Steps, value: object, depth: int) -> Iterator[Object]:
    kind = _text(value, "kind")
    items = value.get("items") if isinstance(value, Mapping) else None
    if kind.endswith("List") and isinstance(items, list) and depth < _MOST_DEPTH:
        for index, item in enumerate(items):
            yield from _objects(document, (*steps, "items", index), item, depth + 1)
        return
    metadata = value.get("metadata") if isinstance(value, Mapping) else None
    name = _text(metadata, "name") or _text(metadata, "generateName")
    known = tuple(_known(kind, value, steps))
    seen = {item.steps for item in known}
    more = tuple(item for item in _anywhere(value, steps, kind) if item.steps not in seen)
    workload = kind in _PODS or kind in ("InferenceService", "SeldonDeployment") or bool(known or more)
    yield Object(document, steps, kind, name, workload, (*known, *more))


def _known(kind: str, value: object, steps: Steps) -> Iterator[Container]:
    if kind in _PODS:
        yield from _pod(_at(value, _PODS[kind]), (*steps, *_PODS[kind]), kind)
    elif kind == "InferenceService":
        for component in _COMPONENTS:
            part = _at(value, ("spec", component))
            if part is not None or component == "predictor":
                yield from _component(part, (*steps, "spec", component), kind)
    elif kind == "SeldonDeployment":
        predictors = _at(value, ("spec", "predictors"))
        for index, part in enumerate(predictors if isinstance(predictors, list) else ()):
            at: Steps = (*steps, "spec", "predictors", index)
            if not any(True for _container in _anywhere(part, at, kind)):
                yield Container(at, None, "predictor", probed=True)


def _component(part: object, at: Steps, kind: str) -> Iterator[Container]:
    """The containers of a component of KServe; one without any is run by something that is not written here."""
    found = list(_pod(part, at, kind))
    servers = sorted(_SERVERS & part.keys()) if isinstance(part, Mapping) else []
    found += [Container((*at, name), _at(part, (name,)), "model server", probed=True) for name in servers]
    yield from found or [Container(at, None, str(at[-1]), probed=True)]


def _anywhere(value: object, steps: Steps, kind: str) -> Iterator[Container]:
    """Find pods wherever they are, without recursion: hostile documents are deep."""
    waiting: list[tuple[object, Steps]] = [(value, steps)]
    while waiting:
        here, at = waiting.pop()
        if isinstance(here, Mapping):
            held = here.get("containers")
            if isinstance(held, list) and any(isinstance(item, Mapping) for item in held):
                yield from _pod(here, at, kind)
            waiting += [(below, (*at, str(key))) for key, below in reversed(list(here.items()))]
        elif isinstance(here, list):
            waiting += [(below, (*at, index)) for index, below in reversed(list(enumerate(here)))]


def _pod(pod: object, steps: Steps, kind: str) -> Iterator[Container]:
    """The containers of a pod. Ephemeral ones are added by people who debug: no manifest runs them."""
    for key, role in (("containers", "container"), ("initContainers", "init container")):
        held = pod.get(key) if isinstance(pod, Mapping) else None
        for index, item in enumerate(held if isinstance(held, list) else ()):
            probed = key == "containers" and kind not in _RUN_TO_COMPLETION
            yield Container((*steps, key, index), item, role, probed)


def _at(value: object, steps: Steps) -> object:
    for step in steps:
        value = value.get(str(step)) if isinstance(value, Mapping) else None
    return value


def _text(value: object, key: str) -> str:
    found = value.get(key) if isinstance(value, Mapping) else None
    return found if isinstance(found, str) else ""
