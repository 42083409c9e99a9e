"""Vectors of the log: trees and proofs, verifier keys, checkpoints, cosignatures, proof files, trust policies."""

from __future__ import annotations

from typing import Any

from conformance.making.case import INDEX, SIZE
from conformance.making.golden import RFC6962
from govern.canonical import base64_bytes, base64_text
from govern.ledger.merkle import consistency_proof, inclusion_proof, leaf_hash, memory_nodes, tree_root
from govern.ledger.note import Checkpoint
from support.kinds import CosignedLog, Kinds
from support.ledgers import log_signer
from support.memory_log import bodies
from support.witnesses import SECONDS, witness_signer

LOG, OTHER_LOG = log_signer(), log_signer(seed=9)
W1, W2, W3 = (witness_signer(f"witness.example/w{number}", seed=number + 1) for number in (1, 2, 3))


def _proof(hashes: Any) -> list[str]:
    return [item.hex() for item in hashes]


def merkle() -> dict[str, Any]:
    """Every proof in trees of up to eight leaves (RFC 9162, 2.1), and each once more, damaged."""
    leaves = [leaf_hash(item) for item in RFC6962]
    roots = [tree_root(size, memory_nodes(leaves)) for size in range(9)]
    inclusion, consistency = [], []
    for size in range(1, 9):
        for index in range(size):
            hashes = inclusion_proof(index, size, memory_nodes(leaves))
            case = {"index": index, "size": size, "leaf": leaves[index].hex(), "root": roots[size].hex()}
            inclusion.append({**case, "proof": _proof(hashes), "holds": True})
            inclusion.append({**case, "proof": _proof([*hashes, leaves[0]]), "holds": False})
            inclusion.append({**case, "index": size, "proof": _proof(hashes), "holds": False})
            inclusion.append({**case, "leaf": roots[0].hex(), "proof": _proof(hashes), "holds": False})
            if hashes:
                inclusion.append({**case, "proof": _proof(hashes[:-1]), "holds": False})
            if hashes != hashes[::-1]:
                inclusion.append({**case, "proof": _proof(hashes[::-1]), "holds": False})
    for new in range(9):
        for old in range(new + 1):
            hashes = consistency_proof(old, new, memory_nodes(leaves))
            case = {"old": old, "new": new, "old_root": roots[old].hex(), "new_root": roots[new].hex()}
            consistency.append({**case, "proof": _proof(hashes), "holds": True})
            consistency.append({**case, "proof": _proof([*hashes, leaves[0]]), "holds": False})
            if old:  # every log grows from the empty one
                consistency.append({**case, "new_root": "00" * 32, "proof": _proof(hashes), "holds": False})
            if hashes:
                consistency.append({**case, "proof": _proof(hashes[:-1]), "holds": False})
                consistency.append({**case, "old_root": leaves[7].hex(), "proof": _proof(hashes), "holds": False})
    return {"inclusion": inclusion, "consistency": consistency}


def vkeys() -> dict[str, Any]:
    """Verifier keys as text."""
    good, cosigner = LOG.key.vkey, W1.key.vkey
    name, key_id, key = good.split("+", 2)
    return {
        "accepted": [
            {"vkey": good, "name": name, "type": 1, "key": LOG.key.public.hex()},
            {"vkey": cosigner, "name": W1.key.name, "type": 4, "key": W1.key.public.hex()},
        ],
        "refused": [
            {"name": "no parts", "vkey": "ledger.example"},
            {"name": "another key id", "vkey": f"{name}+00000000+{key}"},
            {"name": "key id in capitals", "vkey": f"{name}+{key_id.upper()}+{key}"},
            {"name": "another name", "vkey": f"other.example+{key_id}+{key}"},
            {"name": "empty name", "vkey": f"+{key_id}+{key}"},
            {"name": "blank in the name", "vkey": f"a b+{key_id}+{key}"},
            {"name": "key cut short", "vkey": f"{name}+{key_id}+{base64_text(base64_bytes(key)[:-1])}"},
            {"name": "unknown type", "vkey": f"{name}+{key_id}+{base64_text(bytes([2]) + base64_bytes(key)[1:])}"},
            {"name": "base64 of URLs", "vkey": f"{name}+{key_id}+{key.replace('/', '_').replace('+', '-')}"},
        ],
    }


