# SPDX-License-Identifier: Apache-2.0
"""pytest knows the kit without being told."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

from claude_mem_conformance import plugin

ADAPTER = """
from claude_mem_conformance.system import SystemContract
from claude_mem_core.system import RealSystem
import pytest

class CountsSeconds(RealSystem):
    def now(self):
        return super().now() // 1000

class TestSystem(SystemContract):
    @pytest.fixture
    def system(self):
        return CountsSeconds()

def test_of_the_adapter_itself():
    pass
"""


def _run(folder, *options, **environment):
    (folder / "test_adapter.py").write_text(ADAPTER)
    isolated = ["-p", "no:cacheprovider", "-c", os.devnull, f"--rootdir={folder}"]
    command = [sys.executable, "-m", "pytest", "--strict-markers", *isolated]
    done = subprocess.run(
        [*command, *options, "test_adapter.py"],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def test_it_is_found_by_its_entry_point():
    [found] = entry_points(group="pytest11", name="claude_mem_conformance")
    assert found.load() is plugin


def test_the_promises_can_be_run_alone(tmp_path):
    assert "1 failed, 3 passed, 1 deselected" in _run(tmp_path, "-q", "-m", "promise")


def test_a_failure_explains_what_was_compared(tmp_path):
    # Found by its entry point, pytest rewrites a whole distribution by itself.
    by_hand = ("-p", "claude_mem_conformance.plugin", "-k", "milliseconds")
    explained = _run(tmp_path, *by_hand, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    assert "assert before <= now" in explained
    assert (
        "E       assert 1" in explained
    )  # the values, which only a rewritten assert has


def test_a_report_names_the_promise(tmp_path):
    _run(tmp_path, "-q", "--junitxml=report.xml")
    assert 'value="Milliseconds since 1970' in (tmp_path / "report.xml").read_text()


def test_every_module_with_assertions_is_to_be_explained():
    sources = Path(plugin.__file__).parent.glob("*.py")
    asserting = {
        source.stem
        for source in sources
        if any(
            isinstance(n, ast.Assert) for n in ast.walk(ast.parse(source.read_text()))
        )
    }
    assert asserting == set(plugin.CONTRACTS)
