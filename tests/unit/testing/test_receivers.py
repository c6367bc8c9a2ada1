from __future__ import annotations

import pytest

from corridor.base.errors import MalformedError, UnreachableError
from corridor.testing.receivers import Receivers

URL = "https://hook.example/in"


async def test_receivers_keep_what_reached_them_and_answer_as_they_are_let():
    receivers = Receivers()
    await receivers.post(URL, {}, b'{"id": "1"}')
    receivers.answer, receivers.retry_after = lambda _: 400, "7"
    with pytest.raises(UnreachableError, match="answers 400"):
        await receivers.post(URL, {}, b'[{"id": "2"}, {"id": "3"}]')
    receivers.answer = lambda _: 503
    with pytest.raises(UnreachableError, match="answers 503") as failed:
        await receivers.post(URL, {}, b'{"id": "4"}')
    assert failed.value.retry_after == "7"
    receivers.answer = lambda _: 0
    with pytest.raises(UnreachableError, match="was lost"):
        await receivers.post(URL, {}, b'{"id": "5"}')
    assert receivers.ids(URL) == ["1", "2", "3", "4"]
    assert receivers.ids("https://other.example") == []


async def test_receivers_can_be_asked_and_are_called_over_tls():
    receivers = Receivers()
    await receivers.ask(URL, "node.example")
    receivers.answer = lambda _: 403
    with pytest.raises(UnreachableError, match="does not allow"):
        await receivers.ask(URL, "node.example")
    with pytest.raises(MalformedError, match="not https"):
        receivers.check("http://hook.example")
