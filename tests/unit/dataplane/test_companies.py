from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.dataplane.companies import is_company


@pytest.mark.parametrize(
    "name",
    [
        "ACME Ltd", "ACME Ltd.", "Shenzhen Lucky Technology Co., Ltd", "Shenzhen X Co.,Ltd.", "Müller GmbH & Co. KG",
        "Rossi S.r.l.", "Rossi SRL, Via Roma 1, Milano", "Ferrero S.p.A.", "TotalEnergies SA", "Dupont S.A.S. (Paris)",
        "Philips B.V.", "Volvo AB", "Nokia Oyj", "Kesko Oy", "LEGO A/S", "Joe & the Juice ApS", "Škoda s.r.o.",
        "Alza s. r. o.", "Allegro sp. z o.o.", "Richter Kft.", "Podravka d.o.o.", "Софарма ООД", "Sofia Trade OOD",

        "Amazon.com Inc", "Amazon Services LLC", "Intel Corp.", "UAB Vinted",
        "\u041e\u041e\u041e Ромашка", "深圳市幸运科技有限公司",
        "株式会社ソニー", "Ministry of Health", "General Administration of Customs", "海关总署海关",
        "\uff21\uff23\uff2d\uff25\u3000\uff2c\uff54\uff44",
        "Tesla Motors Limited - Berlin", "Bundesamt für Verbraucherschutz",
    ],
)  # fmt: skip
def test_a_company_or_authority_is_known_by_its_form(name):
    assert is_company(name)


@pytest.mark.parametrize(
    "name",
    [
        "", " ", "Jan Novak", "María José Sá Pinto", "Jan Novak, ACME Ltd", "Jan Novak (ACME GmbH)", "Ltd", "Amazon",
        "Novák S. A.", "Anna's Beauty Spa", "Sas Berger", "ab", "Max Muster - Inc", "ACME Ltd (natural person)",
        "Private seller ACME Inc", "王小明", "王小明\uff08自然人\uff09有限公司", "Co",
        "AS Berg", "J. R. R. Tolkien", "Agnes Ag",
    ],
)  # fmt: skip
def test_whoever_is_not_known_to_be_one_is_not(name):
    assert not is_company(name)


@given(st.text(max_size=200))
def test_any_name_is_judged(name):
    assert is_company(name) in (True, False)


def test_a_long_name_is_judged_soon():
    assert not is_company("x " * 60_000)
    assert not is_company("natural " + " " * 100_000 + "x")
