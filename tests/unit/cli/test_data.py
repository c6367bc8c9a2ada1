"""`corridor catalog | explain | negotiate | transfer | get`: what is offered, why, on which terms, and the bytes."""

import hashlib

import pytest

from corridor.cli.demo import alerts, customers

UNREACHABLE = "http://localhost:1"


@pytest.fixture(scope="session")
def refused(nodes):
    """A dataset at customs that the law does not let out without a security assessment."""
    (nodes.cn.folder / "data" / "million.csv").write_text("x", "utf-8")
    return nodes.cn.client.publish(customers.publication("million", "million.csv", 1_000_000))["id"]


@pytest.fixture(scope="session")
def excluding(nodes):
    """A dataset at the authority that the trading house is excluded from."""
    alerts.write_made_up(nodes.eu.folder / "data" / "excluding.csv", 40)
    terms = alerts.publication("excluding", "excluding.csv", nodes.other.id, "2099-01-01T00:00:00Z")
    return nodes.eu.client.publish(terms)["id"]


@pytest.fixture
def running(agreed, authority, customs):
    """A transfer that runs, as customs sees it; both sides know that it does."""
    said = customs("transfer", agreed["agreement"], "--json")
    assert (said.code, said.json["state"]) == (0, "STARTED")
    assert authority("transfer", "--show", said.json["partner_pid"], "--json").json["settled"]
    return said.json


def rows(said):
    return [line.split() for line in said.out.splitlines()[2:]]


def test_the_catalogue_shows_what_a_partner_offers(nodes, agreed, customs, wide):
    said = customs("catalog", nodes.eu.id)
    assert said.code == 0
    assert said.out.startswith(f"offers of {nodes.eu.id}\ndataset ")
    (row,) = (row for row in rows(said) if row[0] == "agreed")
    assert row[-1] == "agreed/offer"


def test_a_partner_may_be_named_by_its_url_and_machines_get_profile_and_border(nodes, agreed, customs):
    found = customs("catalog", nodes.eu.loaded.settings.listen.public_url, "--json").json
    assert found["provider"] == nodes.eu.id
    (one,) = (one for one in found["datasets"] if one["id"] == "agreed")
    assert {"profile", "offers", "border"} <= one.keys()


@pytest.fixture(scope="session")
def shelf(nodes):
    """Three datasets at the authority on one subject, the last of them in a catalogue of its own."""
    (nodes.eu.folder / "data" / "shelf.csv").write_text("x\n1\n", "utf-8")
    for number, more in enumerate(({}, {"title": "Sensors of Lyon"}, {"catalogue": "Archive"})):
        purpose = {"leftOperand": "purpose", "operator": "eq", "rightOperand": "research"}
        publication = {
            "id": f"shelf-{number}",
            "title": f"Shelf {number}",
            "keywords": ["shelf", f"number-{number}"],
            "source": {"file": "shelf.csv", "media_type": "text/csv"},
            "profile": {"data": {"items": [{"category": "geospatial", "personal": False}]}},
            "offers": [{"id": f"shelf-{number}/offer", "permission": [{"action": "use", "constraint": [purpose]}]}],
        }
        nodes.eu.client.publish(publication | more)
    return [f"shelf-{number}" for number in range(3)]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (("--keyword", "shelf"), [0, 1, 2]),
        (("--keyword", "shelf", "--keyword", "number-1"), [1]),
        (("--text", "lyon sensors"), [1]),
        (("--category", "geospatial"), [0, 1, 2]),
        (("--purpose", "research", "--action", "read"), [0, 1, 2]),
        (("--keyword", "shelf", "--action", "sell"), []),
        (("--keyword", "shelf", "--format", "HttpData-PULL", "--media-type", "text/csv"), [0, 1, 2]),
        (("--catalogue", "archive"), [2]),
        (("--keyword", "shelf", "--limit", "2"), [0, 1]),
    ],
)
def test_the_catalogue_is_searched(nodes, shelf, customs, options, found):
    said = customs("catalog", nodes.eu.id, *options, "--json")
    assert said.code == 0
    assert [one["id"] for one in said.json["datasets"]] == [shelf[number] for number in found]
    assert (said.json["next"] is None) == ("--limit" not in options)


