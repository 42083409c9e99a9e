"""The trust policy of a log as a text file that other tools read, and offline verification by it.

Lines `log`, `witness`, `group` and one `quorum` (c2sp.org/tlog-policy). Names are octets without meaning: they are
held as text in which every octet that is not UTF-8 stands for itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from govern.diagnostics import Diagnostic, IntegrityError, Span
from govern.ledger.merkle import leaf_hash, verify_inclusion
from govern.ledger.note import NOTE_KEY, Checkpoint, NoteKey, check_note, parse_checkpoint, parse_note
from govern.ledger.note_lines import cosigned_at
from govern.ledger.proof import parse_proof
from govern.ledger.quorum import WitnessPolicy

__all__ = ["Cosigner", "LoggedProof", "TlogPolicy", "parse_tlog_policy", "verify_logged"]

_MAX_BYTES = 1_000_000
_MOST_OF_A_KIND = 64
_NO_WORD = re.compile(r"[\x00-\x20\x7f]|\A\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class TlogPolicy:
    """Which logs count, and which witnesses have to have cosigned."""

    logs: tuple[NoteKey, ...]
    witnesses: WitnessPolicy
    log_urls: Mapping[NoteKey, str] = field(default_factory=dict)
    """Where a log is."""
    witness_urls: Mapping[str, str] = field(default_factory=dict)
    """Where a witness is asked, by its name in the policy."""

    @property
    def data(self) -> bytes:
        """The bytes of the file: logs, witnesses, groups, quorum. ValueError for a name or address with blanks."""
        lines = [_line("log", key.vkey, self.log_urls.get(key)) for key in self.logs]
        lines += [
            _line("witness", name, key.vkey, self.witness_urls.get(name))
            for name, key in self.witnesses.witnesses.items()
        ]
        lines += [
            _line("group", name, str(group.needed), *group.members) for name, group in self.witnesses.groups.items()
        ]
        lines.append(_line("quorum", self.witnesses.quorum))
        return "".join(lines).encode("utf-8", "surrogateescape")


def _line(*words: str | None) -> str:
    written = [word for word in words if word is not None]
    if any(_NO_WORD.search(word) or word.startswith("#") for word in written):
        raise ValueError(f"no line of a policy can hold {written}")
    return " ".join(written) + "\n"


def parse_tlog_policy(data: bytes, *, file: str = "tlog-policy") -> TlogPolicy:
    """Read a policy file.

    Raises IntegrityError (G244) with the line for: an octet that may not be there, a missing last newline, an unknown
    kind of line or one with too few or too many words, a name that is used before it is defined or defined twice, a
    member of two groups, a key that is listed twice, even under two names, a key of the wrong kind, a count that no
    group can reach, and anything but exactly one quorum.
    """
    return _Reader(file).read(data)


class _Reader:
    """One pass over the lines, which have to define what they use."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._at = 0
        self._logs: list[NoteKey] = []
        self._log_urls: dict[NoteKey, str] = {}
        self._witnesses: list[tuple[str, str]] = []
        self._witness_urls: dict[str, str] = {}
        self._groups: list[str] = []
        self._quorum: str | None = None
        self._publics: set[bytes] = set()

    def _refuse(self, why: str) -> IntegrityError:
        hint = "take the file again from whoever maintains it"
        return IntegrityError(Diagnostic("G244", f"not a tlog-policy: {why}", Span(self._file, self._at or None), hint))

    def read(self, data: bytes) -> TlogPolicy:
        if len(data) > _MAX_BYTES:
            raise self._refuse(f"it has more than {_MAX_BYTES} bytes")
        if data and not data.endswith(b"\n"):
            raise self._refuse("its last line does not end, so it may have been cut")
        for number, line in enumerate(data.split(b"\n")[:-1], start=1):
            self._at = number
            self._read_line(line)
        self._at = 0
        if self._quorum is None:
            raise self._refuse("it has no quorum line")
        return TlogPolicy(
            logs=tuple(self._logs),
            witnesses=self._policy(self._quorum),
            log_urls=self._log_urls,
            witness_urls=self._witness_urls,
        )

    def _read_line(self, line: bytes) -> None:
        if any((octet < 0x20 and octet != 0x09) or octet == 0x7F for octet in line):
            raise self._refuse("it holds a control character")
        text = line.decode("utf-8", "surrogateescape")
        words = [word for word in text.replace("\t", " ").split(" ") if word]
        if not words or words[0].startswith("#"):
            return
        kind, *rest = words
        readers = {"log": self._log, "witness": self._witness, "group": self._group, "quorum": self._quorum_line}
        if kind not in readers:
            raise self._refuse(f"unknown kind of line: {kind}")
        if max(len(self._logs), len(self._witnesses), len(self._groups)) >= _MOST_OF_A_KIND:
            raise self._refuse(f"it has more than {_MOST_OF_A_KIND} logs, witnesses or groups")
        readers[kind](rest)

    def _key(self, vkey: str) -> NoteKey:
        try:
            vkey.encode()
            key = NoteKey.parse(vkey)
        except UnicodeEncodeError as fault:
            raise self._refuse("the name in a key is not UTF-8") from fault
        except IntegrityError as fault:
            raise self._refuse(fault.diagnostics[0].message) from fault
        if key.public in self._publics:
            raise self._refuse(f"the key of {key.name} is listed twice")
        self._publics.add(key.public)
        return key

    def _log(self, words: Sequence[str]) -> None:
        if len(words) not in (1, 2):
            raise self._refuse("a log line is `log <vkey> [<url>]`")
        key = self._key(words[0])
        if key.kind != NOTE_KEY:
            raise self._refuse(f"the key of {key.name} is not the key of a log")
        self._logs.append(key)
        if len(words) == 2:
            self._log_urls[key] = words[1]

    def _witness(self, words: Sequence[str]) -> None:
        if len(words) not in (2, 3):
            raise self._refuse("a witness line is `witness <name> <vkey> [<url>]`")
        self._key(words[1])
        self._witnesses.append((words[0], words[1]))
        if len(words) == 3:
            self._witness_urls[words[0]] = words[2]
        self._policy("none")

    def _group(self, words: Sequence[str]) -> None:
        self._groups.append(" ".join(words))
        self._policy("none")

    def _quorum_line(self, words: Sequence[str]) -> None:
        if len(words) != 1 or self._quorum is not None:
            raise self._refuse("there is exactly one line `quorum <name>`")
        self._quorum = words[0]
        self._policy(self._quorum)

    def _policy(self, quorum: str) -> WitnessPolicy:
        """The policy so far; so a line can name only what stands above it."""
        try:
            return WitnessPolicy.parse(self._witnesses, self._groups, quorum)
        except ValueError as fault:
            raise self._refuse(str(fault)) from fault


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A witness whose cosignature verified, and when it signed."""

    name: str
    """Its name in the policy."""
    key: NoteKey
    seconds: int
    """Unix time: the entry was in the log no later, by this witness's clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedProof:
    """An entry that is in a log of the policy."""

    index: int
    checkpoint: Checkpoint
    cosigners: tuple[Cosigner, ...]
    met: bool
    """Whether the cosigners reach the policy's quorum. Without it the entry is logged, but the log may be forked."""


