"""The life of a trust root through the command: more owners, rotation, compromise, renewal, and every short cut."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from govern.attestation.trust.draft import DRAFT_MEDIA_TYPE
from govern.attestation.trust.reading import extend_trust, load_trust
from govern.canonical import base64_text, canonical_bytes
from oracles.shell import run
from support.in_process import govern_here
from support.process import Ended, clean_environment, govern
from support.tsa import LocalTsa

MADE, SECOND, ROTATED, LATER = (f"2026-{month:02}-01T00:00:00Z" for month in (6, 7, 8, 9))
STEM = "example-loan-model-1.0.0.pre-registration.certificate.sigstore.json"
KEYS = ".govern/keys"


@dataclass
class Place:
    """A workspace at some point of its life."""

    root: Path

    def __call__(self, *words: str | Path) -> Ended:
        return govern_here(*words, cwd=self.root)

    def ok(self, *words: str | Path) -> str:
        ended = self(*words)
        assert ended.code == 0, ended.err + ended.out
        return ended.out

    def refused(self, *words: str | Path, code: int) -> str:
        before = self.state()
        ended = self(*words)
        assert ended.code == code, ended.err + ended.out
        assert self.state() == before, "a refused command left something behind"
        return ended.err + ended.out

    def state(self) -> dict[str, bytes]:
        """Everything but the ledger."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and "ledger" not in path.name
        }

    def check(self, at: str, *, key: str = "certifier") -> Path:
        """Judge the example and give the certificate, under a name of its own."""
        settings = self.root / "govern.toml"
        text = re.sub(r'certifier = ".*"', f'certifier = "{KEYS}/{key}.pem"', settings.read_text(encoding="utf-8"))
        settings.write_text(text, encoding="utf-8")
        self.ok("check", "example", "-s", "pre-registration", "--at", at)
        made = self.root / "certificates" / STEM
        kept = self.root / f"{key}-{at[:10]}.json"
        shutil.move(made, kept)
        return kept

    def verify(self, certificate: Path, *more: str, at: str) -> Ended:
        return self("verify", certificate, "--trust", "trust.json", "--at", at, *more)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Version 1: one owner, one certifier, one log; dave has a root key of his own at home."""
    place = Place(tmp_path_factory.mktemp("life") / "gate")
    place.root.mkdir()
    place.ok("init", ".", "--at", MADE, "--owner", "person:carol")
    place.ok("keys", "new", "dave", "--kind", "root")
    return place


@pytest.fixture(scope="module")
def lived(begun: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Three versions: a second owner, then a rotated certifier; a certificate from before and one from after."""
    place = Place(Path(shutil.copytree(begun.root, tmp_path_factory.mktemp("lived") / "gate")))
    place.check(MADE)
    add_dave(place)
    place.ok("trust", "sign", "trust.next.json", "--key", f"{KEYS}/dave.pem")
    place.ok("keys", "rotate", "certifier", "--overlap", "0d", "--at", ROTATED)
    place.ok("trust", "sign", "trust.next.json", "--key", f"{KEYS}/root.pem")
    place.ok("trust", "sign", "trust.next.json", "--key", f"{KEYS}/dave.pem")
    place.check(ROTATED, key="certifier-2")
    return place


def add_dave(place: Place) -> str:
    return place.ok(
        *("trust", "edit", "--add", f"root={KEYS}/dave.pub,person:dave", "--threshold", "root=2"),
        *("--key", f"{KEYS}/root.pem", "--at", SECOND),
    )


@pytest.fixture
def fresh(begun: Place, tmp_path: Path) -> Place:
    return Place(Path(shutil.copytree(begun.root, tmp_path / "gate")))


@pytest.fixture
def copy(lived: Place, tmp_path: Path) -> Place:
    return Place(Path(shutil.copytree(lived.root, tmp_path / "gate")))


# -- editing and signing ----------------------------------------------------------------------------------------------


