"""No verb does one of two things that it was told: what contradicts each other is refused before anything is done."""

from __future__ import annotations

from itertools import combinations

import pytest
import typer

from corridor.cli.together import check_together

NEGOTIATIONS = {
    "URL": ("https://a.example", "alerts"),
    "--propose": ("https://a.example", "alerts", "--propose"),
    "--list": ("--list",),
    "--held": ("--held",),
    "--show": ("--show", "urn:a"),
    "--accept": ("--accept", "urn:b"),
    "--counter": ("--counter", "urn:c", "--terms", "terms.json"),
    "--approve": ("--approve", "urn:d"),
    "--refuse": ("--refuse", "urn:e"),
    "--terminate": ("--terminate", "urn:f"),
}
TRANSFERS = {
    "AGREEMENT": ("urn:agreement",),
    "--list": ("--list",),
    "--held": ("--held",),
    "--show": ("--show", "urn:a"),
    "--suspend": ("--suspend", "urn:b"),
    "--resume": ("--resume", "urn:c"),
    "--complete": ("--complete", "urn:d"),
    "--approve": ("--approve", "urn:e"),
    "--refuse": ("--refuse", "urn:f"),
    "--terminate": ("--terminate", "urn:g"),
}
PUBLICATIONS = {"FILE": ("alerts.yaml",), "--list": ("--list",), "--withdraw": ("--withdraw", "alerts")}
VERBS = {"negotiate": NEGOTIATIONS, "transfer": TRANSFERS, "publish": PUBLICATIONS}
MEANT = {("--list", "--held"), ("URL", "--propose")}
"""Said together these are one thing: a list of those that wait, and to whom an offer is made."""
ACTS = [
    (verb, one, other)
    for verb, acts in VERBS.items()
    for one, other in combinations(acts, 2)
    if (one, other) not in MEANT
]
MORE = {
    "negotiate": {
        "--offer": (("--offer", "urn:o"), {"URL", "--propose"}),
        "--hold": (("--hold",), {"URL", "--propose"}),
        "--terms": (("--terms", "terms.json"), {"--propose", "--counter"}),
        "--reason": (("--reason", "no"), {"--refuse", "--terminate"}),
    },
    "transfer": {
        "--format": (("--format", "HttpData-PULL"), {"AGREEMENT"}),
        "--push-to": (("--push-to", "https://x.example/in"), {"AGREEMENT"}),
        "--reason": (("--reason", "no"), {"--suspend", "--refuse", "--terminate"}),
        "--address": (("--address",), set(TRANSFERS) - {"--list", "--held"}),
    },
}
OPTIONS = [(verb, act, option) for verb, options in MORE.items() for option in options for act in VERBS[verb]]


@pytest.mark.parametrize(("verb", "one", "other"), ACTS)
def test_two_acts_at_once_are_wrong_use_that_names_both(corridor, idle, verb, one, other):
    words = dict.fromkeys((*VERBS[verb][one], *VERBS[verb][other]))
    said = corridor(verb, *words, "--config", idle)
    assert said.code == 2
    assert said.problem.endswith(" cannot be used together; leave out one of the two")
    named = set(said.problem.split(" cannot")[0].split(" and "))
    assert named <= {one, other, "--propose", "--terms"}
    assert len(named) == 2


@pytest.mark.parametrize(("verb", "act", "option"), OPTIONS)
def test_an_option_that_means_nothing_to_an_act_is_wrong_use_that_names_both(corridor, idle, verb, act, option):
    words, meant = MORE[verb][option]
    said = corridor(verb, *dict.fromkeys((*VERBS[verb][act], *words)), "--config", idle)
    if act in meant:
        # What is asked for can be done: it is the node that is missing, or the file with the terms.
        assert said.code == 1
    else:
        assert (said.code, said.problem) == (2, f"{act} and {option} cannot be used together; leave out one of the two")


def test_machines_are_told_likewise(corridor, idle):
    said = corridor("publish", "--list", "--withdraw", "x", "--json", "--config", idle)
    assert (said.code, said.json["error"]["code"]) == (2, "usage")
    assert said.json["error"]["message"] == "--list and --withdraw cannot be used together"


def test_what_is_absent_contradicts_nothing():
    check_together({"--a": None, "--b": False, "--c": "", "--d": 0}, {"--a": (), "--b": (), "--d": ("--e",)})
    check_together({"--a": "x", "--b": None, "--e": True}, {"--a": ("--e",), "--b": ()})
    with pytest.raises(typer.Exit):
        check_together({"--a": 0, "--b": "x"}, {"--a": (), "--b": ()})
