"""`corridor rulebook`: read the law that the node applies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from corridor.app.rulebook import load_rules
from corridor.cli.show import REFUSED, JsonFlag, give_json, out, reported, say, table
from corridor.law.check import CheckReport, Score
from corridor.law.check import check as check_rules
from corridor.law.document import list_instruments, render_instrument

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
    with reported(as_json=as_json):
        rulebook, digest = load_rules(tuple(rules))
        instruments = list_instruments(rulebook)
    rows = [(one.id, one.title, one.period.start or "", one.source.verified.value) for one in instruments]
    if as_json:
        names = ("id", "title", "in_force_from", "verified")
        give_json({"digest": digest, "instruments": [dict(zip(names, map(str, row), strict=True)) for row in rows]})
        return
    table("instruments", ("id", "title", "in force from", "class"), rows)
    say("This is not legal advice.")


@app.command("show")
def show(
    instrument: Annotated[str, typer.Argument(help="Such as cn/decree-16.")],
    rules: Folders = [],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Print an instrument as a document.

    Example: `corridor rulebook show cn/decree-16`
    """
    with reported(as_json=as_json):
        rulebook, _ = load_rules(tuple(rules))
        text = render_instrument(rulebook, instrument)
    give_json({"id": instrument, "text": text}) if as_json else out.print(text, markup=False)


@app.command("check")
def check(rules: Folders = [], cases: Cases = [], *, as_json: JsonFlag = False) -> None:
    """Check the rules and run every case that is in them.

    Example: `corridor rulebook check --rules my-rules --cases my-cases`
    """
    with reported(as_json=as_json):
        rulebook, digest = load_rules(tuple(rules), banks=tuple(cases))
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
