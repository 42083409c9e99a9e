"""The HTML page: complete, self-contained, and deaf to hostile words."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.policy.outcomes import Decision, Outcome
from govern.report.groups import word_of
from govern.report.html import render_html
from govern.report.result import Result
from support import results

TEMPLATES = Path(__file__).parents[2] / "src/govern/report/html/templates"
VOID = {"meta", "br", "link", "input", "img", "hr"}
ALLOWED = {
    *(
        [
            "html",
            "head",
            "meta",
            "title",
            "style",
            "body",
            "div",
            "span",
            "header",
            "p",
            "h1",
            "h2",
            "h3",
            "dl",
            "dt",
            "dd",
            "main",
            "section",
            "ul",
            "li",
            "a",
            "nav",
            "article",
            "code",
            "b",
        ]
    ),
    *(
        [
            "details",
            "summary",
            "table",
            "caption",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "figure",
            "figcaption",
            "pre",
            "footer",
            "strong",
        ]
    ),
    *(
        [
            "svg",
            "title",
            "desc",
            "defs",
            "pattern",
            "g",
            "path",
            "line",
            "rect",
            "circle",
            "text",
            "tspan",
            "polygon",
            "polyline",
            "marker",
        ]
    ),
}


class Reader(HTMLParser):
    """Reads a page strictly: every element closed in order, every attribute kept."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self._open, tag
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in ("style",):
            self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


def page(document: results.Document) -> str:
    return render_html(Result.from_document(document))


def check_inert(body: str) -> Reader:
    """What must hold of every page, whatever was in the bundle."""
    read = Reader(body)
    assert set(read.tags) <= ALLOWED, set(read.tags) - ALLOWED
    assert "<script" not in body.lower()
    for tag, name, value in read.attributes:
        assert not name.startswith("on"), (tag, name)
        assert name not in ("style", "src", "action", "srcdoc", "formaction", "xlink:href", "background", "ping")
        if name == "href":
            assert value.startswith("#"), value
        if name == "id":
            assert re.fullmatch(r"[a-z][a-z0-9_]*", value), value
        if name == "http-equiv":
            assert value == "Content-Security-Policy"
    ids = [value for _tag, name, value in read.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b-\u200f\ud800-\udfff]", body)
    return read


@pytest.mark.parametrize("make", [results.denied, results.allowed, results.undecided, results.refused])
def test_every_sample_is_one_inert_page(make: object) -> None:
    body = page(make())  # type: ignore[operator]
    read = check_inert(body)
    assert body.startswith("<!doctype html>") or body.lstrip().startswith("<!doctype html>")
    links = {value[1:] for _tag, name, value in read.attributes if name == "href"}
    ids = {value for _tag, name, value in read.attributes if name == "id"}
    assert links <= ids
    labels = {part for _t, name, value in read.attributes if name == "aria-labelledby" for part in value.split()}
    assert labels <= ids
    assert len(body.encode()) < 80_000


def test_the_policy_allows_exactly_the_one_style() -> None:
    body = page(results.denied())
    (style,) = re.findall(r"<style>(.*?)</style>", body, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', body.replace("&#39;", "'"))
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert body.index("charset") < body.index("Content-Security-Policy") < body.index("<style>")
    assert "url(" not in style
    assert "@import" not in style


def test_nothing_is_loaded_from_anywhere() -> None:
    body = page(results.denied())
    namespaces = body.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"(?:src|href|data|action)\s*=\s*[\"']?(?!#)[a-z]*:?//", namespaces)


def test_the_order_is_the_one_that_a_board_reads() -> None:
    body = page(results.denied())
    order = ["verdict-word", 'id="blocks"', 'id="not_decided"', 'id="warnings"', 'id="waived"', 'id="passed"']
    order += ['id="not_applicable"', 'id="not_assessed"', 'id="fairness"', 'id="card"', 'id="lineage"']
    order += ['id="dependencies"', 'id="policies"', 'id="evidence"', 'id="record"', 'id="method"']
    at = [body.index(item) for item in order]
    assert at == sorted(at)


