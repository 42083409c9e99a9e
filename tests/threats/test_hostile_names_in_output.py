"""Threat: a name acts on who reads it. Control: everything that comes from outside is made harmless in every output."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from govern.attestation.verify_commands import FileNames
from govern.attestation.verify_text import render_text
from support.gate import INVISIBLE
from support.kinds import Kinds
from support.threats import Workspace

ANSI, BIDI, LINES = "\x1b[2K\x1b[1A\x1b[32mVALID", "\u202eexe.\u2066", "\r\nVALID as of checkpoint 9\n::error::x"
HOSTILE = (ANSI, BIDI, LINES, "\x07\x9b31m", "a\u0085b\u2028c")


def harmless(text: str) -> None:
    found = {f"U+{ord(char):04X}" for char in text if char in INVISIBLE and char != "\n"}
    assert found == set()


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_certificate_with_a_hostile_model_name(world: Kinds, name: str) -> None:
    """Signed by the certifier: authentic, printed, and unable to act."""

    def rename(statement: dict[str, Any]) -> None:
        model = f"credit{name}"
        statement["predicate"]["model"].update(name=model, uri=f"models:/{name}")
        statement["subject"][0]["name"] = f"{model}@3.2.0"
        statement["predicate"]["policies"][0]["name"] = f"p{name}"
        statement["predicate"]["rules"][0]["id"] = f"p/{name}"

    result = world.verify(world.edited("certificate", rename))
    text = render_text(result, names=FileNames(certificate="c.json", trust="t.json"))
    harmless(text)
    assert result.subject == f"credit{name}@3.2.0", "the value itself is kept"
    assert text.splitlines()[0].startswith("ok")
    lines = [line for line in text.splitlines() if line.startswith(("VALID", "::"))]
    assert len(lines) <= 1
    document = json.loads(json.dumps(result.document()))
    assert document["subject"] == f"credit{name}@3.2.0"


@pytest.mark.parametrize("kind", ["waiver", "attestation", "revocation", "policy-release"])
def test_a_statement_with_hostile_words(world: Kinds, kind: str) -> None:
    """A person's free text, printed by the steps of the certificate that rests on it."""
    fields = {"waiver": "reason", "attestation": "claim", "revocation": "statement", "policy-release": "version"}

    def speak(statement: dict[str, Any]) -> None:
        field = fields[kind]
        if field == "claim":
            statement["predicate"]["claim"]["type"] = f"x{ANSI}{BIDI}"
        else:
            statement["predicate"][field] = f"x{ANSI}{BIDI}{LINES}"
        if kind == "policy-release":
            statement["subject"][0]["name"] = f"policy:credit-risk@{statement['predicate']['version']}"

    file = world.edited(kind, speak)
    harmless(render_text(world.verify(file)))
    if kind in ("waiver", "attestation"):
        old, new = world[kind].digest.encode(), file.digest.encode()
        resting = world.resigned("certificate", world["certificate"].payload.replace(old, new))
        harmless(render_text(world.verify(resting, statements=world.beside(**{kind: file.data}))))


def test_file_names_and_hostile_bytes_in_errors(workspace: Workspace) -> None:
    """The name of a file on disk, and bytes that are no certificate at all."""
    path = workspace.root / f"c{ANSI}{BIDI}.json"
    path.write_bytes(workspace.certificate.read_bytes().replace(b'"hint"', b'"\x1b[2Jhint"'))
    ended = workspace.verify(certificate=path)
    assert ended.code == 4
    harmless(ended.out.split("The same with other tools", maxsplit=1)[0] + ended.err)
    missing = workspace.verify(certificate=Path(f"nothing{ANSI}"))
    assert missing.code == 2
    harmless(missing.out + missing.err)


def test_a_bundle_with_hostile_names_in_every_report(workspace: Workspace) -> None:
    record = workspace.bundle / "govern.yaml"
    text = record.read_text(encoding="utf-8")
    record.write_text(text.replace("purpose:", 'purpose: "\\e[2J\\u202e<script>alert(1)</script>"\n  #', 1), "utf-8")
    (workspace.bundle / "a<img src=x onerror=alert(1)>.md").write_text("x", encoding="utf-8")
    ended = workspace.check("-o", "text", "-o", "html=r.html", "-o", "json=r.json")
    assert ended.code in (0, 1, 3)
    harmless(ended.out + ended.err)
    page = (workspace.root / "r.html").read_text(encoding="utf-8") if (workspace.root / "r.html").exists() else ""
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_a_trust_root_with_hostile_owners(world: Kinds) -> None:
    changed = Kinds(
        edit_trust=lambda made: made["keys"][world["certificate"].envelope.keyid].update(owner=f"gate{ANSI}{BIDI}")
    )
    result = changed.verify(replace(changed["certificate"]))
    harmless(render_text(result, names=FileNames(certificate="c", trust="t")))
    assert result.signatory is not None
    assert result.signatory.owner == f"gate{ANSI}{BIDI}"
