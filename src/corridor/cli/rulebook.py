"""`corridor rulebook`: read the law that the node applies."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corridor.base.clock import parse_date
from corridor.cli.show import REFUSED, JsonFlag, columns, give_json, out, reported, say, table

if TYPE_CHECKING:
    from corridor.law.check import CheckReport, Score

app = typer.Typer(help="The law that the node applies: dated, cited, tested.", no_args_is_help=True)
Folders = Annotated[
    list[Path],
    typer.Option("--rules", help="A folder with the rule files of one more jurisdiction, named by its code: rules/jp."),
]

Cases = Annotated[
    list[Path],
    typer.Option("--cases", help="A folder of more cases, with a folder in it for each jurisdiction: cases/jp."),
]


@app.command("list")
def list_rules(rules: Folders = [], *, as_json: JsonFlag = False) -> None:
    """List the instruments.

    Example: `corridor rulebook list`
    """
    from corridor.app.rulebook import load_international, load_rules
    from corridor.law.comparison.document import instrument_json
    from corridor.law.document import list_instruments

    with reported(as_json=as_json):
        rulebook, digest = load_rules(tuple(rules))
        instruments = list_instruments(rulebook)
        international = load_international().instruments.values()
    acts = [(one.id, one.title, one.period.start or "", one.source.verified.value) for one in instruments]
    if as_json:
        names = ("id", "title", "in_force_from", "verified")
        listed = [dict(zip(names, map(str, row), strict=True)) for row in acts]
        give_json({"digest": digest, "instruments": listed, "international": [*map(instrument_json, international)]})
        return
    table("instruments", ("id", "title", "in force from", "class"), acts)
    between = [(one.id, one.title, one.form.replace("_", " "), one.source.verified.value) for one in international]
    table("international instruments", ("id", "title", "form", "class"), between)
    say("This is not legal advice.")


@app.command("corridor")
def corridor(
    first: Annotated[str, typer.Argument(help="ISO code of a place, such as CN.")],
    second: Annotated[str, typer.Argument(help="ISO code of the other, such as DE.")],
    as_of: Annotated[str | None, typer.Option("--as-of", help="The day to answer for, such as 2026-12-01.")] = None,
    rules: Folders = [],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Print both directions between two places side by side, what binds both, and where their laws part.

    Example: `corridor rulebook corridor CN DE`
    """
    from corridor.app.rulebook import load_international, load_rules, load_scenarios
    from corridor.law.comparison.corridor import corridor_between
    from corridor.law.comparison.document import as_json as corridor_json
    from corridor.law.comparison.document import comparison_rows, instrument_rows, rows

    with reported(as_json=as_json):
        rulebook, digest = load_rules(tuple(rules))
        day = parse_date(as_of, "--as-of") if as_of else datetime.now(UTC).date()
        found = corridor_between(rulebook, load_international(), load_scenarios(), (first, second), day)
    if as_json:
        give_json({"rulebook": digest, **corridor_json(found)})
        return
    ways = (f"{first} to {second}", f"{second} to {first}")
    say(f"Corridor {first} and {second} on {day}")
    columns("The same facts under both laws", ("facts", *ways, "compared"), list(comparison_rows(found)))
    columns("Each direction", ("", *ways), [(row.aspect, row.there, row.back) for row in rows(found)])
    columns("Instruments of both sides", ("instrument", "does", "does not"), list(instrument_rows(found)))
    if found.upcoming is not None:
        say(f"Next change, {found.upcoming.day}: {'; '.join(found.upcoming.changes)}")
    say("This is not legal advice.")


@app.command("show")
def show(
    instrument: Annotated[str, typer.Argument(help="Such as cn/decree-16 or int/depa.")],
    rules: Folders = [],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Print an instrument as a document.

    Example: `corridor rulebook show cn/decree-16`
    """
    from corridor.app.rulebook import load_international, load_rules
    from corridor.law.comparison.document import render_international
    from corridor.law.document import render_instrument

    with reported(as_json=as_json):
        if instrument.startswith("int/"):
            text = render_international(load_international().get(instrument))
        else:
            text = render_instrument(load_rules(tuple(rules))[0], instrument)
    give_json({"id": instrument, "text": text}) if as_json else out.print(text, markup=False)


@app.command("check")
def check(rules: Folders = [], cases: Cases = [], *, as_json: JsonFlag = False) -> None:
    """Check the rules and run every case that is in them.

    Example: `corridor rulebook check --rules my-rules --cases my-cases`
    """
    from corridor.app.dossier import shipped_templates
    from corridor.app.rulebook import load_international, load_rules
    from corridor.law.check import check as check_rules
    from corridor.law.international_source import check_ties

    with reported(as_json=as_json):
        rulebook, digest = load_rules(tuple(rules), banks=tuple(cases))
        check_ties(load_international(), rulebook)
        shipped_templates(rulebook)
        report = check_rules(rulebook)
    by_jurisdiction = [
        {"jurisdiction": name, "class": verified.value, **_counts(score)}
        for (name, verified), score in report.by_jurisdiction.items()
    ]
    if as_json:
        wrong = _wrong(report)
        give_json({"digest": digest, "scores": _scores(report), "by_jurisdiction": by_jurisdiction, "wrong": wrong})
    else:
        names = ("jurisdiction", "class", "right", "wrong", "undetermined")
        table("cases by jurisdiction and class", names, [tuple(row.values()) for row in by_jurisdiction])
        rows = [(name, *score.values()) for name, score in _scores(report).items()]
        table("cases by class", names[1:], rows)
        for result in report.wrong:
            say(f"{result.case.place} {result.case.id}: {'; '.join(result.differences)}")
    if report.wrong:
        raise typer.Exit(REFUSED)


def _scores(report: CheckReport) -> dict[str, dict[str, int]]:
    return {verified.value: _counts(score) for verified, score in report.scores.items()}


def _counts(score: Score) -> dict[str, int]:
    return {"right": score.right, "wrong": score.wrong, "undetermined": score.undetermined}


def _wrong(report: CheckReport) -> list[dict[str, object]]:
    return [{"case": result.case.id, "differences": list(result.differences)} for result in report.wrong]
