from __future__ import annotations

import pytest

TWICE = [
    ("transfer", "--show", "urn:a", "--show", "urn:b"),
    ("transfer", "urn:agreement", "--format", "HttpData-PULL", "--format=HttpData-PUSH"),
    ("negotiate", "--terminate", "urn:a", "--terminate=urn:b"),
    ("negotiate", "--refuse", "urn:a", "--reason", "one", "--reason", "two"),
    ("publish", "--withdraw", "a", "--withdraw", "b"),
]
OFTEN = [
    ("catalog", "https://a.example", "--keyword", "one", "--keyword", "two", "--text", "a", "--text", "b"),
    ("events", "--type", "paper.*", "--type", "transfer.*"),
    ("transfer", "--list", "--list", "--json", "--json", "--config", "elsewhere"),
]


@pytest.mark.parametrize("words", TWICE, ids=" ".join)
def test_what_names_an_act_is_given_once(corridor, words):
    said = corridor(*words)
    assert (said.code, said.out) == (2, "")
    assert "is given 2 times and has one value" in " ".join(said.err.replace("│", " ").split())


@pytest.mark.parametrize("words", OFTEN, ids=" ".join)
def test_all_else_may_be_given_again(corridor, idle, words):
    assert corridor(*words, "--config", idle).code == 1
