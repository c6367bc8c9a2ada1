"""Two real nodes: who gets in, what stops when, and what hostile requests come to."""

from __future__ import annotations

import gzip
import json
import time

import pytest

from corridor.base.errors import CorridorError
from corridor.dsp.binding import ROUTES

pytestmark = pytest.mark.slow

DSP = "/dsp/2025-1"
CATALOGUE = f"{DSP}/catalog/request"
CONTEXT = ["https://w3id.org/dspace/2025/1/context.jsonld"]
ASK_CATALOGUE = json.dumps({"@context": CONTEXT, "@type": "CatalogRequestMessage"}).encode()
JSON = {"Content-Type": "application/json"}
MIB = 1 << 20
AT_ONCE = 1.0
"""Seconds within which a right that has ended stops a stream."""


def signed(kit, sender, receiver):
    """The header fields of a DSP request."""
    return {**JSON, "Authorization": kit.token(sender, receiver.id)}


def ask_catalogue(kit, sender, receiver):
    return kit.call(receiver.url, "POST", CATALOGUE, signed(kit, sender, receiver), ASK_CATALOGUE)[0]


def filled(path):
    """A path template with an identifier in place of each parameter."""
    return "/".join("urn:uuid:1" if part.startswith("{") else part for part in path.split("/"))


def operations(node):
    """Method and path of everything that the management API describes."""
    paths = node.client.openapi()["paths"]
    return [(method.upper(), filled(path)) for path, methods in paths.items() for method in methods]


class TestIdentity:
    @pytest.mark.parametrize("route", [(route.method, DSP + filled(route.path)) for route in ROUTES], ids=str)
    def test_no_protocol_route_answers_without_identity(self, kit, pair, route):
        assert kit.call(pair.provider.url, *route, JSON, b"{}")[0] == 401

    @pytest.mark.parametrize("path", ["/receipts", "/data/urn:uuid:1", "/nowhere", "/", DSP])
    def test_nothing_else_on_the_protocol_listener_does(self, kit, pair, path):
        method = "POST" if path == "/receipts" else "GET"
        assert kit.call(pair.provider.url, method, path)[0] == 401

    def test_no_management_operation_answers_without_the_token_of_its_node(self, kit, pair):
        described = operations(pair.provider)
        assert len(described) > 30
        for method, path in described:
            for headers in ({}, {"Authorization": f"Bearer {pair.consumer.token}"}):
                status, _ = kit.call(pair.provider.management, method, path, {**JSON, **headers}, b"{}")
                assert status == (200 if path == "/health" else 401), (method, path)

    def test_a_page_that_binds_its_name_to_our_address_is_refused(self, kit, pair):
        status, _ = kit.call(
            f"http://127.0.0.1:{pair.provider.management.rpartition(':')[2]}",
            "GET",
            "/health",
            {"Host": "evil.example"},
        )
        assert status in (400, 403)

    @pytest.mark.parametrize("path", ["/health", "/.well-known/did.json", "/.well-known/dspace-version"])
    def test_what_a_stranger_needs_is_open(self, kit, pair, path):
        status, body = kit.call(pair.provider.url, "GET", path)
        assert status == 200
        assert isinstance(json.loads(body), dict)

    def test_a_token_counts_once(self, kit, pair):
        headers = signed(kit, pair.consumer, pair.provider)
        statuses = [kit.call(pair.provider.url, "POST", CATALOGUE, headers, ASK_CATALOGUE)[0] for _ in range(2)]
        assert statuses == [200, 401]

    def test_a_token_counts_once_across_a_restart(self, kit, pair):
        headers = signed(kit, pair.consumer, pair.provider)
        assert kit.call(pair.provider.url, "POST", CATALOGUE, headers, ASK_CATALOGUE)[0] == 200
        pair.provider.kill()
        pair.provider.start()
        pair.provider.await_ready()
        assert kit.call(pair.provider.url, "POST", CATALOGUE, headers, ASK_CATALOGUE)[0] == 401

    def test_a_token_for_somebody_else_is_refused(self, kit, pair):
        headers = {**JSON, "Authorization": kit.token(pair.consumer, pair.third.id)}
        assert kit.call(pair.provider.url, "POST", CATALOGUE, headers, ASK_CATALOGUE)[0] == 401


