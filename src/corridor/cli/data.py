"""`corridor catalog | explain | transfer | get`: find and get."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from corridor.base.clock import parse_instant
from corridor.base.errors import NotFoundError, SettingsError
from corridor.cli.show import (
    HERE,
    ConfigOption,
    JsonFlag,
    decision_lines,
    download_bar,
    give_json,
    node,
    reported,
    say,
    table,
    wrong_use,
)
from corridor.cli.together import check_together

if TYPE_CHECKING:
    from corridor.client import Client

Format = Annotated[
    str | None, typer.Option("--format", help="HttpData-PULL or HttpData-PUSH; this node's choice if not named.")
]
Wait = Annotated[int, typer.Option(min=0, max=60, help="Seconds to wait for the outcome.")]
_ACTS: Final[Mapping[str, tuple[str, ...]]] = {
    "AGREEMENT": ("--format", "--push-to", "--authorization-file", "--address"),
    "--list": (),
    "--held": (),
    **dict.fromkeys(("--show", "--resume", "--complete", "--approve"), ("--address",)),
    **dict.fromkeys(("--suspend", "--refuse", "--terminate"), ("--address", "--reason")),
}
"""What `transfer` does, one at a time, and which options go with it."""


def catalog(
    provider: Annotated[str, typer.Argument(metavar="URL", help="The partner: its DID or the base URL of its node.")],
    *,
    keyword: Annotated[list[str] | None, typer.Option(help="Only with this keyword; may be given again.")] = None,
    text: Annotated[str | None, typer.Option(help="Only with these words in the title.")] = None,
    category: Annotated[str | None, typer.Option(help="Only with data of this category.")] = None,
    purpose: Annotated[str | None, typer.Option(help="Only offers that name this purpose.")] = None,
    action: Annotated[str | None, typer.Option(help="Only offers that permit this action.")] = None,
    format_: Annotated[str | None, typer.Option("--format", help="Only in this format of transfer.")] = None,
    media_type: Annotated[str | None, typer.Option(help="Only bytes of this media type.")] = None,
    within: Annotated[str | None, typer.Option("--catalogue", help="Only in this catalogue within.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Datasets at most; all if not given.")] = None,
    config: ConfigOption = HERE,
    as_json: JsonFlag = False,
) -> None:
    """Show what a partner offers to this node; what is asked for has to hold all together.

    Example: `corridor catalog https://authority.example --keyword recalls --limit 20 --config my-node`
    """
    one_each = {
        "text": text,
        "category": category,
        "purpose": purpose,
        "action": action,
        "format": format_,
        "mediaType": media_type,
        "catalogue": within,
    }
    filters = [{name: value} for name, value in one_each.items() if value is not None]
    filters += [{"keyword": word} for word in keyword or ()]
    with reported(as_json=as_json), node(config) as client:
        parts = list(client.browse(provider, filters, limit))
    found = _together(parts)
    if as_json:
        give_json(found)
    else:
        _show_catalogue(found)


def _together(parts: list[Any]) -> Mapping[str, Any]:
    """One listing of the parts of one; the same catalogue within can stand in several."""
    within = {one["id"]: one for part in parts for one in part["catalogues"]}
    datasets = [one for part in parts for one in part["datasets"]]
    return {**parts[-1], "datasets": datasets, "catalogues": list(within.values())}


def _show_catalogue(found: Mapping[str, Any]) -> None:
    rows = [
        (one["id"], one["title"], offer["id"], one["catalogue"] or "")
        for one in found["datasets"]
        for offer in one["offers"]
    ]
    columns = ("dataset", "title", "offer", "catalogue")
    shown = len(columns) if found["catalogues"] else len(columns) - 1
    table(f"offers of {found['provider']}", columns[:shown], [row[:shown] for row in rows])
    for one in found["catalogues"]:
        for endpoint in one["endpoints"]:
            say(f"catalogue {one['name']}: ask {endpoint}")
    if found["next"] is not None:
        say("there are more: use a greater --limit, or look for less")


def explain(
    partner: Annotated[str, typer.Option("--for", help="The DID of the partner that is asked about.")],
    offer: Annotated[
        str | None, typer.Option("--offer", help="The offer; the dataset's first one if not named.")
    ] = None,
    dataset: Annotated[
        str | None, typer.Option("--dataset", "-d", help="The dataset; found by its offer if not named.")
    ] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="An instant, such as 2026-12-01T00:00:00Z.")] = None,
    *,
    config: ConfigOption = HERE,
    as_json: JsonFlag = False,
) -> None:
    """Say why a partner does or does not get an offer of ours, without negotiating.

    Example: `corridor explain --offer alerts/customs --for did:web:customs.example`
    """
    if dataset is None and offer is None:
        wrong_use("nothing to explain", "name an offer with --offer, or a dataset with --dataset", as_json=as_json)
    with reported(as_json=as_json), node(config) as client:
        dataset = dataset or _dataset_with(client, offer or "")
        answer = client.explain(dataset, partner, offer, parse_instant(as_of, "--as-of") if as_of else None)
    if as_json:
        give_json(answer)
    else:
        for line in decision_lines(answer["decision"]):
            say(line)


def _dataset_with(client: Client, offer: str) -> str:
    """The dataset of ours that has the offer."""
    page = client.datasets()
    while True:
        for one in page["items"]:
            if offer in one["offers"]:
                return one["id"]
        if page["next"] is None:
            raise NotFoundError(f"no dataset has the offer `{offer}`", remedy="see `corridor publish --list`")
        page = client.datasets(after=page["next"])


def transfer(
    agreement: Annotated[str | None, typer.Argument(help="The agreement to use.")] = None,
    *,
    list_them: Annotated[bool, typer.Option("--list", help="List transfers.")] = False,
    held: Annotated[bool, typer.Option("--held", help="List the transfers that wait for a person.")] = False,
    show: Annotated[str | None, typer.Option(help="Show this transfer.")] = None,
    suspend: Annotated[str | None, typer.Option(help="Pause this transfer.")] = None,
    resume: Annotated[str | None, typer.Option(help="Let this transfer go on.")] = None,
    complete: Annotated[str | None, typer.Option(help="Say that all data have been transferred.")] = None,
    approve: Annotated[str | None, typer.Option(help="Say yes to the step that waits in this transfer.")] = None,
    refuse: Annotated[str | None, typer.Option(help="Say no to the step that waits in this transfer.")] = None,
    terminate: Annotated[str | None, typer.Option(help="End this transfer for good.")] = None,
    reason: Annotated[str, typer.Option(help="Why; reaches the partner.")] = "",
    address: Annotated[bool, typer.Option(help="Print the data address with its token.")] = False,
    format_name: Format = None,
    push_to: Annotated[str | None, typer.Option(help="The https URL that the provider has to push to.")] = None,
    authorization_file: Annotated[
        Path | None,
        typer.Option(help="The file with the secret for --push-to: a token, or a whole Authorization value."),
    ] = None,
    wait: Wait = 30,
    config: ConfigOption = HERE,
    as_json: JsonFlag = False,
) -> None:
    """Open a transfer under an agreement, or act on one.

    Example: `corridor transfer urn:uuid:... --address --config my-node`
    """
    asked = {"suspend": suspend, "resume": resume, "complete": complete, "terminate": terminate}
    asked |= {"approve": approve, "refuse": refuse}
    of_new = {"--format": format_name, "--push-to": push_to, "--authorization-file": authorization_file}
    named = {f"--{name}": pid for name, pid in {"show": show, **asked}.items()}
    listed = {"--list" if list_them else "--held": list_them or held}
    words: Mapping[str, object] = {
        "AGREEMENT": agreement,
        **listed,
        **named,
        **of_new,
        "--reason": reason,
        "--address": address,
    }
    check_together(words, _ACTS, as_json=as_json)
    if not (list_them or held) and agreement is None and show is None and not any(asked.values()):
        wrong_use("nothing to transfer", "name an agreement, or use --list", as_json=as_json)
    if authorization_file is not None and push_to is None:
        wrong_use("a secret for nothing", "name with --push-to where the data go", as_json=as_json)
    with reported(as_json=as_json):
        destination = _destination(push_to, authorization_file)
    with reported(as_json=as_json), node(config) as client:
        if list_them or held:
            page = client.transfers(held=held)
            give_json(page) if as_json else _show_transfers(page["items"])
            return
        pid = show or _act(client, asked, reason)
        pid = pid or client.transfer(agreement or "", format_name=format_name, destination=destination)["pid"]
        found = client.transfer_state(pid, wait=wait)
        given = client.data_address(pid) if address else None
    document: Mapping[str, Any] = {**found, "data_address": given} if given else found
    give_json(document) if as_json else _show_transfer(document)


def _destination(endpoint: str | None, file: Path | None) -> dict[str, str | None] | None:
    """Where to push to; a secret never stands on the command line, where other users of the machine see it."""
    if endpoint is None:
        return None
    if file is None:
        return {"endpoint": endpoint, "authorization": None}
    try:
        secret = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise SettingsError("the secret cannot be read", place=str(file), remedy="name a text file") from None
    if not secret:
        raise SettingsError("there is no secret", place=str(file), remedy="write the token into the file")
    return {"endpoint": endpoint, "authorization": secret if " " in secret else f"Bearer {secret}"}


def _act(client: Any, asked: Mapping[str, str | None], reason: str) -> str | None:
    """Do the one thing that was asked for; the transfer it was done to."""
    for name, pid in asked.items():
        if pid is not None:
            acts = {
                "suspend": lambda pid=pid: client.suspend(pid, reason),
                "resume": lambda pid=pid: client.resume(pid),
                "complete": lambda pid=pid: client.complete(pid),
                "approve": lambda pid=pid: client.approve_transfer(pid),
                "refuse": lambda pid=pid: client.refuse_transfer(pid, reason),
                "terminate": lambda pid=pid: client.terminate_transfer(pid, reason),
            }
            acts[name]()
            return pid
    return None


def _show_transfers(transfers: list[Any]) -> None:
    rows = [(one["pid"], one["partner"], one["dataset"], one["state"], one["problem"] or "") for one in transfers]
    table("transfers", ("id", "partner", "dataset", "state", "problem"), rows)


def _show_transfer(found: Mapping[str, Any]) -> None:
    say(f"{found['state']}: transfer {found['pid']} of {found['dataset']}")
    if found["held"]:
        say(f"waits for a person: {found['held']['reason']}")
    for reason in found["reasons"]:
        say(f"  {reason}")
    address = found.get("data_address")
    if address:
        say(f"endpoint: {address['endpoint']}")
        say(f"Authorization: {address['authorization']}")


def get(
    provider: Annotated[str, typer.Argument(metavar="URL", help="The partner: DID or base URL of its node.")],
    dataset: Annotated[str, typer.Argument(help="The dataset.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    offer: Annotated[str | None, typer.Option(help="The offer, where there are several.")] = None,
    *,
    format_name: Format = None,
    config: ConfigOption = HERE,
    as_json: JsonFlag = False,
) -> None:
    """From an offer to bytes on disk in one call: negotiate, transfer, fetch, verify.

    Example: `corridor get https://authority.example alerts -o alerts.csv --config my-node`
    """
    with reported(as_json=as_json), node(config) as client, download_bar(output.name) as progress:
        got = client.get(provider, dataset, output, offer, progress, format_name=format_name)
    if as_json:
        give_json(got)
        return
    say(f"{output}: {got['size']:,} bytes, {got['sha256']}")
    say(f"agreement: {got['agreement']}")
