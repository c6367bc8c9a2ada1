from __future__ import annotations

import dataclasses
import typing

from corridor.evidence.event import AccessDenied, Event
from corridor.evidence.story import MAX_SENTENCE, SENTENCES, sentence, tell


def test_every_event_has_its_sentence(one_of_each):
    assert set(SENTENCES) == set(typing.get_args(Event))
    told = tell(one_of_each)
    assert len(told) == len(one_of_each)
    assert not [text for text in told if "{" in text or "None" in text]


def test_a_sentence_says_when_and_what(one_of_each):
    told = tell(one_of_each)
    assert told[3] == (
        "2026-11-22T10:00:03Z 1024 bytes were served to did:web:consumer.example "
        "over transfer urn:uuid:transfer-p, whole"
    )
    assert any(text.endswith("allowed is FALSE, with 2 reasons") for text in told)
    assert any(text.endswith("over transfer urn:uuid:transfer-c, in part") for text in told)


def test_hostile_words_are_made_safe_to_print(one_of_each):
    denied = next(event for event in one_of_each if isinstance(event, AccessDenied))
    said = sentence(dataclasses.replace(denied, reason="{e.at}\x1b[2J\n" + "x" * 9999))
    assert said.isprintable()
    assert "{e.at}\\x1b[2J\\n" in said
    assert len(said) <= MAX_SENTENCE + len("2026-11-22T10:00:00Z ")
