"""Made-up customer records without sensitive data, as many persons as asked for, and how an exporter publishes them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from corridor.base.json import JsonObject

_BATCH: Final = 50_000
_COUNTED_UP_TO: Final = 200_000
"""Above this, the number is taken from the profile alone, which saves the time of counting persons in the file."""


def write_made_up(path: Path, first: int, persons: int) -> None:
    """Write one record for each of `persons` made-up customers, numbered from `first` on."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("customer_id,name,email,city\n")
        for start in range(first, first + persons, _BATCH):
            stop = min(start + _BATCH, first + persons)
            file.write("".join([_record(number) for number in range(start, stop)]))


def _record(number: int) -> str:
    return f"C{number:08d},Customer {number},c{number:08d}@shop.example,Hangzhou\n"


def publication(name: str, file: str, persons: int) -> JsonObject:
    """How the exporter publishes them: facts about the data, never what follows from them."""
    table = {
        "columns": {"customer_id": {"required": True}, "name": {}, "email": {}, "city": {}},
        "person_column": "customer_id",
    }
    counted = {"table": table} if persons <= _COUNTED_UP_TO else {}
    return {
        "id": name,
        "title": f"Customer records, {persons:,} persons",
        "keywords": ["customers"],
        "source": {"file": file, "media_type": "text/csv", **counted},
        "profile": {
            "data": {
                "items": [{"category": "contact_demographic", "subject": "customer", "collected_in": "CN"}],
                "counts": [{"category": "contact_demographic", "unit": "persons", "n": persons, "population": name}],
                "important_status": "not_notified",
            },
            "purpose": ["customer_service"],
        },
        "offers": [
            {
                "id": f"{name}/service",
                "permission": [
                    {
                        "action": "use",
                        "constraint": [
                            {
                                "leftOperand": "purpose",
                                "operator": "eq",
                                "rightOperand": "urn:corridor:purpose:customer-service",
                            }
                        ],
                    }
                ],
            }
        ],
    }
