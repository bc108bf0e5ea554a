# SPDX-License-Identifier: Apache-2.0
"""The adapter that the guide makes is found, opens, and keeps its contract."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from claude_mem_core import plugins

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "write-an-adapter.md"
FILE = re.compile(r"```(?:python|toml)\n# (\S+)\n(.*?)```", re.DOTALL)
OPENED = """
import claude_mem_queue_patient.plugin as plugin
from claude_mem_core.api import ProjectDraft, Principal, open_runtime
from claude_mem_core.launch import reference_plugin
from claude_mem_core.plugins import Plugins

env = {
    "CLAUDE_MEM_DATA_DIR": "data", "CLAUDE_MEM_STORAGE_ENGINE": "in-process",
    "CLAUDE_MEM_QUEUE_ENGINE": "patient", "CLAUDE_MEM_PATIENT_POLL_MS": "5",
}
with open_runtime(env, Plugins(reference_plugin, plugin)) as runtime:
    print(type(runtime._queue).__name__)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files that the guide shows."""
    for name, text in FILE.findall(PAGE.read_text("utf-8")):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "src/claude_mem_queue_patient/__init__.py").touch()
    return tmp_path


def python(folder: Path, *words: str) -> str:
    """What Python prints in the folder, with the adapter in its path."""
    done = subprocess.run(
        [sys.executable, *words],
        check=False, capture_output=True, text=True, cwd=folder, timeout=120,
        env={**os.environ, "PYTHONPATH": str(folder / "src")},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_adapter_of_the_guide_keeps_its_contract(folder: Path) -> None:
    told = python(folder, "-m", "pytest", "-p", "no:cacheprovider", "tests")

    assert "passed" in told
    assert "skipped" not in told


def test_the_adapter_of_the_guide_is_opened_by_its_name(folder: Path) -> None:
    assert python(folder, "-c", OPENED) == "PatientEngine\n"


def test_the_entry_point_of_the_guide_names_a_module_of_it(folder: Path) -> None:
    manifest = tomllib.loads((folder / "pyproject.toml").read_text())
    (entry,) = manifest["project"]["entry-points"][plugins.GROUP].items()
    module = EntryPoint(*entry, plugins.GROUP).module

    assert (folder / "src" / module.replace(".", "/")).with_suffix(".py").exists()
