"""ruamel.yaml's round trip: a tree with the place of every key. Runs in an environment of its own."""

import gc
import json
import sys
import time
from collections.abc import Iterator

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq


def places(node: object, path: str = "") -> Iterator[tuple[str, int, int]]:
    """Yield the place of every key, 1-based."""
    if isinstance(node, CommentedMap):
        for key, value in node.items():
            line, column = node.lc.key(key)
            yield f"{path}/{key}", line + 1, column + 1
            yield from places(value, f"{path}/{key}")
    elif isinstance(node, CommentedSeq):
        for index, value in enumerate(node):
            yield from places(value, f"{path}/{index}")


text = ""
for request in map(json.loads, sys.stdin):
    if "text" in request:
        text = request["text"]
        answer = {"places": list(places(YAML(typ="rt").load(text)))}
    else:
        gc.collect()
        start = time.process_time()
        YAML(typ="rt").load(text)
        answer = {"seconds": time.process_time() - start}
    print(json.dumps(answer), flush=True)
