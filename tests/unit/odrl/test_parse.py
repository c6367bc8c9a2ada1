from __future__ import annotations

import copy
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import CorridorError, MalformedError, TooLargeError
from corridor.odrl.model import Conflict, Policy, PolicyKind
from corridor.odrl.operands import CORE, fact_operand
from corridor.odrl.parse import parse_policy
from corridor.odrl.wire import ODRL, PolicyLimits

USE = {"action": "use"}


def offer(**members):
    return {"@type": "Offer", "@id": "urn:offer:1", "permission": [USE], **members}


def parse(body, **options):
    return parse_policy(body, **({"kind": PolicyKind.OFFER} | options))


def refusal(body, **options):
    with pytest.raises(MalformedError) as caught:
        parse(body, **options)
    return caught.value


def expanded(value):
    """The same policy as another processor may send it: full IRIs, everything in lists, names as `@id`."""
    if isinstance(value, dict):
        return {
            name if name.startswith("@") else ODRL + name: member if name.startswith("@") else expanded(member)
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [expanded(item) for item in value]
    return [{"@id": value}] if ":" in value else [{"@id": ODRL + value}]


def test_an_offer_of_one_permission_is_read():
    policy = parse(offer(), target="urn:d", assigner="did:web:p")
    (permission,) = policy.permissions
    assert (permission.action, permission.target, permission.assigner, permission.assignee) == (
        "use",
        "urn:d",
        "did:web:p",
        None,
    )
    assert (policy.uid, policy.kind, policy.conflict) == ("urn:offer:1", PolicyKind.OFFER, Conflict.INVALID)
    assert permission.path == "$.permission[0]"


def test_every_spelling_of_the_names_means_the_same(agreement, atom):
    plain = agreement(atom("purpose", "isAnyOf", ["urn:p:a", "urn:p:b"]), prohibition=[{"action": "distribute"}])
    assert parse(expanded(plain), kind=PolicyKind.AGREEMENT) == parse(plain, kind=PolicyKind.AGREEMENT)


def test_a_single_rule_need_not_stand_in_a_list():
    assert parse(offer(permission=USE)).permissions == parse(offer()).permissions


def test_rules_keep_their_sort_and_order(atom):
    policy = parse(
        offer(
            permission=[{"action": "read"}, {"action": "print"}],
            prohibition=[{"action": "distribute", "constraint": atom("spatial", "neq", "DE")}],
            obligation=[{"action": "inform", "@id": "urn:duty:1"}],
        )
    )
    assert [rule.action for rule in policy.permissions] == ["read", "print"]
    assert policy.prohibitions[0].constraints[0].path == "$.prohibition[0].constraint[0]"
    assert policy.obligations[0].key == "urn:duty:1"


def test_deprecated_actions_are_kept_under_their_new_names():
    assert parse(offer(permission=[{"action": "odrl:copy"}])).permissions[0].action == "reproduce"


def test_duties_belong_to_their_permission_and_to_no_party_around_it():
    policy = parse(offer(permission=[{"action": "use", "duty": [{"action": "delete"}]}]), assignee="did:web:c")
    (duty,) = policy.permissions[0].duties
    assert (duty.action, duty.assignee, duty.key) == ("delete", None, "$.permission[0].duty[0]")


def test_a_rule_may_repeat_what_stands_around_it_and_may_not_contradict_it():
    assert parse(offer(target="urn:d", permission=[{**USE, "target": "urn:d"}])).permissions[0].target == "urn:d"
    fault = refusal(offer(target="urn:d", permission=[{**USE, "target": "urn:e"}]))
    assert fault.place == "$.permission[0].target"
    assert "`urn:e`" in fault.message
    assert refusal(offer(target="urn:d"), target="urn:e").place == "$.target"


def test_a_rule_may_have_a_target_of_its_own():
    policy = parse(offer(permission=[{**USE, "target": {"@id": "urn:x"}}, {**USE, "target": "urn:y"}]))
    assert [rule.target for rule in policy.permissions] == ["urn:x", "urn:y"]


@pytest.mark.parametrize("side", ["target", "assigner", "assignee"])
def test_an_agreement_states_its_asset_and_both_parties(agreement, side):
    body = agreement()
    del body[side]
    assert refusal(body, kind=PolicyKind.AGREEMENT).place == f"$.{side}"
    assert parse(body, kind=PolicyKind.AGREEMENT, **{side: "urn:x"})
    assert getattr(parse(body, kind=PolicyKind.AGREEMENT, complete=False), side) is None


@pytest.mark.parametrize("kind", ["Agreement", "odrl:Set", ODRL + "Request"])
def test_a_policy_of_another_type_is_refused(kind):
    assert refusal(offer(**{"@type": kind})).place == "$['@type'][0]"


def test_a_type_may_be_absent_or_several():
    assert parse({"permission": [USE]})
    assert parse(offer(**{"@type": ["odrl:Policy", "odrl:Offer"]}))


def test_an_unknown_profile_stops_everything():
    fault = refusal(offer(profile="https://w3id.org/catenax/2025/9/policy/", permission=[{"action": "fly"}]))
    assert fault.place == "$.profile"
    assert "catenax" in fault.message


def test_known_profiles_are_kept_in_order():
    registry = CORE.extended([], ["urn:z", "urn:a"])
    assert parse(offer(profile=["urn:z", {"@id": "urn:a"}]), registry=registry).profiles == ("urn:a", "urn:z")


def test_a_conflict_strategy_is_read_and_an_unknown_one_refused():
    assert parse(offer(conflict="odrl:perm")).conflict is Conflict.PERM
    assert refusal(offer(conflict="toss")).place == "$.conflict"


def test_an_operand_that_nobody_can_evaluate_is_refused_by_name(atom):
    fault = refusal(offer(permission=[{**USE, "constraint": [atom("urn:x:mood", "eq", "good")]}]))
    assert "`urn:x:mood`" in fault.message
    assert fault.place == "$.permission[0].constraint[0].leftOperand"


def test_a_registry_may_know_more(atom):
    registry = CORE.extended([fact_operand("urn:x:mood", "a survey")])
    body = offer(permission=[{**USE, "constraint": [atom("urn:x:mood", "eq", "good")]}])
    assert parse(body, registry=registry).permissions[0].constraints[0].left == "urn:x:mood"


@pytest.mark.parametrize("action", ["fly", "lend", "urn:x:fly", ODRL + "secondaryUse"])
def test_an_unknown_action_is_refused_by_name(action):
    fault = refusal(offer(permission=[{"action": action}]))
    assert fault.place == "$.permission[0].action"
    assert "is not known here" in fault.message


@pytest.mark.parametrize("actions", [[], None, ["use", "read"]])
def test_a_rule_has_one_action(actions):
    assert "one action" in refusal(offer(permission=[{"action": actions}])).message


def test_refinements_are_refused():
    action = [{"rdf:value": {"@id": "odrl:print"}, "refinement": []}]
    assert "`refinement` is not supported" in refusal(offer(permission=[{"action": action}])).message
    collection = {"@type": "AssetCollection", "source": "urn:x"}
    assert "collections are not supported" in refusal(offer(target=collection)).message


@pytest.mark.parametrize(
    ("members", "place"),
    [
        ({"inheritFrom": "urn:x"}, "$.inheritFrom"),
        ({"prohibition": [{"action": "use", "remedy": [{"action": "delete"}]}]}, "$.prohibition[0].remedy"),
        ({"obligation": [{"action": "delete", "consequence": {"action": "inform"}}]}, "$.obligation[0].consequence"),
        ({"prohibition": [{"action": "use", "duty": []}]}, "$.prohibition[0]"),
        ({"permission": [{"action": "use", "relation": "urn:x"}]}, "$.permission[0]"),
        ({"action": "use"}, "$"),
    ],
)
def test_what_would_be_ignored_is_refused(members, place):
    assert refusal(offer(**members)).place == place


def test_the_constraints_of_a_duty_are_a_plain_conjunction(atom):
    before = atom("dateTime", "lteq", "2027-01-01Z")
    either = {"or": [before, atom("count", "lt", "3")]}
    fault = refusal(offer(obligation=[{"action": "delete", "constraint": [{"and": [before, either]}]}]))
    assert fault.place == "$.obligation[0].constraint[0].and[1]"
    assert parse(offer(obligation=[{"action": "delete", "constraint": [{"and": [before]}]}]))


def test_two_duties_are_told_apart():
    duty = {"action": "delete", "@id": "urn:duty"}
    assert "`urn:duty`" in refusal(offer(obligation=[duty, duty])).message


@pytest.mark.parametrize("body", [{}, {"permission": []}, {"permission": None, "prohibition": []}])
def test_a_policy_without_a_rule_is_refused(body):
    assert "without a rule" in refusal(body).message


@pytest.mark.parametrize("body", [None, [], "urn:x", 7])
def test_what_is_no_object_is_no_policy(body):
    assert refusal(body).place == "$"


def test_rules_are_bounded():
    with pytest.raises(TooLargeError, match="200 rules"):
        parse(offer(permission=[USE] * 201))
    with pytest.raises(TooLargeError, match="3 rules"):
        parse(offer(permission=[{**USE, "duty": [USE] * 3}]), limits=PolicyLimits(rules=3))


def test_the_first_fault_is_the_one_that_is_told():
    body = offer(permission=[USE, {"action": "fly", "constraint": [{}]}], obligation=[{"action": "dance"}])
    assert refusal(body).place == "$.permission[1].action"


def test_what_was_read_is_untouched(agreement, atom):
    body = agreement(atom("spatial", "isPartOf", "EU"))
    before = copy.deepcopy(body)
    parse(body, kind=PolicyKind.AGREEMENT)
    assert body == before


def test_the_timestamp_of_an_agreement_belongs_to_the_protocol(agreement):
    assert parse(agreement(timestamp="2026-11-22T10:00:00Z"), kind=PolicyKind.AGREEMENT)


NAMES = """
    @id @type @value permission prohibition obligation duty action constraint leftOperand operator rightOperand and or
    xone target assignee profile conflict odrl:action use read lt eq isAnyOf dateTime count spatial EU 5
    2027-01-01T00:00:00Z urn:x
"""
names = st.sampled_from(NAMES.split())
policies = st.recursive(
    st.none() | st.booleans() | st.integers() | names | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5),
    max_leaves=25,
)


@given(policies)
def test_whatever_comes_a_policy_is_read_or_refused(body):
    with suppress(CorridorError):
        assert isinstance(parse(body), Policy)
