"""`corridor assess`: what is described, on which day, under which law; exit 0 only where it may go ahead."""

import contextlib
import os
import pty
import subprocess
import sys

import pytest
from jsonschema_rs import Draft202012Validator

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
        (("facts.yaml", "-o", "a.csv"), "-o goes with --batch or --interview"),
        (("--interview", "--batch", "t.csv", "-o", "a.csv"), "--batch takes neither a description nor --dossier"),
    ],
)
def test_a_portfolio_and_a_description_are_told_apart(corridor, words, problem):
    said = corridor("assess", *words)
    assert said.code == 2
    assert problem in said.problem


ANSWERS = "CN\nDE\ncontact_demographic\nnot_notified\nno\n99_999\n"


def test_an_interview_asks_only_for_what_is_missing_and_writes_what_it_found(corridor, tmp_path):
    found = tmp_path / "facts.yaml"
    said = corridor("assess", "--interview", "-o", found, *DAY, stdin=ANSWERS)
    assert said.code == 0
    assert "In which country is the exporter? (exporter.located_in)" in said.out
    assert "it matters for Provisions on Promoting and Regulating Cross-border Data Flows, art 7(1)" in said.out
    assert said.out.count("or unknown") == 6
    assert "EXEMPT on 2026-11-22: the transfer may go ahead." in said.out
    assert corridor("assess", found, *DAY).code == 0


def test_an_interview_goes_on_from_what_is_described_and_asks_nothing_that_is_certain(corridor, document):
    said = corridor("assess", document(FEW), "--interview", *DAY)
    assert said.code == 0
    assert said.out.startswith("EXEMPT")


def test_an_answer_that_is_none_is_asked_for_again_and_what_is_unknown_is_not(corridor, document):
    open_ = FEW.replace("important_status: not_notified", "").replace("designations: []", "designations: {}")
    said = corridor("assess", document(open_), "--interview", *DAY, stdin="perhaps\nunknown\nno\n")
    assert said.code == 1
    assert "your answer.data.important_status: `perhaps` is no code" in said.out
    assert said.out.count("What is the status of the data as important data?") == 2
    assert "UNDETERMINED on 2026-11-22" in said.out


def test_an_empty_line_says_that_it_is_not_known(corridor, tmp_path):
    found = tmp_path / "facts.yaml"
    said = corridor("assess", "--interview", "-o", found, *DAY, stdin="CN\nDE\n\n\n\n\n\n\n")
    assert said.code == 1
    assert "UNDETERMINED on 2026-11-22" in said.out
    assert "items" not in found.read_text("utf-8")


def test_for_machines_the_questions_go_to_standard_error(corridor):
    said = corridor("assess", "--interview", "--json", *DAY, stdin=ANSWERS)
    assert said.json["outcome"] == "EXEMPT"
    assert "In which country is the exporter?" in said.err


def test_answers_given_so_far_are_kept_when_it_is_broken_off(corridor, tmp_path):
    found = tmp_path / "facts.yaml"
    assert corridor("assess", "--interview", "-o", found, *DAY, stdin="CN\n").code == 1
    assert found.read_text("utf-8") == "exporter:\n  located_in: CN\n"


def test_facts_that_cannot_be_written_are_said_to_be(corridor, document, tmp_path):
    said = corridor("assess", document(FEW), "--interview", "-o", tmp_path, *DAY)
    assert said.problem.endswith("the facts cannot be written: is a directory")


def test_standard_input_cannot_both_describe_and_answer(corridor):
    said = corridor("assess", "-", "--interview")
    problem = "standard input cannot both describe and answer; write the description to a file"
    assert (said.code, said.problem) == (2, problem)


@pytest.mark.slow
def test_an_interview_at_a_terminal(tmp_path):
    primary, replica = pty.openpty()
    words = [sys.executable, "-m", "corridor", "assess", "--interview", "-o", tmp_path / "facts.yaml", *DAY]
    process = subprocess.Popen(words, stdin=replica, stdout=replica, stderr=replica, close_fds=True)
    os.close(replica)
    os.write(primary, ANSWERS.encode())
    shown = b""
    with contextlib.suppress(OSError):  # the terminal is gone with the process
        while piece := os.read(primary, 65536):
            shown += piece
    os.close(primary)
    assert process.wait(60) == 0
    assert b"In which country is the exporter?" in shown
    assert b"EXEMPT on 2026-11-22" in shown


def test_the_schema_of_the_answer_is_printed_and_fits(corridor, document):
    schema = corridor("assess", "--schema").json
    answer = corridor("assess", document(MANY), *DAY, "--json").json
    assert [str(error) for error in Draft202012Validator(schema).iter_errors(answer)] == []
