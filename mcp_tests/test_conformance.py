# SPDX-License-Identifier: Apache-2.0
"""The protocol's own conformance suite finds our server to be one, in both its eras.

The suite can send no header: a proxy on loopback shows the key. What it calls by name
is in `fixtures.py`; what does not apply is in `not_ours.py`, with the reason.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import not_ours
import pytest
from conftest import Served
from proxy import proxied
from suites import CONFORMANCE

Checks = Sequence[Mapping[str, Any]]
LONGEST_RUN = 280
LEAST = {not_ours.OLD: 33, not_ours.NEW: 50}
"""Scenarios that each revision asks of a server: a suite that ran fewer was cut."""

DATED = re.compile(r"^server-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$")
PASSED = ("SUCCESS", "INFO")


@pytest.fixture(scope="module", params=not_ours.REVISIONS)
def revision(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def found(
    revision: str, served: Served, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Checks]:
    """What the suite checked, by the names of its scenarios."""
    results = tmp_path_factory.mktemp("results")
    with proxied(served.port, served.key) as port:
        command = ["node", str(CONFORMANCE), "server", "--requirements", revision]
        told = subprocess.run(
            [*command, "--url", f"http://127.0.0.1:{port}/v1/mcp", "-o", str(results)],
            capture_output=True,
            text=True,
            timeout=LONGEST_RUN,
            check=False,
            cwd=results,
        )
    files = {scenario(one.parent): one for one in results.glob("*/checks.json")}
    assert files, told.stdout + told.stderr
    return {name: json.loads(one.read_text()) for name, one in files.items()}


def scenario(folder: Path) -> str:
    """The name of the scenario whose results are in a folder."""
    named = DATED.match(folder.name)
    assert named, folder
    return named[1]


def faults(checks: Checks, skipped: Mapping[str, str]) -> list[str]:
    """The checks that were not passed, and what the suite says of each."""
    return [
        f"{one['id']} is {one['status']}: {one.get('errorMessage')}"
        for one in checks
        if one["status"] not in PASSED
        and not (one["status"] == "SKIPPED" and one["id"] in skipped)
    ]


def test_the_whole_suite_was_run(revision, found) -> None:
    assert len(found) >= LEAST[revision]
    assert not_ours.names(revision) <= set(found)


def test_every_scenario_that_applies_is_passed(revision, found) -> None:
    failed = {
        name: told
        for name, checks in found.items()
        if name not in not_ours.names(revision)
        and (told := faults(checks, not_ours.SKIPPED[revision]))
    }
    assert failed == {}, json.dumps(failed, indent=1)


def test_what_is_said_not_to_apply_is_not_passed(revision, found) -> None:
    passed = [n for n in not_ours.names(revision) if not faults(found[n], {})]
    assert passed == []


def test_what_is_said_to_be_skipped_is_skipped(revision, found) -> None:
    skipped = {
        one["id"]
        for name, checks in found.items()
        if name not in not_ours.names(revision)
        for one in checks
        if one["status"] == "SKIPPED"
    }
    assert skipped == set(not_ours.SKIPPED[revision])
