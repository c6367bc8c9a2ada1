"""`corridor init | serve | doctor`: a folder becomes a node, and a node says what is wrong with it."""

import logging
import socket

import pytest
import structlog

from corridor.app.settings import load_settings

CHECKS = ["identity", "keys", "participants", "database", "offers", "disk"]
CHECKS += ["protocol listener", "management listener", "rulebook", "decisions", "subscriptions"]


@pytest.fixture
def own_logs():
    """Leave the logging of the test run as it was."""
    root, kept = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    yield
    for handler in set(root.handlers) - set(handlers):
        handler.stream.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**kept)


@pytest.fixture
def taken(idle):
    """The protocol address of the node, while something else listens there."""
    address = load_settings(idle).settings.listen.protocol
    host, _, port = address.rpartition(":")
    with socket.create_server((host, int(port))):
        yield address


def test_a_node_is_made_and_the_next_step_is_said(corridor, tmp_path):
    folder = tmp_path / "a" / "node"
    said = corridor("init", folder, "--name", "Harbour Customs", "--country", "DE", "--public-url", "https://c.example")
    assert said.code == 0
    assert said.out == (
        f"made did:web:c.example in {folder}\n"
        f"next: add partners to {folder}/participants.yaml, then `corridor serve --config {folder}`\n"
    )
    assert {path.name for path in folder.iterdir()} == {"corridor.toml", "participants.yaml", "keys", "data"}
    assert {path.stat().st_mode & 0o077 for path in (folder / "keys").iterdir()} == {0}
    node = load_settings(folder).settings.node
    assert (node.id, node.name, node.country) == ("did:web:c.example", "Harbour Customs", "DE")


def test_machines_get_the_folder_and_the_did(corridor, tmp_path):
    assert corridor("init", tmp_path / "node", "--json").json == {
        "folder": str(tmp_path / "node"),
        "id": "did:web:localhost%3A19194",
    }


DESCRIPTIONS = {
    "a country": (("--country", "Germany"), "`node.country` is not a country code; write two capital letters"),
    "a URL": (("--public-url", "c.example"), "the public URL is not an http(s) URL; write it as https://HOST"),
    "an address": (("--protocol", "19194"), "`listen.protocol` is not an address; write it as 127.0.0.1:19194"),
    "a port": (("--management", "a:99999"), "`listen.management` is not an address; write it as 127.0.0.1:19194"),
    "a quote": (("--management", 'a"'), "an address or URL holds a quote, backslash or control character"),
}


@pytest.mark.parametrize(("options", "sentence"), DESCRIPTIONS.values(), ids=DESCRIPTIONS.keys())
def test_what_is_described_wrongly_is_refused_and_nothing_is_made(corridor, tmp_path, options, sentence):
    said = corridor("init", tmp_path / "node", *options)
    assert said.code == 1
    assert sentence in said.problem
    assert list(tmp_path.iterdir()) == []


def test_a_node_that_is_there_is_left_as_it_is(corridor, idle):
    before = {path: path.read_bytes() for path in idle.rglob("*") if path.is_file()}
    said = corridor("init", idle)
    assert (said.code, said.problem) == (1, f"`{idle}` holds a node already; choose another folder")
    assert {path: path.read_bytes() for path in idle.rglob("*") if path.is_file()} == before


def test_a_file_is_no_folder_for_a_node(corridor, document):
    path = document("mine")
    said = corridor("init", path, "--json")
    assert said.code == 1
    assert said.json["error"]["message"] == "the node cannot be made: not a directory"
    assert path.read_text("utf-8") == "mine"


def test_a_sound_node_passes_every_check(corridor, idle):
    said = corridor("doctor", "--config", idle)
    assert said.code == 0
    assert [line.split(":")[0] for line in said.out.splitlines()] == [f"ok {check}" for check in CHECKS]


def test_a_check_that_fails_is_marked_and_is_exit_1(corridor, idle):
    (idle / "participants.yaml").unlink()
    said = corridor("doctor", "--config", idle)
    assert said.code == 1
    (failed,) = (line for line in said.out.splitlines() if line.startswith("-- "))
    assert failed.endswith(
        "the participant list cannot be read: no such file or directory; correct `files.participants`"
    )


def test_machines_get_every_check_and_the_same_exit_code(corridor, idle):
    assert corridor("doctor", "--config", idle, "--json").code == 0
    (idle / "keys" / "token.key").unlink()
    said = corridor("doctor", "--config", idle, "--json")
    assert said.code == 1
    assert [one["check"] for one in said.json] == CHECKS
    assert [one["check"] for one in said.json if not one["ok"]] == ["keys"]


def test_a_port_that_something_else_uses_is_found(corridor, idle, taken):
    said = corridor("doctor", "--config", idle)
    assert said.code == 1
    assert f"-- protocol listener: listen.protocol: the address {taken} is in use" in said.out


