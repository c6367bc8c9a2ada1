#!/usr/bin/env python3
"""A portfolio by columns beside the same transfers one by one: seconds and peak memory, all jurisdictions, two parties.

Run: `.venv/bin/python benchmarks/portfolio.py [--transfers 1000000] [--alone 20000]`
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import resource
import tempfile
import time
from datetime import date
from pathlib import Path

import polars as pl

from corridor.app.portfolio import assess_portfolio
from corridor.app.rulebook import load_rules
from corridor.law.evaluate import assess
from corridor.law.facts import parse_facts

DAY = date(2026, 11, 25)
CATEGORIES = ["health", "contact_demographic", "employment", "financial_account", "precise_location", "product_safety"]


def places(rulebook):
    """One place of each jurisdiction."""
    return [min(e.value.member for e in one.territory.entries) for one in rulebook.jurisdictions.values()]


def portfolio(rulebook, number):
    """Transfers with counts that all differ; one in fifty shows a paper."""
    pick = random.Random(1)
    kinds = [
        json.dumps(
            [{"category": one, "subject": pick.choice(["customer", "employee", "patient"]), "collected_in": place}]
        )
        for one in CATEGORIES
        for place in places(rulebook)
    ]
    paper = json.dumps([{"kind": "cn/standard-contract", "effective": "2026-11-16", "parties": ["r"]}])
    columns = {
        "transfer.id": [f"t{n}" for n in range(number)],
        "exporter.located_in": pick.choices(places(rulebook), k=number),
        "importer.located_in": pick.choices(places(rulebook), k=number),
        "importer.id": ["r"] * number,
        "exporter.role": pick.choices(["controller", "processor"], k=number),
        "importer.role": pick.choices(["controller", "processor"], k=number),
        "exporter.designations": pick.choices(["[]", '["CN:CIIO"]', None], weights=[8, 1, 1], k=number),
        "transfer.kind": pick.choices(["send", "store_abroad", "remote_access", "sale", None], k=number),
        "transfer.frequency": pick.choices(["one_off", "systematic", None], k=number),
        "data.important_status": pick.choices(["not_notified", "notified", None], weights=[8, 1, 1], k=number),
        "data.items": pick.choices(kinds, k=number),
        "papers": pick.choices([paper, None], weights=[1, 49], k=number),
    }
    counted = zip(columns["data.items"], pick.choices(range(1, 2_000_000), k=number), strict=True)
    columns["data.counts"] = [f'[{{"category": "{json.loads(i)[0]["category"]}", "n": {n}}}]' for i, n in counted]
    return pl.DataFrame(columns)


def alone(rulebook, rows):
    """Seconds to read and assess the rows one by one."""
    begun = time.perf_counter()
    for row in rows.iter_rows(named=True):
        document = {}
        for path, text in row.items():
            if text is not None:
                first, last = path.split(".") if "." in path else (None, path)
                target = document if first is None else document.setdefault(first, {})
                target[last] = json.loads(text) if text[:1] == "[" else text
        assess(rulebook, parse_facts(document), DAY)
    return time.perf_counter() - begun


def main():
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--transfers", type=int, default=1_000_000)
    parser.add_argument("--alone", type=int, default=20_000)
    asked = parser.parse_args()
    rulebook, _ = load_rules()
    print(f"CPython {platform.python_version()}, Polars {pl.__version__}, {len(rulebook.jurisdictions)} jurisdictions")
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "transfers.parquet"), Path(folder, "answers.parquet")
        rows = portfolio(rulebook, asked.transfers)
        rows.write_parquet(source)
        few = rows.head(asked.alone)
        del rows
        each = alone(rulebook, few) / asked.alone
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        begun = time.perf_counter()
        summary = assess_portfolio(rulebook, source, target, DAY, lambda *_: None)
        seconds = time.perf_counter() - begun
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"by columns  {summary.total():>9,} transfers  {seconds:8.1f} s  {seconds / summary.total() * 1e6:7.1f} us each"
    )
    print(f"one by one  {asked.alone:>9,} transfers  {each * asked.alone:8.1f} s  {each * 1e6:7.1f} us each")
    print(f"peak memory {peak} MB, {before} MB of it before (the table itself was made in this process)")


if __name__ == "__main__":
    main()
