"""What the compiler asks of a check kind. `checks` implements it; `gate` hands the catalogue to the compiler."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from govern.diagnostics import Diagnostic, Span, UsageError
from govern.policy.outcomes import Outcome, Stage
from govern.policy.types import Duration, Flag

if TYPE_CHECKING:
    from govern.diagnostics.catalogue import Code
    from govern.policy.cel.bind import Bound
    from govern.policy.cel.evaluation import Expression
    from govern.policy.values import ParameterValue

__all__ = [
    "CheckParams",
    "CheckSpec",
    "CompiledText",
    "EvidenceNeed",
    "EvidenceSource",
    "PluginOrigin",
    "Tighten",
    "UnusableKindError",
    "parameter",
    "unknown_name",
]

Tighten = Literal["up", "down", "superset", "subset", "order", "fixed", "with"]
"""Direction in which an overlay may move a parameter (policy-language: monotone overlays)."""


def parameter(
    description: str,
    *,
    tighten: Tighten = "fixed",
    default: Any = ...,
    order: tuple[str, ...] = (),
    alias: str | None = None,
    unset: Literal["weakest", "strictest"] = "weakest",
) -> Any:
    """Declare a parameter of a check kind: its meaning, its default (`...` = required) and its direction.

    `order` lists the members of an ordered enum from weakest to strictest, for `tighten="order"`. `unset` says what a
    default of None, or an empty list, asks: nothing (`weakest`), or everything (`strictest`).
    """
    extra: dict[str, Any] = {"tighten": tighten}
    if unset == "strictest":
        extra["unset"] = unset
    if order:
        extra["order"] = list(order)
    return Field(default=default, description=description, json_schema_extra=extra, alias=alias)


def unknown_name(what: str, name: str, known: Iterable[str]) -> PydanticCustomError:
    """Make the error of a parameter's validator that met a name it does not know; the nearest one is suggested."""
    names = tuple(sorted(known))
    return PydanticCustomError(
        "bad_value",
        "unknown {what} '{name}'; known: {names}",
        {"what": what, "name": name, "names": ", ".join(names), "known": names},
    )


class CheckParams(BaseModel):
    """Parameters that every check kind takes. Unset optionals stay out of the plan; every default is written in."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=False, defer_build=True)

    bound: Flag = parameter(
        "Evidence must name the model and data it speaks of.",
        tighten="order",
        default=False,
        order=("false", "true"),
    )
    min_grade: Literal["E0", "E1", "E2", "E3", "E4"] = parameter(
        "Least evidence grade accepted.", tighten="order", default="E0", order=("E0", "E1", "E2", "E3", "E4")
    )
    max_age: Duration | None = parameter("Evidence older than this is stale.", tighten="down", default=None)


@dataclass(frozen=True, slots=True)
class EvidenceNeed:
    """One item of evidence that a rule reads: its kind and the parts of it, e.g. `columns:sex`."""

    kind: str
    reads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PluginOrigin:
    """The installed distribution that a check kind comes from, when it is not built in."""

    distribution: str
    version: str

    def __str__(self) -> str:
        """Give it as a requirement, e.g. `govern-carbon==0.1.0`: the text that a plan holds and pip installs."""
        return f"{self.distribution}=={self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSpec:
    """The compile-time face of a check kind."""

    kind: str
    """E.g. `fairness.disparity`."""
    version: int
    summary: str
    """One sentence: passes when."""
    cannot_show: str
    """What this check cannot show, printed by `govern explain` and the reference page."""
    params: type[CheckParams]
    needs: Callable[[Any], tuple[EvidenceNeed, ...]]
    """Evidence needs of validated parameters."""
    default_stages: tuple[Stage, ...] = (Stage.PRE_REGISTRATION, Stage.PRE_DEPLOYMENT)
    comes_to: tuple[Outcome, ...] = (Outcome.PASS, Outcome.FAIL, Outcome.MISSING_EVIDENCE, Outcome.INCONCLUSIVE)
    """What it can come to beside `error` and what the decision makes of it: a test must show each."""
    message_fields: tuple[str, ...] = ()
    registry_params: tuple[str, ...] = ()
    """Names of parameters whose value names a SourceRegistry document of the policies."""
    default_remediation: str = ""
    expression_params: tuple[str, ...] = ()
    """Names (as written in `with:`) of parameters that hold an assertion of the expression language."""
    not_tighter: Callable[[Any, Any], tuple[str, str] | None] | None = None
    """Where moving each parameter in its own direction is not enough: gives (parameter, reason) when the second
    parameters could let a model through that the first would not."""
    expression_lists: tuple[str, ...] = ()
    """The same for parameters that hold a list of assertions, all of which must be true; imports add to the first."""

    codes: Mapping[str, Code] = field(default_factory=dict)
    """Codes of a plug-in's own findings, `<namespace>-<three digits>`; built-in kinds use the catalogue's."""
    plugin: PluginOrigin | None = None
    """Set by the registry for a kind that a plug-in offers; never by whoever writes a kind."""

    @property
    def texts_of_expressions(self) -> tuple[str, ...]:
        """Names of all parameters whose text is an expression."""
        return (*self.expression_params, *self.expression_lists)

    @property
    def passes_when(self) -> str:
        """The summary as what follows `passes when:`."""
        text = self.summary
        for start in ("Passes when: ", "Passes when ", "passes when "):
            text = text.removeprefix(start)
        return text


class CompiledText(str):
    """The text of an expression parameter after compilation: still the author's text, with its compiled form."""

    expression: Expression

    @classmethod
    def of(cls, expression: Expression) -> CompiledText:
        """Wrap a compiled expression."""
        made = cls(expression.source)
        made.expression = expression
        return made


class UnusableKindError(UsageError):
    """Somebody offers this check kind, and it cannot be used. A catalogue raises it; the compiler gives it a place."""

    def placed(self, span: Span) -> tuple[Diagnostic, ...]:
        """Give the diagnostics at the place that asked for the kind."""
        return tuple(replace(item, span=span) for item in self.diagnostics)


class EvidenceSource(Protocol):
    """What a compiled condition is evaluated against; `checks.context.CheckContext` is one."""

    def bind(self, roots: frozenset[str], params: Mapping[str, ParameterValue]) -> Bound:
        """Give the evidence of these roots, bound once a run."""
        ...


CheckCatalogue = Mapping[str, CheckSpec]