def test_the_page_says_what_text_says() -> None:
    words = Reader(page(results.denied())).words
    for part in (
        "2 blocking rules failed at the pre-deployment gate.",
        "60 more approvals in this group",
        "predictions/test.csv:1",
        "does not say on which data its numbers were measured",
        "README.md:22",
        "eu-ai-act/art-14",
        "undefined: nobody applied",
        "race=Native · too few to compare",
        "scraped profiles → join → training table → train → credit-risk",
        "entry 17 of the ledger",
        "govern verify credit-risk-3.1.0.pre-deployment.refusal.sigstore.json",
        "Monthly review of approval rates",
        "0 of 2",
    ):
        assert part in words, part
    assert "compliant with" not in words.lower()


def test_a_refused_bundle_shows_why_and_no_rules() -> None:
    body = page(results.refused())
    read = Reader(body)
    assert "a symbolic link B101" in read.words
    assert "Replace it by the file it points to." in read.words
    assert 'id="passed"' not in body
    assert "Nothing was signed or logged." in read.words


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_is_shown_by_word(outcome: Outcome) -> None:
    document = results.denied()
    document["outcomes"] = [results.outcome("p/r", outcome.value, title="The only rule")]
    result = Result.from_document(results.settled(document))
    read = Reader(render_html(result))
    assert "The only rule" in read.words
    if outcome not in (Outcome.PASS, Outcome.NOT_APPLICABLE):
        assert word_of(result.outcomes[0]) in read.words


@pytest.mark.parametrize("decision", list(Decision))
def test_every_decision_is_shown_by_word(decision: Decision) -> None:
    read = Reader(page(results.denied() | {"decision": decision.value}))
    assert decision.value.capitalize() in read.words


HOSTILE = [
    "<script>document.documentElement.dataset.x=1</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "javascript:alert(1)",
    "</style><style>*{display:none}</style>",
    "</title></textarea></script><b>",
    '<meta http-equiv="refresh" content="0;url=http://evil.example">',
    "{{ 9173*10007 }}{% for x in y %}",
    "${9173*10007} #{9173*10007}",
    "\x1b[31mred\x1b]8;;http://evil.example\x07x",
    "\u202egnp.exe \u200b\u2066x",
    "\x00\ud800\ufffe",
    "&lt;script&gt; &amp; &#60;",
    "]]><![CDATA[<a>",
    "<!-- --> <!doctype>",
    "x" * 10_000,
    "漢字 🚀 é",
]


def spoilt(word: str) -> results.Document:
    """A result in which every text of a bundle, a policy or a record is hostile."""
    document = results.denied()
    document["engine"]["version"] = word
    document["model"] |= {"name": word, "version": word, "owner": word, "purpose": word, "risk_tier": word}
    document["policies"][0] |= {"name": word, "version": word, "title": word, "source": word, "applies_from": word}
    for outcome in document["outcomes"]:
        outcome |= {"rule": word, "title": word, "message": word, "summary": word, "remediation": word, "why": word}
        outcome |= {"observed": word, "required": word, "controls": [word], "check": word, "policy": word}
        outcome["evidence"] = [{"name": word, "file": word, "digest": results.digest("x"), "bound": False}]
        for finding in outcome["findings"]:
            finding |= {"code": word, "detail": word, "remediation": word, "observed": word, "required": None}
            finding["location"] = results.location(word, None, None, word)
        if outcome.get("waiver"):
            outcome["waiver"] |= {"approver": word, "reason": word, "compensating_control": word}
    facts = document["outcomes"][0]["facts"] = results.copied(results.FAIRNESS)
    for table in facts["tables"]:
        table |= {"attributes": [word], "metric": word, "verdict": word}
        table["worst"] |= {"group": word, "reference": word}
        for group in table["groups"]:
            group |= {"label": word, "undefined": word if group["undefined"] else None}
    card = document["outcomes"][1]["facts"] = results.copied(results.SCORECARD)
    for row in card["sections"]:
        row |= {"id": word, "state": word, "file": word, "pointer": word, "missing": word}
    for node in document["lineage"]["nodes"]:
        node |= {"name": word, "version": word, "kind": word if node["kind"] == "run" else node["kind"]}
    document["evidence"] = [{"name": word, "file": word, "digest": results.digest("x"), "bound": True}]
    document["not_assessed"] = [{"control": word, "title": word}]
    document["advisories"] |= {"as_of": word, "newest": word}
    document["certificate"] |= {"path": word, "keyid": word}
    document["waivers"] = [
        results.waiver(rule=word, code=word, detail=word, remediation=word, reason=word, compensating_control=word)
    ]
    return document