def verify_logged(proof: bytes, body: bytes, policy: TlogPolicy) -> LoggedProof:
    """Verify a `.tlog-proof` file for an entry's bytes by a policy alone: no network, no database, no clock.

    Raises IntegrityError: G106 not a proof file, G101-G104 the checkpoint is malformed or no log of the policy signed
    it, or a line of a known witness does not verify, G258 the proof does not lead from the entry to the signed root.
    """
    read = parse_proof(proof)
    note = parse_note(read.checkpoint)
    origin = note.text.partition("\n")[0]
    logs = [key for key in policy.logs if key.name == origin]
    if not check_note(note, logs):
        known = ", ".join(key.name for key in policy.logs) or "none"
        message = f"the checkpoint of {origin} is signed by no log of the policy, which names {known}"
        raise IntegrityError(Diagnostic("G103", message))
    checkpoint = parse_checkpoint(note.text)
    signers = check_note(note, policy.witnesses.keys)
    if not verify_inclusion(read.index, checkpoint.size, leaf_hash(body), read.hashes, checkpoint.root):
        message = f"the proof does not lead from this entry, at index {read.index}, to the root that the log signed"
        raise IntegrityError(Diagnostic("G258", message))
    cosigners = tuple(
        Cosigner(name, key, cosigned_at(note, key) or 0)
        for name, key in policy.witnesses.witnesses.items()
        if key in signers
    )
    return LoggedProof(index=read.index, checkpoint=checkpoint, cosigners=cosigners, met=policy.witnesses.met(signers))
