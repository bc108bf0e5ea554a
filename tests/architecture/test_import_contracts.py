# SPDX-License-Identifier: Apache-2.0
"""The import contracts cover every package, and each breaks when it is broken."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
CONTRACTS = {one["id"]: one for one in CONFIG["importlinter"]["contracts"]}

EVERYONE = {
    "claude_mem_" + path.parent.name.replace("-", "_")
    for path in ROOT.glob("packages/*/pyproject.toml")
}
ADAPTERS = EVERYONE - {"claude_mem_core"}
# Neither asks for a service nor serves a port: they speak values, or test ports.
ASIDE = {"claude_mem_agents", "claude_mem_conformance"}

# contract -> the module an import is planted in, and the import.
PLANTS = {
    "core-layers": ("claude_mem_core/errors", "import claude_mem_core.settings"),
    "core-is-pure": ("claude_mem_core/domain/__init__", "import sqlite3"),
    "adapters-are-strangers": (
        "claude_mem_cli/planted",
        "import claude_mem_storage_sqlite",
    ),
    "no-cycles": (
        "claude_mem_storage_sqlite/planted",
        "import claude_mem_storage_sqlite.planted_too",
    ),
    "front-ends-call-services": (
        "claude_mem_http_falcon/planted",
        "import claude_mem_core.ports",
    ),
    "back-ends-serve-ports": (
        "claude_mem_storage_sqlite/planted",
        "import claude_mem_core.services",
    ),
    "one-door-to-pluggy": ("claude_mem_core/runtime", "import pluggy"),
}


# --- the lists, which are written by hand ----------------------------------------


def test_the_checkers_are_told_of_every_package():
    assert set(CONFIG["importlinter"]["root_packages"]) == EVERYONE
    assert set(CONFIG["mypy"]["packages"]) == EVERYONE
    assert set(CONTRACTS["no-cycles"]["ancestors"]) == EVERYONE


def test_the_contracts_are_told_of_every_adapter():
    assert set(CONTRACTS["adapters-are-strangers"]["modules"]) == ADAPTERS
    assert set(CONTRACTS["core-is-pure"]["forbidden_modules"]) >= ADAPTERS


def test_every_adapter_is_a_front_end_or_a_back_end_or_named_as_neither():
    front = CONTRACTS["front-ends-call-services"]["source_modules"]
    back = CONTRACTS["back-ends-serve-ports"]["source_modules"]
    assert sorted([*front, *back, *ASIDE]) == sorted(ADAPTERS)


def test_every_contract_has_a_planted_violation():
    assert set(PLANTS) == set(CONTRACTS)


# --- the contracts, each seen to break ---------------------------------------------


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Every module of every package, without its text: a tree where nothing is wrong.

    Only names are kept, so that a planted import is the one thing to be found.
    """
    for source in ROOT.glob("packages/*/src/**/*.py"):
        parts = source.relative_to(ROOT).parts[3:]
        write(tmp_path.joinpath("src", *parts), "")
    write(tmp_path / "src/claude_mem_core/plugins.py", "import pluggy\n")
    write(tmp_path / "pyproject.toml", (ROOT / "pyproject.toml").read_text("utf-8"))
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def plant(tree: Path, module: str, line: str) -> None:
    write(tree / f"src/{module}.py", line + "\n")


def broken(tree: Path) -> set[str]:
    """The names of the contracts that import-linter finds broken in ``tree``."""
    linter = "from importlinter.cli import lint_imports_command as run; run()"
    done = subprocess.run(
        [sys.executable, "-c", linter, "--no-cache", "--config", "pyproject.toml"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    verdicts = dict(re.findall(r"^(.+?) (KEPT|BROKEN)\b", done.stdout, re.MULTILINE))
    assert len(verdicts) == len(CONTRACTS), done.stdout + done.stderr
    return {name for name, verdict in verdicts.items() if verdict == "BROKEN"}


def test_a_tree_without_imports_keeps_every_contract(tree: Path):
    assert broken(tree) == set()


@pytest.mark.parametrize("contract", PLANTS)
def test_a_planted_import_breaks_its_contract_alone(tree: Path, contract: str):
    module, line = PLANTS[contract]
    plant(tree, "claude_mem_storage_sqlite/planted_too", "")
    plant(tree, module, line)
    if contract == "no-cycles":
        plant(
            tree,
            "claude_mem_storage_sqlite/planted_too",
            "import claude_mem_storage_sqlite.planted",
        )
    assert broken(tree) == {CONTRACTS[contract]["name"]}


def test_a_module_of_the_core_without_a_layer_breaks_the_layers(tree: Path):
    plant(tree, "claude_mem_core/stray", "")
    assert broken(tree) == {CONTRACTS["core-layers"]["name"]}
