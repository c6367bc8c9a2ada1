"""Papers in a policy: the JSON of a reference to a document that opens a route, and its reading.

Names of members are absolute IRIs, so that a reference survives JSON-LD expansion and compaction by any party; what a
processor wraps (`[{"@value": …}]`) is read as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

from corridor.base.clock import format_instant
from corridor.base.digest import check_sha256
from corridor.base.errors import MalformedError
from corridor.base.ids import printable
from corridor.base.json import JsonObject
from corridor.odrl.operands import BORDER, PAPERS, Operator
from corridor.odrl.values import Moment, PaperReference, read_moment
from corridor.odrl.wire import PolicyLimits, scalar

KIND: Final = BORDER + "kind"
DIGEST: Final = BORDER + "digest"
NUMBER: Final = BORDER + "number"
EFFECTIVE: Final = BORDER + "effective"
FILED: Final = BORDER + "filed"
VALID_TO: Final = BORDER + "validTo"
PIN: Final = BORDER + "pin"

_MEMBERS: Final = frozenset({KIND, DIGEST, NUMBER, EFFECTIVE, FILED, VALID_TO, PIN, "@id", "@type"})


def paper_reference(
    kind: str,
    digest: str,
    *,
    number: str | None = None,
    effective: date | datetime | None = None,
    filed: date | datetime | None = None,
    valid_to: date | datetime | None = None,
    pin: str | None = None,
) -> JsonObject:
    """The JSON of one paper as it stands in a right operand.

    Args:
        kind: what it is, such as `cn/standard-contract`.
        digest: `sha-256:…` of the document.
        number: the number under which the authority keeps it.
        effective: from when it is valid: an aware instant, or a day in UTC.
        filed: when it was filed.
        valid_to: the instant or the day, itself included, at which its validity ends.
        pin: the provision that asks for it.

    Raises:
        MalformedError: `digest` is not one.
    """
    stated = {
        KIND: kind,
        DIGEST: check_sha256(digest, "digest"),
        NUMBER: number,
        EFFECTIVE: _written(effective),
        FILED: _written(filed),
        VALID_TO: _written(valid_to),
        PIN: pin,
    }
    return {name: value for name, value in stated.items() if value is not None}


def papers_constraint(references: Iterable[JsonObject], operator: Operator = Operator.IS_ALL_OF) -> JsonObject:
    """The JSON of the constraint that every one of `references` (with `IS_ANY_OF`, some one) is on file and valid."""
    return {"leftOperand": PAPERS, "operator": operator.value, "rightOperand": list(references)}


def _written(moment: date | datetime | None) -> str | None:
    if moment is None:
        return None
    return format_instant(moment) if isinstance(moment, datetime) else f"{moment.isoformat()}Z"


def read_paper(value: Any, place: str, limits: PolicyLimits) -> PaperReference:
    """The paper that an item of a right operand names: an object as above, or only a digest.

    Raises:
        MalformedError: no digest, a member that a reference does not have, or a member of the wrong sort.
    """
    if not isinstance(value, Mapping) or "@value" in value:
        return PaperReference(check_sha256(scalar(value, place, limits).value, place))
    for name in value:
        if name not in _MEMBERS:
            raise MalformedError(f"a paper has no member `{printable(name)}`", place=place)
    if DIGEST not in value:
        raise MalformedError("the paper has no digest", place=place, remedy=f"add `{DIGEST}`")

    def text(name: str) -> str | None:
        return str(scalar(value[name], f"{place}['{name}']", limits).value) if name in value else None

    def moment(name: str) -> Moment | None:
        written = text(name)
        return None if written is None else read_moment(written, f"{place}['{name}']")

    return PaperReference(
        digest=check_sha256(text(DIGEST), f"{place}['{DIGEST}']"),
        kind=text(KIND),
        number=text(NUMBER),
        effective=moment(EFFECTIVE),
        filed=moment(FILED),
        valid_to=moment(VALID_TO),
        pin=text(PIN),
    )