def test_a_waiver_that_did_not_help_says_why_and_what_stands_instead() -> None:
    document = results.denied()
    document["waivers"] = [results.waiver(), results.waiver(ruling="applied", code=None, detail=None, remediation=None)]
    words = " ".join(" ".join(check_inert(page(document)).text).split())
    assert "Did not help (D210): it held from one day to another. To mend it: have another signed." in words
    assert words.count("Instead: a person reads each refusal") == 2


@pytest.mark.parametrize("word", HOSTILE)
def test_hostile_words_stay_words(word: str) -> None:
    body = page(spoilt(word))
    read = check_inert(body)
    assert read.tags.count("style") == 1
    assert "91794211" not in body
    assert len(body.encode()) < 500_000
    assert page(spoilt(word)) == body


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet=st.sampled_from("<>&\"'/=!-` {}%$#();:\x1b\u202eabSCRIPTscript"), max_size=60))
def test_any_markup_stays_text(word: str) -> None:
    check_inert(page(spoilt(word)))


@pytest.mark.parametrize(
    "facts",
    [
        {"kind": "fairness-table"},
        {"kind": "fairness-table", "threshold": "NaN", "tables": [{}]},
        {"kind": "fairness-table", "threshold": "0.8", "tables": [{}, {"groups": [{}], "worst": 3, "attributes": 4}]},
        {"kind": "fairness-table", "threshold": "0.8", "tables": [{"groups": [{"rate": "x", "denominator": -1}]}]},
        {"kind": "card-scorecard"},
        {"kind": "card-scorecard", "sections": [{}, 3]},
        {"kind": "data-validation"},
        {"kind": "data-validation", "results": [3, {}, {"items": [{}, 3, {"verdict": 4}], "evaluated": True}]},
        {"kind": "drift"},
        {"kind": "drift", "results": [{}, 3, {"columns": [{}, 4, {"score": 7, "tool_threshold": [], "name": None}]}]},
        {"kind": "card-claims"},
        {"kind": "card-claims", "claims": [{}, 3, {"metric": 1, "result": "no-such", "line": "x", "measured": []}]},
        {"kind": "metric-comparison"},
        {"kind": "metric-comparison", "metric": 3, "comparisons": [{}, 3, {"low": [], "high": {}, "n": "x"}]},
        {"kind": "global-importance", "tables": 4},
        {"kind": "global-importance", "tables": [{}, {"features": [{}, 3, {"value": "NaN"}], "left_out": "x"}]},
        {"kind": "of-later-versions"},
        [1],
        "text",
    ],
)
def test_facts_of_another_shape_are_passed_over(facts: object) -> None:
    document = results.denied()
    document["outcomes"][0]["facts"] = facts
    check_inert(page(document))


def test_drift_is_a_table_with_the_tool_s_verdict_beside_ours() -> None:
    row = {"name": "income", "role": "feature", "state": "drifted", "method": "PSI", "score": "0.31"}
    row |= {"required": "< 0.2", "tool_verdict": "pass", "tool_threshold": "0.5", "drift_when": ">="}
    result = {"file": "drift.json", "tool_says": "no drift, 1 of 2 columns", "rows_reference": None}
    steady = row | {"name": "age", "state": "stable", "score": "0.01"}
    document = results.denied()
    document["outcomes"][0]["facts"] = {
        "kind": "drift",
        "source": "reports",
        "results": [result | {"columns": [steady, row]}],
    }
    words = check_inert(page(document)).words
    assert "the tool says: no drift, 1 of 2 columns" in words
    assert words.index("income") < words.index("no drift (at 0.5)")
    assert words.index("drifted", words.index("income")) < words.index("stable")


