from __future__ import annotations

import sys
import threading
from dataclasses import replace

import pytest

from corridor.app.decisions import bounded, load_desk
from corridor.app.settings import DecisionSettings, RuleSettings
from corridor.base.errors import SettingsError
from corridor.dsp.messages import Role
from corridor.dsp.states import NegotiationState
from corridor.service.desk import Agree, Hold, ProcessKind, Refuse, Situation, move_of

ASKED = Situation(
    kind=ProcessKind.NEGOTIATION,
    process="urn:p",
    role=Role.PROVIDER,
    state=NegotiationState.REQUESTED,
    partner="did:web:partner.example",
    dataset="alerts",
    agreement=None,
    offers=(),
    decision=None,
    proposal=Agree(),
    approval=Agree(),
)
HOOKS = """
from corridor.service.desk import Hold, Refuse
nothing = None
def plain(situation):
    return Hold("plain")
async def asynchronous(situation):
    return Refuse("mine", (situation.dataset,))
"""


@pytest.fixture
def hooks(tmp_path, monkeypatch):
    """A module of a user's."""
    (tmp_path / "hooks_of_a_user.py").write_text(HOOKS, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "hooks_of_a_user"
    sys.modules.pop("hooks_of_a_user", None)


async def test_a_hook_is_a_function_of_the_users_plain_or_async(hooks):
    plain = load_desk(DecisionSettings(hook=f"{hooks}:plain"))
    other = load_desk(DecisionSettings(hook=f"{hooks}:asynchronous"))
    assert await plain(ASKED) == Hold("plain")
    assert await other(ASKED) == Refuse("mine", ("alerts",))


async def test_rules_come_first(hooks):
    rules = (RuleSettings("refuse", partner="did:web:partner.example", role="provider", reason="no"),)
    desk = load_desk(DecisionSettings(f"{hooks}:plain", rules=rules))
    assert await desk(ASKED) == Refuse("rule", ("no",))
    assert await desk(replace(ASKED, role=Role.CONSUMER)) == Hold("plain")


async def test_without_hook_and_rules_the_node_goes_its_way():
    assert await move_of(load_desk(DecisionSettings()), ASKED) == Agree()


@pytest.mark.parametrize("name", ["nowhere:hook", "hooks_of_a_user:missing", "hooks_of_a_user:nothing"])
def test_a_hook_that_is_not_there_stops_the_node_at_its_start(hooks, name):
    with pytest.raises(SettingsError, match=f"the decision hook `{name}`") as caught:
        load_desk(DecisionSettings(hook=name))
    assert caught.value.place == "decisions.hook"


async def test_a_hook_that_takes_too_long_leaves_the_process_to_a_person():
    never = threading.Event()
    move = await move_of(bounded(lambda _: never.wait(5), 0.01), ASKED)
    never.set()
    assert move == Hold("the decision hook failed: it took longer than 0.01 s")
