from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.truth import Truth
from corridor.odrl.actions import ACTIONS
from corridor.odrl.evaluate import action_name, compile_policy
from corridor.odrl.model import PolicyKind
from corridor.odrl.operands import PAPERS
from corridor.odrl.papers import paper_reference, papers_constraint
from corridor.odrl.parse import parse_policy
from corridor.odrl.world import DutyState, HeldPaper, World

TRUE, UNKNOWN, FALSE = Truth.TRUE, Truth.UNKNOWN, Truth.FALSE
DIGEST = "sha-256:" + "ab" * 32


def test_what_is_permitted_is_allowed_and_all_else_is_not(agreement, compiled, world):
    program = compiled(agreement(permission={"action": "play"}))
    assert program.decide("play", world()) is TRUE
    assert program.decide("display", world()) is TRUE
    assert program.decide("use", world()) is FALSE
    assert program.decide("transfer", world()) is FALSE
    assert program.decide("fly", world()) is FALSE


def test_only_the_assignee_may_and_only_with_the_target(agreement, compiled, world):
    program = compiled(agreement())
    assert program.decide("use", world(assignee="did:web:other.example")) is FALSE
    assert program.decide("use", world(target="urn:dataset:other")) is FALSE
    assert program.decide("use", world(assignee=None)) is UNKNOWN


def test_an_offer_decides_as_if_it_were_agreed(world):
    policy = parse_policy({"permission": [{"action": "use"}]}, kind=PolicyKind.OFFER)
    assert compile_policy(policy).decide("use", World(world().now)) is TRUE


def test_all_constraints_must_hold(agreement, atom, compiled, world):
    program = compiled(agreement(atom("spatial", "isPartOf", "EU"), atom("count", "lteq", "2")))
    assert program.decide("use", world(country="DE", counts={"use": 1})) is TRUE
    assert program.decide("use", world(country="DE", counts={"use": 2})) is FALSE
    assert program.decide("use", world(country="CN", counts={})) is FALSE


def test_an_unknown_constraint_makes_a_permission_unknown_unless_another_fails(agreement, atom, compiled, world):
    program = compiled(agreement(atom("spatial", "isPartOf", "EU"), atom("count", "lteq", "2")))
    assert program.decide("use", world(counts={})) is UNKNOWN
    assert program.decide("use", world(counts={"use": 9})) is FALSE
    assert not program.explain("use", world(counts={})).allowed


def test_a_prohibition_beats_a_permission_where_both_cover(agreement, compiled, world):
    program = compiled(agreement(prohibition=[{"action": "print"}]))
    assert program.decide("print", world()) is FALSE
    assert program.decide("read", world()) is TRUE


def test_a_prohibition_that_may_apply_is_not_passed_over(agreement, atom, compiled, world):
    abroad = {"action": "distribute", "constraint": [atom("spatial", "isNoneOf", ["EU"])]}
    program = compiled(agreement(prohibition=[abroad]))
    for country, answer in {"DE": TRUE, "CN": FALSE, None: UNKNOWN}.items():
        assert program.decide("distribute", world(country=country)) is answer
        assert program.explain("distribute", world(country=country)).verdict is answer


def test_a_prohibition_needs_all_of_its_constraints(agreement, atom, compiled, world):
    both = [atom("spatial", "eq", "CN"), atom("count", "gt", "5")]
    program = compiled(agreement(prohibition=[{"action": "use", "constraint": both}]))
    assert program.decide("use", world(country="CN", counts={})) is TRUE
    assert program.decide("use", world(country="CN", counts={"use": 5})) is FALSE


