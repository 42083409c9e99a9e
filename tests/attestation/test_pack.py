"""Index, members, manifest and evidence of a pack: whatever does not fit the rest is refused, whoever made it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.attestation.pack.index import (
    INDEX,
    INDEX_BYTES,
    MOST_ENTRIES,
    PLACES,
    Entry,
    Role,
    index_bytes,
    index_schema,
    path_fault,
    read_index,
)
from govern.attestation.pack.reading import EXPANSION, read_pack
from govern.attestation.pack.writing import Part, part, policy_path, write_pack
from govern.canonical import canonical_bytes, sha256_hex
from govern.diagnostics import IntegrityError, UsageError
from support.packs import BUNDLE, Files, archive, evidence, members, parts, reading, reindexed, written

GOOD = written(parts())


def code_of(data: bytes) -> str:
    with pytest.raises(IntegrityError) as caught:
        reading(data)
    assert caught.value.exit_code == 4
    return caught.value.diagnostics[0].code


def with_index(change: Callable[[dict[str, Any]], None]) -> bytes:
    """The good pack with an index that was changed as JSON."""
    files = members(GOOD)
    document = json.loads(files[INDEX])
    change(document)
    files[INDEX] = canonical_bytes(document)
    return archive(files)


def test_a_sound_pack_gives_back_what_was_put_in() -> None:
    pack = reading(GOOD)
    assert pack.kind is Role.CERTIFICATE
    assert pack.need(Role.PLAN) == b"plan"
    assert pack.one(Role.STATUS) is None
    assert {line.path: pack.data(pack.evidence(line.sha256).path) for line in pack.manifest.entries} == BUNDLE
    assert [entry.path for entry in pack.having(Role.POLICY)] == ["policy/source/p.yaml"]


def test_the_order_of_the_parts_does_not_matter() -> None:
    assert written(list(reversed(parts()))) == GOOD


def test_the_index_lists_every_other_member_with_digest_and_size() -> None:
    files = members(GOOD)
    document = json.loads(files.pop(INDEX))
    assert {item["path"]: (item["digest"]["sha256"], item["size"]) for item in document["files"]} == {
        path: (sha256_hex(data), len(data)) for path, data in files.items()
    }


def test_every_flipped_byte_of_every_member_is_refused() -> None:
    """Each byte of each member, one at a time, padding and headers included."""
    for place in range(len(GOOD)):
        changed = bytearray(GOOD)
        changed[place] ^= 0x21
        with pytest.raises(IntegrityError):
            reading(bytes(changed))


def test_a_member_changed_with_its_line_is_found_by_its_name_or_the_manifest() -> None:
    """Evidence is called by its digest, and the manifest names the digests: the index alone cannot move them."""
    digest = sha256_hex(BUNDLE["README.md"])

    def change(files: Files, entries: list[Entry]) -> None:
        files[f"evidence/{digest}"] = b"# Another card\n"

    assert code_of(reindexed(GOOD, change)) == "A605"

    def rename(files: Files, entries: list[Entry]) -> None:
        data = b"# Another card\n"
        del files[f"evidence/{digest}"]
        path = f"evidence/{sha256_hex(data)}"
        files[path] = data
        old = next(entry for entry in entries if entry.digest == digest)
        entries[entries.index(old)] = Entry(path=path, role=Role.EVIDENCE, digest="", size=0)

    assert code_of(reindexed(GOOD, rename)) == "A608"


def test_members_without_a_line_and_lines_without_a_member_are_refused() -> None:
    files = members(GOOD)
    assert code_of(archive({**files, "extra": b"x"})) == "A606"
    for path in files:
        rest = {name: data for name, data in files.items() if name != path}
        assert code_of(archive(rest)) == ("A607" if path == INDEX else "A606")


@pytest.mark.parametrize("role", [role for role in Role if PLACES[role].least])
def test_a_pack_that_lacks_something_is_refused(role: Role) -> None:
    """Taken out of the index too."""

    def change(files: Files, entries: list[Entry]) -> None:
        for entry in [entry for entry in entries if entry.role is role]:
            del files[entry.path]
            entries.remove(entry)

    assert code_of(reindexed(GOOD, change)) == "A607"


def adding(path: str, role: Role, data: bytes) -> bytes:
    def change(files: Files, entries: list[Entry]) -> None:
        files[path] = data
        entries.append(Entry(path=path, role=role, digest="", size=0))

    return reindexed(GOOD, change)


def test_two_verdicts_none_half_a_snapshot_and_foreign_evidence_are_refused() -> None:
    assert code_of(adding("refusal.sigstore.json", Role.REFUSAL, b"refusal")) == "A607"
    assert code_of(adding(f"advisories/{sha256_hex(b'i')}", Role.ADVISORY_INDEX, b"i")) == "A607"
    assert code_of(adding(f"evidence/{sha256_hex(b'e')}", Role.EVIDENCE, b"e")) == "A608"

    def none(files: Files, entries: list[Entry]) -> None:
        del files["certificate.sigstore.json"]
        entries[:] = [entry for entry in entries if entry.role is not Role.CERTIFICATE]

    assert code_of(reindexed(GOOD, none)) == "A607"


@pytest.mark.parametrize("role", list(Role))
def test_every_role_has_its_place_and_no_other(role: Role) -> None:
    """A policy called `trust/trust.json`, a trust root called anything else."""
    wrong = "records/evaluation.json" if role is not Role.EVALUATION else "records/decision.json"
    lines = [Entry(path=wrong, role=role, digest="0" * 64, size=0)]
    with pytest.raises(IntegrityError) as caught:
        read_index(index_bytes(lines))
    assert caught.value.diagnostics[0].code == "A602"
    assert role in PLACES


@pytest.mark.parametrize(
    "path", ["../p.yaml", "a//b", "./a", "a/..", "a\\b", "a\nb", "x" * 256, "policy/source/../../x", "a\u009b"]
)
def test_a_path_that_leaves_or_hides_is_refused_in_the_index(path: str) -> None:
    assert path_fault(path) is not None or path_fault(f"policy/source/{path}") is not None
    entry = Entry(path=f"policy/source/{path}", role=Role.POLICY, digest="0" * 64, size=0)
    with pytest.raises(IntegrityError) as caught:
        read_index(index_bytes([entry]))
    assert caught.value.diagnostics[0].code == "A602"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda d: d.update(schema="urn:govern:pack:v2"), "A604"),
        (lambda d: d.update(more=1), "A604"),
        (lambda d: d.pop("files"), "A604"),
        (lambda d: d.update(files={}), "A604"),
        (lambda d: d["files"].reverse(), "A604"),
        (lambda d: d["files"].append(d["files"][-1]), "A604"),
        (lambda d: d["files"][0].update(note="x"), "A604"),
        (lambda d: d["files"][0].update(role="seal"), "A604"),
        (lambda d: d["files"][0].update(size=-1), "A604"),
        (lambda d: d["files"][0].update(size="7"), "A604"),
        (lambda d: d["files"][0].update(size=True), "A604"),
        (lambda d: d["files"][0].update(withheld=0), "A604"),
        (lambda d: d["files"][0].update(withheld=True), "A604"),
        (lambda d: d["files"][0].update(path=""), "A604"),
        (lambda d: d["files"][0]["digest"].update(sha256="A" * 64), "A604"),
        (lambda d: d["files"][0]["digest"].update(sha512="a" * 128), "A604"),
        (lambda d: d["files"][0].update(size=d["files"][0]["size"] + 1), "A605"),
        (lambda d: d["files"][0]["digest"].update(sha256="0" * 64), "A605"),
        (lambda d: d["files"][1].update(size=8 * 1024**3), "A603"),
    ],
)
def test_an_index_that_is_none_is_refused(change: Callable[[dict[str, Any]], None], code: str) -> None:
    assert code_of(with_index(change)) == code


def test_the_schema_takes_what_is_written_and_refuses_what_has_another_form() -> None:
    """jsonschema, which knows nothing of our reader."""
    import jsonschema

    validator = jsonschema.Draft202012Validator(index_schema())
    for data in (GOOD, written(parts(withheld=("model.safetensors",)))):
        validator.validate(json.loads(members(data)[INDEX]))
    document = json.loads(members(GOOD)[INDEX])
    for change in (
        {**document, "more": 1},
        {**document, "schema": "urn:govern:pack:v2"},
        {"schema": document["schema"]},
        {**document, "files": [{**document["files"][0], "role": "seal"}]},
        {**document, "files": [{**document["files"][0], "size": -1}]},
        {**document, "files": [{**document["files"][0], "digest": {"sha256": "A" * 64}}]},
    ):
        assert not validator.is_valid(change)


@pytest.mark.parametrize(
    "spell",
    [
        lambda data: data + b"\n",
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.replace(b'"size":', b'"size": ', 1),
        lambda data: data.replace(b"false", b'false,"withheld":false', 1),
        lambda data: data.replace(b'"schema"', b'"\\u0073chema"', 1),
        lambda data: data.decode().encode("utf-16"),
        lambda data: b"[" * 100_000,
        lambda data: b"",
        lambda data: data[:-1],
    ],
)
def test_second_spellings_of_an_index_are_refused(spell: Callable[[bytes], bytes]) -> None:
    files = members(GOOD)
    files[INDEX] = spell(files[INDEX])
    assert code_of(archive(files)) == "A604"


def test_withheld_bytes_are_known_by_digest_and_size_only() -> None:
    data = written(parts(withheld=("model.safetensors",)))
    digest = sha256_hex(BUNDLE["model.safetensors"])
    assert f"evidence/{digest}" not in members(data)
    entry = reading(data).evidence(digest)
    assert (entry.withheld, entry.size) == (True, 1000)
    assert BUNDLE["model.safetensors"] not in data

    def there(files: Files, entries: list[Entry]) -> None:
        files[entry.path] = BUNDLE["model.safetensors"]

    assert code_of(reindexed(data, there)) == "A606"


def test_a_small_pack_cannot_become_a_large_bundle() -> None:
    """One member, named by many lines of the manifest."""
    size = 200_000
    few = {f"f{number:04}": b"x" * size for number in range(EXPANSION)}
    many = {f"f{number:04}": b"x" * size for number in range(3 * EXPANSION)}
    assert len(reading(written(parts(few))).manifest.entries) == EXPANSION
    assert code_of(written(parts(many))) == "A603"


def test_a_manifest_that_leaves_the_folder_is_refused() -> None:
    for path in ("../x", "/etc/passwd", "a/../b", "a//b"):
        bad = f"{sha256_hex(b'x')}  {path}\n".encode()
        made = [item for item in parts() if item.entry.role not in (Role.MANIFEST, Role.EVIDENCE)]
        made += [part("MANIFEST.sha256", Role.MANIFEST, bad), part(f"evidence/{sha256_hex(b'x')}", Role.EVIDENCE, b"x")]
        assert code_of(written(made)) == "A608"


def test_odd_names_of_a_bundle_are_only_words_in_its_manifest() -> None:
    """Members are called by digest, so no name of a bundle ever reaches the archive's headers."""
    odd = {"-rf": b"1", "a b/ü\u202e/x": b"2", "nul": b"3", "x" * 200 + "/" + "y" * 250: b"4", "'; rm -rf ~ #": b"5"}
    pack = reading(written(parts(odd)))
    assert {line.path: pack.data(pack.evidence(line.sha256).path) for line in pack.manifest.entries} == odd


