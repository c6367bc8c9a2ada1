"""Questions about facts in words, with what each may be answered."""

from __future__ import annotations

from typing import Final

from corridor.law.domains import general_path, kind_of
from corridor.law.suppose import POPULATIONS
from corridor.law.vocabulary import Code, Day, Flags, Kind, Number, Place, Record, Several, Truthful, Window

_SHOWN: Final = 60

_PARTY: Final = {
    "id": "Which identifier does the {party} have?",
    "role": "In which role does the {party} act?",
    "located_in": "In which country is the {party}?",
    "organised_under": "Under the law of which countries is the {party} organised?",
    "principal_place": "Where is the {party}'s principal place of business?",
    "primary_residence": "Where does the {party} chiefly reside?",
    "citizenship": "Which citizenships does the {party} hold?",
    "permanent_resident_of": "Of which country is the {party} a permanent resident?",
    "establishments": "In which countries does the {party} have establishments?",
    "targets": "To the people of which countries does the {party} offer goods or services?",
    "monitors": "The behaviour of people in which countries does the {party} monitor?",
    "owned_by": "Who owns the {party}?",
    "kind": "Is the {party} an individual, an entity, a government, or the public?",
    "works_for": "For whom does the {party} work?",
    "directed_by": "Who directs the {party} without owning it?",
    "same_entity_as_exporter": "Is the {party} the same legal entity as the exporter?",
    "processing_subject_to_exporter_law": "Is the {party}'s processing itself subject to the exporter's law?",
    "public_body": "Is the {party} a public body?",
    "public_power": "Does the {party} act in the exercise of public power?",
    "persons_handled": "The personal information of how many persons does the {party} handle in all?",
    "sector": "In which sector is the {party}?",
}
_TEXTS: Final = {
    "transfer.kind": "How do the data move?",
    "transfer.access_from": "From which countries are the data looked at?",
    "transfer.agreement_type": "Under which kind of agreement do they move?",
    "transfer.consideration": "Is anything given in return for the data?",
    "transfer.frequency": "How often do they move?",
    "transfer.limited_number": "Are only a limited number of persons concerned?",
    "transfer.necessity.for": "What is the transfer necessary for?",
    "transfer.necessity.strictly_needed": "Are all of the data strictly needed for that?",
    "transfer.onward_ban": "Is the recipient barred from passing the data on?",
    "transfer.onward_to": "To which countries are they passed on?",
    "transfer.technique": "Which technique was applied to the data before they move?",
    "transfer.clear_text_needed": "Does the recipient need the data in the clear?",
    "transfer.investment.vehicle": "Through which vehicle is the investment made?",
    "transfer.investment.pct": "How much of votes and equity together does the investor get, in percent?",
    "transfer.investment.further_rights": "Does the investor get rights beyond those of a minority shareholder?",
    "transfer.required_by": "What requires the transfer?",
    "transfer.through_cloud": "Does it involve cloud computing?",
    "data.area_list_hit": "Is a place among the data on the list of government-related locations?",
    "data.items[].subject_countries": "Of which countries are these persons citizens or residents?",
    "data.items[].collected_from": "From whom was this collected?",
    "parties": "Who else has a hand in the transfer, or stands behind a party?",
    "data.items": "Which categories of data move?",
    "data.counts": "How many different persons are the data about?",
    "data.counts[].n": "How many different persons are counted here?",
    "data.counts[].window": "Over which days were they counted?",
    "data.important_status": "What is the status of the data as important data?",
    "data.ftz_list": "Are the data on the negative list of the exporter's free trade zone?",
    "data.domestic_data_added": "Were data added that were collected inside the country?",
    "data.stored_in": "In which countries are the data stored?",
    "data.location_precision_m": "How precise is the location, in metres?",
    "data.items[].personal": "Is this information about an identified or identifiable person?",
    "data.items[].category": "Of which category is this?",
    "data.items[].subject": "About whom is this?",
    "data.items[].collected_in": "In which country was this collected?",
    "data.items[].already_public": "Was this public before?",
    "purpose": "For which purposes are the data used?",
    "legal_basis": "On which legal basis are they processed?",
    "consent.given": "Did the persons consent?",
    "consent.separate": "Was this a consent of its own, for this transfer?",
    "consent.explicit": "Was the consent explicit?",
    "consent.informed": "Were the persons informed of the risks before?",
    "consent.specific": "Was the consent given for this very transfer?",
    "consent.guardian": "Did a guardian consent?",
    "consent.withdrawable": "Can the consent be withdrawn?",
    "request.by_authority": "Does a foreign court or authority ask for the data?",
    "request.country": "Of which country is the court or authority?",
    "request.treaty_based": "Does the request rest on a treaty?",
}


def wording(path: str) -> str:
    """The question for an unknown fact: `In which role does the importer act? (importer.role)`."""
    return f"{_worded(path)} ({path})"


def _worded(path: str) -> str:
    if path == POPULATIONS:
        return "Are the counts of the same persons, or of different ones?"
    name, _, code = path.partition(" has ")
    if code:
        party, _, what = name.rpartition(".")
        words = {"designations": "designated as", "subject_to": "subject to", "regions": "in the region"}.get(what)
        if words:
            return f"Is the {party} {words} {code}?"
        return f"Does {_spaced(name)} include {code}?"
    party, _, field = name.partition(".")
    if party in {"exporter", "importer"} and field in _PARTY:
        return _PARTY[field].format(party=party)
    found = _TEXTS.get(general_path(path))
    return found or f"What is {_spaced(general_path(path).replace('[]', ''))}?"


def _spaced(path: str) -> str:
    return ", ".join(word.replace("_", " ") for word in path.split("."))


def admitted(path: str) -> str:
    """What may be answered, in one line."""
    if path == POPULATIONS:
        return "same or different"
    if path == "data.items":
        return f"categories, separated by commas: {_codes(kind_of('data.items[].category'))}"
    if path == "data.counts":
        return "a number, or one for each category: contact_demographic 120000, health 50"
    if " has " in path:
        return "yes or no"
    return _admitted(kind_of(general_path(path)))


def _admitted(kind: Kind | None) -> str:
    match kind:
        case Number(unit):
            return f"a whole number of {unit}"
        case Code():
            return f"one of: {_codes(kind)}"
        case Several(Record() as record):
            return f"none, or a list in YAML: [{{{', '.join(f'{name}: …' for name in record.fields)}}}]"
        case Several(inner):
            return f"none, or several separated by commas; each {_admitted(inner)}"
        case Flags(of):
            return f"none, or several separated by commas: {_codes(of)}"
    return _PLAIN.get(type(kind), "a text")


_PLAIN: Final = {
    Truthful: "yes or no",
    Day: "a day such as 2026-11-22",
    Place: "a country by its ISO code, such as DE",
    Window: "a year such as 2026, or the first and the last day: 2026-01-01 2026-06-30",
}


def _codes(kind: Kind | None) -> str:
    if not isinstance(kind, Code):
        return ""
    codes = sorted(kind.codes)
    return ", ".join(codes[:_SHOWN]) if codes else f"codes of the form {kind.pattern.pattern if kind.pattern else ''}"