def checkpoints() -> dict[str, Any]:
    """Signed heads of a log."""
    root = tree_root(8, memory_nodes([leaf_hash(item) for item in RFC6962]))
    text = Checkpoint(origin="ledger.example", size=8, root=root).text
    note, line = LOG.note(text), LOG.line(text)
    body = base64_text(root)

    def signed(changed: str) -> str:
        return LOG.note(changed)

    accepted = [
        ("one signature", note),
        ("a witness's line after it", note + W1.line(text, seconds=SECONDS)),
        ("a stranger's line before it", f"{text}\n{OTHER_LOG.line(text)}{line}"),
        (
            "16 signatures",
            note + "".join(witness_signer(f"w{n}.example", seed=50 + n).line(text, seconds=1) for n in range(15)),
        ),
        ("no entry yet", signed(Checkpoint(origin="ledger.example", size=0, root=tree_root(0, memory_nodes([]))).text)),
    ]
    refused = [
        ("nothing", ""),
        ("text alone", text),
        ("no empty line", text + line),
        ("no final newline", note[:-1]),
        ("another size", note.replace("\n8\n", "\n9\n")),
        ("signed by another key", OTHER_LOG.note(text)),
        ("signed by another name", note.replace("— ledger.example", "— other.example")),
        ("signature with one bit off", _flip(note)),
        ("signature of another text", f"{text}\n{LOG.line('other')}"),
        ("the log's line twice", note + line),
        ("the log's line and a false one of the same key", note + LOG.line("other")),
        ("hyphen in the place of the dash", note.replace("— ", "- ")),
        ("two blanks", note.replace("— ledger.example ", "— ledger.example  ")),
        ("carriage returns", note.replace("\n", "\r\n")),
        ("tab", note.replace("— ledger", "—\tledger")),
        ("line that is no signature", note + "hello\n"),
        ("signature without padding", note.rstrip("=\n") + "\n"),
        ("signature of four bytes", f"{text}\n— ledger.example {base64_text(LOG.key.key_id)}\n"),
        ("extension line", signed(f"{text}extension\n")),
        ("size with a leading zero", signed(f"ledger.example\n08\n{body}\n")),
        ("size with a sign", signed(f"ledger.example\n+8\n{body}\n")),
        ("size in other digits", signed(f"ledger.example\n٨\n{body}\n")),
        ("root of 31 bytes", signed(f"ledger.example\n8\n{base64_text(root[:-1])}\n")),
        ("root without padding", signed(f"ledger.example\n8\n{body.rstrip('=')}\n")),
        ("another origin, signed", signed(f"other.example\n8\n{body}\n")),
        ("origin with a path", signed(f"ledger.example/log\n8\n{body}\n")),
    ]
    return {
        "vkey": LOG.key.vkey,
        "accepted": [{"name": name, "note": made} for name, made in accepted],
        "refused": [{"name": name, "note": made} for name, made in refused],
    }


def _flip(note: str) -> str:
    head, _, last = note[:-1].rpartition(" ")
    data = bytearray(base64_bytes(last))
    data[-1] ^= 1
    return f"{head} {base64_text(bytes(data))}\n"


def cosignatures() -> dict[str, Any]:
    """Lines of a witness, with their time."""
    root = tree_root(8, memory_nodes([leaf_hash(item) for item in RFC6962]))
    text = Checkpoint(origin="ledger.example", size=8, root=root).text
    note = LOG.note(text)
    as_note = witness_signer("witness.example/w1", seed=2)
    line = as_note.line(text, seconds=SECONDS)
    head, _, body = line[:-1].rpartition(" ")
    data = bytearray(base64_bytes(body))
    later = bytes(data[:11]) + bytes([data[11] ^ 1]) + bytes(data[12:])
    return {
        "vkey": as_note.key.vkey,
        "accepted": [
            {"name": "2026-01-02T03:04:05Z", "note": note + line, "seconds": SECONDS},
            {"name": "second 0", "note": note + as_note.line(text, seconds=0), "seconds": 0},
        ],
        "refused": [
            {"name": "another time under the same signature", "note": f"{note}{head} {base64_text(later)}\n"},
            {"name": "cut by a byte", "note": f"{note}{head} {base64_text(bytes(data[:-1]))}\n"},
            {"name": "over another text", "note": note + as_note.line("other\n", seconds=SECONDS)},
            {"name": "twice", "note": note + line + line},
        ],
        "absent": [
            {"name": "nobody", "note": note},
            {"name": "another witness under the name", "note": note + W3.line(text, seconds=1).replace("/w3", "/w1")},
        ],
    }


