"""Each import contract is broken on purpose in a copy of the package, and has to be the one that says so."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

BREAKS = {
    "A layer imports only the layers below it, and none beside it": ("base/clock.py", "import corridor.odrl.spatial"),
    "Nothing below the adapters does input or output": ("law/codes.py", "import sqlite3"),
    "The vocabulary needs the standard library only": ("base/digest.py", "import orjson"),
    "Only the composition root and the test kit know the adapters": ("cli/papers.py", "import corridor.trust.did"),
    "No cycles among siblings, at any depth": ("dsp/messages.py", "import corridor.dsp.states"),
}


def lint(package_parent: Path) -> tuple[int, set[str]]:
    """Exit code of the import linter on a copy, and the names of the contracts that it says are broken."""
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run(
        [str(linter), "--config", str(package_parent / "pyproject.toml"), "--no-cache", "--no-logo"],
        cwd=package_parent,
        env={"PYTHONPATH": str(package_parent), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, set(re.findall(r"^(.*) BROKEN$", done.stdout, re.MULTILINE))


@pytest.fixture
def copy(tmp_path):
    shutil.copytree(ROOT / "src" / "corridor", tmp_path / "corridor", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_package_keeps_every_contract(copy):
    assert lint(copy) == (0, set())


@pytest.mark.parametrize(("contract", "file", "line"), [(name, *change) for name, change in BREAKS.items()])
def test_a_contract_that_is_broken_on_purpose_is_reported(copy, contract, file, line):
    path = copy / "corridor" / file
    path.write_text(
        path.read_text("utf-8").replace("import annotations\n", f"import annotations\n{line}\n", 1), "utf-8"
    )
    code, broken = lint(copy)
    assert code == 1
    assert contract in broken


def test_a_package_that_no_layer_names_is_reported(copy):
    (copy / "corridor" / "misc").mkdir()
    (copy / "corridor" / "misc" / "__init__.py").write_text("", "utf-8")
    code, _ = lint(copy)
    assert code == 1