def test_a_second_owner_is_added_by_both(fresh: Place) -> None:
    before = (fresh.root / "trust.json").read_bytes()
    said = add_dave(fresh)
    assert "+ key  root" in said
    assert "- role  root  threshold 1" in said
    assert "version 2 asks for 2 of its root owners and has person:carol; could sign: person:dave" in said
    assert (fresh.root / "trust.json").read_bytes() == before
    assert json.loads((fresh.root / "trust.next.json").read_text(encoding="utf-8"))["mediaType"] == DRAFT_MEDIA_TYPE
    shown = fresh("trust", "show", "trust.next.json", "--at", SECOND)
    assert shown.code == 3
    assert "DRAFT, not in force" in shown.out
    assert "could sign: person:dave" in shown.out
    said = fresh.ok("trust", "sign", "trust.next.json", "--key", f"{KEYS}/dave.pem")
    assert said.startswith("- role  root  threshold 1\n"), "a signer is told what they signed"
    assert "signed by person:carol, person:dave; version 1 is kept as trust.1.json" in said
    assert not (fresh.root / "trust.next.json").exists()
    assert (fresh.root / "trust.1.json").read_bytes() == before
    assert load_trust((fresh.root / "trust.json").read_bytes()).version == 2


def test_a_draft_that_travels_is_accepted_where_the_trust_root_is(fresh: Place, tmp_path: Path) -> None:
    """Dave signs on a machine of his own, which has the version in force under another name."""
    add_dave(fresh)
    home = Place(tmp_path / "home")
    home.root.mkdir()
    shutil.move(fresh.root / "trust.next.json", home.root / "draft.json")
    shutil.copy(fresh.root / "trust.json", home.root / "in-force.json")
    shutil.move(fresh.root / KEYS / "dave.pem", home.root / "dave.pem")
    assert "name it: --trust" in home.refused("trust", "sign", "draft.json", "--key", "dave.pem", code=2)
    assert "A304" in fresh.refused("trust", "accept", home.root / "draft.json", "--trust", "trust.json", code=4)
    home.ok("trust", "sign", "draft.json", "--key", "dave.pem", "--trust", "in-force.json")
    assert load_trust((home.root / "in-force.json").read_bytes()).version == 2
    shutil.copy(home.root / "in-force.json", fresh.root / "trust.next.json")
    assert "A313" in fresh.refused("trust", "accept", code=4), "what is in force elsewhere is no draft"


def test_a_fully_signed_draft_is_put_in_force_by_accept(fresh: Place) -> None:
    add_dave(fresh)
    half = (fresh.root / "trust.next.json").read_bytes()
    fresh.ok("trust", "sign", "trust.next.json", "--key", f"{KEYS}/dave.pem")
    whole = json.loads(half)
    whole["envelopes"] = json.loads((fresh.root / "trust.json").read_text(encoding="utf-8"))["envelopes"]
    shutil.copy(fresh.root / "trust.1.json", fresh.root / "trust.json")
    (fresh.root / "trust.next.json").write_text(
        json.dumps(whole, sort_keys=True, separators=(",", ":")) + "\n", encoding="utf-8"
    )
    assert "signed by person:carol, person:dave" in fresh.ok("trust", "accept")
    assert not (fresh.root / "trust.next.json").exists()


