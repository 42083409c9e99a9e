"""The border around a plug-in's parameter model: whatever it raises becomes a fault at the place of the parameters."""

from __future__ import annotations

from typing import Any, cast

from pydantic import ValidationError, create_model, model_validator
from pydantic_core import PydanticCustomError

from govern.canonical import canonical_bytes
from govern.policy.interface import CheckParams, CheckSpec, EvidenceNeed

__all__ = ["guarded_params"]


def guarded_params(spec: CheckSpec) -> type[CheckParams]:
    """Give the parameter model of a plug-in's kind behind a border.

    Values that validate are asked at once for what the compiler will want of them: their form in the plan and the
    evidence they need. So `needs` is total as far as anybody can tell, and its faults have a place.
    """

    def border(_cls: type[CheckParams], value: Any, handler: Any) -> Any:
        try:
            made = handler(value)
            canonical_bytes(made.model_dump(mode="json", by_alias=True, exclude_none=True))
            fault = _needs_fault(spec.needs(made))
        except (ValidationError, PydanticCustomError, KeyboardInterrupt):
            raise
        except BaseException as crash:  # a plug-in's validator may do anything, sys.exit() included
            fault = f"raised {type(crash).__name__}"
        if fault is not None:
            message = "the plug-in's own code for these parameters {fault}"
            raise PydanticCustomError("plugin_crashed", cast("Any", message), {"fault": fault})
        return made

    wrapped: Any = classmethod(border)
    validators: dict[str, Any] = {"_at_the_border": model_validator(mode="wrap")(wrapped)}
    made: Any = create_model(
        spec.params.__name__, __base__=spec.params, __doc__=spec.params.__doc__, __validators__=validators
    )
    return cast("type[CheckParams]", made)


def _needs_fault(needs: object) -> str | None:
    if not isinstance(needs, tuple) or not all(isinstance(item, EvidenceNeed) for item in needs):
        return "gave something else than a tuple of EvidenceNeed from `needs`"
    for item in needs:
        reads: object = item.reads
        sound = isinstance(reads, tuple) and all(isinstance(text, str) for text in reads)
        if not isinstance(item.kind, str) or not sound:
            return "gave an EvidenceNeed that is not made of texts"
    return None
