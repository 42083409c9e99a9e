"""What must hold for every card: only words count, fewer words are never better, and looks change nothing."""

from __future__ import annotations

import re

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from govern.evidence.cards import Card, Need, State, judge
from govern.evidence.cards.aliases import section_ids
from govern.evidence.cards.blocks import read_blocks
from govern.evidence.cards.frontmatter import split_front_matter
from govern.evidence.cards.template import heading_of, template_card
from support.cards import PROSE, read, state

WORDS = ["loans", "branch", "measured", "applicants", "income", "since", "those", "later", "quarter", "people", "read"]
TITLES = ["Intended use", "Limitations", "Training data", "Evaluation", "Changelog", "Bias", "Owner"]
RANK = {item: number for number, item in enumerate(State)}


def states(card: Card) -> dict[str, State]:
    """Give the state of every section that the card claims."""
    return {name: state(card, name) for name in card.sections}


def text_of(card: Card) -> dict[str, list[str]]:
    """Give the words of every section, without their places."""
    return {name: [item.text for item in section.passages] for name, section in card.sections.items()}


sentences = st.lists(st.sampled_from(WORDS), min_size=1, max_size=14).map(
    lambda words: " ".join(words).capitalize() + "."
)
chapters = st.lists(
    st.tuples(st.sampled_from(TITLES), sentences), min_size=1, max_size=5, unique_by=lambda item: item[0]
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([*section_ids()]))
def test_filling_one_section_of_our_template_flips_that_section_and_no_other(name: str) -> None:
    heading = f"## {heading_of(name)}\n"
    text = template_card()
    assert text.count(heading) == 1
    filled = text.replace(heading, f"{heading}\n{PROSE} Reach it at https://bank.example.org/model.\n")
    before, after = states(read(text)), states(read(filled))
    assert {key for key in after if after[key] is not before[key]} == {name}
    assert after[name] is State.COMPLETE


@settings(max_examples=80, deadline=None)
@given(
    chapters,
    st.sampled_from(["atx", "closed", "bold", "setext", "html"]),
    st.sampled_from(["", "1. ", "2.3 ", "(a) ", "IV. ", "\U0001f3af "]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["", "\ufeff", "\n\n"]),
    st.sampled_from(["", "<!-- a comment of many words that must not count -->\n\n"]),
)
def test_looks_change_nothing_but_places(
    parts: list[tuple[str, str]], style: str, number: str, end: str, start: str, comment: str
) -> None:
    plain = "# M\n\n" + "".join(f"## {title}\n\n{body}\n\n" for title, body in parts)
    styles = {
        "atx": "## {}\n\n",
        "closed": "##   {}   ##\n\n",
        "bold": "**{}**\n\n",
        "setext": "{}\n----\n\n",
        "html": "<h2 align='center'>{}</h2>\n\n",
    }
    assume(not (style == "setext" and number == "1. "))  # a list item above a rule, in CommonMark
    dressed = "# M\n\n" + "".join(
        comment + styles[style].format(number + title) + f"{body}\n\n" for title, body in parts
    )
    first, second = read(plain), read(start + dressed.replace("\n", end))
    assert text_of(first) == text_of(second)
    assert states(first) == states(second)


@settings(max_examples=80, deadline=None)
@given(chapters, st.data())
def test_removing_words_never_improves_a_state(parts: list[tuple[str, str]], data: st.DataObject) -> None:
    fewer = []
    for title, body in parts:
        words = body.split()
        kept = data.draw(st.lists(st.booleans(), min_size=len(words), max_size=len(words)))
        fewer.append((title, " ".join(word for word, keep in zip(words, kept, strict=True) if keep)))
    whole, less = (
        states(read("# M\n\n" + "".join(f"## {title}\n\n{body}\n\n" for title, body in chosen)))
        for chosen in (parts, fewer)
    )
    assert all(RANK[less[name]] <= RANK[whole[name]] for name in whole)


