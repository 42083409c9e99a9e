"""Every reader on spoilt inputs: nothing but diagnostics, whatever comes. `scripts/fuzz.py` does the same for hours."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.bundle import open_bundle
from govern.diagnostics import GovernError
from govern.evidence.tools.registry import readers
from support.fuzzing import CORPUS, Target, fault_of, mutated, seeds, targets

TARGETS = targets()


def test_every_reader_is_a_target_and_has_a_sample_to_begin_with():
    assert {reader.id for reader in readers()} <= set(TARGETS)
    assert {
        name for name, target in TARGETS.items() if not any(is_read(target, data) for data in seeds(target))
    } == set()


def is_read(target: Target, data: bytes) -> bool:
    try:
        target.run(data)
    except GovernError:
        return False
    return True


def test_nothing_is_kept_for_a_target_that_is_gone():
    assert {path.name for path in CORPUS.iterdir()} <= set(TARGETS)


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_what_was_kept_is_read_without_a_fault(name):
    """The corpus, and with it every input that once made a reader crash."""
    target = TARGETS[name]
    assert [repr(fault) for data in seeds(target) if (fault := fault_of(target, data)) is not None] == []


@pytest.mark.parametrize("name", sorted(TARGETS))
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**64))
def test_spoilt_inputs_give_nothing_but_diagnostics(name, seed):
    target = TARGETS[name]
    pool = seeds(target)
    chance = random.Random(seed)
    data = mutated(chance.choice(pool), chance, target, pool)
    assert fault_of(target, data) is None, data


@pytest.mark.parametrize("name", sorted(TARGETS))
@settings(max_examples=40, deadline=None)
@given(data=st.binary(max_size=300))
def test_any_bytes_give_nothing_but_diagnostics(name, data):
    assert fault_of(TARGETS[name], data) is None


NAMES = st.binary(min_size=1, max_size=12).filter(lambda name: b"/" not in name and b"\0" not in name)


@settings(max_examples=60, deadline=None)
@given(names=st.lists(NAMES, max_size=6), content=st.binary(max_size=64), record=st.booleans())
def test_any_folder_is_opened_or_refused(tmp_path_factory, names, content, record):
    folder = tmp_path_factory.mktemp("any")
    if record:
        (folder / "govern.yaml").write_bytes(content)
    made = [name for name in names if name not in (b".", b"..")]
    for name in made:
        Path(os.fsdecode(os.path.join(os.fsencode(folder), name))).write_bytes(content)
    try:
        bundle = open_bundle(folder, name="m", version="1")
    except GovernError as fault:
        bundle = None
        told = [str(item) for item in fault.diagnostics]
    else:
        told = ["opened"]
    assert told
    assert bundle is None or set(bundle.files)
