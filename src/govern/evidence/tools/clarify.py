"""SageMaker Clarify's `analysis.json`: global SHAP values by output label, and bias metrics by facet.

Clarify writes its own words beside each figure; thresholds are the policy's. A bias metric without value was not
computed, which the file says by null or by an `error`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from govern.evidence.tools.figures import Explanation, Importance, MetricItem, Metrics
from govern.evidence.tools.interface import Document, Reader, Readout, Tool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from govern.inputs.json import JsonValue

__all__ = ["READERS"]

_BIAS = ("pre_training_bias_metrics", "post_training_bias_metrics")


def _recognise(root: JsonValue) -> bool:
    if not isinstance(root, dict):
        return False
    explanations = root.get("explanations")
    shap = isinstance(explanations, dict) and "kernel_shap" in explanations
    return shap or any(isinstance(root.get(key), dict) for key in _BIAS)


def _read(document: Document) -> Readout:
    root = document.get(dict)
    version = root.get("version")
    bodies: list[object] = []
    if "explanations" in root:
        bodies.append(Explanation(method="clarify", tables=tuple(_tables(document))))
    items = tuple(item for part in _BIAS if part in root for item in _facets(document, part))
    if items:
        bodies.append(Metrics(items=items))
    return Readout(
        bodies=tuple(bodies), tool=Tool("sagemaker-clarify", str(version) if isinstance(version, str) else None)
    )


def _tables(document: Document) -> Iterator[Importance]:
    shap = document.get(dict, "explanations", "kernel_shap")
    for label in shap:
        steps = ("explanations", "kernel_shap", label, "global_shap_values")
        held = document.get(dict, *steps)
        values = {name: document.number(*steps, name) for name in held}
        yield Importance(label=label, features=values, steps=steps)


def _facets(document: Document, part: str) -> Iterator[MetricItem]:
    for facet in document.get(dict, part, "facets"):
        for index in range(len(document.get(list, part, "facets", facet))):
            place = (part, "facets", facet, index)
            value = document.get(str, *place, "value_or_threshold")
            for number in range(len(document.get(list, *place, "metrics"))):
                steps = (*place, "metrics", number)
                name = document.get(str, *steps, "name")
                if document.get(dict, *steps).get("value") is None:
                    continue  # not computed: no figure
                figure = document.number(*steps, "value")
                yield MetricItem(name=name, value=figure, slice=f"{facet}={value}", steps=(*steps, "value"))


READERS = (
    Reader(
        id="sagemaker-clarify",
        gives=(Explanation, Metrics),
        recognise=_recognise,
        read=_read,
        markers=(b'"kernel_shap"', b'_training_bias_metrics"'),
        aliases=("clarify",),
    ),
)
"""The readers of this module."""
