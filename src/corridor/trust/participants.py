"""The participant list: a file that says who is known, read anew when it changes.

::

    participants:
      - id: did:web:authority.example
        name: The Authority
        country: DE
        status: active            # or suspended
        facts: {sector: public_administration}
"""

from __future__ import annotations

import difflib
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import structlog

from corridor.base.errors import CorridorError, MalformedError, SettingsError, TooLargeError
from corridor.base.ids import ParticipantId, check_id, printable
from corridor.law.source import Listing, Node, Scalar, SourceLimits, Table, plain, read_yaml
from corridor.service.records import Participant

_LIMITS: Final = SourceLimits(max_characters=16_777_216, max_nodes=2_000_000)
_FIELDS: Final = ("id", "name", "country", "status", "facts")
_REQUIRED: Final = ("id", "name", "country")
_STATUSES: Final = ("active", "suspended")
_COUNTRY = re.compile(r"[A-Z]{2}")
_MAX_NAME: Final = 200
_LOOK_EVERY: Final = 1.0
"""Seconds between two looks at the file."""

log = structlog.get_logger(__name__)


class FileParticipants:
    """The list in a YAML or JSON file; implements the port `Participants`.

    An edit counts within a second. One that cannot be read changes nothing: the last good list stays, the log says why.

    Args:
        path: of the file.
        monotonic: seconds on a clock that never goes back.

    Raises:
        SettingsError: the file cannot be read, or is no participant list; `place` has file, line and column.
    """

    def __init__(self, path: Path, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._monotonic = monotonic
        self._looked = monotonic()
        self._seen = _fingerprint(path)
        self._active = _load(path)

    def find(self, participant: ParticipantId) -> Participant | None:
        """The participant if it is on the list and active, else None."""
        self._look()
        return self._active.get(participant)

    def all(self) -> tuple[Participant, ...]:
        """All active participants, in the order of the file."""
        self._look()
        return tuple(self._active.values())

    def _look(self) -> None:
        if self._monotonic() - self._looked < _LOOK_EVERY:
            return
        self._looked = self._monotonic()
        seen = _fingerprint(self._path)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._active = _load(self._path)
        except SettingsError as error:
            log.error("participant_list_refused", problem=str(error))  # noqa: TRY400 - the sentence says it all


def _fingerprint(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _load(path: Path) -> Mapping[ParticipantId, Participant]:
    try:
        return read_participants(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        why = (error.strerror or "").lower() if isinstance(error, OSError) else "it is not UTF-8"
        raise SettingsError(
            f"the participant list cannot be read: {why}", place=str(path), remedy="correct `files.participants`"
        ) from None
    except (MalformedError, TooLargeError) as error:
        raise _ours(error) from None


def _ours(error: CorridorError) -> SettingsError:
    """The list is a file of this node: what is wrong in it is no partner's fault."""
    return SettingsError(error.message, place=error.place, remedy=error.remedy)


def read_participants(text: str, name: str) -> Mapping[ParticipantId, Participant]:
    """The active participants in a list, by id.

    Raises:
        MalformedError: with file, line and column, if it is no list, or an entry is incomplete, unknown or double.
        TooLargeError: it is beyond the limits.
    """
    entries = _only(read_yaml(text, name, _LIMITS))
    active: dict[ParticipantId, Participant] = {}
    known: set[str] = set()
    for entry in entries.items:
        participant, is_active = _entry(entry)
        if participant.id in known:
            raise MalformedError(
                f"`{participant.id}` stands twice", place=str(entry.place), remedy="keep one of the two"
            )
        known.add(participant.id)
        if is_active:
            active[participant.id] = participant
    return active


def _only(document: Node) -> Listing:
    if isinstance(document, Table) and set(document.entries) == {"participants"}:
        entries = document.entries["participants"]
        if isinstance(entries, Listing):
            return entries
    raise MalformedError(
        "not a participant list", place=str(document.place), remedy="write `participants:` and one entry for each"
    )


def _entry(node: Node) -> tuple[Participant, bool]:
    if not isinstance(node, Table):
        raise MalformedError("a participant is a mapping", place=str(node.place), remedy="write id, name and country")
    _check_fields(node)
    facts = node.entries.get("facts")
    if facts is not None and not isinstance(facts, Table):
        raise MalformedError(
            "facts are a mapping", place=str(facts.place), remedy="write `name: value` below each other"
        )
    participant = Participant(
        ParticipantId(check_id(_text(node, "id"), _place(node, "id"))),
        _matching(node, "name", lambda text: text.isprintable() and len(text) <= _MAX_NAME, "printable text"),
        _matching(node, "country", _COUNTRY.fullmatch, "two capital letters (ISO 3166-1), such as DE or CN"),
        plain(facts) if facts is not None else {},
    )
    return participant, _is_active(node)


def _is_active(node: Table) -> bool:
    if "status" not in node.entries:
        return True
    return _matching(node, "status", _STATUSES.__contains__, " or ".join(_STATUSES)) == "active"


def _check_fields(node: Table) -> None:
    for name in node.entries:
        if name not in _FIELDS:
            close = difflib.get_close_matches(name, _FIELDS, 1)
            raise MalformedError(
                f"a participant has no `{printable(name)}`",
                place=str(node.key_places[name]),
                remedy=f"did you mean `{close[0]}`?" if close else f"known here: {', '.join(_FIELDS)}",
            )
    for name in _REQUIRED:
        if name not in node.entries:
            raise MalformedError(f"the participant's `{name}` is missing", place=str(node.place))


def _place(node: Table, name: str) -> str:
    return str(node.entries[name].place)


def _text(node: Table, name: str) -> str:
    value = node.entries[name]
    if isinstance(value, Scalar) and isinstance(value.value, str):
        return value.value
    raise MalformedError(f"the participant's `{name}` is no text", place=str(value.place), remedy="put it in quotes")


def _matching(node: Table, name: str, fits: Callable[[str], object], form: str) -> str:
    text = _text(node, name)
    if text and fits(text):
        return text
    raise MalformedError(f"`{printable(text)}` cannot be a `{name}`", place=_place(node, name), remedy=f"write {form}")
