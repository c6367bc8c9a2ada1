"""The codec as a whole: what is written is read again, what is written obeys the schemas, and nothing read can hurt."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from respell import expanded, mixed, prefixed

from corridor.base.errors import LocalError, MalformedError, TooLargeError
from corridor.base.json import parse_json
from corridor.dsp import messages as m
from corridor.dsp.catalog import Catalog, DataService, Dataset, Distribution
from corridor.dsp.codec import VERSIONS, Codecs, Wire, all_codecs, codec_for
from corridor.dsp.codec.limits import CodecLimits
from corridor.dsp.codec.v2025_1.spellings import read_plainly
from corridor.dsp.states import NegotiationState, TransferState

CONTEXT = "https://w3id.org/dspace/2025/1/context.jsonld"
CODEC = codec_for("2025-1")
STRICT = codec_for("2025-1", strict=True)
KINDS = get_args(Wire)

ids = st.text("abcdefABCDEF0123456789-_:", min_size=1, max_size=20)
words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
urls = st.sampled_from(
    ["https://a.example", "https://a.example:8443/dsp/", "http://127.0.0.1:8083", "http://[::1]:80/x"]
)
maybe_ids = st.none() | ids
constraints = st.recursive(
    st.fixed_dictionaries(
        {
            "leftOperand": words,
            "operator": st.sampled_from(["eq", "lteq", "isAnyOf", "term-lteq"]),
            "rightOperand": words | st.lists(words, max_size=2) | st.fixed_dictionaries({"@value": words}),
        }
    ),
    lambda inner: st.builds(
        lambda operand, operands: {operand: operands},
        st.sampled_from(["and", "andSequence", "or", "xone"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=5,
)
duties = st.fixed_dictionaries(
    {"action": words}, optional={"constraint": st.lists(constraints, min_size=1, max_size=2)}
)
rules = st.fixed_dictionaries(
    {"action": words},
    optional={
        "constraint": st.lists(constraints, min_size=1, max_size=2),
        "duty": st.lists(duties, min_size=1, max_size=2),
        "x:unknown": words,
    },
)
rule_lists = st.lists(rules, min_size=1, max_size=2)
bodies = st.fixed_dictionaries(
    {"permission": rule_lists},
    optional={
        "prohibition": rule_lists,
        "obligation": st.lists(duties, min_size=1, max_size=2),
        "profile": words | st.lists(words, min_size=1, max_size=2),
        "x:unknown": words,
    },
)
offers = st.builds(m.Offer, id=ids, body=bodies, target=ids, assigner=maybe_ids, assignee=maybe_ids)
catalog_offers = st.builds(m.Offer, id=ids, body=bodies, target=st.none(), assigner=maybe_ids, assignee=maybe_ids)
agreements = st.builds(
    m.Agreement,
    id=ids,
    body=bodies,
    target=ids,
    assigner=ids,
    assignee=ids,
    timestamp=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
)
addresses = st.builds(m.DataAddress, words, st.none() | words, st.lists(st.tuples(words, words), max_size=3).map(tuple))
why = {"code": st.none() | words, "reasons": st.lists(words, max_size=3).map(tuple)}
head = {"message_id": ids, "provider_pid": ids, "consumer_pid": ids}
more = st.dictionaries(st.sampled_from(["title", "description", "keyword", "x:y"]), words | st.lists(words), max_size=3)
services = st.builds(DataService, ids, urls, more)
distributions = st.builds(Distribution, words, services | st.builds(DataService, ids.map("s:".__add__)), more)
datasets = st.builds(
    Dataset,
    ids,
    st.lists(catalog_offers, min_size=1, max_size=2).map(tuple),
    st.lists(distributions, min_size=1, max_size=2).map(tuple),
    more,
)
inner_catalogs = st.builds(Catalog, ids, maybe_ids, st.lists(datasets, max_size=1).map(tuple), properties=more)
catalogs = st.builds(
    Catalog,
    id=ids,
    participant=ids,
    datasets=st.lists(datasets, max_size=2).map(tuple),
    catalogs=st.lists(inner_catalogs, max_size=1).map(tuple),
    services=st.lists(services, max_size=2).map(tuple),
    distributions=st.lists(distributions, max_size=1).map(tuple),
    properties=more,
)

VALUES = {
    m.ContractRequest: st.builds(
        m.ContractRequest, message_id=ids, consumer_pid=ids, provider_pid=st.none(), offer=offers, callback=urls
    )
    | st.builds(m.ContractRequest, **head, offer=offers, callback=st.none()),
    m.ContractOffer: st.builds(
        m.ContractOffer, message_id=ids, provider_pid=ids, consumer_pid=st.none(), offer=offers, callback=urls
    )
    | st.builds(m.ContractOffer, **head, offer=offers, callback=st.none()),
    m.ContractAgreement: st.builds(m.ContractAgreement, **head, agreement=agreements),
    m.AgreementVerification: st.builds(m.AgreementVerification, **head),
    m.NegotiationEvent: st.builds(m.NegotiationEvent, **head, event=st.sampled_from(m.EventType)),
    m.NegotiationTermination: st.builds(m.NegotiationTermination, **head, **why),
    m.TransferRequest: st.builds(
        m.TransferRequest,
        message_id=ids,
        consumer_pid=ids,
        agreement_id=ids,
        format=words,
        callback=urls,
        data_address=st.none() | addresses,
    ),
    m.TransferStart: st.builds(m.TransferStart, **head, data_address=st.none() | addresses),
    m.TransferCompletion: st.builds(m.TransferCompletion, **head),
    m.TransferSuspension: st.builds(m.TransferSuspension, **head, **why),
    m.TransferTermination: st.builds(m.TransferTermination, **head, **why),
    m.CatalogRequest: st.builds(m.CatalogRequest, ids, st.lists(words | st.integers(), max_size=2).map(tuple)),
    Catalog: catalogs,
    Dataset: datasets,
    m.NegotiationAck: st.builds(m.NegotiationAck, ids, ids, st.sampled_from(NegotiationState).map(str)),
    m.TransferAck: st.builds(m.TransferAck, ids, ids, st.sampled_from(TransferState).map(str)),
    m.NegotiationFault: st.builds(m.NegotiationFault, maybe_ids, maybe_ids, **why),
    m.TransferFault: st.builds(m.TransferFault, maybe_ids, maybe_ids, **why),
    m.CatalogFault: st.builds(m.CatalogFault, **why),
}
values = st.one_of(*VALUES.values())

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)


def walk(value, name=""):
    """Every value within a document, with the name it stands under."""
    yield name, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from walk(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner, name)


def fault_of(kind, document):
    """The path of the fault in the document, or the root where there is none; any other error goes through."""
    try:
        CODEC.decode(kind, document)
    except (MalformedError, TooLargeError) as error:
        return error.place
    return "$"


def test_every_kind_of_value_has_a_strategy():
    assert set(VALUES) == set(KINDS)


@settings(deadline=None)
@given(value=values)
def test_what_is_written_is_read_again(value):
    assert CODEC.decode(type(value), CODEC.encode(value)) == value


@settings(deadline=None)
@given(value=values)
def test_what_is_written_obeys_the_schemas(value):
    document = CODEC.encode(value)
    assert document["@context"] == [CONTEXT]
    for name, inner in walk(document):
        assert inner is not None
        if name in ("permission", "prohibition", "obligation", "constraint", "duty", "reason", "dataset", "hasPolicy"):
            assert inner != [], f"{name} is empty"
        if isinstance(inner, dict) and name in NESTED:
            assert inner["@type"] == NESTED[name]
        if name == "hasPolicy" and isinstance(inner, dict):
            assert "target" not in inner
        if name == "offer":
            assert "target" in inner


NESTED = {
    "offer": "Offer",
    "hasPolicy": "Offer",
    "agreement": "Agreement",
    "dataset": "Dataset",
    "distribution": "Distribution",
    "service": "DataService",
    "accessService": "DataService",
    "dataAddress": "DataAddress",
    "endpointProperties": "EndpointProperty",
}


@settings(deadline=None)
@given(kind=st.sampled_from(KINDS), document=anything)
def test_whatever_is_read_gives_a_value_or_one_of_two_errors(kind, document):
    assert fault_of(kind, document).startswith("$")


@settings(deadline=None)
@given(data=st.data())
def test_a_document_with_a_part_replaced_gives_a_value_or_one_of_two_errors_with_a_path(data):
    value = data.draw(values)
    document = CODEC.encode(value)
    parts = [inner for _, inner in walk(document) if isinstance(inner, dict | list) and inner]
    part = data.draw(st.sampled_from(parts))
    key = data.draw(st.sampled_from(list(part) if isinstance(part, dict) else list(range(len(part)))))
    part[key] = data.draw(anything)
    assert fault_of(type(value), document).startswith("$")


@settings(deadline=None)
@given(data=st.data())
def test_a_document_without_a_member_gives_a_value_or_one_of_two_errors(data):
    value = data.draw(values)
    document = CODEC.encode(value)
    part = data.draw(st.sampled_from([inner for _, inner in walk(document) if isinstance(inner, dict) and inner]))
    del part[data.draw(st.sampled_from(list(part)))]
    assert fault_of(type(value), document).startswith("$")


@settings(deadline=None)
@given(value=values)
def test_unknown_members_are_ignored_at_the_root(value):
    document = CODEC.encode(value)
    if isinstance(value, Catalog | Dataset):
        return
    assert CODEC.decode(type(value), document | {"x:unknown": {"deep": [1.5, None]}}) == value


def test_the_bytes_of_an_example_are_read(talk):
    data = b"""{"@context": ["https://w3id.org/dspace/2025/1/context.jsonld"], "@id": "m1",
      "@type": "ContractNegotiationEventMessage", "providerPid": "p", "consumerPid": "c", "eventType": "ACCEPTED"}"""
    event = CODEC.decode(m.NegotiationEvent, parse_json(data))
    assert event == m.NegotiationEvent("m1", "p", "c", m.EventType.ACCEPTED)


def test_every_message_inside_a_process_is_read_again(talk):
    for kind in m.Kind:
        assert CODEC.decode(type(talk.say(kind)), CODEC.encode(talk.say(kind))) == talk.say(kind)


def test_only_versions_that_we_speak_have_a_codec():
    assert VERSIONS == ("2025-1",)
    assert CODEC.version == "2025-1"
    with pytest.raises(MalformedError, match="2024-1"):
        codec_for("2024-1")


def test_a_node_speaks_every_version_that_is_registered_in_order_of_preference():
    codecs = all_codecs()
    assert codecs.versions == VERSIONS
    assert [codec.version for codec in codecs] == list(VERSIONS)
    assert codecs.get("2025-1") == CODEC


def test_a_node_may_be_held_to_fewer_versions():
    with pytest.raises(MalformedError, match="not a version of the protocol that this node speaks"):
        Codecs.of(()).get("2025-1")


def test_a_value_that_is_no_message_has_no_form():
    with pytest.raises(LocalError):
        CODEC.encode("text")
    with pytest.raises(LocalError):
        CODEC.decode(dict, {})


def test_limits_are_given_by_the_caller(talk):
    strict = codec_for("2025-1", CodecLimits(policy_bytes=20))
    with pytest.raises(TooLargeError):
        strict.decode(m.ContractRequest, CODEC.encode(talk.first_request()))


def test_a_policy_can_be_checked_before_it_is_published():
    assert CODEC.check_policy({"permission": {"action": "use"}}, "offers.yaml") == {"permission": [{"action": "use"}]}
    with pytest.raises(MalformedError, match=r"offers\.yaml\.permission\[0\]\.action"):
        CODEC.check_policy({"permission": [{"action": 5}]}, "offers.yaml")


def plainest(value):
    """A value whose right operands have one spelling only: JSON-LD does not tell a list of one from its entry."""
    for name, inner in walk(value):
        if name == "rightOperand" and (inner == [] or isinstance(inner, dict | list)):
            return False
        if name in ("format", "action", "leftOperand", "endpointType", "profile") and ":" in str(inner):
            return False
        if name == "profile" and isinstance(inner, list) and len(inner) == 1:
            return False  # no container in the context: compaction makes one value of it
    return True


@settings(deadline=None)
@given(data=st.data(), value=values)
def test_every_spelling_of_a_document_is_read_as_the_same_value(data, value):
    document = CODEC.encode(value)
    assume(plainest(document) and not isinstance(value, m.CatalogRequest))

    def pick(options):
        return data.draw(st.sampled_from(options))

    for spelled in (expanded(document), prefixed(document), mixed(document, pick)):
        assert CODEC.decode(type(value), spelled) == CODEC.decode(type(value), document), spelled


@settings(deadline=None)
@given(value=values)
def test_a_node_that_reads_strictly_reads_whatever_we_write(value):
    assert STRICT.decode(type(value), CODEC.encode(value)) == value


@settings(deadline=None)
@given(value=values, data=st.data())
def test_a_node_that_reads_strictly_refuses_every_other_spelling(value, data):
    document = CODEC.encode(value)
    for spelled in (expanded(document), prefixed(document), {**document, "@context": CONTEXT}):
        with pytest.raises(MalformedError):
            STRICT.decode(type(value), spelled)


@settings(deadline=None)
@given(data=st.data(), value=values)
def test_a_spelling_with_a_part_replaced_gives_a_value_or_one_of_two_errors(data, value):
    document = {"root": expanded(CODEC.encode(value))}
    parts = [inner for _, inner in walk(document) if isinstance(inner, dict | list) and inner]
    part = data.draw(st.sampled_from(parts))
    key = data.draw(st.sampled_from(list(part) if isinstance(part, dict) else list(range(len(part)))))
    part[key] = data.draw(anything)
    assert fault_of(type(value), document.get("root")).startswith("$")


@settings(deadline=None)
@given(value=values)
def test_a_plain_document_goes_on_untouched(value):
    document = CODEC.encode(value)
    assume(plainest(document))
    assert read_plainly(document) is document


def parts_of(value):
    return sum(1 for _ in walk(value))


@settings(deadline=None)
@given(document=anything | st.lists(anything, max_size=2))
def test_no_reading_makes_more_of_a_document(document):
    for given_ in (
        document,
        {"root": document},
        [{"@context": CONTEXT, "offer": document, "odrl:permission": document}],
    ):
        try:
            read = read_plainly(given_)
        except MalformedError:
            continue
        assert parts_of(read) <= parts_of(given_) + 3, "the context, and a list around a value"


def test_limits_hold_for_every_spelling(talk):
    many = m.NegotiationTermination("m", "p", "c", None, tuple("x" * 65))
    for limits, value in [(CodecLimits(policy_bytes=20), talk.first_request()), (CodecLimits(), many)]:
        document = CODEC.encode(value)
        for spelled in (document, expanded(document), prefixed(document)):
            with pytest.raises(TooLargeError):
                codec_for("2025-1", limits).decode(type(value), spelled)


def test_nesting_is_bounded_before_a_spelling_is_read():
    document = {"@id": "x"}
    for _ in range(100_000):
        document = {"http://www.w3.org/ns/odrl/2/and": [document]}
    with pytest.raises(TooLargeError):
        CODEC.decode(m.ContractRequest, [document])
