from __future__ import annotations

import pytest

from corridor.base.errors import CorridorError, MalformedError, SettingsError
from corridor.law.from_source import load_rulebook


def test_a_folder_becomes_a_jurisdiction(rulebook, aland):
    assert set(rulebook.jurisdictions) == {"XA"}
    assert aland.reach == ("APPI",)
    assert [entry.value.member for entry in aland.territory.entries] == ["AR"]
    assert aland.presumptions["request.by_authority"].value is False
    assert [case.id for case in rulebook.cases] == ["few", "many"]


def test_a_territory_may_be_a_dated_list(changed):
    book = changed(("territory: AR", "territory: friends"), file="xa/jurisdiction.yaml")
    assert book.jurisdictions["XA"].territory.name == "friends"


def test_presumptions_of_elements_are_checked_too(changed):
    line = "  - {fact: 'data.items[].subject', value: adult, why: taken as adults}\n"
    book = changed(("presume:\n", "presume:\n" + line), file="xa/jurisdiction.yaml")
    assert book.jurisdictions["XA"].presumptions["data.items[].subject"].value == "adult"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("fact: request.by_authority", "fact: request.by_autority", "`request.by_autority` is no fact"),
        ("value: false", "value: maybe", "cannot be compared so"),
        ("value: false", "value: [1]", "a presumed value must be one code, number or truth value"),
        ("fact: request.by_authority", "fact: exporter.designations has CN:CIO", "`CN:CIO` is no code here"),
        (
            'reach: ["APPI"]',
            "reach_by: [tragets]",
            "`tragets` is nothing that a party does in a territory; did you mean `targets`",
        ),
        ("id: main", "id: mian", "`main` is no ladder of this jurisdiction; did you mean `mian`"),
        ("encoded_from: 2020-01-01\n", "", "a jurisdiction has no `encoded_from`"),
        ("jurisdiction: XA\n", "jurisdicton: XA\n", "has 0 files with `jurisdiction:`"),
    ],
)
def test_a_head_that_does_not_fit_is_refused(changed, old, new, message):
    with pytest.raises(MalformedError, match=message):
        changed((old, new), file="xa/jurisdiction.yaml")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("instrument: xa/act", "instrument: xb/act", "`xb/act` cannot be the id of this instrument"),
        ("parameters:", "prameters:", "`prameters` is no field of an instrument; did you mean `parameters`"),
        ("  exported: {unit", "  many: {unit", "`many` is declared twice"),
        ("number: Act 1", "prevails_over: [{pin: s 1, instruments: [xa/none]}]", "`xa/none` is no instrument"),
        ("pin: s 3(2)", "pin: s 3", "`xa/act s 3` stands twice, first at xa/act.yaml"),
        ("importer.located_in in friends", "importer.located_in in fiends", "`fiends` is no list"),
    ],
)
def test_an_instrument_that_does_not_fit_is_refused(changed, old, new, message):
    with pytest.raises(MalformedError, match=message):
        changed((old, new))


def test_one_jurisdiction_in_two_folders_is_refused(texts):
    other = {name.replace("xa/", "xb/"): text.replace("xa/", "xb/") for name, text in texts.items()}
    with pytest.raises(MalformedError, match="the jurisdiction `XA` stands in two folders"):
        load_rulebook({**texts, **other})


def test_an_instrument_that_stands_twice_is_refused(texts):
    with pytest.raises(MalformedError, match="`xa/act` cannot be the id of this instrument"):
        load_rulebook({**texts, "xa/again.yaml": texts["xa/act.yaml"]})


def test_no_rules_are_a_rulebook_too():
    assert load_rulebook({}).jurisdictions == {}


def test_errors_of_the_reader_name_the_file(texts):
    with pytest.raises(CorridorError, match=r"xa/act\.yaml:"):
        load_rulebook({**texts, "xa/act.yaml": "a: [1"})


def test_of_a_folder_that_is_trusted_the_head_alone_is_read_until_something_asks(texts):
    spoilt = {**texts, "xa/act.yaml": "instrument: [not closed"}
    book = load_rulebook(spoilt, {"xa"})
    assert list(book.jurisdictions) == ["XA"]
    assert [(one.id, [e.value.member for e in one.territory.entries], one.reach) for one in book.extents] == [
        ("XA", ["AR"], ("APPI",))
    ]
    with pytest.raises(SettingsError, match=r"xa/act\.yaml:\d+:\d+: a rule file is faulty: not YAML"):
        book.jurisdictions["XA"]


def test_a_territory_that_is_a_dated_list_is_read_from_the_file_that_has_it(texts):
    head = texts["xa/jurisdiction.yaml"].replace("territory: AR", "territory: friends")
    book = load_rulebook({**texts, "xa/jurisdiction.yaml": head}, {"xa"})
    (extent,) = book.extents
    assert (extent.territory.name, type(extent).__name__) == ("friends", "Head")


def test_a_trusted_folder_whose_head_does_not_tell_its_territory_is_read_at_once(texts):
    head = texts["xa/jurisdiction.yaml"].replace("territory: AR", "territory: home")
    home = "{home: {of: place, entries: [{members: [AR], from: 2020-01-01, pin: s 1}]}, "
    act = texts["xa/act.yaml"].replace("lists:\n  friends:", f"lists: {home}friends:")
    act = act.replace("verified: secondary}\nparameters", "verified: secondary}}}\nparameters")
    act = act.replace(
        """
    of: place
    entries:
      - {members: [UY], from: 2020-01-01, to: 2025-12-31, pin: annex 1}
      - {members: [CL], from: 2026-06-01, pin: annex 1, note: Private sector only., verified: secondary}}}
""",
        """ {of: place, entries: [{members: [CL], from: 2026-06-01, pin: annex 1}]}}
""",
    )
    book = load_rulebook({**texts, "xa/jurisdiction.yaml": head, "xa/act.yaml": act}, {"xa"})
    assert list(book.extents) == [book.jurisdictions["XA"]]
    assert [case.id for case in book.cases] == ["few", "many"]
