"""`dependencies.pinned` and `dependencies.vulnerabilities`: outcomes, findings, and until when they hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from govern.canonical import canonical_bytes
from govern.checks.context import CheckContext
from govern.checks.dependencies.pinned import CHECKS, dependencies_root
from govern.decision.run import evaluate_safely
from govern.diagnostics import Diagnostic
from govern.diagnostics.catalogue import lookup
from govern.policy.outcomes import CheckResult, Outcome
from govern.security.advisories import Snapshot
from support.bundles import BundleBuilder
from support.osv import AS_OF, record, snapshot_of
from support.policies import parameters

KINDS = {check.spec.kind: check for check in CHECKS}
SHA = "0" * 64
VECTOR = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"}  # 5.3, medium


def judge(
    kind: str,
    builder: BundleBuilder,
    snapshot: Snapshot | None = None,
    problem: Diagnostic | None = None,
    **values: Any,
) -> CheckResult:
    check = KINDS[f"dependencies.{kind}"]
    context = CheckContext(
        bundle=builder.open(), stage="pre-registration", advisories=snapshot, advisories_problem=problem
    )
    result = evaluate_safely(check.spec.kind, check, parameters(check.spec, values), context)
    canonical_bytes(result.facts)
    for finding in result.findings:
        lookup(finding.code)
    return result


def pinned(tmp_path: Path, text: str, **values: Any) -> CheckResult:
    return judge("pinned", BundleBuilder(tmp_path).file("requirements.txt", text), **values)


def matched(tmp_path: Path, text: str, *records: Any, **values: Any) -> CheckResult:
    builder = BundleBuilder(tmp_path).file("requirements.txt", text)
    given = {"max_snapshot_age": "30d"} | values
    return judge(
        "vulnerabilities", builder, snapshot_of(tmp_path, *(records or (record("PYSEC-0", "other"),))), **given
    )


# Pinned -----------------------------------------------------------------------------------------------------------


def test_a_pinned_list_passes(tmp_path: Path) -> None:
    result = pinned(tmp_path, "numpy==1.26.4\nscikit-learn==1.5.2\n")
    assert result.outcome is Outcome.PASS
    assert result.summary == "Each of 2 requirements of requirements.txt names one version; 0 have a sha256."
    assert [ref.file for ref in result.evidence] == ["requirements.txt"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("numpy", "S206"),
        ("numpy>=1", "S206"),
        ("numpy==1.*", "S206"),
        ("https://e.invalid/a-1.0-py3-none-any.whl", "S207"),
        ("-e .", "S208"),
        ("./a.whl", "S208"),
        ("--extra-index-url https://e.invalid", "S209"),
        ("--trusted-host e.invalid", "S209"),
        ("numpy = 1.0", "S210"),
        ("-r gone.txt", "S214"),
        ("-r requirements.txt", "S215"),
        ("-r ../x.txt", "S216"),
        ("scipy==1.0\nscipy==2.0", "S212"),
    ],
)
def test_one_line_that_is_not_settled_fails(tmp_path: Path, line: str, code: str) -> None:
    result = pinned(tmp_path, f"pandas==2.2.0\n{line}\n")
    assert result.outcome is Outcome.FAIL
    assert [finding.code for finding in result.findings] == [code]
    location = result.findings[0].location
    assert location is not None
    assert location.line == (3 if code == "S212" else 2)


@pytest.mark.parametrize(
    ("line", "values"),
    [
        (f"https://e.invalid/a-1.0-py3-none-any.whl#sha256={SHA}", {"direct_urls": "allow"}),
        ("-e .", {"editable": "allow"}),
        ("--extra-index-url https://e.invalid", {"index_options": "allow"}),
        ("--require-hashes", {}),
        ("--only-binary :all:", {}),
        ('broken>=1 ; python_version < "3"', {"environment": {"python": "3.11.7"}}),
    ],
)
def test_what_a_policy_may_allow(tmp_path: Path, line: str, values: dict[str, Any]) -> None:
    assert pinned(tmp_path, f"pandas==2.2.0\n{line}\n", **values).outcome is Outcome.PASS


def test_a_direct_reference_without_a_digest_fails_even_where_allowed(tmp_path: Path) -> None:
    result = pinned(tmp_path, "https://e.invalid/a-1.0-py3-none-any.whl\n", direct_urls="allow")
    assert [finding.code for finding in result.findings] == ["S207"]


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        (f"numpy==1.26.4 --hash=sha256:{SHA}", Outcome.PASS),
        (f"numpy==1.26.4 --hash=sha256:{SHA} --hash=sha512:{SHA * 2}", Outcome.PASS),
        ("numpy==1.26.4", Outcome.FAIL),
        (f"numpy==1.26.4 --hash=md5:{SHA[:32]}", Outcome.FAIL),
        (f"numpy==1.26.4 --hash=sha256:{SHA} --hash=md5:{SHA[:32]}", Outcome.FAIL),
        (f"numpy==1.26.4 --hash=sha256:{SHA[1:]}", Outcome.FAIL),
    ],
)
def test_hashes(tmp_path: Path, line: str, outcome: Outcome) -> None:
    assert pinned(tmp_path, line, hashes="required").outcome is outcome
    assert pinned(tmp_path, line, hashes="preferred").outcome is Outcome.PASS


@pytest.mark.parametrize("text", ["", "# nothing\n", 'a==1 ; extra == "x"\n', "-c c.txt\n", "--pre\n"])
def test_a_list_of_nothing_is_no_evidence(tmp_path: Path, text: str) -> None:
    builder = BundleBuilder(tmp_path).file("requirements.txt", text).file("c.txt", "a==1\n")
    assert judge("pinned", builder).outcome is Outcome.MISSING_EVIDENCE


def test_no_list_and_an_absent_one(tmp_path: Path) -> None:
    builder = BundleBuilder(tmp_path).remove("requirements.txt")
    assert judge("pinned", builder).outcome is Outcome.MISSING_EVIDENCE
    named = BundleBuilder(tmp_path).record(evidence={"requirements": {"path": "deps.txt"}})
    result = judge("pinned", named)
    assert (result.outcome, result.findings[0].code) == (Outcome.MISSING_EVIDENCE, "S213")
    demanded = judge("pinned", BundleBuilder(tmp_path), files=["lock.txt"])
    assert (demanded.outcome, demanded.findings[0].code) == (Outcome.MISSING_EVIDENCE, "S213")


def test_which_files_are_read(tmp_path: Path) -> None:
    builder = BundleBuilder(tmp_path).file("Requirements-Train.TXT", "a\n").file("sub/requirements.txt", "b\n")
    found = {finding.location.file for finding in judge("pinned", builder).findings if finding.location}
    assert found == {"Requirements-Train.TXT"}
    builder.record(evidence={"requirements": {"path": "sub/requirements.txt"}})
    result = judge("pinned", builder)
    assert [ref.file for ref in result.evidence] == ["sub/requirements.txt"]
    assert all(ref.bound for ref in result.evidence)


def test_conditions_a_list_cannot_meet(tmp_path: Path) -> None:
    for values in ({"bound": True}, {"max_age": "30d"}, {"min_grade": "E1"}):
        result = pinned(tmp_path, "numpy==1.26.4\n", **values)
        assert (result.outcome, result.findings[0].code) == (Outcome.MISSING_EVIDENCE, "S218")
    builder = BundleBuilder(tmp_path).record(evidence={"requirements": {"path": "requirements.txt"}})
    assert judge("pinned", builder, bound=True).outcome is Outcome.PASS


def test_undecodable_bytes_are_an_error(tmp_path: Path) -> None:
    builder = BundleBuilder(tmp_path).file("requirements.txt", b"numpy==1\n\xff\n")
    assert judge("pinned", builder).outcome is Outcome.ERROR


def test_hostile_text_is_not_copied_raw(tmp_path: Path) -> None:
    result = pinned(tmp_path, "https://user:hunter2@e.invalid/a.zip\nfoo = \x1b[31m\u202e\n")
    assert "hunter2" not in json.dumps(result.facts) + str(result)


def test_python_env_of_mlflow_declares_the_interpreter(tmp_path: Path) -> None:
    builder = BundleBuilder(tmp_path).file("requirements.txt", 'numpy==1.26.4\nold>=1 ; python_version < "3.9"\n')
    assert judge("pinned", builder).outcome is Outcome.FAIL
    builder.file("python_env.yaml", "python: 3.10.12\n")
    assert judge("pinned", builder).outcome is Outcome.PASS


def test_the_root_of_expressions(tmp_path: Path) -> None:
    text = f"numpy==1.26.4 --hash=sha256:{SHA}\nscipy\n-e .\n"
    builder = BundleBuilder(tmp_path).file("requirements.txt", text)
    root = dependencies_root(CheckContext(bundle=builder.open(), stage="pre-registration"))
    assert root is not None
    assert root.value == [
        {"pinned": True, "hashed": True, "name": "numpy", "version": "1.26.4"},
        {"pinned": False, "hashed": False, "name": "scipy"},
        {"pinned": False, "hashed": False},
    ]
    bare = BundleBuilder(tmp_path).remove("requirements.txt").open()
    assert dependencies_root(CheckContext(bundle=bare, stage="pre-registration")) is None


# Vulnerabilities --------------------------------------------------------------------------------------------------


def test_no_match_says_what_was_looked_at(tmp_path: Path) -> None:
    result = matched(tmp_path, "pillow==5.0\n", record("PYSEC-1"))
    assert result.outcome is Outcome.PASS
    digest = result.evidence[-1].digest
    assert result.summary == (
        f"No match in advisory snapshot sha256:{digest[:12]} (1 records; test; newest record 2026-02-20) for 1 package."
    )
    assert "vulnerabilit" not in result.summary


def test_a_match_names_package_ids_severity_and_fix(tmp_path: Path) -> None:
    result = matched(tmp_path, "\npillow==1.0\n", record("PYSEC-1", aliases=["CVE-2026-1"], severity=[VECTOR]))
    assert result.outcome is Outcome.FAIL
    (finding,) = result.findings
    assert finding.detail == "pillow 1.0 matches: PYSEC-1, CVE-2026-1; severity medium; fixed in 2.0"
    assert (finding.observed, finding.required) == ("medium", "no match")
    assert finding.location is not None
    assert (finding.location.file, finding.location.line) == ("requirements.txt", 2)
    assert finding.remediation == "Pin pillow==2.0: the smallest fixed version that no record of the snapshot matches."
    assert isinstance(result.facts, dict)
    assert result.facts["kind"] == "dependency-findings"
    assert result.facts["packages"] == 1
    assert result.facts["findings"][0] == {  # type: ignore[index]
        "package": "pillow",
        "version": "1.0",
        "ids": ["PYSEC-1"],
        "aliases": ["CVE-2026-1"],
        "severity": "medium",
        "treated_as": "medium",
        "malicious": False,
        "evidence": ["range"],
        "fixed": ["2.0"],
        "clears_all": "2.0",
        "published": "2026-01-05T00:00:00Z",
        "summary": "",
    }


@pytest.mark.parametrize(
    ("max_severity", "outcome"),
    [("none", Outcome.FAIL), ("low", Outcome.FAIL), ("medium", Outcome.PASS), ("high", Outcome.PASS)],
)
def test_the_line_is_exact(tmp_path: Path, max_severity: str, outcome: Outcome) -> None:
    result = matched(tmp_path, "pillow==1.0\n", record("PYSEC-1", severity=[VECTOR]), max_severity=max_severity)
    assert result.outcome is outcome
    assert len(result.findings) == 1  # tolerated matches are shown too


def test_an_unscored_match_counts_as_the_policy_says(tmp_path: Path) -> None:
    record_ = record("PYSEC-1")
    result = matched(tmp_path, "pillow==1.0\n", record_, max_severity="medium")
    assert result.outcome is Outcome.FAIL
    assert "severity unknown, treated as high" in result.findings[0].detail
    low = matched(tmp_path, "pillow==1.0\n", record_, max_severity="medium", unscored_as="medium")
    assert low.outcome is Outcome.PASS


def test_a_malicious_package_fails_at_any_line_and_without_a_version(tmp_path: Path) -> None:
    for text in ("colourama==0.1\n", "colourama\n"):
        result = matched(tmp_path, text, record("MAL-1", "colourama", events=None), max_severity="critical")
        assert result.outcome is Outcome.FAIL
        assert result.findings[0].code == "S202"


@pytest.mark.parametrize(
    "line", ["pandas", "pandas>=1", "-e .", "git+https://e.invalid/p@main#egg=pandas", "foo = 1", "-r gone.txt"]
)
def test_what_cannot_be_matched_is_inconclusive_unless_something_matches(tmp_path: Path, line: str) -> None:
    text = f"pillow==5.0\n{line}\n"
    assert matched(tmp_path, text, record("PYSEC-1")).outcome is Outcome.INCONCLUSIVE
    assert matched(tmp_path, text.replace("5.0", "1.0"), record("PYSEC-1")).outcome is Outcome.FAIL


def test_an_excluded_requirement_is_not_matched(tmp_path: Path) -> None:
    text = 'numpy==1.0\npillow==1.0 ; sys_platform == "win32"\n'
    assert matched(tmp_path, text, record("PYSEC-1")).outcome is Outcome.FAIL
    declared = matched(tmp_path, text, record("PYSEC-1"), environment={"sys_platform": "linux"})
    assert declared.outcome is Outcome.PASS


def test_an_unreadable_record_leaves_everything_open(tmp_path: Path) -> None:
    strange = record("X-1", schema_version="2.0.0")
    result = matched(tmp_path, "pillow==5.0\n", record("PYSEC-1"), strange)
    assert (result.outcome, result.findings[0].code) == (Outcome.INCONCLUSIVE, "S105")
    assert matched(tmp_path, "pillow==1.0\n", record("PYSEC-1"), strange).outcome is Outcome.FAIL


def test_a_record_that_cannot_be_evaluated_leaves_its_package_open(tmp_path: Path) -> None:
    git = record("PYSEC-1", ranges=[{"type": "GIT", "events": [{"introduced": "0"}]}])
    result = matched(tmp_path, "pillow==5.0\nnumpy==1.0\n", git)
    assert (result.outcome, result.findings[0].code) == (Outcome.INCONCLUSIVE, "S204")


def test_demanded_databases(tmp_path: Path) -> None:
    ours = [record("PYSEC-1"), record("GHSA-1", "numpy")]
    assert matched(tmp_path, "pillow==5.0\n", *ours, databases=["GHSA", "PYSEC", "test"]).outcome is Outcome.PASS
    result = matched(tmp_path, "pillow==5.0\n", *ours, databases=["MAL"])
    assert (result.outcome, result.findings[0].code) == (Outcome.MISSING_EVIDENCE, "S108")
    assert matched(tmp_path, "pillow==1.0\n", *ours, databases=["MAL"]).outcome is Outcome.FAIL


def test_until_when_a_pass_holds(tmp_path: Path) -> None:
    result = matched(tmp_path, "pillow==5.0\n", record("PYSEC-1"), max_snapshot_age="30d", max_silence="20d")
    assert [(hold.otherwise, hold.start, hold.until) for hold in result.holds] == [
        (Outcome.ERROR, AS_OF, None),
        (Outcome.MISSING_EVIDENCE, None, "2026-03-31T00:00:00Z"),
        (Outcome.MISSING_EVIDENCE, None, "2026-03-12T10:00:00Z"),
    ]
    assert matched(tmp_path, "pillow==1.0\n", record("PYSEC-1")).holds == ()


def test_the_default_silence_is_sixty_days(tmp_path: Path) -> None:
    result = matched(tmp_path, "pillow==5.0\n", record("PYSEC-1"))
    assert result.holds[2].until == "2026-04-21T10:00:00Z"


def test_no_snapshot_and_an_unreadable_one(tmp_path: Path) -> None:
    builder = BundleBuilder(tmp_path)
    absent = judge("vulnerabilities", builder, max_snapshot_age="30d")
    assert (absent.outcome, absent.findings[0].code) == (Outcome.MISSING_EVIDENCE, "S101")
    assert "govern advisories update" in str(absent.findings[0].remediation)
    broken = judge("vulnerabilities", builder, problem=Diagnostic("S103", "cut short"), max_snapshot_age="30d")
    assert (broken.outcome, broken.findings[0].code) == (Outcome.ERROR, "S103")


def test_the_same_bundle_gives_the_same_bytes(tmp_path: Path) -> None:
    records = [record("PYSEC-1", aliases=["CVE-1"]), record("GHSA-1", aliases=["CVE-1"])]
    first = matched(tmp_path, "pillow==1.0\npandas\n", *records)
    second = matched(tmp_path, "pillow==1.0\npandas\n", *reversed(records))
    assert canonical_bytes(first.facts) == canonical_bytes(second.facts)
    assert first.findings == second.findings