def test_an_edit_never_writes_over_a_draft_unasked(fresh: Place) -> None:
    add_dave(fresh)
    again = ("trust", "edit", "--threshold", "certifier=1", "--renew", "2y", "--at", SECOND)
    assert "A312" in fresh.refused(*again, code=2)
    fresh.ok(*again, "--replace")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], "A315"),
        (["--threshold", "root=3"], "A304"),
        (["--threshold", "root=none"], "U101"),
        (["--threshold", "root=0"], "U101"),
        (["--group", " "], "U101"),
        (["--threshold", "root"], "U101"),
        (["--add", "waiver=nowhere.pub,person:w"], "U103"),
        (["--add", f"waiver={KEYS}/dave.pem,person:w"], "A317"),
        (["--add", f"waiver={KEYS}/log.vkey,person:w"], "A317"),
        (["--add", f"waiver={KEYS}/dave.pub"], "U101"),
        (["--add", f"waiver={KEYS}/dave.pub,person:w,form=2026-01-01T00:00:00Z"], "U101"),
        (["--add", f"waiver={KEYS}/dave.pub,person:w,from=today"], "U101"),
        (["--add", f"waiver={KEYS}/root.pub,person:carol"], "A303"),
        (["--add", f"auditor={KEYS}/dave.pub,person:w"], "A303"),
        (["--retire", "SHA256:AAAAAAAAAAAA"], "A311"),
        (["--remove", f"waiver={KEYS}/certifier.pub"], "A311"),
        (["--log", f"{KEYS}/log.vkey"], "A310"),
        (["--log", "ledger.example"], "G105"),
        (["--witness", f"w1={KEYS}/log.vkey"], "U101"),
        (["--group", "g 1 w1"], "A301"),
        (["--quorum", "g"], "A301"),
        (["--tsa", f"{KEYS}/dave.pub"], "A317"),
        (["--require-timestamps", "1"], "A310"),
        (["--require-timestamps", "many"], "U101"),
        (["--status-max-age", "7d"], "A301"),
        (["--min-policy", "credit-risk"], "U101"),
        (["--renew", "1 year"], "U102"),
        (["--renew", "0d", "--stages", "certifier=all"], "A310"),
        (["--renew", "2y", "--key", f"{KEYS}/certifier.pem"], "A316"),
        (["--renew", "2y", "--key", "nowhere.pem"], "A104"),
        (["--renew", "2y", "--at", "2026-05-01T00:00:00Z"], "A310"),
    ],
)
def test_an_edit_that_is_refused_says_why_and_writes_nothing(begun: Place, words: list[str], code: str) -> None:
    at = [] if "--at" in words else ["--at", SECOND]
    said = begun.refused("trust", "edit", *words, *at, code=2)
    assert code in said


def test_all_faults_of_an_edit_are_said_at_once(begun: Place) -> None:
    said = begun.refused("trust", "edit", "--threshold", "x", "--add", "y", "--log", "z", code=2)
    assert all(f"--{name} " in said for name in ("threshold", "add", "log"))


def test_witnesses_time_and_policies_are_edited_and_shown(fresh: Place) -> None:
    tsa = LocalTsa(fresh.root / "tsa")
    chain = fresh.root / "chain.pem"
    chain.write_bytes(tsa.root_pem + tsa.leaf_pem)  # the order does not matter
    for name in ("w1", "w2"):
        fresh.ok("keys", "new", name, "--kind", "witness", "--origin", f"witness.example/{name}")
    fresh.ok("keys", "new", "erin", "--kind", "approver")
    fresh.ok(
        *("trust", "edit", "--at", SECOND, "--key", f"{KEYS}/root.pem"),
        *(
            "--witness",
            f"w1={KEYS}/w1.vkey",
            "--witness",
            f"w2={KEYS}/w2.vkey",
            "--group",
            "g 1 w1 w2",
            "--quorum",
            "g",
        ),
        *("--tsa", "chain.pem", "--require-timestamps", "1", "--status-max-age", "P7D", "--min-policy", "p=2.1.0"),
        *("--add", f"approver/model-risk={KEYS}/erin.pub,person:erin,until={LATER}"),
        *("--revoke-key", f"{KEYS}/certifier.pub,reason=lost laptop,from={SECOND},from-index=7"),
    )
    shown = fresh.ok("trust", "show", "--at", SECOND)
    for line in (
        "role  approver/model-risk  threshold 1  signs approval:v1",
        f"person:erin  from {SECOND}  until {LATER}",
        "witness  w1  witness.example/w1+",
        "group  g  1 of w1, w2",
        "quorum  g",
        "tsa  CN=tsa.example",
        "requires  1 log entry, 1 time-stamp, a status list of at most P7D",
        "policy  p at least 2.1.0",
        f"from {SECOND} and from log index 7  (lost laptop)",
    ):
        assert line in shown, line
    assert f"NOT IN USE at {LATER}" in fresh.ok("trust", "show", "--at", LATER)
    root = load_trust((fresh.root / "trust.json").read_bytes())
    assert root.tsas[0].certs == tsa.certs
    digest = re.search(r"tsa .*sha256:([0-9a-f]{64})", shown)
    assert digest is not None
    fresh.ok(
        *("trust", "edit", "--at", LATER, "--key", f"{KEYS}/root.pem", "--retire-tsa", digest[1]),
        *("--quorum", "none", "--group", "g", "--remove-witness", "w1", "--min-policy", "p=none"),
        *("--require-timestamps", "0", "--status-max-age", "none"),
    )
    root = load_trust((fresh.root / "trust.json").read_bytes())
    assert (root.witnesses.quorum, list(root.witnesses.witnesses), root.min_policy) == ("none", ["w2"], {})
    assert root.tsas[0].window.end is not None


