"""The command line in process, and three running nodes for the verbs that need them."""

import json
from dataclasses import dataclass

import pytest
from rich.console import Console
from typer.testing import CliRunner

from corridor.cli import demo_verb, show
from corridor.cli.demo import alerts
from corridor.cli.demo.nodes import await_ready, make, start, stop
from corridor.cli.main import build

PARTICIPANTS = (("Authority", "DE"), ("Customs", "CN"), ("Trading House", "SG"))
PURPOSE = {"leftOperand": "purpose", "operator": "eq", "rightOperand": "urn:corridor:purpose:product-safety"}


@dataclass(frozen=True)
class Said:
    """What a command line came to."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def problem(self):
        """The one sentence of a command that failed: no traceback, nothing else on either stream."""
        assert self.out == ""
        (line,) = self.err.splitlines()
        assert line.startswith("error: ")
        assert "Traceback" not in line
        assert "Errno" not in line
        return line.removeprefix("error: ")


def call(*words, stdin=None):
    given = [str(word) for word in words]
    result = CliRunner().invoke(build(given), given, input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Said(result.exit_code, result.stdout, result.stderr)


@pytest.fixture
def corridor():
    """Run a command line: `corridor("assess", file)`."""
    return call


@pytest.fixture
def document(tmp_path):
    """A file with a text, or with a value as JSON."""

    def write(content, name="document.yaml"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
        return path

    return write


@pytest.fixture
def idle(tmp_path):
    """The folder of a node that is not running."""
    (loaded,) = make(tmp_path / "nodes", [("Idle", "DE")])
    return loaded.folder


@dataclass(frozen=True)
class Nodes:
    """An authority under German law, customs under Chinese law, a trading house in Singapore; all running."""

    eu: object
    cn: object
    other: object

    def offer(self, name):
        """Publish made-up alerts at the authority, under terms for product safety."""
        alerts.write_made_up(self.eu.folder / "data" / f"{name}.csv", 40)
        return self.eu.client.publish(publication(name))


def publication(name):
    """A publication of alerts that were made up before."""
    terms = {"id": f"{name}/offer", "permission": [{"action": "use", "constraint": [PURPOSE]}]}
    whole = alerts.publication(name, f"{name}.csv", "did:web:nobody.example", "2099-01-01T00:00:00Z")
    return {**whole, "offers": [terms]}


@pytest.fixture(scope="session")
def nodes(tmp_path_factory):
    """Three nodes in processes of their own, once for the whole run."""
    running = [start(loaded) for loaded in make(tmp_path_factory.mktemp("nodes"), PARTICIPANTS)]
    try:
        for one in running:
            await_ready(one)
        yield Nodes(*running)
    finally:
        stop(running)


@pytest.fixture(scope="session")
def authority(nodes):
    """Run a command line at the authority: `authority("publish", file)`."""
    return lambda *words, stdin=None: call(*words, "--config", nodes.eu.folder, stdin=stdin)


@pytest.fixture(scope="session")
def customs(nodes):
    """Run a command line at customs: `customs("catalog", partner)`."""
    return lambda *words, stdin=None: call(*words, "--config", nodes.cn.folder, stdin=stdin)


@pytest.fixture
def wide(monkeypatch):
    """Output so wide that no cell of a table is folded, whatever the tests run in."""
    monkeypatch.setattr(show, "out", Console(width=250, height=25, soft_wrap=True, highlight=False, emoji=False))


@pytest.fixture
def terminal(monkeypatch):
    """A terminal for standard error, where otherwise a pipe would be."""
    drawing = Console(stderr=True, force_terminal=True, width=200)
    for module in (show, demo_verb):
        monkeypatch.setattr(module, "err", drawing)


@pytest.fixture(scope="session")
def agreed(nodes, tmp_path_factory):
    """An agreement between the two, under which the data were had."""
    nodes.offer("agreed")
    return nodes.cn.client.get(nodes.eu.id, "agreed", tmp_path_factory.mktemp("got") / "agreed.csv")