@given(st.text(max_size=400), st.binary(max_size=10))
def test_a_policy_finds_a_place_whatever_it_is_called(name: str, data: bytes) -> None:
    """By its own name where a header can hold it, else by its digest; the same each time."""
    path = policy_path(name, data)
    assert path == policy_path(name, data)
    entry = Entry(path=path, role=Role.POLICY, digest=sha256_hex(data), size=len(data))
    with pytest.raises(IntegrityError) as caught:
        read_index(index_bytes([entry]))
    assert caught.value.diagnostics[0].code == "A607"  # alone, but well placed


def test_a_part_that_changed_since_it_was_looked_at_is_refused() -> None:
    """Shorter, longer, or other bytes of the same length: nothing is written as if it were sound."""
    for now in (b"evaluatio", b"evaluation!", b"evaluatioN"):
        made = [
            replace(item, open=lambda now=now: io.BytesIO(now)) if item.entry.role is Role.EVALUATION else item
            for item in parts()
        ]
        with pytest.raises(IntegrityError) as caught:
            written(made)
        assert caught.value.diagnostics[0].code == "A617"


def test_what_no_pack_can_hold_is_said_before_anything_is_written() -> None:
    stream = io.BytesIO()
    big = Entry(path="evidence/" + "a" * 64, role=Role.EVIDENCE, digest="a" * 64, size=8 * 1024**3)
    with pytest.raises(UsageError) as caught:
        write_pack(stream, [*parts(), Part(entry=big, open=lambda: io.BytesIO())])
    assert caught.value.diagnostics[0].code == "A616"
    assert "--withhold" in str(caught.value)
    with pytest.raises(UsageError) as caught:
        write_pack(stream, [item for item in parts() if item.entry.role is not Role.PLAN])
    assert caught.value.diagnostics[0].code == "A616"
    assert stream.getvalue() == b""
    withheld = Part(entry=replace(big, withheld=True), open=None)
    write_pack(stream, [*parts(), withheld])


