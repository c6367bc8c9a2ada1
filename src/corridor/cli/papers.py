"""`corridor papers`: the register of documents that open a lawful route."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from corridor.base.digest import sha256_of
from corridor.base.errors import MalformedError
from corridor.cli.show import HERE, ConfigOption, JsonFlag, give_json, node, read_object, reported, say, table, why

app = typer.Typer(help="The papers that open a lawful route: contracts, filings, certificates.", no_args_is_help=True)


@app.command("add")
def add(
    file: Annotated[Path, typer.Argument(help="Facts about the paper: YAML or JSON.")],
    document: Annotated[
        Path | None, typer.Option(help="The document itself: its digest is taken, it stays where it is.")
    ] = None,
    *,
    config: ConfigOption = HERE,
    as_json: JsonFlag = False,
) -> None:
    """Put a paper on file.

    Example: `corridor papers add contract.yaml --document contract.pdf`
    """
    with reported(as_json=as_json), node(config) as client:
        facts = read_object(file, "a paper")
        if document is not None:
            facts = {**facts, "digest": _digest(document)}
        paper = client.add_paper(facts)
    give_json(paper) if as_json else say(f"on file: {paper['id']} ({paper['kind']}, {paper['digest']})")


def _digest(document: Path) -> str:
    try:
        return sha256_of(document.read_bytes())
    except OSError as error:
        raise MalformedError(f"the document cannot be read: {why(error)}", place=str(document)) from None


@app.command("list")
def list_papers(*, config: ConfigOption = HERE, as_json: JsonFlag = False) -> None:
    """List the papers on file.

    Example: `corridor papers list`
    """
    with reported(as_json=as_json), node(config) as client:
        page = client.papers()
    if as_json:
        give_json(page)
        return
    rows = [(one["id"], one["kind"], one["details"].get("number", ""), one["revoked"] or "") for one in page["items"]]
    table("papers", ("id", "kind", "number", "revoked"), rows)


@app.command("revoke")
def revoke(
    paper: Annotated[str, typer.Argument(help="The paper's id.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the evidence log.")] = "",
    *,
    config: ConfigOption = HERE,
    as_json: JsonFlag = False,
) -> None:
    """Take a paper out of force; what rests on it is refused from the next request on.

    Example: `corridor papers revoke standard-contract-1 --reason "contract ended"`
    """
    with reported(as_json=as_json), node(config) as client:
        gone = client.revoke_paper(paper, reason)
    give_json(gone) if as_json else say(f"revoked: {gone['id']}")