@pytest.fixture
def third(pair):
    """A third participant whom both know."""
    pair.third.start()
    pair.third.await_ready()
    yield pair.third
    pair.third.stop()


def test_the_agreement_of_somebody_else_is_not_there(kit, pair, third):
    agreement = kit.agree(pair.consumer, pair.provider, "alerts")
    request = {
        "@context": CONTEXT,
        "@type": "TransferRequestMessage",
        "consumerPid": "urn:uuid:theirs",
        "agreementId": agreement,
        "format": "HttpData-PULL",
        "callbackAddress": f"{third.url}{DSP}",
    }
    body = json.dumps(request).encode()
    path = f"{DSP}/transfers/request"
    assert kit.call(pair.provider.url, "POST", path, signed(kit, third, pair.provider), body)[0] == 404
    (negotiation,) = (one for one in pair.provider.client.negotiations()["items"] if one["agreement"] == agreement)
    path = f"{DSP}/negotiations/{negotiation['pid']}"
    assert kit.call(pair.provider.url, "GET", path, signed(kit, third, pair.provider))[0] == 404
    assert kit.call(pair.provider.url, "GET", path, signed(kit, pair.consumer, pair.provider))[0] == 200


class TestCommandLine:
    def test_from_the_catalogue_to_the_bytes(self, kit, pair, tmp_path):
        provider, config = pair.provider, ("--config", pair.consumer.folder, "--json")
        found = kit.said(kit.corridor("catalog", provider.url, *config))
        assert {one["id"] for one in found["datasets"]} >= {"alerts", "large"}
        negotiated = kit.said(kit.corridor("negotiate", provider.url, "alerts", *config))
        assert negotiated["state"] == "FINALIZED"
        transferred = kit.said(kit.corridor("transfer", negotiated["agreement"], "--address", *config))
        with kit.stream(transferred["data_address"]) as stream:
            assert stream.read() == kit.alerts()
        target = tmp_path / "alerts.csv"
        got = kit.said(kit.corridor("get", provider.id, "alerts", "-o", target, *config))
        assert target.read_bytes() == kit.alerts()
        assert (got["size"], got["rows"]) == (len(kit.alerts()), 20)

    def test_what_is_not_on_offer_is_refused_in_one_sentence(self, kit, pair, tmp_path):
        target = tmp_path / "nothing.csv"
        done = kit.corridor("get", pair.provider.id, "no-such", "-o", target, "--config", pair.consumer.folder)
        assert done.returncode == 1
        assert len(done.stderr.strip().splitlines()) <= 2
        assert "Traceback" not in done.stderr
        assert not target.exists()

    def test_a_node_that_is_started_again_goes_on(self, kit, pair):
        """The consumer asks while the provider is down; both are started again, and the data arrive."""
        provider, consumer = pair.both
        agreement = kit.agree(consumer, provider, "alerts")
        assert provider.stop() == 0
        begun = consumer.client.transfer(agreement, fetch=True)["pid"]
        assert consumer.stop() == 0
        pair.start()
        found = consumer.client.transfer_state(begun, wait=30)
        assert found["received"]["size"] == len(kit.alerts())


def cut_off(kit, stream, end):
    """End the right of a stream that is being read; how long bytes still came, and how many came in all."""
    read = len(stream.read(4 * MIB))
    begun = time.monotonic()
    end()
    read += kit.rest_of(stream)
    return time.monotonic() - begun, read