def test_roles_and_logs_are_edited_and_shown(fresh: Place) -> None:
    fresh.ok("keys", "new", "log2", "--kind", "log", "--origin", "two.example")
    fresh.ok(
        *("trust", "edit", "--at", SECOND, "--key", f"{KEYS}/root.pem"),
        *("--types", "certifier=refusal:v1", "--stages", "certifier=pre-training,pre-deployment"),
        *("--verifier-ids", "certifier=https://a,https://b", "--require-log-entries", "2"),
        *("--log", f"{KEYS}/log2.vkey", "--retire-log", f"ledger.example={LATER}"),
    )
    shown = fresh.ok("trust", "show", "--at", SECOND)
    assert (
        "certifier  threshold 1  signs refusal:v1  for pre-deployment, pre-training  as https://a, https://b" in shown
    )
    assert f"until {LATER}" in shown
    assert "requires  2 log entries" in shown
    assert "A314" in fresh.refused("trust", "edit", "--log", other_key_of_the_log(fresh), "--at", SECOND, code=2)
    fresh.ok("trust", "edit", "--at", SECOND, "--key", f"{KEYS}/root.pem", "--verifier-ids", "certifier=all")
    assert "as https" not in fresh.ok("trust", "show", "--at", SECOND)


def other_key_of_the_log(place: Place) -> str:
    place.ok("keys", "new", "log3", "--kind", "log", "--origin", "ledger.example")
    return f"{KEYS}/log3.vkey"


def test_a_first_version_of_several_owners_is_signed_in_its_place(fresh: Place) -> None:
    """As one made by hand is: first_trust_root of the library, with two owners, signed by one so far."""
    from govern.attestation.dsse import read_envelope as parse_envelope
    from govern.attestation.keys import load_signer
    from govern.attestation.trust.signing import sign_trust

    old = load_trust((fresh.root / "trust.json").read_bytes())
    dave = load_signer((fresh.root / KEYS / "dave.pem").read_bytes())
    carol = load_signer((fresh.root / KEYS / "root.pem").read_bytes())
    made = json.loads(old.payload)["predicate"]
    made["keys"][dave.public.keyid] = {"spki": base64_text(dave.public.spki), "owner": "person:dave"}
    made["keys"][old.attesting_keys()[0].keyid]["owner"] = "service:gate"
    made["roles"]["root"] = {"keys": [{"keyid": who.public.keyid} for who in (carol, dave)], "threshold": 2}
    whole = json.loads(sign_trust(made, [carol, dave]))
    for envelope in whole["envelopes"]:  # carol's signature under both names
        envelope["signatures"][0]["sig"] = base64_text(carol.sign(parse_envelope(envelope).pae))
    (fresh.root / "trust.json").write_bytes(canonical_bytes(whole) + b"\n")
    assert "A305" in fresh.refused("trust", "sign", "--key", f"{KEYS}/root.pem", code=4)
    (fresh.root / "trust.json").write_bytes(sign_trust(made, [carol]))
    assert fresh("trust", "show").code == 4
    assert "A316" in fresh.refused("trust", "sign", "--key", f"{KEYS}/certifier.pem", code=2)
    assert "signed by 1 of the 2 people" in fresh.ok("trust", "sign", "--key", f"{KEYS}/root.pem")
    assert "signed by person:carol, person:dave" in fresh.ok("trust", "sign", "--key", f"{KEYS}/dave.pem")
    assert fresh("trust", "show", "--at", SECOND).code == 0


def test_a_draft_without_its_predecessor_is_shown_unchecked(fresh: Place) -> None:
    add_dave(fresh)
    shutil.move(fresh.root / "trust.next.json", fresh.root / "lonely.json")
    shown = fresh("trust", "show", "lonely.json", "--at", SECOND)
    assert shown.code == 3
    assert "signatures   not checked: lonely.json does not say which trust root it follows" in shown.out


