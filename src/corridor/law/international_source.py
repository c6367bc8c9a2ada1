"""Files of international instruments to the registry; it refuses what is not dated, cited, classed, and told apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from corridor.base.errors import MalformedError
from corridor.base.ids import printable
from corridor.base.reasons import Citation
from corridor.law.codes import words
from corridor.law.dated import Dated
from corridor.law.declaration_source import refuse_overlap, required_day, texts_of
from corridor.law.facts import suggestion
from corridor.law.international import (
    Commitment,
    Disputes,
    Form,
    International,
    Membership,
    Registry,
    Standing,
    Tie,
)
from corridor.law.model import Rulebook, Source
from corridor.law.reading import Fields
from corridor.law.source import Node, read_yaml
from corridor.law.vocabulary import PLACE

_FIELDS: Final = words("id title form source note does does_not parties provisions domestic")
_PARTY: Final = words("members standing from to pin verified note")
_PROVISION: Final = words("pin topic says exceptions disputes verified")


def load_registry(sources: Mapping[str, str]) -> Registry:
    """The registry of these files, by path; a file holds `instruments:`, `blocs:`, or both.

    Raises:
        MalformedError: with the place.
        TooLargeError: a file over the limits of `source`.
    """
    files = [
        Fields(read_yaml(sources[path], path), "a registry file", ("instruments", "blocs")) for path in sorted(sources)
    ]
    blocs: dict[str, tuple[Dated[str], ...]] = {}
    for file in files:
        for name, node in file.table("blocs").items():
            blocs[name] = tuple(_members(name, node))
    instruments: dict[str, International] = {}
    for file in files:
        for node in file.items("instruments"):
            found = _Reader(blocs).instrument(node)
            if found.id in instruments:
                raise MalformedError(f"the instrument `{found.id}` stands twice", place=str(found.place))
            instruments[found.id] = found
    return Registry(instruments, blocs)


def check_ties(registry: Registry, rulebook: Rulebook) -> None:
    """Refuse a tie to a provision that the rulebook does not have.

    Raises:
        MalformedError: with the place of the instrument's tie.
    """
    known = {
        provision.ref
        for jurisdiction in rulebook.jurisdictions.values()
        for ladder in jurisdiction.ladders
        for provision in ladder.provisions
    }
    for instrument in registry.instruments.values():
        for tie in instrument.ties:
            if tie.provision not in known:
                raise MalformedError(
                    f"`{printable(tie.provision)}` is no provision of the rulebook",
                    place=str(tie.place),
                    remedy=suggestion(tie.provision, known),
                )


def _members(name: str, node: Node) -> Iterator[Dated[str]]:
    bloc = Fields(node, "a bloc", ("source", "entries"))
    source = _source(bloc)
    for item in bloc.items("entries"):
        fields = Fields(item, "an entry", _PARTY)
        citation = Citation(name, fields.text("pin"), name, fields.verified(source.verified))
        for member in fields.texts("members"):
            if not PLACE.admits(member):
                raise MalformedError(f"`{printable(member)}` is no place", place=fields.place_of("members"))
            yield Dated(member, fields.period(), citation, fields.place)


def _source(fields: Fields) -> Source:
    source = Fields(fields.required("source"), "source", ("address", "checked", "verified"))
    return Source(source.text("address"), required_day(source, "checked"), source.verified(None))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads an instrument; its parties are places and these blocs."""

    blocs: Iterable[str]

    def instrument(self, node: Node) -> International:
        fields = Fields(node, "an international instrument", _FIELDS)
        identifier, titles, source = fields.text("id"), texts_of(fields, "title"), _source(fields)
        if not identifier.startswith("int/"):
            raise MalformedError(
                f"`{printable(identifier)}` is no id of an international instrument",
                place=fields.place_of("id"),
                remedy=f"write it as int/{printable(identifier.rpartition('/')[2])}",
            )
        whole = Citation(identifier, "", titles["en"], source.verified)
        parties = tuple(party for item in fields.items("parties") for party in self._parties(item, whole))
        for member in {party.value.member for party in parties}:
            refuse_overlap(tuple(p for p in parties if p.value.member == member), f"{identifier} {member}")
        return International(
            id=identifier,
            titles=titles,
            form=fields.word("form", Form),
            does=fields.text("does"),
            does_not=fields.text("does_not"),
            note=fields.text("note", ""),
            parties=parties,
            commitments=tuple(_commitment(item, whole) for item in fields.items("provisions")),
            ties=tuple(_tie(item) for item in fields.items("domestic")),
            source=source,
            place=fields.place,
        )

    def _parties(self, node: Node, whole: Citation) -> Iterator[Dated[Membership]]:
        fields = Fields(node, "a party", _PARTY)
        standing, note, period = fields.word("standing", Standing), fields.text("note", ""), fields.period()
        for member in fields.texts("members"):
            if not PLACE.admits(member) and member not in self.blocs:
                raise MalformedError(
                    f"`{printable(member)}` is neither a place nor a bloc",
                    place=fields.place_of("members"),
                    remedy="write its ISO code, or add it to `blocs`",
                )
            yield Dated(Membership(member, standing, note), period, _citation(fields, whole, ""), fields.place)


def _citation(fields: Fields, whole: Citation, default: str | None) -> Citation:
    return Citation(whole.instrument, fields.text("pin", default), whole.title, fields.verified(whole.verified))


def _commitment(node: Node, whole: Citation) -> Commitment:
    fields = Fields(node, "a provision", _PROVISION)
    return Commitment(
        citation=_citation(fields, whole, None),
        topic=fields.text("topic"),
        says=fields.text("says"),
        exceptions=fields.text("exceptions", ""),
        disputes=fields.word("disputes", Disputes) if fields.node("disputes") else None,
    )


def _tie(node: Node) -> Tie:
    fields = Fields(node, "a tie", ("provision", "says"))
    return Tie(fields.text("provision"), fields.text("says"), fields.place)