def test_the_policy_may_let_the_permission_win(agreement, atom, compiled, world):
    body = agreement(atom("count", "lteq", "5"), prohibition=[{"action": "use"}], conflict="perm")
    program = compiled(body)
    assert program.decide("use", world(counts={})) is TRUE
    assert program.decide("use", world()) is UNKNOWN
    assert program.explain("use", world(counts={})).allowed
    assert "overrides" in program.explain("use", world(counts={})).reasons[1].text
    assert program.explain("use", world()).verdict is UNKNOWN
    assert compiled({**body, "conflict": "invalid"}).decide("use", world(counts={})) is FALSE


def test_one_permission_is_enough(agreement, atom, compiled, world):
    body = agreement(atom("spatial", "eq", "DE"))
    body["permission"].append({"action": "read", "constraint": [atom("spatial", "eq", "CN")]})
    program = compiled(body)
    assert program.decide("read", world(country="CN")) is TRUE
    assert program.decide("read", world()) is UNKNOWN
    assert program.decide("use", world(country="CN")) is FALSE


def test_a_duty_comes_first_when_duties_are_strict(agreement, compiled, world):
    body = agreement(permission={"duty": [{"action": "compensate", "@id": "urn:duty:pay"}]})
    paid, unpaid = world(duties={"urn:duty:pay": DutyState.FULFILLED}), world(duties={})
    assert compiled(body).decide("use", paid) is TRUE
    assert compiled(body).decide("use", unpaid) is FALSE
    assert compiled(body, strict=False).decide("use", unpaid) is TRUE
    assert compiled(body).decide("use", world()) is UNKNOWN


def test_obligations_do_not_block_and_are_listed(agreement, atom, compiled, world):
    by = atom("dateTime", "lteq", "2027-01-31Z")
    program = compiled(agreement(obligation=[{"action": "delete", "constraint": [by]}]))
    assert program.decide("use", world(duties={})) is TRUE
    assert [duty.action for duty in program.duties()] == ["delete"]


class TestPapers:
    @pytest.fixture
    def program(self, agreement, compiled):
        paper = paper_reference("cn/standard-contract", DIGEST, valid_to=date(2028, 12, 31))
        return compiled(agreement(papers_constraint([paper])))

    def test_a_paper_on_file_opens_the_route(self, program, world):
        assert program.decide("use", world(papers={DIGEST: HeldPaper()})) is TRUE

    def test_a_missing_paper_closes_it_and_an_unknown_register_leaves_it_unknown(self, program, world):
        assert program.decide("use", world(papers={})) is FALSE
        assert program.decide("use", world()) is UNKNOWN

    def test_its_expiry_flips_the_agreement(self, program, world, now):
        flip = program.next_flip(now)
        assert flip == datetime(2029, 1, 1, tzinfo=UTC)
        assert program.decide("use", world(now=flip, papers={DIGEST: HeldPaper()})) is FALSE

    def test_the_register_may_end_it_sooner(self, program, now, days):
        register = {DIGEST: HeldPaper(valid_until=now + days(3))}
        assert program.next_flip(now, papers=register) == now + days(3)
        assert program.next_flip(now + days(3), papers=register) == datetime(2029, 1, 1, tzinfo=UTC)


def test_the_next_flip_is_the_first_after_now(agreement, atom, compiled, now):
    program = compiled(
        agreement(
            {
                "or": [
                    atom("dateTime", "gteq", "2026-12-01T00:00:00Z"),
                    atom("dateTime", "lt", "2026-01-01T00:00:00Z"),
                    atom("dateTime", "lt", "2027-06-01T00:00:00Z"),
                ]
            },
            atom("elapsedTime", "lt", "P30D"),
        )
    )
    assert program.next_flip(now) == datetime(2026, 12, 1, tzinfo=UTC)
    assert program.next_flip(now, agreed_at=now - timedelta(days=29)) == now + timedelta(days=1)
    assert program.next_flip(datetime(2026, 12, 1, tzinfo=UTC)) == datetime(2027, 6, 1, tzinfo=UTC)
    assert program.next_flip(datetime(2027, 6, 1, tzinfo=UTC)) is None


