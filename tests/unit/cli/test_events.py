"""`corridor events`: what is logged, and what is being logged."""

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


def test_events_are_sentences_for_people_and_cloud_events_for_machines(corridor, nodes, agreed):
    folder = nodes.eu.folder
    said = corridor("events", "--config", folder, "--agreement", agreed["agreement"])
    assert said.code == 0
    assert "agreement" in said.out
    assert "bytes were served" in said.out
    lines = corridor("events", "--config", folder, "--agreement", agreed["agreement"], "--json").out.splitlines()
    events = [json.loads(line) for line in lines]
    assert {event["source"] for event in events} == {nodes.eu.id}
    assert [int(event["id"]) for event in events] == sorted({int(event["id"]) for event in events})
    assert len(lines) == len(said.out.splitlines())


def test_events_can_be_restricted(corridor, nodes, agreed):
    given = ("events", "--config", nodes.eu.folder, "--json", "--type", "data.*", "--type", "receipt.signed")
    kinds = {json.loads(line)["type"] for line in corridor(*given, "--partner", nodes.cn.id).out.splitlines()}
    assert kinds == {"org.corridor.data.served", "org.corridor.receipt.signed"}
    assert corridor(*given, "--partner", "did:web:nobody.example").out == ""
    said = corridor("events", "--config", nodes.eu.folder, "--type", "data.severed")
    assert said.code == 1
    assert said.problem == "?type: `data.severed` is no type of event; did you mean `data.served`?"


def test_events_are_followed_as_they_are_logged(nodes):
    words = ("events", "--config", nodes.eu.folder, "--follow", "--json", "--type", "dataset.published")
    command = [sys.executable, "-m", "corridor", *map(str, words), "--after", "-1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as following:
        try:
            nodes.offer("followed")
            subjects = (json.loads(line)["subject"] for line in following.stdout)
            assert "followed" in subjects
        finally:
            following.terminate()


def test_a_reader_that_goes_away_is_no_error_of_ours(nodes, agreed):
    command = f"{sys.executable} -m corridor events --config {nodes.eu.folder} --json | head -n 1"
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout)["id"] == "0"
    assert ran.stderr == ""
