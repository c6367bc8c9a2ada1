"""What every verb shares: output as it is, one sentence for an error, and what stands in the way of a node."""

import io
import json

import pytest
import typer
from rich.console import Console

from corridor.base.errors import MalformedError, StorageError
from corridor.cli import show
from corridor.cli.show import (
    REFUSED,
    USAGE,
    decision_lines,
    download_bar,
    give_json,
    node,
    read_document,
    read_object,
    refuse,
    reported,
    say,
    table,
    wrong_use,
)

NEEDS_A_NODE = {
    "catalog": ("catalog", "https://a.example"),
    "explain": ("explain", "--for", "did:web:a.example", "--dataset", "alerts"),
    "negotiate": ("negotiate", "--list"),
    "transfer": ("transfer", "--list"),
    "get": ("get", "https://a.example", "alerts", "--output", "never.csv"),
    "publish": ("publish", "--list"),
    "papers list": ("papers", "list"),
    "papers revoke": ("papers", "revoke", "contract-1"),
    "evidence export": ("evidence", "export", "urn:uuid:a", "--output", "never.jsonl"),
}
every_verb = pytest.mark.parametrize("words", NEEDS_A_NODE.values(), ids=NEEDS_A_NODE.keys())


@every_verb
def test_a_node_that_does_not_run_is_named_with_what_starts_it(corridor, idle, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    said = corridor(*words, "--config", idle)
    assert (said.code, said.out) == (1, "")
    (line,) = said.err.splitlines()
    assert line.startswith("error: the node does not answer at http://127.0.0.1:")
    assert line.endswith("; start it with `corridor serve`")
    assert list(tmp_path.glob("never*")) == []


@every_verb
def test_where_there_is_no_node_it_says_how_to_make_one(corridor, tmp_path, words):
    said = corridor(*words, "--config", tmp_path)
    assert said.code == 1
    assert said.problem == (
        f"there is no settings file `{tmp_path}/corridor.toml`; make a node with `corridor init DIR`, "
        "or name one with --config"
    )
    assert corridor(*words, "--config", tmp_path, "--json").json["error"]["code"] == "settings"


def test_the_node_may_be_named_by_the_environment(corridor, tmp_path, monkeypatch):
    monkeypatch.setenv("CORRIDOR_CONFIG", str(tmp_path / "mine"))
    assert f"`{tmp_path}/mine`" in corridor("papers", "list").problem


SETTINGS = {
    "that are no TOML": (b"[node", "the settings are not TOML: "),
    "that are not UTF-8": (b"\xff\xfe", "the settings are not UTF-8; save the file as UTF-8"),
    "with a typo": (b"[nod]\n", "there is no setting `nod`; did you mean `node`?"),
}


@pytest.mark.parametrize(("content", "sentence"), SETTINGS.values(), ids=SETTINGS.keys())
def test_settings_are_refused_with_their_file(corridor, idle, content, sentence):
    file = idle / "corridor.toml"
    file.write_bytes(content)
    assert corridor("papers", "list", "--config", idle).problem.startswith(f"{file}: {sentence}")


def test_a_management_token_that_is_missing_is_named(corridor, idle):
    token = idle / "keys" / "management.token"
    token.unlink()
    assert corridor("papers", "list", "--config", idle).problem == (
        f"{token}: the management token cannot be read: no such file or directory; "
        "run this as the node's user; `corridor init` makes one"
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"\xff", "cannot be read: it is not UTF-8"), (b" \n", "is empty or holds what no header can")],
    ids=["not UTF-8", "empty"],
)
def test_a_management_token_that_is_none_is_refused(corridor, idle, content, why):
    (idle / "keys" / "management.token").write_bytes(content)
    assert f"the management token {why}" in corridor("papers", "list", "--config", idle).problem


def test_a_client_is_closed_when_the_verb_is_done(idle):
    with node(idle / "corridor.toml") as client:
        assert client.health.__self__ is client


def test_text_for_people_is_shown_as_it_is(capsys):
    say("[red]not markup[/red] :smile: 中华")
    assert capsys.readouterr().out == "[red]not markup[/red] :smile: 中华\n"


def test_a_table_shows_each_cell_as_it_is_and_nothing_for_none(capsys, wide):
    table("things", ("id", "when"), [("[b]a[/b]", None), (1, "2026-11-22")])
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["things"],
        ["id", "when"],
        ["[b]a[/b]"],
        ["1", "2026-11-22"],
    ]


def test_a_pipe_gets_a_line_for_each_row_however_long(capsys):
    long = "urn:uuid:" + "1" * 300
    table("things", ("id", "name"), [(long, "海关"), ("b", "c")])
    assert capsys.readouterr().out.splitlines()[2:] == [f"{long}  海关", f"{'b':<309}  c"]


def test_what_does_not_fit_a_terminal_is_shown_a_cell_a_line(capsys, monkeypatch):
    monkeypatch.setattr(show, "out", Console(force_terminal=True, color_system=None, width=40, soft_wrap=True))
    table("things", ("id", "name"), [("1" * 50, "a"), ("2", "b")])
    assert capsys.readouterr().out.splitlines() == ["things", "", f"id: {'1' * 50}", "name: a", "", "id: 2", "name: b"]


