"""JSON cards without a schema: flat keys through the alias table, lists of questions and answers, loose metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from govern.evidence.cards.aliases import is_metric_name
from govern.evidence.cards.metrics import metric
from govern.evidence.cards.model import Identity, Metric
from govern.evidence.cards.shapes.draft import Draft
from govern.evidence.cards.shapes.part import Part

__all__ = ["assign", "loose_metrics", "questions", "read_flat", "read_questionnaire"]

_QUESTION_KEYS = ("question", "q", "title", "name", "heading", "section", "prompt", "key")
_ANSWER_KEYS = ("answer", "a", "text", "content", "value", "response", "body")


def read_flat(draft: Draft, root: Part) -> bool:
    """Read keys that the alias table knows, at the top and one level below. False when there is none."""
    _level(draft, root, top=True)
    return bool(draft.sections)


def _level(draft: Draft, here: Part, *, top: bool) -> None:
    for key, part in here.members:
        sections = draft.matcher.match_key(key)
        for section in sections:
            assign(draft, section, part)
        if not sections and top:
            _level(draft, part, top=False)
    known = draft.identity
    draft.identity = Identity(
        draft.said(here.get("name", "model_name", "modelName")) or known.name,
        draft.said(here.get("version", "model_version", "modelVersion")) or known.version,
        draft.said(here.get("date", "last_updated", "lastUpdated")) or known.date,
    )


def assign(draft: Draft, section: str, part: Part) -> None:
    """Give a section what stands below a part, and the card's fields what they are made of."""
    draft.claim(section, part)
    adders: dict[str, Callable[[Part], None]] = {
        "owner": draft.owner,
        "contact": draft.contact,
        "licence": draft.licence,
    }
    add = adders.get(section)
    if add is not None:
        claimed = draft.sections[section]
        kept = len(claimed.claimed_at), len(claimed.passages)
        for _key, leaf in part.leaves():
            add(leaf)
        # The section stands on the part as a whole; its leaves are claims, not further places of the section.
        del claimed.claimed_at[kept[0] :], claimed.passages[kept[1] :]
    if section == "evaluation":
        draft.add_metrics(section, list(loose_metrics(draft, part)))


def loose_metrics(draft: Draft, part: Part, dataset: str | None = None, split: str | None = None) -> Iterator[Metric]:
    """Find numbers under a metric's name, or `{type, value}` pairs, at any depth; data set and split are inherited."""
    for item in part.elements:
        yield from loose_metrics(draft, item, dataset, split)
    if not part.object:
        return
    dataset = _first(part, "dataset", "data_set", "data", "dataset_name") or dataset
    split = _first(part, "split") or split
    kind, value = part.get("type", "metric", "name"), part.get("value")
    if kind is not None and kind.text and value is not None and value.text:
        place = draft.at(value.pointer)
        yield metric(kind.text, value.text, place, dataset=dataset, split=split, group=_first(part, "slice"))
    for key, item in part.members:
        if is_metric_name(key) and item.text and not isinstance(item.value, bool):
            yield metric(key, item.text, draft.at(item.pointer), dataset=dataset, split=split)
        else:
            yield from loose_metrics(draft, item, dataset, split)


def _first(part: Part, *keys: str) -> str | None:
    for key in keys:
        found = part.get(key)
        if found is not None and isinstance(found.value, str) and found.text:
            return found.text[:200]
    return None


def questions(root: Part) -> list[tuple[Part, str]] | None:
    """Give (answer, question) pairs of a questionnaire, or None when the document is not one."""
    lists = [part for _key, part in root.members if isinstance(part.value, list)]
    if root.object and len(lists) != 1:
        return None
    items = lists[0].elements if lists else root.elements
    pairs: list[tuple[Part, str]] = []
    for item in items:
        question = next((key for key in _QUESTION_KEYS if isinstance(item.object.get(key), str)), None)
        answer = next((key for key in _ANSWER_KEYS if key in item.object and key != question), None)
        if question is None or answer is None:
            return None
        said = item.get(answer) or Part("", f"{item.pointer}/{answer}")
        pairs.append((said, str(item.object[question])))
    return pairs or None


def read_questionnaire(draft: Draft, pairs: list[tuple[Part, str]]) -> bool:
    """Read the answers to questions that name a section. An empty answer is a stub."""
    for answer, question in pairs:
        for section in draft.matcher.match(question):
            assign(draft, section, answer)
    return bool(draft.sections)
