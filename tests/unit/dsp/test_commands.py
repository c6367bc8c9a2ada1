from __future__ import annotations

from corridor.dsp.commands import Cancel, Closed, Decide, Send


def test_commands_are_compared_by_what_they_ask_for(talk):
    assert Send(talk.first_request()) == Send(talk.first_request())
    assert Send(talk.first_request()) != Send(talk.first_request("request-2"))
    assert Cancel("a") != Cancel("b")
    assert Decide() == Decide()
    assert Decide() != Closed()


def test_commands_can_be_kept_in_sets():
    assert {Decide(), Decide(), Closed(), Cancel("a")} == {Closed(), Cancel("a"), Decide()}


def test_a_command_to_send_shows_no_token(talk):
    assert "s3cret" not in repr(Send(talk.transfer_request(data_address=talk.data_address())))
