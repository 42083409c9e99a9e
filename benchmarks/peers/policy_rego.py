"""Rego in rego-cpp: one module with the set `deny`, built once, asked per evidence. An environment of its own."""

import gc
import json
import sys
import time

from regopy import Bundle, Interpreter

module = ""
evidence: dict[str, object] = {}
interpreter = Interpreter()
bundle: Bundle | None = None


def build() -> tuple[Interpreter, Bundle]:
    made = Interpreter()
    made.add_module("bench.rego", module)
    return made, made.build("data.bench.deny")


def denied() -> list[str]:
    assert bundle is not None
    interpreter.set_input(evidence)
    return list(json.loads(str(interpreter.query_bundle(bundle)))["expressions"][0])


for request in map(json.loads, sys.stdin):
    answer: dict[str, object] = {}
    module = request.get("module", module)
    evidence = request.get("evidence", evidence)
    gc.collect()
    start = time.process_time()
    if request["do"] == "build":
        interpreter, bundle = build()
    else:
        answer["denied"] = denied()
    answer["seconds"] = time.process_time() - start
    print(json.dumps(answer), flush=True)
