from __future__ import annotations

import pytest

from corridor.base.errors import MalformedError

SECOND = """
instrument: xa/second
title: {en: Second Act}
enacted_by: Parliament
in_force: {from: 2020-01-01}
source: {address: a, checked: 2026-11-01, verified: official}
"""


@pytest.mark.parametrize(
    ("section", "name"),
    [
        ("parameters: {many: {unit: persons, values: [{from: 2020-01-01, value: 1, pin: s 1}]}}", "many"),
        ("lists: {many: {of: place, entries: []}}", "many"),
        ("derive: {friends: {is: 'true', pin: s 1}}", "friends"),
        ("papers: {xa/permit: {title: Again, pin: s 1}}", "xa/permit"),
        ("duties: [{id: notice, what: tell, who: exporter, pin: s 1}]", "notice"),
    ],
)
def test_a_name_is_declared_once_whichever_the_file(changed, section, name):
    with pytest.raises(MalformedError) as refused:
        changed(xa__second=f"{SECOND}{section}\n")
    assert f"`{name}` is declared twice, first at xa/act.yaml:" in str(refused.value)


def test_a_paper_and_a_value_may_share_a_name(changed):
    section = "papers: {many: {title: Many papers, pin: s 1}}"
    assert "many" in changed(xa__second=f"{SECOND}{section}\n").jurisdictions["XA"].papers
