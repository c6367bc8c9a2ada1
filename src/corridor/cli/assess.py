"""`corridor assess`: the border decision for one described transfer, offline."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corridor.base.clock import parse_date
from corridor.base.truth import Truth
from corridor.cli.show import REFUSED, JsonFlag, give_json, name_of, read_object, reported, say

if TYPE_CHECKING:
    from corridor.law.facts import Facts
    from corridor.law.model import Rulebook
    from corridor.law.outcome import Assessment


def assess(
    facts: Annotated[Path, typer.Argument(help="The described transfer: YAML or JSON; - reads standard input.")],
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
    *,
    as_json: JsonFlag = False,
) -> None:
    """Say what the law of every involved jurisdiction answers, and why; exit 0 only if the transfer may go ahead.

    Example: `corridor assess transfer.yaml --as-of 2026-12-01`
    """
    from corridor.app.rulebook import load_rules
    from corridor.law.evaluate import assess as assess_facts
    from corridor.law.explain import as_json as assessment_json
    from corridor.law.explain import as_text
    from corridor.law.facts import parse_facts

    with reported(as_json=as_json):
        rulebook, digest = load_rules(tuple(rules))
        document = read_object(facts, "a described transfer")
        day = parse_date(as_of, "--as-of") if as_of else datetime.now(UTC).date()
        described = parse_facts(document, name_of(facts))
        assessment = assess_facts(rulebook, described, day)
        files = _dossier(dossier, rulebook, described, assessment) if dossier else ()
    if as_json:
        written = {"dossier": [str(file) for file in files]} if dossier else {}
        give_json({"rulebook": digest, **assessment_json(assessment), **written})
    else:
        say(as_text(assessment))
        if dossier:
            say(f"Written to {dossier}: {', '.join(file.name for file in files)}")
    if assessment.proceed is not Truth.TRUE:
        raise typer.Exit(REFUSED)


def _dossier(folder: Path, rulebook: Rulebook, facts: Facts, assessment: Assessment) -> tuple[Path, ...]:
    from corridor.app.dossier import shipped_templates, write_dossier
    from corridor.law.dossier.compose import dossier

    documents = dossier(rulebook, shipped_templates(rulebook), facts, assessment)
    return write_dossier(folder, documents, assessment.as_of)
