"""JSON and YAML cards: Model Card Toolkit 0.0.1 and 0.0.2, flat keys, lists of questions and answers, mapped shapes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from govern.diagnostics import Diagnostic, Severity, Span
from govern.evidence.cards.aliases import Matcher, is_metric_name
from govern.evidence.cards.metrics import metric
from govern.evidence.cards.model import Card, Claim, Identity, Locator, Metric, Passage, Placeholder, Section, Source
from govern.evidence.cards.placeholders import find_placeholders, is_placeholder_alone
from govern.evidence.cards.words import squeeze
from govern.inputs.json import JsonValue

__all__ = ["read_json_card"]

_TOOLKIT_PARTS = ("model_parameters", "quantitative_analysis", "considerations")
_TOOLKIT_SECTIONS = {
    "description": ("model_details/overview", "model_parameters/model_architecture"),
    "intended_use": ("considerations/use_cases",),
    "users": ("considerations/users",),
    "limitations": ("considerations/limitations", "considerations/tradeoffs"),
    "bias_ethics": ("considerations/ethical_considerations",),
    "licence": ("model_details/license", "model_details/licenses"),
    "owner": ("model_details/owners",),
}
_QUESTION_KEYS = ("question", "q", "title", "name", "heading", "section", "prompt", "key")
_ANSWER_KEYS = ("answer", "a", "text", "content", "value", "response", "body")
_NOT_PROSE = frozenset(["link", "url", "uri", "path", "graphics", "image", "sensitive", "schema_version"])
_MAX_LEAVES = 20_000


def read_json_card(
    root: JsonValue,
    *,
    file: str,
    digest: str,
    matcher: Matcher,
    mapping: Mapping[str, str],
) -> Card:
    """Read a parsed JSON document as a card. A shape that nobody knows gives a card that is not `recognised`."""
    reader = _Reader(file, digest, matcher)
    shape = reader.read(root)
    for section, pointer in sorted(mapping.items()):
        value = _at(root, pointer)
        if value is not _ABSENT:
            shape = shape or "mapped"
            reader.drafts.pop(section, None)
            reader.claim(section, value, pointer)
    return reader.card(shape)


class _Absent:
    """What a pointer that leads nowhere finds."""


_ABSENT = _Absent()


def _at(root: JsonValue, pointer: str) -> JsonValue | _Absent:
    """Follow a JSON pointer (RFC 6901)."""
    here: JsonValue = root
    for raw in pointer.split("/")[1:] if pointer else []:
        step = raw.replace("~1", "/").replace("~0", "~")
        if isinstance(here, dict) and step in here:
            here = here[step]
        elif isinstance(here, list) and step.isdecimal() and int(step) < len(here):
            here = here[int(step)]
        else:
            return _ABSENT
    return here


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _text(value: JsonValue) -> str | None:
    """A leaf as text; None for null and flags."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, Decimal) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value)
    return None


