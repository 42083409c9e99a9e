"""Hold a verifier against the vectors: `python conformance/run.py EXECUTABLE...`. Needs Python 3.11 and nothing else.

    python conformance/run.py govern
    python conformance/run.py --only bad/two-subjects -- python -m govern
    python conformance/run.py --config mine.json ./my-verifier

A vector is a folder with an `expect.json`; README.md says what stands in it. The configuration says how the verifier
is called; `govern.json`, the default, is that of `govern verify`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Config:
    """How a verifier is called and how its answer is read."""

    arguments: Sequence[str]
    """The arguments of every call; `{name}` stands for a named argument of the vector."""
    options: Mapping[str, Sequence[str]]
    """Further arguments for each named argument that a vector has; `{}` stands for its value."""
    failed: Mapping[str, str] | None
    """Where the JSON on standard output lists the steps, and what marks a failed one; None compares exit codes only."""

    @classmethod
    def read(cls, path: Path) -> Config:
        """Read a configuration file."""
        value = json.loads(path.read_text(encoding="utf-8"))
        return cls(arguments=value["arguments"], options=value["options"], failed=value.get("failed"))


@dataclass(frozen=True)
class Vector:
    """A question and the answer that it must have."""

    folder: Path
    args: Mapping[str, Any]
    exit: int
    failed: Sequence[str]

    @property
    def name(self) -> str:
        """The folder below `conformance/`."""
        return self.folder.relative_to(HERE).as_posix()

    def command(self, config: Config) -> list[str]:
        """Give the arguments of the call. Raises KeyError for a named argument that the configuration does not know."""
        in_every_call = " ".join(config.arguments)
        made = [_filled(item, self.args) for item in config.arguments]
        for name, value in self.args.items():
            if f"{{{name}}}" in in_every_call:
                continue
            for one in value if isinstance(value, list) else [value]:
                made += [item.replace("{}", str(one)) for item in config.options[name]]
        return made


def _filled(text: str, args: Mapping[str, Any]) -> str:
    for name, value in args.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def vectors(only: Sequence[str] = ()) -> Iterator[Vector]:
    """Give the vectors by name; `only` keeps those whose name begins with one of these."""
    for path in sorted(HERE.glob("*/*/expect.json")):
        value = json.loads(path.read_text(encoding="utf-8"))
        vector = Vector(path.parent, value["args"], value["exit"], value["failed"])
        if not only or vector.name.startswith(tuple(only)):
            yield vector


def failed_steps(out: str, where: Mapping[str, str]) -> list[str]:
    """Read the failed steps from a verifier's JSON, each once, in order. Raises ValueError or KeyError."""
    lines = json.loads(out)[where["list"]]
    return list(dict.fromkeys(item[where["id"]] for item in lines if item[where["status"]] == where["is"]))


def complaint(vector: Vector, config: Config, code: int, out: str) -> str | None:
    """Say how an answer differs from the one expected; None when it does not."""
    said = []
    if code != vector.exit:
        said.append(f"exit {code}, expected {vector.exit}")
    if config.failed is not None:
        try:
            found = failed_steps(out, config.failed)
        except (ValueError, KeyError, TypeError) as fault:
            said.append(f"its output cannot be read ({type(fault).__name__})")
        else:
            if found != list(vector.failed):
                said.append(f"failed {', '.join(found) or 'nothing'}, expected {', '.join(vector.failed) or 'nothing'}")
    return "; ".join(said) or None


def run(vector: Vector, config: Config, executable: Sequence[str]) -> str | None:
    """Call the verifier in the vector's folder; None when it answers as expected."""
    done = subprocess.run(  # noqa: S603  # running what the caller names is what this is for
        [*executable, *vector.command(config)],
        cwd=vector.folder,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return complaint(vector, config, done.returncode, done.stdout.decode("utf-8", "replace"))


def main(arguments: Sequence[str]) -> int:
    """Run every vector; 0 when all answers are the expected ones, 1 when one is not, 2 when there is nothing to run."""
    parser = argparse.ArgumentParser(description="Hold a verifier of certificates against the vectors.")
    parser.add_argument(
        "--config", type=Path, default=HERE / "govern.json", help="how it is called; default: govern.json"
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="PREFIX", help="only vectors so named, e.g. bad/key"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="calls at a time")
    parser.add_argument("executable", nargs="+", help="the verifier, with arguments that come first")
    given = parser.parse_args(arguments)
    program = shutil.which(given.executable[0])
    if program is None:
        parser.error(f"there is no program {given.executable[0]}")
    executable = [str(Path(program).absolute()), *given.executable[1:]]  # calls are made in the vectors' folders
    config, chosen = Config.read(given.config), list(vectors(given.only))
    wrong = 0
    with ThreadPoolExecutor(max_workers=max(1, given.jobs)) as pool:
        answers = pool.map(lambda vector: run(vector, config, executable), chosen)
        for vector, said in zip(chosen, answers, strict=True):
            wrong += said is not None
            sys.stdout.write(f"ok   {vector.name}\n" if said is None else f"FAIL {vector.name}: {said}\n")
    sys.stdout.write(f"{len(chosen) - wrong} of {len(chosen)} vectors answered as expected\n")
    if not chosen:
        return 2
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
