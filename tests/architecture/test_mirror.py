"""Every module has its test file, and every test file its module."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "corridor"
UNIT = ROOT / "tests" / "unit"

EXEMPT: set[str] = set()
"""Modules without a test file of their own; this set may only shrink."""


def modules():
    for path in PACKAGE.rglob("*.py"):
        relative = path.relative_to(PACKAGE)
        if path.name not in ("__init__.py", "__main__.py") and "migrations" not in relative.parts:
            yield relative


def test_every_module_has_its_test_file():
    missing = {
        str(module) for module in modules() if not (UNIT / module.parent / f"test_{module.name}").is_file()
    } - EXEMPT
    assert missing == set()


def test_every_test_file_has_its_module():
    known = {module.with_name(f"test_{module.name}") for module in modules()}
    packages = {Path(*path.parent.relative_to(PACKAGE).parts) for path in PACKAGE.rglob("__init__.py")}
    of_packages = {package / f"test_{package.name}.py" for package in packages}
    found = {path.relative_to(UNIT) for path in UNIT.rglob("test_*.py")}
    strays = {str(path) for path in found - known - of_packages if "migrations" not in path.parts}
    assert strays == set()


def test_the_exemptions_are_still_needed():
    assert {str(module) for module in modules()} >= EXEMPT
