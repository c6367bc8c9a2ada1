"""Every example document is one that the product takes."""

import pytest
from pages import blocks, page

from corridor.app.rulebook import shipped_sources
from corridor.dataplane.describe import parse_table
from corridor.law.check import check
from corridor.law.facts import parse_facts
from corridor.law.from_source import load_rulebook
from corridor.law.source import plain, read_yaml
from corridor.service.publish import parse_publication

PUBLICATIONS = ("README.md", "docs/tutorial/first-exchange.md", "docs/howto/publish-a-dataset.md")
PAPERS = ("docs/tutorial/first-exchange.md", "docs/howto/put-papers-on-file.md")


def documents(name, member):
    """The YAML examples of a page that have `member`."""
    found = [plain(read_yaml(block.text, name)) for block in blocks(page(name)) if block.language == "yaml"]
    return [document for document in found if member in document]


@pytest.mark.parametrize("name", PUBLICATIONS)
def test_a_publication_that_is_shown_is_one(name):
    (document,) = documents(name, "offers")
    publication = parse_publication(document)
    if "table" in publication.source:
        parse_table(publication.source["table"], "$.source.table")


@pytest.mark.parametrize("name", PAPERS)
def test_a_paper_that_is_shown_is_one_of_a_kind_that_the_rulebook_knows(name):
    (document,) = documents(name, "kind")
    parse_facts({"papers": [document]}, "$")
    rulebook = load_rulebook(shipped_sources())
    assert document["kind"] in {kind for found in rulebook.jurisdictions.values() for kind in found.papers}


def test_the_rules_of_ones_own_that_are_shown_load_beside_the_shipped_ones_and_keep_their_case():
    name = "docs/howto/add-rules-of-your-own.md"
    shown = [block.text for block in blocks(page(name)) if block.language == "yaml"]
    names = ("ph/jurisdiction.yaml", "ph/house.yaml", "ph/cases.yaml", "cn/own-values.yaml", "ph/owners.yaml")
    files = dict(zip(names, shown, strict=True))
    report = check(load_rulebook({**shipped_sources(), **files}))
    mine = [result for result in report.results if result.case.jurisdiction == "PH"]
    assert [result.right for result in mine] == [True]
