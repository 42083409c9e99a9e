"""The witnesses of a workspace: whom the ledger asks, and what it has collected from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from govern.canonical import instant_text
from govern.diagnostics import Diagnostic, UsageError, plain
from govern.gate.ledgers import open_ledger
from govern.gate.trust.file import read_trust
from govern.gate.workspace import Workspace
from govern.ledger.quorum import WitnessPolicy

if TYPE_CHECKING:
    from govern.attestation.trust.root import TrustRoot
    from govern.ledger.cosigned_notes import CosignedNotes
    from govern.ledger.cosigning import CosigningLedger
    from govern.ledger.note import NoteKey, NoteSigner
    from govern.ledger.store import LedgerStore

__all__ = ["Notify", "Witnessing", "appending", "collect", "describe", "witnessing_in", "witnessing_of"]


Notify = Callable[[Diagnostic], None]
"""Gets a warning for each witness that gives no cosignature, and when the quorum is not met."""


def _ignore(_diagnostic: Diagnostic) -> None:
    """Observe nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnessing:
    """Who is asked to cosign a ledger's heads, and which cosignatures count."""

    addresses: tuple[tuple[str, str], ...]
    """Name in the trust root, and URL, of each witness that is asked."""
    policy: WitnessPolicy
    """The trust root's witnesses and quorum."""
    published: Path
    """The published checkpoint; cosigned ones are kept beside it."""

    def over(
        self, ledger: LedgerStore, *, ask: bool = True, notify: Callable[[Diagnostic], None] = _ignore
    ) -> LedgerStore:
        """Give a ledger whose heads are cosigned; the ledger itself when nobody is asked and nothing was collected.

        Args:
            ledger: the workspace's ledger, open.
            ask: whether witnesses are asked on `append`; without it only what was collected before is shown.
            notify: gets a warning for each witness that gives no cosignature, and when the quorum is not met.
        """
        if (not ask or not self.addresses) and not self.notes(ledger.key).path.exists():
            return ledger
        return self.cosigning(ledger, ask=ask, notify=notify)

    def cosigning(
        self, ledger: LedgerStore, *, ask: bool, notify: Callable[[Diagnostic], None] = _ignore
    ) -> CosigningLedger:
        """Do what `over` does, always with a wrapper."""
        from govern.gate.witness_client import HttpWitness
        from govern.ledger.cosigning import CosigningLedger

        keys = self.policy.witnesses
        asked = self.addresses if ask else ()
        return CosigningLedger(
            ledger,
            witnesses=[HttpWitness(name=name, key=keys[name], url=url) for name, url in asked],
            notes=self.notes(ledger.key),
            policy=self.policy,
            notify=notify,
        )

    def notes(self, log: NoteKey) -> CosignedNotes:
        """Give where the cosigned checkpoints of a log are kept."""
        from govern.ledger.cosigned_notes import CosignedNotes

        return CosignedNotes(self.published, log, self.policy.keys)


def witnessing_of(workspace: Workspace, trust: TrustRoot) -> Witnessing:
    """Read the witnesses of a workspace, `[ledger] witnesses`, each `<name> <url>`.

    Raises UsageError (G252) for another form, a name that the trust root does not have, or one that stands twice.
    """
    addresses: dict[str, str] = {}
    for text in workspace.values.get("witnesses", ()):
        words = text.split()
        if len(words) != 2:
            message = f"[ledger] witnesses: {text!r} is not `<name> <url>`"
            raise UsageError(Diagnostic("G252", message, hint='for example "w1 https://witness.example/w1"'))
        name, url = words
        if name not in trust.witnesses.witnesses or name in addresses:
            known = ", ".join(trust.witnesses.witnesses) or "none"
            message = f"[ledger] witnesses: {name} is listed twice, or is none of the trust root's witnesses: {known}"
            hint = "name it in the trust root: govern trust edit --witness NAME=VKEY"
            raise UsageError(Diagnostic("G252", message, hint=hint))
        addresses[name] = url
    published = Path(workspace.need("published_checkpoint"))
    made = Witnessing(addresses=tuple(addresses.items()), policy=trust.witnesses, published=published)
    _check_addresses(made)
    return made


def _check_addresses(witnessing: Witnessing) -> None:
    """Find out about a wrong address before anything is decided or signed."""
    if witnessing.addresses:
        from govern.gate.witness_client import HttpWitness

        for name, url in witnessing.addresses:
            HttpWitness(name=name, key=witnessing.policy.witnesses[name], url=url)


def witnessing_in(workspace: Workspace) -> Witnessing:
    """Read the witnesses of a workspace and its trust root. Raises as `witnessing_of` and `read_trust`."""
    return witnessing_of(workspace, read_trust(Path(workspace.need("trust"))))


@contextmanager
def appending(
    workspace: Workspace, *, signer: NoteSigner, trust: TrustRoot, notify: Notify = _ignore
) -> Iterator[LedgerStore]:
    """Open the workspace's ledger for appending: every new head is shown to the witnesses that it names.

    Raises as `open_ledger` and `witnessing_of` do; IntegrityError (G247, G248) before anything is signed when a witness
    has seen another history.
    """
    witnessing = witnessing_of(workspace, trust)
    with open_ledger(workspace, signer=signer) as inner:
        yield witnessing.over(inner, notify=notify)


def collect(workspace: Workspace, *, notify: Callable[[Diagnostic], None]) -> tuple[str, int]:
    """Ask the workspace's witnesses to cosign the ledger's head; give the text and the exit code.

    The code is 0 when the trust root's quorum is met for this head, else 3. Raises IntegrityError (G247, G248) when a
    witness has seen another history, UsageError (G252) when there is nobody to ask.
    """
    witnessing = witnessing_in(workspace)
    if not witnessing.addresses:
        hint = 'set [ledger] witnesses = ["w1 https://witness.example/w1"], or write a file for one: --request NAME'
        raise UsageError(Diagnostic("G252", "the workspace names no witness to ask", hint=hint))
    with open_ledger(workspace) as inner:
        note = witnessing.cosigning(inner, ask=True, notify=notify).cosign().note
    return describe(note, witnessing)


def describe(note: str, witnessing: Witnessing) -> tuple[str, int]:
    """Say who has cosigned a checkpoint, and whether that is enough."""
    from govern.ledger.note import check_note, parse_checkpoint, parse_note
    from govern.ledger.note_lines import cosigned_at

    policy, parsed = witnessing.policy, parse_note(note)
    head, signers = parse_checkpoint(parsed.text), check_note(parsed, policy.keys)
    lines = [f"{plain(head.origin)}: {head.size} entries, root {head.root.hex()}"]
    for name, key in policy.witnesses.items():
        seconds = cosigned_at(parsed, key) if key in signers else None
        said = "no cosignature" if seconds is None else f"cosigned {_moment(seconds)}"
        lines.append(f"{plain(name)}  {plain(key.name)}  {said}")
    met = policy.met(signers)
    quorum = "none required" if policy.quorum == "none" else f"{plain(policy.quorum)} {'met' if met else 'NOT MET'}"
    lines.append(f"quorum  {quorum}")
    return "\n".join(lines), 0 if met else 3


def _moment(seconds: int) -> str:
    from datetime import UTC, datetime

    try:
        return instant_text(datetime.fromtimestamp(seconds, UTC))
    except (OverflowError, ValueError, OSError):
        return f"at Unix time {seconds}"
