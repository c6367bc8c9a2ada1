from __future__ import annotations

import hashlib
import threading

import pytest

from corridor.base.errors import ConflictError, NotFoundError, StorageError, UnauthenticatedError, UnreachableError
from corridor.client import Client, RefusedError
from corridor.testing.counterpart import Fault

DATA = b"alert,weight\n1,12\n2,8\n"
DATASET = "urn:data:alerts/2026"
PROVIDER = "did:web:provider.example"
CHINA = "did:web:shanghai.example"


def test_one_call_leads_from_an_offer_to_bytes_on_disk(provider, consumer, publication, tmp_path):
    provider.publish(publication())
    seen = []
    found = consumer.get(PROVIDER, DATASET, tmp_path / "alerts.csv", progress=lambda *step: seen.append(step))
    assert (tmp_path / "alerts.csv").read_bytes() == DATA
    assert found["sha256"] == "sha-256:" + hashlib.sha256(DATA).hexdigest()
    assert (found["file"], found["size"], found["rows"]) == (str(tmp_path / "alerts.csv"), len(DATA), 3)
    assert seen[-1] == (len(DATA), len(DATA))
    assert consumer.agreement(found["agreement"])["negotiation"] == found["negotiation"]
    assert consumer.transfer_state(found["transfer"])["received"]["blake3"] == found["blake3"]


def test_a_refusal_tells_every_obstacle(running, consumer, publication, tmp_path):
    with Client(running.urls[CHINA], "a-management-token") as china:
        china.publish(publication())
    with pytest.raises(RefusedError) as refused:
        consumer.get(CHINA, DATASET, tmp_path / "x")
    assert refused.value.obstacles
    assert all(obstacle in refused.value.message for obstacle in refused.value.obstacles)
    assert list(tmp_path.glob("x")) == []


def test_a_dataset_that_is_not_there_is_not_found(consumer, tmp_path):
    with pytest.raises(NotFoundError):
        consumer.get(PROVIDER, DATASET, tmp_path / "x")


def test_nothing_is_agreed_on_where_no_file_could_be_written(provider, consumer, publication, tmp_path):
    provider.publish(publication())
    for place in (tmp_path, tmp_path / "no-such-folder" / "x"):
        with pytest.raises(StorageError):
            consumer.get(PROVIDER, DATASET, place)
    assert consumer.negotiations()["items"] == []
    assert list(tmp_path.rglob("*.part")) == []


def test_patience_has_an_end_and_the_process_goes_on(running, provider, consumer, publication, tmp_path):
    provider.publish(publication())
    running.network.weather = lambda sender, method, _: Fault(lose_request=method == "POST" and sender == "provider")
    with pytest.raises(UnreachableError, match="after 1 s"):
        consumer.get(PROVIDER, DATASET, tmp_path / "x", patience=1)
    assert consumer.negotiations()["items"][0]["settled"] is False


@pytest.mark.parametrize(("limit", "parts"), [(None, [2, 1]), (1, [1]), (2, [2]), (3, [2, 1]), (9, [2, 1])])
def test_a_partners_catalogue_is_browsed_part_by_part(provider, consumer, publication, monkeypatch, limit, parts):
    monkeypatch.setattr("corridor.client.client._LARGEST_PART", 2)
    for number in range(3):
        provider.publish(publication() | {"id": f"urn:d:{number}"})
    found = list(consumer.browse(PROVIDER, [{"format": "HttpData-PULL"}], limit))
    assert [len(part["datasets"]) for part in found] == parts
    assert [part["datasets"] for part in consumer.browse(PROVIDER, [{"keyword": "none"}])] == [[]]


def test_nothing_fetched_cannot_be_downloaded(provider, consumer, publication, tmp_path):
    provider.publish(publication())
    negotiation = consumer.negotiate(PROVIDER, DATASET)
    negotiation = consumer.negotiation(negotiation["pid"], wait=30)
    transfer = consumer.transfer(negotiation["agreement"])
    with pytest.raises(ConflictError):
        consumer.download(transfer["pid"], tmp_path / "x")
    assert list(tmp_path.glob("*x*")) == []


def test_a_wrong_token_is_told(running):
    with Client(running.urls[PROVIDER], "wrong") as stranger:
        assert stranger.health() == {"status": "ok"}
        with pytest.raises(UnauthenticatedError) as refused:
            stranger.status()
    assert "Authorization" in refused.value.remedy


def test_threads_share_a_client(consumer):
    found = []
    threads = [threading.Thread(target=lambda: found.append(consumer.status()["id"])) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["did:web:consumer.example"] * 16


NEGOTIATION = {
    "pid": "urn:n",
    "state": "TERMINATED",
    "settled": True,
    "held": None,
    "agreement": None,
    "offer": "urn:o2",
    "code": "terms",
    "reasons": ["too late", "no papers"],
}
TRANSFER = {
    "pid": "urn:t",
    "state": "TERMINATED",
    "settled": True,
    "held": None,
    "received": None,
    "problem": None,
    "code": "law",
}


class Told(Client):
    """A client of a node that tells what a test wants."""

    def __init__(self, negotiation=None, transfer=None):
        super().__init__("http://127.0.0.1:1", "t")
        self._told = {**NEGOTIATION, **(negotiation or {})}, {**TRANSFER, "reasons": ["ended"], **(transfer or {})}

    def negotiate(self, *_):
        return self._told[0]

    def transfer(self, *_, fetch, format_name):
        assert (fetch, format_name) == (True, None)
        return self._told[1]


def test_every_end_has_its_error(tmp_path):
    agreed = {"state": "FINALIZED", "agreement": "urn:a"}
    for told, error, words in (
        (Told(), RefusedError, "too late; no papers"),
        (Told({"reasons": []}), RefusedError, "no reason was given"),
        (Told({"code": "unreachable"}), UnreachableError, "too late"),
        (Told({"state": "OFFERED"}), ConflictError, "urn:o2"),
        (Told(agreed), RefusedError, "ended"),
        (
            Told(agreed, {"state": "SUSPENDED", "reasons": ["the quota is used up"]}),
            RefusedError,
            "the quota is used up",
        ),
        (Told(agreed, {"state": "STARTED", "problem": "the digests differ"}), UnreachableError, "the digests differ"),
    ):
        with pytest.raises(error, match=words):
            told.get(PROVIDER, DATASET, tmp_path / "x")
