"""Bundles with one defect each, and what the gate must make of them.

`RULES` are the parameters that the cases are judged with, for every kind that a case names: layouts, cards and their
licences, artefacts, pickles, requirements, lineage, tables. `secrets-in-bundle` asks for no outcome, because
`secrets.none` comes with a later stage; what holds for every bundle holds for it too: no crash, bounded, the same
answer twice, nothing followed, nothing executed, and the secret itself in no output. Files of other tools, envelopes,
manifests and archives are in `hostile_evidence`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.bundles import CARD, MODEL_FILE, PREDICTIONS, PREDICTIONS_MANIFEST, BundleBuilder
from support.hostile_bytes import (
    acting_pickle,
    archive,
    lfs_pointer,
    lying_safetensors,
    pickle_of_absent_class,
    short_safetensors,
)
from support.licence_texts import APACHE, MIT

RULES: dict[str, dict[str, Any]] = {
    "model_card.sections": {"required": ["intended_use", "limitations", "training_data", "evaluation"]},
    "model_card.consistent": {"fields": ["license", "name", "version", "base_models"]},
    "model_card.licence": {"allow": ["Apache-2.0"]},
    "model_card.claims": {},
    "performance.threshold": {"metric": "accuracy", "at_least": 0.8},
    "fairness.disparity": {
        "metric": "selection_rate",
        "attributes": ["sex"],
        "compare": "ratio",
        "at_least": 0.8,
        "decide": "evidence_of_harm",
        "min_n": 30,
    },
    "artefacts.formats": {"allowed": ["safetensors", "onnx", "skops"], "unknown_file": "record"},
    "artefacts.pickle": {"mode": "forbid"},
    "artefacts.present": {"lfs_pointers": "refuse", "shards_complete": True, "references_exist": True},
    "dependencies.pinned": {},
    "lineage.bound": {},
}

FAIRNESS, CARD_KIND, SCORE = "fairness.disparity", "model_card.sections", "performance.threshold"
AGREE, LICENCE, CLAIMS = "model_card.consistent", "model_card.licence", "model_card.claims"
FORMATS, PICKLE, PINNED, BOUND = "artefacts.formats", "artefacts.pickle", "dependencies.pinned", "lineage.bound"
PRESENT = "artefacts.present"


@dataclass(frozen=True)
class Case:
    """A bundle, the kinds that judge it, and every answer that is right."""

    name: str
    make: Callable[[BundleBuilder, Path], object]
    """Changes a sound bundle. The path is a file that must never come to be."""
    outcomes: dict[str, tuple[str, ...]]
    codes: tuple[int, ...]
    places: tuple[str, ...] = ()
    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
    after: Callable[[Path], object] | None = None
    """Changes the folder once it is written: links and special files."""

    def build(self, folder: Path, marker: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        builder = BundleBuilder(folder)
        self.make(builder, marker)
        bundle = builder.build()
        if self.after is not None:
            self.after(bundle)
        return bundle


def _card(old: str, new: str) -> str:
    assert old in CARD
    return CARD.replace(old, new, 1)


LATIN = _card("Ranks consumer", "Fr\xe9d\xe9ric ranks consumer").encode("latin-1")

EMPTY_TEMPLATE = """\
---
license: apache-2.0
---
# Model card

## Intended use

[More Information Needed]

## Limitations

TBD

## Training data

<!-- what was it trained on? -->

[More Information Needed]

## Evaluation

N/A
"""

FENCED = """\
---
license: apache-2.0
---
# Credit

~~~text
## Intended use
Ranks loan applications so that people read the doubtful ones first, and decide each case themselves.
## Limitations
Two regions and salaried applicants only, so it is not reliable for anybody else.
~~~

Training data
-------------

