"""The tree against RFC 6962's figures, against itself for every small pair of sizes, and against sigstore."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.ledger.merkle import (
    EMPTY_ROOT,
    append_nodes,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    memory_nodes,
    node_hash,
    root_from_inclusion,
    tree_root,
    verify_consistency,
    verify_inclusion,
)

RFC_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
SIZES = 140
LEAVES = [leaf_hash(bytes([number])) for number in range(SIZES)]
NODES = memory_nodes(LEAVES)
ROOTS = [tree_root(size, NODES) for size in range(SIZES + 1)]


def recursive_root(leaves: list[bytes]) -> bytes:
    """The definition of RFC 6962 section 2.1, word for word."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(recursive_root(leaves[:split]), recursive_root(leaves[split:]))


@pytest.mark.parametrize(
    ("size", "begin", "end"),
    [
        (1, "6e340b9c", "afa01d"),
        (3, "aeb6bcfe", "9e06e77"),
        (7, "ddb89be4", "94a74c8c"),
        (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328", ""),
    ],
)
def test_the_roots_are_those_of_the_test_vectors(size: int, begin: str, end: str) -> None:
    nodes = memory_nodes([leaf_hash(body) for body in RFC_LEAVES])
    root = tree_root(size, nodes).hex()
    assert root.startswith(begin)
    assert root.endswith(end)


def test_every_root_is_the_recursive_definition() -> None:
    assert [recursive_root(LEAVES[:size]) for size in range(SIZES + 1)] == ROOTS


def test_every_inclusion_proof_below_140_holds_and_its_neighbours_do_not() -> None:
    count = 0
    for size in range(1, SIZES):
        for index in range(size):
            count += 1
            proof = inclusion_proof(index, size, NODES)
            leaf, root = LEAVES[index], ROOTS[size]
            assert verify_inclusion(index, size, leaf, proof, root)
            assert not verify_inclusion(index + 1, size, leaf, proof, root)
            assert not verify_inclusion(index - 1, size, leaf, proof, root)
            assert not verify_inclusion(index, size, LEAVES[(index + 1) % SIZES], proof, root)
            assert not verify_inclusion(index, size, leaf, proof, ROOTS[size - 1])
            assert not verify_inclusion(index, size, leaf, (*proof, leaf), root)
            for place in range(len(proof)):
                altered = (*proof[:place], leaf_hash(proof[place]), *proof[place + 1 :])
                assert not verify_inclusion(index, size, leaf, altered, root)
            if proof:
                assert not verify_inclusion(index, size, leaf, proof[:-1], root)
                assert not verify_inclusion(index, size, leaf, (proof[0][:-1], *proof[1:]), root)
    assert count == 9_730


def test_another_size_is_refused_or_leads_to_the_same_root_by_design() -> None:
    """RFC 9162 fixes the path's shape by (index, size); a wrong size of another shape cannot lead to the root."""
    for size in range(2, SIZES):
        for index in range(size):
            proof = inclusion_proof(index, size, NODES)
            for wrong in (size - 1, size + 1):
                if index < wrong:
                    # The root of the wrong size is another one, so a signed checkpoint never goes with this proof.
                    assert not verify_inclusion(index, wrong, LEAVES[index], proof, ROOTS[wrong])


def test_every_consistency_proof_below_140_holds_and_its_neighbours_do_not() -> None:
    count = 0
    for new in range(1, SIZES):
        for old in range(1, new + 1):
            count += 1
            proof = consistency_proof(old, new, NODES)
            assert verify_consistency(old, new, ROOTS[old], ROOTS[new], proof)
            assert not verify_consistency(old, new, ROOTS[old - 1], ROOTS[new], proof)
            assert not verify_consistency(old, new, ROOTS[old], ROOTS[new - 1], proof)
            assert not verify_consistency(old, new, ROOTS[old], ROOTS[new], (*proof, ROOTS[old]))
            assert not verify_consistency(old - 1, new, ROOTS[old], ROOTS[new], proof)
            assert not verify_consistency(old + 1, new, ROOTS[old], ROOTS[new], proof)
            for place in range(len(proof)):
                altered = (*proof[:place], leaf_hash(proof[place]), *proof[place + 1 :])
                assert not verify_consistency(old, new, ROOTS[old], ROOTS[new], altered)
            if proof:
                assert not verify_consistency(old, new, ROOTS[old], ROOTS[new], proof[:-1])
                assert not verify_consistency(old, new, ROOTS[old], ROOTS[new], ())
    assert count == 9_730


def test_the_empty_tree_is_a_prefix_of_all_and_nothing_else_is_of_it() -> None:
    assert verify_consistency(0, 0, EMPTY_ROOT, EMPTY_ROOT, ())
    assert verify_consistency(0, 5, EMPTY_ROOT, ROOTS[5], ())
    assert not verify_consistency(0, 5, ROOTS[1], ROOTS[5], ())
    assert not verify_consistency(0, 5, EMPTY_ROOT, ROOTS[5], (ROOTS[1],))
    assert not verify_consistency(0, 0, EMPTY_ROOT, ROOTS[1], ())
    assert not verify_consistency(6, 5, ROOTS[6], ROOTS[5], ())
    assert not verify_consistency(2, 5, ROOTS[2], ROOTS[5], (b"short",))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 3), (3, 3)])
def test_no_proof_is_made_for_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_proof(index, size, NODES)
    assert root_from_inclusion(index, size, LEAVES[0], ()) is None


@pytest.mark.parametrize(("old", "new"), [(-1, 3), (4, 3)])
def test_no_consistency_proof_backwards(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="no prefix"):
        consistency_proof(old, new, NODES)


@given(st.lists(st.binary(max_size=3), max_size=40), st.data())
def test_appending_in_any_batches_gives_the_same_nodes(bodies: list[bytes], data: st.DataObject) -> None:
    leaves = [leaf_hash(body) for body in bodies]
    kept: dict[tuple[int, int], bytes] = {}
    size = 0
    while size < len(leaves):
        batch = data.draw(st.integers(1, len(leaves) - size))
        made = list(append_nodes(size, leaves[size : size + batch], lambda level, at: kept[level, at]))
        assert not kept.keys() & {(level, at) for level, at, _ in made}
        kept.update({(level, at): value for level, at, value in made})
        size += batch
    assert tree_root(size, lambda level, at: kept[level, at]) == recursive_root(leaves)
    assert len(kept) <= 2 * size


def _sigstore_accepts(index: int, size: int, body: bytes, proof: tuple[bytes, ...], root: bytes) -> bool:
    from sigstore._internal.merkle import verify_merkle_inclusion
    from sigstore.errors import VerificationError

    inclusion = SimpleNamespace(log_index=index, tree_size=size, hashes=list(proof), root_hash=root)
    wrapped = SimpleNamespace(_inner=SimpleNamespace(inclusion_proof=inclusion, canonicalized_body=body))
    try:
        verify_merkle_inclusion(wrapped)  # type: ignore[arg-type]
    except VerificationError:
        return False
    return True


def test_sigstore_accepts_our_proofs_and_refuses_altered_ones() -> None:
    for size in range(1, 20):
        for index in range(size):
            proof, body = inclusion_proof(index, size, NODES), bytes([index])
            assert _sigstore_accepts(index, size, body, proof, ROOTS[size])
            assert not _sigstore_accepts(index, size, body + b"!", proof, ROOTS[size])
            assert not _sigstore_accepts(index, size, body, proof, ROOTS[size - 1])
            if len(proof) > 1 and proof[0] != proof[1]:
                assert not _sigstore_accepts(index, size, body, proof[::-1], ROOTS[size])
