"""What has to hold for any transfer, whatever the rules say."""

from __future__ import annotations

import copy
import json
from datetime import date
from functools import cache
from importlib.resources import files

from hypothesis import given, settings
from hypothesis import strategies as st

from corridor.base.truth import Truth
from corridor.law.counting import Ledger
from corridor.law.domains import domains_of
from corridor.law.evaluate import assess, counts_needed, questions_on
from corridor.law.facts import parse_facts
from corridor.law.fast import State, compiled
from corridor.law.forms import Fact, operands
from corridor.law.from_source import load_rulebook
from corridor.law.outcome import CountKey, Outcome
from corridor.law.source import plain, read_yaml
from corridor.law.suppose import suppose
from corridor.law.trace import Trace, missing_in
from corridor.law.verdict import decide
from corridor.law.vocabulary import FACTS, PARTY, Code, Day, Number, Place, Record, Text, Truthful

SOURCES = {
    f"{folder.name}/{file.name}": file.read_text(encoding="utf-8")
    for folder in (files("corridor.law") / "jurisdictions").iterdir()
    if folder.is_dir()
    for file in folder.iterdir()
    if file.name.endswith(".yaml")
}
RULEBOOK = load_rulebook(SOURCES)

_PLACES = st.sampled_from(["CN", "DE", "FR", "US", "HK", "JP", "BR", "GB", "CH"])
_TRUTH = st.booleans()
_LEAVES = {
    "transfer.kind": st.sampled_from(["send", "remote_access", "store_abroad", "direct_collection"]),
    "transfer.access_from": st.lists(_PLACES, max_size=2),
    "transfer.necessity.for": st.sampled_from(
        ["contract_with_individual", "hr_management", "emergency", "treaty", "public_interest", "none"]
    ),
    "transfer.necessity.strictly_needed": _TRUTH,
    "transfer.necessity.under": st.sampled_from(["labour_rules", "other"]),
    "transfer.frequency": st.sampled_from(["one_off", "systematic"]),
    "transfer.onward_ban": _TRUTH,
    "transfer.technique": st.sampled_from(["none", "pseudonymised", "split_mpc"]),
    "transfer.clear_text_needed": _TRUTH,
    "transfer.control_kept": _TRUTH,
    "transfer.new_purpose": _TRUTH,
    "exporter.located_in": _PLACES,
    "exporter.role": st.sampled_from(["controller", "processor", "data_subject"]),
    "exporter.public_power": _TRUTH,
    "exporter.persons_handled": st.sampled_from([0, 999_999, 1_000_000]),
    "exporter.designations": st.sampled_from([[], ["CN:CIIO"], ["EU:data_processing_service"], {"CN:CIIO": False}]),
    "exporter.subject_to": st.sampled_from([[], ["PIPL:3(2)"], ["GDPR:3(2)"]]),
    "exporter.targets": st.lists(_PLACES, max_size=2),
    "exporter.regions": st.sampled_from([[], ["GBA9"]]),
    "importer.id": st.just("did:web:importer"),
    "importer.located_in": _PLACES,
    "importer.role": st.sampled_from(["controller", "processor"]),
    "importer.same_entity_as_exporter": _TRUTH,
    "importer.kind": st.sampled_from(["individual", "entity", "public"]),
    "importer.organised_under": st.lists(_PLACES, max_size=2),
    "importer.owned_by": st.lists(
        st.fixed_dictionaries(
            {"pct": st.sampled_from([20, 49, 50, 100])},
            optional={
                "party": st.sampled_from(["did:web:importer", "holding"]),
                "country": _PLACES,
                "kind": st.sampled_from(["individual", "public"]),
            },
        ),
        max_size=2,
    ),
    "parties": st.lists(
        st.fixed_dictionaries(
            {"id": st.just("holding")},
            optional={"located_in": _PLACES, "owned_by": st.just([{"party": "did:web:importer", "pct": 50}])},
        ),
        max_size=1,
    ),
    "transfer.agreement_type": st.sampled_from(["vendor", "none", "data_brokerage"]),
    "transfer.consideration": _TRUTH,
    "data.marketed_as": st.sampled_from([[], ["military"], {"military": False}]),
    "importer.public_body": _TRUTH,
    "importer.handles_contents": _TRUTH,
    "importer.access_controlled": _TRUTH,
    "importer.designations": st.sampled_from([[], ["US:DPF"], ["CN:restricted_recipient"]]),
    "data.important_status": st.sampled_from(["not_notified", "notified", "core"]),
    "data.domestic_data_added": _TRUTH,
    "data.ftz_list": st.sampled_from(["outside", "listed", "listed_contract", "listed_assessment"]),
    "data.items": st.lists(
        st.fixed_dictionaries(
            {"category": st.sampled_from(["contact_demographic", "health", "general_business", "vehicle"])},
            optional={
                "personal": _TRUTH,
                "subject": st.sampled_from(["customer", "minor_u14"]),
                "collected_in": _PLACES,
                "subject_countries": st.sampled_from([[], ["US"], ["DE"]]),
            },
        ),
        min_size=1,
        max_size=2,
    ),
    "data.counts": st.lists(
        st.fixed_dictionaries(
            {
                "category": st.sampled_from(["contact_demographic", "health", "vehicle"]),
                "n": st.sampled_from([0, 1, 9_999, 10_000, 99_999, 100_000, 1_000_000]),
            },
            optional={"population": st.sampled_from(["a", "b"]), "window": st.sampled_from([2025, 2026])},
        ),
        max_size=3,
    ),
    "consent.given": _TRUTH,
    "consent.informed_of": st.sampled_from([[], ["country", "regime", "recipient_measures"], {"country": True}]),
    "consent.explicit": _TRUTH,
    "consent.informed": _TRUTH,
    "consent.specific": _TRUTH,
    "legal_basis": st.sampled_from(["consent", "public_task"]),
    "request.by_authority": _TRUTH,
    "request.treaty_based": _TRUTH,
    "papers": st.lists(
        st.fixed_dictionaries(
            {
                "kind": st.sampled_from(
                    ["cn/standard-contract", "cn/security-assessment-result", "eu/scc", "eu/tia", "gb/idta", "gb/tra"]
                )
            },
            optional={
                "effective": st.sampled_from(["2025-01-01", "2026-11-10", "2027-01-01"]),
                "filed": st.sampled_from(["2025-01-10", "2026-11-20"]),
                "parties": st.just(["did:web:importer"]),
                "module": st.integers(1, 4),
                "result": st.sampled_from(["equivalent", "not_equivalent"]),
            },
        ),
        max_size=2,
    ),
}
_DESCRIPTIONS = st.fixed_dictionaries({}, optional=_LEAVES)
_DAYS = st.sampled_from(
    [date(2015, 10, 5), date(2020, 7, 16), date(2023, 12, 1), date(2024, 3, 22), date(2025, 12, 31), date(2026, 11, 22)]
)


