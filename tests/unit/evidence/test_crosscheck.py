from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from corridor.base.ids import AgreementId
from corridor.evidence.bundle import DEFAULT_LIMITS, Header, ProvenEvent
from corridor.evidence.bundle_reader import Bundle, Placed, read_bundle
from corridor.evidence.crosscheck import cross_check
from corridor.evidence.event import DataReceived

CONSUMER = "did:web:consumer.example"
OTHER = "sha-256:" + "00" * 32
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.fixture
def bundle(make_bundle):
    return read_bundle(make_bundle(), DEFAULT_LIMITS)[0]


def faults(bundle):
    return [str(finding) for finding in cross_check(bundle)]


def with_event(bundle, number, event):
    """`bundle` with its event `number` replaced."""
    placed = list(bundle.events)
    old = placed[number]
    placed[number] = Placed(old.line, old.where, ProvenEvent(old.value.index, event, old.value.proof))
    return dataclasses.replace(bundle, events=tuple(placed))


def with_receipts(bundle, *receipts):
    placed = tuple(Placed(line, f"receipt {line}", receipt) for line, receipt in enumerate(receipts, 7))
    return dataclasses.replace(bundle, receipts=placed)


def without(bundle, number):
    return dataclasses.replace(bundle, events=bundle.events[:number] + bundle.events[number + 1 :])


def test_parts_that_agree_give_no_finding(bundle):
    assert faults(bundle) == []
    assert faults(Bundle()) == []


def test_a_log_alone_is_no_contradiction(bundle):
    assert faults(with_receipts(bundle)) == []


def test_events_stand_in_the_order_of_the_log_and_of_time(bundle):
    swapped = dataclasses.replace(bundle, events=(bundle.events[1], bundle.events[0], *bundle.events[2:]))
    assert faults(swapped) == ["line 3 (event 0, negotiation.requested): not after event 1 in the log"]
    twice = dataclasses.replace(bundle, events=(bundle.events[0], *bundle.events))
    assert faults(twice) == ["line 3 (event 0, negotiation.requested): not after event 0 in the log"]


def test_clocks_may_differ_a_little_but_time_does_not_run_back(bundle, journey):
    def later(seconds):
        return with_event(bundle, 0, dataclasses.replace(journey[0], at=NOW + timedelta(seconds=seconds)))

    assert faults(later(61)) == []
    assert faults(later(62)) == ["line 4 (event 1, agreement.concluded): earlier than event 0 before it"]
    assert [text.split(" (")[0] for text in faults(later(90))] == ["line 4", "line 5", "line 6"]


def test_a_receipt_stands_once(bundle, both_sign, agreed):
    doubled = with_receipts(bundle, both_sign(agreed), both_sign(agreed))
    assert faults(doubled) == [
        "line 8 (receipt 8): stands in the bundle twice",
        "line 8 (receipt 8): a second receipt of the agreement",
    ]


def test_an_agreement_has_one_receipt(bundle, both_sign, agreed):
    second = both_sign(dataclasses.replace(agreed, papers=()))
    assert faults(with_receipts(bundle, both_sign(agreed), second)) == [
        "line 8 (receipt 8): a second receipt of the agreement"
    ]


def test_everything_is_about_one_agreement(bundle):
    header = Placed(1, "header", dataclasses.replace(bundle.header.value, agreement=AgreementId("urn:other")))
    found = faults(dataclasses.replace(bundle, header=header))
    assert [text.split(":")[0] for text in found] == [
        "line 4 (event 1, agreement.concluded)",
        "line 6 (event 3, data.served)",
        "line 7 (receipt of the agreement)",
        "line 8 (receipt of delivery urn",
    ]


def test_the_exporter_is_a_party(bundle):
    header = Placed(1, "header", Header("did:web:x", bundle.header.value.agreement, bundle.header.value.made_at))
    found = faults(dataclasses.replace(bundle, header=header))
    assert "line 4 (event 1, agreement.concluded): the exporter `did:web:x` is no party to it" in found
    assert "line 7 (receipt of the agreement): the exporter `did:web:x` is no party to it" in found


