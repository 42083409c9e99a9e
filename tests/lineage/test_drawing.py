"""The drawing: readable without colour, safe with hostile names, the same bytes each time."""

from __future__ import annotations

import random
import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.lineage.cards import STATUSES, scene_of
from govern.lineage.drawing import _STATES, STYLE, draw
from govern.lineage.glyphs import cut, text_width, wrap

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '"]-->]]><script>alert(1)</script><img src=x onerror=alert(1)>&amp;\u202e\x1b[31m\x00\ud800' + "x" * 10_000


def node(name: str, kind: str = "dataset", **more: Any) -> dict[str, Any]:
    return {"key": f"{kind} s3://b/{name[:40]} v", "kind": kind, "name": name, "version": "sha256:" + "a" * 64} | more


def edge(source: dict[str, Any], target: dict[str, Any], kind: str = "used", **more: Any) -> dict[str, Any]:
    return {"source": source["key"], "target": target["key"], "kind": kind, "ancestry": True} | more


def sample(status: str = "not_approved") -> dict[str, Any]:
    """Two sources joined, split, trained on; one source has the given status and the other is approved."""
    payroll, loans = node("payroll.csv"), node("s3/long/path/loans.parquet")
    joined, train, test, model = node("joined"), node("train"), node("test"), node("credit 3.1.0", "model")
    join, split, fit, evaluate = (node(name, "run") for name in ("join", "split", "fit", "evaluate"))
    code, report = node("repo", "code"), node("report", "report")
    return {
        "nodes": [payroll, loans, joined, train, test, model, join, split, fit, evaluate, code, report],
        "edges": [
            edge(payroll, join),
            edge(loans, join),
            edge(join, joined, "generated"),
            edge(joined, split),
            edge(split, train, "generated"),
            edge(split, test, "generated"),
            edge(train, fit),
            edge(code, fit, "built_with"),
            edge(fit, model, "generated"),
            edge(test, evaluate, "evaluated_on", ancestry=False),
            edge(evaluate, report, "generated"),
        ],
        "subjects": [model["key"]],
        "statuses": [
            {"key": payroll["key"], "name": "payroll.csv", "status": status, "detail": "not in the registry"},
            {"key": loans["key"], "name": "loans", "status": "approved", "detail": "registered as loans"},
        ],
        "witnesses": []
        if status == "approved"
        else [[item["key"] for item in (payroll, join, joined, split, train, fit, model)]],
    }


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)


def texts(svg: str) -> list[str]:
    return [item.text or "" for item in parsed(svg).iter(f"{SVG}text")]


def boxes(svg: str) -> list[tuple[int, int, int, int]]:
    rects = parsed(svg).iter(f"{SVG}rect")
    return [tuple(int(item.get(name, "0")) for name in ("x", "y", "width", "height")) for item in rects]  # type: ignore[misc]


def test_steps_with_one_output_are_folded_into_it() -> None:
    scene = scene_of(sample())
    assert sorted(card.short for card in scene.cards) == [
        "credit 3.1.0", "joined", "loans.parquet", "payroll.csv", "report", "split", "test", "train",
    ]  # fmt: skip
    assert {card.short: card.by for card in scene.cards if card.by} == {
        "joined": "join",
        "credit 3.1.0": "fit",
        "report": "evaluate",
    }


def test_failing_path_is_thick_and_marked() -> None:
    svg = draw(sample())
    failing = [link for link in scene_of(sample()).links if link.failing]
    assert len(failing) == 4
    assert svg.count('stroke-width="3.4"') == 4
    assert svg.count('<g class="lin-edge lin-edge-bad">') == 4
    assert "paths that do not hold" not in svg.lower() or "payroll.csv" in svg
    assert 'stroke-width="3.4"' not in draw(sample("approved"))


@pytest.mark.parametrize("status", STATUSES)
def test_state_is_told_by_glyph_word_and_dash(status: str) -> None:
    svg = draw(sample(status))
    word, outline, _, dash = _STATES[status]
    assert word in texts(svg)
    assert f'd="{outline}"' in svg
    assert (f'stroke-dasharray="{dash}"' in svg) == bool(dash)


def test_states_differ_without_colour() -> None:
    assert list(_STATES) == list(STATUSES)
    for part in (0, 1, 3):
        assert len({state[part] for state in _STATES.values()}) == len(_STATES)


def test_unknown_status_words_are_not_shown() -> None:
    svg = draw(sample("<script>"))
    assert "script" not in svg


def test_names_of_the_figure() -> None:
    root = parsed(draw(sample()))
    assert root.get("role") == "img"
    labels = str(root.get("aria-labelledby")).split()
    found = {item.get("id"): item for item in root.iter() if item.get("id")}
    assert [found[name].tag for name in labels] == [f"{SVG}title", f"{SVG}desc"]
    description = found[labels[1]].text or ""
    assert "1 source not approved" in description
    assert "1 source approved" in description
    assert "payroll.csv" in description


def test_hostile_names_become_text() -> None:
    document = sample()
    for item in document["nodes"]:
        item["name"] = HOSTILE
    for item in document["statuses"]:
        item["detail"] = HOSTILE
    svg = draw(document, title=HOSTILE)
    root = parsed(svg)
    allowed = {f"{SVG}{name}" for name in ("svg", "title", "desc", "g", "path", "rect", "text")}
    assert {item.tag for item in root.iter()} <= allowed
    for item in root.iter():
        assert not any(name == "style" or name.startswith("on") or "href" in name for name in item.attrib)
    assert "<script" not in svg
    assert "\u202e" not in svg
    assert "\x1b" not in svg
    assert len(svg) < 60_000, "long names are cut"
    assert svg.encode()
    assert all(re.fullmatch(r"n\d+[td]?", item.get("id", "n0")) for item in root.iter())


