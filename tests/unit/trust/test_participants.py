from __future__ import annotations

import contextlib
import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from corridor.base.errors import MalformedError, SettingsError, TooLargeError
from corridor.service.records import Participant
from corridor.trust.participants import FileParticipants, read_participants

LIST = """\
participants:
  - id: did:web:authority.example
    name: The Authority
    country: DE
    status: active
    facts: {sector: public_administration, public_body: true}
  - id: did:web:customs.example
    name: 海关
    country: CN
  - id: did:web:gone.example
    name: Gone
    country: "NO"
    status: suspended
"""
AUTHORITY = Participant(
    "did:web:authority.example", "The Authority", "DE", {"sector": "public_administration", "public_body": True}
)
CUSTOMS = Participant("did:web:customs.example", "海关", "CN")


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "participants.yaml"
    path.write_text(LIST, "utf-8")
    return path


@pytest.fixture
def participants(path, clock):
    return FileParticipants(path, monotonic=clock.monotonic)


def edit(path, text):
    """Save as an editor does; the time stamp moves on whatever the file system's resolution."""
    before = path.stat().st_mtime_ns
    path.write_text(text, "utf-8")
    os.utime(path, ns=(before + 10**9, before + 10**9))


def test_the_active_participants_are_known_in_the_order_of_the_file(participants):
    assert participants.all() == (AUTHORITY, CUSTOMS)
    assert participants.find(CUSTOMS.id) == CUSTOMS


def test_a_suspended_participant_is_as_unknown_as_a_stranger(participants):
    assert participants.find("did:web:gone.example") is None
    assert participants.find("did:web:stranger.example") is None


def test_a_list_in_json_is_read_too():
    text = json.dumps({"participants": [{"id": CUSTOMS.id, "name": CUSTOMS.name, "country": CUSTOMS.country}]})
    assert read_participants(text, "list.json") == {CUSTOMS.id: CUSTOMS}


def test_norway_is_a_country():
    text = "participants:\n  - {id: a, name: N, country: NO}"
    assert read_participants(text, "list")["a"].country == "NO"


def test_an_edit_counts_within_a_second(participants, path, clock):
    edit(path, LIST.replace("status: active", "status: suspended"))
    clock.move(0.9)
    assert participants.find(AUTHORITY.id) == AUTHORITY
    clock.move(0.1)
    assert participants.find(AUTHORITY.id) is None
    assert participants.all() == (CUSTOMS,)


def test_a_file_that_has_not_changed_is_not_read_again(participants, clock, path, monkeypatch):
    clock.move(1)
    monkeypatch.setattr(type(path), "read_text", None)
    assert participants.all() == (AUTHORITY, CUSTOMS)


def test_a_broken_edit_changes_nothing_and_is_logged_once_with_its_line(participants, path, clock):
    edit(path, LIST.replace("country: CN", "country: China"))
    with capture_logs() as logs:
        for _ in range(3):
            clock.move(1)
            assert participants.all() == (AUTHORITY, CUSTOMS)
    assert [entry["event"] for entry in logs] == ["participant_list_refused"]
    assert f"{path}:9:14" in logs[0]["problem"]


def test_a_list_that_is_taken_away_leaves_the_last_one_until_a_new_one_comes(participants, path, clock):
    path.unlink()
    clock.move(1)
    with capture_logs() as logs:
        assert participants.all() == (AUTHORITY, CUSTOMS)
    assert len(logs) == 1
    path.write_text("participants: []\n", "utf-8")
    clock.move(1)
    assert participants.all() == ()


def test_a_node_does_not_start_without_a_list(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read: no such file or directory"):
        FileParticipants(tmp_path / "none.yaml")


def test_a_node_does_not_start_with_a_list_that_is_no_text(path):
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="cannot be read: it is not UTF-8"):
        FileParticipants(path)


def test_a_node_does_not_start_with_a_broken_list(path):
    path.write_text("participants:\n  - name: X\n", "utf-8")
    with pytest.raises(SettingsError) as refusal:
        FileParticipants(path)
    assert refusal.value.place == f"{path}:2:5"


def entry(**changes):
    members = {"id": "did:web:a.example", "name": "A", "country": "DE"} | changes
    return "participants:\n- " + json.dumps({name: value for name, value in members.items() if value is not None})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("a", "not a participant list"),
        ("[]", "not a participant list"),
        ("participants: {}", "not a participant list"),
        ("participants: []\nmore: 1", "not a participant list"),
        ("participants: [a]", "a participant is a mapping"),
        (entry(id=None), "`id` is missing"),
        (entry(name=None), "`name` is missing"),
        (entry(country=None), "`country` is missing"),
        (entry(id=7), "`id` is no text"),
        (entry(id="a b"), "cannot be an identifier"),
        (entry(id=["a"]), "`id` is no text"),
        (entry(name=""), "cannot be a `name`"),
        (entry(name="a\u0000"), "."),
        (entry(name="a" * 201), "cannot be a `name`"),
        (entry(country="de"), "cannot be a `country`"),
        (entry(country="DEU"), "cannot be a `country`"),
        (entry(status="retired"), "cannot be a `status`"),
        (entry(status=True), "`status` is no text"),
        (entry(facts=[1]), "facts are a mapping"),
        (entry(contry="DE"), "did you mean `country`"),
        (entry(zzz="DE"), "known here: id, name"),
        ("participants: [{id: a, name: A, country: DE}, {id: a, name: B, country: DE, status: suspended}]", "twice"),
        ("participants: &a [*a]", "anchors"),
    ],
)
def test_a_faulty_list_is_refused_with_its_place(text, message):
    with pytest.raises(MalformedError, match=message) as refusal:
        read_participants(text, "list.yaml")
    assert refusal.value.place.startswith("list.yaml")


def test_a_huge_list_is_refused():
    with pytest.raises(TooLargeError):
        read_participants("#" * 17_000_000, "list.yaml")


@given(text=st.text(max_size=80) | st.text(alphabet="participants: []{}-id\n,'\"&*!", max_size=80))
def test_any_text_is_a_list_or_refused(text):
    with contextlib.suppress(MalformedError, TooLargeError):
        read_participants(text, "list")
