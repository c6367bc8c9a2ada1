from __future__ import annotations

import pytest

from corridor.base.errors import MalformedError, TooLargeError
from corridor.dsp.codec.limits import CodecLimits
from corridor.dsp.codec.v2025_1.gate import check_depth, envelope, message_id_of, open_document
from corridor.dsp.codec.v2025_1.terms import CONTEXT, NAMESPACE

LIMITS = CodecLimits()
GOOD = {"@context": [CONTEXT], "@type": "Some"}


def opened(**changes):
    return open_document(GOOD | changes, "Some", LIMITS)


def nested(depth):
    document = {}
    for _ in range(depth - 1):
        document = {"a": document}
    return document


@pytest.mark.parametrize(
    "context",
    [[CONTEXT], CONTEXT, ["https://other.example/context.jsonld", CONTEXT], [CONTEXT, {"x": "https://x.example/"}]],
)
def test_the_context_may_be_alone_in_a_list_or_among_others(context):
    assert opened(**{"@context": context}).place == "$"


@pytest.mark.parametrize(
    "context", ["https://w3id.org/dspace/2024/1/context.json", [], {}, 5, [[CONTEXT]], CONTEXT + "/"]
)
def test_another_context_is_refused(context):
    with pytest.raises(MalformedError) as caught:
        opened(**{"@context": context})
    assert caught.value.place == "$.@context"
    assert CONTEXT in caught.value.remedy


def test_a_missing_context_is_refused():
    with pytest.raises(MalformedError, match="`@context` is missing"):
        open_document({"@type": "Some"}, "Some", LIMITS)


@pytest.mark.parametrize("given", ["Other", ["Other"], [], {}, 5, "some"])
def test_another_type_is_refused(given):
    with pytest.raises(MalformedError) as caught:
        opened(**{"@type": given})
    assert caught.value.place == "$.@type"


def test_a_type_in_a_list_is_the_type():
    assert opened(**{"@type": ["Some"]})


@pytest.mark.parametrize(
    "document",
    [[GOOD], {"@type": [NAMESPACE + "DataAddress"]}, {"@context": {"d": NAMESPACE}, "@type": "d:DataAddress"}],
)
def test_another_spelling_is_read_plainly_unless_the_node_reads_strictly(document):
    name = "Some" if document == [GOOD] else "DataAddress"
    with pytest.raises(MalformedError):
        open_document(document, name, LIMITS, strict=True)
    assert open_document(document, name, LIMITS).value == GOOD | {"@type": name}


def test_a_list_of_documents_is_none():
    for documents in ([], [GOOD, GOOD]):
        with pytest.raises(MalformedError, match="one object"):
            open_document(documents, "Some", LIMITS)


@pytest.mark.parametrize("document", [None, True, 5, 1.5, "text", ""])
def test_what_is_no_object_is_refused(document):
    with pytest.raises(MalformedError, match="must be an object"):
        open_document(document, "Some", LIMITS)


def test_depth_is_checked_first_and_without_recursion():
    with pytest.raises(TooLargeError):
        open_document(nested(100_000), "Some", LIMITS)


def test_the_limit_itself_is_allowed():
    check_depth(nested(3), 3)
    check_depth("text", 0)
    with pytest.raises(TooLargeError):
        check_depth(nested(4), 3)
    with pytest.raises(TooLargeError):
        check_depth([[[[]]]], 3)


def test_a_message_is_known_by_its_id():
    assert message_id_of(opened(**{"@id": "urn:uuid:1"})) == "urn:uuid:1"


def test_a_message_without_an_id_is_known_by_its_content_whatever_the_order_of_members():
    first, second = opened(a=1.5, b=2), opened(b=2, a=1.5)
    assert message_id_of(first) == message_id_of(second)
    assert message_id_of(first).startswith("sha-256:")
    assert message_id_of(first) != message_id_of(opened(a=1.5, b=3))


@pytest.mark.parametrize("bad", ["", " ", 5, "a b", "x" * 513, "../.."])
def test_an_id_that_cannot_be_one_is_refused(bad):
    with pytest.raises(MalformedError) as caught:
        message_id_of(opened(**{"@id": bad}))
    assert caught.value.place == "$.@id"


def test_a_document_begins_with_context_type_and_id():
    assert envelope("Some", "m1") == {"@context": [CONTEXT], "@type": "Some", "@id": "m1"}
    assert envelope("Some") == {"@context": [CONTEXT], "@type": "Some"}


def test_a_digest_is_not_sent_as_an_id():
    assert "@id" not in envelope("Some", "sha-256:0")
