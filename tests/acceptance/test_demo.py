"""`corridor demo`: what a newcomer runs first has to hold, on made-up alerts and on a real export."""

from __future__ import annotations

import json

import pytest

from corridor.app.settings import load_settings
from corridor.cli.demo.alerts import COLUMNS
from corridor.evidence.keys import read_keys
from corridor.evidence.verification import verify_bundle

pytestmark = pytest.mark.slow

STEPS = ["1a", "1b", "2a", "3a", "3b", "2b", "4a", "4b", "5"]


def check_held(report):
    assert report["held"]
    assert [step["id"] for step in report["steps"]] == STEPS
    assert [claim for step in report["steps"] for claim in step["claims"] if not claim["held"]] == []


def test_every_claim_holds_on_made_up_alerts(kit):
    check_held(kit.said(kit.corridor("demo", "--json")))


@pytest.fixture(scope="module")
def kept(kit, shared, tmp_path_factory):
    """What the demonstration says of a real export, and the folder in which it kept its nodes."""
    folder = tmp_path_factory.mktemp("demo") / "nodes"
    export = shared / "data" / "safety_gate_2024.csv"
    return kit.said(kit.corridor("demo", "--json", "--alerts", export, "--keep", folder)), folder


def test_the_124_alerts_of_chinese_origin_travel(kit, kept):
    report, folder = kept
    check_held(report)
    (first,) = (step for step in report["steps"] if step["id"] == "1a")
    assert any("124 of Chinese origin kept" in line for line in first["lines"])
    received = (folder / "received-alerts.csv").read_text("utf-8")
    assert received.startswith("alert_number,")


def test_the_nodes_that_were_kept_can_be_served_again(kit, kept):
    """Their evidence still verifies, and the data can be got again."""
    _, folder = kept
    nodes = [kit.Node(load_settings(folder / name)) for name in ("de", "cn")]
    try:
        for node in nodes:
            node.start()
        for node in nodes:
            node.await_ready()
        provider, consumer = nodes
        jwks = [dict(node.client.key()) for node in nodes]
        keys = read_keys({jwk["kid"]: jwk for jwk in jwks})
        agreements = [one["id"] for one in provider.client.agreements()["items"] if one["role"] == "provider"]
        assert agreements
        for agreement in agreements:
            for node in nodes:
                found = verify_bundle(node.client.bundle(agreement), keys)
                assert (found.findings, found.ok) == ((), True)
        got = consumer.client.get(provider.id, "product-safety-alerts", folder / "again.csv")
        assert got["rows"] == 124
        assert (folder / "again.csv").read_bytes() == (folder / "received-alerts.csv").read_bytes()
    finally:
        for node in nodes:
            node.stop()


NO_ALERTS = {
    "empty": b"",
    "of other columns": b"a,b,c\n1,2,3\n",
    "broken off": b'"alert_number',
    "no text": b"\xff\xfe\x00",
    "no text further on": ",".join(COLUMNS).encode() + b"\nA12/0001/24,\xff\n",
}


@pytest.mark.parametrize("content", NO_ALERTS.values(), ids=NO_ALERTS.keys())
def test_a_file_that_holds_no_alerts_is_refused_before_anything_is_made(kit, tmp_path, content):
    export, folder, temporary = tmp_path / "export.csv", tmp_path / "nodes", tmp_path / "temporary"
    export.write_bytes(content)
    temporary.mkdir()
    check_refused(kit.corridor("demo", "--alerts", export, "--keep", folder))
    check_refused(kit.corridor("demo", "--alerts", export, env={"TMPDIR": str(temporary)}))
    assert not folder.exists()
    assert list(temporary.iterdir()) == []


def test_alerts_that_are_missing_are_refused(kit, tmp_path):
    check_refused(kit.corridor("demo", "--alerts", tmp_path / "no-such.csv"))


def test_a_folder_that_holds_something_is_left_alone(kit, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    check_refused(kit.corridor("demo", "--keep", tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_refusal_for_machines_is_json(kit, tmp_path):
    done = kit.corridor("demo", "--json", "--alerts", tmp_path / "no-such.csv")
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["message"].startswith("the alerts cannot be read")


def check_refused(done):
    """Exit code 1, and one line that says what is wrong."""
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
