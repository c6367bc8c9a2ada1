"""Lets the suites of this folder import what runs the Dataspace Protocol's compatibility kit."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "dsp_tck"))
