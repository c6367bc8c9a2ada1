from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import LocalError, MalformedError
from corridor.evidence.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_at,
    root_from,
    verify_consistency,
    verify_inclusion,
)

LEAVES = tuple(leaf_hash(b"leaf %d" % number) for number in range(300))


def grow(leaves):
    frontier, nodes = Frontier(), {}
    for leaf in leaves:
        frontier, made = frontier.append(leaf)
        nodes.update({(node.level, node.index): node.hash for node in made})
    return frontier, nodes


FRONTIER, NODES = grow(LEAVES)


def node(level, index):
    return NODES[level, index]


def plain_root(leaves):
    """MTH of RFC 9162 §2.1.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(plain_root(leaves[:split]), plain_root(leaves[split:]))


def plain_path(index, leaves):
    """PATH of RFC 9162 §2.1.3.1, word for word."""
    if len(leaves) == 1:
        return ()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if index < split:
        return (*plain_path(index, leaves[:split]), plain_root(leaves[split:]))
    return (*plain_path(index - split, leaves[split:]), plain_root(leaves[:split]))


def plain_subproof(old, leaves, *, known):
    """SUBPROOF of RFC 9162 §2.1.4.1, word for word."""
    if old == len(leaves):
        return () if known else (plain_root(leaves),)
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if old <= split:
        return (*plain_subproof(old, leaves[:split], known=known), plain_root(leaves[split:]))
    return (*plain_subproof(old - split, leaves[split:], known=False), plain_root(leaves[:split]))


SIZES = st.integers(1, len(LEAVES))


@st.composite
def places(draw):
    size = draw(SIZES)
    return draw(st.integers(0, size - 1)), size


@st.composite
def growths(draw):
    new = draw(SIZES)
    return draw(st.integers(0, new)), new


def test_the_known_vectors_of_the_format_hold():
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    vectors = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243")]
    frontier, _ = grow([leaf_hash(data) for data in [*vectors, b"PQRSTUVW", b"`abcdefghijklmno"]])
    assert root_from(frontier).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def test_the_empty_log_has_the_hash_of_nothing_for_root():
    assert root_from(Frontier()) == EMPTY_ROOT


def test_every_root_is_that_of_a_plain_computation():
    for size in range(130):
        assert root_from(grow(LEAVES[:size])[0]) == plain_root(LEAVES[:size])


def test_the_root_of_any_earlier_size_is_found_from_the_subtrees():
    for size in range(130):
        assert root_at(size, node) == plain_root(LEAVES[:size])


def test_data_is_not_taken_for_a_leaf_hash():
    with pytest.raises(LocalError, match="4 bytes are no leaf hash"):
        Frontier().append(b"data")


def test_every_complete_subtree_is_stored_once_and_only_those():
    size = 100
    _, nodes = grow(LEAVES[:size])
    assert set(nodes) == {(level, index) for level in range(8) for index in range(size >> level)}


@given(places())
def test_an_inclusion_proof_is_that_of_the_rfc_and_verifies(place):
    index, size = place
    proof = inclusion_proof(index, size, node)
    assert proof == plain_path(index, LEAVES[:size])
    assert verify_inclusion(LEAVES[index], index, size, proof, plain_root(LEAVES[:size]))


def test_all_places_of_small_logs_are_proven():
    for size in range(1, 34):
        root = plain_root(LEAVES[:size])
        for index in range(size):
            assert verify_inclusion(LEAVES[index], index, size, inclusion_proof(index, size, node), root)


@given(places(), st.data())
def test_an_inclusion_proof_shows_no_other_leaf_place_or_root(place, data):
    index, size = place
    proof, root = inclusion_proof(index, size, node), plain_root(LEAVES[:size])
    other = data.draw(st.integers(-1, size + 1).filter(lambda number: number != index))
    assert not verify_inclusion(LEAVES[index], other, size, proof, root)
    assert not verify_inclusion(leaf_hash(b"forged"), index, size, proof, root)
    assert not verify_inclusion(LEAVES[index], index, size, proof, leaf_hash(b"forged"))
    assert not verify_inclusion(LEAVES[index], index, size, (*proof, root), root)
    assert not proof or not verify_inclusion(LEAVES[index], index, size, proof[:-1], root)


def test_an_inclusion_proof_looks_up_few_nodes():
    asked = []
    inclusion_proof(5, 299, lambda level, index: asked.append((level, index)) or node(level, index))
    assert len(asked) <= 2 * (299).bit_length()


def test_a_leaf_that_is_not_there_has_no_proof():
    with pytest.raises(LocalError, match="no leaf 3"):
        inclusion_proof(3, 3, node)
    with pytest.raises(LocalError, match="no leaf -1"):
        inclusion_proof(-1, 3, node)


@given(growths())
def test_a_consistency_proof_is_that_of_the_rfc_and_verifies(growth):
    old, new = growth
    proof = consistency_proof(old, new, node)
    assert proof == (plain_subproof(old, LEAVES[:new], known=True) if 0 < old < new else ())
    assert verify_consistency(old, new, plain_root(LEAVES[:old]), plain_root(LEAVES[:new]), proof)


def test_all_growths_of_small_logs_are_proven():
    for new in range(34):
        for old in range(new + 1):
            proof = consistency_proof(old, new, node)
            assert verify_consistency(old, new, plain_root(LEAVES[:old]), plain_root(LEAVES[:new]), proof)


@given(growths().filter(lambda growth: 0 < growth[0] < growth[1]), st.data())
def test_a_consistency_proof_shows_no_other_growth(growth, data):
    old, new = growth
    proof = consistency_proof(old, new, node)
    old_root, new_root = plain_root(LEAVES[:old]), plain_root(LEAVES[:new])
    forged = leaf_hash(b"forged")
    assert not verify_consistency(old, new, forged, new_root, proof)
    assert not verify_consistency(old, new, old_root, forged, proof)
    assert not verify_consistency(old, new, old_root, new_root, (*proof, forged))
    assert not verify_consistency(old, new, old_root, new_root, proof[:-1])
    at = data.draw(st.integers(0, len(proof) - 1))
    assert not verify_consistency(old, new, old_root, new_root, (*proof[:at], forged, *proof[at + 1 :]))


def test_a_log_that_shrank_or_was_rewritten_is_not_consistent():
    root = plain_root(LEAVES[:5])
    assert not verify_consistency(6, 5, root, root, ())
    assert not verify_consistency(5, 5, root, plain_root(LEAVES[:6]), ())
    assert not verify_consistency(5, 5, root, root, (root,))
    assert not verify_consistency(0, 5, root, root, ())
    assert not verify_consistency(3, 5, plain_root(LEAVES[:3]), root, ())
    with pytest.raises(LocalError, match="never had 6"):
        consistency_proof(6, 5, node)


@given(st.integers(0, len(LEAVES)))
def test_a_frontier_survives_being_written(size):
    frontier, _ = grow(LEAVES[:size])
    assert Frontier.from_bytes(frontier.to_bytes()) == frontier


@given(st.binary(max_size=200))
def test_bytes_are_a_frontier_or_refused(data):
    try:
        frontier = Frontier.from_bytes(data)
    except MalformedError:
        return
    assert frontier.to_bytes() == data


def test_a_damaged_frontier_is_refused():
    data = FRONTIER.to_bytes()
    for damaged in (b"", data[:-1], data + b"\x00", b"\xff" * 8):
        with pytest.raises(MalformedError, match="not the frontier"):
            Frontier.from_bytes(damaged)
