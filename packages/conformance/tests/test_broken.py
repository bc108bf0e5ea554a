# SPDX-License-Identifier: Apache-2.0
"""The kit finds out every broken adapter, and blames it for nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from broken import ALL
from claude_mem_conformance.promises import quoted

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """For each test class the names of its tests, by how they ended."""
    report = tmp_path_factory.mktemp("broken") / "report.xml"
    command = [sys.executable, "-m", "pytest", "broken/run.py", "-q", "--tb=no"]
    options = ["-p", "no:cacheprovider", "-c", os.devnull, f"--rootdir={HERE}"]
    done = subprocess.run(
        [*command, *options, f"--junitxml={report}"],
        cwd=HERE,
        env={**os.environ, "PYTHONPATH": str(HERE), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    found = defaultdict(lambda: defaultdict(set))
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - pytest wrote it
        ended = {child.tag for child in case} & {"failure", "error", "skipped"}
        name = case.get("name").partition("[")[0]
        owner = case.get("classname").rpartition(".")[2]
        found[owner][ended.pop() if ended else "passed"].add(name)
    return found


@pytest.mark.parametrize("broken", ALL, ids=lambda broken: broken.name)
def test_a_broken_adapter_fails_its_promise_and_no_other(broken, outcomes):
    outcome = outcomes[f"Test{broken.name}"]
    blamed = [getattr(broken.contract, name) for name in outcome["failure"]]
    assert broken.test.__name__ in outcome["failure"]
    assert all(quoted(test) & broken.promises for test in blamed), outcome["failure"]
    assert not outcome["error"]
    assert outcome["passed"]


def test_no_two_broken_adapters_have_one_name():
    assert len({broken.name for broken in ALL}) == len(ALL)
