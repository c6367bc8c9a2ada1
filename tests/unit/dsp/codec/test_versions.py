from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor.base.errors import MalformedError, TooLargeError
from corridor.dsp.codec.versions import Auth, ProtocolVersion, decode_versions, encode_versions

words = st.text(min_size=1, max_size=10)
auths = st.builds(Auth, words, words, st.lists(words, max_size=2).map(tuple))
entries = st.builds(
    ProtocolVersion,
    words,
    words,
    words,
    st.none() | auths,
    identifier_type=st.none() | words,
    service_id=st.none() | words,
)


def test_an_entry_has_version_path_and_binding_and_the_document_no_context():
    document = encode_versions([ProtocolVersion("2025-1", "/api/dsp/2025-1")])
    assert document == {"protocolVersions": [{"version": "2025-1", "path": "/api/dsp/2025-1", "binding": "HTTPS"}]}


def test_what_an_entry_may_say_besides():
    version = ProtocolVersion(
        "2025-1", "/dsp", auth=Auth("DCP", "1.0", ("vc20",)), identifier_type="did:web", service_id="s"
    )
    assert encode_versions([version])["protocolVersions"][0] == {
        "version": "2025-1",
        "path": "/dsp",
        "binding": "HTTPS",
        "auth": {"protocol": "DCP", "version": "1.0", "profile": ["vc20"]},
        "identifierType": "did:web",
        "serviceId": "s",
    }


@given(versions=st.lists(entries, min_size=1, max_size=3))
def test_what_is_written_is_read_again(versions):
    assert decode_versions(encode_versions(versions)) == tuple(versions)


def test_entries_of_another_shape_do_not_hide_the_others():
    good = {"version": "2025-1", "path": "/dsp", "binding": "HTTPS", "auth": "none"}
    document = {"protocolVersions": [None, 5, {}, {"version": "2024-1", "path": "/old"}, good]}
    assert decode_versions(document) == (ProtocolVersion("2025-1", "/dsp"),)


def test_authentication_that_says_too_little_is_left_out():
    entry = {"version": "2025-1", "path": "/dsp", "binding": "HTTPS", "auth": {"protocol": "DCP"}}
    assert decode_versions({"protocolVersions": [entry]})[0].auth is None


def test_one_profile_alone_stands_for_a_list_of_it():
    entry = {
        "version": "1",
        "path": "/",
        "binding": "HTTPS",
        "auth": {"protocol": "DCP", "version": "1", "profile": "p"},
    }
    assert decode_versions({"protocolVersions": [entry]})[0].auth == Auth("DCP", "1", ("p",))


@pytest.mark.parametrize(
    "document", [None, [], {}, {"protocolVersions": {}}, {"protocolVersions": []}, {"protocolVersions": [1]}]
)
def test_what_is_no_version_document_is_refused(document):
    with pytest.raises(MalformedError, match=r"\$\.protocolVersions"):
        decode_versions(document)


def test_a_flood_of_versions_is_refused():
    with pytest.raises(TooLargeError):
        decode_versions({"protocolVersions": [{}] * 1_000})


@given(
    document=st.recursive(
        st.none() | st.booleans() | st.text(),
        lambda i: st.lists(i) | st.dictionaries(st.just("protocolVersions") | st.text(), i),
    )
)
@settings(max_examples=50)
def test_whatever_is_read_gives_versions_or_an_error_of_ours(document):
    with contextlib.suppress(MalformedError):
        decode_versions(document)
