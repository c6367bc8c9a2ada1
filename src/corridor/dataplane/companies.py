"""Tells companies and authorities from everybody else by their names: by legal form, never by guess."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# Forms that no personal name holds: they count anywhere behind the first word. Written without dots.
_FORM_WORDS: Final = """
    ltd limited llc llp plc inc incorporated corp corporation gmbh mbh ggmbh ohg kgaa srl sarl sàrl srls eurl
    bvba sprl aps oyj oü uab ltda lda sro doo ood eood kft zrt nyrt pte pty pvt sdn bhd ооо оод еоод
"""  # noqa: RUF001 - the last ones are Cyrillic
# Forms that are also surnames, initials or words: only in this spelling, and only as the last word of the name.
_LAST_FORM_WORDS: Final = (
    "SA SAS SpA SPA AG AB AS A/S AD BV NV SE KG UG SC SL SLU SNC SCS SIA EE AE EPE IKE Oy OY Bt KK VOF Co"
)
# Forms that some languages set in front.
_FIRST_FORM_WORDS: Final = "UAB SIA OÜ PT OOO ООО ОАО ЗАО"  # noqa: RUF001 - the last ones are Cyrillic
# Polish `sp. z o.o.` and Czech and Slovak `s. r. o.`, which are written with spaces.
_SPACED_FORMS: Final = ((-2, ["z", "oo"]), (-3, ["s", "r", "o"]))
# Words of public bodies and of associations of companies.
_AUTHORITY_WORDS: Final = """
    authority authorities ministry agency customs inspectorate directorate commission municipality department
    university administration government bundesamt bundesanstalt ministerium zollamt ministère douane agenzia ministero
"""
# Company words of languages that set no space between words.
_EAST_ASIAN: Final = ("公司", "有限", "株式会社", "合同会社", "集团", "集團", "주식회사", "海关", "总局", "委员会")
_NATURAL: Final = re.compile(r"natural\s{1,4}person|private\s{1,4}(?:person|individual|seller)|自然人", re.IGNORECASE)
# What ends the name in front of an address or a remark.
_NAME_ENDS: Final = re.compile(r",(?!\s*(?:ltd|inc|llc|corp|co|limited)\b)|\(|\s[-\u2013\u2014]\s|\t", re.IGNORECASE)
_BETWEEN_WORDS: Final = re.compile(r"[\s,]+")
_WORD_EDGES: Final = " .,;:\"'()[]&\u201c\u201d\u201e"
_FORMS: Final = frozenset(_FORM_WORDS.split())
_LAST_FORMS: Final = frozenset(_LAST_FORM_WORDS.split())
_FIRST_FORMS: Final = frozenset(_FIRST_FORM_WORDS.split())
_AUTHORITIES: Final = frozenset(_AUTHORITY_WORDS.split())


def is_company(name: str) -> bool:
    """Whether `name` shows a legal form or is a public body's, and nothing in it says natural person."""
    if _NATURAL.search(name):
        return False
    name = unicodedata.normalize("NFKC", name)
    if any(word in name for word in _EAST_ASIAN):
        return True
    firm = _NAME_ENDS.split(name.strip(), maxsplit=1)[0]
    words = [word.strip(_WORD_EDGES).replace(".", "") for word in _BETWEEN_WORDS.split(firm)]
    words = [word for word in words if word]
    return len(words) > 1 and (_names_authority(words) or _has_form(words))


def _names_authority(words: list[str]) -> bool:
    return any(word.casefold() in _AUTHORITIES for word in words)


def _has_form(words: list[str]) -> bool:
    return (
        any(word.casefold() in _FORMS for word in words[1:])
        or words[0] in _FIRST_FORMS
        or words[-1] in _LAST_FORMS
        or any(words[place:] == form for place, form in _SPACED_FORMS)
    )