@pytest.mark.parametrize("verb", ["serve", "doctor"])
def test_where_there_is_no_node_it_says_how_to_make_one(corridor, tmp_path, verb):
    said = corridor(verb, "--config", tmp_path)
    assert said.code == 1
    assert said.problem.startswith(f"there is no settings file `{tmp_path}/corridor.toml`; make a node with ")


@pytest.mark.usefixtures("own_logs")
def test_a_node_whose_port_is_taken_does_not_start_and_leaves_no_database(corridor, idle, taken):
    said = corridor("serve", "--config", idle)
    assert said.code == 1
    assert said.problem == (
        f"listen.protocol: the address {taken} is in use; stop what uses it, or choose another port"
    )
    assert not (idle / "corridor.db").exists()


@pytest.mark.usefixtures("own_logs")
def test_a_node_logs_where_its_settings_say_and_gives_its_error_to_machines(corridor, idle, taken):
    with (idle / "corridor.toml").open("a", encoding="utf-8") as file:
        file.write('\n[log]\nfile = "logs/node.log"\n')
    said = corridor("serve", "--config", idle, "--json")
    assert said.code == 1
    assert said.json["error"]["place"] == "listen.protocol"
    assert (idle / "logs" / "node.log").is_file()


@pytest.fixture
def host(corridor, tmp_path):
    """A host with two participants that is not running."""
    folder, (one, other) = tmp_path / "host", free_ports(2)
    addresses = (
        *("--public-url", f"http://localhost:{one}"),
        *("--protocol", f"127.0.0.1:{one}"),
        *("--management", f"127.0.0.1:{other}"),
    )
    assert corridor("init", "north", "--host", folder, *addresses).code == 0
    assert corridor("init", folder / "south", "--host", folder, "--country", "CN").code == 0
    return folder


def free_ports(number):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def test_a_participant_is_made_on_a_host_and_the_next_step_is_said(corridor, host):
    said = corridor("init", "east", "--host", host, "--name", "East")
    folder = host / "east"
    did = load_settings(folder).settings.node.id
    assert did.endswith(":east")
    assert said.out == (
        f"made {did} in {folder}\n"
        f"next: add partners to {folder}/participants.yaml, then `corridor serve --config {host}`\n"
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("north",), "the host lists `north` already; choose another name"),
        (("East",), "`contexts` cannot have `East`; use lower-case letters"),
        (("elsewhere/east",), "`elsewhere/east` is not a folder of the host"),
        (("east", "--protocol", "127.0.0.1:1"), "the host has its addresses already; leave out --public-url"),
    ],
)
def test_a_participant_that_a_host_cannot_have_is_refused(corridor, host, words, sentence):
    before = sorted(host.rglob("*"))
    said = corridor("init", *words, "--host", host)
    assert said.code == 1
    assert sentence in said.problem
    assert sorted(host.rglob("*")) == before


def test_all_participants_of_a_host_are_examined(corridor, host):
    said = corridor("doctor", "--config", host)
    assert said.code == 0
    assert said.out.splitlines()[3] == "ok contexts: 2 of 2 have sound settings"
    assert [line for line in said.out.splitlines() if line.endswith(":")] == ["north:", "south:"]
    (host / "south" / "participants.yaml").unlink()
    said = corridor("doctor", "--config", host, "--json")
    assert said.code == 1
    failed = [(one.get("context"), one["check"]) for one in said.json if not one["ok"]]
    assert failed == [("south", "participants")]


def test_one_participant_of_a_host_is_examined_alone(corridor, host):
    said = corridor("doctor", "--config", host / "south")
    assert said.code == 0
    assert [line.split(":")[0] for line in said.out.splitlines()] == [f"ok {check}" for check in CHECKS]


def test_a_participant_of_a_host_is_not_served_alone(corridor, host):
    said = corridor("serve", "--config", host / "south")
    assert (said.code, said.problem) == (
        1,
        f"`south` is served by its host; start that with `corridor serve --config {host}`",
    )


def test_a_verb_for_one_node_asks_which_one_of_a_host(corridor, host):
    said = corridor("papers", "list", "--config", host)
    assert said.problem == f"`{host}` is a host of several participants; name one of them: --config {host}/north"


@pytest.mark.usefixtures("own_logs")
def test_a_host_whose_participants_are_all_faulty_does_not_start(corridor, host):
    for name in ("north", "south"):
        (host / name / "participants.yaml").unlink()
    with (host / "corridor-host.toml").open("a", encoding="utf-8") as file:
        file.write('\n[log]\nfile = "logs/host.log"\n')
    said = corridor("serve", "--config", host)
    assert said.code == 1
    assert f"no context of the host can be served: `north`: {host}/north/participants.yaml: the" in said.problem
    assert (host / "logs" / "host.log").is_file()
