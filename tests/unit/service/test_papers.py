from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import ConflictError, MalformedError, NotFoundError, RemoteError
from corridor.service import papers


async def test_a_paper_is_kept_by_its_facts(exchange, exporter, events_of):
    added = await exchange.file()
    assert await exporter.store.paper("contract-1") == added
    assert (added.kind, added.revoked, added.version) == ("cn/standard-contract", None, 1)
    assert added.details == {
        "number": "N-1",
        "effective": "2026-11-10",
        "filed": "2026-11-12",
        "parties": ["did:web:exporter.example", "did:web:importer.example"],
    }
    [event] = await events_of(exporter, "paper.added")
    assert (event["paper"], event["digest"], event["number"]) == ("contract-1", added.digest, "N-1")


async def test_the_days_of_its_validity_are_in_the_evidence(exchange, exporter, events_of):
    await exchange.file(valid_from="2026-11-10", valid_to="2028-11-09")
    [event] = await events_of(exporter, "paper.added")
    assert (event["validFrom"], event["validUntil"]) == ("2026-11-10", "2028-11-09")


async def test_a_paper_without_an_id_gets_one(exchange):
    assert (await exchange.file(id=None)).id.startswith("urn:test:exporter:")


async def test_an_id_is_given_once(exchange):
    await exchange.file()
    with pytest.raises(ConflictError, match="is on file already"):
        await exchange.file()


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"kind": "cn/love-letter"}, "$.kind"),
        ({"kind": None}, "$.kind"),
        ({"digest": "a" * 64}, "$.digest"),
        ({"digest": None}, "$.digest"),
        ({"id": "a b"}, "$.id"),
        ({"filed": "2026-02-30"}, "$.papers[0].filed"),
        ({"parties": "everybody"}, "$.papers[0].parties"),
        ({"colour": "blue"}, "$.papers[0]"),
    ],
)
async def test_a_faulty_paper_is_refused_with_its_place(exchange, exporter, changes, place):
    with pytest.raises(MalformedError) as refused:
        await exchange.file(**changes)
    assert refused.value.place.startswith(place)
    assert await exporter.store.papers() == ()
    assert await exporter.store.log_size() == 0


async def test_an_unknown_kind_is_told_the_known_ones(exchange):
    with pytest.raises(MalformedError) as refused:
        await exchange.file(kind="cn/love-letter")
    assert "cn/standard-contract" in refused.value.remedy or "cn/standard-contract" in refused.value.message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
MEMBERS = st.sampled_from(["id", "kind", "digest", "number", "effective", "valid_to", "parties", "scope", "result"])


@given(JSON | st.dictionaries(MEMBERS, JSON, max_size=5))
async def test_no_document_breaks_the_register(new_exchange, document):
    with pytest.raises(RemoteError):
        await papers.add_paper(new_exchange().exporter.context, document)


@given(
    st.dictionaries(st.sampled_from(["number", "effective", "filed", "valid_from", "valid_to", "parties"]), st.none())
)
async def test_a_fact_that_is_null_is_unknown(new_exchange, nothing):
    exchange = new_exchange()
    assert (await exchange.file(**nothing)).kind == "cn/standard-contract"


async def test_a_paper_with_facts_that_are_null_is_decided_on_like_one_without(exchange):
    await exchange.publish("orders", 120_000)
    await exchange.file(valid_to=None, number=None, valid_from=None)
    await exchange.agree()


async def test_revoking_says_when_and_why(exchange, network, exporter, events_of):
    await exchange.file()
    gone = await papers.revoke_paper(exporter.context, "contract-1", "the parties ended it")
    assert await exporter.store.paper("contract-1") == gone
    assert (gone.revoked, gone.version) == (network.clock.now(), 2)
    [event] = await events_of(exporter, "paper.revoked")
    assert (event["paper"], event["reason"]) == ("contract-1", "the parties ended it")


async def test_revoking_needs_no_reason(exchange, exporter, events_of):
    await exchange.file(number=None)
    await papers.revoke_paper(exporter.context, "contract-1", "")
    [event] = await events_of(exporter, "paper.revoked")
    assert event.get("reason") is None


async def test_what_is_not_there_or_revoked_already_cannot_be_revoked(exchange, exporter):
    with pytest.raises(NotFoundError, match="there is no such paper"):
        await papers.revoke_paper(exporter.context, "contract-1", "")
    await exchange.file()
    await papers.revoke_paper(exporter.context, "contract-1", "")
    with pytest.raises(ConflictError, match="revoked already"):
        await papers.revoke_paper(exporter.context, "contract-1", "")
