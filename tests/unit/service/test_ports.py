from __future__ import annotations

import inspect

import pytest

from corridor.base.errors import UnreachableError
from corridor.service import ports
from corridor.service.ports import Changes, Reply


def test_nothing_changes_unless_it_is_said():
    assert all(getattr(Changes(), name) == () for name in Changes.__dataclass_fields__)


async def test_a_commit_of_nothing_changes_nothing(exporter):
    await exporter.store.commit(Changes())
    assert (await exporter.store.log_size(), await exporter.store.tasks()) == (0, ())


def test_a_reply_is_the_last_page_unless_it_names_the_next():
    assert Reply(200, None).next is None


@pytest.mark.parametrize(
    ("port", "attribute"),
    [
        (ports.Store, "store"),
        (ports.Participants, "participants"),
        (ports.Sender, "sender"),
        (ports.Directory, "directory"),
        (ports.Signer, "signer"),
        (ports.Secrets, "secrets"),
        (ports.Fetcher, "fetcher"),
        (ports.Preparer, "preparer"),
        (ports.Pusher, "pusher"),
    ],
)
def test_a_counterparts_adapters_have_what_the_ports_ask(exporter, port, attribute):
    adapter = getattr(exporter.context, attribute)
    for name, member in vars(port).items():
        if not name.startswith("_") and inspect.isfunction(member):
            ours = inspect.signature(getattr(type(adapter), name)).parameters
            assert list(ours) == list(inspect.signature(member).parameters), name


async def test_a_sender_says_what_cannot_be_reached(exchange, importer, exporter):
    exchange.nothing_arrives()
    with pytest.raises(UnreachableError):
        await importer.request(exporter.me.id, "GET", exporter.root + "/dsp/2025-1/catalog/datasets/x")
