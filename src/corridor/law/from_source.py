"""Rule files to the model: the only translation; it refuses what is not dated, cited, classed and unambiguous."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

from corridor.base.clock import DateRange
from corridor.base.errors import MalformedError
from corridor.base.ids import printable
from corridor.base.reasons import Citation, Verified
from corridor.law.binding import Condition, Declared, bind
from corridor.law.case_source import cases_of
from corridor.law.codes import words
from corridor.law.dated import Dated, Entry, Register
from corridor.law.declaration_source import (
    RuleFile,
    counters_of,
    definition_of,
    instrument_of,
    parameters_of,
    party_runner_of,
    refuse_overlap,
    registers_of,
    required_day,
    runner_of,
    texts_of,
    units_of,
)
from corridor.law.facts import suggestion
from corridor.law.model import (
    Case,
    Derived,
    Extent,
    Head,
    Instrument,
    Jurisdiction,
    Ladder,
    Provision,
    Rulebook,
)
from corridor.law.order import check_ends, in_order
from corridor.law.overriding import is_overrides, overridden
from corridor.law.party_source import names_of_party, presumptions_of, refuse_circle, shares_of, with_limits
from corridor.law.provision_source import (
    DUTY_FIELDS,
    PAPER_FIELDS,
    PROVISION_FIELDS,
    Context,
    duty_of,
    paper_of,
    provision_of,
)
from corridor.law.reading import Fields, text_of
from corridor.law.repeats import refuse_repeats
from corridor.law.shelf import LateCases, Shelf
from corridor.law.source import Listing, Node, Place, Table, read_yaml
from corridor.law.standing import PartyFact
from corridor.law.trace import Step, Trace
from corridor.law.vocabulary import DONE_THERE, PARTY, PLACE, SUBJECT_TO
from corridor.law.vocabulary import Place as PlaceCode

_SECTIONS: Final = words(
    "instrument title enacted_by number in_force prevails_over source note lists parameters derive counts routes "
    "papers duties provisions sanctions "
    "shares"
)
_HEAD: Final = words("jurisdiction name encoded_from territory reach reach_by reach_when ladders presume")


def load_rulebook(sources: Mapping[str, str], trusted: Collection[str] = ()) -> Rulebook:
    """The rulebook of these rule files, by path: the first part of a path is the folder of a jurisdiction.

    A folder holds one file with `jurisdiction:`, any number with `instrument:` and any number with `cases:`.

    Args:
        sources: path to text.
        trusted: folders that were checked before, such as those that ship. Of these `jurisdiction.yaml` is read now,
            and the rest when something asks for it; the cases stand in `cases*.yaml`.

    Raises:
        MalformedError: with the place, and both places where two provisions collide.
        TooLargeError: a file over the limits of `source`.
    """
    folders: dict[str, dict[str, str]] = {}
    for path in sorted(sources):
        folders.setdefault(path.partition("/")[0], {})[path] = sources[path]
    parts: dict[str, _Part] = {}
    for folder, texts in folders.items():
        part = _on_demand(folder, texts) if folder in trusted else _at_once(folder, texts)
        if part.extent.id in parts:
            raise MalformedError(f"the jurisdiction `{part.extent.id}` stands in two folders", place=folder)
        parts[part.extent.id] = part
    return Rulebook(
        Shelf({name: part.rules for name, part in parts.items()}),
        LateCases(part.cases for part in parts.values()),
        tuple(part.extent for part in parts.values()),
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """A folder: how far its law extends, and what reads its rules and its cases."""

    extent: Extent
    rules: Callable[[], Jurisdiction]
    cases: Callable[[], Iterable[Case]]


def _at_once(folder: str, texts: Mapping[str, str]) -> _Part:
    files = _trees(texts)
    jurisdiction = _Folder(folder, files).jurisdiction()
    cases = tuple(_cases(files, jurisdiction.id))
    return _Part(jurisdiction, lambda: jurisdiction, lambda: cases)


def _on_demand(folder: str, texts: Mapping[str, str]) -> _Part:
    cases = {path: text for path, text in texts.items() if path.startswith(f"{folder}/cases")}
    rules = {path: text for path, text in texts.items() if path not in cases}
    head = _head_of(folder, rules)

    def read() -> Jurisdiction:
        return _Folder(folder, _trees(rules)).jurisdiction()

    if head is not None:
        return _Part(head, read, lambda: _cases(_trees(cases), head.id))
    jurisdiction = read()
    return _Part(jurisdiction, lambda: jurisdiction, lambda: _cases(_trees(cases), jurisdiction.id))


def _head_of(folder: str, texts: Mapping[str, str]) -> Head | None:
    """How far the law extends, from as few files as say so; None where they do not."""
    path = f"{folder}/jurisdiction.yaml"
    head = Fields(read_yaml(texts[path], path), "a jurisdiction", _HEAD)
    identifier, codes = head.text("jurisdiction"), head.texts("territory")
    reaches_out = head.node("reach_when") is not None
    if all(map(PlaceCode().admits, codes)):
        return Head(identifier, _places(head, identifier, codes), head.texts("reach"), _reach_by(head), reaches_out)
    for name, text in texts.items():
        if f"  {codes[0]}:" in text:
            fields = Fields(read_yaml(text, name), "an instrument", _SECTIONS)
            if codes[0] in fields.table("lists"):
                lists = dict(registers_of((RuleFile(fields, instrument_of(fields, identifier)),)))
                return Head(identifier, lists[codes[0]], head.texts("reach"), _reach_by(head), reaches_out)
    return None


def _trees(texts: Mapping[str, str]) -> dict[str, Node]:
    return {path: read_yaml(text, path) for path, text in texts.items()}


def _cases(files: Mapping[str, Node], jurisdiction: str) -> Iterator[Case]:
    for node in files.values():
        yield from cases_of(node, jurisdiction) if _is(node, "cases") else ()


def _is(node: Node, section: str) -> bool:
    return isinstance(node, Table) and section in node.entries


@dataclass(slots=True)
class _Folder:
    """One jurisdiction while it is put together: declarations first, then conditions, then the order of ladders."""

    name: str
    files: Mapping[str, Node]
    derived_runs: dict[str, Callable[[Trace], Step]] = field(default_factory=dict)
    party_runs: dict[str, PartyFact] = field(default_factory=dict)
    of_party: dict[str, Derived] = field(default_factory=dict)

    def jurisdiction(self) -> Jurisdiction:
        head = self._head()
        identifier = head.text("jurisdiction")
        files = tuple(self._instrument_files(identifier))
        refuse_repeats(files)
        instruments = {file.instrument.id: file.instrument for file in files}
        _check_prevalence(instruments)
        declared = self._declared(files)
        parameters, registers = overridden(self.files.values(), declared.parameters, declared.registers)
        declared = replace(declared, parameters=parameters, registers=registers)
        declared = replace(declared, shares=dict(with_limits(declared.shares, parameters)))
        context = Context(
            declared, frozenset(_names(files, "papers")), frozenset(_duty_ids(files)), dict(_routes(files))
        )
        derived = self._derive(files, declared)
        encoded_from = required_day(head, "encoded_from")
        return Jurisdiction(
            id=identifier,
            names=texts_of(head, "name"),
            encoded_from=encoded_from,
            territory=_territory(head, identifier, declared),
            reach=head.codes("reach", SUBJECT_TO),
            reach_by=_reach_by(head),
            presumptions=presumptions_of(head, declared),
            instruments=instruments,
            registers=declared.registers,
            parameters=declared.parameters,
            counters=dict(counters_of(files, declared)),
            derived=derived,
            papers={kind.id: kind for kind in _papers(files, context)},
            duties=tuple(_duties(files, context)),
            ladders=tuple(_ladders(_ladder_heads(head), tuple(_provisions(files, context)), instruments, encoded_from)),
            of_party=self.of_party,
            shares=declared.shares,
            reach_when=_reach_when(head, declared),
        )

    def _head(self) -> Fields:
        heads = [node for node in self.files.values() if _is(node, "jurisdiction")]
        if len(heads) != 1:
            raise MalformedError(
                f"the folder `{printable(self.name)}` has {len(heads)} files with `jurisdiction:`",
                place=self.name,
                remedy="keep exactly one, such as jurisdiction.yaml",
            )
        return Fields(heads[0], "a jurisdiction", _HEAD)

    def _instrument_files(self, jurisdiction: str) -> Iterator[RuleFile]:
        seen: dict[str, Place] = {}
        for node in self.files.values():
            if _is(node, "jurisdiction") or _is(node, "cases") or is_overrides(node):
                continue
            fields = Fields(node, "an instrument", _SECTIONS)
            instrument = instrument_of(fields, jurisdiction)
            if instrument.id in seen or not instrument.id.startswith(f"{self.name}/"):
                raise MalformedError(
                    f"`{instrument.id}` cannot be the id of this instrument",
                    place=str(fields.place),
                    remedy=f"write an id that begins with `{self.name}/` and stands once",
                )
            seen[instrument.id] = fields.place
            yield RuleFile(fields, instrument)

    def _declared(self, files: Iterable[RuleFile]) -> Declared:
        files = tuple(files)
        of_party = frozenset(names_of_party(files))
        parameters = dict(parameters_of(files))
        return Declared(
            self.derived_runs,
            frozenset(_names(files, "derive")) - of_party,
            parameters,
            dict(units_of(files)),
            dict(registers_of(files)),
            self.party_runs,
            of_party,
            dict(shares_of(files, of_party, parameters)),
        )

    def _derive(self, files: Iterable[RuleFile], declared: Declared) -> dict[str, Derived]:
        found: dict[str, Derived] = {}
        for file in files:
            for name, node in file.fields.table("derive").items():
                items = node.items if isinstance(node, Listing) else (node,)
                element = PARTY if name in declared.of_party_names else None
                versions = tuple(definition_of(item, file, declared, element) for item in items)
                refuse_overlap(versions, name)
                derived = Derived(name, versions)
                if element is None:
                    found[name] = derived
                    self.derived_runs[name] = runner_of(derived)
                else:
                    self.of_party[name] = derived
                    self.party_runs[name] = party_runner_of(derived)
        refuse_circle(found, self.of_party, declared.shares)
        return found


def _reach_when(head: Fields, declared: Declared) -> Condition | None:
    if head.node("reach_when") is None:
        return None
    return bind(head.text("reach_when"), head.place_of("reach_when"), declared)


def _check_prevalence(instruments: Mapping[str, Instrument]) -> None:
    for instrument in instruments.values():
        for other in (other for prevalence in instrument.prevails for other in prevalence.over):
            if other not in instruments:
                raise MalformedError(
                    f"`{printable(other)}` is no instrument of this jurisdiction",
                    place=str(instrument.place),
                    remedy=suggestion(other, instruments),
                )


def _names(files: Iterable[RuleFile], section: str) -> Iterator[str]:
    return (name for file in files for name in file.fields.table(section))


def _routes(files: Iterable[RuleFile]) -> Iterator[tuple[str, Node]]:
    return (entry for file in files for entry in file.fields.table("routes").items())


def _duty_ids(files: Iterable[RuleFile]) -> Iterator[str]:
    return (Fields(node, "a duty", DUTY_FIELDS).text("id") for file in files for node in file.fields.items("duties"))


def _papers(files: Iterable[RuleFile], context: Context) -> Iterator[Any]:
    for file in files:
        for kind, node in file.fields.table("papers").items():
            yield paper_of(kind, Fields(node, "a paper", PAPER_FIELDS), file.instrument, context)


def _duties(files: Iterable[RuleFile], context: Context) -> Iterator[Any]:
    for file in files:
        for node in file.fields.items("duties"):
            yield duty_of(Fields(node, "a duty", DUTY_FIELDS), file.instrument, context)


def _provisions(files: Iterable[RuleFile], context: Context) -> Iterator[Provision]:
    seen: dict[str, Place] = {}
    for file in files:
        for node in file.fields.items("provisions"):
            provision = provision_of(Fields(node, "a provision", PROVISION_FIELDS), file.instrument, context)
            if provision.ref in seen:
                raise MalformedError(
                    f"`{provision.ref}` stands twice, first at {seen[provision.ref]}",
                    place=str(provision.place),
                    remedy="give one of them an `id` of its own",
                )
            seen[provision.ref] = provision.place
            yield provision


_LADDER: Final = ("id", "title", "from")


def _ladder_heads(head: Fields) -> dict[str, Fields]:
    heads: dict[str, Fields] = {}
    for item in (Fields(node, "a ladder", _LADDER) for node in head.items("ladders")):
        name = item.text("id")
        if name in heads:
            raise MalformedError(
                f"the ladder `{printable(name)}` stands twice, first at {heads[name].place}", place=str(item.place)
            )
        heads[name] = item
    return heads


def _ladders(
    heads: Mapping[str, Fields],
    provisions: tuple[Provision, ...],
    instruments: Mapping[str, Instrument],
    encoded_from: date,
) -> Iterator[Ladder]:
    for provision in provisions:
        if provision.ladder not in heads:
            raise MalformedError(
                f"`{provision.ladder}` is no ladder of this jurisdiction",
                place=str(provision.place),
                remedy=suggestion(provision.ladder, heads),
            )
    for name, head in heads.items():
        start = max(head.day("from") or encoded_from, encoded_from)
        ordered = in_order([provision for provision in provisions if provision.ladder == name], instruments)
        check_ends(ordered, start, str(head.place))
        yield Ladder(name, head.text("title"), DateRange(start), ordered)


def _territory(head: Fields, identifier: str, declared: Declared) -> Register:
    """The places covered: a list of codes, or the name of a dated list of the jurisdiction."""
    head.required("territory")
    codes = head.texts("territory")
    if len(codes) == 1 and codes[0] in declared.registers:
        return declared.registers[codes[0]]
    head.codes("territory", PLACE)
    return _places(head, identifier, codes)


def _places(head: Fields, identifier: str, codes: Iterable[str]) -> Register:
    nothing = Citation(identifier, "territory", verified=Verified.OFFICIAL)
    return Register("territory", "place", tuple(Dated(Entry(code), DateRange(), nothing, head.place) for code in codes))


def _reach_by(head: Fields) -> tuple[str, ...]:
    for node in head.items("reach_by"):
        if text_of(node) not in DONE_THERE:
            raise MalformedError(
                f"`{printable(text_of(node))}` is nothing that a party does in a territory",
                place=str(node.place),
                remedy=suggestion(text_of(node), DONE_THERE),
            )
    return head.texts("reach_by")
