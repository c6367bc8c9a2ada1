"""The words in which a transfer is described: kinds of value, codes, and the fields of each object.

Facts only, never conclusions: what is sensitive, important or covered is derived by each jurisdiction. Codes follow ISO
3166 for places and, where a term exists, W3C DPV 2.3 for roles, data and techniques.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from corridor.law.codes import COUNTRIES, words


@dataclass(frozen=True, slots=True)
class Truthful:
    """True or false."""


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number, at least 0, of `unit`."""

    unit: str


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar day."""


@dataclass(frozen=True, slots=True)
class Text:
    """Free text; it can be shown and compared with other facts, never with a literal."""

    max_length: int = 2048


@dataclass(frozen=True, slots=True)
class Code:
    """One word out of `codes`; out of those that match `pattern` if `codes` is empty."""

    name: str
    codes: frozenset[str] = frozenset()
    pattern: re.Pattern[str] | None = None

    def admits(self, word: str) -> bool:
        """Whether `word` is one of the codes."""
        return self.pattern.fullmatch(word) is not None if self.pattern else word in self.codes


@dataclass(frozen=True, slots=True)
class Place:
    """An ISO 3166-1 country, or a part of one by ISO 3166-2 (`AE-DU`) or a private suffix (`AE-DU/DIFC`)."""

    def admits(self, word: str) -> bool:
        """Whether `word` is such a code."""
        return _PLACE.fullmatch(word) is not None and word[:2] in COUNTRIES


@dataclass(frozen=True, slots=True)
class Window:
    """The days over which something was counted: a year (`2026`), or an object with `from` and `to`."""


@dataclass(frozen=True, slots=True)
class Flags:
    """A set of codes each of which holds, does not hold, or is unknown.

    Written as a list, it is complete: what is not in it does not hold. Written as an object of truth values, what is
    not in it is unknown.
    """

    of: Code


@dataclass(frozen=True, slots=True)
class Several:
    """A list; one that is given is complete."""

    of: Kind


@dataclass(frozen=True, slots=True)
class Record:
    """An object with these fields, each of which may be left out, which makes it unknown."""

    name: str
    fields: Mapping[str, Kind] = field(hash=False)


Kind = Truthful | Number | Day | Text | Code | Place | Window | Flags | Several | Record

_PLACE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3}(/[A-Z0-9]{1,12})?)?", re.ASCII)
_TRUTH: Final = Truthful()
_DAY: Final = Day()
_TEXT: Final = Text()
_PERSONS: Final = Number("persons")
PLACE: Final = Place()


def _codes(name: str, codes: str) -> Code:
    return Code(name, frozenset(words(codes)))


ALWAYS_PERSONAL: Final = frozenset(
    words("""
    health biometric_id genetic genomic epigenomic proteomic transcriptomic financial_account precise_location
    religion_belief specific_identity race_ethnicity politics union sex_life criminal gov_id account_auth
    device_id ad_id network_id call_detail contact_demographic communications_content media_viewing
    browsing_history intimate_images employment credit education transaction_history gov_personnel_linked
    """)
)
"""Categories whose very meaning is information about an identified or identifiable person."""

CATEGORY: Final = Code(
    "category",
    ALWAYS_PERSONAL
    | frozenset(words("biospecimen gov_location general_business industrial geospatial vehicle product_safety")),
)
ROLE: Final = _codes(
    "role",
    """controller joint_controller processor sub_processor data_subject authority intermediary employee
    carrier""",
)
TRANSFER_KIND: Final = _codes(
    "kind of transfer",
    "send store_abroad remote_access publish direct_collection transit entrust sale licence physical_media",
)
SUBJECT: Final = _codes(
    "data subject",
    """
    adult employee customer patient minor_u14 minor_u17 us_person gov_personnel business_contact visitor student
    traveller
    """,
)
PURPOSE: Final = _codes(
    "purpose",
    """
    international_trade cross_border_transport academic_cooperation cross_border_manufacturing marketing
    contract_performance hr_management customer_service product_safety regulatory_cooperation central_operations
    health_care research statistics security fraud_prevention legal_claims law_enforcement public_administration
    payroll delivery payment booking service_improvement backup ai_training
    advertising
    individual_benefit journalism
    personal_communication informational_materials travel business_travel internal_communication
    banking lending securitisation securities investment_management insurance
    tax permits audit risk_management employee_benefits access_control
    telecommunications roaming drug_approval clinical_investigation post_market_surveillance
    """,
)
DESIGNATION: Final = _codes(
    "designation",
    """
    CN:CIIO CN:large_platform CN:restricted_recipient US:covered_person US:data_broker US:DPF US:DPF-HR US:safe_harbour
    US:privacy_shield US:UK_extension US:CH_extension CA:PIPEDA JP:private_sector KR:FSC_credit BR:LGPD
    EPO:organisation IN:SDF CBPR PRP ISMS-P EU:institution EU:data_processing_service EU:reuser EU:data_intermediary
    EU:data_altruism SME
    GCBPR GPRP JP:academic_institution AU:health_service_provider AU:commonwealth_contractor
    VN:micro_enterprise VN:processing_service
    IN:payment_system
    """,
)
SUBJECT_TO: Final = _codes(
    "law",
    """GDPR:3(1) GDPR:3(2) UKGDPR PIPL:3(2) LGPD HIPAA APPI PIPA PDPA:SG PDPA:TH PDPA:MY PDPL:SA PDPL:VN DPDP FADP
    US:person
    DPA:PH
    PDPO:HK PDPA:MO PA:AU PA:NZ
    PDP:ID PDPL:AE DPL:DIFC DPR:ADGM LPD:CL""",
)
REGION: Final = Code("region", pattern=re.compile(r"GBA9|[A-Z]{2}-FTZ:[a-z]{2,20}", re.ASCII))
PAPER_KIND: Final = Code("kind of paper", pattern=re.compile(r"[a-z]{2}(-[a-z0-9]{2,8})?/[a-z0-9-]{2,40}", re.ASCII))

_COUNTRIES: Final = Several(PLACE)
_OF_OWNER: dict[str, Kind] = {
    "party": _TEXT,
    "pct": Number("percent"),
    "country": PLACE,
    "basis_points": Number("hundredths of a percent"),
}
OWNER: Final = Record("owner", _OF_OWNER)
"""Somebody who stands behind a party: named by the `id` of one of the `parties`, or described in place."""

PARTY: Final = Record(
    "party",
    {
        "id": _TEXT,
        "name": _TEXT,
        "role": ROLE,
        "legal_entity_id": _TEXT,
        "group_id": _TEXT,
        "parent": _TEXT,
        "same_entity_as_exporter": _TRUTH,
        "processing_subject_to_exporter_law": _TRUTH,
        "owned_by": Several(OWNER),
        "works_for": Several(OWNER),
        "directed_by": Several(OWNER),
        "kind": _codes("kind of party", "individual entity government public"),
        "acts": Flags(
            _codes("act", "approves orders sets_policy provides_infrastructure processes_payments finances advises")
        ),
        "located_in": PLACE,
        "organised_under": _COUNTRIES,
        "principal_place": PLACE,
        "primary_residence": PLACE,
        "citizenship": _COUNTRIES,
        "permanent_resident_of": PLACE,
        "establishments": _COUNTRIES,
        "targets": _COUNTRIES,
        "monitors": _COUNTRIES,
        "designations": Flags(DESIGNATION),
        "subject_to": Flags(SUBJECT_TO),
        "regions": Flags(REGION),
        "sector": _TEXT,
        "public_body": _TRUTH,
        "public_power": _TRUTH,
        "persons_handled": _PERSONS,
        "handles_contents": _TRUTH,
        "access_controlled": _TRUTH,
        "own_purposes": _TRUTH,
        "turnover_aud": Number("AUD"),
        "sensitive_persons_handled": _PERSONS,
    },
)
for _name in words("""
    owned_by works_for directed_by kind located_in organised_under principal_place primary_residence citizenship
    permanent_resident_of designations
    """):
    _OF_OWNER[_name] = PARTY.fields[_name]

DONE_THERE: Final = ("establishments", "targets", "monitors")
"""Facts of a party, lists of places, through which a law can reach an exporter abroad."""

ITEM: Final = Record(
    "data item",
    {
        "category": CATEGORY,
        "personal": _TRUTH,
        "subject": SUBJECT,
        "purpose": PURPOSE,
        "collected_in": PLACE,
        "collected_from": _codes("origin", "data_subject third_party generated"),
        "subject_countries": _COUNTRIES,
        "already_public": _TRUTH,
        "description": _TEXT,
    },
)
COUNT: Final = Record(
    "count",
    {
        "category": CATEGORY,
        "subject": SUBJECT,
        "unit": _codes("unit", "persons devices"),
        "n": _PERSONS,
        "population": _TEXT,
        "window": Window(),
    },
)
DATA: Final = Record(
    "data",
    {
        "items": Several(ITEM),
        "counts": Several(COUNT),
        "important_status": _codes("important-data status", "not_notified notified published_catalogue core important"),
        "stored_in": _COUNTRIES,
        "domestic_data_added": _TRUTH,
        "ftz_list": _codes("negative-list status", "outside listed listed_assessment listed_contract"),
        "protected": Flags(
            _codes(
                "protection",
                """
    trade_secret ip public_sector_protected health_electronic highly_sensitive
    my_health_record
    government_specified
    """,
            )
        ),
        "marketed_as": Flags(_codes("marketing", "gov_linked opposition military")),
        "linked": _TRUTH,
        "linked_to": Flags(CATEGORY),
        "area_list_hit": _TRUTH,
        "location_precision_m": Number("metres"),
        "whole_register": _TRUTH,
    },
)
ENCRYPTION: Final = Record(
    "encryption",
    {
        "at_rest": _TRUTH,
        "in_transit": _TRUTH,
        "keys_held_by": _codes("key holder", "exporter importer trusted_third_party"),
        "keys_country": PLACE,
    },
)
_VEHICLE: Final = _codes("vehicle", "listed_security registered_fund limited_partner direct")
REQUIREMENT: Final = _codes(
    "requirement",
    "federal_law federal_grant federal_contract international_agreement drug_regulator clinical_rules foreign_law",
)
INVESTMENT: Final = Record("investment", {"vehicle": _VEHICLE, "pct": Number("percent"), "further_rights": _TRUTH})
NECESSITY: Final = Record(
    "necessity",
    {
        "for": _codes(
            "ground",
            """
    contract_with_individual contract_in_individuals_interest hr_management statutory_duty emergency
    public_interest legal_claims public_register compelling_interest treaty none
    national_interest public_health
    legal_cooperation adverse_action financial_transaction
    """,
        ),
        "strictly_needed": _TRUTH,
        "under": _codes("basis in labour law", "labour_rules collective_contract other"),
        "proceedings": _codes("proceedings", "specific possible"),
    },
)
TRANSFER: Final = Record(
    "transfer",
    {
        "id": _TEXT,
        "starts": _DAY,
        "ends": _DAY,
        "kind": TRANSFER_KIND,
        "access_from": _COUNTRIES,
        "agreement_type": _codes("agreement", "data_brokerage vendor employment investment intra_group none"),
        "consideration": _TRUTH,
        "frequency": _codes("frequency", "one_off occasional repetitive systematic continuous"),
        "limited_number": _TRUTH,
        "necessity": NECESSITY,
        "onward_to": _COUNTRIES,
        "onward_ban": _TRUTH,
        "encryption": ENCRYPTION,
        "technique": _codes("technique", "none pseudonymised deidentified anonymised aggregated split_mpc"),
        "additional_information_in": PLACE,
        "clear_text_needed": _TRUTH,
        "control_kept": _TRUTH,
        "new_purpose": _TRUTH,
        "safeguards_impracticable": _TRUTH,
        "platform_in": PLACE,
        "minimum_data": _TRUTH,
        "state_prejudice": _TRUTH,
        "investment": INVESTMENT,
        "required_by": Flags(REQUIREMENT),
        "cfius": _codes("CFIUS stage", "none announced notice_filed concluded mitigation designated_action"),
        "security_measures": _codes("standard of security", "cisa other none"),
        "chosen_to_avoid_rules": _TRUTH,
        "access_foreseen": _TRUTH,
        "through_cloud": _TRUTH,
    },
)
INFORMATION: Final = _codes(
    "information given",
    """
    country regime recipient recipient_measures items purpose period date_and_method right_to_refuse
    summary_of_protection no_comparable_safeguards app_8_1_not_applying
    """,
)
CONSENT: Final = Record(
    "consent",
    {
        "given": _TRUTH,
        "separate": _TRUTH,
        "explicit": _TRUTH,
        "informed": _TRUTH,
        "specific": _TRUTH,
        "guardian": _TRUTH,
        "withdrawable": _TRUTH,
        "date": _DAY,
        "informed_of": Flags(INFORMATION),
        "unambiguous": _TRUTH,
        "condition_of_service": _TRUTH,
        "by_deception": _TRUTH,
        "impracticable": _TRUTH,
    },
)
REQUEST: Final = Record(
    "request",
    {
        "by_authority": _TRUTH,
        "country": PLACE,
        "instrument": _TEXT,
        "treaty_based": _TRUTH,
        "reasoned_and_proportionate": _TRUTH,
        "reviewable_by_court": _TRUTH,
        "court_weighs_interests": _TRUTH,
    },
)
SCOPE: Final = Record(
    "scope",
    {"purpose": Several(PURPOSE), "categories": Several(CATEGORY), "n_max": _PERSONS, "countries": _COUNTRIES},
)
PAPER: Final = Record(
    "paper",
    {
        "id": _TEXT,
        "kind": PAPER_KIND,
        "digest": _TEXT,
        "number": _TEXT,
        "authority": _TEXT,
        "signed": _DAY,
        "effective": _DAY,
        "filed": _DAY,
        "valid_from": _DAY,
        "valid_to": _DAY,
        "parties": Several(_TEXT),
        "module": Number("module"),
        "version": _TEXT,
        "result": _codes("result", "passed refused equivalent effective_measures not_equivalent met not_met"),
        "scope": SCOPE,
        "unaltered": _TRUTH,
    },
)
FACTS: Final = Record(
    "facts",
    {
        "transfer": TRANSFER,
        "exporter": PARTY,
        "importer": PARTY,
        "parties": Several(PARTY),
        "data": DATA,
        "purpose": Several(PURPOSE),
        "legal_basis": _codes(
            "legal basis",
            """
    consent contract legal_obligation vital_interest public_task legitimate_interest hr_management emergency
    public_data
    """,
        ),
        "consent": CONSENT,
        "papers": Several(PAPER),
        "request": REQUEST,
    },
)
"""The whole description of one transfer."""

LISTS: Final[Mapping[str, Code | Place]] = {
    "place": PLACE,
    "category": CATEGORY,
    "purpose": PURPOSE,
    "subject": SUBJECT,
    "region": REGION,
    "role": ROLE,
    "designation": DESIGNATION,
}
"""What the lists of rule files may hold."""
