from __future__ import annotations

import pytest

from corridor.law.suppose import POPULATIONS
from corridor.law.vocabulary import FACTS, Record, Several
from corridor.law.wording import admitted, wording


@pytest.mark.parametrize(
    ("path", "text", "answers"),
    [
        ("importer.role", "In which role does the importer act? (importer.role)", "one of: "),
        ("exporter.located_in", "In which country is the exporter?", "a country by its ISO code, such as DE"),
        ("exporter.designations has CN:CIIO", "Is the exporter designated as CN:CIIO?", "yes or no"),
        ("importer.subject_to has GDPR:3(2)", "Is the importer subject to GDPR:3(2)?", "yes or no"),
        ("data.protected has ip", "Does data, protected include ip?", "yes or no"),
        ("data.items", "Which categories of data move?", "categories, separated by commas: account_auth, "),
        ("data.items[3].personal", "identified or identifiable person? (data.items[3].personal)", "yes or no"),
        ("data.counts", "How many different persons are the data about?", "a number, or one for each category"),
        ("data.counts[0].n", "How many different persons are counted here?", "a whole number of persons"),
        ("data.counts[0].window", "Over which days were they counted?", "a year such as 2026, or the first"),
        (POPULATIONS, "Are the counts of the same persons, or of different ones?", "same or different"),
        ("transfer.starts", "What is transfer, starts?", "a day such as 2026-11-22"),
        ("purpose", "For which purposes are the data used?", "none, or several separated by commas; each one of: "),
        ("importer.owned_by", "Who owns the importer?", "none, or a list in YAML: [{party: …, pct: …, country: …, "),
        ("exporter.regions", "What is exporter, regions?", "none, or several separated by commas: codes of the form"),
        ("importer.id", "Which identifier does the importer have?", "a text"),
    ],
)
def test_an_unknown_fact_becomes_a_question_with_what_may_be_answered(path, text, answers):
    assert text in wording(path)
    assert admitted(path).startswith(answers)


def _paths(record, prefix="", seen=()):
    for name, kind in record.fields.items():
        yield f"{prefix}{name}"
        inner = kind.of if isinstance(kind, Several) else kind
        if isinstance(inner, Record) and inner not in seen:  # owners have owners
            yield from _paths(inner, f"{prefix}{name}{'[0]' if isinstance(kind, Several) else ''}.", (*seen, inner))


@pytest.mark.parametrize("path", list(_paths(FACTS)))
def test_every_fact_there_is_can_be_asked_for(path):
    assert wording(path).endswith(f"({path})")
    assert admitted(path)
