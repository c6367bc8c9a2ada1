"""The journey step by step: what holds is claimed, what does not is said, and one that breaks does not end the rest."""

from itertools import islice

import pytest

from corridor.cli.demo import alerts, journey
from corridor.cli.demo.journey import ALERTS, Journey, Step, receipt_statement


@pytest.fixture
def made(nodes, tmp_path):
    """A journey on the three nodes: `made(export)`; the third is left out of the offer."""

    def make(export=None, other=nodes.other):
        return Journey(nodes.eu, nodes.cn, other, alerts_file=export, folder=tmp_path)

    return make


@pytest.fixture
def step():
    return Step("0", "a step")


def test_a_step_holds_if_there_is_a_claim_and_all_hold_and_nothing_broke():
    step = Step("1", "claims")
    assert not step.held
    step.claim("one", holds=True)
    assert step.held
    step.claim("two", holds=False)
    assert not step.held
    step.claim("two", holds=True)
    step.problem = "broke"
    assert not step.held
    step.say("found")
    assert (step.lines, step.claims) == (["found"], {"one": True, "two": True})


def test_the_first_two_steps_hold_on_an_export_of_ones_own(made, tmp_path):
    export = tmp_path / "export.csv"
    alerts.write_made_up(export, 60)
    begun = []
    steps = list(islice(made(export).run(begun.append), 2))
    assert begun == steps
    assert [(one.id, one.held, one.problem) for one in steps] == [("1a", True, ""), ("1b", True, "")]
    assert steps[0].details["report"]["rows_read"] == 60
    assert not any("made up" in line for line in steps[0].lines)
    received = (tmp_path / "received-alerts.csv").read_bytes()
    assert set(alerts.origins(received)) <= set(alerts.CHINA)


def test_who_is_not_excluded_makes_the_claims_of_exclusion_fail(made, nodes, step):
    made().publish_alerts(Step("1a", "publish"))
    made(other=nodes.cn).hide_from_excluded(step)
    assert step.claims == {
        "the excluded consumer does not see the offer": False,
        "the provider can say why": False,
        "it cannot get the data by asking for them": False,
    }
    assert step.lines == ["the provider can explain it: no obstacle"]


def test_a_step_that_breaks_says_so_and_the_next_ones_still_run(made, tmp_path):
    (tmp_path / "export.csv").write_text(",".join(alerts.COLUMNS) + '\n"broken off', "utf-8")
    whole = made(tmp_path / "export.csv")
    (first,) = islice(whole.run(lambda _: None), 1)
    assert first.problem.startswith("alerts.csv line 2: not CSV: ")
    assert not first.held


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("end_with_terms", "no token was had in step 1b"), ("prove", "no alerts were had in step 1b")],
)
def test_a_step_that_rests_on_one_that_broke_says_which(made, step, name, sentence):
    with pytest.raises(journey.LocalError, match=sentence):
        getattr(made(), name)(step)


def test_a_receipt_that_does_not_come_is_not_waited_for_for_ever(made, nodes, agreed, monkeypatch):
    whole = made()
    assert receipt_statement(whole._receipt(nodes.cn, agreed["agreement"], "agreement"))["dataset"] == "agreed"
    monkeypatch.setattr(journey, "_PATIENCE", 0.1)
    assert whole._receipt(nodes.cn, agreed["agreement"], "never") is None


def test_an_answer_that_is_no_problem_document_has_a_status_all_the_same(nodes):
    url = nodes.eu.loaded.settings.listen.public_url
    assert journey._ask({"endpoint": f"{url}/health", "authorization": ""}) == (200, "")
    status, reason = journey._ask({"endpoint": f"{url}/data/none", "authorization": ""})
    assert (status, bool(reason)) == (401, True)


def test_the_short_offer_and_the_long_one_are_of_the_same_alerts(made, nodes, step):
    made().publish_alerts(step)
    assert step.lines[0] == "the alerts are made up: give your own export with --alerts FILE.csv"
    assert {ALERTS, journey.SHORT} <= {one["id"] for one in nodes.eu.client.datasets()["items"]}