def test_a_table_without_rows_says_so(capsys):
    table("things", ("id",), [])
    assert capsys.readouterr().out == "things: none\n"


def test_json_is_written_whole_with_the_characters_themselves(capsys):
    give_json({"name": "海关", "none": None})
    assert capsys.readouterr().out == '{\n  "name": "海关",\n  "none": null\n}\n'


def test_a_refusal_is_one_sentence_and_exit_1(capsys):
    with pytest.raises(typer.Exit) as left:
        refuse(StorageError("no `[space]`", place="disk", remedy="make room"))
    assert left.value.exit_code == REFUSED
    assert capsys.readouterr() == ("", "error: disk: no `[space]`; make room\n")


def test_a_refusal_for_machines_leaves_out_what_is_not_known(capsys):
    with pytest.raises(typer.Exit):
        refuse(StorageError("no space"), as_json=True)
    given = capsys.readouterr()
    assert json.loads(given.out) == {"error": {"code": "storage", "message": "no space"}}
    assert given.err == ""


def test_wrong_use_is_exit_2(capsys):
    with pytest.raises(typer.Exit) as left:
        wrong_use("nothing to do", "name something")
    assert left.value.exit_code == USAGE
    assert capsys.readouterr().err == "error: nothing to do; name something\n"


def test_what_is_raised_on_purpose_is_reported_and_a_fault_of_ours_is_not():
    with pytest.raises(typer.Exit) as left, reported():
        raise MalformedError("wrong")
    assert left.value.exit_code == REFUSED
    with pytest.raises(ZeroDivisionError), reported():
        _ = 1 / 0


def test_a_reader_that_went_away_is_a_good_end():
    with pytest.raises(typer.Exit) as left, reported():
        raise BrokenPipeError
    assert left.value.exit_code == 0


UNREADABLE = {
    "a folder": (None, "the file cannot be read: is a directory"),
    "not UTF-8": (b"id: \xff", "the file cannot be read: it is not UTF-8"),
    "empty": (b"", "an empty document; write at least one `name: value`"),
    "a control character": (b"\x00", "not YAML: a character that no text may hold"),
}


@pytest.mark.parametrize(("content", "sentence"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_document_that_cannot_be_read_is_named(tmp_path, content, sentence):
    path = tmp_path / "document.yaml"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(MalformedError) as refused:
        read_document(path)
    assert str(refused.value) == f"{path}: {sentence}"


@pytest.mark.parametrize(
    ("text", "place"),
    [("a: 1\nb: [", "3:1"), ('{"a": 1,\n "a": 2}', "2:2"), ("a: &x 1\nb: *x", "1:4")],
    ids=["YAML", "JSON", "alias"],
)
def test_a_malformed_document_is_refused_with_line_and_column(document, text, place):
    path = document(text)
    with pytest.raises(MalformedError) as refused:
        read_document(path)
    assert refused.value.place == f"{path}:{place}"


def test_yaml_and_json_give_the_same_value(document):
    assert read_document(document("day: 2026-11-22\nitems: [1, true]\n")) == {"day": "2026-11-22", "items": [1, True]}
    assert read_document(document({"day": "2026-11-22", "items": [1, True]}, "document.json")) == {
        "day": "2026-11-22",
        "items": [1, True],
    }


def test_a_dash_reads_standard_input_and_errors_say_so(monkeypatch, tmp_path):
    monkeypatch.setattr("sys.stdin", io.StringIO("a: 1"))
    assert read_object(type(tmp_path)("-"), "a paper") == {"a": 1}
    monkeypatch.setattr("sys.stdin", io.StringIO("- a"))
    with pytest.raises(MalformedError, match="standard input: a paper is an object; write `name: value`"):
        read_object(type(tmp_path)("-"), "a paper")


def test_progress_is_drawn_on_a_terminal(capsys, terminal):
    with download_bar("[alerts].csv") as progress:
        progress(512, 1024)
    given = capsys.readouterr()
    assert given.out == ""
    assert "[alerts].csv" in given.err


def test_where_no_terminal_is_nothing_is_drawn(capsys):
    with download_bar("[alerts].csv") as progress:
        progress(512, 1024)
    assert capsys.readouterr() == ("", "")


def reason(text, holds, because=(), **cited):
    return {"text": text, "holds": holds, "because": list(because), **({"citation": cited} if cited else {})}


def test_a_decision_is_told_reason_by_reason():
    inner = reason("`sector` is not known", "unknown")
    reasons = [
        reason("listed", "true"),
        reason("refused by eu/gdpr", "false", instrument="eu/gdpr", pin="art 44"),
        reason("open", "unknown", [inner], instrument="cn/dsl", pin="art 21"),
    ]
    assert list(decision_lines({"verdict": "unknown", "reasons": reasons})) == [
        "may it be had: not known",
        "  + listed",
        "  - refused by eu/gdpr",
        "  ? open [cn/dsl, art 21]",
        "    ? `sector` is not known",
    ]
