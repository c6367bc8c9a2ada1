"""The page on sources names every instrument, and every value of law says where it is from."""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import files
from pathlib import Path

from corridor.law.document import list_instruments, render_instrument
from corridor.law.from_source import load_rulebook

ROOT = Path(__file__).parents[2]
RULEBOOK = load_rulebook(
    {
        f"{folder.name}/{file.name}": file.read_text(encoding="utf-8")
        for folder in (files("corridor.law") / "jurisdictions").iterdir()
        if folder.is_dir()
        for file in folder.iterdir()
        if file.name.endswith(".yaml")
    }
)


def test_the_page_is_what_the_rule_files_say():
    tool = [sys.executable, ROOT / "tools/law_sources.py", "--check"]
    done = subprocess.run(tool, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_instrument_can_be_read():
    for instrument in list_instruments(RULEBOOK):
        text = render_instrument(RULEBOOK, instrument.id)
        assert text.startswith(instrument.title)


def test_jurisdictions_do_not_name_each_other():
    folders = [folder for folder in (files("corridor.law") / "jurisdictions").iterdir() if folder.is_dir()]
    for folder in folders:
        others = {other.name for other in folders} - {folder.name}
        for file in folder.iterdir():
            if "cases" not in file.name:
                text = file.read_text(encoding="utf-8")
                assert not any(f" {other}/" in text or f"[{other}/" in text for other in others)