The acme/loans extract of March 2026: 48,000 closed loans with known outcome, one row a loan.
"""

BODY = CARD[CARD.index("# Credit risk") :].split("| metric")[0]

WRITTEN_FIGURES = f"""\
---
license: apache-2.0
model-index:
- name: credit-risk
  results:
  - task: {{type: tabular-classification}}
    dataset: {{type: acme/loans, name: loans holdout}}
    metrics:
    - {{type: accuracy, value: "93 %"}}
    - {{type: f1, value: "0,88"}}
    - {{type: precision, value: 93}}
    - {{type: auc, value: .nan}}
    - {{type: recall, value: null}}
---
{BODY}"""

STEERING = (
    CARD.replace("# Credit risk", "# \x1b]0;owned\x07Credit\x9b31m <script>alert(1)</script> \u202eksir", 1)
    .replace("Ranks consumer", "::error::no\n##[set-output name=x]y {{ 90001*90001 }} [a](javascript:alert(2)) ranks", 1)
)  # fmt: skip

MANY_FORMS = """\
# what a hand-kept list looks like
-r more/base.txt
-c limits.txt
-e ./src
--index-url http://packages.example.com/simple
--trusted-host packages.example.com
git+ssh://git@git.example.com/risk/tools.git@main#egg=tools
https://files.example.com/wheels/fast-2.1-py3-none-any.whl
local @ file:///home/me/local
scipy==1.11.*
joblib===1.4.2
pandas~=2.2
httpx[http2]==0.27.0; python_version >= "3.11"
Flask_Cors==5.0.0 \\
    --hash=sha256:{digest}
