from __future__ import annotations

from datetime import date

import pytest

from corridor.app.dossier import shipped_templates
from corridor.app.rulebook import load_rules
from corridor.law.dossier.compose import dossier
from corridor.law.dossier.document import Check, Entry, Grid, Paragraph, as_markdown
from corridor.law.dossier.template_source import load_templates
from corridor.law.evaluate import assess
from corridor.law.facts import parse_facts

DAY = date(2026, 11, 22)


@pytest.fixture
def composed(rulebook, template_text, described):
    def build(**changes):
        facts = described(**changes)
        documents = dossier(
            rulebook, load_templates({"xa.yaml": template_text}, rulebook), facts, assess(rulebook, facts, DAY)
        )
        return {document.name: document for document in documents}

    return build


def test_facts_fill_their_fields_and_the_rest_is_marked(composed):
    report = composed()["xa-report.en"]
    entries = {
        block.label: (block.value, block.filled) for block in report.sections[0].blocks if isinstance(block, Entry)
    }
    assert entries == {
        "Exporter": ("[to be filled in; say exporter.name]", False),
        "Destination": ("PE", True),
        "Count": ("exported 5 persons", True),
        "Signature": ("[to be filled in]", False),
        "papers": ("[to be filled in]", False),
    }
    assert report.open_fields == 3
    assert report.sections[0].citation == "Data Act of Aland, s 7 [official]"


def test_each_language_is_a_document_of_its_own(composed):
    report = composed()["xa-report.es"]
    assert (report.title, report.sections[0].title) == ("Informe", "Partes")
    assert report.sections[0].citation == "Ley de Datos, s 7 [official]"


def test_a_section_is_there_only_where_its_condition_can_hold(composed):
    assert [one.title for one in composed()["xa-report.en"].sections] == ["Parties"]
    minors = composed(data__items=[{"category": "health", "subject": "minor_u14"}])["xa-report.en"].sections[1]
    assert [block.text for block in minors.blocks if isinstance(block, Check)] == ["Letter"]
    unsure = composed(data__items=[{"category": "health"}])["xa-report.en"].sections[1]
    assert unsure.blocks[0] == Paragraph("Whether this is needed is not known: it depends on data.items[0].subject.")


def test_a_document_is_there_only_for_its_route_and_its_facts(composed):
    assert {"xa-permit-form.en"} <= composed().keys()
    assert "xa-permit-form.en" not in composed(importer__located_in="CL")
    assert "xa-report.en" not in composed(data__items=[{"category": "vehicle", "personal": False}])


def test_papers_of_the_description_are_shown_and_not_vouched_for(composed):
    report = composed(papers=[{"id": "c-1", "kind": "xa/contract"}])["xa-report.en"]
    assert Paragraph("Shown in the description; not compared with the paper itself.") in report.sections[0].blocks
    grids = [block for block in report.sections[0].blocks if isinstance(block, Grid)]
    assert grids[-1].rows == (("xa/contract", "c-1"),)


def test_the_decision_is_recorded_with_its_reasons_routes_and_duties(composed):
    record = composed()["xa-decision.en"]
    text = as_markdown(record)
    for line in [
        "# Record of the decision: Aland, 2026-11-22",
        "ALLOWED\\_WITH\\_MECHANISM under the law of Aland.",
        "*Data Act of Aland, s 6*",
        "Route: contract (Data Act of Aland, s 6)",
        "- [ ] exporter: tell the persons (before) *(Data Act of Aland, s 7)*",
        "no authority asks",
    ]:
        assert line in text.splitlines()
    assert "In the description: none is shown." in text
    assert "This is not legal advice." in record.lead


def test_a_country_without_rules_has_no_documents(composed):
    assert {name.partition("-")[0] for name in composed()} == {"xa"}


def test_what_is_missing_is_said_in_the_record(composed):
    assert "data.counts" in as_markdown(composed(data__counts=None)["xa-decision.en"])


@pytest.fixture(scope="module")
def shipped():
    rulebook = load_rules()[0]
    return rulebook, shipped_templates(rulebook)


def made(shipped, facts):
    rulebook, templates = shipped
    described = parse_facts(facts)
    return {one.name: one for one in dossier(rulebook, templates, described, assess(rulebook, described, DAY))}


CHINESE = {
    "exporter": {"name": "东方贸易有限公司", "located_in": "CN", "role": "controller", "designations": []},
    "importer": {"name": "Berlin GmbH", "located_in": "DE", "role": "processor"},
    "transfer": {"kind": "send"},
    "data": {
        "items": [{"category": "health", "subject": "patient", "collected_in": "CN"}],
        "counts": [{"category": "health", "n": 500, "unit": "persons"}],
        "important_status": "not_notified",
    },
}


def test_a_chinese_export_gets_its_papers_in_both_languages(shipped):
    found = made(shipped, CHINESE)
    assert {"cn-pipia.zh", "cn-pipia.en", "cn-standard-contract-filing.zh"} <= found.keys()
    assert "cn-security-assessment.zh" not in found
    text = as_markdown(found["cn-pipia.zh"])
    assert "- 个人信息处理者名称: 东方贸易有限公司" in text
    assert "累计提供敏感个人信息 500 人" in text
    assert "*中华人民共和国个人信息保护法, 第56条(1)" in text
    assert [one.title for one in found["cn-pipia.en"].sections if one.title.startswith("7.")]


