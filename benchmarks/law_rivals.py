"""China's ladder for an export in other engines, timed; `law.py` starts this with the Python that has them installed.

The encodings are kinder than ours: every fact has to be given, the persons are counted beforehand, and the answer is
the number of the rung alone, without dates, papers, duties, reasons or anything unknown.

    python benchmarks/law_rivals.py < facts.json
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version

ROUNDS = 400
DAY = "2026-11-22"

RUNGS = [
    "importer_in == 'CN' && !(kind == 'remote_access' && viewed_abroad)",
    "exporter_in != 'CN' && !subject_to_pipl",
    "kind == 'remote_access' && !viewed_abroad",
    "restricted_recipient",
    "by_authority && pi",
    "by_authority",
    "important == 'core'",
    "important == 'notified' || important == 'published_catalogue' || important == 'important'",
    "ground == 'treaty' && strictly_needed",
    "!pi && trade_purpose",
    "!pi",
    "all_from_abroad && !domestic_added",
    "ground == 'contract_with_individual' && strictly_needed",
    "ground == 'hr_management' && strictly_needed",
    "ground == 'statutory_duty' && strictly_needed",
    "ground == 'emergency' && strictly_needed",
    "ftz_list == 'outside'",
    "ciio",
    "gba9 && importer_in == 'HK' && onward_ban",
    "gba9 && importer_in == 'MO' && onward_ban",
    "persons >= 1000000 || sensitive_persons >= 10000",
    "persons >= 100000 || sensitive_persons >= 1",
    "persons < 100000 && sensitive_persons == 0",
]


def measured(ask: Callable[[], int]) -> tuple[float, int]:
    """The fastest of many rounds in microseconds, and the answer."""
    answer, best = ask(), float("inf")
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        ask()
        best = min(best, time.perf_counter() - begun)
    return best * 1e6, answer


def cel(facts: dict[str, object]) -> Callable[[], int]:
    """One nested conditional in the Common Expression Language."""
    import celpy  # noqa: PLC0415 - an engine may not be there

    text = "".join(f"({rung}) ? {number} : " for number, rung in enumerate(RUNGS)) + "-1"
    environment = celpy.Environment()
    program = environment.program(environment.compile(text))
    return lambda: int(program.evaluate({name: celpy.json_to_cel(value) for name, value in facts.items()}))


def rego(facts: dict[str, object]) -> Callable[[], int]:
    """An `else` chain in Rego."""
    import regopy  # noqa: PLC0415

    bodies = []
    for number, rung in enumerate(RUNGS):
        alternatives = [part.replace("&&", ";") for part in rung.split("||")]
        name = f"rung{number}"
        bodies += [f"{name} if {{ {_negated(part)} }}" for part in alternatives]
    chain = " ".join(
        f"{'answer := ' if number == 0 else 'else := '}{number} if {{ rung{number} }}" for number in range(len(RUNGS))
    )
    module = "package china\n" + "\n".join([*_helpers(), *bodies, chain])
    engine = regopy.Interpreter()
    engine.add_module("china", module)
    engine.set_input(facts)

    def ask() -> int:
        engine.set_input(facts)
        return int(json.loads(str(engine.query("data.china.answer")))["expressions"][0])

    return ask


def _helpers() -> Iterator[str]:
    yield 'viewed_remotely_abroad if { input.kind == "remote_access"; input.viewed_abroad }'


def _negated(part: str) -> str:
    """A conjunction of CEL as a body of Rego: names become input, quotes double, `!x` becomes `not x`."""
    part = part.replace("!(kind == 'remote_access' ; viewed_abroad)", "not viewed_remotely_abroad").replace("'", '"')
    words = []
    for word in part.split():
        bare = word.strip("!;()")
        if bare.isidentifier() and bare not in {"not", "viewed_remotely_abroad"} and not word.startswith('"'):
            negated = "not " if word.startswith("!") else ""
            words.append(f"{negated}input.{bare}{';' if word.endswith(';') else ''}")
        else:
            words.append(word)
    return " ".join(words)


def openfisca(facts: dict[str, object]) -> Callable[[], int]:
    """A variable with a formula over inputs, for one person in one simulation, as OpenFisca answers a single case."""
    import numpy as np  # noqa: PLC0415
    from openfisca_core.entities import build_entity  # noqa: PLC0415
    from openfisca_core.periods import DateUnit  # noqa: PLC0415
    from openfisca_core.simulation_builder import SimulationBuilder  # noqa: PLC0415
    from openfisca_core.taxbenefitsystems import TaxBenefitSystem  # noqa: PLC0415
    from openfisca_core.variables import Variable  # noqa: PLC0415

    transfer = build_entity(key="transfer", plural="transfers", label="A transfer", is_person=True)
    system = TaxBenefitSystem([transfer])
    kinds = {bool: False, int: 0, str: ""}
    for name, value in facts.items():
        members = {"value_type": type(value), "entity": transfer, "definition_period": DateUnit.DAY, "label": name}
        if isinstance(value, str):
            members["max_length"] = 40
        system.add_variable(type(name, (Variable,), {**members, "default_value": kinds[type(value)]}))
    tests = [compile(_vectorised(rung), rung, "eval") for rung in RUNGS]

    def formula(one: Callable[[str, object], object], period: object) -> object:
        known = {name: one(name, period) for name in facts}
        known = {name: value.astype(str) if value.dtype.kind == "S" else value for name, value in known.items()}
        return np.select([eval(test, {}, known) for test in tests], range(len(tests)), -1)

    members = {"value_type": int, "entity": transfer, "definition_period": DateUnit.DAY, "label": "rung"}
    system.add_variable(type("rung", (Variable,), {**members, "formula": formula}))
    builder = SimulationBuilder()

    def ask() -> int:
        simulation = builder.build_from_entities(
            system, {"transfers": {"one": {name: {DAY: value} for name, value in facts.items()}}}
        )
        return int(simulation.calculate("rung", DAY)[0])

    return ask


def _vectorised(rung: str) -> str:
    """The condition with the operators of arrays."""
    text = rung.replace("&&", ") & (").replace("||", ") | (").replace("!(", "~((").replace("!=", "≠")
    text = text.replace("!", "~").replace("≠", "!=")
    opened = text.count("(") - text.count(")")
    return f"({text})" + ")" * max(opened, 0)


def main() -> None:
    """Time whatever engines are installed."""
    facts = json.load(sys.stdin)
    engines = {"cel-python": cel, "regopy": rego, "OpenFisca-Core": openfisca}
    found = {}
    for package, make in engines.items():
        try:
            best, answer = measured(make(facts))
        except ImportError:
            continue
        found[f"{package} {version(package)}"] = {"microseconds": best, "rung": answer}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