class _Reader:
    """Collects sections and fields of one document."""

    def __init__(self, file: str, digest: str, matcher: Matcher) -> None:
        self.file = file
        self.digest = digest
        self.matcher = matcher
        self.drafts: dict[str, tuple[list[Locator], list[Passage], list[Metric]]] = {}
        self.identity = Identity()
        self.owners: list[Claim] = []
        self.contacts: list[Claim] = []
        self.licences: list[Claim] = []
        self.datasets: list[Claim] = []

    def read(self, root: JsonValue) -> str | None:
        """Read a document of a known shape; gives the shape's name, or None."""
        if isinstance(root, dict) and _is_toolkit(root):
            self._toolkit(root)
            return "toolkit"
        questions = _questions(root)
        if questions is not None:
            for pointer, question, answer in questions:
                for section in self.matcher.match(question):
                    self.claim(section, answer, pointer)
            return "questionnaire" if self.drafts else None
        if isinstance(root, dict):
            self._flat(root, "")
        return "flat-json" if self.drafts else None

    def at(self, pointer: str) -> Locator:
        return Locator(self.file, self.digest, None, pointer)

    def claim(self, section: str, value: JsonValue | _Absent, pointer: str) -> None:
        """Give a section everything below a value: texts, and numbers under a metric's name."""
        places, passages, metrics = self.drafts.setdefault(section, ([], [], []))
        places.append(self.at(pointer))
        if isinstance(value, _Absent):
            return
        for count, (where, key, text) in enumerate(_leaves(value, pointer, "")):
            if count >= _MAX_LEAVES:
                break
            if key not in _NOT_PROSE and text:
                passages.append(Passage(text, self.at(where), "field"))
        if section == "evaluation":
            metrics.extend(self._metrics(value, pointer, None, None))

    def _metrics(self, value: JsonValue, pointer: str, dataset: str | None, split: str | None) -> Iterator[Metric]:
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from self._metrics(item, f"{pointer}/{index}", dataset, split)
        if not isinstance(value, dict):
            return
        dataset = _first_text(value, "dataset", "data_set", "data", "dataset_name") or dataset
        split = _first_text(value, "split") or split
        kind = _first_text(value, "type", "metric", "name")
        number = value.get("value")
        text = _text(number)
        if kind and text and "value" in value:
            group = _first_text(value, "slice")
            yield metric(kind, text, self.at(f"{pointer}/value"), dataset=dataset, split=split, group=group)
        for key, item in value.items():
            number_text = _text(item)
            if is_metric_name(key) and number_text:
                yield metric(key, number_text, self.at(f"{pointer}/{_escape(key)}"), dataset=dataset, split=split)
            elif isinstance(item, dict | list):
                yield from self._metrics(item, f"{pointer}/{_escape(key)}", dataset, split)

    def _flat(self, root: Mapping[str, JsonValue], base: str) -> None:
        for key, value in root.items():
            pointer = f"{base}/{_escape(key)}"
            sections = self.matcher.match_key(key)
            for section in sections:
                self.claim(section, value, pointer)
                for text, place in ((item.text, item.locator) for item in self._passages(section, pointer)):
                    self._field(section, text, place)
            if not sections and isinstance(value, dict) and not base:
                self._flat(value, pointer)
        self.identity = Identity(
            self._named(root, base, "name", "model_name") or self.identity.name,
            self._named(root, base, "version", "model_version") or self.identity.version,
            self._named(root, base, "date", "last_updated") or self.identity.date,
        )

    def _passages(self, section: str, pointer: str) -> list[Passage]:
        return [item for item in self.drafts[section][1] if (item.locator.pointer or "").startswith(pointer)]

    def _field(self, section: str, text: str, place: Locator) -> None:
        target = {"owner": self.owners, "contact": self.contacts, "licence": self.licences}.get(section)
        if target is not None and not is_placeholder_alone(text):
            target.append(Claim(squeeze(text)[:300], place))

    def _named(self, root: Mapping[str, JsonValue], base: str, *keys: str) -> Claim | None:
        for key in keys:
            text = _text(root.get(key))
            if text:
                return Claim(squeeze(text)[:200], self.at(f"{base}/{key}"))
        return None

    def _toolkit(self, root: Mapping[str, JsonValue]) -> None:
        for section, paths in _TOOLKIT_SECTIONS.items():
            for path in paths:
                value = _at(dict(root), "/" + path)
                if value is not _ABSENT:
                    self.claim(section, value, "/" + path)
        details = root.get("model_details")
        if isinstance(details, dict):
            version = details.get("version")
            named = version if isinstance(version, dict) else {}
            self.identity = Identity(
                self._named(details, "/model_details", "name"),
                self._named(named, "/model_details/version", "name"),
                self._named(named, "/model_details/version", "date"),
            )
            self._owners(details)
            self._licences(details)
        self._data(_at(dict(root), "/model_parameters/data"))
        analysis = _at(dict(root), "/quantitative_analysis/performance_metrics")
        if not isinstance(analysis, _Absent):
            self.claim("evaluation", analysis, "/quantitative_analysis/performance_metrics")

    def _owners(self, details: Mapping[str, JsonValue]) -> None:
        owners = details.get("owners")
        for index, owner in enumerate(owners if isinstance(owners, list) else []):
            if isinstance(owner, dict):
                base = f"/model_details/owners/{index}"
                name = self._named(owner, base, "name")
                contact = self._named(owner, base, "contact")
                self.owners.extend([name] if name else [])
                if contact:
                    self.contacts.append(contact)
                    self.claim("contact", contact.value, f"{base}/contact")

    def _licences(self, details: Mapping[str, JsonValue]) -> None:
        """0.0.1 has one text, 0.0.2 a list of identifiers or custom texts."""
        single = self._named(details, "/model_details", "license")
        self.licences.extend([single] if single else [])
        several = details.get("licenses")
        for index, item in enumerate(several if isinstance(several, list) else []):
            if isinstance(item, dict):
                named = self._named(item, f"/model_details/licenses/{index}", "identifier", "custom_text")
                self.licences.extend([named] if named else [])

    def _data(self, data: JsonValue | _Absent) -> None:
        """0.0.1 has `{train, eval}`, 0.0.2 a list; a set is for evaluation when its name or key says so."""
        items: list[tuple[str, str, JsonValue]] = []
        if isinstance(data, dict):
            items = [(f"/model_parameters/data/{_escape(key)}", key, value) for key, value in data.items()]
        elif isinstance(data, list):
            items = [(f"/model_parameters/data/{index}", "", value) for index, value in enumerate(data)]
        for pointer, key, value in items:
            name = (_first_text(value, "name") or "") if isinstance(value, dict) else ""
            words = f"{key} {name}".casefold()
            held_out = any(word in words for word in ("eval", "test", "holdout", "validation"))
            self.claim("evaluation_data" if held_out else "training_data", value, pointer)
            if name:
                self.datasets.append(Claim(squeeze(name)[:200], self.at(f"{pointer}/name")))

    def card(self, shape: str | None) -> Card:
        """Give the card; one of unknown shape says so and how to map it."""
        sections = {
            name: Section(name, tuple(places), tuple(passages), tuple(metrics))
            for name, (places, passages, metrics) in sorted(self.drafts.items())
        }
        passages = tuple(item for section in sections.values() for item in section.passages)
        problems: tuple[Diagnostic, ...] = ()
        if shape is None:
            hint = "Name the fields in the policy, e.g. mapping: {intended_use: /uso_pretendido}."
            message = "no field of this JSON card is one that govern knows"
            problems = (Diagnostic("E202", message, Span(self.file), hint, Severity.WARNING),)
        return Card(
            sources=(Source(self.file, self.digest, shape or "unknown-json"),),
            identity=self.identity,
            owners=tuple(self.owners),
            contacts=tuple(self.contacts),
            licences=tuple(self.licences),
            datasets=tuple(self.datasets),
            metrics=tuple(item for section in sections.values() for item in section.metrics),
            sections=sections,
            placeholders=tuple(_placeholders(passages)),
            text=passages,
            recognised=shape is not None,
            diagnostics=problems,
        )


