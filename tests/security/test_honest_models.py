"""Honest scikit-learn models, written here by the real libraries, are clean: a gate that cries wolf is switched off."""

from __future__ import annotations

import io
import pickle
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from govern.security.artefacts import Verdict, load_profiles, scan_bytes
from govern.security.artefacts.pickle.judge import Judge
from govern.security.artefacts.pickle.machine import Machine
from govern.security.artefacts.pickle.profiles import builtin_profile_names
from support.pickle_programs import recorded

PROFILES = load_profiles(["sklearn", "joblib"])
NAMES = ("linear", "forest", "columns", "histogram", "boosting", "neighbours", "search", "text", "objects")
COMPRESSORS: tuple[Any, ...] = (0, "zlib", "gzip", "bz2", "xz", "lzma")


@cache
def models() -> dict[str, Any]:
    import numpy as np
    import pandas as pd
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.feature_selection import SelectKBest, f_classif
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import accuracy_score, make_scorer
    from sklearn.model_selection import GridSearchCV
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import Pipeline, make_pipeline
    from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3))
    y = (x[:, 0] > 0).astype(int)
    frame = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "c": ["p", "q", "r"] * 20})
    words = np.array(["good loan", "bad loan", "late payment"], dtype=object)
    columns = ColumnTransformer([("n", StandardScaler(), ["a", "b"]), ("o", OneHotEncoder(), ["c"])])
    grid = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, scoring=make_scorer(accuracy_score), cv=2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {
            "linear": make_pipeline(StandardScaler(), SelectKBest(f_classif, k=2), LogisticRegression()).fit(x, y),
            "forest": RandomForestClassifier(n_estimators=3, random_state=0).fit(x, y),
            "columns": Pipeline([("c", columns), ("l", LogisticRegression())]).fit(frame, y),
            "histogram": HistGradientBoostingClassifier(max_iter=3).fit(x, y),
            "boosting": GradientBoostingClassifier(n_estimators=3, random_state=np.random.RandomState(0)).fit(x, y),
            "neighbours": KNeighborsClassifier().fit(x, y),
            "search": grid.fit(x, y),
            "text": make_pipeline(TfidfVectorizer(), FunctionTransformer(np.log1p)).fit(words),
            "objects": make_pipeline(OneHotEncoder(dtype=np.float32)).fit(words.reshape(-1, 1)),
        }


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("model", NAMES)
def test_pickles_of_every_protocol(model: str, protocol: int) -> None:
    content = pickle.dumps(models()[model], protocol=protocol)
    report = scan_bytes("model.pkl", content, PROFILES)
    assert report.verdict is Verdict.CLEAN, report.reasons[:3]
    assert sum(report.spans.values()) == len(content)


@pytest.mark.parametrize("compressor", COMPRESSORS)
@pytest.mark.parametrize("model", NAMES)
def test_joblib_with_every_compressor(model: str, compressor: Any, tmp_path: Path) -> None:
    import joblib

    joblib.dump(models()[model], tmp_path / "model", compress=compressor)
    report = scan_bytes("model", (tmp_path / "model").read_bytes(), PROFILES)
    assert report.verdict is Verdict.CLEAN, [part.reasons[:3] for part in report.flat()]
    assert {part.kind for part in report.flat()} & {"joblib"}


@pytest.mark.parametrize("model", NAMES)
def test_skops(model: str) -> None:
    import skops.io

    content = skops.io.dumps(models()[model])
    report = scan_bytes("model.skops", content, PROFILES)
    assert report.kind == "skops"
    expected = Verdict.INCONCLUSIVE if "SparseMatrixNode" in content.decode("latin-1") else Verdict.CLEAN
    assert report.verdict is expected, [part.reasons[:3] for part in report.flat()]


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("model", NAMES)
def test_the_names_are_those_that_unpicklers_look_up(model: str, protocol: int) -> None:
    content = pickle.dumps(models()[model], protocol=protocol)
    judge = Judge(PROFILES)
    Machine(content, judge).run()
    c_names, python_names = recorded(content, protocol)
    assert judge.looked_up == c_names == python_names


