"""Nothing in the documentation leads nowhere, and nothing in it is out of reach."""

import xml.etree.ElementTree as ET
from urllib.parse import unquote, urlsplit

import pytest
from pages import ROOT, anchors, links, name_of, page, pages


def is_outside(link):
    return urlsplit(link).scheme != ""


def target_of(source, link):
    path = unquote(urlsplit(link).path)
    return (source.parent / path).resolve() if path else source


@pytest.mark.parametrize("source", pages(), ids=name_of)
def test_every_link_to_a_file_of_ours_leads_to_one(source):
    lost = [link for link in links(source) if not is_outside(link) and not target_of(source, link).is_file()]
    assert lost == []


@pytest.mark.parametrize("source", pages(), ids=name_of)
def test_every_link_to_a_heading_leads_to_one(source):
    lost = []
    for link in links(source):
        target, anchor = target_of(source, link), urlsplit(link).fragment
        is_ours = not is_outside(link) and target.suffix == ".md" and target.is_file()
        if is_ours and anchor and anchor not in anchors(target):
            lost.append(link)
    assert lost == []


def test_links_out_of_the_checkout_use_tls():
    assert [link for source in pages() for link in links(source) if is_outside(link) and "https://" not in link] == []


def test_every_page_can_be_reached_from_the_readme():
    reached, to_read = set(), [page("README.md")]
    while to_read:
        source = to_read.pop()
        if source not in reached and source.suffix == ".md" and source.is_file():
            reached.add(source)
            to_read += [target_of(source, link) for link in links(source) if not is_outside(link)]
    decisions = {decision for decision in pages() if decision.parent.name == "adr"}  # a numbered row of its own
    assert {name_of(source) for source in set(pages()) - reached - decisions} == set()


def test_decisions_are_numbered_without_gaps_and_named_by_their_number():
    files = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [file.name[:4] for file in files] == [f"{number:04d}" for number in range(1, len(files) + 1)]
    assert all(file.read_text("utf-8").startswith(f"# {file.name[:4]}: ") for file in files)


def test_every_decision_has_the_same_parts():
    parts = ["Context and problem", "Options", "Decision", "Consequences", "When to look again"]
    for file in (ROOT / "docs" / "adr").glob("*.md"):
        headings = [line[3:] for line in file.read_text("utf-8").splitlines() if line.startswith("## ")]
        assert headings == parts, file.name


def test_the_picture_is_well_formed_and_can_be_read_aloud():
    picture = ET.parse(ROOT / "docs" / "journey.svg").getroot()  # noqa: S314 - a file of ours
    namespace = "{http://www.w3.org/2000/svg}"
    assert picture.find(f"{namespace}title").text
    assert picture.find(f"{namespace}desc").text
    assert "prefers-color-scheme: dark" in picture.find(f"{namespace}style").text
