from __future__ import annotations

import pytest

TEMPLATES = """
jurisdiction: XA
documents:
  - id: xa/report
    title: {es: Informe, en: Report}
    pin: xa/act s 7
    when: personal
    notes: [{es: Se guarda., en: To be kept.}]
    sections:
      - title: {es: Partes, en: Parties}
        pin: xa/act s 7
        text: {es: Quién., en: Who.}
        fields:
          - {label: {es: Exportador, en: Exporter}, fact: exporter.name}
          - {label: {es: Destino, en: Destination}, fact: importer.located_in}
          - {label: {es: Cuenta, en: Count}, answer: counts}
          - {label: {es: Firma, en: Signature}}
        tables: [items, papers]
      - title: {es: Menores, en: Minors}
        pin: xa/act s 5
        verified: recalled
        when: data.items any (subject == minor_u14)
        checks:
          - {text: {es: Carta, en: Letter}, pin: xa/act s 5}
          - {text: {es: Nunca, en: Never}, pin: xa/act s 5, when: "false"}
  - id: xa/permit-form
    title: {en: Permit form}
    pin: xa/act s 4
    mechanisms: [permit]
    sections: []
"""


@pytest.fixture(scope="session")
def template_text():
    return TEMPLATES
