from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from corridor.base.errors import LocalError, MalformedError, StorageError, TooLargeError
from corridor.dsp.codec.limits import CodecLimits
from corridor.service import admit, viewing
from corridor.service.finding import parse_filter
from corridor.service.ports import Changes
from corridor.service.records import OfferRecord
from corridor.service.viewing import BORDER, PROFILE, Viewer, check_offer
from corridor.testing import store_samples as a

FRANCE = {"leftOperand": "spatial", "operator": "eq", "rightOperand": "FR"}
TWICE_OVER_THE_THRESHOLD = 90_000


@pytest.fixture
def view(exporter, importer):
    """What the importer sees of a record."""

    async def see(record, *filters):
        viewer = await Viewer.of(exporter.context, importer.me)
        return await viewer.see(record, parse_filter(filters))

    return see


@pytest.fixture
def asked(monkeypatch):
    """The questions that are put to the one decision point."""
    questions = []

    async def note(ctx, question):
        questions.append(question)
        return await admit.admit(ctx, question)

    monkeypatch.setattr(viewing, "admit", note)
    return questions


@pytest.fixture
def terms_asked(monkeypatch):
    """The questions about terms alone."""
    questions = []

    def note(ctx, question):
        questions.append(question)
        return admit.permitted(ctx, question)

    monkeypatch.setattr(viewing, "permitted", note)
    return questions


async def test_offers_of_the_same_terms_and_data_of_the_same_profile_are_judged_once(
    exchange, exporter, importer, asked, terms_asked
):
    records = [await exchange.publish(f"d-{n}", 1000, description=str(n)) for n in range(5)]
    others = [await exchange.publish("french", 1000, FRANCE), await exchange.publish("machines")]
    viewer = await Viewer.of(exporter.context, importer.me)
    seen = [await viewer.see(record) for record in (*records, *others)]
    assert (len(asked), len(terms_asked)) == (2, 2)
    assert [one and one.id for one in seen] == ["d-0", "d-1", "d-2", "d-3", "d-4", None, "machines"]
    for record, one in zip(records, seen, strict=False):
        assert (
            one.properties[BORDER]
            == (await (await Viewer.of(exporter.context, importer.me)).see(record)).properties[BORDER]
        )


async def test_what_is_seen_names_the_dataset_and_not_its_stand_in(exchange, view):
    shown = await view(await exchange.publish("orders", 120_000))
    assert shown.properties[PROFILE]["data"]["counts"][0]["population"] == "orders"
    assert "this-dataset" not in repr(shown)


async def test_a_dataset_whose_persons_were_counted_before_is_judged_by_itself(exchange, exporter, importer, asked):
    """Exporting the same persons again adds none: the answer on this dataset differs from that on any other like it."""
    first = await exchange.publish("d-1", TWICE_OVER_THE_THRESHOLD)
    second = await exchange.publish("d-2", TWICE_OVER_THE_THRESHOLD)
    counted = a.counted(TWICE_OVER_THE_THRESHOLD, on=exporter.context.clock.now().date(), population="d-1")
    keys = {(guard.jurisdiction, guard.name) for guard in await guards(exporter, importer, first)}
    records = tuple(replace(counted, jurisdiction=jurisdiction, name=name) for jurisdiction, name in keys)
    await exporter.store.commit(Changes(counted=records))
    asked.clear()
    viewer = await Viewer.of(exporter.context, importer.me)
    borders = {one.id: (await viewer.see(one)).properties[BORDER][0]["answer"] for one in (first, second)}
    assert len(asked) == 2
    for record in (first, second):
        exact = await viewing.ask(exporter.context, importer.me, record, record.offers[0], admit.Phase.CATALOGUE)
        assert borders[record.id]["outcome"] == exact.assessment.outcome.value
    assert borders["d-1"] != borders["d-2"]


async def guards(exporter, importer, record):
    admission = await viewing.ask(exporter.context, importer.me, record, record.offers[0], admit.Phase.CATALOGUE)
    return admission.guards


