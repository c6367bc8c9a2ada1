from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import MalformedError
from corridor.base.truth import Truth
from corridor.odrl.amend import with_constraint
from corridor.odrl.compare import agreement_honours_offer, at_least_as_restrictive, differences
from corridor.odrl.model import PolicyKind
from corridor.odrl.parse import parse_policy
from corridor.odrl.wire import ODRL, XSD

COUNT = {"leftOperand": "count", "operator": "lteq", "rightOperand": "5"}
PLACE = {"leftOperand": "spatial", "operator": "isAnyOf", "rightOperand": ["DE", "CN"]}
TIME = {"leftOperand": "dateTime", "operator": "lt", "rightOperand": "2027-01-01T00:00:00Z"}
PARTIES = {"target": "urn:d", "assigner": "did:web:p", "assignee": "did:web:c"}
OFFER = {
    "@type": "Offer",
    "@id": "urn:offer:1",
    "target": "urn:d",
    "permission": [
        {"action": "use", "constraint": [COUNT, PLACE], "duty": [{"action": "inform", "@id": "urn:duty:1"}]},
        {"action": "transfer"},
    ],
    "prohibition": [{"action": "print", "constraint": [TIME]}],
    "obligation": [{"action": "delete", "constraint": [TIME]}],
}
AGREEMENT = {**OFFER, **PARTIES, "@type": "Agreement", "@id": "urn:agreement:1", "timestamp": "2026-11-22T10:00:00Z"}


def obstacles(agreement, offer=OFFER, **options):
    decision = agreement_honours_offer(offer, agreement, **options)
    return [(reason.code, reason.citation.pin) for reason in decision.obstacles]


def edited(**members):
    return {**AGREEMENT, **members}


def test_an_agreement_that_repeats_the_offer_honours_it():
    decision = agreement_honours_offer(OFFER, AGREEMENT)
    assert decision.allowed
    assert all(reason.holds is Truth.TRUE for reason in decision.reasons)


def test_order_and_spelling_do_not_count():
    respelled = edited(
        permission=[
            {"odrl:action": {"@id": ODRL + "transfer"}},
            {
                "action": "odrl:use",
                "constraint": [
                    {**PLACE, "rightOperand": [{"@id": "https://w3id.org/dpv/loc#CN"}, "DE"]},
                    {**COUNT, "rightOperand": {"@value": "5", "@type": XSD + "integer"}},
                ],
                "duty": {"action": "inform"},
            },
        ],
        obligation={
            "action": "delete",
            "constraint": {**TIME, "rightOperand": {"@value": "2027-01-01T08:00:00+08:00", "@type": XSD + "dateTime"}},
        },
    )
    assert obstacles(respelled) == []


def test_added_constraints_are_allowed_and_told():
    decision = agreement_honours_offer(OFFER, with_constraint(AGREEMENT, TIME))
    assert decision.allowed
    assert any(reason.text.endswith("kept with 1 more constraint") for reason in decision.reasons)


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"permission": OFFER["permission"][:1]}, "odrl.permission"),
        ({"permission": [*OFFER["permission"], {"action": "sell"}]}, "odrl.permission"),
        (
            {"permission": [{**OFFER["permission"][0], "constraint": [PLACE]}, {"action": "transfer"}]},
            "odrl.permission",
        ),
        ({"permission": [{**OFFER["permission"][0], "duty": []}, {"action": "transfer"}]}, "odrl.permission"),
        ({"prohibition": []}, "odrl.prohibition"),
        ({"prohibition": [{"action": "print"}]}, "odrl.prohibition"),
        ({"prohibition": [*OFFER["prohibition"], {"action": "play"}]}, "odrl.prohibition"),
        ({"obligation": []}, "odrl.obligation"),
        ({"obligation": [*OFFER["obligation"], {"action": "inform"}]}, "odrl.obligation"),
        ({"target": "urn:e"}, "odrl.target"),
        ({"conflict": "perm"}, "odrl.conflict"),
        ({"profile": "urn:corridor:border:"}, "odrl.profile"),
    ],
)
def test_nothing_is_taken_away_and_nothing_else_added(members, code):
    found = obstacles(edited(**members))
    assert code in {found_code for found_code, _ in found}


def test_a_value_that_was_changed_is_found():
    loose = {**COUNT, "rightOperand": "500"}
    found = obstacles(
        edited(permission=[{**OFFER["permission"][0], "constraint": [loose, PLACE]}, {"action": "transfer"}])
    )
    assert found == [("odrl.permission", "$.permission[0]")] * 2