def test_declared_figures_stand_beside_the_measured_ones() -> None:
    document = results.denied()
    declared = {
        "metric": "balanced_accuracy",
        "average": None,
        "dataset": "<b>loans</b>",
        "split": "test",
        "slice": None,
    }
    place = {"file": "README.md", "line": 34, "pointer": None}
    claim = {
        **declared,
        **place,
        "claimed": "0.95\x1b",
        "measured": "0.9",
        "source": "predictions",
        "result": "disagrees",
    }
    other = {**claim, "claimed": "0,91", "measured": None, "result": "unreadable"}
    document["outcomes"][0]["facts"] = {"kind": "card-claims", "tolerance": "0", "claims": [claim, other]}
    shown = page(document)
    check_inert(shown)
    for text in (
        "balanced accuracy",
        "&lt;b&gt;loans&lt;/b&gt;, test",
        "0.95\\u{1b}",
        ">0.9<",
        "disagrees",
        "README.md:34",
    ):
        assert text in shown, text
    assert "no plain number" in shown
    assert 'href="#card"' in shown


COMPARED = {
    "kind": "metric-comparison",
    "metric": "auc",
    "comparisons": [
        {
            "baseline": "champion",
            "candidate_value": "0.91",
            "baseline_value": "0.9",
            "better_by": "0.01",
            "low": "-0.002",
            "high": "0.022",
            "n": 400,
            "same_data": "the same 400 cases by row id",
        }
    ],
}
EXPLAINED = {
    "kind": "global-importance",
    "tables": [
        {
            "file": "shap.csv",
            "method": "shap",
            "label": None,
            "left_out": 3,
            "features": [{"name": "<b>age</b>", "value": "0.5"}, {"name": "income", "value": "0.125"}],
        }
    ],
}


def test_other_models_and_importances_are_tables() -> None:
    document = results.denied()
    document["outcomes"][0]["facts"] = COMPARED
    document["outcomes"][1]["facts"] = EXPLAINED
    body = page(document)
    check_inert(body)
    for words in ("-0.002 to 0.022", "the same 400 cases by row id", "&lt;b&gt;age", 'width="200" height="12"/>'):
        assert words in body
    assert 'width="50" height="12"/>' in body
    assert "3 more features" in body


def test_an_empty_lineage_and_no_model_are_pages_too() -> None:
    document = results.undecided()
    document["lineage"] = {"nodes": [], "edges": [], "digest": results.digest("e")}
    document["model"] |= {"name": None, "version": None}
    check_inert(page(document))


def test_no_template_marks_anything_as_safe() -> None:
    for file in TEMPLATES.glob("*.j2"):
        source = file.read_text("utf-8")
        assert not re.search(r"\|\s*safe|autoescape|Markup", source), file.name
        assert "style=" not in source.replace("<style>", "")
        assert "<script" not in source


def test_text_and_background_have_enough_contrast() -> None:
    """WCAG 2.2 AA: 4.5 to 1 for text, for every pair of colours that meet, light and dark."""
    css = (TEMPLATES / "style.css").read_text("utf-8")
    light, dark = (dict(re.findall(r"--([\w-]+):(#[0-9a-f]{3,6})", part)) for part in css.split("@media", 2)[:2])
    pairs = [(fore, back) for fore in ("ink", "soft", "good", "bad", "unsure", "calm") for back in ("bg", "paper")]
    pairs += [(tone, f"{tone}-bg") for tone in ("good", "bad", "unsure", "calm")] + [("soft", "code"), ("ink", "code")]
    pairs += [("ink", "calm-bg")]
    for colours in (light, dark):
        for fore, back in pairs:
            assert contrast(colours[fore], colours[back]) >= 4.5, (fore, back, colours[fore], colours[back])


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio of two sRGB colours."""

    def luminance(colour: str) -> float:
        digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
        parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        r, g, b = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)
