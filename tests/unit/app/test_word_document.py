from __future__ import annotations

import io
from datetime import UTC, date, datetime

import docx

from corridor.app.word_document import as_docx
from corridor.law.dossier.document import Check, Document, Entry, Grid, Paragraph, Section

DOCUMENT = Document(
    "cn-pipia.zh",
    "zh",
    "评估报告",
    ("导语",),
    (
        Section(
            "一、基本情况",
            "法, 第56条",
            (
                Paragraph("说明"),
                Entry("处理者", "东方贸易", filled=True),
                Entry("目的", "【待填】", filled=False),
                Check("合同", "办法, 第7条"),
                Grid(("类别", "数量"), (("健康", "5"),)),
            ),
        ),
    ),
)


def test_a_word_file_holds_what_the_document_says():
    word = docx.Document(io.BytesIO(as_docx(DOCUMENT, date(2026, 11, 25))))
    assert [p.text for p in word.paragraphs] == [
        "评估报告",
        "导语",
        "一、基本情况",
        "法, 第56条",
        "说明",
        "处理者: 东方贸易",
        "目的: 【待填】",
        "☐ 合同 (办法, 第7条)",
    ]
    assert [[cell.text for cell in row.cells] for row in word.tables[0].rows] == [["类别", "数量"], ["健康", "5"]]
    assert [run.text for p in word.paragraphs for run in p.runs if run.bold] == ["【待填】"]


def test_a_word_file_says_its_title_language_and_day():
    told = docx.Document(io.BytesIO(as_docx(DOCUMENT, date(2026, 11, 25)))).core_properties
    assert (told.title, told.language) == ("评估报告", "zh")
    assert told.created.replace(tzinfo=UTC) == datetime(2026, 11, 25, tzinfo=UTC)
