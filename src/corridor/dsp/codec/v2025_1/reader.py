"""Reading untrusted JSON: a value that knows its path and refuses what it is not.

Messages of errors say the path and what is expected there. They repeat no value but identifiers: values can be secrets.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from corridor.base.errors import MalformedError, TooLargeError
from corridor.base.ids import check_id
from corridor.base.json import JsonObject
from corridor.dsp.codec.limits import CodecLimits


@dataclass(frozen=True, slots=True, repr=False)
class Node:
    """A JSON value, its path from the document's root, and the limits that hold for it."""

    value: Any
    place: str
    limits: CodecLimits

    @property
    def members(self) -> JsonObject:
        """The value as an object.

        Raises:
            MalformedError: it is none.
        """
        if not isinstance(self.value, Mapping):
            raise self.malformed("must be an object")
        return self.value

    def find(self, name: str) -> Node | None:
        """The member of that name; a null says the same as its absence."""
        value = self.members.get(name)
        return None if value is None else Node(value, f"{self.place}.{name}", self.limits)

    def need(self, name: str) -> Node:
        """The member of that name.

        Raises:
            MalformedError: there is none.
        """
        found = self.find(name)
        if found is None:
            raise MalformedError(f"`{name}` is missing", place=f"{self.place}.{name}", remedy=f"add `{name}`")
        return found

    def items(self, limit: int) -> tuple[Node, ...]:
        """The value as a list; one value alone stands for a list of it (JSON-LD, `@container: @set`).

        Raises:
            TooLargeError: it has more than `limit` entries.
        """
        if not isinstance(self.value, list):
            return (self,)
        if len(self.value) > limit:
            raise TooLargeError(
                f"a list has at most {limit} entries here, this one {len(self.value)}", place=self.place
            )
        return tuple(Node(item, f"{self.place}[{index}]", self.limits) for index, item in enumerate(self.value))

    def find_items(self, name: str, limit: int) -> tuple[Node, ...]:
        """The entries of the list of that name; none where there is no list."""
        found = self.find(name)
        return () if found is None else found.items(limit)

    def text(self) -> str:
        """The value as a non-empty string.

        Raises:
            MalformedError: it is none.
            TooLargeError: it is longer than the limit for texts.
        """
        if not isinstance(self.value, str) or not self.value:
            raise self.malformed("must be a non-empty string")
        if len(self.value) > self.limits.text_length:
            raise TooLargeError(f"a text has at most {self.limits.text_length} characters", place=self.place)
        return self.value

    def find_text(self, name: str) -> str | None:
        """The text of that name, or None where there is none."""
        found = self.find(name)
        return None if found is None else found.text()

    def identifier(self) -> str:
        """The value as an identifier.

        Raises:
            MalformedError: it is none.
        """
        return check_id(self.value, self.place)

    def find_identifier(self, name: str) -> str | None:
        """The identifier of that name, or None where there is none."""
        found = self.find(name)
        return None if found is None else found.identifier()

    def url(self) -> str:
        """The value as an absolute `http` or `https` URL without user, query or fragment.

        Whether this node may connect there is the HTTP client's to say.

        Raises:
            MalformedError: it is none.
        """
        text = self.text()
        if not _is_base_url(text):
            raise self.malformed("must be an absolute http or https URL without user, query and fragment")
        return text

    def expect_type(self, name: str, *, required: bool = True) -> None:
        """Check that the value is an object of JSON-LD type `name`; terms of another type would mean nothing.

        Args:
            name: the type.
            required: whether the schema requires `@type` here; if not, it may be absent.

        Raises:
            MalformedError: it is not.
        """
        if not required and self.find("@type") is None:
            return
        given = self.need("@type").value
        if name not in (given if isinstance(given, list) else [given]):
            raise MalformedError(f"must be of type {name}", place=f"{self.place}.@type", remedy=f'use "{name}"')

    def words(self) -> str:
        """The value as a sentence for people, cut to the limit for texts: reasons may be objects of any shape."""
        value = self.value
        if isinstance(value, Mapping):
            value = next((value[name] for name in ("message", "@value") if isinstance(value.get(name), str)), value)
        text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
        return text[: self.limits.text_length]

    def malformed(self, what: str) -> MalformedError:
        """An error at this place."""
        return MalformedError(what, place=self.place)


def _is_base_url(text: str) -> bool:
    if any(not "!" <= character <= "~" or character == "\\" for character in text):
        return False
    try:
        parts = urlsplit(text)
        valid_port = parts.port is None or parts.port > 0
    except ValueError:
        return False
    plain = not ("@" in parts.netloc or "?" in text or "#" in text)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and valid_port and plain
