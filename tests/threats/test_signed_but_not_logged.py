"""Threat: a certificate is signed but not logged, so nobody else ever sees it. Control: the trust root asks for an entry."""

from __future__ import annotations

from support.attestations import edited
from support.threats import Workspace, vector


def test_a_certificate_without_an_entry_is_exit_1(workspace: Workspace) -> None:
    bare = workspace.root / "bare.certificate.sigstore.json"
    bare.write_bytes(
        edited(workspace.certificate.read_bytes(), lambda value: value["verificationMaterial"].update(tlogEntries=[]))
    )
    ended = workspace.verify(certificate=bare)
    assert ended.code == 1
    assert "the trust root asks for 1" in ended.out
    assert vector("not-logged")[0] == 1


def test_another_certificates_entry_does_not_stand_in(workspace: Workspace) -> None:
    assert vector("entry-of-another-certificate") == (4, ["log-entry"])


def test_an_entry_of_another_log_does_not_stand_in() -> None:
    code, failed = vector("other-log-key")
    assert (code, failed[0]) == (4, "checkpoint")
    assert vector("unknown-log") == (4, ["checkpoint"])