def test_keys_are_written_as_pem(fresh: Place) -> None:
    said = fresh.ok("trust", "show", "--pems", "pems", "--at", SECOND)
    assert {path.name for path in (fresh.root / "pems").iterdir()} == {
        "certifier-1.pub",
        "root-1.pub",
        "log-ledger.example.pub",
    }
    assert "pems/root-1.pub" in said


# -- three versions ---------------------------------------------------------------------------------------------------


def test_a_chain_of_three_versions_is_followed_from_the_first(lived: Place) -> None:
    files = [(lived.root / name).read_bytes() for name in ("trust.1.json", "trust.2.json", "trust.json")]
    first = load_trust(files[0])
    third = extend_trust(extend_trust(first, files[1]), files[2])
    assert third.version == 3
    for certificate in ("certifier-2026-06-01.json", "certifier-2-2026-08-01.json"):
        ended = lived.verify(
            lived.root / certificate,
            *("--earlier-trust", "trust.1.json", "--earlier-trust", "trust.2.json", "--fingerprint", first.digest),
            at=LATER,
        )
        assert ended.code == 0, ended.out
        assert "version 3, signed by person:carol, person:dave" in ended.out
    certificate = lived.root / "certifier-2026-06-01.json"
    gap = lived.verify(certificate, "--earlier-trust", "trust.1.json", at=LATER)
    assert gap.code == 4
    assert "does not follow version 1" in gap.out
    pinned = lived.verify(certificate, "--fingerprint", "0" * 64, at=LATER)
    assert pinned.code == 4


def test_the_retired_key_signs_nothing_new(copy: Place) -> None:
    """The gate refuses to sign with it; the new key is refused for a time before its window."""
    settings = (copy.root / "govern.toml").read_text(encoding="utf-8")
    (copy.root / "govern.toml").write_text(settings.replace("certifier-2.pem", "certifier.pem"), encoding="utf-8")
    ended = copy("check", "example", "-s", "pre-registration", "--at", ROTATED)
    assert ended.code == 2
    assert "U111" in ended.err
    listed = copy.ok("keys", "list", "--at", ROTATED)
    assert f"until {ROTATED}  NOT IN USE" in listed
    assert (copy.root / KEYS / "certifier-2.pem").stat().st_mode & 0o777 == stat.S_IRUSR | stat.S_IWUSR


def sign_next(place: Place) -> None:
    for name in ("root", "dave"):
        place.ok("trust", "sign", "trust.next.json", "--key", f"{KEYS}/{name}.pem")


@pytest.mark.parametrize(("index", "code"), [("0", 1), ("1000", 0)])
def test_a_compromise_voids_what_the_log_does_not_prove_older(copy: Place, index: str, code: int) -> None:
    certificate = copy.root / "certifier-2026-06-01.json"
    option = f"{KEYS}/certifier.pub,reason=stolen,from={SECOND},from-index={index}"
    copy.ok("trust", "edit", "--revoke-key", option, "--at", LATER)
    sign_next(copy)
    ended = copy.verify(certificate, at=LATER)
    assert ended.code == code, ended.out
    assert "REVOKED" in copy.ok("keys", "list", "--at", LATER)
    # The certificate of the other key is not touched by it.
    assert copy.verify(copy.root / "certifier-2-2026-08-01.json", at=LATER).code == 0


def test_a_compromise_by_time_alone_voids_what_has_no_token(copy: Place) -> None:
    copy.ok("trust", "edit", "--revoke-key", f"{KEYS}/certifier.pub,from={LATER}", "--at", LATER)
    sign_next(copy)
    ended = copy.verify(copy.root / "certifier-2026-06-01.json", at=LATER)
    assert ended.code == 1
    assert "revoked" in ended.out