def _document(leaves):
    document = {}
    for path, value in leaves.items():
        *way, last = path.split(".")
        target = document
        for name in way:
            target = target.setdefault(name, {})
        target[last] = copy.deepcopy(value)
    return document


def _facts(leaves):
    return parse_facts(_document(leaves))


def _answer(ruling):
    provisions = [(basis.citation, basis.says) for basis in ruling.provisions]
    return (ruling.jurisdiction, ruling.outcome, ruling.proceed, ruling.mechanisms, provisions, ruling.missing)


@settings(max_examples=150, deadline=None)
@given(_DESCRIPTIONS, st.sampled_from(sorted(_LEAVES)), st.data(), _DAYS)
def test_learning_a_fact_never_turns_a_refusal_into_silence(known, path, data, day):
    known = {name: value for name, value in known.items() if name != path}
    if path.endswith("located_in"):
        return  # another place is another law, and not the same question
    before = assess(RULEBOOK, _facts(known), day)
    after = assess(RULEBOOK, _facts({**known, path: data.draw(_LEAVES[path])}), day)
    for ruling in before.rulings:
        then = after.ruling(ruling.jurisdiction)
        if ruling.proceed is Truth.FALSE and then.outcome is Outcome.UNDETERMINED:
            # One matter may be lifted while another was open all along behind it; nothing else may fall silent.
            assert any(rule.holds is Truth.UNKNOWN and not rule.relied_on for rule in ruling.steps)


