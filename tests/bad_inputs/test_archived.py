"""Every hostile bundle packed: what is wrong with the folder is wrong with an archive of it, and nothing escapes."""

from __future__ import annotations

import dataclasses
import os
import tarfile
from pathlib import Path

import pytest

from govern.diagnostics import UsageError
from govern.gate.check import CheckRequest, Refused, check
from govern.gate.result import refused_document, result_document
from govern.gate.sources.opening import Places, opened_source
from govern.policy.outcomes import Stage
from support.gate import CLOCK, Judged, dangers, faces, judge, write_policy
from support.hostile_bundles import CASES, RULES, Case


def judged_archive(archive: Path, policies: Path, scratch: Path) -> Judged:
    scratch.mkdir()
    request = CheckRequest(bundle=archive, stage=Stage.PRE_REGISTRATION, policies=[policies], clock=CLOCK)
    with opened_source(archive, Places(scratch=scratch, beside=scratch)) as source:
        try:
            made = check(dataclasses.replace(request, bundle=source.folder, source=source))
        except UsageError as fault:
            return Judged(fault.exit_code, None, fault.diagnostics)
    if isinstance(made, Refused):
        return Judged(3, refused_document(made, exit_code=3))
    return Judged(0, result_document(made, exit_code=0))


@pytest.mark.parametrize("case", CASES, ids=lambda item: item.name)
def test_an_archive_of_it_fares_no_better(case: Case, tmp_path: Path) -> None:
    marker = tmp_path / "executed"
    bundle = case.build(tmp_path / "made", marker)
    policies = write_policy(tmp_path / "policies", {kind: RULES[kind] for kind in RULES})
    archive = tmp_path / "bundle.tar"
    with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as made:
        made.add(bundle, arcname="top")
    by_folder = judge(bundle, policies)
    by_archive = judged_archive(archive, policies, tmp_path / "scratch")
    assert by_archive.outcomes() == by_folder.outcomes(), by_archive.words()
    if by_folder.code == 2:
        assert by_archive.code == 2
    if by_archive.document is not None:
        assert list(dangers(faces(by_archive.document))) == []
    assert not marker.exists()
    assert os.listdir(tmp_path / "scratch") == []
