"""Rule files: what ships, what a folder adds, and what is refused."""

import shutil
from importlib import resources

import pytest

from corridor.app.rulebook import load_rules, shipped_sources
from corridor.base.errors import CorridorError, MalformedError, SettingsError
from corridor.law.from_source import load_rulebook

SHIPPED = resources.files("corridor.law") / "jurisdictions"
KENYA = """\
jurisdiction: KE
name: {sw: Kenya, en: Kenya}
encoded_from: 2024-01-01
territory: KE
ladders:
  - {id: export, title: Provision to a a recipient abroad}
"""
ACT = """\
instrument: ke/dpa
title: {en: Data Protection Act}
enacted_by: Parliament
in_force: {from: 2024-01-01}
source: {address: "kenyalaw.org", checked: 2026-11-22, verified: recalled}
provisions:
  - {ladder: export, pin: sec 48, when: "true", answer: PROHIBITED, says: Without consent nothing leaves.}
"""


def test_what_ships_is_found_by_its_path():
    sources = shipped_sources()
    assert "cn/jurisdiction.yaml" in sources
    assert all(name.endswith(".yaml") for name in sources)


def test_the_shipped_rulebook_holds_both_jurisdictions_and_names_itself():
    rulebook, digest = load_rules()
    assert {"CN", "EU"} <= set(rulebook.jurisdictions)
    assert digest.startswith("sha-256:")
    assert load_rules()[1] == digest


def test_a_folder_adds_a_jurisdiction_and_changes_the_name(tmp_path):
    folder = tmp_path / "ke"
    folder.mkdir()
    (folder / "jurisdiction.yaml").write_text(KENYA, "utf-8")
    (folder / "act.yaml").write_text(ACT, "utf-8")
    (folder / "notes.txt").write_text("no rules", "utf-8")
    rulebook, digest = load_rules((folder,))
    assert "KE" in rulebook.jurisdictions
    assert digest != load_rules()[1]


def test_a_folder_never_replaces_a_shipped_file(tmp_path):
    (tmp_path / "cn").mkdir()
    (tmp_path / "cn" / "decree-16.yaml").write_text("instrument: cn/decree-16\n", "utf-8")
    with pytest.raises(SettingsError, match=r"the rule file `cn/decree-16\.yaml` is there already; rename it"):
        load_rules((tmp_path / "cn",))


def test_the_same_jurisdiction_twice_is_refused_with_its_place(tmp_path):
    with resources.as_file(SHIPPED) as shipped:
        shutil.copytree(shipped / "cn", tmp_path / "other")
    with pytest.raises(MalformedError) as refused:
        load_rules((tmp_path / "other",))
    assert "other/" in str(refused.value)


def test_a_faulty_file_is_refused_with_file_and_line(tmp_path):
    (tmp_path / "broken.yaml").write_text("jurisdiction: [KE\n", "utf-8")
    with pytest.raises(CorridorError) as refused:
        load_rules((tmp_path,))
    assert refused.value.place.startswith(f"{tmp_path.name}/broken.yaml:")


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "binary.yml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match=r"deep/binary\.yml: a rule file cannot be read: it is not UTF-8"):
        load_rules((tmp_path,))


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SettingsError, match=r"there is no folder of rules `.*nowhere`; correct `files\.rules`"):
        load_rules((tmp_path / "nowhere",))


def test_what_ships_reads_the_same_on_demand_and_at_once():
    sources = shipped_sources()
    late, whole = load_rulebook(sources, {path.partition("/")[0] for path in sources}), load_rulebook(sources)
    assert [case.id for case in late.cases] == [case.id for case in whole.cases]
    for extent, jurisdiction in zip(late.extents, whole.jurisdictions.values(), strict=True):
        assert type(extent).__name__ == "Head"
        assert (extent.id, extent.territory, extent.reach) == (
            jurisdiction.id,
            jurisdiction.territory,
            jurisdiction.reach,
        )
        assert late.jurisdictions[extent.id].instruments == jurisdiction.instruments


def test_a_folder_that_adds_to_a_shipped_jurisdiction_is_read_with_it_at_once(tmp_path):
    (tmp_path / "cn").mkdir()
    (tmp_path / "cn" / "extra.yaml").write_text("instrument: [", "utf-8")
    with pytest.raises(MalformedError, match=r"cn/extra\.yaml"):
        load_rules((tmp_path / "cn",))
