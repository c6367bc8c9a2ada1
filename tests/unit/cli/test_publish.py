"""`corridor publish`: into the catalogue with facts and terms, row faults listed, and out of it again."""

import pytest

from corridor.cli.demo import alerts

TERMS = [{"id": "TO BE SET", "permission": [{"action": "use"}]}]
PROFILE = {
    "data": {"items": [{"category": "product_safety", "personal": False}]},
    "purpose": ["product_safety"],
}
TABLE = {"columns": {"id": {"required": True, "pattern": "[0-9]+"}, "name": {}}}


@pytest.fixture
def publish(nodes, authority, document):
    """Put a file into the authority's data folder and publish it."""

    def run(name, content, *words, **source):
        (nodes.eu.folder / "data" / f"{name}.csv").write_bytes(content)
        whole = {"file": f"{name}.csv", "media_type": "text/csv", "table": TABLE, **source}
        offers = [{**TERMS[0], "id": f"{name}/use"}]
        described = {"id": name, "title": f"The table [{name}]", "source": whole, "profile": PROFILE, "offers": offers}
        return authority("publish", document(described, f"{name}.json"), *words)

    return run


def test_a_table_is_published_with_a_report_on_its_rows(nodes, authority, document):
    alerts.write_made_up(nodes.eu.folder / "data" / "reported.csv")
    described = alerts.publication("reported", "reported.csv", "did:web:nobody.example", "2099-01-01T00:00:00Z")
    said = authority("publish", document(described))
    assert said.code == 0
    first, report, *faults = said.out.splitlines()
    assert first.startswith("published: reported (31,800 bytes, sha-256:")
    assert report == "240 rows read, 124 kept, 116 left out, 0 held back, 30 cells masked, 8 faulty"
    assert faults[0] == "  row 26 (line 45), barcode: format gtin (4094438642755)"
    assert len(faults) == 8


def test_many_faults_are_shown_in_part_and_machines_get_all(publish):
    said = publish("faulty", b"id,name\n" + b"x,y\n" * 25)
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[-2:] == ["  row 20 (line 21), id: pattern (x)", "  all of them: --json"]
    assert len(lines) == 23
    report = publish("faulty", b"id,name\n" + b"x,y\n" * 25, "--json").json["content"]["report"]
    assert len(report["faults"]) == report["faults_total"] == 25


def test_a_fault_of_a_whole_row_is_called_that(publish):
    assert publish("ragged", b"id,name\n1,x,y\n").out.splitlines()[2] == (
        "  row 1 (line 2), whole row: 2 cells, not 3 (1,x,y)"
    )


def test_what_is_no_table_has_no_report(publish):
    said = publish("raw", b"abc", media_type="application/octet-stream", table=None)
    assert said.code == 0
    (line,) = said.out.splitlines()
    assert line.startswith("published: raw (3 bytes, sha-256:ba7816bf")


def test_a_publication_may_come_from_standard_input(authority):
    said = authority("publish", "-", stdin="- a")
    assert (said.code, said.problem) == (
        1,
        "standard input: a publication is an object; write `name: value` below each other",
    )


TABLES = {
    "an unknown column": (b"id,nam\n1,x\n", " line 1: the column `nam` is not described; did you mean `name`?"),
    "a quote that is not closed": (b'id,name\n1,"x\n', " line 2: not CSV: unexpected end of data; quote cells"),
    "no header": (b"", " line 1: the table has no header row"),
}


@pytest.mark.parametrize(("content", "sentence"), TABLES.values(), ids=TABLES.keys())
def test_a_malformed_table_is_refused_with_its_line_and_nothing_is_published(publish, authority, content, sentence):
    said = publish("malformed", content)
    assert said.code == 1
    assert said.problem.startswith(f"malformed.csv{sentence}")
    assert "malformed" not in [one["id"] for one in authority("publish", "--list", "--json").json["items"]]


@pytest.mark.parametrize("file", ["none.csv", "../corridor.toml", "/etc/hostname"])
def test_a_file_that_is_not_in_the_data_folder_is_refused(publish, file):
    said = publish("elsewhere", b"id,name\n", file=file)
    assert said.code == 1
    assert said.problem.startswith(f"$.source.file: there is no file `{file}` under the folders that are open for ")


def test_a_typo_is_refused_with_the_name_that_was_meant(authority, document):
    said = authority("publish", document("id: a\ntitel: Alerts\n"))
    assert (said.code, said.problem) == (1, "$: there is no member `titel` here; did you mean `title`?")


def test_a_malformed_publication_is_refused_with_its_place(authority, document):
    path = document("id: a\ntitle: [\n")
    said = authority("publish", path)
    assert said.code == 1
    assert said.problem.startswith(f"{path}:3:1: not YAML: ")
    assert authority("publish", path, "--json").json["error"]["place"] == f"{path}:3:1"


def test_a_publication_that_is_missing_or_a_folder_is_named(authority, tmp_path):
    assert authority("publish", tmp_path / "none").problem == (
        f"{tmp_path}/none: the file cannot be read: no such file or directory"
    )
    assert authority("publish", tmp_path).problem == f"{tmp_path}: the file cannot be read: is a directory"


def test_what_is_withdrawn_is_listed_as_that(publish, authority, wide):
    publish("gone", b"id,name\n1,x\n")
    said = authority("publish", "--withdraw", "gone")
    assert (said.code, said.out) == (0, "withdrawn: gone\n")
    listed = authority("publish", "--list", "--json").json["items"]
    (gone,) = (one for one in listed if one["id"] == "gone")
    (line,) = (line for line in authority("publish", "--list").out.splitlines() if line.startswith("gone "))
    assert line.split() == ["gone", "The", "table", "[gone]", "14", "bytes", "1", gone["withdrawn"]]


def test_what_is_withdrawn_can_be_published_anew(publish, authority):
    publish("again", b"id,name\n1,x\n")
    assert authority("publish", "--withdraw", "again", "--json").json["withdrawn"] is not None
    assert publish("again", b"id,name\n1,x\n", "--json").json["withdrawn"] is None


def test_what_is_not_published_cannot_be_withdrawn(publish, authority):
    said = authority("publish", "--withdraw", "never")
    assert (said.code, said.problem) == (1, "there is no dataset `never`; `corridor publish --list` shows them")
    publish("once", b"id,name\n")
    authority("publish", "--withdraw", "once")
    assert authority("publish", "--withdraw", "once").problem == "the dataset `once` is withdrawn already"