def test_the_log_says_that_the_agreement_was_concluded(bundle):
    assert faults(without(bundle, 1)) == [
        "line 7 (receipt of the agreement): the log does not say that the agreement was concluded"
    ]


@pytest.mark.parametrize("change", [{"policy": OTHER}, {"papers": ()}, {"dataset": "urn:x"}, {"consumer": "did:web:x"}])
def test_log_and_receipt_agree_on_the_agreement(bundle, journey, change):
    (name,) = change
    changed = with_event(bundle, 1, dataclasses.replace(journey[1], **change))
    assert faults(changed) == [f"line 7 (receipt of the agreement): `{name}` is not what the log says"]


def test_a_delivery_refers_to_a_receipt_of_the_agreement(bundle, both_sign, delivered):
    assert faults(with_receipts(bundle, both_sign(delivered))) == [
        "line 7 (receipt 7): there is no receipt of the agreement that it refers to"
    ]


def test_a_delivery_is_between_the_parties_and_of_the_dataset_agreed(bundle, both_sign, agreed, delivered):
    changed = with_receipts(bundle, both_sign(agreed), both_sign(dataclasses.replace(delivered, dataset="urn:x")))
    assert faults(changed) == [
        "line 8 (receipt 8): `dataset` is not what the receipt of the agreement says",
        "line 8 (receipt 8): `dataset` is not what the log says",
    ]


@pytest.mark.parametrize(
    "change", [{"sha256": OTHER}, {"blake3": "blake3:" + "00" * 32}, {"dataset": "urn:x"}, {"size": 1025}, {"rows": 8}]
)
def test_log_and_receipt_agree_on_what_was_delivered(bundle, journey, change):
    (name,) = change
    changed = with_event(bundle, 3, dataclasses.replace(journey[3], **change))
    assert faults(changed) == [f"line 8 (receipt of delivery urn:uuid:transfer-p): `{name}` is not what the log says"]


def test_rows_are_compared_where_both_counted(bundle, journey):
    assert faults(with_event(bundle, 3, dataclasses.replace(journey[3], rows=None))) == []


@pytest.mark.parametrize("change", [{"transfer": "urn:x"}, {"peer": "did:web:x"}])
def test_a_delivery_is_in_the_log(bundle, journey, change):
    changed = with_event(bundle, 3, dataclasses.replace(journey[3], **change))
    assert faults(changed) == [
        "line 8 (receipt of delivery urn:uuid:transfer-p): the log has no delivery over this transfer"
    ]


def test_a_transfer_may_deliver_more_than_once(bundle, journey):
    again = dataclasses.replace(journey[3], at=journey[3].at + timedelta(seconds=9), sha256=OTHER, size=5)
    events = (*bundle.events, Placed(7, "event 4", ProvenEvent(4, again, ())))
    assert faults(dataclasses.replace(bundle, events=events)) == []


def test_a_delivery_may_go_in_parts_that_make_up_for_the_whole(bundle, journey):
    part = dataclasses.replace(journey[3], complete=False, size=512, rows=3)
    one = with_event(bundle, 3, part)
    assert faults(one) == ["line 8 (receipt of delivery urn:uuid:transfer-p): `size` is not what the log says"]
    events = (*one.events, Placed(7, "event 4", ProvenEvent(4, part, ())))
    assert faults(dataclasses.replace(one, events=events)) == []


def test_the_consumer_shows_what_it_received(bundle, journey, delivered):
    header = Placed(1, "header", dataclasses.replace(bundle.header.value, exporter=CONSUMER))
    served = journey[3]
    received = DataReceived(
        served.at, delivered.consumer_pid, served.agreement, served.dataset, delivered.provider, served.size,
        served.sha256, served.blake3, complete=True,
    )  # fmt: skip
    of_consumer = dataclasses.replace(bundle, header=header)
    assert faults(with_event(of_consumer, 3, received)) == []
    assert faults(of_consumer) == [
        "line 8 (receipt of delivery urn:uuid:transfer-p): the log has no delivery over this transfer"
    ]
