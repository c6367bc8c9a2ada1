"""The order of provisions: exceptions before what they except, prevailing texts first, no two that may collide."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from corridor.base.errors import MalformedError
from corridor.law.expression import Among, Compare, Junction, Literal, Name, Negation, Tree
from corridor.law.facts import suggestion
from corridor.law.model import Instrument, Provision

_AT = re.compile(r", at=\d+")


def in_order(provisions: Sequence[Provision], instruments: Mapping[str, Instrument]) -> tuple[Provision, ...]:
    """The provisions of one ladder, each before those it goes before.

    Within a file the order written counts; between files `exception_to` and `prevails_over` do.

    Raises:
        MalformedError: an exception to what is not there, a cycle of exceptions, or two provisions that may both hold
            on some day, answer differently and are not ordered; the message holds both places.
    """
    later = _edges(provisions, instruments)
    ordered = _sorted(provisions, later)
    _refuse_ambiguity(ordered, _reach(ordered, later))
    return ordered


def check_ends(ordered: Sequence[Provision], start: date, place: str) -> None:
    """Refuse a ladder that could be climbed to its end without an answer, on any day from `start`.

    Raises:
        MalformedError: on some day no provision without a condition is in force.
    """
    day: date | None = start
    while day is not None:
        last = [provision.period.end for provision in ordered if _always(provision) and day in provision.period]
        if not last:
            raise MalformedError(
                f"on {day} the ladder ends without an answer",
                place=place,
                remedy="end it with a provision `when: true`",
            )
        day = None if None in last else max(end for end in last if end is not None) + timedelta(days=1)


def _always(provision: Provision) -> bool:
    tree = provision.condition.tree
    return isinstance(tree, Literal) and tree.value is True


def _edges(provisions: Sequence[Provision], instruments: Mapping[str, Instrument]) -> dict[str, set[str]]:
    """For each provision the refs that come right after it."""
    known = {provision.ref: provision for provision in provisions}
    later: dict[str, set[str]] = {ref: set() for ref in known}
    previous: dict[str, str] = {}
    for provision in provisions:
        file = provision.place.file
        if file in previous:
            later[previous[file]].add(provision.ref)
        previous[file] = provision.ref
        for ref in provision.exception_to:
            if ref not in known:
                raise MalformedError(
                    f"`{ref}` is no provision of the ladder `{provision.ladder}`",
                    place=str(provision.place),
                    remedy=suggestion(ref, known),
                )
            later[provision.ref].add(ref)
        later[provision.ref].update(_prevailed(provision, provisions, instruments))
    return later


def _prevailed(
    provision: Provision, provisions: Sequence[Provision], instruments: Mapping[str, Instrument]
) -> Iterable[str]:
    """The provisions over which the provision's instrument prevails while both are in force."""
    over = {name for prevalence in instruments[provision.citation.instrument].prevails for name in prevalence.over}
    return (
        other.ref
        for other in provisions
        if other.citation.instrument in over and other.period.overlaps(provision.period)
    )


def _sorted(provisions: Sequence[Provision], later: Mapping[str, set[str]]) -> tuple[Provision, ...]:
    waiting = {provision.ref: provision for provision in provisions}
    ordered: list[Provision] = []
    while waiting:
        blocked = {ref for source in waiting for ref in later[source]}
        ready = next((provision for ref, provision in waiting.items() if ref not in blocked), None)
        if ready is None:
            raise _cycle(waiting, later)
        ordered.append(ready)
        del waiting[ready.ref]
    return tuple(ordered)


def _cycle(waiting: Mapping[str, Provision], later: Mapping[str, set[str]]) -> MalformedError:
    """Follow edges backwards from any blocked provision until one comes twice."""
    ref = next(iter(waiting))
    path: list[str] = []
    while ref not in path:
        path.append(ref)
        ref = next(source for source in waiting if ref in later[source])
    round_trip = path[path.index(ref) :]
    places = ", ".join(f"`{name}` at {waiting[name].place}" for name in round_trip)
    return MalformedError(
        f"a cycle of exceptions: {places}",
        place=str(waiting[ref].place),
        remedy="take one `exception_to` away, or change the order",
    )


def _reach(ordered: Sequence[Provision], later: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """For each provision everything that comes after it by some path."""
    reach: dict[str, set[str]] = {}
    for provision in reversed(ordered):
        after = set(later[provision.ref])
        for ref in later[provision.ref]:
            after |= reach[ref]
        reach[provision.ref] = after
    return reach


def _refuse_ambiguity(ordered: Sequence[Provision], reach: Mapping[str, set[str]]) -> None:
    for index, first in enumerate(ordered):
        for second in ordered[index + 1 :]:
            if second.ref not in reach[first.ref] and _may_collide(first, second):
                raise MalformedError(
                    f"`{first.ref}` at {first.place} and `{second.ref}` at {second.place} may both hold "
                    "and answer differently",
                    place=str(second.place),
                    remedy="say which goes first with `exception_to` or `prevails_over`",
                )


def _may_collide(first: Provision, second: Provision) -> bool:
    if first.answer == second.answer or not first.period.overlaps(second.period):
        return False
    return not disjoint(first.condition.tree, second.condition.tree)


def disjoint(first: Tree, second: Tree) -> bool:
    """Whether the two conditions plainly exclude each other: some part of one contradicts a part of the other."""
    return any(_contradict(a, b) for a in _conjuncts(first) for b in _conjuncts(second))


def _conjuncts(tree: Tree) -> tuple[Tree, ...]:
    if isinstance(tree, Junction) and tree.word == "and":
        return tuple(part for inner in tree.parts for part in _conjuncts(inner))
    return (tree,)


def _contradict(a: Tree, b: Tree) -> bool:
    if isinstance(a, Negation) and _same(a.body, b):
        return True
    if isinstance(b, Negation) and _same(b.body, a):
        return True
    words_a, words_b = _words(a), _words(b)
    return words_a is not None and words_b is not None and words_a[0] == words_b[0] and not words_a[1] & words_b[1]


def _words(tree: Tree) -> tuple[str, frozenset[str]] | None:
    """The fact and the codes it may have, for `fact == code` and `fact in [codes]`."""
    match tree:
        case Compare("==", Name(fact), Name() | Literal() as word):
            return fact, frozenset({_spelled(word)})
        case Among(Name(fact), tuple() as members):
            return fact, frozenset(_spelled(member) for member in members)
    return None


def _spelled(word: Name | Literal) -> str:
    return word.text if isinstance(word, Name) else str(word.value)


def _same(a: Tree, b: Tree) -> bool:
    """Whether two trees say the same, wherever they stand."""
    return _AT.sub("", repr(a)) == _AT.sub("", repr(b))
