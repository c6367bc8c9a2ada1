"""Rule files that must be refused, each with the exact message: the first line of the file.

A file of `refused/act`, `other`, `jurisdiction`, `overrides` or `cases` stands in for the file of that name in
`refused/good`, which is right in every respect.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from corridor.base.errors import CorridorError
from corridor.law.check import check
from corridor.law.from_source import load_rulebook

FOLDER = Path(__file__).with_name("refused")
GOOD = {f"xa/{file.name}": file.read_text("utf-8") for file in sorted((FOLDER / "good").glob("*.yaml"))}
BAD = sorted(file for file in FOLDER.glob("*/*.yaml") if file.parent.name != "good")


def _load(files):
    rulebook = load_rulebook(files)
    assert not check(rulebook).wrong


def test_the_files_beside_the_bad_one_are_good():
    _load(GOOD)
    assert len(BAD) >= 60


@pytest.mark.parametrize("file", BAD, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_bad_rule_file_is_refused_with_its_place_and_remedy(file):
    text = file.read_text("utf-8")
    message = text.splitlines()[0].removeprefix("# refused: ")
    with pytest.raises(CorridorError) as refused:
        _load({**GOOD, f"xa/{file.parent.name}.yaml": text})
    assert str(refused.value) == message
