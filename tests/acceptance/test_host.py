"""A host as a process: its participants are used by the verbs as nodes are, with one another and with others."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from corridor.cli.demo.nodes import make

pytestmark = pytest.mark.slow

NAMES = {"north": "DE", "south": "CN"}


class Host:
    """A host's folder and process."""

    def __init__(self, kit, folder, ports):
        self.kit, self.folder, (self.port, self.management) = kit, folder, ports
        addresses = [
            *("--public-url", f"http://localhost:{self.port}"),
            *("--protocol", f"127.0.0.1:{self.port}"),
            *("--management", f"127.0.0.1:{self.management}"),
        ]
        self.ids = {}
        for name, country in NAMES.items():
            made = kit.corridor("init", name, "--host", folder, "--country", country, "--json", *addresses)
            self.ids[name] = kit.said(made)["id"]
            addresses = []

    def start(self):
        with (self.folder / "host.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "corridor", "serve", "--config", str(self.folder)], stderr=log
            )
        self.kit.until(self.answers)

    def answers(self):
        assert self.process.poll() is None, (self.folder / "host.log").read_text("utf-8")
        return self.kit.corridor("catalog", self.ids["north"], "--config", self.folder / "south").returncode == 0

    def run(self, name, *words):
        return self.kit.said(self.kit.corridor(*words, "--config", self.folder / name, "--json"))


@pytest.fixture(scope="module")
def world(kit, tmp_path_factory):
    """A host of two participants that runs, and a node of its own that runs; all know one another."""
    folder = tmp_path_factory.mktemp("world")
    (template,) = make(folder / "alone", [("Alone", "CN")])
    ports = [make(folder / str(number), [("Port", "DE")])[0].settings.listen.protocol for number in range(2)]
    host = Host(kit, folder / "host", [address.rpartition(":")[2] for address in ports])
    alone = kit.Node(template)
    known = {**{name: (host.ids[name], country) for name, country in NAMES.items()}, "alone": (alone.id, "CN")}
    entries = [
        {"id": did, "name": name, "country": country, "facts": {"designations": []}}
        for name, (did, country) in known.items()
    ]
    for place in (*(host.folder / name for name in NAMES), alone.folder):
        (place / "participants.yaml").write_text(json.dumps({"participants": entries}), "utf-8")
    alone.start()
    alone.await_ready()
    host.start()
    try:
        yield host, alone
    finally:
        host.process.send_signal(signal.SIGTERM)
        assert host.process.wait(kit.patience) == 0
        alone.stop()
        alone.client.close()


def published(kit, host, name, dataset):
    content = kit.alerts()
    (host.folder / name / "data" / "alerts.csv").write_bytes(content)
    document = host.folder / f"{dataset}.json"
    document.write_text(json.dumps(kit.publication(dataset, "alerts.csv")), "utf-8")
    host.run(name, "publish", document)
    return content


def test_one_participant_of_a_host_gets_from_another_what_it_published(kit, world, tmp_path):
    host, _ = world
    content = published(kit, host, "north", "alerts")
    got = host.run("south", "get", host.ids["north"], "alerts", "--output", tmp_path / "got.csv")
    assert (tmp_path / "got.csv").read_bytes() == content
    for name in NAMES:
        bundle = tmp_path / f"{name}.bundle"
        host.run(name, "evidence", "export", got["agreement"], "--output", bundle)
        assert bundle.stat().st_size > 0


def test_a_node_of_its_own_gets_from_a_participant_of_a_host_and_the_other_way_round(kit, world, tmp_path):
    host, alone = world
    content = published(kit, host, "north", "for-others")
    alone.client.get(host.ids["north"], "for-others", tmp_path / "one.csv")
    assert (tmp_path / "one.csv").read_bytes() == content
    kit.publish(alone, "of-others", content)
    host.run("south", "get", alone.url, "of-others", "--output", tmp_path / "other.csv")
    assert (tmp_path / "other.csv").read_bytes() == content


def test_a_log_line_names_the_participant_that_it_is_about(kit, world):
    host, _ = world
    (host.folder / "south" / "participants.yaml").write_text("participants: [", "utf-8")

    def refused():
        kit.corridor("catalog", host.ids["south"], "--config", host.folder / "north")
        lines = [json.loads(line) for line in (host.folder / "host.log").read_text("utf-8").splitlines()]
        return [line for line in lines if line["event"] == "participant_list_refused"]

    (line, *_) = kit.until(refused)
    assert line["context"] == "south"


def test_a_running_host_is_left_to_its_work_by_the_doctor(kit, world):
    host, _ = world
    found = kit.corridor("doctor", "--config", host.folder, "--json")
    said = json.loads(found.stdout)
    assert [one["text"] for one in said if one["check"] == "database"] == ["in use by the running node"] * 2
    assert [one["text"] for one in said if one["check"] == "subscriptions"] == ["0, all of them told of events"] * 2
    assert {one["check"] for one in said if "in use by a running node" in one["text"]} == {
        "protocol listener",
        "management listener",
    }
