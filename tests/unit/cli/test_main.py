"""The command line as a contract: every verb, its help, its exit codes, and what it loads."""

import io
import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from corridor import __version__
from corridor.cli.main import VERBS, run

ROOT = Path(__file__).parents[3]
GROUPS = {
    "papers": ("add", "list", "revoke"),
    "evidence": ("export", "verify"),
    "rulebook": ("list", "show", "check"),
    "subscriptions": ("list", "show", "pause", "resume", "remove", "redeliver"),
}
CALLS = [(verb,) for verb in VERBS if verb not in GROUPS]
CALLS += [(verb, inner) for verb, inners in GROUPS.items() for inner in inners]


@pytest.mark.parametrize("words", CALLS, ids=" ".join)
def test_the_help_of_a_verb_has_an_example_and_json_for_machines(corridor, words):
    said = corridor(*words, "--help")
    assert said.code == 0
    assert f"Example: `corridor {' '.join(words)}" in said.out
    assert "--json" in said.out


@pytest.mark.parametrize("group", GROUPS)
def test_the_help_of_a_group_names_its_verbs(corridor, group):
    said = corridor(group, "--help")
    assert said.code == 0
    for inner in GROUPS[group]:
        assert f" {inner} " in said.out


def test_the_first_help_names_every_verb(corridor):
    said = corridor("--help")
    assert said.code == 0
    for verb in VERBS:
        assert f" {verb} " in said.out


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("frobnicate",),
        ("--frobnicate",),
        ("init",),
        ("init", "a", "b"),
        ("assess",),
        ("catalog",),
        ("explain", "--dataset", "a"),
        ("get", "https://a.example", "alerts"),
        ("negotiate", "https://a.example", "alerts", "--wait", "61"),
        ("negotiate", "https://a.example", "alerts", "--wait", "soon"),
        ("transfer", "a", "b"),
        ("papers",),
        ("papers", "frobnicate"),
        ("evidence", "verify", "bundle.jsonl"),
        ("rulebook", "show"),
        ("doctor", "--frobnicate"),
    ],
    ids=" ".join,
)
def test_wrong_use_exits_with_two(corridor, words):
    said = corridor(*words)
    assert said.code == 2
    assert "Traceback" not in said.out + said.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("publish",), "nothing to publish; name a publication file, or use --list or --withdraw ID"),
        (("negotiate",), "nothing to negotiate; name the partner and the dataset, or use --list"),
        (("negotiate", "https://a.example"), "nothing to negotiate; name the partner and the dataset, or use --list"),
        (("transfer",), "nothing to transfer; name an agreement, or use --list"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_verb_without_an_object_is_wrong_use_and_says_what_to_name(corridor, words, sentence):
    said = corridor(*words)
    assert (said.code, said.problem) == (2, sentence)
    assert corridor(*words, "--json").json["error"]["code"] == "usage"


def test_the_version_is_told(corridor):
    said = corridor("--version")
    assert (said.code, said.out) == (0, f"corridor {__version__}\n")


OFFLINE = [("--version",), ("evidence", "verify", "nowhere.jsonl", "--key", "nowhere.jwk")]


@pytest.mark.parametrize("words", OFFLINE, ids=" ".join)
def test_what_needs_no_node_does_not_wait_for_one_to_load(words):
    code = """
import contextlib, json, sys
from corridor.cli.main import build
with contextlib.suppress(SystemExit):
    build(sys.argv[1:])(sys.argv[1:])
loaded = [name for name in sys.modules if name.startswith("corridor.")]
heavy = [name for name in ("aiohttp", "uvicorn", "starlette", "sqlalchemy", "urllib3", "yaml") if name in sys.modules]
print(json.dumps([loaded, heavy]))
"""
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False, timeout=60)
    loaded, heavy = json.loads(done.stdout.splitlines()[-1])
    unwanted = ("app", "client", "http", "law", "service", "store", "trust", "dataplane", "dsp", "odrl")
    assert [name for name in loaded if name.split(".")[1] in unwanted] == []
    assert heavy == []


def test_the_entry_point_takes_the_words_of_the_process_whatever_its_streams_are(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["corridor", "--version"])
    monkeypatch.setattr("sys.stderr", io.StringIO())
    with pytest.raises(SystemExit) as left:
        run()
    assert left.value.code == 0
    assert capsys.readouterr().out == f"corridor {__version__}\n"


def test_it_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "corridor", "--version"], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, f"corridor {__version__}\n", "")


def test_a_stream_that_is_not_utf8_gets_escapes_and_no_traceback():
    done = subprocess.run(
        [sys.executable, "-m", "corridor", "rulebook", "show", "cn/decree-16"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PYTHONIOENCODING": "ascii"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u" in done.stdout


def test_a_reader_that_goes_away_is_no_error_of_ours():
    with subprocess.Popen(
        [sys.executable, "-m", "corridor", "rulebook", "show", "cn/decree-16"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        running.stdout.close()
        assert b"Traceback" not in running.stderr.read()


def test_the_reference_says_every_verb_and_is_current():
    text = runpy.run_path(str(ROOT / "tools/cli_reference.py"))["reference"]()
    for words in CALLS:
        assert f"## corridor {' '.join(words)}\n" in text
    assert (ROOT / "docs/reference/cli.md").read_text("utf-8") == text, "run tools/cli_reference.py"
