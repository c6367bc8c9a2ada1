from __future__ import annotations

import pytest

from corridor.base.errors import MalformedError
from corridor.dsp.codec.v2025_1.names import Names
from corridor.dsp.codec.v2025_1.terms import CONTEXT, NAMESPACE
from corridor.dsp.codec.v2025_1.vocabulary import ODRL, TERMS

OFFICIAL = Names().within([CONTEXT], "$")


def test_without_a_context_only_iris_mean_something():
    names = Names()
    assert names.term(NAMESPACE + "offer") == TERMS["offer"]
    assert (names.term("offer"), names.term("dspace:offer"), names.term("x")) == (None, None, None)
    assert names.means("a:b")
    assert not names.means("offer")


def test_the_official_context_knows_its_terms_and_prefixes_wherever_it_stands():
    for context in (CONTEXT, [CONTEXT], ["https://other.example/context", CONTEXT]):
        names = Names().within(context, "$")
        assert names.term("offer") == names.term("dspace:offer") == TERMS["offer"]
        assert names.means("anything")


def test_a_context_that_is_merely_named_means_nothing():
    assert Names().within("https://other.example/context", "$") == Names()
    assert Names().within([5, None, ["nested"]], "$") == Names()


def test_a_context_in_the_document_binds_prefixes_and_names():
    context = {"d": NAMESPACE, "rules": {"@id": "http://www.w3.org/ns/odrl/2/permission"}, "who": "d:consumerPid"}
    names = Names().within(context, "$")
    assert names.term("d:offer") == TERMS["offer"]
    assert names.term("rules") == TERMS["permission"]
    assert names.term("who") == TERMS["consumerPid"]
    assert names.term("offer") is None


def test_a_vocabulary_stands_before_bare_names():
    names = Names().within({"@vocab": NAMESPACE}, "$")
    assert names.term("offer") == TERMS["offer"]
    assert names.term("permission") is None
    assert names.word("AGREED") == "AGREED"
    assert Names().within({"@vocab": "https://other.example/"}, "$") == Names()


def test_other_namespaces_are_not_heeded():
    names = Names().within({"x": "https://x.example/", "@base": "https://x.example/"}, "$")
    assert names.term("x:offer") is None
    assert names.expanded("x:offer") == "x:offer"


@pytest.mark.parametrize(
    "context",
    [
        {"permission": "https://x.example/permission"},
        {"permission": None},
        {"permission": {"@id": "https://x.example/permission"}},
        {"permission": {"@type": "@id"}},
        {"permission": "odrl:prohibition"},
        {"odrl": "https://x.example/"},
        {"dspace": None},
    ],
)
def test_no_context_gives_a_name_of_the_protocol_another_meaning(context):
    for names in (Names(), OFFICIAL):
        with pytest.raises(MalformedError, match="another meaning") as caught:
            names.within([context], "$.offer")
        assert caught.value.place == "$.offer.@context"


def test_a_name_of_the_protocol_may_be_bound_to_what_it_means():
    context = {"odrl": ODRL, "permission": {"@id": "odrl:permission", "@type": "@id"}}
    assert Names().within(context, "$").term("permission") == TERMS["permission"]


def test_words_are_read_under_all_their_names():
    for text in ("AGREED", "dspace:AGREED", NAMESPACE + "AGREED"):
        assert OFFICIAL.word(text) == "AGREED"
    assert OFFICIAL.word("odrl:use") == OFFICIAL.word(ODRL + "use") == "use"
    assert OFFICIAL.word("dcat:Dataset") == "Dataset"
    assert OFFICIAL.word("dspace:PERPLEXED") == "dspace:PERPLEXED"
    assert OFFICIAL.word("https://x.example/use") == "https://x.example/use"
