from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import CorridorError, MalformedError
from corridor.dsp.messages import Agreement, Offer
from corridor.odrl.model import PolicyKind
from corridor.odrl.papers import paper_reference, papers_constraint
from corridor.service import terms
from corridor.service.records import PaperRecord
from corridor.testing import store_samples as a

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
DIGEST = "sha-256:" + "a" * 64


def purposes(operator, *names):
    return {"leftOperand": "purpose", "operator": operator, "rightOperand": list(names)}


@pytest.fixture
def agreement():
    """Makes an agreement of one permission with the given constraints."""

    def make(*constraints, **members):
        permission = {"action": "use", **({"constraint": list(constraints)} if constraints else {})}
        body = {"permission": [permission], **members}
        return Agreement("urn:a1", body, "orders", "did:web:cn.example", "did:web:de.example", NOW)

    return make


@pytest.fixture
def policy(agreement):
    """Makes the policy of such an agreement."""
    return lambda *constraints: terms.policy_of(agreement(*constraints))


def test_a_policy_has_the_parties_and_the_target_of_its_agreement(agreement):
    policy = terms.policy_of(agreement())
    assert (policy.kind, policy.target) == (PolicyKind.AGREEMENT, "orders")
    assert (policy.assigner, policy.assignee) == ("did:web:cn.example", "did:web:de.example")


def test_an_offer_is_read_as_if_it_were_agreed():
    negotiation = replace(a.negotiation().negotiation, offer=Offer("urn:o", {"permission": [{"action": "use"}]}))
    policy = terms.offer_policy(negotiation)
    assert (policy.kind, policy.target, policy.assigner) == (PolicyKind.OFFER, "urn:uuid:d1", negotiation.provider)


def test_a_policy_that_cannot_be_read_is_refused(agreement):
    with pytest.raises(MalformedError):
        terms.policy_of(agreement({"leftOperand": "moon", "operator": "eq", "rightOperand": "full"}))


def test_rules_keep_the_terms_if_they_are_as_strict():
    negotiation = a.negotiation().negotiation
    open_, strict = (
        {"permission": [{"action": "use", **more}]} for more in ({}, {"constraint": [purposes("eq", "urn:x")]})
    )
    assert terms.keeps_terms(negotiation, open_, strict).allowed
    assert not terms.keeps_terms(negotiation, strict, open_).allowed


def test_the_digest_of_a_policy_is_that_of_its_rules_parties_target_and_id(agreement):
    digest = terms.policy_digest(agreement(purposes("eq", "urn:x")))
    assert digest == terms.policy_digest(agreement(purposes("eq", "urn:x")))
    others = (agreement(), agreement(purposes("eq", "urn:y")), agreement(purposes("eq", "urn:x"), profile="urn:p"))
    assert digest not in {terms.policy_digest(other) for other in others}


def test_an_agreement_is_digested_without_its_timestamp(agreement):
    held = agreement()
    assert terms.policy_digest(held) == terms.policy_digest(replace(held, timestamp=datetime(2027, 1, 1, tzinfo=UTC)))
    assert terms.policy_digest(held) != terms.policy_digest(replace(held, assignee="did:web:fr.example"))


@pytest.mark.parametrize(
    ("constraint", "declared"),
    [
        (purposes("eq", "urn:x:a"), {"urn:x:a"}),
        (purposes("isAnyOf", "urn:x:a", "urn:x:b"), {"urn:x:a", "urn:x:b"}),
        (purposes("isNoneOf", "urn:x:a"), set()),
        ({"or": [purposes("eq", "urn:x:a"), {"and": [purposes("eq", "urn:x:b")]}]}, {"urn:x:a", "urn:x:b"}),
        ({"leftOperand": "spatial", "operator": "eq", "rightOperand": "DE"}, set()),
    ],
)
def test_the_purposes_that_are_declared_are_those_that_the_permissions_allow(policy, constraint, declared):
    assert terms.declared_purposes(policy(constraint)) == declared


def named(**days):
    return papers_constraint([paper_reference("cn/standard-contract", DIGEST, number="N-1", **days)])


def test_the_papers_of_an_agreement_are_those_that_it_names(policy):
    [paper] = terms.papers_named(
        policy(named(effective=datetime(2026, 11, 10).date(), filed=datetime(2026, 11, 12).date())), NOW
    )
    assert (paper.id, paper.digest, paper.kind, paper.added) == (DIGEST, DIGEST, "cn/standard-contract", NOW)
    assert paper.details == {
        "effective": "2026-11-10",
        "filed": "2026-11-12",
        "number": "N-1",
        "parties": ["did:web:cn.example", "did:web:de.example"],
    }


def test_a_paper_that_is_named_twice_is_one(policy):
    assert len(terms.papers_named(policy(named(), {"and": [named()]}), NOW)) == 1


def test_an_agreement_that_names_no_papers_has_none(policy):
    assert terms.papers_named(policy(purposes("eq", "urn:x")), NOW) == ()
    bare = papers_constraint([paper_reference("cn/standard-contract", DIGEST)])
    [paper] = terms.papers_named(policy(bare), NOW)
    assert paper.details == {"parties": ["did:web:cn.example", "did:web:de.example"]}


def paper(**details):
    return PaperRecord("p", "cn/standard-contract", DIGEST, details, NOW)


def test_a_paper_is_valid_from_its_first_day_through_its_last():
    held = terms.held_paper(paper(valid_from="2026-11-10", valid_to="2026-11-30"))
    assert not held.valid_at(datetime(2026, 11, 9, 23, 59, 59, tzinfo=UTC))
    assert held.valid_at(datetime(2026, 11, 10, tzinfo=UTC))
    assert held.valid_at(datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC))
    assert not held.valid_at(datetime(2026, 12, 1, tzinfo=UTC))


def test_where_no_first_day_is_stated_the_day_of_its_effect_counts():
    assert terms.held_paper(paper(effective="2026-12-01")).valid_from == datetime(2026, 12, 1, tzinfo=UTC)
    both = terms.held_paper(paper(effective="2026-12-01", valid_from="2027-01-01"))
    assert both.valid_from == datetime(2027, 1, 1, tzinfo=UTC)


def test_a_paper_without_days_is_valid_unless_it_is_revoked():
    assert terms.held_paper(paper()).valid_at(NOW)
    assert not terms.held_paper(a.paper(revoked=NOW)).valid_at(NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["permission", "prohibition", "obligation", "profile", "conflict"]), JSON))
def test_no_rules_from_outside_break_the_reading(body):
    agreement = Agreement("urn:a1", body, "orders", "did:web:cn.example", "did:web:de.example", NOW)
    with suppress(CorridorError):
        terms.papers_named(terms.policy_of(agreement), NOW)