def test_a_catalogue_within_is_a_column_of_its_own(nodes, shelf, customs, wide):
    said = customs("catalog", nodes.eu.id, "--keyword", "shelf")
    assert said.out.splitlines()[1].split() == ["dataset", "title", "offer", "catalogue"]
    assert [row[-1] for row in rows(said)] == ["shelf-0/offer", "shelf-1/offer", "Archive"]


def test_people_are_told_where_a_listing_was_cut(nodes, shelf, customs, wide):
    said = customs("catalog", nodes.eu.id, "--keyword", "shelf", "--limit", "1")
    assert said.out.splitlines()[-1] == "there are more: use a greater --limit, or look for less"
    nothing = customs("catalog", nodes.eu.id, "--keyword", "no such word")
    assert nothing.out == f"offers of {nodes.eu.id}: none\n"


def test_who_is_excluded_does_not_see_the_offer(nodes, excluding, corridor, customs, wide):
    seen = corridor("catalog", nodes.eu.id, "--config", nodes.other.folder)
    assert seen.code == 0
    assert excluding not in seen.out
    assert excluding in customs("catalog", nodes.eu.id).out


@pytest.mark.parametrize("words", [("catalog", UNREACHABLE), ("negotiate", UNREACHABLE, "alerts")], ids=" ".join)
def test_a_partner_that_does_not_answer_is_named(customs, words):
    said = customs(*words)
    assert said.code == 1
    assert said.problem.startswith(f"`{UNREACHABLE}/.well-known/did.json` cannot be reached: ")
    assert said.problem.endswith("; see whether the partner's node runs and the address is right")
    assert customs(*words, "--json").json["error"]["code"] == "unreachable"


def test_it_is_explained_why_a_partner_gets_an_offer(nodes, agreed, authority):
    said = authority("explain", "--for", nodes.cn.id, "--offer", "agreed/offer")
    assert said.code == 0
    assert said.out.splitlines()[:3] == [
        "may it be had: yes",
        "  + Customs is on the participant list",
        "  + the terms of the offer allow the use",
    ]


def test_it_is_explained_why_a_partner_does_not(nodes, excluding, authority):
    said = authority("explain", "--for", nodes.other.id, "--dataset", excluding)
    assert said.code == 0
    assert said.out.startswith("may it be had: no\n")
    assert f"- `assignee` neq {nodes.other.id}; found {nodes.other.id}" in said.out


def test_an_explanation_for_machines_is_of_the_instant_that_was_asked_about(nodes, agreed, authority):
    words = ("explain", "--for", nodes.cn.id, "--dataset", "agreed", "--as-of", "2026-12-01T00:00:00Z", "--json")
    found = authority(*words).json
    assert (found["offer"], found["as_of"], found["allowed"]) == ("agreed/offer", "2026-12-01T00:00:00Z", True)


def test_an_offer_is_found_beyond_the_first_page(nodes, corridor):
    (nodes.other.folder / "data" / "many.csv").write_text("x", "utf-8")
    for number in range(101):
        described = customers.publication(f"many-{number:03}", "many.csv", 1_000_000)
        nodes.other.client.publish(described)
    words = ("explain", "--for", nodes.cn.id, "--config", nodes.other.folder, "--json", "--offer")
    assert corridor(*words, "many-100/service").json["dataset"] == "many-100"
    said = corridor(*words, "many-101/service")
    assert said.code == 1
    assert said.json["error"] == {
        "code": "not_found",
        "message": "no dataset has the offer `many-101/service`",
        "remedy": "see `corridor publish --list`",
    }


def test_an_explanation_of_nothing_is_wrong_use(corridor, idle):
    words = ("explain", "--for", "did:web:a.example", "--config", idle)
    said = corridor(*words)
    sentence = "nothing to explain; name an offer with --offer, or a dataset with --dataset"
    assert (said.code, said.problem) == (2, sentence)
    machine = corridor(*words, "--json")
    assert (machine.code, machine.json["error"]["code"]) == (2, "usage")


EXPLAINED = {
    "a partner": (("--for", "did:web:nobody.example", "-d", "agreed"), "is not on the participant list; add it"),
    "a dataset": (("--for", "did:web:nobody.example", "-d", "never"), "there is no dataset `never`"),
    "an instant": (
        ("--for", "did:web:nobody.example", "-d", "agreed", "--as-of", "soon"),
        "--as-of: `soon` is not an ",
    ),
}


