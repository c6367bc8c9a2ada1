from __future__ import annotations

import pytest

from corridor.app.host_settings import FILE_NAME, MOST_CONTEXTS, is_host, load_host, parse_host
from corridor.base.errors import SettingsError

LEAST = {"listen": {"public_url": "https://host.example"}}


def test_the_least_that_a_host_states_is_enough():
    settings = parse_host(LEAST, "file")
    assert settings.contexts == ()
    assert settings.listen.protocol == "127.0.0.1:19194"
    assert settings.limits.connections == 1024


@pytest.mark.parametrize("name", ["north", "a", "n-1", "a.b_c", "0" * 63])
def test_a_name_is_good_for_urls_dids_and_folders_alike(name):
    assert parse_host({**LEAST, "contexts": [name]}, "file").contexts == (name,)


@pytest.mark.parametrize(
    "name", ["", "North", "a b", "a/b", "..", ".hidden", "-a", "a-", "ä", "a%41", "0" * 64, "health"]
)
def test_a_name_that_is_not_is_refused(name):
    with pytest.raises(SettingsError, match="`contexts` cannot have `"):
        parse_host({**LEAST, "contexts": [name]}, "file")


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({}, "`listen` is missing"),
        ({"listen": {"public_url": "host.example"}}, "`listen.public_url` is not an http"),
        ({"listen": {"public_url": "https://h.example", "protocol": "x"}}, "`listen.protocol` is not an address"),
        ({**LEAST, "contexts": ["a", "b", "a"]}, "`contexts` names `a` twice"),
        ({**LEAST, "contexts": "a"}, "`contexts`: expected `array`"),
        ({**LEAST, "contexts": [str(number) for number in range(MOST_CONTEXTS + 1)]}, "has more than 500 names"),
        ({**LEAST, "node": {}}, "there is no setting `node`"),
        ({**LEAST, "log": {"level": "loud"}}, "`log.level` cannot be `loud`"),
        ({**LEAST, "limits": {"connections": 0}}, "`limits.connections`: expected `int` >= 1"),
    ],
)
def test_what_is_wrong_is_named(document, said):
    with pytest.raises(SettingsError) as refused:
        parse_host(document, "file")
    assert said in str(refused.value)
    assert refused.value.remedy


def test_folder_and_file_stand_for_each_other(tmp_path):
    file = tmp_path / FILE_NAME
    assert not is_host(tmp_path)
    file.write_text('contexts = ["north"]\n[listen]\npublic_url = "https://host.example/x/"\n', "utf-8")
    assert is_host(tmp_path)
    assert is_host(file)
    assert load_host(tmp_path) == load_host(file)
    assert load_host(tmp_path).public_url("north") == "https://host.example/x/north"
    assert load_host(tmp_path).path("keys") == (tmp_path / "keys").resolve()


def test_a_folder_without_a_host_says_how_to_make_one(tmp_path):
    with pytest.raises(SettingsError, match="make a host with `corridor init NAME --host DIR`"):
        load_host(tmp_path)
