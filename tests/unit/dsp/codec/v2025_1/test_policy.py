from __future__ import annotations

import copy
from datetime import UTC, datetime

import pytest

from corridor.base.errors import LocalError, MalformedError, TooLargeError
from corridor.dsp.codec.limits import CodecLimits
from corridor.dsp.codec.v2025_1.policy import (
    check_body,
    read_agreement,
    read_offer,
    write_agreement,
    write_catalog_offer,
    write_offer,
)
from corridor.dsp.codec.v2025_1.reader import Node

LIMITS = CodecLimits()
ATOM = {"leftOperand": "purpose", "operator": "eq", "rightOperand": "research"}
FULL = {
    "profile": ["https://w3id.org/example/profile"],
    "permission": [
        {
            "action": "use",
            "constraint": [ATOM, {"or": [ATOM, {"and": [ATOM, ATOM]}]}],
            "duty": [{"action": "delete", "constraint": [ATOM]}],
            "x:note": {"kept": [1, None, True]},
        }
    ],
    "prohibition": [{"action": "transfer"}],
    "obligation": [{"action": "inform"}],
    "x:member": "kept",
}


def checked(limits=LIMITS, **body):
    return check_body(body, "$.offer", limits)


def permission(**rule):
    return checked(permission=[{"action": "use", **rule}])


def constraint(**members):
    return permission(constraint=[members])


def fault(call):
    with pytest.raises((MalformedError, TooLargeError)) as caught:
        call()
    return caught.value.place


def offer_node(**changes):
    return Node({"@id": "o", "@type": "Offer", "permission": [{"action": "use"}], **changes}, "$.offer", LIMITS)


def test_a_policy_goes_through_verbatim():
    before = copy.deepcopy(FULL)
    assert checked(**FULL) == before
    assert before == FULL, "what was given is not changed"


def test_the_envelope_is_not_part_of_the_body(talk):
    envelope = {"target": "d", "assigner": "a", "assignee": "b", "timestamp": "t", "@context": "c", "@id": "i"}
    assert checked(permission=[{"action": "use"}], **envelope) == {"permission": [{"action": "use"}]}


def test_one_rule_or_constraint_alone_becomes_a_list():
    body = checked(permission={"action": "use", "constraint": {"xone": ATOM}, "duty": {"action": "inform"}})
    assert body == {"permission": [{"action": "use", "constraint": [{"xone": [ATOM]}], "duty": [{"action": "inform"}]}]}


def test_empty_lists_are_left_out():
    body = checked(permission=[{"action": "use", "constraint": [], "duty": []}], prohibition=[], obligation=[])
    assert body == {"permission": [{"action": "use"}]}


@pytest.mark.parametrize("body", [{}, {"permission": []}, {"obligation": [{"action": "inform"}]}, {"permission": None}])
def test_a_policy_needs_a_permission_or_a_prohibition(body):
    assert fault(lambda: checked(**body)) == "$.offer"


def test_a_prohibition_alone_is_a_policy():
    assert checked(prohibition=[{"action": "use"}])


@pytest.mark.parametrize("action", [None, "", 5, {"@id": "odrl:use"}, ["use"]])
def test_an_action_is_a_text(action):
    assert fault(lambda: checked(permission=[{"action": "use"}, {"action": action}])) == "$.offer.permission[1].action"


@pytest.mark.parametrize("rule", ["use", 5, None, ["use"], []])
def test_a_rule_is_an_object(rule):
    assert fault(lambda: checked(permission=[rule])) == "$.offer.permission[0]"


def test_a_duty_is_checked_as_a_rule():
    assert fault(lambda: permission(duty=[{"action": 5}])) == "$.offer.permission[0].duty[0].action"


@pytest.mark.parametrize("right", [5, 5.0, True, 10**30])
def test_a_right_operand_is_never_a_number(right):
    with pytest.raises(MalformedError):
        constraint(leftOperand="count", operator="lt", rightOperand=right)


@pytest.mark.parametrize("right", ["5", {"@value": "5", "@type": "xsd:integer"}, ["a", "b"], "", []])
def test_a_right_operand_is_a_text_an_object_or_a_list(right):
    assert constraint(leftOperand="count", operator="lt", rightOperand=right)


def test_the_remedy_says_how_to_write_a_number():
    with pytest.raises(MalformedError, match="as a string") as caught:
        constraint(leftOperand="count", operator="lt", rightOperand=5)
    assert caught.value.place == "$.offer.permission[0].constraint[0].rightOperand"


@pytest.mark.parametrize("operator", ["equals", "odrl:eq", "EQ", 5, ""])
def test_an_operator_is_one_of_the_protocol(operator):
    place = fault(lambda: constraint(leftOperand="count", operator=operator, rightOperand="5"))
    assert place == "$.offer.permission[0].constraint[0].operator"


@pytest.mark.parametrize("missing", ["leftOperand", "operator", "rightOperand"])
def test_an_atomic_constraint_has_three_parts(missing):
    place = fault(lambda: constraint(**{name: value for name, value in ATOM.items() if name != missing}))
    assert place == f"$.offer.permission[0].constraint[0].{missing}"


