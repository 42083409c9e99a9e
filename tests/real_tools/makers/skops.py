"""Run in the environment of skops and huggingface_hub: a model file and two cards, as the tools leave them."""

import sys
from pathlib import Path

import skops.io
from huggingface_hub import EvalResult, ModelCard, ModelCardData
from sklearn.linear_model import LogisticRegression
from skops.card import Card

TARGET = Path(sys.argv[1])

model = LogisticRegression().fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])

skops_card = TARGET / "skops-card"
skops_card.mkdir()
skops.io.dump(model, skops_card / "model.skops")
card = Card(model, model_diagram=False)
card.add(**{"Model description/Intended uses & limitations": "Ranks loans."})
card.save(skops_card / "README.md")

hub = TARGET / "hub-card"
hub.mkdir()
data = ModelCardData(
    language="en",
    license="apache-2.0",
    model_name="credit-risk",
    eval_results=[
        EvalResult(
            task_type="tabular-classification",
            dataset_type="acme/loans",
            dataset_name="loans",
            metric_type="accuracy",
            metric_value=0.91,
        )
    ],
)
ModelCard.from_template(data, model_id="credit-risk", model_description="Ranks loans by risk.").save(hub / "README.md")
