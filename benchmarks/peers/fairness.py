"""The selection-rate ratio of v1's predictions as one would compute it with pandas and fairlearn; prints JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
from fairlearn.metrics import demographic_parity_ratio

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "mortgage"

table = pd.read_csv(EXAMPLE / "v1" / "predictions" / "holdout.csv")
approved = (table["decision"] == "approve").astype(int)
truth = (table["approved"] == "yes").astype(int)
ratio = demographic_parity_ratio(truth, approved, sensitive_features=table["black"])
print(json.dumps({"ratio": ratio}))
