"""`corridor assess`: the border decision for one described transfer, offline."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corridor.base.clock import parse_date
from corridor.base.truth import Truth
from corridor.cli.show import (
    REFUSED,
    JsonFlag,
    give_json,
    name_of,
    progress,
    read_object,
    reported,
    say,
    table,
    wrong_use,
)

if TYPE_CHECKING:
    from corridor.law.facts import Facts
    from corridor.law.model import Rulebook
    from corridor.law.outcome import Assessment


def assess(
    facts: Annotated[
        Path | None, typer.Argument(help="The described transfer: YAML or JSON; - reads standard input.")
    ] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="The day to answer for, such as 2026-12-01.")] = None,
    rules: Annotated[
        list[Path],
        typer.Option(
            "--rules", help="A folder with the rule files of one more jurisdiction, named by its code: rules/jp."
        ),
    ] = [],
    dossier: Annotated[
        Path | None,
        typer.Option("--dossier", help="A new folder for what has to be filed or kept, as Markdown and .docx."),
    ] = None,
    batch: Annotated[
        Path | None,
        typer.Option("--batch", help="Many transfers, a row each: .parquet or .csv, its columns the paths of facts."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="With --batch: the file for the answers, .parquet or .csv.")
    ] = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Say what the law of every involved jurisdiction answers, and why; exit 0 only if the transfer may go ahead.

    Example: `corridor assess transfer.yaml --as-of 2026-12-01`
    Example: `corridor assess --batch transfers.parquet -o answers.parquet`
    """
    if batch is None:
        if facts is None or output is not None:
            wrong_use("there is no description", "name a file, or - for standard input", as_json=as_json)
        _one(facts, as_of, tuple(rules), dossier, as_json=as_json)
        return
    if facts is not None or dossier is not None:
        wrong_use("--batch takes neither a description nor --dossier", "leave one out", as_json=as_json)
    if output is None:
        wrong_use("--batch has no --output", "name the file for the answers: -o answers.parquet", as_json=as_json)
    _batch(batch, output, as_of, tuple(rules), as_json=as_json)


def _day(as_of: str | None) -> date:
    return parse_date(as_of, "--as-of") if as_of else datetime.now(UTC).date()


def _one(file: Path, as_of: str | None, rules: tuple[Path, ...], folder: Path | None, *, as_json: bool) -> None:
    from corridor.app.rulebook import load_rules
    from corridor.law.evaluate import assess as assess_facts
    from corridor.law.explain import as_json as assessment_json
    from corridor.law.explain import as_text
    from corridor.law.facts import parse_facts

    with reported(as_json=as_json):
        rulebook, digest = load_rules(rules)
        facts = parse_facts(read_object(file, "a described transfer"), name_of(file))
        assessment = assess_facts(rulebook, facts, _day(as_of))
        files = _dossier(folder, rulebook, facts, assessment) if folder else ()
    if as_json:
        written = {"dossier": [str(one) for one in files]} if folder else {}
        give_json({"rulebook": digest, **assessment_json(assessment), **written})
    else:
        say(as_text(assessment))
        if folder:
            say(f"Written to {folder}: {', '.join(one.name for one in files)}")
    if assessment.proceed is not Truth.TRUE:
        raise typer.Exit(REFUSED)


def _batch(source: Path, target: Path, as_of: str | None, rules: tuple[Path, ...], *, as_json: bool) -> None:
    with reported(as_json=as_json):
        from corridor.app.portfolio import assess_portfolio
        from corridor.app.rulebook import load_rules

        rulebook, digest = load_rules(rules)
        with progress("assessed") as done:
            summary = assess_portfolio(rulebook, source, target, _day(as_of), done)
    rows = [(outcome, proceed, number) for (outcome, proceed), number in sorted(summary.items())]
    if as_json:
        names = ("outcome", "proceed", "transfers")
        told = [dict(zip(names, row, strict=True)) for row in rows]
        give_json({"rulebook": digest, "output": str(target), "summary": told})
        return
    table(f"{summary.total()} transfers assessed, written to {target}", ("outcome", "may go ahead", "transfers"), rows)
    say("This is not legal advice.")


def _dossier(folder: Path, rulebook: Rulebook, facts: Facts, assessment: Assessment) -> tuple[Path, ...]:
    from corridor.app.dossier import shipped_templates, write_dossier
    from corridor.law.dossier.compose import dossier

    documents = dossier(rulebook, shipped_templates(rulebook), facts, assessment)
    return write_dossier(folder, documents, assessment.as_of)
