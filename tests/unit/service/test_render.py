from __future__ import annotations

import json

from corridor.base.reasons import Citation, Decision, Reason, Verified, conclude
from corridor.base.truth import Truth
from corridor.service.render import decision_json, reason_json

LEAF = Reason("odrl.constraint", "`dateTime` lt 2027", Truth.UNKNOWN)
LAW = Reason(
    "border.CN", "needs a contract", Truth.FALSE, Citation("cn/16", "art 8", "Provisions", Verified.OFFICIAL), (LEAF,)
)


def test_a_reason_is_rendered_with_its_citation_and_its_steps():
    assert reason_json(LAW) == {
        "code": "border.CN",
        "text": "needs a contract",
        "holds": "false",
        "citation": {"instrument": "cn/16", "pin": "art 8", "title": "Provisions", "verified": "official"},
        "because": [{"code": "odrl.constraint", "text": "`dateTime` lt 2027", "holds": "unknown"}],
    }


def test_what_is_not_there_is_left_out():
    assert set(reason_json(LEAF)) == {"code", "text", "holds"}
    assert decision_json(Decision(Truth.TRUE)) == {"verdict": "true", "reasons": []}


def test_the_answer_of_the_border_stands_beside_the_reasons():
    rendered = decision_json(conclude((LAW,)), {"outcome": "x"})
    assert (rendered["verdict"], rendered["border"]) == ("false", {"outcome": "x"})
    assert "border" in decision_json(conclude(()), {})


def test_a_rendered_decision_is_plain_json():
    rendered = decision_json(conclude((LAW,)))
    assert json.loads(json.dumps(rendered)) == rendered
