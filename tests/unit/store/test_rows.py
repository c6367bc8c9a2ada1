from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.clock import DateRange
from corridor.base.errors import LocalError, StorageError
from corridor.dsp.messages import (
    AgreementVerification,
    ContractAgreement,
    ContractOffer,
    ContractRequest,
    NegotiationEvent,
    TransferStart,
)
from corridor.dsp.states import NegotiationState
from corridor.service.records import Task, TaskKind
from corridor.store import rows, schema
from corridor.testing import store_samples as a

HONG_KONG = timezone(timedelta(hours=8))
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
instants = st.datetimes(timezones=st.just(UTC))


@given(instants)
def test_instants_come_back_to_the_microsecond(instant):
    assert rows.instant_of(rows.micros(instant)) == instant


@given(instants, instants)
def test_counted_instants_sort_like_instants(one, other):
    assert (rows.micros(one) < rows.micros(other)) == (one < other)


def test_the_same_instant_in_two_zones_is_one_number():
    assert rows.micros(datetime(2026, 11, 22, 18, tzinfo=HONG_KONG)) == rows.micros(
        datetime(2026, 11, 22, 10, tzinfo=UTC)
    )


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(LocalError, match="`2026-11-22 10:00:00` has no time zone"):
        rows.micros(datetime(2026, 11, 22, 10))


@pytest.mark.parametrize(
    ("table", "row"),
    [
        (schema.negotiations, rows.negotiation_row(a.negotiation())),
        (schema.agreements, rows.agreement_row(a.agreement())),
        (schema.transfers, rows.transfer_row(a.transfer())),
        (schema.datasets, rows.dataset_row(a.dataset())),
        (schema.papers, rows.paper_row(a.paper())),
        (schema.tasks, rows.task_row(a.task())),
        (schema.grants, rows.grant_row(a.grant())),
        (schema.served, rows.served_row(a.served("s"))),
        (schema.usages, rows.usage_rows(a.served("s"))[0]),
        (schema.counted, rows.counted_row(a.counted(1))),
        (schema.receipts, rows.receipt_row(a.receipt())),
        (schema.used_tokens, rows.token_row(a.seen())),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_row_fills_every_column_of_its_table(table, row):
    columns = {column.name for column in table.columns} - {"number", "owner"}
    assert {*row} - {"key", "replaces"} == columns
    assert [name for name in columns if row[name] is None and not table.c[name].nullable] == []


def test_columns_repeat_what_records_are_found_by():
    row = rows.negotiation_row(a.negotiation(peer_pid="urn:uuid:c1", state=NegotiationState.AGREED, version=4))
    assert (row["id"], row["peer"], row["peer_pid"]) == ("urn:uuid:n1", a.PEER, "urn:uuid:c1")
    assert (row["state"], row["replaces"], row["version"]) == ("AGREED", 4, 5)
    assert '"version":5' in row["body"]


def test_the_marks_of_an_end_are_columns_too():
    assert rows.dataset_row(a.dataset(withdrawn=a.NOW))["withdrawn"] == rows.micros(a.NOW)
    assert rows.paper_row(a.paper(revoked=a.NOW))["revoked"] == rows.micros(a.NOW)
    assert rows.grant_row(a.grant(revoked=a.NOW))["revoked"] == rows.micros(a.NOW)


MESSAGES = st.one_of(
    st.none(),
    *(st.from_type(cls) for cls in (AgreementVerification, NegotiationEvent)),
    st.just(ContractRequest("m", "c", None, a.negotiation().negotiation.offer, "https://c.example")),
    st.just(ContractOffer("m", "p", "c", a.negotiation().negotiation.offer)),
    st.just(ContractAgreement("m", "p", "c", a.agreement().agreement)),
    st.just(TransferStart("m", "p", "c")),
)


@given(
    st.builds(
        Task,
        id=texts,
        kind=st.sampled_from(TaskKind),
        queue=texts,
        subject=texts,
        due=instants,
        created=instants,
        message=MESSAGES,
        payload=st.dictionaries(texts, texts | st.integers(0, 9) | st.none()),
        attempts=st.integers(0, 2**40),
        problem=st.none() | texts,
        parked=st.none() | instants,
    )
)
def test_a_task_comes_back_equal(task):
    row = rows.task_row(task)
    columns = [column.name for column in schema.tasks.columns if column.name not in ("number", "owner")]
    assert rows.task_from(tuple(row[name] for name in columns)) == task


@pytest.mark.parametrize(
    "wound", [{"kind": "gossip"}, {"payload": "["}, {"message_type": "Gossip"}, {"message": "{}"}, {"due": 2**62}]
)
def test_a_damaged_task_is_a_fault_of_the_database(wound):
    row = {**rows.task_row(a.task()), **wound}
    columns = [column.name for column in schema.tasks.columns if column.name not in ("number", "owner")]
    with pytest.raises(StorageError):
        rows.task_from(tuple(row[name] for name in columns))


def test_an_answer_moves_four_sums():
    assert rows.usage_keys("a", "t") == (("a", "t"), ("a", ""), ("", "t"), ("", ""))
    assert [row["size"] for row in rows.usage_rows(a.served("s", size=7))] == [7] * 4


@given(st.dates(), st.dates(), st.dates())
def test_days_as_text_lie_in_a_window_as_days_do(day, start, end):
    window = rows.window_row("CN", "persons", DateRange(start, end))
    assert (window["start"] <= day.isoformat() <= window["end"]) == (day in DateRange(start, end))


def test_an_open_window_holds_every_day():
    window = rows.window_row("CN", "persons", DateRange())
    assert (window["start"], window["end"]) == (date.min.isoformat(), date.max.isoformat())
