from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.odrl.actions import ACTIONS, EXACT_MATCH, INCLUDED_IN, ROOTS, canonical_action, covered_by, root_of

CANONICAL = sorted({*ROOTS, *INCLUDED_IN})


def test_use_covers_everything_but_transfer():
    assert {"read", "display", "extract", "distribute", "use"} <= covered_by("use")
    assert covered_by("use") & {"transfer", "sell", "give"} == set()


def test_transfer_covers_selling_and_giving():
    assert covered_by("transfer") == {"transfer", "sell", "give"}


def test_a_broad_rule_covers_a_narrow_request_and_not_the_other_way_round():
    assert "display" in covered_by("play")
    assert "play" not in covered_by("display")


def test_a_deprecated_term_is_covered_where_its_exact_match_is():
    assert {"write", "append", "writeTo"} <= covered_by("modify")
    assert "copy" in covered_by("reproduce")
    assert "copy" not in covered_by("extract")


def test_a_creative_commons_action_is_included_in_use():
    sharing = "http://creativecommons.org/ns#Sharing"
    assert {sharing, "share"} <= covered_by("use")
    assert canonical_action("share") == sharing


def test_a_term_that_leads_to_no_root_is_not_known():
    assert canonical_action("lend") is None
    assert canonical_action("http://example.com/fly") is None


def test_the_vocabulary_is_whole():
    assert list(INCLUDED_IN.values()).count("use") == 45
    assert len(ACTIONS) == 2 + len(INCLUDED_IN) + len(EXACT_MATCH)


def test_every_action_is_covered_by_its_root():
    assert {action: root_of(action) for action in ("use", "display", "sell", "transfer")} == {
        "use": "use",
        "display": "use",
        "sell": "transfer",
        "transfer": "transfer",
    }
    assert all(action in covered_by(root_of(action)) for action in CANONICAL)
    assert root_of("http://example.com/fly") is None


def test_a_name_that_is_not_canonical_has_no_closure():
    with pytest.raises(KeyError):
        covered_by("write")


@given(st.sampled_from(CANONICAL), st.sampled_from(CANONICAL))
def test_what_is_covered_brings_along_all_that_it_covers(broad, narrow):
    assert broad in covered_by(broad)
    if narrow in covered_by(broad):
        assert covered_by(narrow) <= covered_by(broad)


@given(st.sampled_from(sorted(ACTIONS)))
def test_every_known_action_has_a_canonical_name_that_is_known(name):
    assert canonical_action(name) in CANONICAL
    assert canonical_action(canonical_action(name)) == canonical_action(name)