def test_full_name_stays_in_the_title() -> None:
    document = sample()
    long = "a" * 60 + "/" + "b" * 60 + ".csv"
    document["nodes"][0]["name"] = long
    svg = draw(document)
    assert any(long in (item.text or "") for item in parsed(svg).iter(f"{SVG}title"))
    assert any("…" in item for item in texts(svg))


def test_same_bytes_whatever_the_order_of_the_lists() -> None:
    first = draw(sample())
    for seed in range(5):
        document = sample()
        for name in ("nodes", "edges", "statuses", "subjects"):
            random.Random(seed).shuffle(document[name])
        assert draw(document) == first


def test_prefix_keeps_two_drawings_apart() -> None:
    ids = {item.get("id") for item in parsed(draw(sample(), prefix="m")).iter() if item.get("id")}
    assert ids
    assert all(str(item).startswith("m") for item in ids)


def test_sample_fits_the_page() -> None:
    root = parsed(draw(sample(), width=1000))
    assert int(root.get("width", "0")) <= 1000
    assert min(float(item.get("font-size", "99")) for item in root.iter(f"{SVG}text")) >= 11


def test_text_stays_inside_its_box() -> None:
    svg = draw(sample())
    for group in parsed(svg).iter(f"{SVG}g"):
        rect = group.find(f"{SVG}rect")
        if rect is None:
            continue
        right = int(rect.get("x", "0")) + int(rect.get("width", "0"))
        for item in group.iter(f"{SVG}text"):
            bold = 1.1 if item.get("font-weight") else 1.0
            size = float(item.get("font-size", "0")) * bold
            assert int(item.get("x", "0")) + text_width(item.text or "", size) <= right


def test_cycle_is_still_drawn() -> None:
    a, b = node("a"), node("b")
    run = node("r", "run")
    document = {"nodes": [a, b, run], "edges": [edge(a, run), edge(run, b, "generated"), edge(b, run)]}
    assert len(boxes(draw(document))) == 2


def test_approved_siblings_are_collapsed() -> None:
    sources = [node(f"s{n}") for n in range(6)]
    model, run = node("m", "model"), node("fit", "run")
    document = {
        "nodes": [*sources, model, run],
        "edges": [*(edge(item, run) for item in sources), edge(run, model, "generated")],
        "subjects": [model["key"]],
        "statuses": [{"key": item["key"], "name": item["name"], "status": "approved"} for item in sources],
    }
    svg = draw(document)
    assert "6 approved sources" in " ".join(texts(svg))
    assert len(boxes(svg)) == 2
    assert "6 sources approved" in svg


def test_large_graph_shows_failing_paths_and_says_what_is_left_out() -> None:
    nodes = [node(f"d{n:04}") for n in range(900)]
    document = {
        "nodes": nodes,
        "edges": [edge(a, b, "derived") for a, b in zip(nodes[1:], nodes[:-1], strict=True) if int(a["name"][1:]) % 9],
        "subjects": [nodes[0]["key"]],
        "statuses": [{"key": nodes[8]["key"], "name": "d0008", "status": "not_approved"}],
        "witnesses": [[nodes[n]["key"] for n in range(8, -1, -1)]],
    }
    svg = draw(document)
    assert len(boxes(svg)) <= 200
    assert "further boxes not drawn" in svg
    assert "d0008" in svg


def test_empty_document_is_a_figure() -> None:
    assert parsed(draw({})).get("role") == "img"


def test_style_has_both_schemes_and_no_network() -> None:
    assert "prefers-color-scheme:dark" in STYLE
    assert "url(" not in STYLE
    assert "@import" not in STYLE
    used = set(re.findall(r"lin-[a-z-]+", draw(sample())))
    assert {"lin-box", "lin-good", "lin-bad", "lin-state", "lin-soft"} <= used


@st.composite
def documents(draw_from: st.DrawFn) -> dict[str, Any]:
    count = draw_from(st.integers(1, 12))
    kinds = draw_from(st.lists(st.sampled_from(["dataset", "run", "model", "report"]), min_size=count, max_size=count))
    nodes = [node(f"{n}-" + draw_from(st.text(max_size=20)), kind) for n, kind in enumerate(kinds)]
    pairs = draw_from(st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=20))
    names = ["used", "generated", "derived", "evaluated_on", "same_content", "part_of"]
    edges = [edge(nodes[a], nodes[b], draw_from(st.sampled_from(names))) for a, b in pairs]
    statuses = [{"key": item["key"], "status": draw_from(st.sampled_from([*STATUSES, ""]))} for item in nodes]
    return {"nodes": nodes, "edges": edges, "statuses": statuses, "subjects": [nodes[0]["key"]]}


@settings(max_examples=60)
@given(documents())
def test_no_boxes_overlap(document: dict[str, Any]) -> None:
    svg = draw(document)
    assert svg == draw(document)
    found = boxes(svg)
    for number, (x, y, w, h) in enumerate(found):
        for x2, y2, w2, h2 in found[:number]:
            assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y


@given(st.text(max_size=60), st.integers(20, 200))
def test_cut_and_wrap_fit(text: str, width: int) -> None:
    assert text_width(cut(text, width), 12) <= max(width, text_width("…"))
    for line in wrap(text, width, 12, 3):
        assert text_width(line, 12) <= max(width, text_width("…"), *(text_width(char) for char in line or "…"))
