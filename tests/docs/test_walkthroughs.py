"""The command lines of the README and of the tutorial run as written, against real nodes, and say what is shown."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from pages import blocks, page

pytestmark = pytest.mark.slow
PORTS = ("19193", "19194", "19293", "19294")
PATIENCE = 60


def free_ports():
    """As many free ports as the pages name, so that a node that runs on the usual ones is left alone."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in PORTS]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [str(one.getsockname()[1]) for one in sockets]


class Reader:
    """Somebody who follows a page in an empty folder, on ports of their own."""

    def __init__(self, folder):
        self.folder = folder
        self.ports = dict(zip(PORTS, free_ports(), strict=True))
        self.nodes = []
        self.names = dict(self.ports)
        scripts = str(Path(sys.executable).parent)
        self.environment = {**os.environ, "PATH": f"{scripts}:{os.environ['PATH']}", "COLUMNS": "300"}

    def save(self, name, text):
        (self.folder / name).write_text(self.moved(text), "utf-8")

    def moved(self, text):
        """Text of the page with the reader's ports, also where a node is made on the usual ones without naming them."""
        usual = "--public-url http://localhost:19194 --protocol 127.0.0.1:19194 --management 127.0.0.1:19193"
        text = re.sub(r"^corridor init (?!.*--protocol).*$", rf"\g<0> {usual}", text, flags=re.MULTILINE)
        return re.sub("|".join(map(re.escape, self.names)), lambda found: self.names[found[0]], text)

    def types(self, lines):
        """Run a block; what it says, with the ports of the page."""
        said, script = "", ""
        for line in self.moved(lines).splitlines(keepends=True):
            if line.endswith(" &\n"):
                said += self.runs(script)
                script = ""
                self.starts(line.removesuffix(" &\n"))
            else:
                script += line
        return said + self.runs(script)

    def runs(self, script):
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        backwards = {mine: theirs for theirs, mine in self.names.items()}
        return re.sub("|".join(map(re.escape, backwards)), lambda found: backwards[found[0]], done.stdout)

    def starts(self, line):
        """Start a node and wait until it answers, as a reader waits for `node ready`."""
        name = line.rpartition(" ")[2]
        with (self.folder / f"{name}.log").open("wb") as log:
            self.nodes.append(
                subprocess.Popen(line.split(), cwd=self.folder, env=self.environment, stdout=log, stderr=log)
            )
        file = self.folder / name
        settings = (file if file.is_file() else file / "corridor.toml").read_text("utf-8")
        address = re.search(r'^management = "(.*?)"', settings, re.MULTILINE)[1]
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, urllib.error.URLError):
                urllib.request.urlopen(f"http://{address}/health", timeout=1).close()
                return
            time.sleep(0.05)
        pytest.fail(f"{name} does not answer: {(self.folder / f'{name}.log').read_text('utf-8')}")

    def stops(self):
        for node in self.nodes:
            node.terminate()
        for node in self.nodes:
            node.wait(PATIENCE)
        self.nodes.clear()


@pytest.fixture
def reader(tmp_path):
    following = Reader(tmp_path)
    yield following
    following.stops()


def assert_says(said, shown):
    """Every line that is shown was said, in this order; `…` stands for anything, and white space for white space."""
    lines = iter(said.splitlines())
    for line in shown.splitlines():
        parts = [r"\s+".join(map(re.escape, part.split(" "))) for part in re.split(r" {2,}|…", line)]
        joints = [".*" if joint == "…" else r"\s+" for joint in re.findall(r" {2,}|…", line)]
        pattern = "".join(part + joint for part, joint in zip(parts, [*joints, ""], strict=True))
        pattern = re.sub(r"since\\s\+\d{4}", r"since\\s+[0-9]{4}", pattern)
        assert any(re.fullmatch(rf"{pattern}\s*", candidate) for candidate in lines), f"`{line}` was not said:\n{said}"


def section(name, heading):
    """The blocks of a page from a heading on, up to the next of its rank."""
    text = page(name).read_text("utf-8")
    start = text.index(f"\n## {heading}\n")
    end = text.find("\n## ", start + 1)
    wanted = text[start:end]
    return [block for block in blocks(page(name)) if block.text in wanted]


def follow(reader, shown):
    """Type every shell block, save every document under the name that stands before it, hear what is shown."""
    said = ""
    for block, name in shown:
        if block.language == "yaml":
            reader.save(name, block.text)
        elif block.language == "sh":
            said = reader.types(block.text)
        elif block.language == "text":
            assert_says(said, block.text)


def named_blocks(name, found):
    """Each block with the last file name in the prose before it."""
    text = page(name).read_text("utf-8")
    for block in found:
        names = re.findall(r"`([\w-]+\.yaml)`", text[: text.index(block.text)])
        yield block, names[-1] if names else ""


def test_the_ten_lines_of_the_readme_work_as_written(reader):
    shown = section("README.md", "Run nodes of your own")
    assert sum(len(block.text.splitlines()) for block in shown if block.language == "sh") == 10
    follow(reader, named_blocks("README.md", shown))
    assert (reader.folder / "port-calls.csv").read_text("utf-8") == "port,calls\nHamburg,7\n"


def test_the_first_exchange_goes_as_the_tutorial_says(reader):
    name = "docs/tutorial/first-exchange.md"
    follow(reader, named_blocks(name, blocks(page(name))))
    assert "Wang Fang" in (reader.folder / "customers.csv").read_text("utf-8")
    assert not (reader.folder / "again.csv").exists()


def test_replicas_on_postgresql_run_as_the_page_says(reader, postgres):
    name = "docs/howto/run-on-postgresql.md"
    (statements,) = [block.text for block in blocks(page(name)) if block.language == "sql"]
    for statement in statements.split(";\n"):
        if statement.strip():
            postgres.say(statement)
    try:
        reader.names["127.0.0.1:5432"] = f"127.0.0.1:{postgres.port}"
        follow(reader, named_blocks(name, section(name, "Set it up")))
    finally:
        reader.stops()
        postgres.say("DROP DATABASE corridor WITH (FORCE)")
        postgres.say("DROP ROLE corridor")
