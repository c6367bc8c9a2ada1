"""What there is stands in the reference: settings, errors, events, operands, members of a publication."""

import dataclasses
import re
from importlib import import_module
from pathlib import Path
from typing import get_type_hints

import pytest
from pages import page

import corridor
from corridor.app.host_settings import HostSettings
from corridor.app.settings import Settings
from corridor.base.errors import CorridorError
from corridor.dataplane.table import Column, Format, Separator
from corridor.evidence.bundle import FORMAT, MANIFEST_TYPE, VERSION
from corridor.evidence.event import EVENT_TYPES
from corridor.evidence.receipt import RECEIPT_TYPE
from corridor.http.problem import status_of
from corridor.law.outcome import Outcome
from corridor.odrl.operands import CORE
from corridor.trust.did_document import RECEIPTS_SERVICE

PACKAGE = Path(corridor.__file__).parent


def text_of(name):
    return page(name).read_text("utf-8")


def all_errors():
    """Every class of the tree, wherever in the package it stands."""
    for path in PACKAGE.rglob("*.py"):
        if re.search(r"^class \w+Error\(", path.read_text("utf-8"), re.MULTILINE):
            import_module(".".join(("corridor", *path.relative_to(PACKAGE).with_suffix("").parts)))
    found, to_see = [], [CorridorError]
    while to_see:
        error = to_see.pop()
        found.append(error)
        to_see += error.__subclasses__()
    return [error for error in found if error.__module__.startswith("corridor.")]


def row_of(error):
    """Code and status in the error's row of the table."""
    found = re.search(
        rf"^\| `{error.__name__}` \| `(\w+)` \| (\d*) ?\|", text_of("docs/reference/errors.md"), re.MULTILINE
    )
    assert found, f"docs/reference/errors.md has no row for {error.__name__}"
    return found[1], found[2]


@pytest.mark.parametrize("error", all_errors(), ids=lambda error: error.__name__)
def test_every_error_stands_in_the_table_with_its_code_and_status(error):
    code, status = row_of(error)
    assert code == error.code
    if status:
        assert int(status) == status_of(error.__new__(error))


def setting_names(model=Settings, path=""):
    for field in dataclasses.fields(model):
        kind = get_type_hints(model)[field.name]
        if dataclasses.is_dataclass(kind):
            yield from setting_names(kind, f"{path}{field.name}.")
        else:
            yield f"{path}{field.name}"


def test_every_setting_is_in_the_reference():
    text = text_of("docs/reference/settings.md")
    assert [
        name for name in setting_names() if f"`{name}`" not in text and f"`{name.rpartition('.')[2]}`" not in text
    ] == []


def test_every_setting_of_a_host_is_in_the_reference():
    text = text_of("docs/reference/settings.md")
    assert [name for name in setting_names(HostSettings) if f"`{name}`" not in text] == []


def test_every_setting_that_a_page_names_exists():
    names = {*setting_names(), *setting_names(HostSettings)}
    sections = "|".join({name.partition(".")[0] for name in names})
    for source in sorted((page("docs")).rglob("*.md")):
        for found in re.findall(rf"`((?:{sections})\.[a-z_]+)`", source.read_text("utf-8")):
            if not (PACKAGE / found.replace(".", "/")).with_suffix(".py").exists():
                assert found in names, f"{source.name}: {found}"


def test_every_event_is_in_the_evidence_format():
    text = text_of("docs/reference/evidence-format.md")
    assert [name for name in EVENT_TYPES if f"| `{name}` |" not in text] == []


@pytest.mark.parametrize("word", [FORMAT, MANIFEST_TYPE, RECEIPT_TYPE, f"(`{FORMAT}`), `version` ({VERSION})"])
def test_the_evidence_format_has_its_names(word):
    assert word in text_of("docs/reference/evidence-format.md")


def test_the_receipts_service_has_its_name():
    assert f'"{RECEIPTS_SERVICE}"' in text_of("docs/reference/receipts-endpoint.md")


def test_every_left_operand_is_explained_with_who_enforces_it():
    text = text_of("docs/reference/publication.md")
    for operand in CORE.by_name.values():
        row = next(line for line in text.splitlines() if line.startswith("|") and f"`{operand.name}`" in line)
        assert row.rstrip(" |").endswith({"provider": "provider", "contract": "the contract only"}[operand.enforced_by])


@pytest.mark.parametrize("names", [[*Format], [field.name for field in dataclasses.fields(Column)]])
def test_every_rule_for_a_column_is_explained(names):
    text = text_of("docs/reference/publication.md")
    assert [name for name in names if f"`{name}`" not in text] == []
    assert all(f"`{separator}`" in text for separator in ("newline", Separator.COMMA))


def test_every_outcome_is_explained_in_its_order():
    rows = re.findall(r"^\| `([A-Z_]+)` \|", text_of("docs/explanation/the-border.md"), re.MULTILINE)
    assert rows == [outcome.value for outcome in Outcome]


def test_every_package_stands_in_the_architecture():
    text = text_of("docs/explanation/architecture.md")
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")} - {"cli", "testing"}
    assert {name for name in packages if f"| `{name}` |" not in text} == set()


def test_the_journey_in_the_readme_is_that_of_the_demonstration():
    source = (PACKAGE / "cli" / "demo" / "journey.py").read_text("utf-8")
    shown = re.findall(r"^(?:    ✓|\d[ab]? +(?!of ))(.*?)(?:  held)?$", text_of("README.md"), re.MULTILINE)
    assert len(shown) > 6
    assert [line for line in shown if line.strip() not in source] == []
