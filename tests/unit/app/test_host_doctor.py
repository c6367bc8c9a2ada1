from __future__ import annotations

import pytest

from corridor.app import host_doctor
from corridor.app.host_doctor import examine_host
from corridor.app.host_settings import load_host


@pytest.fixture
def host(new_host):
    return new_host("north", "south")


def failing(found):
    return {
        (name, one.check): one.text
        for name, findings in {"": found.host, **found.contexts}.items()
        for one in findings
        if not one.ok
    }


def test_a_new_host_and_all_its_participants_are_healthy(host):
    found = examine_host(host)
    assert found.ok
    assert [one.check for one in found.host] == ["keys", "protocol listener", "management listener", "contexts"]
    own = ["identity", "keys", "participants", "database", "offers", "disk", "rulebook", "decisions", "subscriptions"]
    assert {name: [one.check for one in findings] for name, findings in found.contexts.items()} == {
        "north": own,
        "south": own,
    }


def test_what_is_wrong_is_told_with_the_participant_that_it_is_wrong_with(host):
    (host.folder / "south" / "keys" / "token.key").unlink()
    found = examine_host(host)
    assert not found.ok
    assert [*failing(found)] == [("south", "keys")]


def test_settings_that_are_wrong_take_the_place_of_the_checks(host):
    file = host.folder / "south" / "corridor.toml"
    file.write_text(file.read_text("utf-8") + "nonsense = 1\n", "utf-8")
    said = failing(examine_host(host))
    assert set(said) == {("south", "settings"), ("", "contexts")}
    assert said["", "contexts"] == "1 of 2 have sound settings"


def test_a_token_that_others_may_read_is_named(host):
    (host.folder / "keys" / "management.token").chmod(0o644)
    assert "open to others" in failing(examine_host(host))["", "keys"]


def test_a_host_without_participants_says_how_to_make_one(host):
    (host.folder / "corridor-host.toml").write_text('[listen]\npublic_url = "https://h.example"\n', "utf-8")
    said = failing(examine_host(load_host(host.folder)))["", "contexts"]
    assert said == f"there are none; `corridor init NAME --host {host.folder}` makes one"


def test_a_rulebook_that_is_common_is_checked_once(host, monkeypatch):
    checked = []
    monkeypatch.setattr(host_doctor, "examine_rules", lambda folders: checked.append(folders) or "fine")
    assert examine_host(host).ok
    assert checked == [()]