CONTRACT = {
    "id": "standard-contract",
    "kind": "cn/standard-contract",
    "digest": "sha-256:" + "5c" * 32,
    "number": "CN-SC-2026-000123",
    "effective": "2026-01-05",
    "filed": "2026-01-06",
}
CUSTOMERS = {
    "data": {
        "items": [{"category": "contact_demographic", "subject": "customer", "collected_in": "CN"}],
        "counts": [{"category": "contact_demographic", "unit": "persons", "n": 120_000, "population": "customers"}],
        "important_status": "not_notified",
    },
    "purpose": ["customer_service"],
}


class TestARightThatEnds:
    """A new request is refused, and a stream that is under way is cut off; a reader that is slow changes nothing."""

    @pytest.fixture
    def running(self, kit, pair):
        """The provider's pid of a transfer of `large` that runs, and its data address."""
        agreement = kit.agree(pair.consumer, pair.provider, "large")
        _, address = kit.open_transfer(pair.consumer, agreement)
        (served,) = pair.provider.client.transfers(agreement=agreement)["items"]
        return served["pid"], address

    def check_stopped(self, kit, address, taken):
        seconds, read = taken
        assert seconds < AT_ONCE
        assert read < kit.large
        with kit.stream(address) as stream:
            assert stream.status == 403

    def test_by_suspension_of_the_transfer(self, kit, pair, running):
        pid, address = running
        with kit.stream(address) as stream:
            taken = cut_off(kit, stream, lambda: pair.provider.client.suspend(pid, "a question is open"))
        self.check_stopped(kit, address, taken)

    def test_by_termination_by_the_consumer(self, kit, pair, running):
        pid, address = running
        theirs = pair.provider.client.transfer_state(pid)["partner_pid"]

        def end():
            pair.consumer.client.terminate_transfer(theirs)
            pair.consumer.client.transfer_state(theirs, wait=30)

        with kit.stream(address) as stream:
            taken = cut_off(kit, stream, end)
        self.check_stopped(kit, address, taken)

    def test_by_revocation_of_the_paper_that_it_rests_on(self, kit, pair):
        exporter, importer = pair.consumer, pair.provider
        exporter.client.add_paper({**CONTRACT, "parties": [exporter.id, importer.id]})
        kit.publish(
            exporter, "customers", bytes(kit.large),
            media_type="application/octet-stream", table=False, profile=CUSTOMERS,
        )  # fmt: skip
        _, address = kit.open_transfer(importer, kit.agree(importer, exporter, "customers"))
        with kit.stream(address) as stream:
            taken = cut_off(kit, stream, lambda: exporter.client.revoke_paper(CONTRACT["id"], "terminated"))
        self.check_stopped(kit, address, taken)

    def test_by_suspension_of_the_participant(self, kit, pair, running):
        """The list is a file that is looked at once a second."""
        _, address = running
        file = pair.provider.folder / "participants.yaml"
        listed = file.read_text("utf-8")
        entry = f'id: "{pair.consumer.id}"\n'
        try:
            with kit.stream(address) as stream:
                before = len(stream.read(4 * MIB))
                file.write_text(listed.replace(entry, f"{entry}    status: suspended\n"), "utf-8")
                kit.until(lambda: ask_catalogue(kit, pair.consumer, pair.provider) == 401, patience=2.0)
                seconds, read = cut_off(kit, stream, lambda: None)
            self.check_stopped(kit, address, (seconds, before + read))
        finally:
            file.write_text(listed, "utf-8")
        kit.until(lambda: ask_catalogue(kit, pair.consumer, pair.provider) == 200, patience=2.0)
        with kit.stream(address) as stream:
            assert stream.status == 200


DEEP = b"[" * 10_000 + b"]" * 10_000
HOSTILE = {
    "deep": DEEP,
    "huge number": b'{"@context": 1' + b"0" * 400 + b"}",
    "huge exponent": b'{"@context": 1e400}',
    "not a number": b'{"@context": NaN}',
    "no text": b"\xff\xfe{}",
    "half": b'{"@context": [',
    "twice": b'{"@type": "A", "@type": "B"}',
}