def _placeholders(passages: Sequence[Passage]) -> Iterator[Placeholder]:
    for passage in dict.fromkeys(passages):
        found = list(find_placeholders(passage.text))
        if not found and is_placeholder_alone(passage.text) and any(char.isalnum() for char in passage.text):
            found = [passage.text]
        for item in found:
            yield Placeholder(item[:120], passage.locator)


def _is_toolkit(root: Mapping[str, JsonValue]) -> bool:
    details = isinstance(root.get("model_details"), dict)
    parts = sum(isinstance(root.get(part), dict) for part in _TOOLKIT_PARTS)
    return (details and (parts > 0 or "schema_version" in root)) or parts >= 2


def _first_text(value: JsonValue, *keys: str) -> str | None:
    if isinstance(value, dict):
        for key in keys:
            text = value.get(key)
            if isinstance(text, str) and text.strip():
                return squeeze(text)[:200]
    return None


def _leaves(value: JsonValue, pointer: str, key: str) -> Iterator[tuple[str, str, str]]:
    """Give (pointer, nearest key, text) of every text below a value; numbers and flags are not prose."""
    if isinstance(value, str):
        yield pointer, key, value.strip()
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, f"{pointer}/{index}", key)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, f"{pointer}/{_escape(name)}", name)


def _questions(root: JsonValue) -> list[tuple[str, str, JsonValue]] | None:
    """Give (pointer, question, answer) triples of a questionnaire, or None when the document is not one."""
    base = ""
    if isinstance(root, dict):
        lists = [(key, value) for key, value in root.items() if isinstance(value, list)]
        if len(lists) != 1:
            return None
        base, root = f"/{_escape(lists[0][0])}", lists[0][1]
    if not isinstance(root, list) or not root:
        return None
    triples: list[tuple[str, str, JsonValue]] = []
    for index, item in enumerate(root):
        if not isinstance(item, dict):
            return None
        question = next((key for key in _QUESTION_KEYS if isinstance(item.get(key), str)), None)
        answer = next((key for key in _ANSWER_KEYS if key in item and key != question), None)
        if question is None or answer is None:
            return None
        triples.append((f"{base}/{index}/{answer}", str(item[question]), item[answer]))
    return triples