@pytest.mark.parametrize(("options", "sentence"), EXPLAINED.values(), ids=EXPLAINED.keys())
def test_what_cannot_be_explained_is_refused(agreed, authority, options, sentence):
    said = authority("explain", *options)
    assert said.code == 1
    assert sentence in said.problem


def test_an_agreement_is_concluded_and_listed(nodes, agreed, customs, wide):
    said = customs("negotiate", nodes.eu.id, "agreed", "--offer", "agreed/offer")
    assert said.code == 0
    first, second = said.out.splitlines()
    assert first == f"FINALIZED: agreed with {nodes.eu.id}"
    agreement = second.removeprefix("agreement: ")
    (row,) = (row for row in rows(customs("negotiate", "--list")) if row[-1] == agreement)
    assert row[1:4] == [nodes.eu.id, "agreed", "FINALIZED"]


def test_machines_get_the_negotiation_and_the_list(nodes, agreed, customs):
    found = customs("negotiate", nodes.eu.id, "agreed", "--json").json
    assert (found["state"], found["settled"], found["role"]) == ("FINALIZED", True, "consumer")
    assert found["pid"] in [one["pid"] for one in customs("negotiate", "--list", "--json").json["items"]]


def test_what_the_law_refuses_is_exit_1_with_its_reasons(nodes, refused, authority):
    said = authority("negotiate", nodes.cn.id, refused)
    assert (said.code, said.err) == (1, "")
    first, reason = said.out.splitlines()
    assert first == f"TERMINATED: {refused} with {nodes.cn.id}"
    assert "art 7(2)" in reason
    machine = authority("negotiate", nodes.cn.id, refused, "--json")
    assert (machine.code, machine.json["code"], machine.json["agreement"]) == (1, "border.CN", None)


def test_a_dataset_that_there_is_not_is_refused(nodes, customs):
    said = customs("negotiate", nodes.eu.id, "never")
    assert (said.code, said.problem) == (1, "the partner refuses: there is no such dataset")


@pytest.mark.parametrize("option", ["--accept", "--terminate"])
def test_a_negotiation_that_has_ended_is_not_acted_on(agreed, customs, option):
    said = customs("negotiate", option, agreed["negotiation"])
    assert said.code == 1
    assert said.problem.endswith("in state FINALIZED; in this state it may send nothing")
    assert customs("negotiate", option, "urn:uuid:none").problem == (
        "there is no such negotiation; list them with `corridor negotiate --list`"
    )


def test_a_transfer_is_opened_and_its_address_given_on_demand_only(running, agreed, customs):
    said = customs("transfer", agreed["agreement"], "--address")
    assert said.code == 0
    first, endpoint, authorization = said.out.splitlines()
    assert first.startswith("STARTED: transfer urn:uuid:")
    assert first.endswith(" of agreed")
    assert endpoint.startswith("endpoint: http://localhost:")
    assert authorization.startswith("Authorization: Bearer ")
    assert "data_address" not in running
    shown = customs("transfer", "--show", running["pid"], "--address", "--json").json
    assert shown["data_address"].keys() == {"endpoint", "authorization"}


def test_a_provider_has_no_data_address_to_give(running, authority):
    said = authority("transfer", "--show", running["partner_pid"], "--address")
    assert said.code == 1
    assert said.problem == "the transfer has no data address; wait until it is STARTED"


def test_a_transfer_is_suspended_with_a_reason_and_resumed(running, authority, customs):
    theirs = running["partner_pid"]
    said = authority("transfer", "--suspend", theirs, "--reason", "stock-taking")
    assert (said.code, said.out) == (0, f"SUSPENDED: transfer {theirs} of agreed\n  stock-taking\n")
    assert customs("transfer", "--show", running["pid"], "--json").json["reasons"] == ["stock-taking"]
    said = authority("transfer", "--resume", theirs)
    assert (said.code, said.out) == (0, f"STARTED: transfer {theirs} of agreed\n")


def test_a_transfer_is_completed(running, customs):
    said = customs("transfer", "--complete", running["pid"])
    assert (said.code, said.out) == (0, f"COMPLETED: transfer {running['pid']} of agreed\n")


