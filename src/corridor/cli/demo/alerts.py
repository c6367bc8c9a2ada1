"""Product-safety alerts: the columns of a Safety Gate export, made-up rows in them, and their publication."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from corridor.base.errors import MalformedError
from corridor.base.json import JsonObject
from corridor.cli.show import why

COLUMNS: Final = (
    "alert_number",
    "barcode",
    "batch_number",
    "brand",
    "company_recall_code",
    "country_of_origin",
    "measures_authorities",
    "notifying_country",
    "product_category",
    "product_description",
    "product_name",
    "production_dates",
    "risk_description",
    "risk_type",
    "type",
)
CHINA: Final = ("People's Republic of China", "Peoples Republic of China")
"""The two spellings of the origin that exports hold."""
ROWS: Final = 240
_SEED: Final = 2024

_PRODUCTS: Final = (
    ("Toys", "Plush bear", "Soft toy with sewn-on eyes", "Choking", "The eyes come off; a small child may choke."),
    ("Electrical appliances and equipment", "USB charger", "White, one port", "Electric shock", "Poor insulation."),
    ("Cosmetics", "Perfume", "Spray bottle, 100 ml", "Chemical", "Contains BMHCA, which may harm the unborn child."),
    ("Protective equipment", "Bicycle helmet", "Helmet in blue and black", "Injuries", "The helmet cracks on impact."),
    ("Childcare articles", "Baby walker", "Walker with six wheels", "Injuries", "The walker can fall down steps."),
)
_ORIGINS: Final = (*CHINA, *CHINA, "Germany", "Italy", "Unknown", "Türkiye")
_COUNTRIES: Final = ("Germany", "France", "Italy", "Sweden", "Poland")
_TRADERS: Final = (
    "Brightway Toys (Shantou) Co., Ltd.",
    "Kunze Handels GmbH",
    "Li Wei (natural person)",
    "Anna Nowak",
    "Nordlys Import AB",
)


def write_made_up(path: Path, rows: int = ROWS) -> None:
    """Write made-up alerts to `path`: the same at each run, with the faults that real exports have."""
    chance = random.Random(_SEED)  # noqa: S311 - made-up data, the same at each run
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(_row(chance, number) for number in range(1, rows + 1))


def _row(chance: random.Random, number: int) -> list[str]:
    category, name, description, risk, why = chance.choice(_PRODUCTS)
    trader = chance.choice(_TRADERS)
    measures = (
        "Type of economic operator to whom the measure(s) were ordered: Retailer\n"
        f"Category of measure(s): Withdrawal of the product from the market\nTrader: {trader}"
    )
    row = {
        "alert_number": f"A12/{number:05d}/24",
        "barcode": _barcode(chance),
        "batch_number": f"B{chance.randrange(10**5):05d}" if _in_percent(chance, 30) else "",
        "brand": chance.choice(("Lumo", "Kinderglück", "Sparkz", "Bellaria", "")),
        "country_of_origin": chance.choice(_ORIGINS),
        "measures_authorities": measures if _in_percent(chance, 50) else "",
        "notifying_country": chance.choice(_COUNTRIES),
        "product_category": category,
        "product_description": description,
        "product_name": name,
        "risk_description": why,
        "risk_type": risk,
        "type": "Consumer",
    }
    return [row.get(column, "") for column in COLUMNS]


def _barcode(chance: random.Random) -> str:
    """A GTIN-13 for half of the rows; one in eight of those with a wrong check digit."""
    if _in_percent(chance, 50):
        return ""
    digits = [4, 0, *(chance.randrange(10) for _ in range(10))]
    check = -sum(digit * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10
    wrong = _in_percent(chance, 12)
    return "".join(map(str, [*digits, (check + wrong) % 10]))


def _in_percent(chance: random.Random, percent: int) -> bool:
    return chance.randrange(100) < percent


def check_export(path: Path) -> None:
    """Refuse a file that is no export in these columns, before anything is started.

    Raises:
        MalformedError: it is missing, not a file, not text, or has other columns.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = tuple(next(csv.reader(file), ()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        cause = str(error) if isinstance(error, csv.Error) else why(error)
        raise MalformedError(f"the alerts cannot be read: {cause}", place=str(path)) from None
    if header != COLUMNS:
        raise MalformedError(
            f"the alerts do not have the columns of a Safety Gate export: {_difference(header)}",
            place=f"{path}:1",
            remedy=f"the header is {','.join(COLUMNS)}",
        )


def _difference(header: tuple[str, ...]) -> str:
    """What is wrong with a header: columns that are missing, else those that are too many, else their order."""
    if missing := [name for name in COLUMNS if name not in header]:
        return f"missing are {', '.join(f'`{name}`' for name in missing)}"
    if len(header) > len(COLUMNS):
        return f"there are {len(header)} of them, not {len(COLUMNS)}"
    return "only their order differs"


def origins(data: bytes) -> Iterator[str]:
    """The country of origin of each row of a delivered file."""
    for row in csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")):
        yield row["country_of_origin"]


def publication(identifier: str, file: str, excluded: str, ends: str) -> JsonObject:
    """How the authority publishes them: only alerts of Chinese origin, traders who are natural persons masked.

    Args:
        identifier: of the dataset.
        file: under the node's data folder.
        excluded: a participant that the offer is not for.
        ends: the instant after which the data may not be used, `xsd:dateTimeStamp`.
    """
    columns: dict[str, Any] = {name: {} for name in COLUMNS}
    columns["alert_number"] = {"required": True, "unique": True, "pattern": "[A-Z0-9]+/[0-9]{4,5}/[0-9]{2}"}
    columns["barcode"] = {"format": "gtin", "separator": "newline"}
    columns["country_of_origin"] = {"required": True}
    labels = ["Trader", "Seller", "Manufacturer", "Importer", "Distributor", "Retailer", "Online seller"]
    table = {
        "columns": columns,
        "keep": {"country_of_origin": list(CHINA)},
        "mask": [{"column": "measures_authorities", "label": labels, "when": "natural_person"}],
    }
    return {
        "id": identifier,
        "title": "Product-safety alerts on products of Chinese origin",
        "description": "Alerts of a market-surveillance authority; traders who are natural persons are masked.",
        "keywords": ["product safety", "market surveillance", "recall"],
        "source": {"file": file, "media_type": "text/csv", "table": table},
        "profile": {
            "data": {"items": [{"category": "product_safety", "personal": False}]},
            "purpose": ["product_safety"],
        },
        "offers": [{"id": f"{identifier}/customs", **_offer(excluded, ends)}],
    }


def _offer(excluded: str, ends: str) -> JsonObject:
    """For market surveillance, for everyone but `excluded`, until `ends`; not to be sold on."""
    constraints = [
        {"leftOperand": "purpose", "operator": "eq", "rightOperand": "urn:corridor:purpose:product-safety"},
        {"leftOperand": "assignee", "operator": "neq", "rightOperand": excluded},
        {"leftOperand": "dateTime", "operator": "lteq", "rightOperand": ends},
    ]
    return {"permission": [{"action": "use", "constraint": constraints}], "prohibition": [{"action": "sell"}]}
