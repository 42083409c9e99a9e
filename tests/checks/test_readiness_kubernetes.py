"""Manifests as people write them: each rule of limits, probes and digests, and every way to look like a manifest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.checks.context import CheckContext
from govern.checks.registry import builtin_checks
from govern.decision.run import evaluate_safely
from govern.evidence.kubernetes.quantities import is_positive
from govern.policy.outcomes import CheckResult, Outcome
from support.bundles import BundleBuilder, sha256
from support.policies import parameters

DIGEST = "sha256:" + "a1" * 32
CONTAINER = f"""\
name: scorer
image: registry.example.com/ml/scorer@{DIGEST}
resources:
  requests: {{cpu: 250m}}
  limits: {{cpu: "1", memory: 512Mi}}
livenessProbe: {{httpGet: {{path: /health, port: 8080}}, periodSeconds: 10}}
readinessProbe: {{tcpSocket: {{port: 8080}}}}
"""


def indented(text: str, by: int) -> str:
    return "".join(f"{' ' * by}{line}\n" for line in text.splitlines()).lstrip()


def pod(container: str = CONTAINER, by: int = 6) -> str:
    return f"{' ' * by}containers:\n{' ' * by}- {indented(container, by + 2)}"


def deployment(container: str = CONTAINER, kind: str = "Deployment") -> str:
    return (
        f"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: scorer}}\nspec:\n"
        f"  selector: {{matchLabels: {{app: scorer}}}}\n  template:\n    metadata: {{labels: {{app: scorer}}}}\n"
        f"    spec:\n{pod(container)}"
    )


def without(*lines: str) -> str:
    kept = [line for line in CONTAINER.splitlines() if not line.strip().startswith(lines)]
    return "\n".join(kept) + "\n"


def judge(tmp_path: Path, files: dict[str, str | bytes], **params: Any) -> CheckResult:
    builder = BundleBuilder(tmp_path)
    for path, content in files.items():
        builder.file(path, content)
    check = builtin_checks()["readiness.kubernetes"]
    made = parameters(check.spec, {"manifests": ["k8s"]} | params)
    return evaluate_safely(check.spec.kind, check, made, CheckContext(bundle=builder.open(), stage="pre-deployment"))


def one(tmp_path: Path, text: str, **params: Any) -> CheckResult:
    return judge(tmp_path, {"k8s/app.yaml": text}, **params)


def codes(result: CheckResult) -> list[str]:
    return [item.code for item in result.findings]


def test_a_sound_deployment_passes_and_names_its_file(tmp_path: Path) -> None:
    result = one(tmp_path, deployment())
    assert (result.outcome, codes(result)) == (Outcome.PASS, [])
    assert [(item.name, item.file, item.bound) for item in result.evidence] == [("kubernetes", "k8s/app.yaml", False)]
    assert result.summary.startswith("All 1 containers of 1 workloads have")


@pytest.mark.parametrize(
    ("container", "code", "line"),
    [
        (without("limits"), "C135", 10),
        (CONTAINER.replace(", memory: 512Mi", ""), "C135", 10),
        (CONTAINER.replace("512Mi", "0"), "C135", 14),
        (CONTAINER.replace("512Mi", "512MB"), "C135", 14),
        (CONTAINER.replace("512Mi", "lots"), "C135", 14),
        (CONTAINER.replace("512Mi", "-1Gi"), "C135", 14),
        (CONTAINER.replace("512Mi", "true"), "C135", 14),
        (CONTAINER.replace("512Mi", "[1Gi]"), "C135", 14),
        (without("livenessProbe"), "C136", 10),
        (without("readinessProbe"), "C136", 10),
        (CONTAINER.replace("{tcpSocket: {port: 8080}}", "{periodSeconds: 3}"), "C136", 16),
        (CONTAINER.replace("{tcpSocket: {port: 8080}}", "{tcpSocket: {}}"), "C136", 16),
        (CONTAINER.replace("{tcpSocket: {port: 8080}}", "{tcpSocket: {port: 1}, exec: {command: [x]}}"), "C136", 16),
        (CONTAINER.replace(f"@{DIGEST}", ":3.1.0"), "C137", 11),
        (CONTAINER.replace(f"@{DIGEST}", "@sha256:abc"), "C137", 11),
        (CONTAINER.replace(f"@{DIGEST}", f"@{DIGEST}0"), "C137", 11),
        (CONTAINER.replace(DIGEST, DIGEST.upper()), "C137", 11),
        (CONTAINER.replace(f"registry.example.com/ml/scorer@{DIGEST}", DIGEST), "C137", 11),
        (without("image"), "C137", 10),
    ],
)
def test_each_rule_fails_at_its_line(container: str, code: str, line: int, tmp_path: Path) -> None:
    result = one(tmp_path, deployment(container))
    assert result.outcome is Outcome.FAIL, result
    assert set(codes(result)) == {code}
    place = result.findings[0].location
    assert place is not None
    assert (place.file, place.line) == ("k8s/app.yaml", line)
    assert "Deployment scorer" in result.findings[0].detail
    assert result.findings[0].remediation


def test_a_tag_beside_the_digest_is_fine(tmp_path: Path) -> None:
    assert one(tmp_path, deployment(CONTAINER.replace("scorer@", "scorer:3.1@"))).outcome is Outcome.PASS


@pytest.mark.parametrize("missing", ["limits", "livenessProbe", "image"])
def test_only_what_is_required_is_asked(missing: str, tmp_path: Path) -> None:
    asked = {"limits": "resource_limits", "livenessProbe": "probes", "image": "image_digest"}
    others = [name for name in asked.values() if name != asked[missing]]
    text = deployment(without(missing))
    assert one(tmp_path, text, require=others).outcome is Outcome.PASS
    assert one(tmp_path, text, require=[asked[missing]]).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    "kind", ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Rollout", "Service"]
)
def test_every_kind_with_a_template_is_judged_the_unknown_ones_too(kind: str, tmp_path: Path) -> None:
    assert one(tmp_path, deployment(kind=kind)).outcome is Outcome.PASS
    result = one(tmp_path, deployment(without("image"), kind=kind))
    assert (result.outcome, codes(result)) == (Outcome.FAIL, ["C137"])


def test_a_pod_by_itself(tmp_path: Path) -> None:
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n{pod(by=2)}"
    assert one(tmp_path, text).outcome is Outcome.PASS
    assert codes(one(tmp_path, text.replace("512Mi", "0"))) == ["C135"]


def test_jobs_need_no_probes_and_everything_else(tmp_path: Path) -> None:
    job = deployment(without("livenessProbe", "readinessProbe"), kind="Job")
    assert one(tmp_path, job).outcome is Outcome.PASS
    cron = (
        "kind: CronJob\nmetadata: {name: nightly}\nspec:\n  jobTemplate:\n    spec:\n      template:\n        spec:\n"
        + pod(without("livenessProbe", "readinessProbe"), by=10)
    )
    assert one(tmp_path, cron).outcome is Outcome.PASS
    assert codes(one(tmp_path, cron.replace(f"@{DIGEST}", ""))) == ["C137"]


def test_init_containers_are_limited_and_pinned_and_not_probed(tmp_path: Path) -> None:
    init = without("livenessProbe", "readinessProbe").replace("name: scorer", "name: fetch")
    text = deployment() + f"      initContainers:\n      - {indented(init, 8)}"
    assert one(tmp_path, text).outcome is Outcome.PASS
    bad = one(
        tmp_path, text.replace(f"name: fetch\n        image: registry.example.com/ml/scorer@{DIGEST}", "name: fetch")
    )
    assert codes(bad) == ["C137"]
    assert "init container fetch" in bad.findings[0].detail


def test_init_containers_alone_are_no_workload_that_is_written_out(tmp_path: Path) -> None:
    text = deployment().replace("      containers:", "      initContainers:")
    result = one(tmp_path, text)
    assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["C134"])


def test_ephemeral_containers_are_not_asked(tmp_path: Path) -> None:
    text = deployment() + "      ephemeralContainers:\n      - name: debug\n        image: busybox\n"
    assert one(tmp_path, text).outcome is Outcome.PASS


def test_a_second_container_counts_as_much_as_the_first(tmp_path: Path) -> None:
    sidecar = without("readinessProbe").replace("name: scorer", "name: proxy")
    result = one(tmp_path, deployment() + f"      - {indented(sidecar, 8)}")
    assert (result.outcome, codes(result)) == (Outcome.FAIL, ["C136"])
    assert "container proxy" in result.findings[0].detail


KSERVE = f"""\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {{name: credit}}
spec:
  predictor:
    containers:
    - {indented(CONTAINER, 6)}"""


def test_kserve_predictors_by_container_and_by_server(tmp_path: Path) -> None:
    assert one(tmp_path, KSERVE).outcome is Outcome.PASS
    server = "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: c}\nspec:\n  predictor:\n"
    written = server + "    model:\n      modelFormat: {name: sklearn}\n" + "      " + indented(CONTAINER, 6)
    assert one(tmp_path, written).outcome is Outcome.PASS
    bare = server + "    model:\n      modelFormat: {name: sklearn}\n      storageUri: s3://m\n"
    result = one(tmp_path, bare)
    assert (result.outcome, set(codes(result))) == (Outcome.FAIL, {"C135", "C136", "C137"})
    unknown = one(tmp_path, server + "    customserver: {storageUri: s3://m}\n")
    assert (unknown.outcome, codes(unknown)) == (Outcome.INCONCLUSIVE, ["C134"])


def test_a_sound_transformer_does_not_hide_a_predictor_that_nobody_sees(tmp_path: Path) -> None:
    text = KSERVE.replace("predictor:", "transformer:") + "  predictor: {magic: {storageUri: s3://m}}\n"
    result = one(tmp_path, text)
    assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["C134"])


SELDON = """\
apiVersion: machinelearning.seldon.io/v1
kind: SeldonDeployment
metadata: {name: credit}
spec:
  predictors:
  - name: main
    graph: {name: scorer}
    componentSpecs:
    - spec:
