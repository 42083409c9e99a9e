"""Parameters of the check kinds `artefacts.*`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from govern.policy.interface import CheckParams, parameter, unknown_name
from govern.policy.types import Count, Flag, Names

__all__ = ["FormatsParams", "PickleParams", "PresentParams"]

_FORMATS = ("safetensors", "onnx", "gguf", "npy", "xgboost", "lightgbm", "keras", "skops")
_KNOWN_FORMATS = frozenset({*_FORMATS, "pickle", "joblib", "torch", "hdf5", "catboost", "tflite"})


def _profiles() -> tuple[str, ...]:
    from govern.security.artefacts import builtin_profile_names

    return builtin_profile_names()


def _sorted(value: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(value)))


def _known_formats(value: tuple[str, ...]) -> tuple[str, ...]:
    unknown = sorted(set(value) - _KNOWN_FORMATS)
    if unknown:
        raise unknown_name("format", unknown[0], _KNOWN_FORMATS)
    return _sorted(value)


def _known_profiles(value: tuple[str, ...]) -> tuple[str, ...]:
    unknown = sorted(set(value) - set(_profiles()))
    if unknown:
        raise unknown_name("scan profile", unknown[0], _profiles())
    return _sorted(value)


class FormatsParams(CheckParams):
    """Parameters of `artefacts.formats`."""

    allowed: Annotated[Names, AfterValidator(_known_formats)] = parameter(
        "Formats a model artefact may have; pickle, joblib and torch only when listed.",
        tighten="subset",
        default=tuple(sorted(_FORMATS)),
    )
    unknown_file: Literal["record", "inconclusive", "block"] = parameter(
        "What content of no known format comes to; `record` lists it as not analysed.",
        tighten="order",
        default="block",
        order=("record", "inconclusive", "block"),
    )
    max_expansion: Annotated[Count, Field(ge=1, le=10_000)] = parameter(
        "Most bytes a container may unpack to, as a multiple of its own.", tighten="down", default=100
    )
    max_depth: Annotated[Count, Field(ge=1, le=16)] = parameter(
        "Most containers within containers.", tighten="down", default=4
    )


class PickleParams(CheckParams):
    """Parameters of `artefacts.pickle`."""

    mode: Literal["allow_list", "forbid"] = parameter(
        "Whether pickles are judged by profiles or not allowed at all.",
        tighten="order",
        default="allow_list",
        order=("allow_list", "forbid"),
    )
    profiles: Annotated[Names, AfterValidator(_known_profiles)] = parameter(
        "Scan profiles that permit names; each brings those it includes.",
        tighten="subset",
        default=_profiles(),
    )
    unknown_globals: Literal["inconclusive", "fail"] = parameter(
        "What a name comes to that no profile permits and that is not known to be dangerous.",
        tighten="order",
        default="fail",
        order=("inconclusive", "fail"),
    )


class PresentParams(CheckParams):
    """Parameters of `artefacts.present`."""

    lfs_pointers: Literal["warn", "refuse"] = parameter(
        "What a Git LFS pointer in place of a file comes to; under `warn` some model file must still be there.",
        tighten="order",
        default="refuse",
        order=("warn", "refuse"),
    )
    shards_complete: Flag = parameter(
        "Every shard is there, and holds the tensors that its index maps to it.",
        tighten="order",
        default=True,
        order=("false", "true"),
    )
    references_exist: Flag = parameter(
        "Every file that the model record, MLmodel or an ONNX model names is there.",
        tighten="order",
        default=True,
        order=("false", "true"),
    )
    min_bytes: Annotated[Count, Field(ge=1)] = parameter("Least size of a model file.", tighten="up", default=1)
