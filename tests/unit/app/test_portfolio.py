from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from corridor.app import portfolio as module
from corridor.app.portfolio import assess_portfolio
from corridor.app.rulebook import load_rules
from corridor.base.errors import CorridorError, MalformedError, SettingsError

DAY = date(2026, 11, 25)
HEAD = (
    "transfer.id,exporter.located_in,importer.located_in,exporter.designations,"
    "data.items,data.counts,data.important_status\n"
)
ROW = (
    'a,CN,DE,[],"[{""category"":""health"",""collected_in"":""CN""}]",'
    '"[{""category"":""health"",""n"":COUNT}]",not_notified\n'
)


@pytest.fixture(scope="module")
def rulebook():
    return load_rules()[0]


@pytest.fixture
def assess(rulebook, tmp_path):
    seen = []

    def run(text, target="answers.parquet"):
        source = tmp_path / "transfers.csv"
        source.write_text(text, "utf-8")
        summary = assess_portfolio(rulebook, source, tmp_path / target, DAY, lambda *at: seen.append(at))
        return summary, tmp_path / target, seen

    return run


def test_a_csv_file_is_answered_in_parquet_part_by_part(assess, monkeypatch):
    monkeypatch.setattr(module, "PART", 2)
    summary, target, seen = assess(HEAD + ROW.replace("COUNT", "5") * 2 + ROW.replace("COUNT", "10000"))
    assert summary == {("ALLOWED_WITH_MECHANISM", "false"): 2, ("REQUIRES_APPROVAL", "false"): 1}
    assert seen == [(2, 3), (3, 3)]
    answers = pl.read_parquet(target)
    assert answers["outcome"].to_list() == ["ALLOWED_WITH_MECHANISM"] * 2 + ["REQUIRES_APPROVAL"]
    assert answers["rulings"][2][0]["pin"] == "art 7(2)"
    assert sorted(entry.name for entry in target.parent.iterdir()) == ["answers.parquet", "transfers.csv"]


def test_answers_are_written_as_csv_with_the_rulings_as_json(assess):
    _, target, _ = assess(HEAD + ROW.replace("COUNT", "5"), "answers.csv")
    (row,) = pl.read_csv(target).to_dicts()
    assert row["id"] == "a"
    assert '"pin":"art 8"' in row["rulings"]


def test_a_parquet_file_may_have_columns_of_their_own_kinds(rulebook, tmp_path):
    source, target = tmp_path / "t.parquet", tmp_path / "a.parquet"
    pl.DataFrame(
        {
            "exporter.located_in": ["CN", "DE"],
            "importer.located_in": ["DE", "CN"],
            "importer.public_body": [True, None],
            "exporter.designations": [[], None],
            "data.items": [
                [{"category": "health", "collected_in": "CN"}],
                [{"category": "health", "collected_in": None}],
            ],
            "data.counts": [[{"category": "health", "n": 20_000}], []],
            "data.important_status": ["not_notified", None],
            "as_of": [date(2026, 1, 1), None],
        },
        schema_overrides={"exporter.designations": pl.List(pl.String)},
    ).write_parquet(source)
    assess_portfolio(rulebook, source, target, DAY, lambda *_: None)
    answers = pl.read_parquet(target)
    assert answers["outcome"].to_list() == ["REQUIRES_APPROVAL", "ALLOWED_WITH_MECHANISM"]
    assert answers["as_of"].to_list() == [date(2026, 1, 1), DAY]


def test_an_empty_portfolio_has_no_answers(assess):
    summary, target, _ = assess(HEAD)
    assert (summary, pl.read_parquet(target).height) == ({}, 0)


def test_a_row_that_is_wrong_leaves_nothing_behind(assess, tmp_path):
    with pytest.raises(MalformedError, match=r"row 2, column data.important_status: `nonsense` is no code"):
        assess(HEAD + ROW.replace("COUNT", "5") + ROW.replace("COUNT", "5").replace("not_notified", "nonsense"))
    assert [entry.name for entry in tmp_path.iterdir()] == ["transfers.csv"]


@pytest.mark.parametrize(
    ("source", "target", "problem"),
    [
        ("t.xlsx", "a.parquet", "is neither .parquet nor .csv"),
        ("t.csv", "a.txt", "is neither .parquet nor .csv"),
        ("none.csv", "a.parquet", "there is no file"),
        ("t.csv", "no/a.parquet", "the answers cannot be written"),
        ("bad.parquet", "a.parquet", "the portfolio cannot be read"),
    ],
)
def test_files_that_cannot_be_are_a_sentence(rulebook, tmp_path, source, target, problem):
    (tmp_path / "t.csv").write_text(HEAD)
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(CorridorError, match=problem):
        assess_portfolio(rulebook, tmp_path / source, tmp_path / target, DAY, lambda *_: None)
    assert issubclass(SettingsError, CorridorError)
