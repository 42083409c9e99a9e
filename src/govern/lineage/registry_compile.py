"""Compiling a source registry: what would let a source slip through, or never match, is refused here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from govern.canonical import digest_of
from govern.diagnostics import Diagnostic, Related, Severity, Span, in_order
from govern.inputs.nodes import Node, span_at
from govern.lineage.digests import digest_fault, is_commit
from govern.lineage.patterns import Pattern, PatternError
from govern.lineage.registry import SourceEntry, SourceRegistry, moment, windows_of
from govern.lineage.registry_model import BaseModelSource, Declassifier, Event, Pin, RegistryModel, Source
from govern.lineage.shape import shaped

__all__ = ["compile_document"]

_BUILT_IN = {
    "pii": "union",
    "purposes": "intersection",
    "regions": "intersection",
    "classification": "max",
    "retain_until": "min",
}
_CLASSES = ("public", "internal", "confidential", "restricted")
_WEAK_PINS = ("sha1", "md5")
_STRONG_PINS = ("sha256", "sha384", "sha512")

Path = tuple[str | int, ...]


def compile_document(node: Node, *, file: str) -> tuple[SourceRegistry | None, tuple[Diagnostic, ...]]:
    """See `registry.compile_registry`."""
    model, faults = shaped(RegistryModel, node)
    if model is None:
        return None, faults
    compiling = _Compiling(node)
    registry = compiling.run(model, file)
    found = in_order(compiling.faults)
    return (None if any(item.severity is Severity.ERROR for item in found) else registry), found


class _Compiling:
    def __init__(self, node: Node) -> None:
        self.node = node
        self.faults: list[Diagnostic] = []

    def span(self, path: Path) -> Span:
        return span_at(self.node, path)

    def fault(self, code: str, message: str, path: Path, hint: str | None = None) -> None:
        self.faults.append(Diagnostic(code, message, self.span(path), hint))

    def run(self, model: RegistryModel, file: str) -> SourceRegistry:
        self.unique("sources", [item.id for item in model.sources])
        self.unique("declassifiers", [item.id for item in model.declassifiers])
        self.unique("base_models", [item.id for item in model.base_models])
        self.label_definitions(model)
        sources = self.entries("sources", model.sources)
        bases = self.entries("base_models", model.base_models)
        for number, item in enumerate(model.sources):
            self.labels(item, ("sources", number), model)
        for number, declassifier in enumerate(model.declassifiers):
            self.declassifier(declassifier, ("declassifiers", number), model)
        for name, entries in (("sources", sources), ("base_models", bases)):
            self.overlaps(name, entries)
        document = model.model_dump(mode="json", by_alias=True)
        return SourceRegistry(
            model.metadata.name,
            model.metadata.version,
            digest_of(document),
            file,
            tuple(entry for _, entry in sources),
            tuple(entry for _, entry in bases),
        )

    def unique(self, where: str, ids: Sequence[str]) -> None:
        first: dict[str, int] = {}
        for number, name in enumerate(ids):
            if name in first:
                other = Related(self.span((where, first[name], "id")), "first given here")
                self.faults.append(
                    Diagnostic(
                        "L107",
                        f"id '{name}' is given twice",
                        self.span((where, number, "id")),
                        "give each entry its own id",
                        related=(other,),
                    )
                )
            first.setdefault(name, number)

    def entries(self, where: str, items: Sequence[Source | BaseModelSource]) -> list[tuple[int, SourceEntry]]:
        made = []
        for number, item in enumerate(items):
            entry = self.entry(item, (where, number))
            if entry is not None:
                made.append((number, entry))
        return made

    def entry(self, item: Source | BaseModelSource, path: Path) -> SourceEntry | None:
        pattern = self.pattern(item, path)
        pins = self.pins(item.pins, (*path, "pins"))
        windows = windows_of(self.events(item.events, (*path, "events")))
        certificate = isinstance(item, BaseModelSource) and item.require == "certificate"
        if not windows and not certificate:
            self.faults.append(
                Diagnostic(
                    "L309",
                    f"'{item.id}' is never approved",
                    self.span(path),
                    "add an event of type approved, or drop the entry",
                    Severity.WARNING,
                )
            )
        mode, revision = "listed", None
        roles: tuple[str, ...] = ()
        if isinstance(item, Source):
            mode, roles = self.source_rules(item, path), item.roles
        else:
            revision = item.revision
            if not item.pins and not revision:
                self.fault("L102", f"'{item.id}' pins nothing", path, "add `revision:` or `pins:`")
            elif revision and not is_commit(revision):
                self.fault(
                    "L307",
                    f"revision '{revision}' is a branch or tag, which can move",
                    (*path, "revision"),
                    "write the full commit id",
                )
        if pattern is None:
            return None
        line = self.span(path).line or 0
        pii: tuple[str, ...] = ()
        labels: tuple[str, ...] = ()
        if isinstance(item, Source):
            pii, labels = item.pii or (), tuple(sorted(name for name, values in item.labels.items() if values))
        return SourceEntry(
            id=item.id,
            pattern=pattern,
            is_model=not isinstance(item, Source),
            pins=pins,
            pin=mode,
            revision=revision,
            needs_certificate=certificate,
            roles=roles,
            windows=windows,
            pii=pii,
            labels=labels,
            line=line,
            licence=item.licence,
        )

    def source_rules(self, item: Source, path: Path) -> str:
        """Check pins and roles of a data source; give its pin mode."""
        if item.pins and item.pin:
            self.fault("L104", f"'{item.id}' has both `pins` and `pin`", (*path, "pin"), "keep one of them")
        if not item.pins and not item.pin:
            self.fault("L102", f"'{item.id}' pins no content", path, "add `pins:` with a sha256, or write `pin: any`")
        if item.pin == "series" and not item.signer:
            self.fault(
                "L102", f"'{item.id}' is a series without `signer`", (*path, "pin"), "name who signs its members"
            )
        if not item.roles:
            self.fault("L102", f"'{item.id}' has no roles", path, "add `roles:` with train, evaluate or reference")
        return item.pin or "listed"

    def pattern(self, item: Source | BaseModelSource, path: Path) -> Pattern | None:
        if (item.match is None) == (item.exact is None):
            self.fault("L104", f"'{item.id}' needs one of `match` and `exact`", path, "write one of them")
            return None
        # A base model is named in full; `match` without a wildcard is accepted there, as its examples write it.
        exact = item.exact is not None or (isinstance(item, BaseModelSource) and "*" not in str(item.match))
        text = item.exact if item.exact is not None else str(item.match)
        try:
            return Pattern.of(text, exact=exact)
        except PatternError as fault:
            key = "exact" if item.exact is not None else "match"
            self.fault(fault.code, str(fault), (*path, key), "write scheme, host and path as far as they are known")
            return None

    def pins(self, pins: Iterable[Pin], path: Path) -> tuple[tuple[str, str], ...]:
        out: list[tuple[str, str]] = []
        for number, pin in enumerate(pins):
            here = (*path, number)
            given = [(name, getattr(pin, name)) for name in (*_STRONG_PINS, *_WEAK_PINS)]
            given = [(name, value) for name, value in given if value is not None]
            if not given:
                self.fault("L102", "a pin without a digest pins nothing", here, "add its sha256")
            for name, value in given:
                why = digest_fault(name, value)
                if why is not None:
                    self.fault("L105", why, (*here, name))
                elif name in _WEAK_PINS and not pin.accept_weak:
                    self.fault(
                        "L307",
                        f"a pin by {name} can be forged",
                        (*here, name),
                        "pin a sha256, or add `accept_weak: true`",
                    )
                else:
                    out.append((name, value))
        return tuple(sorted(set(out)))

    def events(self, events: Iterable[Event], path: Path) -> list[tuple[str, datetime, datetime | None, datetime, str]]:
        out = []
        for number, event in enumerate(events):
            here = (*path, number)
            dates: dict[str, datetime | None] = {}
            for name in ("effective", "until", "recorded"):
                text = getattr(event, name)
                try:
                    dates[name] = moment(text) if text is not None else None
                except ValueError:
                    self.fault("L306", f"'{text}' is no date", (*here, name))
            effective, recorded = dates.get("effective"), dates.get("recorded")
            until = dates.get("until")
            if effective is None or recorded is None:
                continue
            if event.type == "revoked" and until is not None:
                self.fault("L306", "a revocation has no end", (*here, "until"), "add a later approval instead")
            elif until is not None and until <= effective:
                self.fault("L306", "`until` is not after `effective`", (*here, "until"), "correct one of the dates")
            else:
                out.append((str(event.type), effective, until, recorded, event.reason or ""))
        return out

    def label_definitions(self, model: RegistryModel) -> None:
        for name, label in model.labels.items():
            if name in _BUILT_IN and label.join != _BUILT_IN[name]:
                self.fault("L305", f"label '{name}' always joins by {_BUILT_IN[name]}", ("labels", name, "join"))
            if label.join == "max" and not label.order:
                self.fault("L305", f"label '{name}' joins by max and has no order", ("labels", name), "add `order:`")

    def labels(self, item: Source, path: Path, model: RegistryModel) -> None:
        for name in item.labels:
            if name not in model.labels:
                self.fault("L305", f"label '{name}' is not defined", (*path, "labels", name), "define it under labels")
        defined = model.labels.get("classification")
        classes = defined.order if defined is not None and defined.order else _CLASSES
        if item.classification is not None and item.classification not in classes:
            known = ", ".join(classes)
            self.fault("L305", f"classification '{item.classification}' is none of {known}", (*path, "classification"))

    def declassifier(self, item: Declassifier, path: Path, model: RegistryModel) -> None:
        code = item.code
        pinned = code is not None and (
            (code.commit is not None and is_commit(code.commit) and code.repo is not None)
            or (code.image is not None and "@sha256:" in code.image)
            or code.digest is not None
        )
        if not pinned:
            self.fault(
                "L304",
                f"declassifier '{item.id}' does not pin its code",
                (*path, "code"),
                "add `code: {repo, commit}` with the full commit id, or an image or digest by sha256",
            )
        if code is not None and code.digest is not None:
            why = digest_fault(*code.digest.split(":", 1)) if ":" in code.digest else "expected sha256:<64 hex>"
            if why:
                self.fault("L105", why, (*path, "code", "digest"))
        for number, label in enumerate(item.removes):
            if label not in _BUILT_IN and label not in model.labels:
                self.fault(
                    "L305", f"label '{label}' is not defined", (*path, "removes", number), "define it under labels"
                )
        if not item.columns:
            self.fault("L102", f"declassifier '{item.id}' names no columns", (*path, "columns"), "name each column")
        self.events(item.events, (*path, "events"))

    def overlaps(self, where: str, entries: Sequence[tuple[int, SourceEntry]]) -> None:
        """Two entries of equal length that cover one URI must agree; else the verdict would hang on their order."""
        for at, (number, entry) in enumerate(entries):
            for earlier, other in entries[:at]:
                if (
                    entry.pattern.literal == other.pattern.literal
                    and entry.verdict_key != other.verdict_key
                    and entry.pattern.overlaps(other.pattern)
                ):
                    self.faults.append(
                        Diagnostic(
                            "L303",
                            f"'{entry.id}' and '{other.id}' cover the same sources and disagree",
                            self.span((where, number)),
                            "make one of them more specific, or merge them",
                            related=(Related(self.span((where, earlier)), f"'{other.id}' is here"),),
                        )
                    )
