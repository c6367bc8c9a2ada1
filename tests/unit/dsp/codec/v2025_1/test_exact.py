from __future__ import annotations

import pytest

from corridor.base.errors import MalformedError
from corridor.dsp.codec.v2025_1.exact import check_exact
from corridor.dsp.codec.v2025_1.terms import CONTEXT, NAMESPACE
from corridor.dsp.codec.v2025_1.vocabulary import ODRL

DATASET = {"@id": "d", "@type": "Dataset", "hasPolicy": [{"@id": "o"}], "distribution": [{"accessService": "s"}]}


def document(**members):
    return {"@context": [CONTEXT], "@type": "Catalog", **members}


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"dataset": [DATASET], "x:unknown": {"permission": None}, "title": None},
        {"offer": {"permission": [{"action": "odrl:use", "constraint": []}]}},
        {"accessService": "s", "@context": [CONTEXT, "https://x.example/context"]},
        {"filter": [], "rightOperand": [], "profile": ["p"], "dataAddress": "not for us to judge"},
    ],
)
def test_what_the_schemas_allow_passes(members):
    check_exact(document(**members))


@pytest.mark.parametrize(
    ("members", "place"),
    [
        ({"@context": CONTEXT}, "$.@context"),
        ({"@context": [CONTEXT, {}]}, "$.@context"),
        ({"@type": ["Catalog"]}, "$.@type"),
        ({ODRL + "permission": []}, f"$.{ODRL}permission"),
        ({NAMESPACE + "offer": {}}, f"$.{NAMESPACE}offer"),
        ({"odrl:permission": []}, "$.odrl:permission"),
        ({"providerPid": None}, "$.providerPid"),
        ({"dataset": DATASET}, "$.dataset"),
        ({"dataset": []}, "$.dataset"),
        ({"reason": "why"}, "$.reason"),
        ({"reason": []}, "$.reason"),
        ({"offer": {"permission": [{"duty": {"action": "inform"}}]}}, "$.offer.permission.duty"),
        ({"dataset": [{"@id": "d"}]}, "$.dataset"),
        ({"dataset": [{**DATASET, "hasPolicy": [{"target": "d"}]}]}, "$.dataset.hasPolicy.target"),
    ],
)
def test_what_is_read_only_out_of_tolerance_is_refused_with_its_place(members, place):
    with pytest.raises(MalformedError) as caught:
        check_exact(document(**members))
    assert caught.value.place == place
    assert "strictly" in caught.value.remedy


@pytest.mark.parametrize("value", [[document()], [], None, 5, "text"])
def test_what_is_no_object_is_refused(value):
    with pytest.raises(MalformedError, match="one object"):
        check_exact(value)