def _read_by_some_rule():
    """The paths of all facts that a condition of any kind reads, `subject_to` and places included."""
    paths = {"exporter.located_in", "importer.located_in", "transfer.access_from", "importer.id"}
    paths |= {"exporter.subject_to", "importer.subject_to", "papers", "purpose", "request.country", "data.counts"}
    for rules in RULEBOOK.jurisdictions.values():
        conditions = [rung.condition for ladder in rules.ladders for rung in ladder.provisions]
        conditions += [version.value for derived in rules.derived.values() for version in derived.versions]
        conditions += [duty.condition for duty in rules.duties]
        conditions += [content.condition for paper in rules.papers.values() for content in paper.contents]
        conditions += [check.condition for paper in rules.papers.values() for check in paper.checks]
        forms = [condition.answer.form for condition in conditions if condition]
        paths |= {one.origin.path for form in forms for one in operands(form) if isinstance(one.origin, Fact)}
    return paths


_EXAMPLES = {Truthful: True, Text: "some text", Day: "2026-01-01", Number: 7, Place: "NZ"}


def _unread(record, prefix=""):
    """Values for facts that no rule reads: `transfer.id`, and whatever else the vocabulary has besides."""
    for name, kind in record.fields.items():
        path = f"{prefix}{name}"
        if kind is PARTY:
            yield f"{path}.sector", "62.01"  # who a party is, derivations of parties may read
        elif any(read == path or read.startswith(f"{path}.") for read in _READ):
            if isinstance(kind, Record):
                yield from _unread(kind, f"{path}.")
        elif type(kind) in _EXAMPLES:
            yield path, _EXAMPLES[type(kind)]
        elif isinstance(kind, Code) and kind.codes:
            yield path, min(kind.codes)


_READ = _read_by_some_rule()
_UNREAD = dict(_unread(FACTS))


@settings(max_examples=100, deadline=None)
@given(_DESCRIPTIONS, st.lists(st.sampled_from(sorted(_UNREAD)), min_size=1, max_size=4), _DAYS)
def test_a_fact_that_no_rule_reads_changes_nothing(known, paths, day):
    assert "transfer.id" in _UNREAD
    more = {**known, **{path: _UNREAD[path] for path in paths}}
    assert assess(RULEBOOK, _facts(more), day) == assess(RULEBOOK, _facts(known), day)


@cache
def _pruned(day):
    """The rulebook as it would be if only what is in force on `day` had ever been written, and no end of it."""
    documents = {path: plain(read_yaml(text, path)) for path, text in SOURCES.items()}
    later = {
        path.partition("/")[0] for path, one in documents.items() if one.get("encoded_from", "") > day.isoformat()
    }  # of these jurisdictions the rulebook says only that it does not go back so far
    kept = {
        path: document if path.partition("/")[0] in later else _in_force(document, day)
        for path, document in documents.items()
        if "cases" not in document
    }
    for path, document in kept.items():
        if path.partition("/")[0] in later:
            continue
        if "encoded_from" in document:
            document["encoded_from"] = day.isoformat()
        if _gone(documents[path].get("in_force"), day):
            document["provisions"] = []
    known = {
        f"{document['instrument']} {provision.get('id', provision['pin'])}"
        for document in kept.values()
        for provision in document.get("provisions", [])
    }
    for provision in (provision for document in kept.values() for provision in document.get("provisions", [])):
        provision["exception_to"] = [ref for ref in provision.get("exception_to", []) if ref in known]
    return load_rulebook({path: json.dumps(document) for path, document in kept.items()})


def _gone(item, day):
    if not isinstance(item, dict):
        return False
    return (item.get("from") or "0") > day.isoformat() or (item.get("to") or "9") < day.isoformat()


def _in_force(value, day):
    if isinstance(value, list):
        return [_in_force(item, day) for item in value if not _gone(item, day)]
    if isinstance(value, dict):
        return {
            name: _in_force(item, day)
            for name, item in value.items()
            if name != "to" and (name == "in_force" or not _gone(item, day))
        }
    return value


