"""The FORCE / SolidLab ODRL test suite: 68 cases of one rule, one request and one state of the world each.

Judged as its `activation` comparator does (is the rule active?) and, beyond it, by the satisfaction of every constraint
that the expected report names. The Turtle is plain enough for the small reader below; duties are lenient there, as the
suite has a permission active while its duty is not yet set.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from corridor.base.clock import parse_instant
from corridor.base.reasons import Decision, Reason
from corridor.base.truth import Truth
from corridor.odrl.evaluate import compile_policy
from corridor.odrl.model import PolicyKind
from corridor.odrl.parse import parse_policy
from corridor.odrl.wire import ODRL
from corridor.odrl.world import DutyState, World

SUITE = Path(__file__).parents[2].parent / "shared" / "conformance" / "odrl-test-suite"
pytestmark = pytest.mark.skipif(not SUITE.is_dir(), reason=f"the FORCE suite is not at {SUITE}")

EX = "http://example.org/"
REPORT = "https://w3id.org/force/compliance-report#"
DCT = "http://purl.org/dc/terms/"
CURRENT_TIME = "http://example.com/request/currentTime"
TOKEN = re.compile(
    r'<(?P<iri>[^>]*)>|"(?P<text>[^"]*)"(?:\^\^\S+?(?=[;,.\s]))?|(?P<mark>[;,.](?=\s|$))|(?P<name>[\w.-]*:?[\w-]+)'
)
STATES = {"NonSet": DutyState.NOT_SET, "Fulfilled": DutyState.FULFILLED, "Violated": DutyState.VIOLATED}

Graph = Mapping[str, Mapping[str, list[str]]]


def triples(text: str) -> Iterator[tuple[str, str, str]]:
    prefixes = dict(re.findall(r"@prefix ([\w-]*):\s*<([^>]*)>", text))
    subject = predicate = None
    for token in TOKEN.finditer(re.sub(r"@prefix[^\n]*\n", "", text)):
        kind, value = token.lastgroup, token[token.lastgroup or 0]
        if kind == "name":
            prefix, _, local = value.rpartition(":")
            value = prefixes[prefix] + local if prefix else value
        if kind == "mark":
            subject = None if value == "." else subject
            predicate = predicate if value == "," else None
        elif subject is None:
            subject = value
        elif predicate is None:
            predicate = value
        else:
            yield subject, predicate, value


@cache
def graph(folder: str) -> dict[str, Graph]:
    """Every file of a folder by the identifier of what it describes, which is its first subject."""
    found = {}
    for file in sorted((SUITE / folder).glob("*.ttl")):
        nodes: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for subject, predicate, value in triples(file.read_text(encoding="utf-8")):
            nodes[subject][predicate].append(value)
        found[next(iter(nodes))] = nodes
    return found


def one(nodes: Graph, subject: str, predicate: str) -> str | None:
    return next(iter(nodes[subject].get(predicate, [])), None)


class Case(NamedTuple):
    policy: str
    request: str
    sotw: str
    report: str
    nodes: Graph


def cases() -> dict[str, Case]:
    found = {}
    for file in sorted((SUITE / "test_cases").glob("*.ttl")) if SUITE.is_dir() else []:
        nodes: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for subject, predicate, value in triples(file.read_text(encoding="utf-8")):
            nodes[subject][predicate].append(value)
        case = nodes[next(iter(nodes))]
        ends = (case[EX + name][0] for name in ("policy", "request", "sotw", "expectedReport"))
        found[file.stem] = Case(*ends, nodes)
    return found


class Translation:
    """A rule's Turtle as the JSON that the gate takes, and the path at which each constraint stands in it."""

    def __init__(self, nodes: Graph) -> None:
        self.nodes = nodes
        self.paths: dict[str, str] = {}

    def rules(self, kind: str) -> list[dict[str, Any]]:
        policy = next(iter(self.nodes))
        return [
            rule
            for uid in self.nodes[policy].get(ODRL + kind, [])
            # A rule without an action is about everything, which is what the two roots are together.
            for rule in (self.rule(uid, f"$.{kind}[0]", root) for root in ("use", "transfer"))
            if rule is not None
        ]

    def rule(self, uid: str, path: str, root: str) -> dict[str, Any] | None:
        action = one(self.nodes, uid, ODRL + "action")
        if action is not None and root != "use":
            return None
        sides = {name: one(self.nodes, uid, ODRL + name) for name in ("target", "assignee")}
        duties = self.nodes[uid].get(ODRL + "duty", [])
        return {
            "action": action or root,
            **{name: value for name, value in sides.items() if value},
            "constraint": self.constraints(uid, "constraint", path),
            **(
                {"duty": [{"@id": duty, "action": one(self.nodes, duty, ODRL + "action")} for duty in duties]}
                if duties
                else {}
            ),
        }

    def constraints(self, uid: str, member: str, path: str) -> list[dict[str, Any]]:
        found = self.nodes[uid].get(ODRL + member, [])
        return [self.constraint(part, f"{path}.{member}[{place}]") for place, part in enumerate(found)]

    def constraint(self, uid: str, path: str) -> dict[str, Any]:
        self.paths[path] = uid
        for connective in ("and", "or"):
            if ODRL + connective in self.nodes[uid]:
                return {connective: self.constraints(uid, connective, path)}
        return {name: one(self.nodes, uid, ODRL + name) for name in ("leftOperand", "operator", "rightOperand")}