def test_what_ends_with_the_calendar_never_flips(agreement, atom, compiled, now):
    assert compiled(agreement(atom("dateTime", "lteq", "9999-12-31Z"))).next_flip(now) is None
    assert compiled(agreement()).next_flip(now) is None


def test_a_program_says_what_it_needs_to_know(agreement, atom, compiled):
    body = agreement(
        {"and": [atom("spatial", "eq", "DE"), atom("count", "lt", "9")]}, permission={"duty": [{"action": "inform"}]}
    )
    assert compiled(body).required() == {"spatial", "count", "target", "assignee", "duties"}
    bare = parse_policy({"prohibition": [{"action": "use"}]}, kind=PolicyKind.SET)
    assert compile_policy(bare).required() == frozenset()


def test_an_explanation_has_a_reason_for_every_rule_and_constraint(agreement, atom, compiled, world):
    abroad = {"action": "distribute", "constraint": [atom("spatial", "isNoneOf", ["EU"])]}
    program = compiled(agreement(atom("count", "lteq", "2"), prohibition=[abroad]))
    permitted, prohibition = program.explain("distribute", world(country="CN", counts={})).reasons
    (permission,) = permitted.because
    assert [reason.code for reason in permission.because] == [
        "odrl.action",
        "odrl.target",
        "odrl.assignee",
        "odrl.constraint",
    ]
    assert permission.because[3].text == "`count` lteq 2; found 1"
    assert prohibition.code == "odrl.prohibition"
    assert prohibition.holds is FALSE
    assert prohibition.citation.pin == "$.prohibition[0]"
    assert prohibition.text == "the prohibition to `distribute` is in force for `distribute`"


def test_an_explanation_goes_on_after_the_first_part_that_fails(agreement, atom, compiled, world):
    program = compiled(agreement(atom("count", "lteq", "2"), atom("spatial", "eq", "DE")))
    (permitted,) = program.explain("sell", world(counts={"use": 7})).obstacles
    holds = {reason.code + reason.citation.pin[-14:]: reason.holds for reason in permitted.because[0].because}
    assert list(holds.values()) == [FALSE, TRUE, TRUE, FALSE, UNKNOWN]


def test_an_action_has_one_name_in_every_spelling():
    assert action_name("odrl:use") == action_name("http://www.w3.org/ns/odrl/2/use") == action_name("use") == "use"
    assert action_name("write") == "modify"
    assert action_name("urn:x:fly") is None


def test_hostile_text_in_a_request_is_shown_safely(agreement, compiled, world):
    decision = compiled(agreement()).explain("use\n\x1b[31m" + "x" * 500, world())
    assert decision.verdict is FALSE
    assert decision.reasons[0].text.isprintable()
    assert len(decision.reasons[0].text) < 200


def test_hostile_text_in_a_policy_is_shown_safely(agreement, atom, compiled, world):
    program = compiled(agreement(atom("purpose", "eq", "\x1b[2J\u202e" + "x" * 900)))
    (permission,) = program.explain("use", world(purposes=frozenset({"a\nb"}))).reasons[0].because
    assert all(reason.text.isprintable() and len(reason.text) < 300 for reason in permission.because)


