"""Participants on a host, made one after another: what is written, and that nothing is half done."""

from __future__ import annotations

import stat

import pytest

from corridor.app.host_settings import load_host
from corridor.app.initialise import NewNode, initialise
from corridor.app.join_host import Addresses, join_host
from corridor.app.settings import load_settings
from corridor.base.errors import SettingsError

NORTH = NewNode("North", "DE", "unused")
THERE = Addresses("http://localhost:8080/x", "127.0.0.1:8080", "127.0.0.1:8081")


@pytest.fixture
def host(tmp_path):
    join_host(tmp_path / "host", "north", NORTH, THERE)
    return tmp_path / "host"


def test_the_first_participant_makes_the_host(host):
    settings = load_host(host).settings
    assert settings.contexts == ("north",)
    assert settings.listen.public_url == THERE.public_url
    token = host / "keys" / "management.token"
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    assert token.read_bytes() != (host / "north" / "keys" / "management.token").read_bytes()


def test_a_participant_is_a_node_folder_on_the_listeners_of_the_host(host):
    loaded = load_settings(host / "north")
    assert loaded.context == "north"
    assert loaded.settings.node.id == "did:web:localhost%3A8080:x:north"
    assert loaded.settings.listen.protocol == THERE.protocol
    assert loaded.management_url == "http://127.0.0.1:8081/contexts/north"
    assert loaded.settings.trust.http_hosts == ("localhost",)


def test_further_participants_are_added_and_all_else_stays(host):
    before = (host / "corridor-host.toml").read_text("utf-8")
    join_host(host, "south", NORTH)
    join_host(host, "a.b", NORTH)
    text = (host / "corridor-host.toml").read_text("utf-8")
    assert load_host(host).settings.contexts == ("north", "south", "a.b")
    assert text.replace('    "south",\n    "a.b",\n', "") == before


@pytest.mark.parametrize(
    "listed", ['contexts = ["north"]', 'contexts=[ "north" , ]', "contexts = [ # all of them\n'north'\n ]"]
)
def test_a_list_that_a_person_wrote_is_added_to(host, listed):
    file = host / "corridor-host.toml"
    file.write_text(f'{listed}\n[listen]\npublic_url = "https://h.example"\n', "utf-8")
    assert join_host(host, "south", NORTH).context == "south"
    assert load_host(host).settings.contexts == ("north", "south")


def test_a_list_that_cannot_be_added_to_is_left_to_a_person(host):
    file = host / "corridor-host.toml"
    text = 'contexts = [ # [sic]\n"north"]\n[listen]\npublic_url = "https://h.example"\n'
    file.write_text(text, "utf-8")
    with pytest.raises(SettingsError, match='add "south" to it yourself'):
        join_host(host, "south", NORTH)
    assert file.read_text("utf-8") == text
    assert not (host / "south").exists()


@pytest.mark.parametrize("name", ["north", "North", "..", "health"])
def test_a_name_that_is_taken_or_none_changes_nothing(host, name):
    before = sorted(host.rglob("*"))
    with pytest.raises(SettingsError):
        join_host(host, name, NORTH)
    assert sorted(host.rglob("*")) == before


def test_addresses_are_for_a_new_host_to_take(host):
    with pytest.raises(SettingsError, match="the host has its addresses already; leave out --public-url"):
        join_host(host, "south", NORTH, THERE)


@pytest.mark.parametrize("addresses", [Addresses("nowhere"), Addresses(protocol="x"), Addresses('https://a"b.example')])
def test_a_host_that_cannot_be_is_not_begun(tmp_path, addresses):
    with pytest.raises(SettingsError):
        join_host(tmp_path / "host", "north", NORTH, addresses)
    assert not (tmp_path / "host").exists()


def test_a_node_that_is_alone_is_no_host(tmp_path):
    initialise(tmp_path, NewNode("A", "DE", "https://a.example"))
    with pytest.raises(SettingsError, match="holds a node; choose another folder for the host"):
        join_host(tmp_path, "north", NORTH)


def test_a_file_in_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "host").write_text("", "utf-8")
    with pytest.raises(SettingsError, match="the host cannot be made: not a directory"):
        join_host(tmp_path / "host", "north", NORTH)