@pytest.mark.parametrize("signers", [("root",), ("dave",), ("root", "root"), ("erin",), ("erin", "fay")])
def test_a_handover_by_too_few_stays_a_draft(copy: Place, signers: tuple[str, ...]) -> None:
    """From carol and dave to erin and fay: neither the old owners nor the new ones can do it alone."""
    for name in ("erin", "fay"):
        copy.ok("keys", "new", name, "--kind", "root")
    copy.ok(
        *("trust", "edit", "--at", LATER),
        *("--add", f"root={KEYS}/erin.pub,person:erin", "--add", f"root={KEYS}/fay.pub,person:fay"),
        *("--remove", f"root={KEYS}/root.pub", "--remove", f"root={KEYS}/dave.pub"),
    )
    before = (copy.root / "trust.json").read_bytes()
    for name in signers:
        copy.ok("trust", "sign", "trust.next.json", "--key", f"{KEYS}/{name}.pem")
    assert "A304" in copy.refused("trust", "accept", code=4)
    assert (copy.root / "trust.json").read_bytes() == before
    for name in ("erin", "fay", "dave", "root"):
        if (copy.root / "trust.next.json").exists():
            copy.ok("trust", "sign", "trust.next.json", "--key", f"{KEYS}/{name}.pem")
    assert load_trust((copy.root / "trust.json").read_bytes()).version == 4


@pytest.mark.parametrize(
    ("owner", "message"),
    [("person:carol", "asks for 3 people, and its keys have 2 owners"), ("person:dave", "is listed as")],
)
def test_one_owner_with_two_keys_is_one_person(copy: Place, owner: str, message: str) -> None:
    copy.ok("keys", "new", "spare", "--kind", "root")
    key = "spare" if owner == "person:carol" else "root"
    said = copy.refused(
        *("trust", "edit", "--add", f"root={KEYS}/{key}.pub,{owner}", "--threshold", "root=3", "--at", LATER), code=2
    )
    assert message in said


def test_an_expired_trust_root_undecides_until_it_is_renewed(copy: Place) -> None:
    late = "2027-06-01T00:00:00Z"
    assert copy("trust", "show", "--at", late).code == 3
    ended = copy.verify(copy.root / "certifier-2-2026-08-01.json", at=late)
    assert ended.code == 3
    assert "expired" in ended.out
    assert "--renew" in copy.refused("trust", "edit", "--threshold", "root=1", "--at", late, code=2)
    said = copy.ok("trust", "sign", "--key", f"{KEYS}/root.pem", "--renew", "1y", "--at", late)
    assert "could sign: person:dave" in said
    copy.ok("trust", "sign", "trust.next.json", "--key", f"{KEYS}/dave.pem")
    assert copy.verify(copy.root / "certifier-2-2026-08-01.json", at=late).code == 0


def test_two_successors_of_one_version_are_noticed(copy: Place) -> None:
    """trust.3.json was put there by somebody else: accepting would hide that."""
    shutil.copy(copy.root / "trust.2.json", copy.root / "trust.3.json")
    text = (copy.root / "trust.3.json").read_bytes()
    copy.ok("trust", "edit", "--renew", "2y", "--key", f"{KEYS}/root.pem", "--at", LATER)
    said = copy.refused("trust", "sign", "trust.next.json", "--key", f"{KEYS}/dave.pem", code=4)
    assert "A318" in said
    assert (copy.root / "trust.3.json").read_bytes() == text


# -- keys -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", ["certifier", "root", "approver", "waiver", "attester", "producer", "advisory", "policy", "revoker"]
)
def test_every_kind_of_key_but_the_logs_is_p256(tmp_path: Path, kind: str) -> None:
    ended = govern_here("keys", "new", "k", "--kind", kind, "--dir", "keys", cwd=tmp_path)
    assert ended.code == 0, ended.err
    assert re.match(r"SHA256:[A-Za-z0-9+/]{43}\n", ended.out)
    assert f"--add {kind}=keys/k.pub,OWNER" in ended.out
    assert (tmp_path / "keys/k.pub").read_bytes().startswith(b"-----BEGIN PUBLIC KEY-----")


