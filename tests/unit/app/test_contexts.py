"""The contexts of a host as they are read: the sound ones, the faulty ones, and that no two share what is one's own."""

from __future__ import annotations

import pytest

from corridor.app.contexts import load_contexts, own_paths
from corridor.app.settings import load_settings
from corridor.trust.files import create_private


@pytest.fixture
def host(new_host):
    return new_host("north", "south", "east")


def add(host, name, text):
    file = host.folder / name / "corridor.toml"
    file.write_text(file.read_text("utf-8") + text, "utf-8")


def change(host, name, old, new):
    file = host.folder / name / "corridor.toml"
    assert old in file.read_text("utf-8")
    file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")


def test_contexts_as_they_are_made_are_sound(host):
    loaded = load_contexts(host)
    assert list(loaded.sound) == ["north", "south", "east"]
    assert loaded.faulty == {}
    assert {one.settings.listen.protocol for one in loaded.sound.values()} == {host.settings.listen.protocol}


def test_what_is_wrong_with_one_is_no_trouble_of_the_others(host):
    add(host, "south", "nonsense = 1\n")
    loaded = load_contexts(host)
    assert list(loaded.sound) == ["north", "east"]
    assert "there is no setting `trust.nonsense`" in str(loaded.faulty["south"])


def test_a_folder_that_is_not_there_is_named(host):
    (host.folder / "east" / "corridor.toml").unlink()
    assert "there is no settings file" in str(load_contexts(host).faulty["east"])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("hosted = true", "hosted = false", "the node is not one of this host's"),
        ("/south", "/north", "`listen.public_url` is not below that of the host; write it as http://localhost:"),
        (":south", ":north", "`node.id` is `did:web:localhost%3A"),
        ("hosted = true", 'hosted = true\nprotocol = "127.0.0.1:1"', "`listen.protocol` is for the host to say"),
    ],
)
def test_a_context_is_reached_below_its_host_by_its_own_name_and_no_other(host, old, new, said):
    change(host, "south", old, new)
    loaded = load_contexts(host)
    assert list(loaded.faulty) == ["south"]
    assert said in str(loaded.faulty["south"])
    assert loaded.faulty["south"].remedy


@pytest.mark.parametrize(
    "files",
    [
        'database = "../north/corridor.db"',
        'data_roots = ["../north/data"]',
        'data_roots = ["../north/data/deeper"]',
        'data_roots = [".."]',
        'data_roots = ["data", "../north"]',
        'received = "../north/snapshots/x"',
        'signing_key = "../north/keys/signing.pem"',
        'management_token = "../north/keys/management.token"',
    ],
)
def test_two_contexts_that_claim_the_same_files_are_both_faulty(host, files):
    add(host, "south", f"[files]\n{files}\n")
    loaded = load_contexts(host)
    assert {"north", "south"} <= set(loaded.faulty)
    assert "is claimed by `north` and `" in str(loaded.faulty["north"])
    assert loaded.faulty["south"].remedy == "give each files and folders of its own under [files]"


def keep_on_postgresql(host, name, url, file="database.url"):
    add(host, name, f'[database]\nurl_file = "{file}"\n')
    create_private(host.folder / name / file, url.encode(), "database URL")


def test_two_contexts_on_the_same_postgresql_database_are_both_faulty(host):
    keep_on_postgresql(host, "north", "postgresql://north:secret@db.example/one")
    keep_on_postgresql(host, "south", "postgresql://south:secret@db.example/one")
    keep_on_postgresql(host, "east", "postgresql://east:secret@db.example/two")
    loaded = load_contexts(host)
    assert (list(loaded.sound), list(loaded.faulty)) == (["east"], ["north", "south"])
    said = "`db.example/one` is claimed by `north` and `south`; give each a database of its own"
    assert str(loaded.faulty["north"]) == said


def test_the_url_of_a_database_is_a_contexts_own(host):
    keep_on_postgresql(host, "north", "no url")
    add(host, "south", '[database]\nurl_file = "../north/database.url"\n')
    assert set(load_contexts(host).faulty) == {"north", "south"}


def test_no_context_has_the_token_of_the_host_among_its_data(new_host):
    alone = new_host("north")
    add(alone, "north", '[files]\ndata_roots = [".."]\n')
    said = str(load_contexts(alone).faulty["north"])
    assert f"`{alone.folder}/keys/management.token` is claimed by `north` and `the host`" in said


def test_a_link_does_not_hide_that_files_are_the_same(host):
    (host.folder / "south" / "data").rmdir()
    (host.folder / "south" / "data").symlink_to(host.folder / "north" / "data")
    assert set(load_contexts(host).faulty) == {"north", "south"}


def test_a_participant_list_and_rules_may_be_common(host):
    for name in ("north", "south"):
        add(host, name, '[files]\nparticipants = "../participants.yaml"\nrules = ["../rules/jp"]\n')
    assert load_contexts(host).faulty == {}


def test_what_is_a_contexts_own_is_in_its_folder(host):
    loaded = load_settings(host.folder / "north")
    assert all(path.is_relative_to(host.folder / "north") for path in own_paths(loaded))
