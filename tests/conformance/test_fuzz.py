"""A short run of both fuzzers, the same at each run; `make fuzz` is the long one, on a node of its own."""

from __future__ import annotations

import asyncio

import pytest
import served
from fuzzing import DspFuzzer, fuzz_management, fuzz_protocol

from corridor.http.management.server import create_app

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_no_request_to_the_protocol_listener_gives_a_fault(talk, stage):
    _, agreement = await talk.agree()
    fuzzer = DspFuzzer(1, talk.me.callback, (talk.me.id, stage.id), talk.me.token)
    fuzzer.agreements.append(agreement["@id"])
    tally = await fuzz_protocol(stage.url, fuzzer, 400)
    assert tally.faults == []
    assert {200, 201, 400, 401, 404, 405} <= set(tally.statuses)
    assert (await talk.agree())[1]["@id"]


async def test_no_request_to_the_management_listener_gives_a_fault(stage, tmp_path):
    app = create_app(stage.node.context, token="secret", changes=stage.node.signal)
    async with served.serving_anywhere(app) as url:
        tally = await asyncio.to_thread(fuzz_management, url, "secret", 300)
    assert tally.faults == []
    assert tally.sent >= 200
    assert {200, 400, 404} <= set(tally.statuses)
