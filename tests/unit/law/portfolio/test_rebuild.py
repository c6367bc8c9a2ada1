from __future__ import annotations

from corridor.app.rulebook import load_rules
from corridor.law.forms import Fact, Joined, Total
from corridor.law.portfolio.rebuild import reads, rebuilt
from corridor.law.terms import OUTSIDE
from corridor.law.trace import Trace


def conditions(aland):
    return {p.citation.pin: p.condition for ladder in aland.ladders for p in ladder.provisions}


def test_a_condition_made_again_answers_as_the_first(aland, described):
    for condition in conditions(aland).values():
        if "exported" not in condition.text:
            for facts in (described(), described(importer__located_in="CL"), described(data__items=[])):
                trace = Trace(facts, aland.encoded_from, aland.presumptions, None)
                again = rebuilt(condition.answer.form, aland).run(trace, OUTSIDE)
                assert again.holds is condition.holds(trace.aside()).holds


def test_what_a_condition_reads_is_known_through_derived_facts(aland):
    found = conditions(aland)
    assert list(reads(found["s 2"].answer.form, aland)) == [Fact("data.items")]
    assert list(reads(found["s 4"].answer.form, aland)) == [Total("exported")]


def test_every_part_of_the_shipped_rules_can_be_made_again():
    for jurisdiction in load_rules()[0].jurisdictions.values():
        for ladder in jurisdiction.ladders:
            for provision in ladder.provisions:
                form = provision.condition.answer.form
                parts = form.parts if isinstance(form, Joined) else (form,)
                assert all(rebuilt(part, jurisdiction).form == part for part in parts)