async def test_terms_that_name_the_dataset_are_judged_for_it(exchange, view, terms_asked):
    body = {"permission": [{"action": "use", "target": "orders"}]}
    record = await exchange.publish("orders", offers=[{"id": "offer", "permission": [{"action": "use"}]}])
    shown = await view(replace(record, offers=(OfferRecord("offer", body),)))
    assert shown is not None
    assert terms_asked[0].policy.target == "orders"


async def test_what_the_law_answers_is_remembered_until_something_it_rests_on_changes(
    exchange, exporter, importer, network, view, asked
):
    record = await exchange.publish("orders", 120_000)
    before = (await view(record)).properties[BORDER]
    assert (await view(record)).properties[BORDER] == before
    assert len(asked) == 1
    await exchange.file()
    with_papers = (await view(record)).properties[BORDER]
    assert (len(asked), with_papers == before) == (2, False)
    day = exporter.context.clock.now().date()
    more = replace(a.counted(2_000_000, on=day, population="others"), jurisdiction="CN", name="exported_persons")
    await exporter.store.commit(Changes(counted=(more,)))
    after = (await view(record)).properties[BORDER]
    assert (len(asked), after == with_papers) == (3, False)
    network.clock.advance(timedelta(days=1))
    await view(record)
    assert len(asked) == 4
    french = replace(importer.me, country="FR")
    await (await Viewer.of(exporter.context, french)).see(record)
    assert len(asked) == 5


async def test_only_offers_that_fit_are_seen_and_a_withdrawn_dataset_never(exchange, view):
    purposes = [
        {"id": name, "permission": [{"action": "use", "constraint": [PURPOSE | {"rightOperand": name}]}]}
        for name in ("research", "marketing")
    ]
    record = await exchange.publish("orders", offers=purposes)
    assert [offer.id for offer in (await view(record)).offers] == ["research", "marketing"]
    assert [offer.id for offer in (await view(record, {"purpose": "marketing"})).offers] == ["marketing"]
    assert await view(record, {"keyword": "none"}) is None
    assert await view(replace(record, withdrawn=a.NOW)) is None


PURPOSE = {"leftOperand": "purpose", "operator": "eq"}


async def test_what_the_database_cannot_give_is_not_taken_for_a_broken_offer(exchange, exporter, importer):
    record = await exchange.publish("orders", 5000)

    class Broken:
        async def papers(self):
            return ()

        async def counted(self, *_):
            raise StorageError("the disk is full")

    viewer = await Viewer.of(replace(exporter.context, store=Broken()), importer.me)
    with pytest.raises(StorageError):
        await viewer.see(record)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"offers": (OfferRecord("a b", {"permission": [{"action": "use"}]}),)}, MalformedError),
        ({"offers": (OfferRecord("o", {}),)}, MalformedError),
        ({"offers": (OfferRecord("o", {"permission": [{"action": "use"}], "x": 0.5}),)}, MalformedError),
        ({"offers": (OfferRecord("o", {"permission": [{"action": "use"}], "x": {1, 2}}),)}, LocalError),
        ({"profile": {"data": {"items": [{"category": "none"}]}}}, MalformedError),
        ({"profile": {"data": {"counts": [7]}}}, MalformedError),
    ],
)
def test_an_offer_that_cannot_be_judged_or_sent_is_found(changes, error):
    record = replace(a.dataset(), **{"offers": (OfferRecord("o", {"permission": [{"action": "use"}]}),), **changes})
    with pytest.raises(error):
        check_offer(record, record.offers[0], CodecLimits())


def test_an_offer_over_the_limits_is_found():
    rules = [{"action": "use"}] * 3
    record = replace(a.dataset(), offers=(OfferRecord("o", {"permission": rules}),))
    check_offer(record, record.offers[0], CodecLimits())
    with pytest.raises(TooLargeError):
        check_offer(record, record.offers[0], CodecLimits(rules=2))
