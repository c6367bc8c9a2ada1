"""`corridor subscribe` and `corridor subscriptions`: who is told of events."""

import pytest

pytestmark = pytest.mark.slow

URL = "https://hook.invalid/in"


@pytest.fixture
def authority(corridor, nodes):
    """A verb at the authority's node."""

    def call(*words):
        return corridor(*words, "--config", nodes.eu.folder)

    yield call
    for one in call("subscriptions", "list", "--json").json:
        call("subscriptions", "remove", one["id"])


def test_a_subscription_is_made_listed_shown_paused_resumed_and_removed(authority):
    said = authority("subscribe", URL, "--type", "paper.*", "--partner", "did:web:a.example", "--json")
    made = said.json
    assert made["secret"].startswith("whsec_")
    listed = authority("subscriptions", "list", "--json").json
    assert [one["id"] for one in listed] == [made["id"]]
    assert " active " in authority("subscriptions", "list").out
    shown = authority("subscriptions", "show", made["id"])
    assert "types: paper.*" in shown.out
    assert "dead letters: none" in shown.out
    assert authority("subscriptions", "show", made["id"], "--json").json["letters"] == []
    assert authority("subscriptions", "pause", made["id"]).out == f"paused: {made['id']} ({URL})\n"
    assert authority("subscriptions", "pause", made["id"]).code == 1
    assert authority("subscriptions", "resume", made["id"], "--json").json["state"] == "active"
    assert authority("subscriptions", "redeliver", made["id"]).out == "to be delivered once more: 0\n"
    assert authority("subscriptions", "redeliver", made["id"], "--json").json == {"indexes": []}
    assert "no dead letter of the event 7" in authority("subscriptions", "redeliver", made["id"], "--event", 7).problem
    assert authority("subscriptions", "remove", made["id"]).code == 0
    assert authority("subscriptions", "list").out == "subscriptions: none\n"


def test_the_secret_is_told_once_in_words(authority):
    said = authority("subscribe", URL, "--batch", "--after", "-1")
    first, second, third = said.out.splitlines()
    assert first.startswith("subscribed: urn:uuid:")
    assert second.startswith("secret: whsec_")
    assert third == "keep the secret where the receiver finds it; it is not shown again"
    assert second.partition(" ")[2] not in authority("subscriptions", "list").out


def test_what_cannot_be_called_is_refused_in_one_sentence(authority):
    said = authority("subscribe", "http://hook.invalid/in")
    assert said.code == 1
    assert said.problem == (
        "$.url: `http://hook.invalid/in` must not be called: it is not https; only hosts in `events.http_hosts` may be "
        "called without TLS: add `hook.invalid`"
    )
