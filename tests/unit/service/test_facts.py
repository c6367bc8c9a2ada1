from __future__ import annotations

from corridor.dsp.messages import Role
from corridor.law.facts import parse_facts
from corridor.service.facts import country_of, in_order, paper_facts, stranger, transfer_facts
from corridor.service.records import Participant
from corridor.testing import store_samples as a

EXPORTER = Participant("did:web:cn.example", "CN", "CN", {"designations": [], "sector": "trade"})
IMPORTER = Participant("did:web:de.example", "DE", "DE")


def test_a_transfer_is_described_in_the_words_of_the_law():
    described = transfer_facts(EXPORTER, IMPORTER, {"data": {"whole_register": True}}, (a.paper(),))
    facts = parse_facts(described)
    assert (facts.get("exporter.located_in"), facts.get("importer.located_in")) == ("CN", "DE")
    assert (facts.get("exporter.id"), facts.get("exporter.sector")) == ("did:web:cn.example", "trade")
    assert facts.get("data.whole_register") is True
    assert [paper["id"] for paper in facts.papers] == ["urn:uuid:p1"]


def test_a_profile_says_how_is_transferred_but_not_who_the_parties_are():
    lies = {
        "transfer": {"frequency": "one_off"},
        "exporter": {"located_in": "FR"},
        "importer": {"located_in": "FR"},
        "papers": [{"kind": "cn/standard-contract"}],
    }
    described = transfer_facts(EXPORTER, IMPORTER, lies, ())
    assert described["transfer"] == {"kind": "send", "frequency": "one_off"}
    assert described["exporter"]["located_in"] == "CN"
    assert described["importer"]["id"] == "did:web:de.example"
    assert described["papers"] == []


def test_a_participants_own_facts_do_not_change_its_id_or_country():
    liar = Participant("did:web:cn.example", "CN", "CN", {"id": "somebody", "located_in": "FR"})
    described = transfer_facts(liar, IMPORTER, {}, ())
    assert (described["exporter"]["id"], described["exporter"]["located_in"]) == ("did:web:cn.example", "CN")


def test_a_profile_may_say_of_the_transfer_that_nothing_is_known():
    assert transfer_facts(EXPORTER, IMPORTER, {"transfer": None}, ())["transfer"] == {"kind": "send"}


def test_a_paper_is_a_fact_with_its_details():
    paper = a.paper()
    assert paper_facts(paper) == {
        "id": "urn:uuid:p1",
        "kind": "cn/standard-contract",
        "digest": paper.digest,
        **paper.details,
    }


def test_data_go_from_the_provider_to_the_consumer_whoever_we_are():
    assert in_order(EXPORTER, IMPORTER, Role.PROVIDER) == (EXPORTER, IMPORTER)
    assert in_order(EXPORTER, IMPORTER, Role.CONSUMER) == (IMPORTER, EXPORTER)


def test_of_a_stranger_nothing_is_known_but_its_id():
    unknown = stranger("did:web:x.example")
    assert (unknown.id, unknown.facts, country_of(unknown)) == ("did:web:x.example", {}, None)
    facts = parse_facts(transfer_facts(EXPORTER, unknown, {}, ()))
    assert facts.get("importer.located_in") is None


def test_a_member_is_in_the_country_that_the_list_states():
    assert country_of(IMPORTER) == "DE"
