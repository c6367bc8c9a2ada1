"""Descriptions with two open places, so that the same facts can be asked of two laws."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from corridor.base.errors import MalformedError
from corridor.base.json import JsonObject
from corridor.law.facts import Facts, parse_facts
from corridor.law.reading import Fields
from corridor.law.source import Place, plain, read_yaml

FROM: Final = "FROM"
TO: Final = "TO"
_ANYWHERE: Final = ("DE", "CN")


@dataclass(frozen=True, slots=True)
class Scenario:
    """A transfer from one place to another, both left open.

    Attributes:
        why: on what laws are known to part here, or empty.
        template: a description in which `FROM` and `TO` stand for the places.
    """

    id: str
    title: str
    why: str
    template: JsonObject
    place: Place

    def between(self, exporter: str, importer: str) -> Facts:
        """The facts with these places put in.

        Raises:
            MalformedError: the template is no description.
        """
        return parse_facts(_filled(self.template, {FROM: exporter, TO: importer}), f"{self.place} facts")


def scenarios_of(text: str, file: str) -> tuple[Scenario, ...]:
    """The scenarios of one file.

    Raises:
        MalformedError: something is missing, or the facts of a scenario are none.
        TooLargeError: over the limits of `source`.
    """
    return tuple(_scenarios(Fields(read_yaml(text, file), "a file of scenarios", ("scenarios",))))


def _scenarios(file: Fields) -> Iterator[Scenario]:
    seen: set[str] = set()
    for node in file.items("scenarios"):
        fields = Fields(node, "a scenario", ("id", "title", "why", "facts"))
        template = plain(fields.required("facts"))
        found = Scenario(fields.text("id"), fields.text("title"), fields.text("why", ""), template, fields.place)
        if found.id in seen:
            raise MalformedError(f"the scenario `{found.id}` stands twice", place=str(found.place))
        seen.add(found.id)
        found.between(*_ANYWHERE)  # refuses a template that is no description
        yield found


def _filled(value: Any, places: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(item, places) for name, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, places) for item in value]
    return places.get(value, value) if isinstance(value, str) else value
