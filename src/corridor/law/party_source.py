"""What rule files say of parties, to the model: measures of ownership, presumptions, and definitions in a circle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from corridor.base.errors import MalformedError
from corridor.base.ids import printable
from corridor.law.binding import Declared, bind
from corridor.law.dated import Parameter
from corridor.law.declaration_source import RuleFile
from corridor.law.expression import Compare, Is, Junction, Name, Negation, Quantified, Tree
from corridor.law.facts import FlagSet, Known, suggestion
from corridor.law.model import Derived
from corridor.law.reading import Fields
from corridor.law.source import Listing, Node, Scalar, Table
from corridor.law.standing import Share
from corridor.law.trace import Presumption
from corridor.law.vocabulary import FACTS, PARTY, Flags, Kind, Record, Several

_SHARE_FIELDS: Final = ("of", "through", "from", "to", "pin", "verified", "note")
_PRESUMPTION_FIELDS: Final = ("fact", "value", "same_as", "why")
_OF_PARTY: Final = "party"


def names_of_party(files: Iterable[RuleFile]) -> Iterator[str]:
    """The names of what is derived of parties.

    Raises:
        MalformedError: of something else, or of a party in one definition and not in another.
    """
    for file in files:
        for name, node in file.fields.table("derive").items():
            items = node.items if isinstance(node, Listing) else (node,)
            of_party = {_is_of_party(item) for item in items}
            if len(of_party) > 1:
                raise MalformedError(
                    f"`{printable(name)}` is derived of a party in one definition and not in another",
                    place=str(node.place),
                    remedy="write `of: party` in all of them or in none",
                )
            if True in of_party:
                yield name


def _is_of_party(node: Node) -> bool:
    of = node.entries.get("of") if isinstance(node, Table) else None
    if of is None:
        return False
    if isinstance(of, Scalar) and of.value == _OF_PARTY:
        return True
    raise MalformedError("facts are derived of nothing but a party", place=str(of.place), remedy="write `of: party`")


def shares_of(
    files: Iterable[RuleFile], names: frozenset[str], parameters: Mapping[str, Parameter]
) -> Iterator[tuple[str, Share]]:
    """The measures of ownership, by name.

    Raises:
        MalformedError: `of` is not derived of parties, or `through` is no limit in percent.
    """
    for file in files:
        for name, node in file.fields.table("shares").items():
            fields = Fields(node, "a share", _SHARE_FIELDS)
            of, through = fields.text("of"), fields.text("through", "")
            if of not in names:
                raise _unknown(fields, "of", f"`{of}` is not derived of parties", names)
            if through and (through not in parameters or parameters[through].unit != "percent"):
                limits = [limit for limit, parameter in parameters.items() if parameter.unit == "percent"]
                raise _unknown(fields, "through", f"`{through}` is no limit in percent", limits)
            period = fields.period(file.instrument.period)
            yield name, Share(name, of, parameters.get(through), period, file.cited(fields))


def with_limits(shares: Mapping[str, Share], parameters: Mapping[str, Parameter]) -> Iterator[tuple[str, Share]]:
    """The measures with their limits as they are in `parameters`."""
    for name, share in shares.items():
        yield name, replace(share, through=parameters[share.through.name]) if share.through else share


def _unknown(fields: Fields, field: str, message: str, known: Iterable[str]) -> MalformedError:
    return MalformedError(message, place=fields.place_of(field), remedy=suggestion(fields.text(field), known))


def refuse_circle(
    of_transfer: Mapping[str, Derived], of_party: Mapping[str, Derived], shares: Mapping[str, Share]
) -> None:
    """Refuse facts that are derived from themselves, other than of another party and by what that one is.

    Raises:
        MalformedError: with the place of one of them.
    """
    derived = {**of_transfer, **of_party}
    uses = _uses(derived, shares)
    while free := [name for name, used in uses.items() if not used & uses.keys()]:
        for name in free:
            del uses[name]
    while unused := uses.keys() - {used for names in uses.values() for used in names}:
        for name in unused:
            del uses[name]
    wrong = uses.keys() & of_transfer.keys()
    wrong |= {name for name in uses if name in shares and shares[name].through is None}
    for name in uses.keys() & derived.keys():
        falling = {used for v in derived[name].versions for used in _falling(v.value.tree, falls=False)}
        wrong |= {name} if falling & uses.keys() else set()
    if wrong:
        name = min(wrong)
        places = derived.get(name) or derived[min(uses.keys() & derived.keys())]
        raise MalformedError(
            f"`{name}` is derived from itself by way of {', '.join(f'`{n}`' for n in sorted(uses))}",
            place=str(places.versions[0].place),
        )


def _uses(derived: Mapping[str, Derived], shares: Mapping[str, Share]) -> dict[str, set[str]]:
    names = derived.keys() | shares.keys()
    uses = {name: {use for v in one.versions for use in v.value.uses if use in names} for name, one in derived.items()}
    return uses | {name: {share.of} | ({name} if share.through else set()) for name, share in shares.items()}


def _falling(tree: Tree, *, falls: bool) -> Iterator[str]:
    """The names whose truth can turn the condition false."""
    match tree:
        case Negation(body):
            yield from _falling(body, falls=not falls)
        case Junction(_, parts):
            for part in parts:
                yield from _falling(part, falls=falls)
        case Quantified(quantifier, _, body):
            yield from _falling(body, falls=falls is not (quantifier == "none"))
        case Compare(sign, Name(text), _) if falls is not (sign == "<"):
            yield text
        case Is(_, Name(text)) | Name(text) if falls:
            yield text


def presumptions_of(head: Fields, declared: Declared) -> dict[str, Presumption]:
    """What stands in for unknown facts, by path; `party.` begins the path of a field of whatever party.

    Raises:
        MalformedError: an unknown fact, or a value that it cannot have.
    """
    found: dict[str, Presumption] = {}
    for node in head.items("presume"):
        fields = Fields(node, "a presumption", _PRESUMPTION_FIELDS)
        path, why = fields.text("fact"), fields.text("why")
        found[path] = _same(fields, path, why) if fields.node("same_as") else _fixed(fields, path, why, declared)
    return found


def _same(fields: Fields, path: str, why: str) -> Presumption:
    """The value of another field of the same party."""
    other = fields.text("same_as")
    kind, source = _field_of_party(path), PARTY.fields.get(other)
    if kind is None or source is None or source not in {kind, getattr(kind, "of", None)}:
        raise MalformedError(
            f"`{printable(other)}` cannot stand in for `{printable(path)}`",
            place=fields.place_of("same_as"),
            remedy="name a field of a party that holds the same kind of value, and begin `fact` with `party.`",
        )
    return Presumption(None, why, other, many=isinstance(kind, Several))


def _fixed(fields: Fields, path: str, why: str, declared: Declared) -> Presumption:
    value = fields.required("value")
    kind = _field_of_party(path) if path.startswith("party.") else _kind_at(path)
    if isinstance(value, Listing) and not value.items and isinstance(kind, Several | Flags):
        return Presumption(() if isinstance(kind, Several) else FlagSet(Known(), complete=True), why)
    if not isinstance(value, Scalar):
        raise MalformedError("a presumed value must be one code, number or truth value", place=str(value.place))
    element = PARTY if path.startswith("party.") else None
    bind(_presumed_condition(path, value.value), fields.place_of("fact"), declared, element)
    return Presumption(value.value, why)


def _field_of_party(path: str) -> Kind | None:
    return PARTY.fields.get(path.removeprefix("party.")) if path.startswith("party.") else None


def _kind_at(path: str) -> Kind | None:
    kind: Any = FACTS
    for name in path.split("."):
        kind = kind.fields.get(name) if isinstance(kind, Record) else None
    found: Kind | None = kind
    return found


def _presumed_condition(path: str, value: object) -> str:
    """A condition that reads the presumed fact, so that binding checks its path and value."""
    path = path.removeprefix("party.")
    if " has " in path:
        return path
    shown = f"'{value}'" if isinstance(value, str) else str(value).lower()
    over, _, name = path.rpartition("[].")
    return f"{over} any ({name} == {shown})" if over else f"{name} == {shown}"
