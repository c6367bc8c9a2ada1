"""`corridor papers`: on file with the digest of the document, listed, and out of force."""

import hashlib

import pytest


@pytest.fixture
def facts(nodes, document):
    """Facts about a standard contract between the two, as a file."""

    def write(identifier, **more):
        return document(
            {
                "id": identifier,
                "kind": "cn/standard-contract",
                "number": f"No. [{identifier}]",
                "effective": "2026-02-02",
                "filed": "2026-02-06",
                "parties": [nodes.cn.id, nodes.eu.id],
                **more,
            },
            f"{identifier}.json",
        )

    return write


@pytest.fixture
def contract(document):
    return document("Standard contract (made up)\n", "contract.txt")


def test_a_paper_is_put_on_file_with_the_digest_of_its_document(customs, facts, contract):
    said = customs("papers", "add", facts("whole"), "--document", contract)
    digest = "sha-256:" + hashlib.sha256(contract.read_bytes()).hexdigest()
    assert (said.code, said.out) == (0, f"on file: whole (cn/standard-contract, {digest})\n")


def test_a_digest_may_stand_in_the_facts(customs, facts):
    paper = customs("papers", "add", facts("digest", digest="sha-256:" + "0" * 64), "--json").json
    assert (paper["id"], paper["digest"], paper["revoked"]) == ("digest", "sha-256:" + "0" * 64, None)


def test_without_document_or_digest_it_says_what_a_digest_is(customs, facts):
    said = customs("papers", "add", facts("none"))
    assert said.code == 1
    assert said.problem == "$.digest: not a digest; write it as sha-256: and 64 lower-case hexadecimal digits"


def test_an_id_is_used_once(customs, facts, contract):
    words = ("papers", "add", facts("twice"), "--document", contract)
    assert customs(*words).code == 0
    said = customs(*words)
    assert (said.code, said.problem) == (1, "a paper `twice` is on file already; choose another id")
    assert customs(*words, "--json").json["error"]["code"] == "conflict"


@pytest.mark.parametrize("is_folder", [True, False], ids=["a folder", "missing"])
def test_a_document_that_cannot_be_read_is_named_and_nothing_is_on_file(customs, facts, tmp_path, is_folder):
    path = tmp_path if is_folder else tmp_path / "none.pdf"
    why = "is a directory" if is_folder else "no such file or directory"
    said = customs("papers", "add", facts("unread"), "--document", path)
    assert (said.code, said.problem) == (1, f"{path}: the document cannot be read: {why}")
    assert "unread" not in [one["id"] for one in customs("papers", "list", "--json").json["items"]]


FACTS = {
    "no object": ("- a", "a paper is an object; write `name: value` below each other"),
    "malformed": ("id: [", "not YAML: "),
    "a kind": ("id: a\nkind: deed\n", "`deed` is no code for kind of paper"),
    "a day": ("id: a\nkind: cn/standard-contract\neffective: soon\n", "`soon` is not a day; write it as "),
    "a typo": ("id: a\nknd: x\n", "`knd` is no field of paper; did you mean `kind`?"),
}


@pytest.mark.parametrize(("text", "sentence"), FACTS.values(), ids=FACTS.keys())
def test_facts_that_are_none_are_refused(customs, document, contract, text, sentence):
    said = customs("papers", "add", document(text), "--document", contract)
    assert said.code == 1
    assert sentence in said.problem


def test_a_paper_taken_out_of_force_is_listed_with_the_instant(customs, facts, contract, wide):
    customs("papers", "add", facts("ended"), "--document", contract)
    customs("papers", "add", facts("stays"), "--document", contract)
    said = customs("papers", "revoke", "ended", "--reason", "contract ended")
    assert (said.code, said.out) == (0, "revoked: ended\n")
    listed = {line.split()[0]: line.split()[1:] for line in customs("papers", "list").out.splitlines()}
    (ended,) = (one for one in customs("papers", "list", "--json").json["items"] if one["id"] == "ended")
    assert listed["ended"] == ["cn/standard-contract", "No.", "[ended]", ended["revoked"]]
    assert listed["stays"] == ["cn/standard-contract", "No.", "[stays]"]


def test_a_paper_is_revoked_once_and_only_if_it_is_on_file(customs, facts, contract):
    customs("papers", "add", facts("once"), "--document", contract)
    assert customs("papers", "revoke", "once", "--json").json["id"] == "once"
    assert customs("papers", "revoke", "once").problem == "the paper is revoked already"
    said = customs("papers", "revoke", "never")
    assert (said.code, said.problem) == (1, "there is no such paper")


def test_where_nothing_is_on_file_it_says_so(authority):
    said = authority("papers", "list")
    assert (said.code, said.out) == (0, "papers: none\n")
