"""`govern policy lint` as a whole process, against `custodian validate` on as many policies."""

from __future__ import annotations

import compileall
import os
import statistics
import sys
from collections.abc import Mapping
from pathlib import Path

from measuring import Row, Whole, heading, show, whole
from policy_inputs import custodian, custodian_text
from policy_texts import mixed_files

import govern

SEED = 7
SIZES = (100, 300, 1000)
RUNS = 5
LINT = [sys.executable, "-m", "govern", "policy", "lint"]


def measure(folder: Path, custodian_home: Path | None) -> None:
    """Print the part of the table. Byte-code is compiled beforehand, as an installer does."""
    compileall.compile_dir(Path(govern.__file__).parent, quiet=1)
    dropped = ("GOVERN_", "PYTHONDONTWRITEBYTECODE")
    surroundings = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
    surroundings["HOME"] = str(folder)  # Custodian looks for AWS settings there; there are none
    typo, place = _spoilt(folder)
    commands = {"bare interpreter": [sys.executable, "-c", "pass"], "start-up": [*LINT, "--help"]}
    commands |= {f"{size} rules": [*LINT, str(_written(folder, size))] for size in SIZES}
    commands["one typo in 300 rules"] = [*LINT, str(typo)]
    turns = [{name: whole(command, surroundings) for name, command in commands.items()} for _ in range(RUNS + 1)][1:]
    _check(turns[0], place)
    heading("govern policy lint, a whole process / a bare interpreter")
    for name in list(commands)[1:]:
        ratios = [turn[name].cpu / turn["bare interpreter"].cpu for turn in turns]
        show(Row(name, ratios, None, statistics.median(turn[name].cpu for turn in turns)))
    slow = statistics.median(turn["one typo in 300 rules"].wall for turn in turns)
    busy = statistics.median(turn["one typo in 300 rules"].cpu for turn in turns)
    missed = "" if slow < 0.5 else ", missed"
    print(f"    a typo among 300 rules is reported after {slow:.2f} s (aim: under 0.5 s{missed}),")
    print(f"    of which the processor was at work for {busy:.2f} s: other programs took the rest")
    if custodian_home is not None:
        _against(folder, str(custodian_home / "custodian"), surroundings, commands)


def _written(folder: Path, rules: int) -> Path:
    """Write a set that has no fault."""
    home = folder / f"set-{rules}"
    home.mkdir()
    for name, data in mixed_files(rules, SEED).items():
        (home / name).write_bytes(data)
    return home


def _spoilt(folder: Path) -> tuple[Path, str]:
    """Write the set of 300 with one misspelt key; where it is."""
    home = folder / "typo"
    home.mkdir()
    files = mixed_files(300, SEED)
    victim = max(name for name, data in files.items() if b"at_least: 0." in data)
    lines = files[victim].decode().split("\n")
    line = max(index for index, text in enumerate(lines) if "at_least: 0." in text)
    lines[line] = lines[line].replace("at_least", "at_leest")
    for name, data in {**files, victim: "\n".join(lines).encode()}.items():
        (home / name).write_bytes(data)
    return home, f"{home / victim}:{line + 1}:{lines[line].index('at_leest') + 1}: error P201"


def _check(turn: Mapping[str, Whole], place: str) -> None:
    for size in SIZES:
        assert turn[f"{size} rules"].code == 0, turn[f"{size} rules"].output[-2000:]
    found = turn["one typo in 300 rules"]
    assert found.code == 2, found.output[-2000:]
    assert place in found.output, (place, found.output[-2000:])
    assert "Did you mean 'at_least'?" in found.output, found.output[-2000:]


def _against(folder: Path, validate: str, surroundings: Mapping[str, str], commands: Mapping[str, list[str]]) -> None:
    """Take turns with Custodian, whose policies lie in one file, as it is slower on many."""
    heading("govern policy lint / custodian validate on as many policies, whole processes")
    for size in (100, 300):
        file = folder / f"custodian-{size}.yml"
        policies = list(custodian(size, SEED))
        file.write_text(custodian_text(policies))
        turns = [_turn(commands[f"{size} rules"], [validate, "validate", str(file)], surroundings) for _ in range(3)]
        assert all(theirs.code == 0 and "Configuration valid" in theirs.output for _ours, theirs in turns), turns[0][1]
        _rows(f"{size} rules, no fault", turns)
    policies[-1] |= {"filters": [{"type": "value", "key": "Size", "opp": "gte", "value": 5}]}
    file.write_text(custodian_text(policies))
    typo = commands["one typo in 300 rules"]
    turns = [_turn(typo, [validate, "validate", str(file)], surroundings) for _ in range(3)]
    said = turns[0][1]
    assert said.code == 1, said
    _rows("300 rules, one typo", turns)
    line = 1 + next(at for at, text in enumerate(file.read_text().split("\n")) if "opp:" in text)
    named = "names" if f"line {line}" in said.output or f":{line}" in said.output else "does not name"
    print(f"    Custodian {named} the line of the typo, in {len(said.output.splitlines())} lines of output")


def _turn(ours: list[str], theirs: list[str], surroundings: Mapping[str, str]) -> tuple[Whole, Whole]:
    return whole(ours, surroundings), whole(theirs, surroundings)


def _rows(what: str, turns: list[tuple[Whole, Whole]]) -> None:
    wall = [ours.wall / theirs.wall for ours, theirs in turns]
    cpu = [ours.cpu / theirs.cpu for ours, theirs in turns]
    show(Row(f"{what}, wall", wall, 0.4, statistics.median(ours.wall for ours, _theirs in turns)))
    show(Row(f"{what}, processor", cpu, 0.4, statistics.median(ours.cpu for ours, _theirs in turns)))
