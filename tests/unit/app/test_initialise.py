"""A new node's folder: what is in it, who may read it, and that nothing is overwritten or left half-made."""

import stat

import pytest

from corridor.app.initialise import NewNode, initialise
from corridor.app.settings import load_settings
from corridor.base.errors import CorridorError, SettingsError
from corridor.trust.keys import load_key
from corridor.trust.participants import FileParticipants
from corridor.trust.secrets import FileSecrets

CUSTOMS = NewNode("Harbour Customs", "de", "https://customs.example")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def files_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_new_folder_holds_settings_keys_and_the_participant_list(tmp_path):
    loaded = initialise(tmp_path / "deep" / "node", CUSTOMS)
    assert loaded == load_settings(tmp_path / "deep" / "node")
    assert loaded.settings.node.id == "did:web:customs.example"
    assert loaded.settings.node.country == "DE"
    assert files_in(loaded.folder) == [
        "corridor.toml",
        "keys/management.token",
        "keys/signing.pem",
        "keys/token.key",
        "participants.yaml",
    ]
    assert (loaded.folder / "data").is_dir()


def test_keys_are_the_owners_alone(tmp_path):
    keys = initialise(tmp_path / "node", CUSTOMS).folder / "keys"
    assert mode(keys) == 0o700
    assert {mode(file) for file in keys.iterdir()} == {0o600}
    load_key(keys / "signing.pem")
    FileSecrets(keys / "token.key")


def test_two_nodes_have_different_keys(tmp_path):
    one, two = (initialise(tmp_path / name, CUSTOMS).folder / "keys" for name in ("one", "two"))
    for file in ("management.token", "signing.pem", "token.key"):
        assert (one / file).read_bytes() != (two / file).read_bytes()


def test_the_node_is_on_its_own_list(tmp_path):
    loaded = initialise(tmp_path / "node", CUSTOMS)
    (known,) = FileParticipants(loaded.path("participants.yaml")).all()
    assert (known.id, known.name, known.country) == ("did:web:customs.example", "Harbour Customs", "DE")


@pytest.mark.parametrize("country", ["NO", "ON"])
def test_a_country_whose_code_is_a_truth_value_in_yaml_stays_a_country(tmp_path, country):
    loaded = initialise(tmp_path / "node", NewNode("Havnen", country, "https://havn.example"))
    assert FileParticipants(loaded.path("participants.yaml")).all()[0].country == country


def test_only_a_host_named_with_http_may_be_reached_without_tls(tmp_path):
    plain = initialise(tmp_path / "plain", NewNode("A", "DE", "http://localhost:19194"))
    assert plain.settings.trust.http_hosts == ("localhost",)
    assert initialise(tmp_path / "tls", CUSTOMS).settings.trust.http_hosts == ()


def test_further_facts_stand_in_the_settings(tmp_path):
    facts = {"designations": ["CN:CIIO"], "public_body": True, "sector": "customs"}
    loaded = initialise(tmp_path / "node", NewNode("A", "CN", "https://a.example", facts=facts))
    assert loaded.settings.node.facts == facts


def test_a_folder_that_holds_a_node_is_left_alone(tmp_path):
    folder = initialise(tmp_path / "node", CUSTOMS).folder
    before = {file: (folder / file).read_bytes() for file in files_in(folder)}
    with pytest.raises(SettingsError, match="holds a node already; choose another folder"):
        initialise(tmp_path / "node", NewNode("Other", "FR", "https://other.example"))
    assert {file: (folder / file).read_bytes() for file in files_in(folder)} == before


def test_a_folder_that_holds_a_host_takes_participants_only(new_host):
    folder = new_host("north").folder
    with pytest.raises(SettingsError, match="holds a host; make a participant on it with `corridor init NAME --host"):
        initialise(folder, CUSTOMS)
    assert not (folder / "corridor.toml").exists()


@pytest.mark.parametrize("file", ["keys/signing.pem", "keys/token.key", "participants.yaml"])
def test_a_file_that_is_there_is_neither_overwritten_nor_joined_by_half_a_node(tmp_path, file):
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text("mine", "utf-8")
    with pytest.raises(SettingsError) as refused:
        initialise(tmp_path, CUSTOMS)
    assert refused.value.place == str(tmp_path / file)
    assert refused.value.remedy
    assert files_in(tmp_path) == [file]
    assert (tmp_path / file).read_text("utf-8") == "mine"


@pytest.mark.parametrize(
    "described",
    [
        NewNode("A", "Germany", "https://a.example"),
        NewNode("A", "D1", "https://a.example"),
        NewNode('A "quoted" name', "DE", "https://a.example"),
        NewNode("line\nbreak", "DE", "https://a.example"),
        NewNode("A", "DE", "a.example"),
        NewNode("A", "DE", "ftp://a.example"),
        NewNode("A", "DE", ""),
        NewNode("A", "DE", 'https://a"b.example'),
        NewNode("A", "DE", "https://[a.example"),
        NewNode("A", "DE", "https://a.example", protocol="nowhere"),
        NewNode("A", "DE", "https://a.example", management='127.0.0.1:1"'),
        NewNode("A", "DE", "https://a.example", management="127.0.0.1:70000"),
    ],
)
def test_a_wrong_description_leaves_nothing_behind(tmp_path, described):
    with pytest.raises(CorridorError) as refused:
        initialise(tmp_path / "node", described)
    assert refused.value.remedy or refused.value.place
    assert not (tmp_path / "node").exists()


def test_a_file_in_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "node").write_text("", "utf-8")
    with pytest.raises(SettingsError, match=r"node/data: the node cannot be made: not a directory; choose"):
        initialise(tmp_path / "node", CUSTOMS)