@settings(max_examples=60, deadline=None)
@given(_DESCRIPTIONS, st.sampled_from([date(2023, 12, 1), date(2024, 3, 22), date(2026, 11, 22)]))
def test_only_what_is_in_force_decides(known, day):
    whole = [_answer(ruling) for ruling in assess(RULEBOOK, _facts(known), day).rulings]
    assert [_answer(ruling) for ruling in assess(_pruned(day), _facts(known), day).rulings] == whole


@settings(max_examples=200, deadline=None)
@given(_DESCRIPTIONS, st.dates(date(2023, 6, 1), date(2032, 12, 31)), st.sampled_from([None, 0, 95_000, 1_000_000]))
def test_the_compiled_rules_answer_as_the_conditions_mean(known, day, before):
    facts = _facts(known)
    for rules in RULEBOOK.jurisdictions.values():
        previous = {} if before is None else {CountKey(rules.id, name): before for name in rules.counters}
        state = State(compiled(rules), facts, day, Ledger(rules.id, rules.counters, previous).total)
        trace = Trace(facts, day, rules.presumptions, Ledger(rules.id, rules.counters, previous).count)
        rank = 0
        for rungs, (decided, left) in state.climbs():
            truths, missing = {}, {}
            for number, rung in enumerate(rungs):
                if rung.state == 1:
                    step = rung.provision.condition.holds(trace)
                    rank, truths[number] = max(rank, step.rank), step.holds
                    if step.holds is Truth.UNKNOWN:
                        missing[number] = missing_in(step)
                    elif step.holds is Truth.TRUE:
                        break
            assert decided == next((number for number, holds in truths.items() if holds is Truth.TRUE), -1)
            assert {number: tuple(dict.fromkeys(names)) for number, names in left} == missing
        assert state.rank == rank
        assert set(state.assumptions) == set(trace.assumptions)
        assert state.counted == trace.counted
        assert min(state.changes, default=None) == min(trace.changes | state.first, default=None)


@settings(max_examples=200, deadline=None)
@given(_DESCRIPTIONS, _DAYS, st.sampled_from([0, 95_000, 1_000_000]))
def test_the_answer_alone_is_the_answer_of_the_explanation(known, day, before):
    facts = _facts(known)
    previous = {CountKey(name, counter): before for name, j in RULEBOOK.jurisdictions.items() for counter in j.counters}
    whole, verdict = assess(RULEBOOK, facts, day, previous), decide(RULEBOOK, facts, day, previous)
    assert (verdict.outcome, verdict.proceed) == (whole.outcome, whole.proceed)
    for answer, ruling in zip(verdict.answers, whole.rulings, strict=True):
        found = (answer.jurisdiction, answer.outcome, answer.proceed)
        assert found == (ruling.jurisdiction, ruling.outcome, ruling.proceed)
        if answer.provision is not None:
            assert answer.provision.citation == ruling.provisions[0].citation


_STRICTNESS = {
    Outcome.REQUIRES_APPROVAL: 0,
    Outcome.ALLOWED_WITH_MECHANISM: 1,
    Outcome.EXEMPT: 2,
}


@given(n=st.integers(0, 2_000_000), more=st.integers(0, 2_000_000), sensitive=_TRUTH)
def test_more_persons_never_make_china_milder(n, more, sensitive):
    category = "health" if sensitive else "contact_demographic"

    def strictness(count):
        facts = parse_facts(
            {
                "exporter": {"located_in": "CN", "designations": []},
                "importer": {"located_in": "DE"},
                "data": {
                    "items": [{"category": category}],
                    "important_status": "not_notified",
                    "counts": [{"category": category, "n": count}],
                },
            }
        )
        return _STRICTNESS[assess(RULEBOOK, facts, date(2026, 11, 22)).ruling("CN").outcome]

    assert strictness(n + more) <= strictness(n)


@settings(max_examples=60, deadline=None)
@given(_DESCRIPTIONS, st.integers(0, 1_000_000), _DAYS)
def test_only_counters_that_were_asked_for_change_an_answer(known, before, day):
    facts = _facts(known)
    asked = {query.key for query in counts_needed(RULEBOOK, facts, day)}
    every = {CountKey(name, counter) for name, j in RULEBOOK.jurisdictions.items() for counter in j.counters}
    others = dict.fromkeys(every - asked, before)
    assert assess(RULEBOOK, facts, day, others).rulings == assess(RULEBOOK, facts, day).rulings


