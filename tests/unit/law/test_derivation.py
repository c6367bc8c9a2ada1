"""What was derived, asked for by name; see also `test_standing`."""

from __future__ import annotations

from datetime import date

import pytest

from corridor.base.errors import MalformedError
from corridor.base.truth import Truth
from corridor.law.derivation import derived_of
from corridor.law.facts import parse_facts
from corridor.law.outcome import CountKey


def test_a_fact_of_the_transfer_by_its_name(rulebook):
    law = rulebook.jurisdictions["XA"]
    facts = parse_facts({"data": {"items": [{"category": "health"}]}})
    assert derived_of(law, facts, date(2026, 6, 1), {CountKey("XA", "exported"): 1}, "personal") is Truth.TRUE
    assert derived_of(law, parse_facts({}), date(2026, 6, 1), {}, "personal") is Truth.UNKNOWN


def test_a_name_that_is_not_derived_is_refused_with_the_nearest(rulebook):
    with pytest.raises(MalformedError, match="`persnal` is not derived in XA") as refused:
        derived_of(rulebook.jurisdictions["XA"], parse_facts({}), date(2026, 6, 1), {}, "persnal")
    assert refused.value.remedy == "did you mean `personal`?"