def test_a_witness_key_has_a_name_and_the_type_of_cosignatures(tmp_path: Path) -> None:
    assert govern_here("keys", "new", "w", "--kind", "witness", cwd=tmp_path).code == 2
    assert govern_here("keys", "new", "w", "--kind", "log", cwd=tmp_path).code == 2
    assert govern_here("keys", "new", "w", "--kind", "log", "--origin", "Ledger.example/x", cwd=tmp_path).code == 2
    for name in ("a b", "a+b", "", "ü"):
        assert govern_here("keys", "new", "w", "--kind", "witness", "--origin", name, cwd=tmp_path).code == 2
    ended = govern_here("keys", "new", "w", "--kind", "witness", "--origin", "witness.example/w", cwd=tmp_path)
    assert ended.code == 0
    assert re.match(r"witness\.example/w\+[0-9a-f]{8}\+B[A-Za-z0-9+/]{43}\n", ended.out)  # 0x04 begins with B


@pytest.mark.parametrize("name", ["a/b", "../a", ".hidden", "-x-", "", "a\nb", "ä", "x" * 101])
def test_a_name_that_cannot_be_a_file_is_refused(tmp_path: Path, name: str) -> None:
    ended = govern_here("keys", "new", "--dir", "keys", "--", name, cwd=tmp_path)
    assert (ended.code, "A319" in ended.err) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_the_list_says_what_lies_there_whatever_it_is(fresh: Place) -> None:
    folder = fresh.root / KEYS
    (folder / "evil\x1b[31m.pub").write_bytes(b"\xff\xfe")
    (folder / "text.vkey").write_bytes(b"\xff\xfe")
    (folder / "alone.pem").write_bytes(b"x")
    (folder / "root.pem").unlink()
    listed = fresh.ok("keys", "list", "--at", MADE)
    assert "\x1b" not in listed
    assert listed.count("NOT A KEY") == 2
    assert "root  (public half only)" in listed
    assert "alone  (private half only: alone.pem)" in listed
    assert "trusted as log ledger.example" in listed
    assert "not in version 1 of the trust root" in listed
    alone = fresh.root / "alone"
    alone.mkdir()
    for name in ("dave.pub", "log.vkey"):
        shutil.copy(folder / name, alone / name)
    outside = govern_here("keys", "list", "--dir", alone, cwd=fresh.root.parent)
    assert (outside.code, "roles are not shown" in outside.out) == (0, True)
    empty = fresh.root / "empty"
    empty.mkdir()
    assert "there are no keys" in fresh.ok("keys", "list", "--dir", "empty")
    assert fresh("keys", "list", "--dir", "nowhere").code == 2


def test_a_rotation_has_an_overlap_unless_it_is_the_root(fresh: Place) -> None:
    said = fresh.ok("keys", "rotate", "certifier", "--sign-with", f"{KEYS}/root.pem", "--at", SECOND)
    assert "certifier signs until 2026-07-08T00:00:00Z" in said
    said = fresh.ok("keys", "rotate", "root", "--sign-with", f"{KEYS}/root.pem", "--at", ROTATED)
    assert f"root signs until {ROTATED}" in said
    root = load_trust((fresh.root / "trust.json").read_bytes())
    assert (root.version, len(root.roles["root"].keys)) == (3, 2)
    fresh.ok("trust", "sign", "--key", f"{KEYS}/root-2.pem", "--renew", "1y", "--at", LATER)
    assert load_trust((fresh.root / "trust.json").read_bytes()).version == 4
    said = fresh.refused("trust", "edit", "--renew", "2y", "--key", f"{KEYS}/root.pem", "--at", LATER, code=2)
    assert "A316" in said
    # The next free number, also for a key that has one.
    fresh.ok("keys", "new", "certifier-3")
    assert "certifier-4.pem" in fresh.ok("keys", "rotate", "certifier-2", "--at", LATER)


