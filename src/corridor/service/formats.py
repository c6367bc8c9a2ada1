"""The formats in which data move, as the data plane declares them: nothing else here knows one by its name."""

from __future__ import annotations

from dataclasses import dataclass

from corridor.base.errors import MalformedError
from corridor.base.ids import printable


@dataclass(frozen=True, slots=True)
class Format:
    """One way in which data get from a provider to a consumer.

    Attributes:
        name: as distributions and transfer requests state it, such as `HttpData-PULL`.
        push: whether the provider's data plane opens the connection, to an address that the consumer gave.
        endpoint_type: of the data address that belongs to it.
    """

    name: str
    push: bool
    endpoint_type: str


@dataclass(frozen=True, slots=True)
class Formats:
    """What our data plane can do.

    Attributes:
        served: in which it hands out data as provider, in the order in which the catalogue shows them.
        taken: in which it gets data as consumer, the preferred one first.
    """

    served: tuple[Format, ...] = ()
    taken: tuple[Format, ...] = ()

    def offered(self, name: str) -> Format:
        """The format that a partner asks for.

        Raises:
            MalformedError: it is not offered; names those that are.
        """
        return _named(self.served, name, "$.format", "is not offered")

    def chosen(self, name: str | None, *, push: bool) -> Format:
        """The format to ask a partner for: the one named, else the first that can be had, with `push` among pushes.

        Raises:
            MalformedError: our data plane does not know it, or it brings nothing to an address; names those that do.
        """
        able = tuple(format_ for format_ in self.taken if format_.push or not push)
        if name is None and able:
            return able[0]
        return _named(able, name or "", "$.format", "brings nothing there" if push else "is not known here")


def _named(among: tuple[Format, ...], name: str, place: str, fault: str) -> Format:
    for format_ in among:
        if format_.name == name:
            return format_
    names = " or ".join(format_.name for format_ in among) or "nothing: there is none"
    raise MalformedError(f"the format `{printable(name[:80])}` {fault}", place=place, remedy=f"ask for {names}")
