"""Run in the environment of Great Expectations: results of every shape, each in a folder of its own."""

import json
import sys
from pathlib import Path

import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd

TARGET = Path(sys.argv[1])
GOOD = pd.DataFrame({"age": [30.0, 41.0, 28.0, 52.0], "income": [10.0, 20.0, 30.0, 4.0]})
BAD = pd.DataFrame({"age": [30.0, None, 28.0, 52.0], "income": [10.0, 20.0, 30.0, -4.0]})
NOT_NULL = gxe.ExpectColumnValuesToNotBeNull(column="age")
POSITIVE = gxe.ExpectColumnValuesToBeBetween(column="income", min_value=0)


def folder(name):
    made = TARGET / name
    (made / "evidence").mkdir(parents=True)
    return made


def write(name, result):
    (folder(name) / "evidence" / "gx.json").write_text(json.dumps(result, indent=1))


def definition(context, name, expectations):
    source = context.data_sources.add_pandas(f"source-{name}")
    batch = source.add_dataframe_asset("loans").add_batch_definition_whole_dataframe("all")
    suite = context.suites.add(gx.ExpectationSuite(name=name, expectations=expectations))
    return context.validation_definitions.add(gx.ValidationDefinition(data=batch, suite=suite, name=name))


def run(context, name, frame, expectations, **more):
    made = definition(
        context, name, [item.model_copy() if hasattr(item, "model_copy") else item for item in expectations]
    )
    return made.run(batch_parameters={"dataframe": frame}, **more).to_json_dict()


memory = gx.get_context(mode="ephemeral")
write("good", run(memory, "good", GOOD, [gxe.ExpectColumnValuesToNotBeNull(column="age"), POSITIVE]))
(TARGET / "good" / "data").mkdir()
GOOD.to_csv(TARGET / "good" / "data" / "train.csv", index=False)
write(
    "bad",
    run(
        memory,
        "bad",
        BAD,
        [
            gxe.ExpectColumnValuesToNotBeNull(column="age"),
            gxe.ExpectColumnValuesToBeBetween(column="income", min_value=0),
            gxe.ExpectColumnToExist(column="ssn"),
        ],
    ),
)
write("empty", run(memory, "empty", GOOD, []))
write(
    "crash",
    run(
        memory,
        "crash",
        GOOD,
        [
            gxe.ExpectColumnValuesToNotBeNull(column="age"),
            gxe.ExpectColumnValuesToBeBetween(column="nope", min_value=0),
        ],
    ),
)
write(
    "no-rows",
    run(
        memory,
        "no-rows",
        GOOD.iloc[:0],
        [
            gxe.ExpectColumnValuesToNotBeNull(column="age"),
            gxe.ExpectColumnValuesToBeBetween(column="income", min_value=0),
        ],
    ),
)
write(
    "boolean-only",
    run(
        memory,
        "boolean-only",
        BAD,
        [
            gxe.ExpectColumnValuesToNotBeNull(column="age", mostly=0.5),
            gxe.ExpectColumnValuesToBeBetween(column="age", min_value=0),
        ],
        result_format="BOOLEAN_ONLY",
    ),
)

# A project with a store, judged by a checkpoint; one expectation tolerates much, another is only a warning.
project = folder("project")
context = gx.get_context(mode="file", project_root_dir=str(project))
checked = definition(
    context,
    "train",
    [
        gxe.ExpectColumnValuesToNotBeNull(column="age", mostly=0.5),
        gxe.ExpectColumnValuesToBeBetween(column="income", min_value=0, severity="warning"),
    ],
)
checkpoint = context.checkpoints.add(gx.Checkpoint(name="cp", validation_definitions=[checked]))
outcome = checkpoint.run(batch_parameters={"dataframe": BAD})
(folder("described") / "evidence" / "gx.json").write_text(outcome.describe())
