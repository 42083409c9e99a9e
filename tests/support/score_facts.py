"""Facts of the kind `fairness-scores` in miniature, for renderers."""

from __future__ import annotations

from typing import Any

__all__ = ["score_facts", "score_group"]


def score_group(label: str, n: int, power: float, slope: float, **changes: Any) -> dict[str, Any]:
    """One group whose curve is x ** power and whose rate of positives is slope times the score."""
    curve = [[f"{i / 20:.4f}", f"{(i / 20) ** power:.4f}"] for i in range(21)]
    middles = [i / 10 + 0.05 for i in range(10)]
    bands = [
        {
            "from": f"{i / 10}",
            "to": f"{(i + 1) / 10}",
            "n": n // 10,
            "mean_score": f"{middle:.2f}",
            "rate": f"{min(1, middle * slope):.3f}",
            "low": f"{max(0, middle * slope - 0.08):.3f}",
            "high": f"{min(1, middle * slope + 0.08):.3f}",
        }
        for i, middle in enumerate(middles)
    ]
    area = 1 / (1 + power)
    made = {
        "group": {},
        "label": label,
        "n": n,
        "positives": n // 3,
        "negatives": n - n // 3,
        "value": f"{area:.4f}",
        "low": f"{area - 0.03:.4f}",
        "high": f"{area + 0.03:.4f}",
        "shown": True,
        "undefined": None,
        "roc": curve,
        "reliability": bands,
    }
    return made | changes


def score_facts(**changes: Any) -> dict[str, Any]:
    """Three groups and a hidden one."""
    hidden = {**dict.fromkeys(score_group("", 1, 1, 1)), "group": {}, "label": "race=Native", "shown": False}
    groups = [
        score_group("race=White", 610, 0.25, 1),
        score_group("race=Black", 402, 0.5, 0.8),
        score_group("race=Asian", 205, 0.3, 1.1),
        hidden,
    ]
    worst = {
        "group": "race=Black",
        "reference": "race=White",
        "value": "0.1333",
        "low": "0.09",
        "high": "0.17",
        "n": 402,
    }
    made = {
        "kind": "fairness-scores",
        "measure": "auc",
        "threshold": "0.05",
        "direction": "at_most",
        "tables": [{"attributes": ["race"], "verdict": "fail", "groups": groups, "worst": worst}],
        "restricted": {"cells": [[31415926]]},
    }
    return made | changes
