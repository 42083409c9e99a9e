"""`govern advisories sign`: a snapshot is verified from its bytes, then stated by digest, date and sources."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from govern.canonical import base64_bytes, sha256_hex
from govern.diagnostics import GovernError
from govern.gate.advisory_signing import sign_snapshot
from support.office import AT, Office
from support.policies import snapshot


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one snapshot that `current` names."""
    made = tmp_path_factory.mktemp("advisories")
    snapshot(made)
    store = made / "advisories"
    (store / "current").write_text(index_of(store).parent.name + "\n", encoding="utf-8")
    return store


def refused(call: Callable[[], object]) -> tuple[str, int]:
    with pytest.raises(GovernError) as caught:
        call()
    return caught.value.diagnostics[0].code, caught.value.exit_code


def index_of(folder: Path) -> Path:
    (found,) = {path.resolve() for path in folder.rglob("snapshot.json")}
    return found


def test_a_store_or_a_snapshot_is_signed_as_role_advisory(office: Office, folder: Path) -> None:
    index = index_of(folder)
    for place in (folder, index.parent):
        made = sign_snapshot(place, office.desk("feed"))
        statement = json.loads(base64_bytes(json.loads(made.path.read_bytes())["dsseEnvelope"]["payload"]))
        said = json.loads(index.read_bytes())
        assert statement["subject"] == [
            {"name": f"advisory-snapshot@{said['asOf']}", "digest": {"sha256": sha256_hex(index.read_bytes())}}
        ]
        assert {name: statement["predicate"][name] for name in ("asOf", "sources", "files")} == {
            name: said[name] for name in ("asOf", "sources", "files")
        }
        result = office.verify(made.path, "advisory-snapshot")
        assert result.exit_code == 0
        assert result.signatory is not None
        assert result.signatory.role == "advisory"
        assert made.path.name.startswith(f"advisories-{said['asOf'][:10]}-")


def test_a_snapshot_that_does_not_hold_is_not_signed(office: Office, folder: Path, tmp_path: Path) -> None:
    before = office.size()
    for number, damage in enumerate((b"", b"{}", b"not json")):
        copy = tmp_path / f"damaged {number}"
        shutil.copytree(folder, copy, symlinks=True)
        for path in sorted(copy.rglob("*.jsonl*")):
            if path.is_file():
                path.write_bytes(damage)
        assert refused(lambda copy=copy: sign_snapshot(copy, office.desk("feed")))[1] in (3, 4)
        index_of(copy).write_bytes(damage)
        assert refused(lambda copy=copy: sign_snapshot(copy, office.desk("feed")))[1] in (3, 4)
    assert office.size() == before


def test_no_snapshot_no_role_no_statement(office: Office, folder: Path, tmp_path: Path) -> None:
    before = office.size()
    assert refused(lambda: sign_snapshot(tmp_path, office.desk("feed"))) == ("U103", 2)
    assert refused(lambda: sign_snapshot(tmp_path / "absent", office.desk("feed"))) == ("U103", 2)
    assert refused(lambda: sign_snapshot(folder, office.desk("heidi"))) == ("A503", 2)
    assert office.size() == before
    assert AT
