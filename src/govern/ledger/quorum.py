"""How many witnesses a checkpoint needs: named witnesses, groups of them, one quorum (C2SP tlog-policy)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from govern.ledger.note import COSIGNATURE, NoteKey
from govern.records import record

__all__ = ["WitnessPolicy"]

_GROUP_NAME = re.compile(r"[^\x00-\x20\x7f]+")  # negated: a range up to U+10FFFF compiles slowly


@record
class _Group:
    needed: int
    members: tuple[str, ...]


@record(kw_only=True)
class WitnessPolicy:
    """Which cosignatures on a checkpoint are enough."""

    witnesses: Mapping[str, NoteKey]
    groups: Mapping[str, _Group]
    quorum: str
    """Name of a witness or group, or `none`."""

    @classmethod
    def parse(cls, witnesses: Sequence[tuple[str, str]], groups: Sequence[str], quorum: str) -> WitnessPolicy:
        """Build the policy from (name, vkey) pairs, lines `<name> all|any|<k> <member>...` and the quorum's name.

        Raises ValueError: a name used before it is defined or defined twice, a member of two groups, one key under
        two names, a key that is no cosignature key, a count that no group can reach. IntegrityError for a bad vkey.
        """
        keys: dict[str, NoteKey] = {}
        for name, vkey in witnesses:
            key = NoteKey.parse(vkey)
            if key.kind != COSIGNATURE:
                raise ValueError(f"the key of witness {name} cannot cosign")
            if name in keys or name == "none" or any(key.public == other.public for other in keys.values()):
                raise ValueError(f"witness {name} is listed twice, or its key under two names")
            keys[name] = key
        made: dict[str, _Group] = {}
        used: set[str] = set()
        for line in groups:
            name, group = _group(line, known={*keys, *made}, used=used)
            made[name] = group
            used.update(group.members)
        if quorum != "none" and quorum not in keys and quorum not in made:
            raise ValueError(f"the quorum names {quorum}, which is neither a witness nor a group")
        return cls(witnesses=keys, groups=made, quorum=quorum)

    @property
    def keys(self) -> tuple[NoteKey, ...]:
        """The keys of all witnesses."""
        return tuple(self.witnesses.values())

    def met(self, signed: Collection[NoteKey]) -> bool:
        """Whether these keys' cosignatures reach the quorum."""
        return self.quorum == "none" or self._holds(self.quorum, signed)

    def _holds(self, name: str, signed: Collection[NoteKey]) -> bool:
        if name in self.witnesses:
            return self.witnesses[name] in signed
        group = self.groups[name]
        return sum(self._holds(member, signed) for member in group.members) >= group.needed


def _group(line: str, *, known: Collection[str], used: Collection[str]) -> tuple[str, _Group]:
    # Only blank and tab separate: all other bytes may be part of a name (c2sp.org/tlog-policy).
    words = line.replace("\t", " ").split(" ")
    words = [word for word in words if word]
    if len(words) < 3 or not _GROUP_NAME.fullmatch(words[0]) or words[0] in known or words[0] == "none":
        raise ValueError(f"not a group with a new name, a count and members: {line!r}")
    name, count, *members = words
    wrong = [member for member in members if member not in known or member in used]
    if wrong or len(set(members)) != len(members):
        raise ValueError(f"group {name} has a member that is unknown or already in a group")
    needed = {"all": len(members), "any": 1}.get(count)
    if needed is None:
        needed = int(count) if re.fullmatch(r"[1-9][0-9]{0,3}", count) else 0
    if not 1 <= needed <= len(members):
        raise ValueError(f"group {name} asks for {count} of {len(members)} members")
    return name, _Group(needed=needed, members=tuple(members))
