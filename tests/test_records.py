"""Records behave as frozen dataclasses with slots do, in everything that we use of them."""

from __future__ import annotations

import copy
import pickle
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.records import record


@record
class Pair:
    """Two values."""

    left: int
    right: str = "r"

    @property
    def both(self) -> str:
        """Both as text."""
        return f"{self.left}{self.right}"

    @classmethod
    def of(cls, text: str) -> Pair:
        """Read one."""
        return cls(int(text[0]), text[1:])


@record(kw_only=True)
class Named:
    """Values by name."""

    first: tuple[int, ...]
    second: Pair | None = None


@dataclass(frozen=True, slots=True)
class OraclePair:
    left: int
    right: str = "r"


VALUES = st.tuples(st.integers(), st.text(max_size=3))


@given(one=VALUES, other=VALUES)
def test_comparison_and_hash_are_those_of_a_dataclass(one: tuple[int, str], other: tuple[int, str]) -> None:
    assert (Pair(*one) == Pair(*other)) == (OraclePair(*one) == OraclePair(*other))
    assert (hash(Pair(*one)) == hash(Pair(*other))) == (hash(OraclePair(*one)) == hash(OraclePair(*other)))
    assert repr(Pair(*one)) == repr(OraclePair(*one)).removeprefix("Oracle")
    assert repr(replace(Pair(*one), left=3)) == repr(replace(OraclePair(*one), left=3)).removeprefix("Oracle")


def test_defaults_names_and_methods() -> None:
    assert Pair(1) == Pair(left=1, right="r") == Pair(1, right="r")
    assert Pair.of("7x").both == "7x"
    assert Named(first=(1,)).second is None
    assert Pair(1).__slots__ == ("left", "right")
    assert Pair(1) != OraclePair(1)


@pytest.mark.parametrize(
    "call",
    [
        lambda: Pair(),
        lambda: Pair(1, "a", "b"),
        lambda: Pair(1, left=2),
        lambda: Pair(1, middle=2),
        lambda: Named((1,)),
        lambda: Named(second=None),
        lambda: replace(Pair(1), middle=2),  # type: ignore[call-arg]
    ],
)
def test_a_wrong_call_is_a_type_error(call: Any) -> None:
    with pytest.raises(TypeError):
        call()


def test_a_record_is_frozen_and_has_nothing_else() -> None:
    made = Pair(1)
    for change in (lambda: setattr(made, "left", 2), lambda: setattr(made, "other", 2), lambda: delattr(made, "left")):
        with pytest.raises(AttributeError):
            change()
    assert made == Pair(1)
    assert not hasattr(made, "__dict__")


def test_dataclasses_knows_a_record() -> None:
    assert is_dataclass(Pair)
    assert [item.name for item in fields(Pair)] == [item.name for item in fields(OraclePair)]
    assert asdict(Named(first=(1,), second=Pair(2))) == {"first": (1,), "second": {"left": 2, "right": "r"}}
    assert replace(Named(first=(1,)), second=Pair(2)) == Named(first=(1,), second=Pair(2))


def test_records_can_be_copied_and_pickled() -> None:
    made = Named(first=(1, 2), second=Pair(3, "x"))
    assert copy.copy(made) == copy.deepcopy(made) == pickle.loads(pickle.dumps(made)) == made
