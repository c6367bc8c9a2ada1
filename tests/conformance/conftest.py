"""A stage for each file: a served node, a partner that says what the tests have it say, and a third party."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest_asyncio
import served
from conformance_talk import Talk

sys.path.insert(0, str(Path(__file__).parent / "dsp_tck"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory):
    async with served.stage(tmp_path_factory.mktemp("stage")) as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talk(stage):
    return Talk(stage)
