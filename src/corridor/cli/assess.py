"""`corridor assess`: the border decision for one described transfer, offline."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from corridor.base.clock import parse_date
from corridor.base.errors import MalformedError, SettingsError, TooLargeError
from corridor.base.truth import Truth
from corridor.cli.show import (
    REFUSED,
    JsonFlag,
    err,
    give_json,
    name_of,
    out,
    progress,
    read_object,
    reported,
    say,
    table,
    why,
    wrong_use,
)

if TYPE_CHECKING:
    from corridor.base.json import JsonObject
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
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="With --batch: the file for the answers, .parquet or .csv; with --interview: for the facts, .yaml.",
        ),
    ] = None,
    *,
    interview: Annotated[
        bool, typer.Option("--interview", help="Ask for what is missing, and only for that, one fact after another.")
    ] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of the answer instead.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Say what the law of every involved jurisdiction answers, and why; exit 0 only if the transfer may go ahead.

    Example: `corridor assess transfer.yaml --as-of 2026-12-01`
    Example: `corridor assess --batch transfers.parquet -o answers.parquet`
    """
    if schema:
        from corridor.law.schema import assessment_schema

        give_json(assessment_schema())
        return
    if batch is None:
        _check_use(facts, output, interview=interview, as_json=as_json)
        _one(facts, as_of, tuple(rules), dossier, output, interview=interview, as_json=as_json)
        return
    if facts is not None or dossier is not None or interview:
        wrong_use("--batch takes neither a description nor --dossier", "leave one out", as_json=as_json)
    if output is None:
        wrong_use("--batch has no --output", "name the file for the answers: -o answers.parquet", as_json=as_json)
    _batch(batch, output, as_of, tuple(rules), as_json=as_json)


def _check_use(facts: Path | None, output: Path | None, *, interview: bool, as_json: bool) -> None:
    if interview and str(facts) == "-":
        problem = "standard input cannot both describe and answer"
        wrong_use(problem, "write the description to a file", as_json=as_json)
    if facts is None and not interview:
        wrong_use("there is no description", "name a file, - for standard input, or --interview", as_json=as_json)
    if output is not None and not interview:
        wrong_use("-o goes with --batch or --interview", "leave it out", as_json=as_json)


def _day(as_of: str | None) -> date:
    return parse_date(as_of, "--as-of") if as_of else datetime.now(UTC).date()


def _one(
    file: Path | None,
    as_of: str | None,
    rules: tuple[Path, ...],
    folder: Path | None,
    output: Path | None,
    *,
    interview: bool,
    as_json: bool,
) -> None:
    from corridor.app.rulebook import load_rules
    from corridor.law.evaluate import assess as assess_facts
    from corridor.law.explain import as_json as assessment_json
    from corridor.law.explain import as_text
    from corridor.law.facts import parse_facts

    with reported(as_json=as_json):
        rulebook, digest = load_rules(rules)
        document = read_object(file, "a described transfer") if file else {}
        facts = parse_facts(document, name_of(file) if file else "facts")
        if interview:
            facts = parse_facts(_interview(rulebook, document, _day(as_of), output, quiet=as_json))
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


def _interview(rulebook: Rulebook, document: JsonObject, day: date, output: Path | None, *, quiet: bool) -> JsonObject:
    """The description with what was answered; with `quiet`, the questions are put on standard error."""
    from corridor.law.evaluate import assess as assess_facts
    from corridor.law.facts import parse_facts
    from corridor.law.interview import UNKNOWN, answered, next_question

    skipped: set[str] = set()
    console = err if quiet else out
    try:
        while True:
            assessment = assess_facts(rulebook, parse_facts(document), day)
            question = next_question(assessment, skipped)
            if question is None:
                return document
            console.print(f"\n[bold]{escape(question.text)}[/bold]")
            for citation in question.because:
                console.print(escape(f"  it matters for {citation}"))
            console.print(escape(f"  {question.admits}; or {UNKNOWN} (an empty line)"))
            console.print("> ", end="")
            text = sys.stdin.readline()
            if not text:
                raise typer.Abort
            if text.strip() in {"", UNKNOWN}:
                skipped.add(question.path)
                continue
            try:
                document = answered(document, question.path, text)
            except (MalformedError, TooLargeError) as error:
                console.print(escape(str(error)))
    finally:
        if output:
            _write(output, document)


def _write(output: Path, document: JsonObject) -> None:
    import yaml

    try:
        output.write_text(yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True), "utf-8")
    except OSError as error:
        raise SettingsError(f"the facts cannot be written: {why(error)}", place=str(output)) from None
