"""`corridor publish`: put a dataset in the catalogue, list what is there, take one out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from corridor.cli.show import (
    HERE,
    ConfigOption,
    JsonFlag,
    give_json,
    node,
    read_object,
    reported,
    say,
    table,
    wrong_use,
)
from corridor.cli.together import check_together


def publish(
    file: Annotated[Path | None, typer.Argument(help="The publication: YAML or JSON; - reads standard input.")] = None,
    *,
    list_them: Annotated[bool, typer.Option("--list", help="List what is published.")] = False,
    withdraw: Annotated[str | None, typer.Option(help="Take this dataset out of the catalogue.")] = None,
    config: ConfigOption = HERE,
    as_json: JsonFlag = False,
) -> None:
    """Publish a dataset with its facts and terms.

    Example: `corridor publish alerts.yaml --config my-node`
    """
    given = {"FILE": file, "--list": list_them, "--withdraw": withdraw}
    check_together(given, dict.fromkeys(given, ()), as_json=as_json)
    if not list_them and withdraw is None and file is None:
        wrong_use("nothing to publish", "name a publication file, or use --list or --withdraw ID", as_json=as_json)
    with reported(as_json=as_json), node(config) as client:
        if list_them:
            page = client.datasets(withdrawn=True)
            give_json(page) if as_json else _show_list(page["items"])
        elif withdraw is not None:
            gone = client.withdraw(withdraw)
            give_json(gone) if as_json else say(f"withdrawn: {gone['id']}")
        elif file is not None:
            published = client.publish(read_object(file, "a publication"))
            give_json(published) if as_json else _show(published)


def _show_list(datasets: list[Any]) -> None:
    rows = [
        (one["id"], one["title"], f"{one['size']:,} bytes", len(one["offers"]), one["withdrawn"] or "")
        for one in datasets
    ]
    table("published", ("id", "title", "size", "offers", "withdrawn"), rows)


def _show(published: Any) -> None:
    content = published["content"]
    say(f"published: {published['id']} ({content['size']:,} bytes, {content['sha256']})")
    report = content["report"]
    if report is None:
        return
    say(
        f"{report['rows_read']} rows read, {report['rows_kept']} kept, {report['rows_left_out']} left out, "
        f"{report['rows_held_back']} held back, {report['cells_masked']} cells masked, {report['faults_total']} faulty"
    )
    for fault in report["faults"][:20]:
        column = fault["column"] or "whole row"
        say(f"  row {fault['row']} (line {fault['line']}), {column}: {fault['rule']} ({fault['value']})")
    if report["faults_total"] > len(report["faults"][:20]):
        say("  all of them: --json")