def request_of(case: Case) -> tuple[str, str, str]:
    nodes = graph("requests")[case.request]
    (rule,) = nodes[case.request][ODRL + "permission"]
    target, assignee, action = (nodes[rule][ODRL + name][0] for name in ("target", "assignee", "action"))
    return target, assignee, action


def world_of(case: Case) -> tuple[str, World]:
    target, assignee, action = request_of(case)
    nodes = graph("sotw")[case.sotw]
    duties = {
        parts[REPORT + "rule"][0]: STATES[parts[REPORT + "deonticState"][0].removeprefix(REPORT)]
        for parts in nodes.values()
        if REPORT + "deonticState" in parts
    }
    now = parse_instant(one(nodes, CURRENT_TIME, DCT + "issued"), "currentTime")
    member_of = {name: frozenset(parts[ODRL + "partOf"]) for name, parts in nodes.items() if ODRL + "partOf" in parts}
    world = World(now, target=target, assignee=assignee, duties=duties, member_of=member_of)
    return action.removeprefix(ODRL), world


def all_reasons(reasons: tuple[Reason, ...]) -> Iterator[Reason]:
    for reason in reasons:
        yield reason
        yield from all_reasons(reason.because)


def rule_is_active(decision: Decision) -> bool:
    """Whether the one rule is in force; the reason for a prohibition holds if it is not."""
    permitted, *prohibitions = decision.reasons
    return any(reason.holds is not Truth.TRUE for reason in prohibitions) or permitted.holds is Truth.TRUE


def expected_states(case: Case, kind: str, state: str) -> dict[str, str]:
    return {
        parts[REPORT + kind][0]: parts[REPORT + state][0].removeprefix(REPORT)
        for parts in case.nodes.values()
        if REPORT + kind in parts and REPORT + state in parts
    }


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in cases().items()])
def test_the_rule_is_active_and_its_constraints_are_satisfied_as_the_suite_expects(case):
    translation = Translation(graph("policies")[case.policy])
    body = {kind: translation.rules(kind) for kind in ("permission", "prohibition")}
    program = compile_policy(parse_policy(body, kind=PolicyKind.SET), strict=False)
    action, world = world_of(case)
    decision = program.explain(action, world)

    ((_, activation),) = expected_states(case, "rule", "activationState").items()
    assert rule_is_active(decision) == (activation == "Active")
    assert program.decide(action, world) is decision.verdict

    expected = expected_states(case, "constraint", "satisfactionState")
    reasons = (reason for reason in all_reasons(decision.reasons) if reason.code in ("odrl.constraint", "odrl.logical"))
    found = {translation.paths[reason.citation.pin]: reason.holds for reason in reasons}
    assert found == {uid: Truth.of(state == "Satisfied") for uid, state in expected.items()}


def test_the_suite_is_whole():
    assert len(cases()) == 68