@pytest.mark.parametrize("model", NAMES)
def test_the_names_are_those_that_joblib_looks_up(model: str, tmp_path: Path) -> None:
    """joblib's own unpickler, on a file written here, with every lookup recorded and then done."""
    import joblib
    from joblib.numpy_pickle import NumpyUnpickler

    path = tmp_path / "model.joblib"
    joblib.dump(models()[model], path)
    seen: list[tuple[str, str]] = []

    class Recording(NumpyUnpickler):  # type: ignore[misc, valid-type]
        def find_class(self, module: str, name: str) -> Any:
            seen.append((module, name))
            return super().find_class(module, name)

    with path.open("rb") as handle:
        Recording(str(path), handle, ensure_native_byte_order=True).load()
    report = scan_bytes("model.joblib", path.read_bytes(), PROFILES)
    assert {(use.module, use.name) for use in report.globals} >= set(seen)
    # An array of objects is a pickle of its own, read by an unpickler that is not recorded.
    assert {(use.module, use.name) for use in report.globals} - set(seen) <= {
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
        ("numpy._core.numeric", "_frombuffer"),
    }


@pytest.mark.parametrize("at", [0.1, 0.35, 0.6, 0.85, 0.999])
@pytest.mark.parametrize("model", ["linear", "forest"])
def test_a_command_hidden_anywhere_in_a_joblib_stream(model: str, at: float, tmp_path: Path) -> None:
    """Inserted bytes move everything behind them: whatever comes of it, the file is not clean."""
    import joblib

    joblib.dump(models()[model], tmp_path / "model")
    content = (tmp_path / "model").read_bytes()
    cut = int(len(content) * at)
    payload = b"\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R0"
    report = scan_bytes("model", content[:cut] + payload + content[cut:], PROFILES)
    assert report.verdict is not Verdict.CLEAN


def test_custom_classes_are_named() -> None:
    class Local:
        """Pickled by name."""

    Local.__module__, Local.__qualname__ = "__main__", "Local"
    buffer = io.BytesIO()
    buffer.write(b"\x80\x04\x8c\x08__main__\x8c\x05Local\x93)\x81.")
    report = scan_bytes("model.pkl", buffer.getvalue(), PROFILES)
    assert report.verdict is Verdict.BLOCKED
    assert report.reasons[0].name == "__main__.Local"


def test_every_class_of_the_sklearn_profile_keeps_the_rule() -> None:
    """A class may be made without `__init__` only if `__new__` is object's and its `__setstate__` was read.

    Names that the installed version does not have belong to other versions; most must be there.
    """
    import importlib

    reviewed = {"BaseEstimator", "IsotonicRegression", "TreePredictor", "Bunch", "coo_matrix"}
    profiles = load_profiles(["sklearn"])
    there = 0
    for member in profiles.members:
        for entry in member.entries:
            if "new" not in entry.allow or "arg" in entry.allow or member.name not in ("sklearn", "scipy"):
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    cls = getattr(importlib.import_module(entry.key[0]), entry.key[1])
                except (ImportError, AttributeError):
                    continue
            there += 1
            setters = {base.__name__ for base in cls.__mro__ if "__setstate__" in vars(base)}
            assert setters <= reviewed, entry.key
            if entry.key[0].endswith("_passive_aggressive"):
                continue  # deprecated: its `__new__` warns, then is object's
            assert cls.__new__ in (object.__new__, dict.__new__) or issubclass(cls, tuple), entry.key
    assert there > 200


def test_profiles_hold_exact_names_and_known_rules() -> None:
    from govern.security.artefacts.pickle.known_bad import why_dangerous
    from govern.security.artefacts.pickle.patterns import _TESTS
    from govern.security.artefacts.pickle.rules import CALL_RULES, STATE_RULES

    assert builtin_profile_names() == ("joblib", "numpy", "python-data", "scipy", "sklearn", "torch-state-dict")
    for member in load_profiles(builtin_profile_names()).members:
        for entry in member.entries:
            module, name = entry.key
            assert module.replace(".", "").replace("_", "").isalnum()
            assert "." not in name
            assert entry.rule is None or entry.rule in CALL_RULES
            assert entry.state in STATE_RULES
            assert all(set(pattern) <= _TESTS.keys() and len(pattern) == 1 for pattern in entry.args or ())
            if not name.startswith("__"):
                assert why_dangerous(module, name) is None, entry.key