TEXTLESS = [
    *(
        "# Limitations",
        "## Intended use",
        "**Licence:**",
        "- **Owner:** TODO",
        "\n| License | N/A |\n|---|---|\n| Limitations | - |\n",
        "| a | b |",
        "|---|---|",
    ),
    *(
        "<!-- a comment of eight or more words that nobody sees -->",
        "```\nmany words of code that run for long\n```",
        "",
    ),
    *("![a picture with a long description of many words](x.png)", "[More Information Needed]", "N/A", "{{ limits }}"),
    *(
        "<style>a { color: red }</style>",
        "***\n\n    indented code of many words that goes on",
        "1 2 3 4 5 6 7 8 9",
        "- ",
        "> ",
    ),
    *("https://a.example.org https://b.example.org", "Use the code below to get started with the model.", "---", "***"),
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(TEXTLESS), max_size=15), st.sampled_from(["\n", "\r\n", "\n\n"]))
def test_no_card_without_text_completes_a_section(lines: list[str], end: str) -> None:
    card = read("# M" + end + end.join(lines) + end)
    for name in set(card.sections) - {"owner", "contact", "licence"}:
        assert not judge(name, card.sections[name], Need(2)).settled, (name, lines)


YAML_TEXT = st.text("abcdefghij-./", min_size=1, max_size=12).filter(
    lambda text: text[0].isalpha() and text[-1].isalpha()
)


@settings(max_examples=80, deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "license": st.sampled_from(["mit", "apache-2.0", "other"]),
            "license_name": YAML_TEXT,
            "license_link": YAML_TEXT,
            "language": st.lists(st.sampled_from(["en", "de", "fr"]), min_size=1, max_size=3, unique=True),
            "datasets": st.lists(YAML_TEXT.map("acme/{}".format), min_size=1, max_size=3, unique=True),
            "base_model": YAML_TEXT.map("acme/{}".format),
            "base_model_relation": st.sampled_from(["finetune", "adapter"]),
            "library_name": st.just("sklearn"),
            "tags": st.lists(YAML_TEXT, min_size=1, max_size=3, unique=True),
        },
    ).filter(
        lambda keys: all(value not in ("no", "on", "off", "yes") for value in keys.values() if isinstance(value, str))
    )
)
def test_front_matter_reads_as_the_hubs_own_library_reads_it(keys: dict[str, object]) -> None:
    from huggingface_hub import ModelCard, ModelCardData

    text = f"---\n{ModelCardData(**keys).to_yaml()}\n---\n\n# M\n"
    theirs = ModelCard(text).data.to_dict()
    card = read(text)

    def many(name: str) -> list[str]:
        value = theirs.get(name, [])
        return value if isinstance(value, list) else [value]

    assert [item.value for item in card.licences] == many("license")
    assert ([card.licence_name.value] if card.licence_name else []) == many("license_name")
    assert ([card.licence_link.value] if card.licence_link else []) == many("license_link")
    assert [item.value for item in card.languages] == many("language")
    assert [item.value for item in card.datasets] == many("datasets")
    assert [item.value for item in card.base_models] == many("base_model")
    assert {item.relation.value for item in card.base_models if item.relation} <= set(many("base_model_relation"))
    assert [item.value for item in card.metadata if item.name == "tags"] == many("tags")


PIECES = [
    *(
        "# One",
        "## Two",
        "### Three ###",
        "Under\n=====",
        "Lined\n-----",
        "para graph",
        "- item\n- item",
        "1. first",
        "",
    ),
    *(
        "```\n# no heading\n```",
        "    # code",
        "> # quoted",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "***",
        "#no",
        "####### no",
    ),
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=10))
def test_headings_are_those_of_another_parser(pieces: list[str]) -> None:
    """Known differences, kept out of the pieces: headings in lists, whole-line bold and raw HTML are ours alone."""
    import mistune

    text = "\n\n".join(pieces) + "\n"
    parser = mistune.create_markdown(renderer=None, plugins=["table"])
    tokens, _state = parser.parse(text)
    theirs = [
        (item["attrs"]["level"], re.sub(r"\s+", " ", _raw(item["children"])))
        for item in tokens
        if isinstance(item, dict) and item["type"] == "heading"
    ]
    ours = [
        (block.level, block.title) for block in read_blocks(split_front_matter(text).body) if block.kind == "heading"
    ]
    assert ours == theirs


def _raw(children: list[dict[str, object]]) -> str:
    return "".join(str(item.get("raw", "")) for item in children)
