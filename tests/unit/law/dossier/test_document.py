from __future__ import annotations

from corridor.law.dossier.document import Check, Document, Entry, Grid, Paragraph, Section, as_markdown, plain


def document(*blocks):
    return Document("d.en", "en", "Report", ("First line.",), (Section("Part 1", "Act, art 1", blocks),))


def test_a_document_reads_from_title_to_blocks():
    text = as_markdown(
        document(
            Paragraph("Say this."),
            Entry("Handler", "Trading Co", filled=True),
            Entry("Purpose", "[to be filled in]", filled=False),
            Check("The contract", "Act, art 7"),
            Grid(("category", "number"), (("health", "5"),)),
        )
    )
    assert text == (
        "# Report\n\nFirst line.\n\n## Part 1\n\n*Act, art 1*\n\nSay this.\n\n"
        "- Handler: Trading Co\n- Purpose: **\\[to be filled in\\]**\n\n"
        "- [ ] The contract *(Act, art 7)*\n\n"
        "| category | number |\n|---|---|\n| health | 5 |\n"
    )


def test_what_facts_hold_is_never_markup():
    text = as_markdown(document(Entry("Name", "<script>|**x**\n# no", filled=True)))
    assert "- Name: \\<script\\>\\|\\*\\*x\\*\\* \\# no\n" in text
    assert plain(" a\n\tb ") == "a b"


def test_open_fields_are_counted():
    open_, filled = Entry("a", "?", filled=False), Entry("b", "1", filled=True)
    assert document(open_, filled, open_, Paragraph("x")).open_fields == 2
