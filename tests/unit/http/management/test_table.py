from __future__ import annotations

import importlib.util
from pathlib import Path

from corridor.http.management.server import all_operations
from corridor.http.management.table import OPERATIONS, TAGS
from corridor.http.routes import Entry, RouteTable

TOOL = Path(__file__).parents[4] / "tools" / "api_reference.py"


def test_no_two_operations_share_an_id_or_a_place():
    assert len({operation.id for operation in all_operations()}) == len(all_operations())
    assert len({(operation.method, operation.path) for operation in all_operations()}) == len(all_operations())


def test_every_operation_is_found_at_its_path():
    table = RouteTable(Entry(operation.method, operation.path, operation) for operation in OPERATIONS)
    for operation in OPERATIONS:
        path = operation.path.replace("{", "x-").replace("}", "")
        assert table.find(operation.method, path.encode()).target is operation


def test_every_tag_is_used_and_known():
    assert {operation.tag for operation in OPERATIONS} == set(TAGS)


def test_only_health_is_free():
    assert [operation.id for operation in all_operations() if operation.free] == ["health"]


def test_the_reference_page_is_current():
    spec = importlib.util.spec_from_file_location("api_reference", TOOL)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.REFERENCE.read_text("utf-8") == tool.reference(), "run tools/api_reference.py"
