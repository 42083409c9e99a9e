"""`govern card` and `govern init --card`: exit codes, what is said of every section, and hostile cards."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from support.bundles import BundleBuilder
from support.gate import INVISIBLE
from support.in_process import govern_here as govern
from support.process import ROOT

PROSE = "Ranks consumer loan applications so that an underwriter reads the doubtful ones first."
CARD = f"""\
---
license: apache-2.0
datasets: [acme/loans]
---
# Credit

**Developed by:** Credit risk team

## Intended use

{PROSE}

## Limitations

TODO
"""
SAMPLES = ROOT / "tests/evidence/samples"


def policies(folder: Path, *rules: tuple[str, dict[str, object]]) -> Path:
    """Write a policy with these rules."""
    folder.mkdir()
    lines = [
        "apiVersion: govern/v1",
        "kind: Policy",
        "metadata: {name: p, version: '1', title: P, owner: o@example.com}",
    ]
    lines += ["spec:", "  rules:"]
    for number, (kind, values) in enumerate(rules):
        lines += [f"    - {{id: r{number}, title: R, severity: high, enforcement: block, check: {kind},"]
        lines += [f"       with: {json.dumps(values)}}}"]
    (folder / "policy.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def lines_of(text: str, name: str) -> list[str]:
    """Give the line of a section and the two that say how to complete it."""
    lines = text.splitlines()
    at = next(index for index, line in enumerate(lines) if line.split()[:1] == [name])
    return lines[at : at + 3]


def test_every_section_has_a_line_with_state_words_place_and_remedy(tmp_path: Path) -> None:
    (tmp_path / "MODEL_CARD.md").write_text(CARD, encoding="utf-8")
    ended = govern("card", "MODEL_CARD.md", cwd=tmp_path)
    assert ended.code == 0
    assert "card      MODEL_CARD.md (huggingface): it was named" in ended.out
    assert "3 of 6 required sections are complete" in ended.out
    whole, *_rest = lines_of(ended.out, "intended_use")
    assert whole.split() == ["intended_use", "*", "complete", "13", "words", "MODEL_CARD.md:11"]
    state, missing, remedy = lines_of(ended.out, "limitations")
    assert state.split() == ["limitations", "*", "placeholder", "0", "words", "MODEL_CARD.md:15"]
    assert "missing: placeholder text only" in missing
    assert "under '## Limitations': Where it is known to be unreliable" in remedy
    assert "absent" in lines_of(ended.out, "evaluation")[0]


def test_a_bundle_says_which_files_were_used_and_which_not(tmp_path: Path) -> None:
    builder = BundleBuilder(tmp_path).file("MODEL_CARD.md", CARD.replace("apache-2.0", "mit")).record(cards=None)
    bundle = builder.file("docs/README.md", "# Project\n\n## Installation\n\npip install it\n").build()
    ended = govern("card", bundle, cwd=tmp_path)
    assert ended.code == 0
    assert "card      MODEL_CARD.md (huggingface): a file of this name is a model card" in ended.out
    assert "card      README.md (huggingface): a README that reads like a card" in ended.out
    assert "looked at docs/README.md: it is a project page" in ended.out
    assert "The cards disagree on license:" in ended.out
    assert "mit (MODEL_CARD.md:2)" in ended.out


def test_a_folder_without_a_record_is_looked_at_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(CARD, encoding="utf-8")
    assert govern("card", tmp_path, cwd=tmp_path).code == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("README.md",), 0),
        (("absent.md",), 2),
        ((), 2),
        (("README.md", "-o", "html"), 2),
        (("README.md", "--alias", "limitations"), 2),
        (("README.md", "--alias", "=x"), 2),
        (("README.md", "-p", "absent.yaml"), 2),
        (("README.md", "-o", "json=absent/x/y.json", "-o", "text"), 0),
        (("latin.md",), 3),
        (("empty.md",), 3),
        (("shape.json",), 3),
        (("broken.json",), 3),
        (("MLmodel",), 3),
        (("none",), 3),
    ],
)
def test_exit_codes(tmp_path: Path, arguments: tuple[str, ...], code: int) -> None:
    (tmp_path / "README.md").write_text(CARD, encoding="utf-8")
    (tmp_path / "latin.md").write_bytes("# Für\n".encode("latin-1"))
    (tmp_path / "empty.md").write_bytes(b"")
    (tmp_path / "shape.json").write_text('{"xyzzy": "x"}', encoding="utf-8")
    (tmp_path / "broken.json").write_text('{"a": 1,}', encoding="utf-8")
    (tmp_path / "MLmodel").write_text("flavors: {sklearn: {}}\n", encoding="utf-8")
    (tmp_path / "none").mkdir()
    (tmp_path / "none/notes.txt").write_text("x", encoding="utf-8")
    ended = govern("card", *arguments, cwd=tmp_path)
    assert ended.code == code, ended
    assert "Traceback" not in ended.err


def test_a_policy_says_what_is_asked(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(CARD + f"\n## Beperkingen\n\n{PROSE}\n", encoding="utf-8")
    rules = [
        {"required": ["monitoring", "limitations"], "min_words": {"default": 20}},
        {"required": ["limitations"], "min_words": {"limitations": 5}, "aliases": {"limitations": ["Beperkingen"]}},
    ]
    policy = policies(tmp_path / "p", *(("model_card.sections", rule) for rule in rules))
    ended = govern("card", "README.md", "-p", policy, cwd=tmp_path)
    assert ended.code == 0, ended.err
    assert "0 of 2 required sections are complete" not in ended.out
    assert lines_of(ended.out, "monitoring")[0].split()[1] == "*"
    assert lines_of(ended.out, "limitations")[0].split()[2] == "complete"
    assert "13 words, needs 20" in "".join(lines_of(ended.out, "intended_use"))
    other = policies(tmp_path / "q", ("model_card.placeholders", {}))
    assert govern("card", "README.md", "-p", other, cwd=tmp_path).code == 2


def test_an_alias_on_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(f"# M\n\n## Beperkingen\n\n{PROSE}\n", encoding="utf-8")
    ended = govern("card", "README.md", "--alias", "limitations=Beperkingen", cwd=tmp_path)
    assert lines_of(ended.out, "limitations")[0].split()[2] == "complete"


@pytest.mark.parametrize(
    "path",
    [
        *(SAMPLES / name for name in ("huggingface", "skops", "cyclonedx/mlbom-1.6.json", "mlflow/model_saved")),
        *sorted((ROOT / "tests/evidence/cards/fixtures").glob("*[!s].json")),
        ROOT / "tests/evidence/cards/fixtures/hub.md",
        ROOT / "tests/evidence/cards/fixtures/MLmodel",
    ],
    ids=lambda path: str(path.name),
)
def test_the_normalised_card_follows_its_schema(tmp_path: Path, path: Path) -> None:
    ended = govern("card", path, "-o", f"json={tmp_path / 'card.json'}", cwd=tmp_path)
    assert ended.code in (0, 3)
    document = json.loads((tmp_path / "card.json").read_text("ascii"))
    schema = json.loads((ROOT / "schemas/card.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(document)
    assert document["looked"]
    if document["card"] is not None:
        assert {item["id"] for item in document["sections"]} >= set(document["card"]["sections"])


def test_what_nobody_wrote_is_counted_by_section(tmp_path: Path) -> None:
    ended = govern("card", SAMPLES / "huggingface", "-o", "json", cwd=tmp_path)
    found = {item["id"]: item for item in json.loads(ended.out)["sections"]}
    assert found["intended_use"]["placeholders"] == ["[More Information Needed]"] * 2
    assert found["limitations"]["template_sentences"] == 2
    assert found["licence"]["placeholders"] == []


def test_nothing_of_a_hostile_card_steers_whoever_reads_it(tmp_path: Path) -> None:
    text = (
        '---\nlicense: "mit\\e[31m"\nmodel_name: "\\u202e::error::x"\n---\n'
        "# \x1b]0;owned\x07M\n\n## Limitations\n\n\x9b31m <script>alert(1)</script> \u202eTODO: x {{ 9*9 }}\n\n"
        "**Developed by:** \x1b[2J[a](javascript:alert(2)) ::error::no\n"
    )
    name = "card\x1b[31m.md"
    (tmp_path / name).write_text(text, encoding="utf-8")
    for form in ("text", "json"):
        ended = govern("card", name, "-o", form, cwd=tmp_path)
        assert ended.code == 0
        assert not INVISIBLE & set(ended.out + ended.err)
        assert not any(line.startswith("::") for line in ended.out.splitlines())
        assert "81" not in ended.out.replace("0x81", "").split()


@pytest.mark.parametrize("target", ["", "new/folder", "new/CARD.md"])
def test_an_empty_card_is_written_once_and_completes_nothing(tmp_path: Path, target: str) -> None:
    arguments = ("init", "--card", *([target] if target else []))
    ended = govern(*arguments, cwd=tmp_path)
    assert ended.code == 0, ended.err
    made = (tmp_path / target) if target.endswith(".md") else tmp_path / target / "MODEL_CARD.md"
    before = made.read_bytes()
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [made.name]
    shown = govern("card", made, cwd=tmp_path)
    assert shown.code == 0
    assert "0 of 6 required sections are complete" in shown.out
    states = {line.split("words")[0].split()[-2] for line in shown.out.splitlines() if " words  " in line}
    assert states == {"stub"}
    again = govern(*arguments, cwd=tmp_path)
    assert again.code == 2
    assert "U108" in again.err
    assert made.read_bytes() == before
