"""Nodes as processes: made to know one another, started, awaited, stopped; and what is said if one does not start."""

import socket
import subprocess
import sys

import pytest

from corridor.app.settings import load_settings
from corridor.base.errors import LocalError, UnreachableError
from corridor.cli.demo import nodes as under_test
from corridor.cli.demo.nodes import DemoNode, await_ready, make, start, stop
from corridor.client import Client
from corridor.trust.participants import FileParticipants

STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); signal.pause()"


def test_each_node_has_its_folder_and_ports_and_knows_all_others(tmp_path):
    made = make(tmp_path, [("Authority", "DE"), ("Customs", "CN"), ("Trading House", "SG")])
    assert [one.folder for one in made] == [tmp_path / country for country in ("de", "cn", "sg")]
    listens = [one.settings.listen for one in made]
    assert len({address for one in listens for address in (one.protocol, one.management)}) == 6
    for one in made:
        known = FileParticipants(one.folder / "participants.yaml").all()
        assert [(other.id, other.name, other.country) for other in known] == [
            (other.settings.node.id, other.settings.node.name, other.settings.node.country) for other in made
        ]
        assert load_settings(one.folder) == one


def test_a_node_answers_once_it_is_ready_and_ends_well_when_stopped(tmp_path):
    (loaded,) = make(tmp_path, [("Authority", "DE")])
    node = start(loaded)
    try:
        await_ready(node)
        assert node.client.status()["id"] == node.id == loaded.settings.node.id
    finally:
        stop([node])
    assert node.process.returncode == 0
    assert "node ready" in node.log.read_text("utf-8")


def test_a_node_that_ends_at_once_is_reported_with_its_last_words(idle):
    loaded = load_settings(idle)
    host, _, port = loaded.settings.listen.protocol.rpartition(":")
    with socket.create_server((host, int(port))):
        node = start(loaded)
        try:
            with pytest.raises(LocalError) as refused:
                await_ready(node)
        finally:
            stop([node])
    assert str(refused.value).startswith(f"the node in `{idle}` did not start: error: listen.protocol: the address ")
    assert node.process.returncode == 1


@pytest.fixture
def mute(idle):
    """A process that never answers, does not stop when asked to, and logs nothing."""
    loaded = load_settings(idle)
    (idle / "node.log").write_bytes(b"")
    with subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        client = Client(f"http://{loaded.settings.listen.management}", "token")
        yield DemoNode(idle, loaded, process, client)
        process.kill()
        client.close()


def test_patience_with_a_node_that_does_not_answer_has_an_end(mute, monkeypatch):
    with pytest.raises(UnreachableError):
        mute.client.health()
    monkeypatch.setattr(under_test, "_START_SECONDS", 0.1)
    with pytest.raises(LocalError) as refused:
        await_ready(mute)
    assert str(refused.value) == f"the node in `{mute.folder}` did not start and said nothing"


def test_a_node_that_does_not_end_when_asked_is_killed(mute, monkeypatch):
    monkeypatch.setattr(under_test, "_STOP_SECONDS", 0.1)
    stop([mute])
    assert mute.process.returncode == -9
