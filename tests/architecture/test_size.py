"""The size budget: files that can be read in one go, functions that fit on a screen."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "src" / "corridor"
LONGEST_FILE = 600
LONGEST_FUNCTION = 60

GENERATED = {"store/statements.py", "store/postgresql/statements.py"}
"""Compiled from `store.queries`, and read by nobody from top to bottom."""


def test_no_file_is_over_the_budget():
    long = {str(path.relative_to(PACKAGE)): len(path.read_text("utf-8").splitlines()) for path in PACKAGE.rglob("*.py")}
    written = {name: lines for name, lines in long.items() if name not in GENERATED}
    assert {name: lines for name, lines in written.items() if lines > LONGEST_FILE} == {}


def test_no_function_is_over_the_budget():
    long = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    long[f"{path.relative_to(PACKAGE)}:{node.name}"] = lines
    assert long == {}