def test_ten_thousand_sensitive_persons_call_for_the_assessment_instead(shipped):
    many = CHINESE | {"data": CHINESE["data"] | {"counts": [{"category": "health", "n": 10_000}]}}
    found = made(shipped, many)
    assert "cn-security-assessment.zh" in found
    assert "cn-standard-contract-filing.zh" not in found


@pytest.mark.parametrize(
    ("exporter", "importer", "module"),
    [
        ("controller", "controller", "Module 1"),
        ("controller", "processor", "Module 2"),
        ("processor", "sub_processor", "Module 3"),
        ("processor", "controller", "Module 4"),
    ],
)
def test_the_module_of_the_clauses_follows_from_the_roles(shipped, exporter, importer, module):
    facts = {
        "exporter": {"located_in": "DE", "role": exporter},
        "importer": {"located_in": "CN", "role": importer},
        "data": {"items": [{"category": "contact_demographic"}]},
    }
    sections = made(shipped, facts)["eu-scc-annexes.en"].sections
    assert [one.title.partition(",")[0] for one in sections if one.title.startswith("Module")] == [module]
    assert any(one.title.startswith("Annex III") for one in sections) is (importer != "controller")


VIETNAMESE = {
    "transfer": {"kind": "send", "starts": "2026-11-01"},
    "exporter": {"name": "Saigon Co", "located_in": "VN", "public_body": False},
    "importer": {"id": "i", "located_in": "SA"},
    "data": {
        "items": [{"category": "contact_demographic", "subject": "customer"}],
        "counts": [{"category": "contact_demographic", "n": 1_000_000}],
        "important_status": "not_notified",
    },
}


def test_vietnams_dossier_lists_the_approval_of_core_data_and_names_the_first_day(shipped):
    text = as_markdown(made(shipped, VIETNAMESE)["vn-transfer-dossier.en"])
    assert "- First day of transfer: 2026-11-01" in text
    assert "- [ ] Approval of the transfer of core data" in text
    assert "dossier on important data" not in text
    few = VIETNAMESE | {"data": VIETNAMESE["data"] | {"counts": [{"category": "contact_demographic", "n": 10}]}}
    assert "core data" not in as_markdown(made(shipped, few)["vn-transfer-dossier.en"]).partition("## 1.")[0]


def test_whoever_needs_no_dossier_gets_none(shipped):
    press = VIETNAMESE | {"purpose": ["journalism"], "data": {**VIETNAMESE["data"], "counts": []}}
    assert "vn-transfer-dossier.en" not in made(shipped, press)


def test_the_assessments_of_saudi_arabia_and_malaysia_are_outlined(shipped):
    facts = {
        "transfer": {"kind": "send", "necessity": {"for": "contract_with_individual", "strictly_needed": True}},
        "exporter": {"name": "Exporter", "located_in": "SA"},
        "importer": {"name": "Importer", "located_in": "US"},
        "data": {"items": [{"category": "contact_demographic"}]},
        "purpose": ["contract_performance"],
    }
    risks = made(shipped, facts)["sa-transfer-risk-assessment.en"]
    assert [one.title.partition(".")[0] for one in risks.sections] == ["1", "2", "3", "4", "5"]
    malaysian = made(shipped, facts | {"exporter": {"name": "Exporter", "located_in": "MY"}, "transfer": {}})
    assert "- Destination: US" in as_markdown(malaysian["my-transfer-impact-assessment.en"])


AMERICAN = {
    "exporter": {"located_in": "US", "owned_by": [{"country": "CN", "pct": 25}, {"kind": "public", "pct": 75}]},
    "importer": {"located_in": "CN"},
    "transfer": {"agreement_type": "vendor", "through_cloud": True},
    "data": {
        "items": [{"category": "health", "subject_countries": ["US"]}],
        "counts": [{"category": "health", "n": 20_000}],
    },
}


def american(shipped, **changes):
    return made(shipped, {**AMERICAN, **changes})


def test_a_restricted_transaction_gets_its_compliance_file(shipped):
    found = american(shipped)["us-restricted-transaction.en"]
    assert "- Kind of agreement: vendor" in as_markdown(found)
    assert found.sections[-1].title == "Yearly report"
    alone = american(shipped, exporter={"located_in": "US", "owned_by": [{"kind": "public", "pct": 100}]})
    assert alone["us-restricted-transaction.en"].sections[-1].title == "Audit"


def test_brokerage_gets_the_clause_or_the_report_of_its_rejection(shipped):
    sale = {"kind": "sale"}
    assert "us-rejected-offer.en" in american(shipped, transfer=sale)
    german = {"located_in": "DE", "owned_by": [{"kind": "individual", "country": "DE", "pct": 100}]}
    found = american(shipped, transfer=sale, importer=german)
    assert {"us-onward-ban.en"} == {name for name in found if name.startswith("us-") and "decision" not in name}
