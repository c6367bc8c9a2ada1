"""What other spellings come to; that every spelling of every message is read alike is in `test_codec`."""

from __future__ import annotations

import pytest

from corridor.base.errors import MalformedError
from corridor.dsp.codec.v2025_1.spellings import read_plainly
from corridor.dsp.codec.v2025_1.terms import CONTEXT, NAMESPACE
from corridor.dsp.codec.v2025_1.vocabulary import DCAT, ODRL, XSD


def plain(**members):
    return {"@context": [CONTEXT], **members}


@pytest.mark.parametrize(
    "document",
    [
        plain(offer={"@id": "o", "permission": [{"action": "use"}]}),
        plain(offer={"permission": {"action": "odrl:use"}}, providerPid=None),
        plain(accessService="s", rightOperand={"@value": "1", "@type": "xsd:integer"}),
        plain(**{"x:unknown": {"odrl:permission": [1.5, None]}, "reason": [{"@value": "why"}]}),
        {"@context": CONTEXT, "@type": "Offer"},
        {"@context": ["https://w3id.org/dspace/2024/1/context.json"], "offer": [{}]},
        {"offer": [{}]},
        {},
        None,
        5,
        "text",
    ],
)
def test_what_is_plain_or_means_nothing_goes_on_untouched(document):
    assert read_plainly(document) is document


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("consumerPid", {"@id": "c"}, "c"),
        ("consumerPid", [{"@id": "c"}], "c"),
        ("consumerPid", {"@value": "c"}, "c"),
        ("consumerPid", ["a", "b"], ["a", "b"]),
        ("callbackAddress", [{"@value": "https://c", "@type": XSD + "anyURI"}], "https://c"),
        ("code", {"@value": 5}, 5),
        ("state", "dspace:AGREED", "AGREED"),
        ("state", {"@id": NAMESPACE + "AGREED"}, "AGREED"),
        ("state", 5, 5),
        ("operator", [{"@id": ODRL + "eq"}], "eq"),
        ("action", {"@id": "odrl:use"}, "use"),
        ("offer", [{"@id": "o"}], {"@id": "o"}),
        ("offer", {"@set": [{"@id": "o"}]}, {"@id": "o"}),
        ("offer", "o", "o"),
        ("accessService", [{"@id": "s"}], "s"),
        ("accessService", [{"@id": "s", DCAT + "endpointURL": "https://s"}], {"@id": "s", "endpointURL": "https://s"}),
        ("permission", {"@list": [{"odrl:action": "use"}]}, [{"action": "use"}]),
        ("permission", "all", ["all"]),
        ("profile", [{"@id": "p"}], "p"),
        ("profile", ["p", {"@id": "q"}], ["p", "q"]),
        ("reason", {"@value": "why"}, ["why"]),
        ("reason", [{"@value": "why", "@language": "en"}, {"more": 1}], ["why", {"more": 1}]),
        ("rightOperand", [{"@value": "x"}], "x"),
        ("rightOperand", ["x"], ["x"]),
        ("rightOperand", [{"@value": "x"}, {"@value": "y"}], ["x", "y"]),
        ("rightOperand", {"@list": [{"@value": "x"}]}, "x"),
        ("rightOperand", [{"@value": "5", "@type": XSD + "integer"}], {"@value": "5", "@type": "xsd:integer"}),
        ("rightOperand", [{"@value": "x", "@type": XSD + "string"}], "x"),
        ("rightOperand", [{"@value": 5}], {"@value": 5}),
        (
            "rightOperand",
            {"@value": "x", "@type": "https://x.example/t"},
            {"@value": "x", "@type": "https://x.example/t"},
        ),
        ("rightOperand", [{"@id": "https://x.example/"}], {"@id": "https://x.example/"}),
    ],
)
def test_a_value_is_unwrapped_to_what_its_term_asks_for(name, value, read):
    # The inline context, which binds nothing, takes even a plain document off the fast way.
    assert read_plainly({"@context": [CONTEXT, {}], name: value}) == plain(**{name: read})


@pytest.mark.parametrize("given", ["odrl:Offer", ["odrl:Offer"], [ODRL + "Offer"], "Offer"])
def test_types_are_read_under_all_their_names(given):
    assert read_plainly({"@context": [CONTEXT, {}], "@type": given}) == plain(**{"@type": "Offer"})


def test_several_types_stay_several():
    document = {"@context": [CONTEXT], "@type": ["odrl:Offer", "https://x.example/t", 5]}
    assert read_plainly(document)["@type"] == ["Offer", "https://x.example/t", 5]


def test_a_context_within_holds_within():
    offer = {"@context": {"o": ODRL}, "o:permission": [{"o:action": "use"}], "o:unknown": 1}
    document = read_plainly({"@context": [CONTEXT], "offer": [offer], "o:permission": 1})
    assert document == plain(offer={"permission": [{"action": "use"}], "o:unknown": 1}, **{"o:permission": 1})


def test_what_is_unknown_stays_as_it_is():
    document = {"@context": [CONTEXT, {"x": "https://x.example/"}], "x:a": [{"@value": 1.5}], ODRL + "remedy": {}}
    assert read_plainly(document) == plain(**{"x:a": [{"@value": 1.5}], ODRL + "remedy": {}})


@pytest.mark.parametrize("second", ["odrl:permission", ODRL + "permission"])
def test_a_member_under_two_spellings_is_refused(second):
    with pytest.raises(MalformedError, match="stands twice") as caught:
        read_plainly(plain(offer={"permission": [{"action": "use"}], second: [{"action": "read"}]}))
    assert caught.value.place == "$.offer"


@pytest.mark.parametrize(
    "document",
    [
        {"@context": {}, "prohibition": []},
        {"@context": {"d": NAMESPACE}, "d:offer": {"permission": []}},
        {NAMESPACE + "offer": {}, "providerPid": "p"},
        {NAMESPACE + "offer": {}, "@type": "ContractRequestMessage"},
    ],
)
def test_a_bare_name_without_a_context_for_it_is_refused_rather_than_left_out(document):
    with pytest.raises(MalformedError, match="no context gives") as caught:
        read_plainly(document)
    assert CONTEXT in caught.value.remedy


@pytest.mark.parametrize("documents", [[], [{}, {}], ["text"]])
def test_a_list_is_read_if_it_holds_one_document(documents):
    with pytest.raises(MalformedError, match="one object"):
        read_plainly(documents)


@pytest.mark.parametrize(
    ("wrapped", "bare"),
    [
        ({"permission": {"@set": [{"action": "use"}]}}, {"permission": [{"action": "use"}]}),
        ({"permission": [{"action": "use", "constraint": {"@list": [{"operator": "eq"}]}}]}, None),
        ({"profile": [{"@id": "urn:p"}, "urn:q"]}, {"profile": ["urn:p", "urn:q"]}),
    ],
)
def test_one_wrapped_value_in_a_document_that_is_plain_otherwise_is_unwrapped(wrapped, bare):
    bare = bare or {"permission": [{"action": "use", "constraint": [{"operator": "eq"}]}]}
    assert read_plainly(plain(offer=wrapped))["offer"] == bare