@pytest.mark.parametrize("members", [{}, {"and": [ATOM], **ATOM}, {"and": [ATOM], "or": [ATOM]}, {"x:other": 1}])
def test_a_constraint_is_either_atomic_or_logical(members):
    assert fault(lambda: constraint(**members)) == "$.offer.permission[0].constraint[0]"


def test_a_logical_constraint_is_not_empty():
    assert fault(lambda: constraint(**{"or": []})) == "$.offer.permission[0].constraint[0]"


def test_a_fault_deep_inside_has_its_whole_path():
    place = fault(lambda: constraint(**{"or": [ATOM, {"and": [ATOM, {**ATOM, "operator": "?"}]}]}))
    assert place == "$.offer.permission[0].constraint[0].or[1].and[1].operator"


def test_constraints_nest_only_so_deep():
    nested = ATOM
    for _ in range(LIMITS.constraint_depth):
        nested = {"and": [nested]}
    with pytest.raises(TooLargeError, match="levels deep"):
        constraint(**nested)


def test_constraints_are_counted_over_all_rules():
    limits = CodecLimits(constraints=3)
    rule = {"action": "use", "constraint": [ATOM, ATOM]}
    assert checked(limits, permission=[rule])
    with pytest.raises(TooLargeError, match="at most 3 constraints"):
        checked(limits, permission=[rule, rule])


def test_rules_are_limited():
    with pytest.raises(TooLargeError, match=r"\$\.offer\.permission"):
        checked(permission=[{"action": "use"}] * (LIMITS.rules + 1))


def test_a_policy_has_a_size():
    with pytest.raises(TooLargeError, match="bytes"):
        checked(permission=[{"action": "use"}], note="x" * LIMITS.policy_bytes)


def test_a_policy_from_ourselves_nests_only_so_deep():
    nested = {}
    for _ in range(10_000):
        nested = {"a": nested}
    with pytest.raises(TooLargeError):
        checked(permission=[{"action": "use"}], note=nested)


@pytest.mark.parametrize("value", [1.5, 10**20, "\ud800"])
def test_a_policy_without_a_canonical_form_is_refused_because_it_could_not_be_signed(value):
    with pytest.raises(MalformedError, match="canonical form"):
        checked(permission=[{"action": "use", "note": value}])


def test_a_profile_is_one_text_or_several():
    assert checked(permission=[{"action": "use"}], profile="p")["profile"] == "p"
    assert fault(lambda: checked(permission=[{"action": "use"}], profile=["p", 5])) == "$.offer.profile[1]"


def test_an_offer_has_its_type_and_its_id():
    assert read_offer(offer_node()).id == "o"
    assert fault(lambda: read_offer(offer_node(**{"@type": "Agreement"}))) == "$.offer.@type"
    assert fault(lambda: read_offer(offer_node(**{"@id": None}))) == "$.offer.@id"
    assert fault(lambda: read_offer(offer_node(target={"@id": "d"}))) == "$.offer.target"


def test_an_offer_may_leave_its_parties_and_target_open():
    offer = read_offer(offer_node())
    assert (offer.target, offer.assigner, offer.assignee) == (None, None, None)
    named = read_offer(offer_node(target="d", assigner="a", assignee="b"))
    assert (named.target, named.assigner, named.assignee) == ("d", "a", "b")


def test_an_offer_in_a_message_has_a_target_and_one_in_a_catalogue_has_none(talk):
    assert write_offer(talk.offer(), LIMITS)["target"] == talk.dataset
    assert "target" not in write_catalog_offer(talk.offer(), LIMITS, place="$")
    with pytest.raises(LocalError, match="target"):
        write_offer(talk.offer(target=None), LIMITS)


def test_a_number_is_not_sent_either(talk):
    body = {"permission": [{"action": "use", "constraint": [{**ATOM, "rightOperand": 5}]}]}
    with pytest.raises(MalformedError):
        write_offer(talk.offer(body=body), LIMITS)


def agreement_node(**changes):
    members = {"@id": "g", "@type": "Agreement", "target": "d", "assigner": "a", "assignee": "b"}
    members |= {"timestamp": "2026-11-22T10:00:00Z", "permission": [{"action": "use"}]}
    return Node(members | changes, "$.agreement", LIMITS)


@pytest.mark.parametrize("missing", ["@id", "@type", "target", "assigner", "assignee", "timestamp"])
def test_an_agreement_says_everything(missing):
    assert fault(lambda: read_agreement(agreement_node(**{missing: None}))) == f"$.agreement.{missing}"


@pytest.mark.parametrize("timestamp", ["2026-11-22T10:00:00", "yesterday", 5, "2026-02-30T10:00:00Z"])
def test_a_timestamp_has_a_time_zone(timestamp):
    assert fault(lambda: read_agreement(agreement_node(timestamp=timestamp))) == "$.agreement.timestamp"


def test_a_timestamp_with_nanoseconds_is_read_to_the_microsecond():
    agreement = read_agreement(agreement_node(timestamp="2026-11-22T10:00:00.123456789Z"))
    assert agreement.timestamp == datetime(2026, 11, 22, 10, 0, 0, 123456, tzinfo=UTC)


def test_a_timestamp_is_written_in_utc(talk):
    assert write_agreement(talk.agreement(), LIMITS)["timestamp"] == "2026-11-22T10:00:00Z"
