from __future__ import annotations

from datetime import date

import pytest

from corridor.app.dossier import write_dossier
from corridor.base.errors import SettingsError
from corridor.law.dossier.document import Document, Entry, Section

DAY = date(2026, 11, 25)
ONE = Document("cn-pipia.en", "en", "Report [draft]", (), (Section("1", "Act", (Entry("a", "?", filled=False),)),))


def test_each_document_is_written_twice_beside_an_index(tmp_path):
    files = write_dossier(tmp_path / "new" / "case", (ONE,), DAY)
    assert [file.name for file in files] == ["README.md", "cn-pipia.en.md", "cn-pipia.en.docx"]
    assert all(file.is_file() for file in files)
    assert "| [Report \\[draft\\]](cn-pipia.en.md) | en | 1 |" in files[0].read_text("utf-8")
    assert [entry.name for entry in (tmp_path / "new").iterdir()] == ["case"]


def test_an_empty_folder_is_taken_and_a_full_one_never(tmp_path):
    (tmp_path / "empty").mkdir()
    write_dossier(tmp_path / "empty", (ONE,), DAY)
    before = (tmp_path / "empty" / "cn-pipia.en.md").read_bytes()
    with pytest.raises(SettingsError, match="is there already and is not overwritten"):
        write_dossier(tmp_path / "empty", (), DAY)
    assert (tmp_path / "empty" / "cn-pipia.en.md").read_bytes() == before
    (tmp_path / "file").write_text("x")
    with pytest.raises(SettingsError, match="is there already"):
        write_dossier(tmp_path / "file", (ONE,), DAY)


def test_a_folder_that_cannot_be_made_is_a_sentence_and_leaves_nothing(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(SettingsError, match="the dossier cannot be written: "):
        write_dossier(tmp_path / "file" / "case", (ONE,), DAY)
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
