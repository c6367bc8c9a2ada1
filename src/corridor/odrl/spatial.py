"""Countries and the two groups that border law speaks of, as a partonomy that is small enough to be exact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from corridor.base.truth import Truth


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


COUNTRIES: Final = _codes(
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ"
    " CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO"
    " FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE"
    " JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO"
    " MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW"
    " PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM"
    " TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
)
"""ISO 3166-1 alpha-2, every officially assigned code."""

_EU = _codes("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK")
# TFEU art 355(1) and (4): territories with a code of their own where the Treaties, and so Union law, apply.
_WITHIN = {"GF": "FR", "GP": "FR", "MF": "FR", "MQ": "FR", "RE": "FR", "YT": "FR", "AX": "FI"}
_EU_TERRITORY = _EU | frozenset(_WITHIN)

GROUPS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {"EU": _EU_TERRITORY, "EEA": _EU_TERRITORY | {"IS", "LI", "NO"}}
)
"""Members of each group: the European Union, the European Economic Area (with Union law applying to them)."""

# ISO gives these codes of their own, and their tie to the other country differs from law to law: neither part nor not.
_DEBATABLE: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(_codes("HK MO TW"), "CN"),
        **dict.fromkeys(_codes("AS GU MP PR UM VI"), "US"),
        **dict.fromkeys(_codes("AI BM FK GG GI GS IM IO JE KY MS PN SH TC VG"), "GB"),
        **dict.fromkeys(_codes("BL NC PF PM TF WF"), "FR"),
        **dict.fromkeys(_codes("AW BQ CW SX"), "NL"),
        **dict.fromkeys(_codes("FO GL"), "DK"),
        **dict.fromkeys(_codes("BV SJ"), "NO"),
        **dict.fromkeys(_codes("CC CX HM NF"), "AU"),
        **dict.fromkeys(_codes("CK NU TK"), "NZ"),
    }
)

_FORMS: Final = (
    "https://www.iso.org/obp/ui/#iso:code:3166:",
    "https://w3id.org/dpv/loc#",
)
"""IRI forms of a code: ISO's Online Browsing Platform, and the locations of the Data Privacy Vocabulary."""


def place_code(text: str) -> str | None:
    """The code of the country or group that `text` names (`DE`, `EU`, `https://w3id.org/dpv/loc#DE`), or None."""
    for form in _FORMS:
        text = text.removeprefix(form)
    return text if text in COUNTRIES or text in GROUPS else None


def countries_of(place: str) -> frozenset[str]:
    """The country codes that a place stands for: a group's members, or the one country."""
    return GROUPS.get(place, frozenset({place}))


def parts_of(places: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The countries that surely lie in one of `places`, each in itself, and those of which laws differ."""
    wholes = frozenset(places)
    surely = wholes.union(*(countries_of(place) for place in wholes))
    surely |= {part for part, whole in _WITHIN.items() if whole in wholes}
    return surely, frozenset(part for part, whole in _DEBATABLE.items() if whole in wholes) - surely


def is_part_of(part: str, whole: str) -> Truth:
    """Whether `part` lies in `whole`; a place lies in itself.

    UNKNOWN for a code that is no country, and for a territory whose tie to `whole` differs from law to law.
    """
    surely, perhaps = parts_of({whole})
    if part in surely:
        return Truth.TRUE
    return Truth.UNKNOWN if part in perhaps or part not in COUNTRIES else Truth.FALSE