@settings(max_examples=100, deadline=None)
@given(_DESCRIPTIONS, _DAYS)
def test_an_undetermined_ruling_says_what_it_needs_and_a_certain_one_asks_nothing(known, day):
    for ruling in assess(RULEBOOK, _facts(known), day).rulings:
        assert bool(ruling.missing) is (ruling.proceed is Truth.UNKNOWN)
        assert (ruling.outcome is Outcome.UNDETERMINED) <= (ruling.proceed is Truth.UNKNOWN)


_PLACED = st.fixed_dictionaries(
    {"exporter.located_in": st.sampled_from(["CN", "DE"]), "importer.located_in": st.sampled_from(["CN", "FR", "HK"])},
    optional={path: leaf for path, leaf in _LEAVES.items() if not path.endswith("located_in")},
)


def _given(facts, supposed):
    for path, value in supposed:
        facts = suppose(facts, path, value)
    return facts


@settings(max_examples=100, deadline=None)
@given(_PLACED, _DAYS)
def test_every_fact_that_is_asked_for_can_change_the_answer(known, day):
    facts = _facts(known)
    for ruling in assess(RULEBOOK, facts, day).rulings:
        rules = RULEBOOK.jurisdictions.get(ruling.jurisdiction)
        for path in ruling.missing if rules and not ruling.note else ():
            if not domains_of(rules, day).of(path, facts):
                continue  # no fact: what the law itself leaves open
            supposed = _given(facts, questions_on(rules, facts, day).witness(path))
            values = domains_of(rules, day).of(path, supposed)
            without = assess(RULEBOOK, supposed, day).ruling(ruling.jurisdiction)
            answers = [assess(RULEBOOK, suppose(supposed, path, v), day).ruling(ruling.jurisdiction) for v in values]
            assert path in without.open
            assert any((one.outcome, one.proceed) != (without.outcome, without.proceed) for one in answers)


@settings(max_examples=150, deadline=None)
@given(_PLACED, _PLACED, st.sampled_from(sorted(_LEAVES)), _DAYS)
def test_a_fact_that_is_not_asked_for_changes_no_answer(known, rest, path, day):
    if path in known or path not in rest or path in {"papers", "importer.id"} or path.endswith("located_in"):
        return
    for ruling in assess(RULEBOOK, _facts(known), day).rulings:
        if ruling.outcome is not Outcome.UNDETERMINED or _touches(path, ruling.missing):
            continue
        asked = {leaf: value for leaf, value in rest.items() if leaf not in known and _touches(leaf, ruling.missing)}
        completed = {**known, **asked}
        without = assess(RULEBOOK, _facts(completed), day).ruling(ruling.jurisdiction)
        learnt = assess(RULEBOOK, _facts({**completed, path: rest[path]}), day).ruling(ruling.jurisdiction)
        taken = [fact for assumption in (*without.assumptions, *learnt.assumptions) for fact in assumption.facts]
        if not _touches(path, (*taken, *without.missing)):
            assert (learnt.outcome, learnt.mechanisms) == (without.outcome, without.mechanisms)


def _touches(leaf, paths):
    """Whether one of the paths is the leaf, or something inside it (`data.items[0].subject`, `... has CN:CIIO`)."""
    return any(path.split(" has ")[0].startswith(leaf) for path in paths)


@settings(max_examples=100, deadline=None)
@given(_DESCRIPTIONS, st.dates(date(2023, 6, 1), date(2032, 12, 31)), st.dates(date(2023, 6, 1), date(2032, 12, 31)))
def test_nothing_changes_before_the_day_of_the_next_change(known, first, second):
    facts, day, later = _facts(known), min(first, second), max(first, second)
    now = assess(RULEBOOK, facts, day)
    if now.next_change is None or later < now.next_change:
        then = assess(RULEBOOK, facts, later)
        assert [_answer(ruling) for ruling in then.rulings] == [_answer(ruling) for ruling in now.rulings]