"""


def test_seldon_component_specs(tmp_path: Path) -> None:
    assert one(tmp_path, SELDON + pod(by=8)).outcome is Outcome.PASS
    assert codes(one(tmp_path, SELDON + pod(without("image"), by=8))) == ["C137"]
    prepackaged = "  - name: shadow\n    graph: {name: m, implementation: SKLEARN_SERVER, modelUri: s3://m}\n"
    result = one(tmp_path, SELDON + pod(by=8) + prepackaged)
    assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["C134"])


SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: scorer}\nspec: {ports: [{port: 80}]}\n"


def test_several_documents_and_what_runs_nothing_is_noted(tmp_path: Path) -> None:
    result = one(tmp_path, f"---\n{SERVICE}---\n# nothing\n---\n{deployment()}")
    assert (result.outcome, codes(result)) == (Outcome.PASS, ["C138"])
    bad = one(tmp_path, f"{SERVICE}---\n{deployment(without('image'))}")
    assert (bad.outcome, codes(bad)) == (Outcome.FAIL, ["C137", "C138"])
    assert bad.findings[0].location is not None
    assert bad.findings[0].location.line == 15


def test_lists_are_looked_into(tmp_path: Path) -> None:
    items = json.loads(json.dumps([yaml_of(deployment()), yaml_of(SERVICE), yaml_of(deployment(without("limits")))]))
    document = {"apiVersion": "v1", "kind": "List", "items": items}
    result = judge(tmp_path, {"k8s/all.json": json.dumps(document, indent=1)})
    assert (result.outcome, codes(result)) == (Outcome.FAIL, ["C135", "C135", "C138"])
    place = result.findings[0].location
    assert place is not None
    assert place.line is not None
    assert place.line > 40, "at the container of the third item"


def yaml_of(text: str) -> Any:
    import yaml

    return yaml.safe_load(text)


@pytest.mark.parametrize(
    "files", [{}, {"k8s/readme.md": "x"}, {"k8s/service.yaml": SERVICE}, {"k8s/e.yaml": "# none\n"}]
)
def test_no_workload_is_missing_evidence(files: dict[str, str | bytes], tmp_path: Path) -> None:
    result = judge(tmp_path, files)
    assert result.outcome is Outcome.MISSING_EVIDENCE, result
    assert codes(result)[0] in ("C130", "C131")


def test_one_named_path_that_is_not_there_is_missing_evidence(tmp_path: Path) -> None:
    result = judge(tmp_path, {"k8s/app.yaml": deployment()}, manifests=["k8s/app.yaml", "k8s/absent.yaml"])
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["C130"])


@pytest.mark.parametrize(
    "text",
    [
        "{{- if .Values.on }}\n" + deployment() + "{{- end }}\n",
        deployment(CONTAINER.replace("512Mi", "{{ .Values.memory }}")),
        deployment(CONTAINER.replace(f"registry.example.com/ml/scorer@{DIGEST}", '"{{ .Values.image }}"')),
        deployment(CONTAINER.replace("512Mi", '"{{ .Values.memory }}"')),
        deployment() + "      {{- toYaml .Values.extra | nindent 6 }}\n",
    ],
)
def test_a_template_is_to_be_rendered_first(text: str, tmp_path: Path) -> None:
    result = one(tmp_path, text)
    assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["C132"]), result
    assert "helm template" in (result.findings[0].remediation or "")


def test_braces_where_nothing_is_judged_are_other_peoples_business(tmp_path: Path) -> None:
    config = "kind: ConfigMap\nmetadata: {name: alerts}\ndata:\n  rule: 'value is {{ $value }}'\n"
    assert one(tmp_path, f"{config}---\n# {{{{ a comment }}}}\n{deployment()}").outcome is Outcome.PASS


def test_kustomize_changes_what_lies_beside_it(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"k8s/app.yaml": deployment(), "k8s/kustomization.yaml": "resources: [app.yaml]\n"}
    result = judge(tmp_path, files)
    assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["C132"])
    assert judge(tmp_path, files, manifests=["k8s/app.yaml"]).outcome is Outcome.PASS


@pytest.mark.parametrize(
    "spec",
    ["containers: {}", "containers: []", "containers: scorer", "containers:", "volumes: []", "containers: [scorer]"],
)
def test_a_workload_without_containers_decides_nothing(spec: str, tmp_path: Path) -> None:
    text = f"kind: Deployment\nmetadata: {{name: d}}\nspec:\n  template:\n    spec:\n      {spec}\n"
    result = one(tmp_path, text)
    assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["C134"])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"a: [\n", "I103"),
        (b"a: &x 1\nb: *x\n", "I105"),
        (b"a: !!python/object:os.system x\n", "I107"),
        (b"kind: Pod\nkind: Service\n", "I104"),
        (b"a: " + b"[" * 200 + b"]" * 200, "I110"),
        (b"\xff\xfe\x00", "I101"),
        (b"", "C131"),
    ],
)
def test_what_cannot_be_read_is_an_error(data: bytes, code: str, tmp_path: Path) -> None:
    result = judge(tmp_path, {"k8s/app.yaml": data, "k8s/sound.yaml": "a: 1\n"})
    assert result.outcome is (Outcome.MISSING_EVIDENCE if code == "C131" else Outcome.ERROR)
    assert code in codes(result)


def test_a_path_that_leaves_the_bundle_is_an_error(tmp_path: Path) -> None:
    result = one(tmp_path, deployment(), manifests=["../k8s"])
    assert (result.outcome, codes(result)) == (Outcome.ERROR, ["B110"])


def test_hostile_names_are_printed_visibly(tmp_path: Path) -> None:
    text = deployment(without("image").replace("name: scorer", 'name: "\\e[31m::error::x"'))
    result = one(tmp_path, text)
    assert result.outcome is Outcome.FAIL
    assert "\x1b" not in result.findings[0].detail + result.summary


def test_manifests_may_be_bound_to_the_model_by_an_envelope(tmp_path: Path) -> None:
    builder = BundleBuilder(tmp_path).file("k8s/app.yaml", deployment())
    bundle = builder.open()
    envelope = {
        "apiVersion": "govern/v1",
        "kind": "EvidenceEnvelope",
        "type": "kubernetes",
        "file": {"path": "k8s/app.yaml", "sha256": sha256(deployment().encode())},
        "model": {"name": bundle.name, "version": bundle.version, "digest": {"sha256": bundle.model_digest}},
        "data": [],
        "tool": {"name": "helm", "version": "3.16"},
        "produced_at": "2026-04-02T10:05:00Z",
        "produced_by": "ci:7",
    }
    files: dict[str, str | bytes] = {"k8s/app.yaml": deployment()}
    assert codes(judge(tmp_path, files, bound=True)) == ["E108"]
    files["k8s/app.yaml.evidence.json"] = json.dumps(envelope)
    bound = judge(tmp_path, files, bound=True, min_grade="E1", max_age="30d")
    assert bound.outcome is Outcome.PASS
    assert [item.bound for item in bound.evidence] == [True]
    assert [item.until for item in bound.holds] == [None, "2026-05-02T10:05:00Z"]
    envelope["model"]["version"] = "3.0.0"
    files["k8s/app.yaml.evidence.json"] = json.dumps(envelope)
    other = judge(tmp_path, files)
    assert (other.outcome, codes(other)) == (Outcome.MISSING_EVIDENCE, ["E107"])


@pytest.mark.parametrize("text", ["1", "0.5", ".5", "1.", "500m", "1Gi", "1k", "128974848", "1e3", "1E", "12E2", "+1"])
def test_quantities_as_kubernetes_reads_them(text: str) -> None:
    assert is_positive(text)


@pytest.mark.parametrize(
    "value",
    [
        *["", "0", "0.0Gi", "0e5", "-1", "1GB", "1 Gi", "1gi", "Gi", ".", "1.5.2", "NaN", "inf", "0x10", "1_000", "١"],
        *[None, True, [], {}],
    ],
)
def test_what_is_no_quantity_above_zero(value: object) -> None:
    assert not is_positive(value)


@given(st.text(max_size=12))
def test_any_text_is_a_quantity_or_not(text: str) -> None:
    assert is_positive(text) in (True, False)