def proofs(world: Kinds) -> dict[str, Any]:
    """Proof files, verified by a policy alone."""
    own = world["certificate"]
    body, right = world.log.bodies[own.index], own.tlog_proof.decode()
    w1, w2 = world.log.witnesses
    policy = (
        f"log {LOG.key.vkey}\nwitness w1 {w1.key.vkey}\nwitness w2 {w2.key.vkey}\ngroup both all w1 w2\nquorum both\n"
    )
    one = "".join(right.splitlines(keepends=True)[:-1])
    head, _, rest = right.partition("\n\n")
    lines = head.split("\n")
    other = world.log.prove(3).proof.data.decode()
    fork = CosignedLog(world.log.witnesses, bodies=bodies(SIZE), signer=LOG).prove(own.index).proof.data.decode()

    def again(changed: list[str]) -> str:
        return "\n".join(changed) + "\n\n" + rest

    return {
        "entry": base64_text(body),
        "policy": policy,
        "accepted": [
            {"name": "as issued", "proof": right, "quorum": True},
            {"name": "with an extra line", "proof": again([lines[0], "extra aGk=", *lines[1:]]), "quorum": True},
            {"name": "one cosignature of two", "proof": one, "quorum": False},
        ],
        "refused": [
            {"name": "nothing", "proof": ""},
            {"name": "another version", "proof": right.replace("@v1", "@v2", 1)},
            {"name": "no index", "proof": again([lines[0], *lines[2:]])},
            {"name": "another index", "proof": right.replace(f"index {INDEX}", f"index {INDEX - 1}")},
            {"name": "index with a leading zero", "proof": right.replace(f"index {INDEX}", f"index 0{INDEX}")},
            {"name": "index beyond the tree", "proof": right.replace(f"index {INDEX}", "index 99")},
            {"name": "reordered", "proof": again([*lines[:2], *lines[:1:-1]])},
            {"name": "a hash too few", "proof": again(lines[:-1])},
            {"name": "a hash too many", "proof": again([*lines, lines[-1]])},
            {"name": "a hash of 31 bytes", "proof": again([*lines[:-1], base64_text(b"\0" * 31)])},
            {"name": "no checkpoint", "proof": head + "\n"},
            {"name": "another entry's", "proof": other},
            {"name": "of a fork of the log", "proof": fork},
            {"name": "signed by another log", "proof": f"{head}\n\n{_resigned(rest)}"},
        ],
    }


def _resigned(note: str) -> str:
    return OTHER_LOG.note(note.split("\n\n", maxsplit=1)[0] + "\n")


def policies() -> dict[str, Any]:
    """Trust policies: what they ask, and what is none."""
    log, w1, w2, w3 = (item.key.vkey for item in (LOG, W1, W2, W3))
    three = f"log {log}\nwitness w1 {w1}\nwitness w2 {w2}\nwitness w3 {w3}\n"
    accepted = [
        ("no quorum", f"log {log}\nquorum none\n", [([], True)]),
        ("one witness", f"log {log}\nwitness w1 {w1}\nquorum w1\n", [([], False), (["w1"], True)]),
        ("with addresses", f"log {log} https://ledger.example\nwitness w1 {w1} https://w1.example\nquorum w1\n", []),
        ("comments, blanks and tabs", f"# who\n\n\tlog\t{log}\n  quorum none\n", []),
        ("two of three", f"{three}group g 2 w1 w2 w3\nquorum g\n", [(["w1"], False), (["w1", "w3"], True)]),
        ("any", f"{three}group g any w1 w2 w3\nquorum g\n", [([], False), (["w3"], True)]),
        ("all", f"{three}group g all w1 w2 w3\nquorum g\n", [(["w1", "w2"], False), (["w1", "w2", "w3"], True)]),
        (
            "group of groups",
            f"{three}group inner any w2 w3\ngroup outer all w1 inner\nquorum outer\n",
            [(["w2", "w3"], False), (["w1"], False), (["w1", "w3"], True)],
        ),
    ]
    refused = [
        ("no quorum line", f"log {log}\n"),
        ("two quorum lines", f"log {log}\nquorum none\nquorum none\n"),
        ("no final newline", f"log {log}\nquorum none"),
        ("unknown line", f"log {log}\nalgorithm x\nquorum none\n"),
        ("quorum of nobody", f"log {log}\nquorum w1\n"),
        ("member that comes later", f"log {log}\ngroup g any w1\nwitness w1 {w1}\nquorum g\n"),
        ("member of two groups", f"{three}group g any w1 w2\ngroup h any w1 w3\nquorum g\n"),
        ("member twice in a group", f"{three}group g 2 w1 w1\nquorum g\n"),
        ("key under two names", f"log {log}\nwitness w1 {w1}\nwitness w2 {w1}\nquorum w1\n"),
        ("name of two witnesses", f"log {log}\nwitness w1 {w1}\nwitness w1 {w2}\nquorum w1\n"),
        ("log key as a witness", f"log {log}\nwitness w1 {log}\nquorum w1\n"),
        ("witness key as a log", f"log {w1}\nquorum none\n"),
        ("three of two", f"{three}group g 3 w1 w2\nquorum g\n"),
        ("none of two", f"{three}group g 0 w1 w2\nquorum g\n"),
        ("count with a sign", f"{three}group g +1 w1 w2\nquorum g\n"),
        ("witness named none", f"log {log}\nwitness none {w1}\nquorum none\n"),
        ("log without a key", "log\nquorum none\n"),
        ("word too many", f"log {log} https://ledger.example x\nquorum none\n"),
        ("carriage return", f"log {log}\r\nquorum none\r\n"),
    ]
    return {
        "accepted": [
            {"name": name, "policy": text, "quorum": [{"cosigned": who, "met": met} for who, met in asked]}
            for name, text, asked in accepted
        ],
        "refused": [{"name": name, "policy": text} for name, text in refused],
    }
