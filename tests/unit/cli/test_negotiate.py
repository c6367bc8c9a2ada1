"""`corridor negotiate` step by step, against running nodes."""

from __future__ import annotations

import time

import pytest

pytestmark = pytest.mark.slow
PATIENCE = 30.0
LATER = {"leftOperand": "dateTime", "operator": "lt", "rightOperand": "2090-01-01T00:00:00Z"}
PURPOSE = {"leftOperand": "purpose", "operator": "eq", "rightOperand": "urn:corridor:purpose:product-safety"}


def held_at(corridor, node):
    (one,) = corridor("negotiate", "--held", "--json", "--config", node.folder).json["items"]
    return one


def test_a_person_is_asked_and_says_yes(corridor, nodes):
    nodes.offer("asked")
    begun = corridor("negotiate", nodes.eu.id, "asked", "--hold", "--config", nodes.cn.folder)
    assert begun.code == 0
    assert "AGREED: asked with" in begun.out
    assert "waits for a person: this negotiation was begun to be held" in begun.out
    waits = held_at(corridor, nodes.cn)
    assert waits["held"]["move"] == "verify"
    listed = corridor("negotiate", "--held", "--config", nodes.cn.folder)
    assert "negotiations that wait" in listed.out
    approved = corridor("negotiate", "--approve", waits["pid"], "--config", nodes.cn.folder)
    assert "FINALIZED: asked with" in approved.out
    assert corridor("negotiate", "--held", "--config", nodes.cn.folder).out == "negotiations that wait: none\n"


def test_an_offer_is_proposed_countered_shown_and_refused(corridor, nodes, document):
    nodes.offer("proposed")
    stricter = document({"permission": [{"action": "use", "constraint": [PURPOSE, LATER]}]}, "terms.json")
    made = corridor(
        "negotiate", nodes.cn.id, "proposed", "--propose", "--hold", "--wait", "0", "--json", "--config",
        nodes.eu.folder,
    ).json  # fmt: skip
    theirs = _until_held(nodes.cn)
    assert (theirs["state"], theirs["held"]["move"]) == ("OFFERED", "accept")
    countered = corridor(
        "negotiate", "--counter", theirs["pid"], "--terms", stricter, "--wait", "0", "--config", nodes.cn.folder
    )
    assert countered.code == 0
    ours = _until_held(nodes.eu)
    assert (ours["pid"], ours["held"]["move"]) == (made["pid"], "agree")
    shown = corridor("negotiate", "--show", ours["pid"], "--config", nodes.eu.folder)
    assert shown.out.index(nodes.eu.id) < shown.out.rindex(nodes.cn.id)
    assert "2090-01-01" in shown.out
    refused = corridor("negotiate", "--refuse", ours["pid"], "--reason", "not so long", "--config", nodes.eu.folder)
    assert (refused.code, "TERMINATED" in refused.out, "not so long" in refused.out) == (0, True, True)
    ended = corridor("negotiate", "--show", theirs["pid"], "--json", "--config", nodes.cn.folder)
    assert ended.json["reasons"] == ["not so long"]


def _until_held(node):
    """What waits at a node, as soon as something does."""
    deadline = time.monotonic() + PATIENCE
    while not (found := node.client.negotiations(held=True)["items"]):
        assert time.monotonic() < deadline, "nothing waits"
        time.sleep(0.02)
    return found[0]


def test_a_counter_offer_needs_terms(corridor, idle):
    said = corridor("negotiate", "--counter", "urn:n", "--config", idle)
    assert (said.code, said.problem) == (2, "no terms to offer; name a file with --terms")
