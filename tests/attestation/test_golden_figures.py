"""Every golden figure in one place: fixed keys in, these bytes out; and the file that publishes them says the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.making.golden import figures
from govern.canonical import base64_bytes
from oracles.shell import ed25519_holds
from support.process import ROOT

EXPECTED: dict[str, dict[str, Any]] = {
    "keys/log": {
        "vkey": "ledger.example+9e004662+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c",
        "log_id": "ngBGYvscLalOznYRHfLakD+GKXqTWQZJYiKsJ1FdKQY=",
    },
    "keys/witness": {"vkey": "witness.example/w1+df1c0a35+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU"},
    "keys/certifier": {
        "keyid": "SHA256:SFMVDOrhOSBssOVH9hIcK/Z2XVf1oSVMjNCL8u2aICY",
        "hint": "XNJS+wzokyQ2+vjM0QQJgbie5K1rn+niorfnGqyyfNM=",
    },
    "tree/roots": {
        "0": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "1": "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "3": "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "7": "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "8": "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    },
    "checkpoint": {
        "line": "— ledger.example ngBGYmDgV96fCpYeNb0bWJBwVmwIxjm7F80ZHFFNa7NDNjzdMLctg8TsWM0WUZGHD/ZahnmdAoaXU3tnCU7obl"
        "KHigI=\n",
    },
    "cosignature": {
        "seconds": 1767323045,
        "line": "— witness.example/w1 3xwKNQAAAABpVzWlXXWK4SemLZ3tcbODgRCFcqzc14YrUhOE45sU3k5/RidksgjQb24gb5WRc+5z63adgsH"
        "olPjfmMEWG67NZkXVAQ==\n",
    },
    "bundle": {"digest": "5420f64d051e6ed4c741cd06ffe5960222704833418b81ea6be6468460a6d800"},
    "statement": {
        "bytes": 253,
        "sha256": "88e08f76e5d65ca4156e1447d2018697ef0b425424bc117e77c6a927f10085ea",
        "pae_sha256": "91594bb3f365e1bbe0c58385e6d65efc070ef8e4bf42610f390b566e96f19e51",
    },
    "leaf": {"bytes": 489, "hash": "0902ca28d6926c46d7634d0f4e99b87973b732964985b5bb9d05310192d9110c"},
}


@pytest.mark.parametrize("place", sorted(EXPECTED))
def test_the_figures(place: str) -> None:
    found: Any = figures()
    for step in place.split("/"):
        found = found[step]
    assert {name: found[name] for name in EXPECTED[place]} == EXPECTED[place]


def test_the_published_figures_are_these() -> None:
    published = json.loads((ROOT / "conformance" / "primitives" / "golden.json").read_text(encoding="utf-8"))
    assert published == json.loads(json.dumps(figures()))


@pytest.mark.tools
def test_openssl_verifies_the_two_lines() -> None:
    """The log's over the text; the witness's over its time and the text."""
    made = figures()
    text = made["checkpoint"]["text"].encode()
    seconds = made["cosignature"]["seconds"]
    for key, line, message in (
        ("log", made["checkpoint"]["line"], text),
        ("witness", made["cosignature"]["line"], b"cosignature/v1\ntime %d\n%s" % (seconds, text)),
    ):
        public = base64_bytes(made["keys"][key]["vkey"].split("+", 2)[2])[1:]
        data = base64_bytes(line.split(" ")[2].strip())
        assert ed25519_holds(public, message, data[-64:])
        assert not ed25519_holds(public, message + b" ", data[-64:])
        assert data[:4].hex() == made["keys"][key]["vkey"].split("+")[1]
    assert int.from_bytes(data[4:12], "big") == seconds