def test_a_former_root_key_is_listed_without_a_role(copy: Place) -> None:
    copy.ok("keys", "new", "erin", "--kind", "root")
    copy.ok(
        *("trust", "edit", "--at", LATER, "--add", f"root={KEYS}/erin.pub,person:erin"),
        *("--remove", f"root={KEYS}/dave.pub"),
    )
    for name in ("erin", "dave", "root"):
        copy.ok("trust", "sign", "trust.next.json", "--key", f"{KEYS}/{name}.pem")
    assert "no role  person:dave" in copy.ok("keys", "list", "--at", LATER)
    assert "no role" in copy.ok("trust", "show", "--at", LATER)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["log"], "A314"),
        (["nobody"], "A319"),
        (["../root"], "A319"),
        (["dave"], "A319"),
        (["certifier", "--overlap", "soon"], "U102"),
        (["certifier", "--sign-with", "nowhere.pem"], "A104"),
        (["certifier", "--at", "2026-05-01T00:00:00Z", "--overlap", "0d"], "A310"),
    ],
)
def test_a_rotation_that_is_refused_leaves_no_key_behind(begun: Place, words: list[str], code: str) -> None:
    at = [] if "--at" in words else ["--at", SECOND]
    assert code in begun.refused("keys", "rotate", *words, *at, code=2)


# -- compile ----------------------------------------------------------------------------------------------------------


@pytest.mark.tools
def test_compiling_again_takes_out_what_belongs_to_nobody(fresh: Place) -> None:
    fresh.ok("keys", "new", "erin", "--kind", "approver")
    fresh.ok(
        "trust", "edit", "--add", f"approver={KEYS}/erin.pub,person:erin", "--key", f"{KEYS}/root.pem", "--at", SECOND
    )
    fresh.ok("trust", "compile", "-o", "out")
    folder = fresh.root / "out"
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    run("sha256sum -c --strict SHA256SUMS && test $(wc -l <SHA256SUMS) = $(ls | grep -vc SHA256SUMS)", cwd=folder)
    assert "approver-1.pub" in first
    fresh.ok("trust", "compile", "-o", "out")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first
    # A changed or foreign file is nobody's business here, nor is one outside the folder.
    (folder / "notes.pub").write_text("mine", encoding="utf-8")
    (fresh.root / "precious").write_bytes(b"")
    with (folder / "SHA256SUMS").open("a", encoding="utf-8") as sums:
        sums.write("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  ../precious\n")
    fresh.ok("trust", "edit", "--remove", f"approver={KEYS}/erin.pub", "--key", f"{KEYS}/root.pem", "--at", LATER)
    fresh.ok("trust", "compile", "-o", "out")
    assert {path.name for path in folder.iterdir()} == set(first) - {"approver-1.pub"} | {"notes.pub"}
    assert (fresh.root / "precious").exists()
    run("sha256sum -c --strict SHA256SUMS", cwd=folder)


def test_an_unsound_trust_root_is_compiled_into_nothing(fresh: Place) -> None:
    path = fresh.root / "trust.json"
    path.write_bytes(path.read_bytes().replace(b'"envelopes"', b'"Envelopes"'))
    assert "A301" in fresh.refused("trust", "compile", "-o", "out", code=4)


@pytest.mark.parametrize(
    "words",
    [
        "trust",
        "trust edit",
        "trust sign",
        "trust accept",
        "trust compile",
        "keys",
        "keys new",
        "keys list",
        "keys rotate",
    ],
)
def test_help_ends_with_examples_that_parse(words: str, tmp_path: Path) -> None:
    ended = govern(*words.split(), "--help", cwd=tmp_path)
    assert ended.code == 0
    text = ended.out.rpartition("Examples:")[2].replace("\\\n", " ")
    examples = [shlex.split(line) for line in text.splitlines() if line.strip()]
    assert examples
    assert all(example[0] == "govern" for example in examples)


@pytest.mark.parametrize(
    "words",
    [
        "trust show",
        "trust compile -o out",
        "trust edit --renew 2y",
        f"trust sign --key {KEYS}/root.pem --renew 2y",
        "keys list",
    ],
)
def test_no_command_loads_what_it_does_not_need(fresh: Place, words: str) -> None:
    """Names, never times."""
    script = (
        "import sys; sys.argv = ['govern', *sys.argv[1:]]\n"
        "from govern.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit as ended:\n    assert ended.code == 0\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *words.split()],
        cwd=fresh.root,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stderr.splitlines()[-1].split())
    assert "cryptography" in loaded
    banned = {
        "pydantic",
        "yaml",
        "jinja2",
        "jsonschema",
        "securesystemslib",
        "psycopg",
        "numpy",
        "networkx",
        "requests",
    }
    assert not loaded & banned
