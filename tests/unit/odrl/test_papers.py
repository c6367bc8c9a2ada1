from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from corridor.base.errors import MalformedError
from corridor.odrl.operands import PAPERS, Operator
from corridor.odrl.papers import paper_reference, papers_constraint, read_paper
from corridor.odrl.values import Moment, PaperReference
from corridor.odrl.wire import PolicyLimits

DIGEST = "sha-256:" + "ab" * 32
LIMITS = PolicyLimits()


def contract(**members):
    stated = {
        "number": "沪20260001",
        "effective": date(2026, 1, 1),
        "filed": datetime(2026, 1, 9, 8, tzinfo=UTC),
        "valid_to": date(2028, 12, 31),
        "pin": "cn/decree-13 art 7",
    }
    return paper_reference("cn/standard-contract", DIGEST, **(stated | members))


def expanded(reference):
    """As a JSON-LD processor hands it on."""
    return {name: [{"@value": value}] for name, value in reference.items()}


def test_a_reference_is_read_as_it_was_written():
    assert read_paper(contract(), "$", LIMITS) == PaperReference(
        digest=DIGEST,
        kind="cn/standard-contract",
        number="沪20260001",
        effective=Moment.of_day(date(2026, 1, 1)),
        filed=Moment.of_instant(datetime(2026, 1, 9, 8, tzinfo=UTC)),
        valid_to=Moment.of_day(date(2028, 12, 31)),
        pin="cn/decree-13 art 7",
    )


def test_a_reference_survives_json_ld_expansion():
    assert all(name.startswith("urn:corridor:border:") for name in contract())
    assert read_paper(expanded(contract()), "$", LIMITS) == read_paper(contract(), "$", LIMITS)


def test_a_reference_survives_the_wire():
    assert json.loads(json.dumps(contract())) == contract()


def test_what_is_not_known_is_left_out():
    assert set(paper_reference("cn/pipia", DIGEST)) == {"urn:corridor:border:kind", "urn:corridor:border:digest"}


def test_a_bare_digest_names_a_paper():
    assert read_paper(DIGEST, "$", LIMITS) == read_paper({"@value": DIGEST}, "$", LIMITS) == PaperReference(DIGEST)


def test_identity_and_type_may_stand_beside():
    assert read_paper({"@id": "_:b0", "@type": "Paper", **contract()}, "$", LIMITS).digest == DIGEST


@pytest.mark.parametrize("digest", ["", "sha-256:00", "sha-1:" + "0" * 40, "SHA-256:" + "0" * 64])
def test_what_is_no_digest_is_refused_on_both_ways(digest):
    with pytest.raises(MalformedError, match="not a digest"):
        paper_reference("cn/pipia", digest)
    with pytest.raises(MalformedError, match="not a digest"):
        read_paper(digest, "$", LIMITS)


def test_a_paper_without_a_digest_is_refused():
    with pytest.raises(MalformedError, match="no digest"):
        read_paper({"urn:corridor:border:kind": "cn/pipia"}, "$", LIMITS)


def test_a_member_that_a_paper_does_not_have_is_refused():
    with pytest.raises(MalformedError, match="no member `urn:corridor:border:expiry`"):
        read_paper({**contract(), "urn:corridor:border:expiry": "2028-12-31Z"}, "$", LIMITS)


def test_a_term_that_is_no_date_is_refused_with_its_place():
    with pytest.raises(MalformedError) as caught:
        read_paper({**contract(), "urn:corridor:border:validTo": "never"}, "$.p", LIMITS)
    assert caught.value.place == "$.p['urn:corridor:border:validTo']"


@pytest.mark.parametrize("value", [None, 7, True, [], ["a", "b"]])
def test_what_names_no_paper_is_refused(value):
    with pytest.raises(MalformedError):
        read_paper(value, "$", LIMITS)


def test_the_constraint_asks_for_all_papers_unless_any_will_do():
    assert papers_constraint([contract()]) == {
        "leftOperand": PAPERS,
        "operator": "isAllOf",
        "rightOperand": [contract()],
    }
    assert papers_constraint([contract()], Operator.IS_ANY_OF)["operator"] == "isAnyOf"
