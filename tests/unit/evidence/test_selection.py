from __future__ import annotations

import pytest

from corridor.base.errors import MalformedError
from corridor.evidence.event import EVENT_TYPES, DatasetPublished, TransferChanged, to_json
from corridor.evidence.selection import FAMILIES, Selection, check_types
from corridor.testing.store_samples import NOW

STARTED = TransferChanged(NOW, "urn:t1", "urn:a1", "did:web:partner.example", "STARTED")
PUBLISHED = DatasetPublished(NOW, "urn:d1", "sha-256:" + "0" * 64)
CONCLUDED = {"type": "agreement.concluded", "provider": "did:web:p.example", "consumer": "did:web:c.example"}


def test_an_empty_selection_wants_everything():
    assert Selection().wants_event(STARTED)
    assert Selection().wants(to_json(PUBLISHED))


@pytest.mark.parametrize(
    ("selection", "started", "published"),
    [
        (Selection(types=("transfer.changed",)), True, False),
        (Selection(types=("transfer.*",)), True, False),
        (Selection(types=("data.*", "dataset.published")), False, True),
        (Selection(partners=("did:web:partner.example", "did:web:other.example")), True, False),
        (Selection(partners=("did:web:other.example",)), False, False),
        (Selection(agreement="urn:a1"), True, False),
        (Selection(agreement="urn:a2"), False, False),
        (Selection(transfer="urn:t1", types=("transfer.changed",)), True, False),
        (Selection(transfer="urn:t2"), False, False),
        (Selection(negotiation="urn:n1"), False, False),
    ],
)
def test_every_restriction_has_to_hold_for_events_and_documents_alike(selection, started, published):
    assert (selection.wants_event(STARTED), selection.wants(to_json(STARTED))) == (started, started)
    assert (selection.wants_event(PUBLISHED), selection.wants(to_json(PUBLISHED))) == (published, published)


@pytest.mark.parametrize("party", ["did:web:p.example", "did:web:c.example"])
def test_both_parties_of_an_agreement_are_partners(party):
    assert Selection(partners=(party,)).wants(CONCLUDED)


def test_types_are_names_of_events_or_families_of_them():
    assert check_types([*EVENT_TYPES, *FAMILIES], "?type") == (*EVENT_TYPES, *FAMILIES)
    assert "transfer.*" in FAMILIES


def test_a_type_that_there_is_not_is_refused_with_the_nearest():
    with pytest.raises(MalformedError, match=r"\?type: `transfer.change` is no type of event; did you mean") as caught:
        check_types(["transfer.change"], "?type")
    assert caught.value.remedy == "did you mean `transfer.changed`?"
    with pytest.raises(MalformedError) as caught:
        check_types(["zzz\n"], "?type")
    assert "dataset.published" in caught.value.remedy
    assert caught.value.message.isprintable()
