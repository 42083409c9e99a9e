"""Run in the environment of MLflow: a saved model, and a run in a file store that logged and registered one."""

import sys
from pathlib import Path

import mlflow
import pandas as pd
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression

TARGET = Path(sys.argv[1])
FRAME = pd.DataFrame({"age": [30.0, 41.0, 28.0, 52.0], "income": [10.0, 20.0, 30.0, 4.0]})
model = LogisticRegression().fit(FRAME, [0, 1, 0, 1])
PINNED = ["scikit-learn==1.6.0", "pandas==2.2.3"]  # given, for inferring them takes half a minute
signature = infer_signature(FRAME, model.predict(FRAME))

for name, form in (("pickled", "cloudpickle"), ("skops", "skops")):
    mlflow.sklearn.save_model(
        model,
        str(TARGET / name),
        signature=signature,
        input_example=FRAME.head(2),
        serialization_format=form,
        pip_requirements=PINNED,
    )

mlflow.set_tracking_uri((TARGET / "store").as_uri())
mlflow.set_experiment("credit")
with mlflow.start_run():
    mlflow.log_metric("accuracy", 0.91)
    mlflow.log_param("C", "1.0")
    mlflow.sklearn.log_model(
        model, name="model", signature=signature, registered_model_name="credit-risk", pip_requirements=PINNED
    )
