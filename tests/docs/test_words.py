"""Words that have no place in the documentation: paths of a machine, registries, what is not done yet."""

import re

import pytest
from pages import ROOT, name_of, pages

FORBIDDEN = {
    "a path of somebody's machine": re.compile(r"(?<![\w.`])/(work|home|root|tmp|Users)/"),
    "a package registry": re.compile(
        r"pypi\.org|pythonhosted|index-url|artifactory|registry\.npmjs|proxy\.golang", re.IGNORECASE
    ),
    "the number of an issue": re.compile(r"(?<![\w/&])#\d+\b|\b(issue|ticket|PR) \d+", re.IGNORECASE),
    "what is not done yet": re.compile(r"\b(TODO|FIXME|TBD|lorem ipsum)\b", re.IGNORECASE),
}


@pytest.mark.parametrize("what", FORBIDDEN)
@pytest.mark.parametrize("source", pages(), ids=name_of)
def test_no_page_has(source, what):
    lines = source.read_text("utf-8").splitlines()
    assert [f"{number}: {line}" for number, line in enumerate(lines, 1) if FORBIDDEN[what].search(line)] == []


def test_the_picture_has_none_of_them_either():
    picture = (ROOT / "docs" / "journey.svg").read_text("utf-8")
    assert [what for what, pattern in FORBIDDEN.items() if pattern.search(picture)] == []


@pytest.mark.parametrize("source", pages(), ids=name_of)
def test_a_page_begins_with_its_title_and_ends_with_one_line_feed(source):
    text = source.read_text("utf-8")
    assert text.startswith("# ")
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