def test_an_archive_that_changes_under_the_reader_is_noticed() -> None:
    stream = io.BytesIO(GOOD)
    pack = read_pack(stream)
    place = GOOD.index(b"evaluation", GOOD.index(b"records/evaluation.json\0"))
    place = GOOD.index(b"evaluation", place + 20)
    stream.seek(place)
    stream.write(b"E")
    with pytest.raises(IntegrityError) as caught:
        pack.need(Role.EVALUATION)
    assert caught.value.diagnostics[0].code == "A605"


def test_names_that_are_no_text_are_no_paths() -> None:
    assert path_fault("a\udc80") == "is not UTF-8"


def test_there_are_caps_on_what_one_may_have() -> None:
    """Two snapshots, an index beyond all reason, a manifest of more files than a bundle may have."""
    two = [part(f"advisories/{sha256_hex(data)}", Role.ADVISORY_INDEX, data) for data in (b"1", b"2")]
    with pytest.raises(IntegrityError) as caught:
        read_index(index_bytes(item.entry for item in [*parts(), *two]))
    assert caught.value.diagnostics[0].code == "A607"
    files = members(GOOD)
    files[INDEX] = b" " * (INDEX_BYTES + 1)
    assert code_of(archive(files)) == "A603"
    line = sha256_hex(b"")
    manifest = b"".join(b"%s  %06d\n" % (line.encode(), number) for number in range(MOST_ENTRIES + 1))
    made = [item for item in parts() if item.entry.role not in (Role.MANIFEST, Role.EVIDENCE)]
    made += [part("MANIFEST.sha256", Role.MANIFEST, manifest), part(f"evidence/{line}", Role.EVIDENCE, b"")]
    assert code_of(written(made)) == "A603"


def test_evidence_is_one_member_for_equal_files() -> None:
    twins = {"a": b"same", "b": b"same", "c": b"other"}
    assert len([item for item in evidence(twins) if item.entry.role is Role.EVIDENCE]) == 2
    assert len(reading(written(parts(twins))).manifest.entries) == 3
