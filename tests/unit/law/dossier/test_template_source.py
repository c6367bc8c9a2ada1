from __future__ import annotations

import pytest

from corridor.app.dossier import shipped_templates
from corridor.app.rulebook import load_rules
from corridor.base.errors import MalformedError
from corridor.base.reasons import Verified
from corridor.law.dossier.template_source import load_templates


def test_a_template_is_read_with_its_pins_and_languages(rulebook, template_text):
    report, form = load_templates({"xa.yaml": template_text}, rulebook)
    assert (report.id, report.languages, report.jurisdiction) == ("xa/report", ("en", "es"), "XA")
    assert (report.citation.pin, report.citation.verified) == ("s 7", Verified.OFFICIAL)
    assert report.sections[1].citation.verified is Verified.RECALLED
    assert form.mechanisms == {"permit"}
    assert form.condition.text == "true"


def test_those_that_ship_fit_the_rules_that_ship():
    found = {template.id: template for template in shipped_templates(load_rules()[0])}
    assert {"cn/pipia", "cn/standard-contract-filing", "cn/security-assessment", "eu/scc-annexes", "eu/tia"} <= set(
        found
    )
    assert {"gb/transfer-agreement", "gb/tra"} <= set(found)
    assert all(set(one.languages) == {"en", "zh"} for one in found.values() if one.jurisdiction == "CN")
    assert all(section.citation.pin for one in found.values() for section in one.sections)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("jurisdiction: XA", "jurisdiction: XB", "the rulebook has no jurisdiction `XB`"),
        (
            "pin: xa/act s 7\n    when",
            "pin: xa/atc s 7\n    when",
            "`xa/atc s 7` is no pin of Aland; did you mean `xa/act`",
        ),
        ("pin: xa/act s 7\n    when", "pin: xa/act\n    when", "`xa/act` is no pin of Aland"),
        ("        pin: xa/act s 7\n        text", "        text", "a section has no `pin`"),
        ("fact: exporter.name", "fact: exporter.nam", "`exporter.nam` is no fact; did you mean `exporter.name`"),
        ("answer: counts", "answer: count", "`count` is no part of an answer; did you mean `counts`"),
        ("[items, papers]", "[items, paper]", "`paper` is no table of facts; did you mean `papers`"),
        ("{es: Quién., en: Who.}", "{en: Who.}", "a text has no `es`"),
        ("{es: Quién., en: Who.}", "{es: Q, en: W, fr: X}", "`fr` is no field of a text"),
        ("when: personal\n", "when: persnal\n", "`persnal` is no fact; did you mean `personal`"),
        ("id: xa/permit-form", "id: xa/report", "the document `xa/report` stands twice"),
        ("documents:", "papers:", "`papers` is no field of a file of documents"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(rulebook, template_text, old, new, problem):
    assert old in template_text
    with pytest.raises(MalformedError) as refused:
        load_templates({"xa.yaml": template_text.replace(old, new, 1)}, rulebook)
    assert problem in str(refused.value)
    assert "xa.yaml:" in str(refused.value)
