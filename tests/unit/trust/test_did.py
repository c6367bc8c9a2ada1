from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import MalformedError
from corridor.trust.did import did_of, document_url

LOCAL = frozenset({"localhost", "127.0.0.1"})


@pytest.mark.parametrize(
    ("did", "url"),
    [
        ("did:web:example.org", "https://example.org/.well-known/did.json"),
        ("did:web:example.org%3A8443", "https://example.org:8443/.well-known/did.json"),
        ("did:web:example.org:users:alice", "https://example.org/users/alice/did.json"),
        ("did:web:example.org%3A8443:a", "https://example.org:8443/a/did.json"),
        ("did:web:localhost%3A8080:a:b", "http://localhost:8080/a/b/did.json"),
        ("did:web:LOCALHOST", "http://LOCALHOST/.well-known/did.json"),
        ("did:web:127.0.0.1%3A80", "http://127.0.0.1:80/.well-known/did.json"),
        ("did:web:localhost.example.org", "https://localhost.example.org/.well-known/did.json"),
    ],
)
def test_a_did_leads_to_its_document(did, url):
    assert document_url(did, LOCAL) == url


def test_nothing_is_fetched_without_tls_unless_the_settings_say_so():
    assert document_url("did:web:localhost").startswith("https://")


@pytest.mark.parametrize(
    "did",
    [
        "",
        "did:web:",
        "did:web",
        "did:key:z6Mk",
        "web:example.org",
        "did:web:example.org:",
        "did:web:example.org::a",
        "did:web:example.org:8080/..",
        "did:web:example.org:..",
        "did:web:example.org%2Fpath",
        "did:web:example.org%3a80",
        "did:web:example.org%3A",
        "did:web:user@example.org",
        "did:web:example.org?x",
        "did:web:example.org#key-1",
        "did:web:exa mple.org",
        "did:web:[::1]",
        "did:web:%65xample.org",
        "did:web:-example.org",
        "did:web:例え.jp",
        "did:web:" + "a" * 600,
    ],
)
def test_what_is_no_did_web_is_refused(did):
    with pytest.raises(MalformedError):
        document_url(did, LOCAL)


@pytest.mark.parametrize(
    ("url", "did"),
    [
        ("https://example.org", "did:web:example.org"),
        ("https://example.org/", "did:web:example.org"),
        ("http://localhost:8080", "did:web:localhost%3A8080"),
        ("https://example.org/a/b/", "did:web:example.org:a:b"),
    ],
)
def test_a_base_url_has_a_did(url, did):
    assert did_of(url) == did


@pytest.mark.parametrize(
    "url", ["", "example.org", "https://", "https://u:p@example.org", "https://[::1]:80", "https://a/%20"]
)
def test_a_base_url_that_no_did_can_say_is_refused(url):
    with pytest.raises(MalformedError):
        did_of(url)


@given(text=st.text(max_size=80))
def test_any_text_is_a_did_on_the_host_that_it_names_or_refused(text):
    try:
        url = document_url("did:web:" + text)
    except MalformedError:
        return
    assert url.startswith(f"https://{text.split(':')[0].replace('%3A', ':')}/")
    assert url.endswith("/did.json")
