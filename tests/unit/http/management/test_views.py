from __future__ import annotations

from dataclasses import replace
from operator import attrgetter

import msgspec
import pytest

from corridor.base.ids import DatasetId, MessageId, OfferId, ParticipantId
from corridor.dsp.catalog import Catalog, DataService, Dataset, Distribution
from corridor.dsp.messages import Kind, Offer
from corridor.dsp.process import Pending
from corridor.dsp.states import NegotiationState
from corridor.http.management import models, views
from corridor.service.discover import Listing
from corridor.service.ports import Peer
from corridor.service.records import LoggedEvent, Usage
from corridor.service.viewing import BORDER, PROFILE
from corridor.testing import store_samples as samples

PARTNER = ParticipantId("did:web:partner.example")


def test_a_page_names_its_last_item_only_where_another_page_follows():
    records = [samples.paper(f"urn:{name}") for name in "abc"]
    found = views.page(records, 2, views.paper, attrgetter("id"))
    assert ([item.id for item in found.items], found.next) == (["urn:a", "urn:b"], "urn:b")
    assert views.page(records[:2], 2, views.paper, attrgetter("id")).next is None
    assert views.page([], 2, views.paper, attrgetter("id")) == models.Page(items=(), next=None)


def test_where_the_bytes_lie_stays_with_us():
    for view in (views.dataset, views.dataset_summary):
        assert b"/data/a.csv" not in msgspec.json.encode(view(samples.dataset()))


def test_a_preparations_report_is_shown():
    record = samples.dataset()
    reported = replace(record, content=replace(record.content, report={"kept": 2}))
    assert views.dataset(reported).content.report == {"kept": 2}


def partner_dataset(**properties):
    return Dataset(DatasetId("urn:d"), (Offer(OfferId("urn:o"), {"permission": []}),), (), properties)


def shown(*datasets, within=(), following=None):
    """A partner's catalogue as the view has it."""
    peer = Peer(PARTNER, "https://partner.example/dsp", None)
    return views.partner_catalogue(Listing(peer, Catalog("urn:c", PARTNER, datasets, tuple(within)), following))


def test_catalogues_within_a_catalogue_are_shown_with_what_they_hold():
    inner = Catalog("urn:inner", None, (partner_dataset(),), properties={"title": "Archive"})
    service = DataService("urn:s", "https://elsewhere.example")
    elsewhere = Catalog("urn:elsewhere", PARTNER, distributions=(Distribution("Catalog", service),))
    found = shown(partner_dataset(), within=[inner, elsewhere], following="on")
    assert [dataset.catalogue for dataset in found.datasets] == [None, "Archive"]
    assert [(one.id, one.name, one.participant, one.endpoints) for one in found.catalogues] == [
        ("urn:inner", "Archive", None, ()),
        ("urn:elsewhere", "urn:elsewhere", PARTNER, ("https://elsewhere.example",)),
    ]
    assert (found.provider, found.next) == (PARTNER, "on")


@pytest.mark.parametrize("odd", [None, 1, {"@value": "x"}, [1], True])
def test_what_a_partner_states_in_another_form_is_left_out(odd):
    properties = {"title": odd, "description": odd, "keyword": odd, PROFILE: [odd], BORDER: odd if odd != {} else None}
    catalogue = shown(partner_dataset(**properties))
    found = catalogue.datasets[0]
    assert (found.title, found.description, found.keywords, found.profile) == ("", "", (), {})
    assert all(isinstance(answer, dict) for answer in found.border)


def test_a_single_keyword_is_a_list_of_one():
    catalogue = shown(partner_dataset(keyword="a"))
    assert catalogue.datasets[0].keywords == ("a",)


def test_a_termination_on_its_way_shows_its_reasons():
    record = samples.negotiation(state=NegotiationState.REQUESTED)
    pending = Pending(
        MessageId("urn:m"), Kind.NEGOTIATION_TERMINATION, NegotiationState.TERMINATED, "person", ("enough",)
    )
    found = views.negotiation(replace(record, negotiation=replace(record.negotiation, pending=pending)))
    assert (found.state, found.code, found.reasons) == ("TERMINATED", "person", ("enough",))
    assert found.pending == "ContractNegotiationTerminationMessage"


def test_an_agreement_shows_its_policy_with_its_parties():
    found = views.agreement(samples.agreement(), Usage(1, 2, 3), [samples.receipt()])
    assert {"@id", "target", "assigner", "assignee", "permission"} <= set(found.policy)
    assert found.usage == models.Usage(requests=1, size=2, rows=3)
    assert found.receipts[0].complete is False


def test_every_record_can_be_written_as_json():
    shown = [
        views.negotiation_summary(samples.negotiation()),
        views.agreement_summary(samples.agreement()),
        views.transfer(samples.transfer(), Usage()),
        views.transfer_summary(samples.transfer()),
        views.paper(samples.paper(revoked=samples.NOW)),
        views.receipt(samples.receipt(complete=True)),
        views.event(LoggedEvent(3, {"type": "x"})),
    ]
    for view in shown:
        document = msgspec.json.encode(view)
        assert msgspec.json.decode(document, type=type(view)) == view
