from __future__ import annotations

from corridor.law.dossier.template_source import load_templates


def test_english_is_the_first_language(rulebook, template_text):
    report, form = load_templates({"xa.yaml": template_text}, rulebook)
    assert (report.languages, form.languages) == (("en", "es"), ("en",))
