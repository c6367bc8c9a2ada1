from __future__ import annotations

from corridor.law.dossier.words import PHRASES, code_word, phrase, pin_words


def test_every_language_has_every_phrase():
    assert all(set(found) == set(PHRASES["en"]) for found in PHRASES.values())


def test_a_language_that_there_is_not_is_english():
    assert phrase("fr", "yes") == "yes"
    assert phrase("zh", "yes") == "是"


def test_codes_become_words():
    assert code_word("en", "contact_demographic") == "contact demographic"
    assert code_word("en", "CN:CIIO") == "CN:CIIO"
    assert code_word("zh", "health") == "医疗健康信息"
    assert code_word("zh", "US") == "US"


def test_pins_are_read_as_a_lawyer_writes_them():
    assert pin_words("zh", "art 55(4)") == "第55条(4)"
    assert pin_words("zh", "arts 6-8") == "第6-8条"
    assert pin_words("en", "art 55(4)") == "art 55(4)"
