"""cel-python: expressions over evidence that is converted once. Runs in an environment of its own."""

import gc
import json
import sys
import time

import celpy
from celpy.adapter import json_to_cel

# The compiled runner needs another tree from the parser, which the library keeps for the process: one runner each.
RUNNER = celpy.CompiledRunner if "--compiled" in sys.argv else celpy.InterpretedRunner
environment = celpy.Environment(runner_class=RUNNER)
programs: list[celpy.Runner] = []
evidence: dict[str, object] = {}
for request in map(json.loads, sys.stdin):
    if "sources" in request:
        evidence = {name: json_to_cel(value) for name, value in request["evidence"].items()}
        programs = [environment.program(environment.compile(source)) for source in request["sources"]]
        answer = {"answers": [bool(program.evaluate(evidence)) for program in programs]}
    else:
        gc.collect()
        start = time.process_time()
        for _ in range(request["times"]):
            for program in programs:
                program.evaluate(evidence)
        answer = {"seconds": (time.process_time() - start) / request["times"]}
    print(json.dumps(answer), flush=True)
