"""`corridor evidence`: a bundle that verifies with two public keys, and nothing that was changed does."""

import json

import pytest


@pytest.fixture
def proof(agreed, authority, customs, tmp_path):
    """The authority's bundle of the agreement, and both parties' keys."""
    bundle, ours, theirs = (tmp_path / name for name in ("bundle.jsonl", "authority.jwk", "customs.jwk"))
    assert authority("evidence", "export", agreed["agreement"], "-o", bundle, "--key", ours).code == 0
    assert (
        customs("evidence", "export", agreed["agreement"], "-o", tmp_path / "theirs.jsonl", "--key", theirs).code == 0
    )
    return bundle, ours, theirs


@pytest.fixture
def verify(corridor, proof):
    bundle, ours, theirs = proof
    return lambda *words: corridor("evidence", "verify", bundle, "-k", ours, "-k", theirs, *words)


def test_the_evidence_of_an_agreement_is_written_and_measured(agreed, authority, tmp_path):
    path = tmp_path / "bundle.jsonl"
    said = authority("evidence", "export", agreed["agreement"], "--output", path)
    data = path.read_bytes()
    lines = data.count(b"\n")
    assert (said.code, said.out) == (0, f"{path}: {len(data):,} bytes, {lines} lines\n")
    assert list(tmp_path.iterdir()) == [path]
    found = authority("evidence", "export", agreed["agreement"], "--output", path, "--json").json
    assert found == {"bundle": str(path), "bytes": path.stat().st_size, "lines": path.read_bytes().count(b"\n")}


def test_a_key_is_a_jwk_of_the_exporter(nodes, proof):
    jwk = json.loads(proof[1].read_bytes())
    assert (jwk["kid"], jwk["kty"], "d" in jwk) == (f"{nodes.eu.id}#key-1", "EC", False)


def test_a_bundle_verifies_offline_and_tells_its_story(nodes, agreed, proof, verify):
    said = verify()
    assert (said.code, said.err) == (0, "")
    first, second, *story = said.out.splitlines()
    assert first.startswith(f"{proof[0]}: verified, ")
    assert second == f"  exported by {nodes.eu.id}, of the agreement {agreed['agreement']}"
    assert any(line.endswith(" became FINALIZED") for line in story)


def test_machines_get_the_verdict_and_the_story(nodes, agreed, verify):
    said = verify("--json")
    assert said.code == 0
    assert (said.json["ok"], said.json["findings"]) == (True, [])
    assert (said.json["exporter"], said.json["agreement"]) == (nodes.eu.id, agreed["agreement"])
    assert len(said.json["story"]) == said.json["events"]


def test_one_changed_byte_is_found_with_its_line(proof, verify):
    bundle = proof[0]
    data = bytearray(bundle.read_bytes())
    data[data.index(b"\n") + 100] ^= 1
    bundle.write_bytes(data)
    said = verify()
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(f"{bundle}: line 2")
    machine = verify("--json")
    assert (machine.code, machine.json["ok"], machine.json["story"]) == (1, False, [])
    assert machine.json["findings"][0]["line"] == 2


def test_without_the_partners_key_nothing_is_proven(corridor, nodes, proof):
    bundle, ours, _ = proof
    said = corridor("evidence", "verify", bundle, "-k", ours)
    assert said.code == 1
    assert f"the key `{nodes.cn.id}#key-1` is not known" in said.err


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"{}\n", b"\xff", b"[" * 10_000], ids=["empty", "blank", "object", "not UTF-8", "deep"]
)
def test_what_is_no_bundle_is_not_verified(proof, verify, content):
    proof[0].write_bytes(content)
    said = verify()
    assert (said.code, said.out) == (1, "")
    assert "line 1" in said.err
    assert verify("--json").code == 1


def test_a_bundle_that_is_missing_or_a_folder_is_named(corridor, proof, tmp_path):
    _, ours, theirs = proof
    for path, why in ((tmp_path / "none", "no such file or directory"), (tmp_path, "is a directory")):
        said = corridor("evidence", "verify", path, "-k", ours, "-k", theirs)
        assert (said.code, said.problem) == (1, f"{path}: the file cannot be read: {why}")


KEYS = {
    "no JSON": (b"kid: a", ": line 1 column 1: not JSON"),
    "broken off": (b'{"kid": ', ": line 1 column 9: not JSON"),
    "a list": (b"[]", ": not a JWK with its `kid`; `corridor evidence export --key`"),
    "no kid": (b'{"kty": "EC"}', ": not a JWK with its `kid`; `corridor evidence export --key`"),
}


@pytest.mark.parametrize(("content", "sentence"), KEYS.values(), ids=KEYS.keys())
def test_a_file_that_is_no_key_is_named(corridor, tmp_path, content, sentence):
    path = tmp_path / "key.jwk"
    path.write_bytes(content)
    said = corridor("evidence", "verify", path, "-k", path)
    assert said.code == 1
    assert said.problem.startswith(f"{path}{sentence}")


def test_a_member_that_stands_twice_in_a_key_is_refused(corridor, document):
    path = document('{"kid": "a", "kid": "b"}')
    said = corridor("evidence", "verify", path, "-k", path, "--json")
    assert said.code == 1
    assert said.json["error"]["place"] == str(path)


def test_a_private_key_is_refused(corridor, proof, document):
    bundle, ours, _ = proof
    private = document({**json.loads(ours.read_bytes()), "d": "AAAA"})
    said = corridor("evidence", "verify", bundle, "-k", private)
    assert said.code == 1
    assert said.problem.endswith("a private key; give the public key only, and replace this one")


@pytest.mark.parametrize(
    "name", ["folder", ".", "/", "file/bundle", "none/bundle", "blocked", "n" * 253], ids=lambda name: name[:12]
)
def test_a_bundle_that_cannot_be_written_is_refused_and_nothing_is_left(agreed, authority, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"mine")
    (tmp_path / "blocked.part").mkdir()
    before = sorted(tmp_path.rglob("*"))
    said = authority("evidence", "export", agreed["agreement"], "-o", name)
    assert said.code == 1
    assert said.problem.startswith(f"{name}: the file cannot be written: ")
    assert said.problem.endswith("; name another with --output or --key")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_bundle_does_not_stand_where_its_key_stands(agreed, authority, tmp_path):
    path = tmp_path / "both"
    said = authority("evidence", "export", agreed["agreement"], "-o", path, "--key", path)
    assert (said.code, said.problem) == (2, "the bundle and the key cannot be one file; name another with --key")
    assert not path.exists()


def test_an_agreement_that_there_is_not_leaves_the_file_as_it_is(authority, document):
    path = document("mine", "bundle.jsonl")
    said = authority("evidence", "export", "urn:uuid:none", "-o", path)
    assert said.code == 1
    assert said.problem == "there is no such agreement; list them with `corridor negotiate --list`"
    assert path.read_text("utf-8") == "mine"
