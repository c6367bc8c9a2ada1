"""The fuzzer as `make fuzz` runs it, against a node that is a process of its own, with few requests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

FUZZER = Path(__file__).parents[2] / "tools" / "fuzz.py"


def test_no_hostile_request_finds_a_fault():
    done = subprocess.run(
        [sys.executable, str(FUZZER), "--requests", "400", "--seed", "2"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(" 0 faults (") == 2
    assert done.stdout.endswith("0 faults in the log\n")
