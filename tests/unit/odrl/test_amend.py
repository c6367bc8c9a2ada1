from __future__ import annotations

import copy

import pytest

from corridor.base.errors import MalformedError
from corridor.odrl.amend import with_constraint
from corridor.odrl.compare import at_least_as_restrictive
from corridor.odrl.model import PolicyKind
from corridor.odrl.papers import paper_reference, papers_constraint
from corridor.odrl.parse import parse_policy
from corridor.odrl.wire import ODRL

COUNT = {"leftOperand": "count", "operator": "lteq", "rightOperand": "5"}
PAPERS = papers_constraint([paper_reference("cn/standard-contract", "sha-256:" + "ab" * 32)])


def parsed(body):
    return parse_policy(body, kind=PolicyKind.AGREEMENT)


def test_every_permission_gets_the_constraint_and_nothing_else_changes(agreement):
    body = agreement(COUNT, prohibition=[{"action": "print"}], obligation=[{"action": "inform"}])
    body["permission"].append({"action": "read", "duty": [{"action": "delete"}]})
    amended = with_constraint(body, PAPERS)
    assert [permission["constraint"] for permission in amended["permission"]] == [[COUNT, PAPERS], [PAPERS]]
    assert amended["permission"][1]["duty"] == body["permission"][1]["duty"]
    assert {**amended, "permission": None} == {**body, "permission": None}


def test_the_body_that_was_given_stays_as_it_is(agreement):
    body = agreement(COUNT)
    before = copy.deepcopy(body)
    with_constraint(body, PAPERS)
    assert body == before


def test_what_comes_out_is_at_least_as_restrictive(agreement):
    body = agreement(COUNT)
    assert at_least_as_restrictive(parsed(body), parsed(with_constraint(body, PAPERS))).allowed
    assert not at_least_as_restrictive(parsed(with_constraint(body, PAPERS)), parsed(body)).allowed


@pytest.mark.parametrize("present", [None, COUNT, [COUNT], {"@list": [COUNT]}])
def test_a_constraint_joins_those_that_are_there_in_any_shape(agreement, present):
    (permission,) = with_constraint(agreement(permission={"constraint": present}), PAPERS)["permission"]
    assert permission["constraint"] == [*([] if present is None else [COUNT]), PAPERS]


@pytest.mark.parametrize("prefix", ["odrl:", ODRL])
def test_names_keep_their_spelling(prefix):
    body = {prefix + "permission": {prefix + "action": "use", prefix + "constraint": COUNT}}
    assert with_constraint(body, PAPERS) == {
        prefix + "permission": [{prefix + "action": "use", prefix + "constraint": [COUNT, PAPERS]}]
    }


def test_without_a_permission_there_is_nothing_to_restrict():
    body = {"prohibition": [{"action": "use"}]}
    assert with_constraint(body, PAPERS) == body


@pytest.mark.parametrize("body", [None, [], {"permission": ["urn:rule:1"]}, {"permission": [None]}])
def test_what_is_no_object_cannot_be_amended(body):
    with pytest.raises(MalformedError, match="expected an object"):
        with_constraint(body, PAPERS)
