# SPDX-License-Identifier: Apache-2.0
"""What the routes promise of access and of records holds on SQLite as in the process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "packages" / "http-falcon" / "tests"
FILES = (
    *("authentication", "borders", "keys", "teams", "projects", "sessions"),
    *("platforms", "events", "jobs", "memories", "audit"),
)
FEWEST = 300
"""Tests that these files have at least: that none was run would be no proof."""


def test_the_routes_behave_the_same_over_sqlite() -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "--tb=short"),
            *("-p", "no:cacheprovider"),
            *(str(TESTS / f"test_{name}.py") for name in FILES),
        ],
        cwd=ROOT,
        env={**os.environ, "CLAUDE_MEM_TEST_STORAGE": "sqlite"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) >= FEWEST