# A small language of policies and worlds, for what holds of all of them.
atoms = st.sampled_from(
    [
        {"leftOperand": "spatial", "operator": "isPartOf", "rightOperand": "EU"},
        {"leftOperand": "spatial", "operator": "isNoneOf", "rightOperand": ["CN", "US"]},
        {"leftOperand": "count", "operator": "lteq", "rightOperand": "2"},
        {"leftOperand": "purpose", "operator": "isAnyOf", "rightOperand": ["urn:a", "urn:b"]},
        {"leftOperand": "purpose", "operator": "neq", "rightOperand": "urn:c"},
        {"leftOperand": "elapsedTime", "operator": "eq", "rightOperand": "P30D"},
        {"leftOperand": "dateTime", "operator": "lt", "rightOperand": "2026-11-22Z"},
        {"leftOperand": PAPERS, "operator": "isAnyOf", "rightOperand": [DIGEST]},
    ]
)
constraints = st.recursive(
    atoms,
    lambda inner: st.builds(
        lambda name, members: {name: members},
        st.sampled_from(["and", "or", "xone", "andSequence"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=5,
)
rules = st.builds(
    lambda action, parts: {"action": action, "constraint": parts},
    st.sampled_from(["use", "read", "play", "transfer"]),
    st.lists(constraints, max_size=3),
)
bodies = st.builds(
    lambda permissions, prohibitions, conflict: {
        "permission": permissions,
        "prohibition": prohibitions,
        "conflict": conflict,
    },
    st.lists(rules, min_size=1, max_size=2),
    st.lists(rules, max_size=2),
    st.sampled_from(["perm", "prohibit", "invalid"]),
)
instants = st.datetimes(datetime(2026, 11, 1), datetime(2027, 1, 1), timezones=st.just(UTC))
worlds = st.builds(
    World,
    instants,
    purposes=st.none() | st.frozensets(st.sampled_from(["urn:a", "urn:b", "urn:c"])),
    country=st.none() | st.sampled_from(["DE", "CN", "US", "NC", "XX"]),
    counts=st.none() | st.dictionaries(st.sampled_from(["use", "read"]), st.integers(0, 4)),
    agreed_at=st.none() | instants,
    papers=st.none() | st.dictionaries(st.just(DIGEST), st.just(HeldPaper())),
)
actions = st.sampled_from(["use", "read", "display", "sell", "fly"])


def program_of(body):
    return compile_policy(parse_policy(body, kind=PolicyKind.SET))


@given(bodies, worlds, actions)
def test_deciding_and_explaining_agree_on_everything(body, world, action):
    program = program_of(body)
    assert program.explain(action, world).verdict is program.decide(action, world)


@given(bodies, worlds, actions, st.sampled_from(["purposes", "country", "counts", "agreed_at", "papers"]))
def test_knowing_less_never_allows_more(body, world, action, forgotten):
    program = program_of(body)
    known, less = program.decide(action, world), program.decide(action, replace(world, **{forgotten: None}))
    # Kleene: what is forgotten can make an answer unknown, and can never make it another one.
    assert less in (known, UNKNOWN)


@given(bodies, worlds, actions, st.randoms(use_true_random=False))
def test_the_order_of_rules_and_constraints_does_not_count(body, world, action, chance):
    shuffled = {
        name: chance.sample(
            [{**rule, "constraint": chance.sample(rule["constraint"], len(rule["constraint"]))} for rule in rules_],
            len(rules_),
        )
        if name != "conflict"
        else rules_
        for name, rules_ in body.items()
    }
    assert program_of(shuffled).decide(action, world) is program_of(body).decide(action, world)


@given(bodies, worlds, actions)
def test_adding_a_prohibition_never_allows_more(body, world, action):
    stricter = {**body, "prohibition": [*body["prohibition"], {"action": "use"}]}
    assert program_of(stricter).decide(action, world) <= program_of(body).decide(action, world)


@given(bodies, worlds, actions)
def test_the_answer_stays_until_the_next_flip(body, world, action):
    program = program_of(body)
    flip = program.next_flip(world.now, agreed_at=world.agreed_at, papers=world.papers or {})
    later = world.now + timedelta(days=365) if flip is None else flip - timedelta(microseconds=1)
    assert program.decide(action, replace(world, now=later)) is program.decide(action, world)


@given(st.sampled_from(sorted(ACTIONS)))
def test_use_and_transfer_together_permit_every_action_that_is_known(action):
    program = program_of({"permission": [{"action": "use"}, {"action": "transfer"}]})
    assert program.decide(action, World(datetime(2026, 11, 22, tzinfo=UTC))) is TRUE
