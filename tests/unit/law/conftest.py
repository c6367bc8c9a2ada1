"""A small country with one law, enough to show every mechanism of the engine."""

from __future__ import annotations

from datetime import date

import pytest

from corridor.law.evaluate import assess
from corridor.law.facts import parse_facts
from corridor.law.from_source import load_rulebook

HEAD = """
jurisdiction: XA
name: {en: Aland}
encoded_from: 2020-01-01
territory: AR
reach: ["APPI"]
ladders: [{id: main, title: Export}]
presume:
  - {fact: request.by_authority, value: false, why: no authority asks}
"""

ACT = """
instrument: xa/act
title: {en: Data Act of Aland, es: Ley de Datos}
enacted_by: Parliament
number: Act 1
in_force: {from: 2020-01-01}
source: {address: gazette.example/1, checked: 2026-11-01, verified: official}
lists:
  friends:
    of: place
    entries:
      - {members: [UY], from: 2020-01-01, to: 2025-12-31, pin: annex 1}
      - {members: [CL], from: 2026-06-01, pin: annex 1, note: Private sector only., verified: secondary}
parameters:
  many:
    unit: persons
    values:
      - {from: 2020-01-01, to: 2025-12-31, value: 10, pin: s 4}
      - {from: 2026-01-01, value: 100, pin: s 4}
derive:
  personal: {is: data.items any personal, pin: s 2}
counts:
  exported: {unit: persons, of: personal, window: calendar_year, pin: s 4}
papers:
  xa/permit:
    title: Permit
    contents: [form, {text: guardian's letter, when: data.items any (subject == minor_u14)}]
    authority: Office
    clock: 10 days
    validity: one year
    valid_months: 12
    renew_months: 2
    covers: [recipient, persons]
    checks: [{when: paper.result == passed, fails: it was not passed}]
    pin: s 5
  xa/contract:
    title: Contract
    authority: Office
    file_within: {days: 10, working: true}
    pin: s 6
duties:
  - {id: notice, what: tell the persons, who: exporter, deadline: before, when: personal, pin: s 7}
  - {id: report, what: report the transfer, who: exporter, attached: true, pin: s 8}
  - {id: later, what: keep a register, who: exporter, pin: s 9, from: 2027-01-01}
provisions:
  - {ladder: main, pin: s 1, when: 'importer.located_in in [AR]', answer: NOT_A_TRANSFER, says: Inside is no export.}
  - {ladder: main, pin: s 2, when: not personal, answer: NOT_REGULATED, says: Only personal data are regulated.}
  - {ladder: main, pin: s 3, when: request.by_authority, answer: PROHIBITED, says: No,
     conflict: an order abroad meets a ban here}
  - {ladder: main, pin: s 3(2), when: importer.located_in in friends, answer: ALLOWED, duties: [report],
     says: Friends may have data.}
  - {ladder: main, pin: s 3(3), when: transfer.necessity.for == emergency, claimed: true, uncounted: true,
     answer: EXEMPT, says: Emergencies are exempt.}
  - ladder: main
    pin: s 4
    when: exported >= many
    answer: REQUIRES_APPROVAL
    opened_by: [{mechanism: permit, papers: [xa/permit]}]
    says: Many persons need a permit.
  - ladder: main
    pin: s 6
    when: "true"
    answer: ALLOWED_WITH_MECHANISM
    opened_by: [{mechanism: contract, papers: [xa/contract]}, {mechanism: permit, papers: [xa/permit]}]
    says: Others need a contract.
sanctions: [{pin: s 10, says: A fine.}]
"""

CASES = """
cases:
  - id: few
    source: s 6
    verified: official
    as_of: 2026-11-22
    facts:
      exporter: {located_in: AR}
      importer: {id: r, located_in: PE}
      data: {items: [{category: health}], counts: [{category: health, n: 5}]}
    expect: {outcome: ALLOWED_WITH_MECHANISM, instrument: xa/act, pin: s 6, proceed: "false"}
  - id: many
    like: few
    with: {"data.counts[0].n": 100}
    expect: {outcome: REQUIRES_APPROVAL, counted: [exported 100]}
"""

FACTS = {
    "exporter": {"id": "e", "located_in": "AR"},
    "importer": {"id": "r", "located_in": "PE"},
    "data": {"items": [{"category": "health", "subject": "patient"}], "counts": [{"category": "health", "n": 5}]},
}
DAY = date(2026, 11, 22)


@pytest.fixture(scope="session")
def texts():
    return {"xa/jurisdiction.yaml": HEAD, "xa/act.yaml": ACT, "xa/cases.yaml": CASES}


@pytest.fixture(scope="session")
def rulebook(texts):
    return load_rulebook(texts)


@pytest.fixture(scope="session")
def aland(rulebook):
    return rulebook.jurisdictions["XA"]


@pytest.fixture
def changed(texts):
    """The rulebook after replacing text in the act (or another file)."""

    def load(*pairs, file="xa/act.yaml", **more):
        text = texts[file]
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        return load_rulebook({**texts, file: text, **{name.replace("__", "/"): body for name, body in more.items()}})

    return load


@pytest.fixture
def described():
    """The facts of an export from Aland to Peru, with some paths changed; None takes a fact away."""

    def build(**changes):
        document = {name: dict(value) for name, value in FACTS.items()}
        for path, value in changes.items():
            *way, last = path.split("__")
            target = document
            for name in way:
                target = target.setdefault(name, {})
            target[last] = value
        return parse_facts(document)

    return build


@pytest.fixture
def ask(rulebook, described):
    """The ruling of Aland on an export."""

    def answer(as_of=DAY, previous=None, book=None, **changes):
        return assess(book or rulebook, described(**changes), as_of, previous or {}).ruling("XA")

    return answer
