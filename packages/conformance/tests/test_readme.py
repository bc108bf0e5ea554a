# SPDX-License-Identifier: Apache-2.0
"""What the README tells a stranger to do works."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import claude_mem_conformance

README = Path(__file__).parents[1] / "README.md"
KIT = Path(claude_mem_conformance.__file__).parent


def test_ten_lines_check_an_adapter(tmp_path):
    [snippet] = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert len(list(filter(None, snippet.splitlines()))) <= 10
    (tmp_path / "test_mine.py").write_text(snippet)
    isolated = ["-p", "no:cacheprovider", "-c", os.devnull, f"--rootdir={tmp_path}"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", *isolated],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert re.search(r"\d{3} passed", done.stdout)


def test_every_contract_is_named():
    sources = "".join(path.read_text() for path in KIT.glob("*.py"))
    defined = set(re.findall(r"^class (\w+Contracts?)\(", sources, re.MULTILINE))
    named = set(re.findall(r"`(\w+Contracts?)`", README.read_text()))
    assert named == defined - {"RepositoryContract"}  # which is a base of others
