"""Node folders as `corridor init` makes them, and what is needed to start one in process."""

import logging
import socket

import pytest
import structlog

from corridor.app.host_settings import load_host
from corridor.app.initialise import NewNode, initialise
from corridor.app.join_host import Addresses, join_host


def find_free_ports(number):
    """Ports that are free now, each only once."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@pytest.fixture
def free_ports():
    return find_free_ports


@pytest.fixture
def node(tmp_path):
    """A new node on free ports of 127.0.0.1, not running."""
    protocol, management = find_free_ports(2)
    described = NewNode(
        "Harbour Customs",
        "DE",
        f"http://localhost:{protocol}",
        f"127.0.0.1:{protocol}",
        f"127.0.0.1:{management}",
    )
    return initialise(tmp_path / "node", described)


@pytest.fixture
def new_host(tmp_path):
    """Makes a host whose participants know one another, not running: `new_host("north", "south")`."""

    def make(*names):
        protocol, management = find_free_ports(2)
        folder = tmp_path / "host"
        addresses = Addresses(f"http://localhost:{protocol}", f"127.0.0.1:{protocol}", f"127.0.0.1:{management}")
        entries = ""
        for name in names:
            loaded = join_host(folder, name, NewNode(name.title(), "DE", "unused"), addresses)
            entries += f'  - {{id: "{loaded.settings.node.id}", name: {name}, country: DE}}\n'
            addresses = None
        for name in names:
            (folder / name / "participants.yaml").write_text(f"participants:\n{entries}", "utf-8")
        return load_host(folder)

    return make


@pytest.fixture
def edit(node):
    """Change the settings file of `node`: `edit(old, new)` or, with one argument, append it."""
    file = node.folder / "corridor.toml"

    def change(old, new=None):
        text = file.read_text("utf-8")
        assert new is None or old in text
        file.write_text(text + old if new is None else text.replace(old, new), "utf-8")
        return file

    return change


@pytest.fixture
def own_logs():
    """Leave the logging of the test run as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    kept = structlog.get_config()
    yield
    for handler in set(root.handlers) - set(handlers):
        handler.stream.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**kept)
