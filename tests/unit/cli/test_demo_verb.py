"""`corridor demo`: the whole journey for a person who watches, and what is refused before anything is made."""

import pytest

from corridor.cli import demo_verb
from corridor.cli.demo.alerts import COLUMNS
from corridor.cli.demo.journey import Step


@pytest.mark.slow
def test_the_journey_is_told_to_a_person_and_the_nodes_are_kept(corridor, tmp_path, terminal):
    keep = tmp_path / "kept"
    said = corridor("demo", "--keep", keep)
    assert said.code == 0
    assert said.out.count("  held  ") == 9
    assert "✗" not in said.out
    *_, verdict, kept, last = said.out.splitlines()
    assert verdict.startswith(f"{said.out.count('✓')} of {said.out.count('✓')} claims held in 9 steps, ")
    assert kept == f"the nodes are kept: `corridor serve --config {keep}/de` starts one again"
    assert last == "This is a demonstration with made-up contracts and persons, and not legal advice."
    assert "Proof: the same receipts on both sides, verified by a third" in said.err
    assert corridor("doctor", "--config", keep / "cn").code == 0


@pytest.mark.slow
def test_a_journey_that_breaks_goes_on_and_ends_with_exit_1(corridor, document):
    """An export can be wrong far behind its header; what does not rest on it still holds."""
    export = document(",".join(COLUMNS) + '\n"broken off', "export.csv")
    said = corridor("demo", "--alerts", export, "--json")
    assert (said.code, said.err) == (1, "")
    assert (said.json["held"], said.json["kept"]) == (False, None)
    problems = {one["id"]: one["problem"] for one in said.json["steps"] if one["problem"]}
    assert problems.keys() == {"1a", "1b", "4a", "4b", "5"}
    assert problems["1a"].startswith("alerts.csv line 2: not CSV: ")
    assert {one["id"] for one in said.json["steps"] if one["held"]} == {"2a", "3a", "3b", "2b"}


KEPT = {
    "a file": ("mine.txt", "`{}` is not an empty folder; name a new one"),
    "a folder with something in it": (".", "`{}` is not an empty folder; name a new one"),
    "below a file": ("mine.txt/kept", "the folder `{}` cannot be made: not a directory; name another"),
}


@pytest.mark.parametrize(("name", "sentence"), KEPT.values(), ids=KEPT.keys())
def test_a_place_that_is_not_free_is_refused_and_left_alone(corridor, tmp_path, name, sentence):
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    said = corridor("demo", "--keep", tmp_path / name)
    assert (said.code, said.problem) == (1, f"--keep: {sentence.format(tmp_path / name)}")
    assert [path.name for path in tmp_path.rglob("*")] == ["mine.txt"]
    assert (tmp_path / "mine.txt").read_text("utf-8") == "mine"


def test_alerts_that_are_none_are_refused_before_a_folder_is_made(corridor, tmp_path):
    words = ("demo", "--alerts", tmp_path / "none.csv", "--keep", tmp_path / "kept")
    said = corridor(*words)
    assert said.code == 1
    assert said.problem == f"{tmp_path}/none.csv: the alerts cannot be read: no such file or directory"
    assert corridor(*words, "--json").json["error"]["code"] == "malformed"
    assert list(tmp_path.iterdir()) == []


def test_what_does_not_hold_is_marked(capsys):
    step = Step("1a", "publish alerts", lines=["[240 rows]"], claims={"all read": True, "some kept": False})
    step.problem = "the disk is full"
    demo_verb._show(step)
    demo_verb._conclude([step], None, 1.25, held=False)
    assert capsys.readouterr().out.splitlines()[1:] == [
        "1a  publish alerts  failed  0.00 s",
        "    [240 rows]",
        "    ✓ all read",
        "    ✗ some kept",
        "    problem: the disk is full",
        "",
        "1 of 2 claims held in 1 steps, 1.2 s",
        "This is a demonstration with made-up contracts and persons, and not legal advice.",
    ]
