"""The figures of an energy file: read, and refused where they cannot be."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from govern.checks.api import Diagnostic, InputError, JsonEvidence, JsonValue, Span

__all__ = ["Energy", "read_energy"]


@dataclass(frozen=True, slots=True)
class Energy:
    """What a file says that training took, in kWh."""

    kwh: Decimal | int
    low: Decimal | int | None
    """Ends of the stated interval; None when the file states none."""
    high: Decimal | int | None
    method: str


def read_energy(found: JsonEvidence) -> Energy | None:
    """Read the figures; None when the file does not state the energy at all.

    Raises InputError carbon-102 for figures that cannot be: the rule's outcome is then `error`, never a pass.
    """
    training = found.document.get("training") if isinstance(found.document, dict) else None
    if training is None:
        return None
    if not isinstance(training, dict):
        raise _fault(found, "/training", "training is not an object")
    if training.get("energy_kwh") is None:
        return None
    kwh = _amount(found, "/training/energy_kwh", training["energy_kwh"])
    low = high = None
    interval = training.get("interval_kwh")
    if interval is not None:
        if not isinstance(interval, list) or len(interval) != 2:
            raise _fault(found, "/training/interval_kwh", "interval_kwh is not a list of two numbers")
        low, high = (_amount(found, f"/training/interval_kwh/{at}", item) for at, item in enumerate(interval))
        if not low <= kwh <= high:
            raise _fault(found, "/training/interval_kwh", "the interval does not hold the figure itself")
    method = training.get("method")
    if method not in ("meter", "estimate"):
        raise _fault(found, "/training/method", "method is neither meter nor estimate")
    return Energy(kwh, low, high, str(method))


def _amount(found: JsonEvidence, pointer: str, value: JsonValue) -> Decimal | int:
    # A truth value is an int to Python. NaN and Infinity have not come past the reader.
    if isinstance(value, bool) or not isinstance(value, Decimal | int) or value < 0:
        raise _fault(found, pointer, "not a number from 0 on")
    return value


def _fault(found: JsonEvidence, pointer: str, message: str) -> InputError:
    place = found.at(pointer)
    return InputError(Diagnostic("carbon-102", message, Span(place.file, place.line, place.column)))
