"""A start loads what it needs and no more: named by module, since a time would depend on the machine."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

STARTED = """
import json, os, signal, sys
from pathlib import Path
import uvloop
from corridor.app import run
from corridor.app.settings import load_settings
from corridor.law import shelf

read = []
shelf_item = shelf.Shelf.__getitem__
shelf.Shelf.__getitem__ = lambda self, name: read.append(name) or shelf_item(self, name)

def ready():
    print(json.dumps({"modules": sorted(sys.modules), "jurisdictions": read}))
    os.kill(os.getpid(), signal.SIGTERM)

uvloop.run(run.run_node(load_settings(Path(sys.argv[1])), ready))
"""
VERB = """
import json, sys
from corridor.cli.main import build
try:
    build(sys.argv[1:])(sys.argv[1:], standalone_mode=False)
finally:
    print(json.dumps({"modules": sorted(sys.modules)}))
"""


def python(script, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, encoding="utf-8", timeout=60, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def loaded(found, *names):
    """Which of `names`, or of what is below them, are among the modules."""
    return [one for one in found["modules"] if one.startswith(tuple(f"{name}." for name in names)) or one in names]


@pytest.fixture
def started(tmp_path):
    """What a node with a database that is there already has loaded when it is ready."""
    ports = ("--protocol", "127.0.0.1:0", "--management", "127.0.0.1:0")
    init = [sys.executable, "-m", "corridor", "init", str(tmp_path / "node"), *ports]
    subprocess.run(init, capture_output=True, timeout=60, check=True)
    python(STARTED, str(tmp_path / "node"))
    return python(STARTED, str(tmp_path / "node"))


def test_a_node_is_ready_without_what_it_may_never_need(started):
    assert loaded(started, "alembic", "sqlalchemy", "asyncpg", "corridor.store.postgresql", "urllib3", "typer") == []


def test_a_node_is_ready_without_what_calls_partners(started):
    assert loaded(started, "aiohttp", "corridor.client") == []


def test_a_node_is_ready_before_any_rules_are_read(started):
    assert started["jurisdictions"] == []


@pytest.mark.parametrize("word", ["--help", "--version"])
def test_the_command_line_is_described_without_what_it_runs(word):
    packages = ("app", "client", "law", "evidence", "service", "store", "http", "trust", "dsp", "odrl", "dataplane")
    heavy = (*(f"corridor.{name}" for name in packages), "yaml", "cryptography", "rich.markdown", "asyncio", "urllib3")
    assert loaded(python(VERB, word), *heavy) == []
