"""Finding the cards of a bundle: what counts as one, in which order, and what is said of the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from govern.diagnostics import InputError
from govern.evidence.cards import Cards, State, read_cards
from support.bundles import BundleBuilder
from support.cards import PROSE, as_json, state

CARD = f"# M\n\n## Intended use\n\n{PROSE}\n\n## Limitations\n\n{PROSE}\n"
BOM = {
    "bomFormat": "CycloneDX",
    "components": [
        {"type": "machine-learning-model", "name": "m", "modelCard": {"considerations": {"useCases": [PROSE]}}}
    ],
}
MLMODEL = "flavors:\n  python_function:\n    python_version: 3.11.7\nmetadata:\n  owner: risk\n"


def cards_of(folder: Path, files: dict[str, str | bytes], cards: list[str] | None = None) -> Cards:
    """Read the cards of a bundle that holds these files beside its record."""
    folder.mkdir(parents=True, exist_ok=True)
    builder = BundleBuilder(folder).remove("README.md").record(cards=cards)
    for name, content in files.items():
        builder.file(name, content)
    return read_cards(builder.open())


def used(cards: Cards) -> list[tuple[str, str | None]]:
    """Give the files that were taken, with their formats."""
    return [(item.file, item.format) for item in cards.looked if item.used]


def codes(cards: Cards) -> list[str]:
    """Give the codes of what was noticed."""
    return [item.code for item in cards.diagnostics]


def test_cards_are_read_in_the_order_of_their_kind_and_all_are_used(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "papers/card.md": CARD,
        "model_card.json": as_json({"intended_use": PROSE}),
        "README.md": CARD,
        "bom.json": as_json(BOM),
        "docs/MODEL_CARD.md": CARD,
        "MLmodel": MLMODEL,
        "a/MODEL_CARD.md": CARD,
    }
    cards = cards_of(tmp_path, files, ["papers/card.md"])
    assert used(cards) == [
        ("papers/card.md", "markdown"),
        ("docs/MODEL_CARD.md", "markdown"),
        ("model_card.json", "flat-json"),
        ("README.md", "markdown"),
        ("bom.json", "cyclonedx"),
    ]
    assert [(item.file, item.used) for item in cards.looked][-1] == ("MLmodel", False)
    assert all(item.why for item in cards.looked)


@pytest.mark.parametrize("folder", ["", "docs/", "Docs/", "model_card/", "metadata/", "serving/"])
def test_where_cards_are_sought(tmp_path: Path, folder: str) -> None:
    files: dict[str, str | bytes] = {f"{folder}MODEL_CARD.md": CARD}
    if folder == "serving/":
        files["serving/MLmodel"] = MLMODEL
    assert used(cards_of(tmp_path, files)) == [(f"{folder}MODEL_CARD.md", "markdown")]


@pytest.mark.parametrize("folder", ["vendor/", "docs/old/", "model_card/x/"])
def test_the_card_of_a_package_in_a_subfolder_is_not_the_models(tmp_path: Path, folder: str) -> None:
    cards = cards_of(tmp_path, {f"{folder}MODEL_CARD.md": CARD, f"{folder}README.md": CARD})
    assert cards.card is None
    assert not cards.looked


@pytest.mark.parametrize(
    "name",
    ["Model_Card.md", "modelcard.MD", "Model-Card.markdown", "ReadMe.MD", "MODEL_CARD.Json", "metadata/BOM.json"],
)
def test_names_are_compared_without_case_and_the_spelling_is_said(tmp_path: Path, name: str) -> None:
    content = CARD if name.casefold().endswith(("md", "markdown")) else as_json(BOM)
    cards = cards_of(tmp_path, {name: content})
    assert [file for file, _format in used(cards)] == [name]
    assert ("E207" in codes(cards)) is not name.startswith("metadata/")


def test_a_project_page_is_named_with_the_reason(tmp_path: Path) -> None:
    cards = cards_of(tmp_path, {"README.md": "# Project\n\n## Installation\n\npip install it\n"})
    assert cards.card is None
    assert [(item.file, item.used) for item in cards.looked] == [("README.md", False)]
    assert "project page" in cards.looked[0].why
    assert codes(cards) == ["E203"]


def test_front_matter_of_a_web_app_makes_no_model_card(tmp_path: Path) -> None:
    text = f"---\nsdk: gradio\napp_file: app.py\nlicense: mit\n---\n{CARD}"
    cards = cards_of(tmp_path, {"README.md": text})
    assert cards.card is None
    assert "hosted application" in cards.looked[0].why


def test_a_card_inside_a_python_string_declares_no_licence(tmp_path: Path) -> None:
    text = f'card = """\n---\nlicense: mit\ndatasets: [loans]\n---\n{CARD}"""\nprint(card)\n'
    cards = cards_of(tmp_path, {"README.md": text})
    assert cards.card is not None
    assert not cards.card.licences
    assert "licence" not in cards.card.sections
    assert not cards.card.datasets
    assert codes(cards) == ["E223"]
    assert state(cards.card, "intended_use") is State.COMPLETE


def test_an_mlflow_folder_without_a_card_is_reported_once_with_the_remedy(tmp_path: Path) -> None:
    cards = cards_of(tmp_path, {"MLmodel": MLMODEL})
    assert cards.card is None
    assert codes(cards) == ["E220"]
    assert "govern init --card" in (cards.diagnostics[0].hint or "")
    assert cards.technical is not None
    assert [(item.name, item.value, item.locator.line) for item in cards.technical.metadata] == [("owner", "risk", 5)]


def test_technical_facts_join_the_card_and_are_no_source_of_it(tmp_path: Path) -> None:
    cards = cards_of(tmp_path, {"MLmodel": MLMODEL, "MODEL_CARD.md": CARD})
    assert cards.card is not None
    assert [item.file for item in cards.card.sources] == ["MODEL_CARD.md"]
    found = [(item.name, item.locator.file) for item in cards.card.environment]
    assert found == [("python_function.python_version", "MLmodel")]
    assert "E220" not in codes(cards)


@pytest.mark.parametrize(
    ("named", "where", "expected"),
    [
        ("CARD.md", "CARD.md", []),
        ("../CARD.md", "CARD.md", []),
        ("GONE.md", "CARD.md", ["E221", "E220"]),
        ("../../etc/passwd", "CARD.md", ["E221", "E220"]),
        ("/etc/passwd", "CARD.md", ["E221", "E220"]),
    ],
)
def test_the_card_that_mlmodel_names(tmp_path: Path, named: str, where: str, expected: list[str]) -> None:
    folder = "m/" if named.startswith("..") else ""
    files: dict[str, str | bytes] = {
        f"{folder}MLmodel": f"flavors:\n  sklearn: {{}}\nmetadata:\n  model_card: {named}\n",
        where: CARD,
    }
    cards = cards_of(tmp_path, files)
    assert codes(cards) == expected
    assert (cards.card is None) is bool(expected)
    if expected:
        assert str(cards.diagnostics[0].span) == f"{folder}MLmodel:4"


def test_an_mlmodel_that_cannot_be_read_is_said_and_keeps_no_card_from_being_read(tmp_path: Path) -> None:
    cards = cards_of(tmp_path, {"MLmodel": "flavors: {a: 1\n\tb: 2", "MODEL_CARD.md": CARD})
    assert cards.card is not None
    assert "cannot be read" in next(item.why for item in cards.looked if item.file == "MLmodel")
    assert any(code.startswith("I1") for code in codes(cards))


@pytest.mark.parametrize("data", [b"# M\xfc\n", b"\x00\x01", b""])
@pytest.mark.parametrize("name", ["README.md", "MODEL_CARD.md", "model_card.json", "bom.json", "metadata/x.cdx.json"])
def test_a_card_that_cannot_be_read_is_an_error_and_never_an_absent_card(
    tmp_path: Path, name: str, data: bytes
) -> None:
    with pytest.raises(InputError):
        cards_of(tmp_path, {name: data})


def test_a_bill_without_a_model_is_looked_at_and_left(tmp_path: Path) -> None:
    cards = cards_of(tmp_path, {"bom.json": as_json({"bomFormat": "CycloneDX", "components": []})})
    assert cards.card is None
    assert [(item.file, item.used, item.why) for item in cards.looked] == [
        ("bom.json", False, "no model card in this bill of materials")
    ]
    assert not cards.diagnostics


def test_the_description_of_a_run_is_a_card_with_its_own_lines(tmp_path: Path) -> None:
    where = "mlruns/1/abc/tags/mlflow.note.content"
    cards = cards_of(tmp_path, {where: CARD, "mlruns/1/abc/meta.yaml": "run_id: abc\n"})
    assert used(cards) == [(where, "mlflow-note")]
    assert cards.card is not None
    assert cards.card.sections["limitations"].claimed_at[0].line == 7


def test_the_description_of_a_model_version_is_located_where_it_is_written(tmp_path: Path) -> None:
    where = "mlruns/models/credit/version-1/meta.yaml"
    cards = cards_of(tmp_path, {where: f"name: credit\ndescription: |\n  ## Limitations\n\n  {PROSE}\n"})
    assert cards.card is not None
    place = cards.card.sections["limitations"].passages[0].locator
    assert (place.file, place.line, place.pointer) == (where, 2, "/description")


@pytest.mark.parametrize("tags", [{"mlflow.note.content": CARD}, [{"key": "mlflow.note.content", "value": CARD}]])
def test_the_description_in_an_exported_run(tmp_path: Path, tags: object) -> None:
    cards = cards_of(tmp_path, {"run.json": as_json({"info": {"run_id": "a"}, "data": {"tags": tags}})})
    assert used(cards) == [("run.json", "mlflow-note")]
    assert cards.card is not None
    assert (cards.card.sections["limitations"].claimed_at[0].pointer or "").startswith("/data/tags/")


def test_of_several_descriptions_none_is_taken(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"mlruns/1/{run}/tags/mlflow.note.content": CARD for run in ("a", "b")}
    cards = cards_of(tmp_path, {**files, "mlruns/1/c/tags/mlflow.note.content": " \n"})
    assert cards.card is None
    assert codes(cards) == ["E226"]
    assert [item.used for item in cards.looked] == [False, False]


def test_a_run_without_a_description_says_nothing(tmp_path: Path) -> None:
    cards = cards_of(tmp_path, {"run.json": as_json({"data": {"tags": {"user": "x"}}}), "MODEL_CARD.md": CARD})
    assert used(cards) == [("MODEL_CARD.md", "markdown")]


def test_a_listed_card_is_read_whatever_its_name(tmp_path: Path) -> None:
    cards = cards_of(tmp_path, {"x/notes.txt": CARD, "y/card": as_json(BOM)}, ["x/notes.txt", "y/card", "x/notes.txt"])
    assert used(cards) == [("x/notes.txt", "markdown"), ("y/card", "cyclonedx")]


def test_the_order_of_files_on_disk_changes_nothing(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "README.md": CARD,
        "MODEL_CARD.md": CARD,
        "bom.json": as_json(BOM),
        "MLmodel": MLMODEL,
        "docs/README.md": CARD,
    }
    forward = cards_of(tmp_path / "a", files)
    backward = cards_of(tmp_path / "b", dict(reversed(files.items())))
    assert forward == backward
