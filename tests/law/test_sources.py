"""The page on sources names every instrument, and every value of law says where it is from."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from corridor.law.document import list_instruments, render_instrument
from corridor.law.from_source import load_rulebook

PAGE = Path(__file__).parents[2] / "docs" / "law-sources.md"
RULEBOOK = load_rulebook(
    {
        f"{folder.name}/{file.name}": file.read_text(encoding="utf-8")
        for folder in (files("corridor.law") / "jurisdictions").iterdir()
        if folder.is_dir()
        for file in folder.iterdir()
        if file.name.endswith(".yaml")
    }
)


def test_every_instrument_stands_on_the_page_with_its_class():
    page = PAGE.read_text(encoding="utf-8")
    for instrument in list_instruments(RULEBOOK):
        assert f"| `{instrument.id}` |" in page
        row = next(line for line in page.splitlines() if line.startswith(f"| `{instrument.id}` |"))
        assert f"| {instrument.source.verified} |" in row
        assert instrument.period.start.isoformat() in row


def test_every_instrument_can_be_read():
    for instrument in list_instruments(RULEBOOK):
        text = render_instrument(RULEBOOK, instrument.id)
        assert text.startswith(instrument.title)


def test_jurisdictions_do_not_name_each_other():
    for folder in (files("corridor.law") / "jurisdictions").iterdir():
        others = {"cn", "eu"} - {folder.name}
        for file in folder.iterdir():
            if "cases" not in file.name:
                text = file.read_text(encoding="utf-8")
                assert not any(f" {other}/" in text or f"[{other}/" in text for other in others)
