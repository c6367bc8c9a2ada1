from __future__ import annotations

from corridor.law.model import Rulebook


def test_instruments_are_found_by_id(rulebook):
    act = rulebook.instrument("xa/act")
    assert act.title == "Data Act of Aland"
    assert act.jurisdiction == "XA"
    assert rulebook.instrument("xa/none") is None


def test_a_jurisdiction_has_an_english_name(aland):
    assert aland.name == "Aland"


def test_a_rulebook_is_shown_in_one_word(rulebook):
    assert repr(rulebook) == "Rulebook()"
    assert Rulebook({}, ()).instrument("x") is None


def test_a_duty_not_to_do_something_reads_like_one(changed):
    book = changed(("what: tell the persons", "what: do not split volumes"))
    assert book.jurisdictions["XA"].duties[0].sentence == "the exporter shall not split volumes"
    assert book.jurisdictions["XA"].duties[1].sentence == "the exporter shall report the transfer"
