"""`corridor negotiate`: agree with a partner, by the node itself or step by step by a person, in either role."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from corridor.cli.show import (
    HERE,
    REFUSED,
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

if TYPE_CHECKING:
    from corridor.client import Client

Wait = Annotated[int, typer.Option(min=0, max=60, help="Seconds to wait for the outcome.")]
_ACTS: Final[Mapping[str, tuple[str, ...]]] = {
    "URL": ("--offer", "--hold"),
    "--propose": ("--offer", "--hold", "--terms"),
    **dict.fromkeys(("--list", "--held", "--show", "--accept", "--approve"), ()),
    "--counter": ("--terms",),
    **dict.fromkeys(("--refuse", "--terminate"), ("--reason",)),
}
"""What `negotiate` does, one at a time, and which options go with it."""


def negotiate(
    partner: Annotated[str | None, typer.Argument(metavar="URL", help="The partner: DID or base URL.")] = None,
    dataset: Annotated[str | None, typer.Argument(help="The dataset.")] = None,
    *,
    offer: Annotated[str | None, typer.Option(help="The offer, where there are several.")] = None,
    propose: Annotated[
        bool, typer.Option("--propose", help="Make the partner an offer on a dataset of ours, unasked.")
    ] = False,
    hold: Annotated[bool, typer.Option("--hold", help="Have a person asked before this node binds itself.")] = False,
    terms: Annotated[Path | None, typer.Option(help="A file with ODRL rules, for --counter or --propose.")] = None,
    list_them: Annotated[bool, typer.Option("--list", help="List negotiations and their agreements.")] = False,
    held: Annotated[bool, typer.Option("--held", help="List the negotiations that wait for a person.")] = False,
    show: Annotated[str | None, typer.Option(help="Show this negotiation with every version of its offer.")] = None,
    accept: Annotated[str | None, typer.Option(help="Accept the offer in this negotiation.")] = None,
    counter: Annotated[str | None, typer.Option(help="Offer the --terms in this negotiation.")] = None,
    approve: Annotated[str | None, typer.Option(help="Say yes to the step that waits in this negotiation.")] = None,
    refuse: Annotated[str | None, typer.Option(help="Say no to the step that waits in this negotiation.")] = None,
    terminate: Annotated[str | None, typer.Option(help="End this negotiation.")] = None,
    reason: Annotated[str, typer.Option(help="Why; reaches the partner.")] = "",
    wait: Wait = 30,
    config: ConfigOption = HERE,
    as_json: JsonFlag = False,
) -> None:
    """Agree with a partner on an offer.

    Example: `corridor negotiate https://authority.example alerts --config my-node`
    """
    acts = {"show": show, "accept": accept, "counter": counter, "approve": approve}
    acts |= {"refuse": refuse, "terminate": terminate}
    asked: dict[str, object] = {"--propose": True} if propose else {"URL": partner}
    asked |= {"--list" if list_them else "--held": list_them or held}
    of_new = {"--offer": offer, "--hold": hold, "--terms": terms, "--reason": reason}
    check_together({**asked, **{f"--{act}": pid for act, pid in acts.items()}, **of_new}, _ACTS, as_json=as_json)
    named = next(((act, pid) for act, pid in acts.items() if pid is not None), None)
    if not (list_them or held or named) and (partner is None or dataset is None):
        wrong_use("nothing to negotiate", "name the partner and the dataset, or use --list", as_json=as_json)
    if counter is not None and terms is None:
        wrong_use("no terms to offer", "name a file with --terms", as_json=as_json)
    with reported(as_json=as_json), node(config) as client:
        if list_them or held:
            page = client.negotiations(held=held)
            give_json(page) if as_json else _show_all(page["items"], held=held)
            return
        rules = None if terms is None else read_object(terms, "an offer")
        if named is not None:
            found = _act(client, named, rules, reason)
        elif propose:
            found = client.propose(partner or "", dataset or "", offer, rules, hold=hold)
        else:
            found = client.negotiate(partner or "", dataset or "", offer, hold=hold)
        found = client.negotiation(found["pid"], wait=0 if show else wait)
    give_json(found) if as_json else _show(found, whole=show is not None)
    if found["state"] == "TERMINATED" and not (show or refuse or terminate):
        raise typer.Exit(REFUSED)


def _act(client: Client, named: tuple[str, str], rules: Mapping[str, Any] | None, reason: str) -> Any:
    act, pid = named
    acts = {
        "show": lambda: client.negotiation(pid),
        "accept": lambda: client.accept(pid),
        "counter": lambda: client.counter(pid, rules or {}),
        "approve": lambda: client.approve(pid),
        "refuse": lambda: client.refuse(pid, reason),
        "terminate": lambda: client.terminate_negotiation(pid, reason),
    }
    return acts[act]()


def _show_all(negotiations: list[Any], *, held: bool) -> None:
    if held:
        waits = [(*_named(one), one["held"]["move"], one["held"]["reason"]) for one in negotiations]
        table("negotiations that wait", ("id", "partner", "dataset", "state", "next", "why"), waits)
    else:
        rows = [(*_named(one), one["agreement"] or "") for one in negotiations]
        table("negotiations", ("id", "partner", "dataset", "state", "agreement"), rows)


def _named(negotiation: Mapping[str, Any]) -> tuple[str, str, str, str]:
    return negotiation["pid"], negotiation["partner"], negotiation["dataset"], negotiation["state"]


def _show(found: Mapping[str, Any], *, whole: bool) -> None:
    say(f"{found['state']}: {found['dataset']} with {found['partner']}")
    for reason in found["reasons"]:
        say(f"  {reason}")
    held = found["held"]
    if held:
        say(f"waits for a person: {held['reason']}")
        say(f"  `corridor negotiate --approve {found['pid']}` says yes ({held['move']}), --refuse says no")
    if found["agreement"]:
        say(f"agreement: {found['agreement']}")
    if whole:
        for version in found["offers"]:
            say(f"{version['at']}  {version['by']}  {version['offer']}")
            give_json(version["policy"])
