"""`corridor assess`: what is described, on which day, under which law; exit 0 only where it may go ahead."""

import pytest

FACTS = """
transfer: {kind: send}
exporter: {id: "did:web:exporter", located_in: CN, designations: []}
importer: {id: "did:web:importer", located_in: DE}
data:
  items: [{category: contact_demographic, subject: customer}]
  important_status: not_notified
  counts: [{category: contact_demographic, unit: persons, n: PERSONS}]
"""
FEW, MANY = FACTS.replace("PERSONS", "99_999"), FACTS.replace("PERSONS", "1_000_000")
DAY = ("--as-of", "2026-11-22")


def test_what_may_go_ahead_is_exit_0_and_says_why(corridor, document):
    said = corridor("assess", document(FEW), *DAY)
    assert said.code == 0
    assert said.out.startswith("EXEMPT on 2026-11-22: ")
    assert "CN (China (mainland)): EXEMPT" in said.out
    assert "art 5(1)(iv)" in said.out


def test_what_may_not_is_exit_1_and_still_no_error(corridor, document):
    said = corridor("assess", document(MANY), *DAY)
    assert (said.code, said.err) == (1, "")
    assert said.out.startswith("REQUIRES_APPROVAL on 2026-11-22: ")
    assert "art 7(2)" in said.out


def test_what_cannot_be_decided_is_exit_1(corridor, document):
    said = corridor("assess", document("exporter: {located_in: CN}"), *DAY)
    assert said.code == 1
    assert said.out.startswith("UNDETERMINED on 2026-11-22: the transfer cannot be decided yet.")


def test_machines_get_the_answer_with_the_digest_of_the_rulebook(corridor, document):
    few, many = (corridor("assess", document(text), *DAY, "--json") for text in (FEW, MANY))
    assert (few.code, many.code) == (0, 1)
    assert few.json["rulebook"] == many.json["rulebook"]
    assert few.json["rulebook"].startswith("sha-256:")
    assert (few.json["outcome"], many.json["outcome"]) == ("EXEMPT", "REQUIRES_APPROVAL")


def test_the_facts_may_come_from_standard_input(corridor):
    assert corridor("assess", "-", *DAY, stdin=FEW).out.startswith("EXEMPT")


def test_without_a_day_it_is_today(corridor, document):
    assert corridor("assess", document(FEW), "--json").json["as_of"] >= "2026-01-01"


def test_another_day_has_another_law(corridor, document):
    said = corridor("assess", document(FEW), "--as-of", "2023-06-01", "--json")
    assert said.json["as_of"] == "2023-06-01"
    assert said.json["outcome"] != "EXEMPT"


BAD = {
    "no object": ("- a", ": a described transfer is an object; write `name: value` below each other"),
    "no code": ("transfer: {kind: mail}", ".transfer.kind: `mail` is no code for kind of transfer; write one of: "),
    "a typo": ("exporterr: {}", ": `exporterr` is no field"),
    "malformed": ("data: [", ":2:1: not YAML: "),
}


@pytest.mark.parametrize(("text", "sentence"), BAD.values(), ids=BAD.keys())
def test_facts_that_are_none_are_refused_with_their_place(corridor, document, text, sentence):
    path = document(text)
    said = corridor("assess", path)
    assert said.code == 1
    assert said.problem.startswith(f"{path}{sentence}")
    assert corridor("assess", path, "--json").json["error"]["code"] == "malformed"


def test_facts_from_standard_input_are_refused_by_that_name(corridor):
    assert corridor("assess", "-", stdin="transfer: {kind: mail}").problem.startswith("standard input.transfer.kind: ")


def test_a_file_that_is_missing_is_named(corridor, tmp_path):
    said = corridor("assess", tmp_path / "none.yaml")
    assert said.code == 1
    assert said.problem == f"{tmp_path}/none.yaml: the file cannot be read: no such file or directory"


def test_a_day_that_is_none_is_refused(corridor, document):
    said = corridor("assess", document(FEW), "--as-of", "soon")
    assert said.code == 1
    assert said.problem.startswith("--as-of: `soon` is not a day; write it as ")


def test_a_folder_of_rules_that_is_missing_is_named(corridor, document, tmp_path):
    said = corridor("assess", document(FEW), "--rules", tmp_path / "jp")
    assert said.code == 1
    assert said.problem.startswith(f"there is no folder of rules `{tmp_path}/jp`; ")


def test_what_has_to_be_filed_is_written_to_a_new_folder(corridor, document, tmp_path):
    said = corridor("assess", document(MANY), *DAY, "--dossier", tmp_path / "case")
    assert said.code == 1
    assert f"Written to {tmp_path}/case: README.md, cn-decision.en.md" in said.out
    assert (tmp_path / "case" / "cn-security-assessment.zh.docx").is_file()
    again = corridor("assess", document(MANY), *DAY, "--dossier", tmp_path / "case")
    assert "is not overwritten" in again.problem


def test_machines_get_the_files_of_the_dossier(corridor, document, tmp_path):
    found = corridor("assess", document(FEW), *DAY, "--json", "--dossier", tmp_path / "case").json
    assert f"{tmp_path}/case/cn-pipia.zh.md" in found["dossier"]
    assert "dossier" not in corridor("assess", document(FEW), *DAY, "--json").json


ROWS = (
    "transfer.id,exporter.located_in,importer.located_in,exporter.designations,data.items,data.important_status\n"
    'a,CN,DE,[],"[{""category"":""product_safety"",""personal"":false,""collected_in"":""CN""}]",not_notified\n'
)


def test_a_portfolio_is_assessed_at_once(corridor, tmp_path, wide):
    (tmp_path / "t.csv").write_text(ROWS)
    batch = ("assess", "--batch", tmp_path / "t.csv", "-o", tmp_path / "a.csv", *DAY)
    said = corridor(*batch)
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[0] == f"1 transfers assessed, written to {tmp_path}/a.csv"
    assert "NOT_REGULATED" in said.out
    assert (
        (tmp_path / "a.csv")
        .read_text()
        .startswith("id,as_of,outcome,proceed,rulings\na,2026-11-22,NOT_REGULATED,true,")
    )
    found = corridor(*batch, "--json").json
    assert found["summary"] == [{"outcome": "NOT_REGULATED", "proceed": "true", "transfers": 1}]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--batch", "t.csv"), "--batch has no --output"),
        (("--batch", "t.csv", "-o", "a.csv", "--dossier", "d"), "--batch takes neither a description nor --dossier"),
        (("facts.yaml", "--batch", "t.csv", "-o", "a.csv"), "--batch takes neither a description nor --dossier"),
        ((), "there is no description"),
    ],
)
def test_a_portfolio_and_a_description_are_told_apart(corridor, words, problem):
    said = corridor("assess", *words)
    assert said.code == 2
    assert problem in said.problem