class TestHostileRequests:
    @pytest.fixture
    def doors(self, kit, pair):
        """A way into each listener with a valid identity, and what may be posted there."""
        provider = pair.provider
        return (
            (provider.url, f"{DSP}/negotiations/request", lambda: signed(kit, pair.consumer, provider)),
            (provider.management, "/assess", lambda: {**JSON, "Authorization": f"Bearer {provider.token}"}),
        )

    @pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
    def test_a_hostile_document_is_refused(self, kit, pair, doors, body):
        for url, path, headers in doors:
            status, answer = kit.call(url, "POST", path, headers(), body)
            assert status in (400, 413), answer
            assert len(answer) < 4096
        assert pair.provider.client.health()

    def test_a_gigabyte_is_refused_before_it_is_sent(self, kit, pair, doors):
        for url, path, headers in doors:
            begun = time.monotonic()
            status, _ = kit.call(url, "POST", path, {**headers(), "Content-Length": str(1 << 30)}, b"{")
            assert status == 413
            assert time.monotonic() - begun < 5
        assert pair.provider.client.health()

    def test_a_compressed_body_is_not_unpacked(self, kit, pair, doors):
        bomb = gzip.compress(bytes(50 * MIB))
        for url, path, headers in doors:
            assert kit.call(url, "POST", path, {**headers(), "Content-Encoding": "gzip"}, bomb)[0] == 415
        assert pair.provider.client.health()

    @pytest.mark.parametrize("identifier", ["..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "a%00b", "%ff", "x" * 5000])
    def test_an_identifier_that_is_none_is_refused(self, kit, pair, identifier):
        provider = pair.provider
        token = {"Authorization": f"Bearer {provider.token}"}
        asked = [
            (provider.url, f"{DSP}/negotiations/{identifier}", signed(kit, pair.consumer, provider)),
            (provider.url, f"{DSP}/catalog/datasets/{identifier}", signed(kit, pair.consumer, provider)),
            (provider.url, f"/data/{identifier}", {"Authorization": "Bearer none"}),
            (provider.management, f"/datasets/{identifier}", token),
            (provider.management, f"/transfers/{identifier}/data", token),
            (provider.management, f"/evidence/bundles/{identifier}", token),
        ]
        for url, path, headers in asked:
            status, body = kit.call(url, "GET", path, headers)
            assert 400 <= status < 500, (path, status)
            assert len(body) < 4096
        assert provider.client.health()

    def test_a_file_outside_the_data_folder_is_not_published(self, kit, pair):
        for file in ("../corridor.toml", "/etc/passwd", "../keys/signing.pem"):
            with pytest.raises(CorridorError):
                pair.provider.client.publish(kit.publication("leak", file, table=False))


def test_what_waits_for_a_person_waits_through_a_restart(kit, tmp_path):
    pair = kit.Pair(tmp_path)
    with (pair.provider.folder / "corridor.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[decisions.rules]]\ndo = "hold"\nrole = "provider"\nreason = "ask legal"\n')
    try:
        pair.start()
        kit.publish(pair.provider, "held", kit.alerts())
        begun = pair.consumer.client.negotiate(pair.provider.id, "held")
        held = kit.until(lambda: pair.provider.client.negotiations(held=True)["items"])
        assert held[0]["held"]["reason"] == "ask legal"
        pair.provider.kill()
        pair.provider.start()
        pair.provider.await_ready()
        (same,) = pair.provider.client.negotiations(held=True)["items"]
        assert same == held[0]
        pair.provider.client.approve(same["pid"])
        ended = pair.consumer.client.negotiation(begun["pid"], wait=30)
        assert ended["state"] == "FINALIZED"
    finally:
        pair.stop()
