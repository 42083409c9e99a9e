"""Judging what a pickle does against profiles: which names, called how, with which arguments."""

from __future__ import annotations

from govern.security.artefacts.pickle.known_bad import why_dangerous
from govern.security.artefacts.pickle.patterns import match_args
from govern.security.artefacts.pickle.profiles import Entry, Profiles
from govern.security.artefacts.pickle.rules import CALL_RULES, STATE_RULES
from govern.security.artefacts.pickle.values import GlobalRef, Instance, Opaque, PTuple, Value, show
from govern.security.artefacts.report import GlobalUse, Reason, Verdict

__all__ = ["Judge", "Storage"]

MAX_REASONS = 100
Storage = tuple[str, str, int]
"""A tensor storage that a persistent id names: member key, storage type, number of elements."""


class Judge:
    """Collects reasons and the uses of every global during one or more runs of the machine."""

    def __init__(self, profiles: Profiles, *, persistent_ids: bool = False) -> None:
        self.profiles = profiles
        self.reasons: list[Reason] = []
        self.storages: list[Storage] = []
        self.looked_up: list[tuple[str, str]] = []
        """Every lookup in order, after renaming, repeats included."""
        self._uses: dict[tuple[str, str], set[str]] = {}
        self._said: set[tuple[str, str, str]] = set()
        self._persistent_ids = persistent_ids

    @property
    def globals(self) -> tuple[GlobalUse, ...]:
        """Every global with the kinds of its uses, sorted: the load contract of the file."""
        return tuple(GlobalUse(m, n, tuple(sorted(uses))) for (m, n), uses in sorted(self._uses.items()))

    # Reasons ------------------------------------------------------------------------------------------------------

    def block(
        self, code: str, text: str, offset: int, about: GlobalRef | None = None, *, critical: bool = False
    ) -> None:
        """Add a reason that blocks."""
        self._add(Verdict.BLOCKED, code, text, offset, about, critical)

    def doubt(self, code: str, text: str, offset: int, about: GlobalRef | None = None) -> None:
        """Add a reason that leaves the file undecided."""
        self._add(Verdict.INCONCLUSIVE, code, text, offset, about, critical=False)

    def _add(
        self, verdict: Verdict, code: str, text: str, offset: int, about: GlobalRef | None, critical: bool
    ) -> None:
        name = str(about) if about is not None else ""
        if (code, text, name) in self._said:
            return
        self._said.add((code, text, name))
        if len(self.reasons) >= MAX_REASONS and not critical:
            return  # the verdict stands already; the record stays readable
        self.reasons.append(
            Reason(code=code, verdict=verdict, text=text, offset=offset, name=name or None, critical=critical)
        )

    def _refuse(self, what: str, about: GlobalRef, offset: int) -> None:
        why = why_dangerous(about.module, about.name)
        if why is not None:
            self.block("S401", f"{what} {about}: {why}", offset, about, critical=True)
        else:
            self.block("S402", f"{what} {about}, which no profile permits", offset, about)

    # What the machine reports -------------------------------------------------------------------------------------

    def look_up(self, reference: GlobalRef, *, dotted: bool) -> None:
        """A global is looked up: its module is imported even if nothing is called."""
        self.looked_up.append(reference.key)
        if reference.key not in self._uses:
            self._uses[reference.key] = set()
            if dotted:
                self.block("S401", f"walks attributes through {reference}", reference.offset, reference, critical=True)
            elif not self.profiles.entries(reference.key):
                self._refuse("names", reference, reference.offset)

    def values(self, items: list[Value]) -> None:
        """Several values are stored; most are plain and are passed over without a call."""
        for item in items:
            kind = type(item)
            if kind is PTuple or kind is GlobalRef:
                self.value(item)

    def value(self, item: Value) -> None:
        """A value is stored in a container or state, or is the result: globals in it need `value`."""
        pending = [item]
        while pending:
            current = pending.pop()
            if isinstance(current, GlobalRef):
                self._use(current, "value")
                if self.profiles.entries(current.key) and not self.profiles.allows(current.key, "value"):
                    self.block("S404", f"stores {current} as a value", current.offset, current)
            elif isinstance(current, PTuple) and not current.valued:
                current.valued = True
                pending.extend(inner for inner in current.items if type(inner) in (PTuple, GlobalRef))

    def call(self, kind: str, callee: GlobalRef, args: PTuple, offset: int) -> Value:
        """A global is called (`reduce`) or an instance of it made without `__init__` (`new`)."""
        self._use(callee, kind)
        entries = self.profiles.entries(callee.key)
        made = Instance(cls=None, origin=callee, args=args)
        if not entries:
            self._refuse("calls", callee, offset)
            self.value(args)
            return made
        fitting = [entry for entry in entries if kind in entry.allow]
        problem = "in a way its profile does not permit"
        for entry in fitting:
            matched = match_args(entry, args, self.profiles)
            if not isinstance(matched, str):
                return self._called(entry, kind, made, matched, offset)
            problem = f"with {matched} outside its profile"
        self.block("S404", f"calls {callee} {problem}", offset, callee)
        return made

    def _called(self, entry: Entry, kind: str, made: Instance, data: tuple[int, ...], offset: int) -> Value:
        for position, item in enumerate(made.args.items):
            if position in data:
                self.value(item)
            elif isinstance(item, GlobalRef):
                self._use(item, "arg")
        made.cls = _result_class(entry, kind, made)
        return CALL_RULES[entry.rule](self, made, offset) if entry.rule is not None else made

    def build(self, target: Value, state: Value, offset: int) -> None:
        """A state is given to an object: only to instances of classes that permit it."""
        if not isinstance(target, Instance):
            self.block("S404", f"builds a state onto {show(target)}", offset)
            return
        if target.cls is None:
            if self.profiles.entries(target.origin.key):
                self.block("S404", f"builds a state onto the result of {target.origin}", offset, target.origin)
            self.value(state)
            return
        self._note(target.cls, "build")
        entry = next((item for item in self.profiles.entries(target.cls) if "build" in item.allow), None)
        if entry is None:
            self.block("S404", f"builds a state onto {show(target)}", offset, target.origin)
            return
        target.builds += 1
        STATE_RULES[entry.state](self, target, state, offset)
        target.state = state

    def fill(self, target: Value, how: str, items: list[Value], offset: int) -> None:
        """Items are put into something other than a plain container: that calls a method of it."""
        self.values(items)
        if isinstance(target, Instance) and target.cls is not None and self.profiles.allows(target.cls, how):
            self._note(target.cls, how)
            target.extra.extend(items)
            return
        if isinstance(target, Instance) and not self.profiles.entries(target.origin.key):
            return  # the call that made it is refused already
        self.block("S404", f"puts items into {show(target)}", offset)

    def persistent(self, identifier: Value, offset: int) -> Value:
        """A persistent id: its meaning is the loader's; torch's tensor storages are the one kind known here."""
        if not self._persistent_ids:
            self.doubt("S407", "asks the loader for an object by a persistent id", offset)
            return Opaque("a persistent id")
        items = identifier.items if isinstance(identifier, PTuple) else []
        if len(items) != 5 or items[0] != "storage":
            self.block("S404", "a persistent id that is not a tensor storage", offset)
            return Opaque("a persistent id")
        _word, kind, key, device, count = items
        if not (
            isinstance(kind, GlobalRef) and isinstance(key, str) and isinstance(device, str) and type(count) is int
        ):
            self.block("S404", "a persistent id that is not a tensor storage", offset)
            return Opaque("a persistent id")
        self._use(kind, "arg")
        if self.profiles.entries(kind.key) and not self.profiles.allows(kind.key, "arg"):
            self.block("S404", f"names {kind} as a storage type", offset, kind)
        self.storages.append((key, kind.name, count))
        return Instance(cls=("torch", "storage"), origin=kind, args=PTuple(items))

    def _use(self, reference: GlobalRef, kind: str) -> None:
        self._note(reference.key, kind)

    def _note(self, key: tuple[str, str], kind: str) -> None:
        """Note a use of a name that was looked up; the class of a call's result may never have been."""
        if key in self._uses:
            self._uses[key].add(kind)


def _result_class(entry: Entry, kind: str, made: Instance) -> tuple[str, str] | None:
    if kind == "new" or entry.gives == "self":
        return made.origin.key
    if isinstance(entry.gives, int) and not isinstance(entry.gives, bool):
        item = made.args.items[entry.gives]
        return item.key if isinstance(item, GlobalRef) else None
    if isinstance(entry.gives, list):
        return (str(entry.gives[0]), str(entry.gives[1]))
    return None