def test_an_offer_that_names_its_parties_holds_the_agreement_to_them():
    offer = {**OFFER, "assigner": "did:web:p", "assignee": "did:web:someone-else"}
    assert ("odrl.assignee", "$.assignee") in obstacles(AGREEMENT, offer)


def test_an_offer_out_of_a_catalogue_needs_to_be_told_its_target():
    offer = {name: value for name, value in OFFER.items() if name != "target"}
    assert obstacles(AGREEMENT, offer, target="urn:d") == []
    assert ("odrl.target", "$.target") in obstacles(AGREEMENT, offer, target="urn:e")
    assert ("odrl.target", "$.target") in obstacles(AGREEMENT, offer)


def test_bodies_are_compared_where_the_protocol_states_target_and_parties_apart():
    apart = ("@id", "@type", "target", "assigner", "assignee", "timestamp")
    offer, agreement = ({k: v for k, v in body.items() if k not in apart} for body in (OFFER, AGREEMENT))
    assert obstacles(agreement, offer) == []
    assert obstacles(with_constraint(agreement, TIME), offer) == []
    assert ("odrl.target", "$.target") in obstacles(agreement, OFFER)


@pytest.mark.parametrize(("offer", "agreement"), [({}, AGREEMENT), (OFFER, {}), (OFFER, OFFER), ([], AGREEMENT)])
def test_what_is_no_policy_is_refused(offer, agreement):
    with pytest.raises(MalformedError):
        agreement_honours_offer(offer, agreement)


def parsed(body):
    return parse_policy({"permission": [{"action": "use"}], **body}, kind=PolicyKind.SET)


def constrained(constraint):
    return parsed({"permission": [{"action": "use", "constraint": [constraint]}]})


@pytest.mark.parametrize(("connective", "same"), [("and", True), ("or", True), ("xone", True), ("andSequence", False)])
def test_the_order_in_a_joined_constraint_counts_only_in_a_sequence(connective, same):
    one, other = constrained({connective: [COUNT, PLACE]}), constrained({connective: [PLACE, COUNT]})
    assert (differences(one, other) == ()) is same


def test_exactly_one_of_the_same_twice_is_another_constraint():
    assert differences(constrained({"xone": [COUNT, COUNT]}), constrained({"xone": [COUNT]}))


def test_differences_are_told_for_both_sides():
    one = parsed({"permission": [{"action": "use"}, {"action": "sell"}], "conflict": "perm"})
    other = parsed({"permission": [{"action": "use"}], "prohibition": [{"action": "print"}]})
    assert [(reason.code, reason.text) for reason in differences(one, other)] == [
        ("odrl.conflict", "the conflict is `invalid` instead of `perm`"),
        ("odrl.permission", "the permission to `sell` was taken away"),
        ("odrl.prohibition", "the prohibition to `print` was added"),
    ]
    assert differences(one, one) == ()


def test_permissions_that_could_be_paired_in_two_ways_are_paired_in_the_one_that_fits():
    rules = [{"action": "use", "constraint": [COUNT]}, {"action": "use", "constraint": [COUNT, PLACE]}]
    template = parsed({"permission": [{"action": "use"}, rules[0]]})
    assert at_least_as_restrictive(template, parsed({"permission": rules})).allowed
    assert at_least_as_restrictive(template, parsed({"permission": rules[::-1]})).allowed
    assert not at_least_as_restrictive(parsed({"permission": rules}), template).allowed


def test_two_hundred_alike_permissions_are_compared_in_good_time():
    policy = parsed({"permission": [{"action": "use", "constraint": [COUNT]}] * 200})
    started = time.process_time()
    assert at_least_as_restrictive(policy, policy).allowed
    assert time.process_time() - started < 5


atoms = st.sampled_from([COUNT, PLACE, TIME])
permissions = st.lists(
    st.builds(
        lambda action, parts: {"action": action, "constraint": parts}, st.sampled_from(["use", "read"]), st.lists(atoms)
    ),
    min_size=1,
    max_size=4,
)


@given(permissions, st.randoms(use_true_random=False), st.lists(atoms, max_size=2))
def test_a_policy_is_honoured_by_itself_shuffled_and_with_constraints_added(rules, chance, added):
    body = {"permission": chance.sample(rules, len(rules))}
    assert differences(parsed({"permission": rules}), parsed(body)) == ()
    for constraint in added:
        body = with_constraint(body, constraint)
    assert at_least_as_restrictive(parsed({"permission": rules}), parsed(body)).allowed