def test_a_transfer_is_terminated_for_good_and_listed_as_that(running, customs, wide):
    said = customs("transfer", "--terminate", running["pid"], "--reason", "enough")
    assert (said.code, said.out) == (0, f"TERMINATED: transfer {running['pid']} of agreed\n  enough\n")
    (row,) = (row for row in rows(customs("transfer", "--list")) if row[0] == running["pid"])
    assert row[2:] == ["agreed", "TERMINATED"]
    assert running["pid"] in [one["pid"] for one in customs("transfer", "--list", "--json").json["items"]]
    again = customs("transfer", "--resume", running["pid"])
    assert again.code == 1
    assert "in state TERMINATED" in again.problem


def test_data_are_pushed_where_that_is_asked_for(agreed, customs, tmp_path):
    said = customs("transfer", agreed["agreement"], "--format", "HttpData-PUSH", "--json").json
    assert (said["format"], said["fetch"], said["received"] is not None) == ("HttpData-PUSH", True, True)
    said = customs("transfer", agreed["agreement"], "--format", "AmazonS3-PUSH")
    assert (said.code, said.problem.endswith("ask for HttpData-PULL or HttpData-PUSH")) == (1, True)


def test_a_secret_for_a_push_stands_in_a_file(agreed, customs, document):
    there = ("transfer", agreed["agreement"], "--push-to", "https://sink.example/x")
    said = customs(*there, "--authorization-file", "no-such-file")
    assert (said.code, said.problem) == (1, "no-such-file: the secret cannot be read; name a text file")
    empty = document("\n", "token")
    said = customs(*there, "--authorization-file", empty)
    assert said.problem == f"{empty}: there is no secret; write the token into the file"
    said = customs("transfer", agreed["agreement"], "--authorization-file", empty)
    assert (said.code, "--push-to" in said.err) == (2, True)
    said = customs("transfer", agreed["agreement"], "--push-to", "http://10.0.0.1/x")
    assert (said.code, "must not be called" in said.problem) == (1, True)


def test_a_transfer_without_agreement_is_refused(customs):
    said = customs("transfer", "urn:uuid:none")
    assert (said.code, said.problem) == (1, "there is no such agreement; list them with `corridor negotiate --list`")
    assert customs("transfer", "--suspend", "urn:uuid:none").problem == (
        "there is no such transfer process; list them with `corridor transfer --list`"
    )


def test_data_are_had_in_one_call(nodes, agreed, customs, tmp_path):
    path = tmp_path / "alerts.csv"
    said = customs("get", nodes.eu.id, "agreed", "-o", path)
    assert (said.code, said.err) == (0, "")
    first, second = said.out.splitlines()
    data = path.read_bytes()
    assert first == f"{path}: {len(data):,} bytes, sha-256:{hashlib.sha256(data).hexdigest()}"
    assert second.startswith("agreement: urn:uuid:")
    assert set(alerts.origins(data)) == set(alerts.CHINA)
    assert list(tmp_path.iterdir()) == [path]


def test_machines_get_what_was_had_and_what_was_there_is_replaced(nodes, agreed, customs, document):
    path = document("mine", "alerts.csv")
    got = customs("get", nodes.eu.id, "agreed", "-o", path, "--offer", "agreed/offer", "--json").json
    assert got["file"] == str(path)
    assert got["size"] == path.stat().st_size
    assert got["rows"] == len(list(alerts.origins(path.read_bytes())))


def test_on_a_terminal_the_progress_is_drawn_beside_the_answer(nodes, agreed, customs, tmp_path, terminal):
    said = customs("get", nodes.eu.id, "agreed", "-o", tmp_path / "alerts.csv", "--json")
    assert said.json["rows"] > 0
    assert "alerts.csv" in said.err


def test_what_is_refused_leaves_no_file(nodes, refused, authority, customs, tmp_path):
    said = authority("get", nodes.cn.id, refused, "-o", tmp_path / "a.csv")
    assert said.code == 1
    assert said.problem.startswith("there is no agreement: CN: needs a security assessment ")
    assert customs("get", nodes.eu.id, "never", "-o", tmp_path / "b.csv").code == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["folder", "none/alerts.csv", "."])
def test_a_file_that_cannot_be_written_is_refused_and_nothing_is_left(nodes, agreed, customs, tmp_path, name):
    (tmp_path / "folder").mkdir()
    said = customs("get", nodes.eu.id, "agreed", "-o", tmp_path / name)
    assert said.code == 1
    assert said.problem.startswith(f"`{tmp_path / name}` ")
    assert [path.name for path in tmp_path.rglob("*")] == ["folder"]
