"""The border decision: how long one takes, explained and not, beside other rule engines on China's ladder.

Prints the fastest of many rounds in microseconds, which other work on the machine does not change much; asserts
nothing. The other engines are no dependencies of the product (OpenFisca is AGPL): install them into an environment of
their own and name its Python.

    python -m venv /tmp/rivals && /tmp/rivals/bin/pip install openfisca-core cel-python regopy
    python benchmarks/law.py [--rivals /tmp/rivals/bin/python] [--rounds 4000]
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from corridor.app.rulebook import load_rules
from corridor.law.evaluate import assess
from corridor.law.explain import as_json, as_text
from corridor.law.facts import parse_facts
from corridor.law.fast import compiled
from corridor.law.verdict import decide

DAY = date(2026, 11, 22)
FACTS = {
    "transfer": {"kind": "send"},
    "exporter": {"id": "did:web:shop.example", "located_in": "CN", "designations": {"CN:CIIO": False}},
    "importer": {"id": "did:web:service.example", "located_in": "DE"},
    "data": {
        "items": [{"category": "contact_demographic", "subject": "customer"}],
        "important_status": "not_notified",
        "counts": [{"category": "contact_demographic", "unit": "persons", "n": 120_000, "population": "customers"}],
    },
}
FLAT = {
    "importer_in": "DE",
    "exporter_in": "CN",
    "subject_to_pipl": False,
    "kind": "send",
    "viewed_abroad": False,
    "restricted_recipient": False,
    "by_authority": False,
    "pi": True,
    "important": "not_notified",
    "ground": "none",
    "strictly_needed": False,
    "trade_purpose": False,
    "all_from_abroad": False,
    "domestic_added": True,
    "ftz_list": "listed",
    "ciio": False,
    "gba9": False,
    "onward_ban": False,
    "persons": 120_000,
    "sensitive_persons": 0,
}
"""The same transfer for the other engines: every fact given, the persons counted."""


def fastest(work: Callable[[], object], rounds: int) -> float:
    """The fastest of so many rounds, in microseconds."""
    best = float("inf")
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begun)
    return best * 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rivals", type=Path)
    parser.add_argument("--rounds", type=int, default=4000)
    options = parser.parse_args()
    rulebook, _ = load_rules()
    for jurisdiction in rulebook.jurisdictions.values():
        compiled(jurisdiction)
    facts, china = parse_facts(FACTS), {**FACTS, "importer": {"id": "did:web:x.example", "located_in": "AQ"}}
    alone = parse_facts(china)

    def explained_with_steps() -> None:
        for ruling in assess(rulebook, facts, DAY).rulings:
            _ = ruling.steps

    whole = assess(rulebook, facts, DAY)
    rows = {
        "CN to DE, answer alone": lambda: decide(rulebook, facts, DAY),
        "CN to DE, explained": lambda: assess(rulebook, facts, DAY),
        "CN to DE, explained with every step": explained_with_steps,
        "the description read": lambda: parse_facts(FACTS),
        "the answer as text": lambda: as_text(whole),
        "the answer as JSON": lambda: as_json(whole),
        "China's ladder, answer alone": lambda: decide(rulebook, alone, DAY),
    }
    print(f"CPython {platform.python_version()}, {len(rulebook.jurisdictions)} jurisdictions; the fastest round, µs")
    for name, work in rows.items():
        print(f"{name:<44}{fastest(work, options.rounds):>10.1f}")
    if options.rivals:
        ran = subprocess.run(
            [options.rivals, Path(__file__).with_name("law_rivals.py")],
            input=json.dumps(FLAT),
            capture_output=True,
            text=True,
            check=True,
        )
        for name, found in json.loads(ran.stdout).items():
            print(f"China's ladder, {name + ', rung ' + str(found['rung']):<28}{found['microseconds']:>10.1f}")


if __name__ == "__main__":
    main()
