from __future__ import annotations

import pytest

from corridor.testing import postgres as module
from corridor.testing.postgres import binaries, cluster


def test_a_database_can_be_made_copied_and_dropped(postgres):
    first = postgres.create()
    name = first.rpartition("/")[2]
    postgres.say("CREATE TABLE songs (title TEXT); INSERT INTO songs VALUES ('one')", name)
    second = postgres.create(template=name)
    assert postgres.say("SELECT title FROM songs", second.rpartition("/")[2]) == "one"
    postgres.drop(first)
    postgres.drop(second)
    with pytest.raises(RuntimeError, match="does not exist"):
        postgres.say("SELECT 1", name)


def test_the_server_answers_on_this_machine_only(postgres):
    assert postgres.say("SHOW listen_addresses") == "127.0.0.1"
    assert f"@127.0.0.1:{postgres.port}/" in postgres.url("x")


@pytest.mark.slow
def test_it_can_answer_its_neighbours_instead_with_the_password_only():
    with cluster(binaries(), listen="127.0.0.2") as other:
        assert other.say("SHOW listen_addresses") == "127.0.0.2"
        assert f"@127.0.0.2:{other.port}/" in other.url("x")
        rules = other.say("SELECT DISTINCT auth_method FROM pg_hba_file_rules WHERE type = 'host'")
        assert rules == "scram-sha-256"
        assert other.say("SELECT address FROM pg_hba_file_rules ORDER BY line_number DESC LIMIT 1") == "samenet"


@pytest.mark.slow
def test_nothing_is_left_of_it(postgres):
    with cluster(binaries()) as other:
        folder = other._folder
        assert other.port != postgres.port
        other.stop()
        other.start()
    assert not folder.exists()


def test_without_programs_there_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr(module.shutil, "which", lambda _: None)
    monkeypatch.setattr(module.Path, "glob", lambda *_: iter(()))
    assert binaries() is None
