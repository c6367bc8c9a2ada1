"""Every case of the shipped rule files, one test each; the class of its source stands in the id."""

from __future__ import annotations

from importlib.resources import files

import pytest

from corridor.law.check import check
from corridor.law.from_source import load_rulebook


def _report():
    root = files("corridor.law") / "jurisdictions"
    folders = [folder for folder in root.iterdir() if folder.is_dir()]
    sources = {
        f"{folder.name}/{file.name}": file.read_text(encoding="utf-8")
        for folder in folders
        for file in folder.iterdir()
        if file.name.endswith(".yaml")
    }
    return check(load_rulebook(sources))


_RESULTS = _report().results


@pytest.mark.parametrize("result", _RESULTS, ids=lambda r: f"{r.case.jurisdiction}-{r.case.verified}-{r.case.id}")
def test_the_rulebook_answers_as_the_source_says(result):
    assert result.differences == ()


def test_every_case_names_its_source_and_class():
    assert all(result.case.source for result in _RESULTS)
    assert {result.case.verified.value for result in _RESULTS} == {"official", "secondary", "recalled"}