rich
sympy => 1.13
""".format(digest="1" * 64)


def _no_predictions(b: BundleBuilder) -> BundleBuilder:
    return b.remove(PREDICTIONS).remove(PREDICTIONS_MANIFEST).record(evidence={"metrics": {"path": "metrics.json"}})


def _no_metrics(b: BundleBuilder) -> BundleBuilder:
    return _no_predictions(b).remove("metrics.json").record(evidence=None)


def _weights(b: BundleBuilder, name: str, data: bytes) -> BundleBuilder:
    return b.remove(MODEL_FILE).record(artefacts=[{"path": name, "role": "weights"}]).file(name, data)


def _lineage(b: BundleBuilder, _marker: Path) -> None:
    b.file(
        "lineage.yaml",
        "apiVersion: govern/v1\n"
        "kind: Lineage\n"
        "model:\n"
        "  name: credit-risk\n"
        '  version: "3.1.0"\n'
        "  files:\n"
        f"    - {{path: {MODEL_FILE}, sha256: {'0' * 64}}}\n"
        f"    - {{path: lost.bin, sha256: {'1' * 64}}}\n"
        "datasets:\n"
        "  - {id: train, uri: s3://ml/train.csv, digest: {sha256: deadbeef}}\n"
        "runs: []\n",
    )


def _two_models(b: BundleBuilder, _marker: Path) -> None:
    for name in ("govern.yaml", "README.md", "requirements.txt", "metrics.json", MODEL_FILE):
        b.remove(name)
    for name in (PREDICTIONS, PREDICTIONS_MANIFEST, "lineage.yaml"):
        b.remove(name)
    for folder in ("autumn", "spring"):
        b.file(f"{folder}/MLmodel", "flavors:\n  sklearn:\n    pickled_model: model.skops\n")


def _hub_models(b: BundleBuilder) -> None:
    _two_models(b, Path())
    b.remove("autumn/MLmodel").remove("spring/MLmodel")
    b.file("base/config.json", '{"model_type": "llama"}').file("adapter/adapter_config.json", "{}")


def _spelling(b: BundleBuilder, _marker: Path) -> None:
    b.remove("README.md").file("ReadMe.MD", CARD).record(cards=None)
    b.remove("requirements.txt").file("REQUIREMENTS.txt", "numpy==1.26.4\n")
    b.file("LICENSE.Txt", "Apache-2.0\n")


def _links_out(bundle: Path) -> None:
    secret = bundle.parent / "secret.txt"
    secret.write_text("the moon is made of basalt\n", encoding="utf-8")
    (bundle / "weights.bin").symlink_to(secret)
    (bundle / "machine").symlink_to("/etc")


def _links_round(bundle: Path) -> None:
    (bundle / "chicken").symlink_to("egg")
    (bundle / "egg").symlink_to("chicken")
    (bundle / "here").symlink_to(".")


def _odd_entries(bundle: Path) -> None:
    os.mkfifo(bundle / "queue")
    with open(os.fsencode(bundle) + b"/caf\xe9.txt", "wb"):
        pass


CASES = [
    Case(
        "card-broken-yaml",
        lambda b, _: b.file("README.md", _card("[acme/loans]", "[acme/loans, other\n\tversion: 2")),
        {CARD_KIND: ("pass",), LICENCE: ("error",)},
        (3,),
        places=("README.md:4:1",),
        must=("tab",),
        must_not=("no front matter",),
    ),
    Case(
        "card-duplicate-keys",
        lambda b, _: b.file("README.md", _card("datasets:", "license: mit\ndatasets:")),
        {CARD_KIND: ("pass",), LICENCE: ("error", "fail")},
        (1, 3),
        places=("README.md:2", "README.md:3"),
        must=("'license'", "line 2"),
        must_not=("licence is mit", "licence is MIT", "licence is Apache-2.0"),
    ),
    Case(
        "card-heading-in-code",
        lambda b, _: b.file("README.md", FENCED),
        {CARD_KIND: ("fail",)},
        (1,),
        must=("intended_use is absent", "limitations is absent", "evaluation is absent", "1 of 4"),
        must_not=("training_data is",),
    ),
    Case(
        "card-latin1",
        lambda b, _: b.file("README.md", LATIN),
        {CARD_KIND: ("error",)},
        (3,),
        places=("README.md",),
        must=("not UTF-8", "0xe9", str(LATIN.index(b"\xe9"))),
    ),
    Case(
        "card-metric-formats",
        lambda b, _: _no_metrics(b).file("README.md", WRITTEN_FIGURES),
        {SCORE: ("error", "missing_evidence"), CLAIMS: ("error",), CARD_KIND: ("pass", "fail")},
        (1, 3),
        must=(
            *(f"/model-index/0/results/0/metrics/{number}/value says" for number in range(5)),
            *("'93 %'", "'0,88'", "precision '93'", "'.nan'", "'null'", "unit"),
        ),
    ),
    Case(
        "card-metric-breaks-limit",
        lambda b, _: _no_metrics(b).file("README.md", _card("holdout | 0.9 |", "holdout | 0.72 |")),
        {SCORE: ("fail",)},
        (1,),
        places=(f"README.md:{CARD.splitlines().index('| accuracy | acme/loans holdout | 0.9 |') + 1}",),
        must=("0.72",),
    ),
    Case(
        "card-metric-meets-limit",
        lambda b, _: _no_metrics(b),
        {SCORE: ("missing_evidence",), CLAIMS: ("missing_evidence",)},
        (3,),
    ),
    Case(
        "card-metric-invented",
        lambda b, _: b.file("README.md", _card("holdout | 0.9 |", "holdout | 0.99 |")),
        {SCORE: ("pass",), CLAIMS: ("fail",)},
        (1,),
        must=("accuracy is 0.99 in the card: 0.9 from the predictions",),
    ),
    Case(
        "card-licence-and-text-differ",
        lambda b, _: b.file("LICENSE", MIT),
        {AGREE: ("fail",), LICENCE: ("fail",)},
        (1,),
        places=("README.md:2",),
        must=("MIT (certain)", "apache-2.0"),
    ),
    Case(
        "card-licence-with-a-rider",
        lambda b, _: b.file("LICENSE", f"{APACHE}\nThis model may not be used commercially.\n"),
        {AGREE: ("inconclusive",), LICENCE: ("inconclusive",)},
        (3,),
        places=("LICENSE",),
        must=("restrict something",),
    ),
    Case(
        "card-base-is-a-path",
        lambda b, _: b.file("adapter_config.json", '{"base_model_name_or_path": "/home/\\u001b[31mme/base"}'),
        {AGREE: ("inconclusive",), LICENCE: ("inconclusive",)},
        (3,),
        places=("adapter_config.json:1",),
        must=("path on a machine",),
    ),
    Case(
        "adapter-config-nan",
        lambda b, _: b.file("adapter_config.json", '{"base_model_name_or_path": NaN}'),
        {AGREE: ("error",), LICENCE: ("error",)},
        (3,),
        places=("adapter_config.json:1",),
    ),
    Case(
        "mlmodel-bomb-of-metadata",
        lambda b, _: b.file("MLmodel", "metadata: &a {version: &b [" + "[" * 200 + "]" * 200 + "], x: *a}\n"),
        {AGREE: ("error",)},
        (3,),
        places=("MLmodel:1",),
    ),
    Case(
        "card-placeholders",
        lambda b, _: b.file("README.md", EMPTY_TEMPLATE),
        {CARD_KIND: ("fail",)},
        (1,),
        places=("README.md:8", "README.md:12", "README.md:18", "README.md:22"),
        must=tuple(
            f"'{item}' is placeholder" for item in ("intended_use", "limitations", "training_data", "evaluation")
        ),
    ),
    Case(
        "card-two-cards-conflict",
        lambda b, _: b.file("MODEL_CARD.md", _card("apache-2.0", "cc-by-nc-4.0")).record(cards=None),
        {CARD_KIND: ("pass",), AGREE: ("fail",), LICENCE: ("fail", "error")},
        (1,),
        places=("MODEL_CARD.md:2", "README.md:2"),
        must=("cc-by-nc-4.0 (MODEL_CARD.md:2)", "apache-2.0 (README.md:2)"),
    ),
    Case(
        "json-comments",
        lambda b, _: (
            b.remove("README.md").record(cards=None).file("model_card.json", '{\n   # checked\n   "name": "credit",\n}')
        ),
        {CARD_KIND: ("error",), LICENCE: ("error", "missing_evidence")},
        (3,),
        places=("model_card.json:2:4",),
    ),
    Case(
        "json-deep-nesting",
        lambda b, _: _no_predictions(b).file("metrics.json", '{"a":' * 90_000 + "1" + "}" * 90_000),
        {SCORE: ("error",)},
        (3,),
        must=("nested more than 64 deep",),
        must_not=("0.9",),
    ),
    Case(
        "json-nan-metrics",
        lambda b, _: _no_predictions(b).file("metrics.json", '{"accuracy": NaN, "auc": -Infinity, "brier": 1e310}'),
        {SCORE: ("error",)},
        (3,),
        must=("/accuracy is NaN", "/auc is -Infinity", "/brier is 1e310"),
    ),
    Case(
        "layout-nested-two-models",
        _two_models,
        {"bundle": ("error",)},
        (2,),
        must=("autumn", "spring"),
    ),
    Case(
        "lineage-hash-mismatch",
        _lineage,
        {BOUND: ("fail", "error")},
        (1, 3),
        places=("lineage.yaml:7", "lineage.yaml:8", "lineage.yaml:10"),
        must=("model.files[0]", "0" * 64, "'lost.bin'", "'deadbeef' is no sha256 digest"),
    ),
    Case(
        "layout-several-hub-models",
        lambda b, _: _hub_models(b),
        {"bundle": ("error",)},
        (2,),
        must=("adapter", "base"),
    ),
    Case(
        "mlmodel-missing-files",
        lambda b, _: b.file(
            "MLmodel",
            "flavors:\n  python_function:\n    model_path: gone.pkl\n    env: {conda: c.yaml, virtualenv: v.yaml}\n"
            "saved_input_example_info: {artifact_path: example.json}\n",
        ),
        {PRESENT: ("fail",)},
        (1,),
        places=("MLmodel:3", "MLmodel:4", "MLmodel:5"),
        must=("'gone.pkl'", "'c.yaml'", "'v.yaml'", "'example.json'"),
    ),
    Case(
        "mlmodel-traversal",
        lambda b, _: b.file(
            "MLmodel", "flavors:\n  python_function:\n    model_path: ../../../etc/passwd\n    env: /etc/group\n"
        ),
        {PRESENT: ("fail", "error")},
        (1, 3),
        places=("MLmodel:3", "MLmodel:4"),
        must=(
            "flavors/python_function/model_path names '../../../etc/passwd'",
            "flavors/python_function/env names '/etc/group'",
        ),
        must_not=("root:x:",),
    ),
    Case(
        "mlmodel-windows-path",
        lambda b, _: b.file("MLmodel", "flavors:\n  sklearn:\n    pickled_model: 'model\\model.safetensors'\n"),
        {PRESENT: ("fail",)},
        (1,),
        places=("MLmodel:3",),
        must=("'model\\model.safetensors'", "'model/model.safetensors', which is there"),
    ),
    Case(
        "mlmodel-other-case",
        lambda b, _: b.file("MLMODEL", "flavors:\n  sklearn:\n    pickled_model: gone.pkl\n"),
        {PRESENT: ("pass",)},
        (0,),
    ),
    Case(
        "mlmodel-pickle",
        lambda b, marker: b.file("MLmodel", acting_pickle(marker)),
        {PRESENT: ("error", "fail"), PICKLE: ("fail",)},
        (1, 3),
        places=("MLmodel",),
    ),
    Case(
        "mlmodel-bomb",
        lambda b, _: b.file("MLmodel", "a: &a [x, x]\nb: &b [*a, *a]\nflavors: {c: {data: *b}}\n"),
        {PRESENT: ("error",)},
        (3,),
        places=("MLmodel",),
        must=("alias",),
    ),
    Case(
        "mlmodel-steering",
        lambda b, _: b.file(
            "MLmodel",
            'flavors:\n  "a\\e]0;owned\\a":\n    data: "::error::no\\n<script>alert(1)</script>\\u202e.pkl"\n',
        ),
        {PRESENT: ("fail",)},
        (1,),
    ),
    Case(
        "identity-conflict",
        lambda b, _: b.file(
            "meta.yaml", "name: credit-risk\nversion: 9\nsource: models:/m-1\ncurrent_stage: None\nstatus: READY\n"
        ),
        {"bundle": ("error",)},
        (3,),
        must=("'3.1.0'", "'9'"),
    ),
    Case(
        "identity-of-nulls",
        lambda b, _: b.remove("govern.yaml").file("registered_model_meta", "model_name: null\nmodel_version: null\n"),
        {"bundle": ("error",)},
        (2,),
        must=("names no registered model",),
    ),
    Case(
        "layout-database",
        lambda b, _: b.remove("govern.yaml").file("mlflow.db", b"SQLite format 3\0" + bytes(84)),
        {"bundle": ("error",)},
        (2,),
        must=("mlflow.db is a database, which is not opened",),
    ),
    Case(
        "path-case-variants",
        _spelling,
        {CARD_KIND: ("pass",), PINNED: ("pass", "missing_evidence"), LICENCE: ("pass",)},
        (0, 3),
        must=("'ReadMe.MD'",),
    ),
    Case(
        "path-special-files",
        lambda b, _: b,
        {"bundle": ("error",)},
        (3,),
        must=("queue: is a FIFO", "caf\\xe9.txt: the name is not UTF-8"),
        after=_odd_entries,
    ),
    Case(
        "pickle-custom-class",
        lambda b, _: _weights(b, "python_model.pkl", pickle_of_absent_class()),
        {PICKLE: ("fail",)},
        (1,),
        must=("pre_processor.PreProcessor", "no file of the bundle holds its module"),
    ),
    Case(
        "pickle-in-torch-zip",
        lambda b, marker: _weights(
            b, "weights.bin", archive({"archive/data.pkl": acting_pickle(marker), "archive/version": b"3\n"})
        ),
        {PICKLE: ("fail",)},
        (1,),
        must=("weights.bin!archive/data.pkl", "posix.system"),
    ),
    *(
        Case(
            f"pickle-malicious-{protocol}",
            lambda b, marker, protocol=protocol: _weights(b, "model.pkl", acting_pickle(marker, protocol=protocol)),
            {PICKLE: ("fail",)},
            (1,),
            places=("model.pkl",),
            must=("posix.system", "critical", "runs commands"),
        )
        for protocol in range(6)
    ),
    Case(
        "report-injection",
        lambda b, _: b.file("README.md", STEERING),
        {CARD_KIND: ("pass",)},
        (0,),
        must_not=(str(90001 * 90001),),
    ),
    Case(
        "req-exotic",
        lambda b, _: (
            b.file("requirements.txt", MANY_FORMS)
            .file("more/base.txt", "attrs==24.2.0\n-r deeper/last.txt\n")
            .file("more/deeper/last.txt", "idna==3.10\n")
        ),
        {PINNED: ("fail",)},
        (1,),
        places=tuple(f"requirements.txt:{line}" for line in (3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 17)),
        must=("'limits.txt' is absent", "13 requirements", "more/deeper/last.txt", "not a requirement"),
        must_not=("attrs is", "idna is", "joblib is", "httpx is", "flask-cors is"),
    ),
    Case(
        "req-include-cycle",
        lambda b, _: (
            b.file("requirements.txt", "-r one.txt\n-r lost.txt\n")
            .file("one.txt", "attrs==24.2.0\n-r two.txt\n")
            .file("two.txt", "-r one.txt\n")
        ),
        {PINNED: ("fail", "error")},
        (1, 3),
        must=("one.txt -> two.txt -> one.txt", "'lost.txt' is absent"),
    ),
    Case(
        "req-utf16",
        lambda b, _: b.file("requirements.txt", "numpy==1.26.4\r\nattrs==24.2.0\r\n".encode("utf-16")),
        {PINNED: ("pass", "error")},
        (0, 3),
        must=("2 requirements",),
    ),
    Case(
        "secrets-in-bundle",
        lambda b, _: b.file("serve/.env", "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"),
        {},
        (0, 1, 3),
        must_not=("bPxRfiCY",),
    ),
    Case(
        "symlink-loop",
        lambda b, _: b,
        {"bundle": ("error",)},
        (3,),
        must=("chicken: is a link to egg", "egg: is a link to chicken", "here: is a link to ."),
        after=_links_round,
    ),
    Case(
        "symlink-outside",
        lambda b, _: b,
        {"bundle": ("error",)},
        (3,),
        must=("weights.bin: is a link to", "secret.txt", "machine: is a link to /etc", "cp -rL"),
        must_not=("basalt",),
        after=_links_out,
    ),
    Case(
        "weights-lfs-pointer",
        lambda b, _: b.file(MODEL_FILE, lfs_pointer()),
        {PRESENT: ("fail",), FORMATS: ("fail", "missing_evidence", "error")},
        (1,),
        places=(MODEL_FILE,),
        must=("git-lfs pointer, weights absent", "git lfs pull", "it claims oid sha256:" + "ab" * 32),
    ),
    Case(
        "weights-safetensors-lying-header",
        lambda b, _: b.file(MODEL_FILE, lying_safetensors()).file("model/short.safetensors", short_safetensors()),
        {FORMATS: ("fail", "error"), PRESENT: ("fail",)},
        (1, 3),
        places=(MODEL_FILE, "model/short.safetensors"),
    ),
    Case(
        "weights-shards-missing",
        lambda b, _: b.file(
            "model.safetensors.index.json", '{"metadata": {}, "weight_map": {"w": "model-00002-of-00002.safetensors"}}'
        ),
        {PRESENT: ("fail",)},
        (1,),
        places=("model.safetensors.index.json:1:38",),
        must=("model-00002-of-00002.safetensors is not in the bundle", "model.safetensors.index.json maps 1 tensor"),
    ),
    Case(
        "weights-shard-outside",
        lambda b, _: b.file(
            "model.safetensors.index.json",
            '{"metadata": {"total_size": 4}, "weight_map": {"w": "../../../etc/passwd", "v": "/etc/group"}}',
        ),
        {PRESENT: ("fail",)},
        (1,),
        must=("'../../../etc/passwd', which lies outside", "'/etc/group', which lies outside"),
        must_not=("root:x:",),
    ),
    Case(
        "weights-prose",
        lambda b, _: b.file(MODEL_FILE, "<!doctype html><title>404</title>"),
        {PRESENT: ("fail",), FORMATS: ("fail",)},
        (1,),
        must=("no weights",),
    ),
    Case(
        "weights-empty",
        lambda b, _: b.file(MODEL_FILE, b""),
        {PRESENT: ("fail",), FORMATS: ("fail", "error", "missing_evidence")},
        (1,),
        must=("the file is empty",),
    ),
    Case(
        "zip-slip",
        lambda b, _: b.file("data.zip", archive({"a.txt": b"x", "../up.txt": b"x", "/root.txt": b"x"})),
        {FORMATS: ("fail", "error")},
        (1, 3),
        places=("data.zip",),
        must=("../up.txt",),
    ),
]


def _table(text: str | bytes) -> Callable[[BundleBuilder, Path], object]:
    """Replace the predictions by a table that nothing describes."""

    def make(b: BundleBuilder, _marker: Path) -> None:
        b.file(PREDICTIONS, text).remove(PREDICTIONS_MANIFEST).record(evidence={"predictions": {"path": PREDICTIONS}})

    return make


_MEN = "".join(f"{number % 2},{number % 2},M\n" for number in range(240))
_HEAD = "y_true,y_pred,sex\n"

TABLES: list[tuple[str, str | bytes, tuple[str, ...], tuple[str, ...]]] = [
    (
        "bom_crlf",
        "\ufeff" + (_HEAD + "1,1,F\n0,0,M\n").replace("\n", "\r\n"),
        ("inconclusive",),
        ("fewer than two groups",),
    ),
    ("dup_header", "y_true,sex,y_pred,sex\n1,F,1,M\n0,M,0,F\n", ("error",), ("`sex`",)),
    ("empty", b"", ("error", "missing_evidence"), ("empty",)),
    (
        "group_case",
        _HEAD + "1,1,Female\n0,1,FEMALE\n1,0, female\n1,1,M\n",
        ("error", "inconclusive"),
        ("FEMALE", "Female"),
    ),
    (
        "nan_labels",
        _HEAD + "1,,M\n,1,F\nnan,0,F\n",
        ("error", "inconclusive", "missing_evidence"),
        ("3 of 3 rows", "1 without prediction", "2 without label"),
    ),
    ("one_group", _HEAD + "1,1,F\n0,0,F\n", ("inconclusive", "missing_evidence"), ("fewer than two groups",)),
    ("semicolon_decimal_comma", "sex;y_true;score\nF;1;0,7\nM;0;0,2\n", ("error",), ("`y_pred`", "semicolons")),
    ("small_group", _HEAD + _MEN + "1,0,X\n", ("inconclusive", "error"), ("not shown", "below the least denominator")),
]

TABLE_CASES = [
    Case(f"pred-{name}", _table(text), {FAIRNESS: outcomes}, (3,), places=(PREDICTIONS,), must=must)
    for name, text, outcomes, must in TABLES
]
