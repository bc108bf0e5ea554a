# SPDX-License-Identifier: Apache-2.0
"""A page in a real browser reads nothing and writes nothing; without the checks it does."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from attacks import PAGES, Attacker
from chromium import shown, visiting
from machine import Machine
from wire import Wire

pytestmark = pytest.mark.browser

CANARY = "a canary in a coal mine"
WITHOUT_KEYS = ["--plant", "anybody-is-let-in"]
WITHOUT_CHECKS = [*WITHOUT_KEYS, "--plant", "any-page-may-ask"]


@dataclass
class Outcome:
    """What the pages achieved."""

    reads: dict[str, list[str]]
    writes: int


def attacked(machine: Machine, *faults: str) -> Outcome:
    """The outcome of all attacks on a server with one project."""
    machine.start(*faults)
    wire = Wire(machine)
    _, made = machine.call("POST", "/v1/projects", {"name": CANARY})
    before = _records(machine)
    attacker = Attacker(f"http://{wire.authority}", made["project"]["id"])
    profile = machine.folder.parent / "profile"
    with attacker.at_work() as address, visiting(address, profile):
        attacker.wait_until_all_tried()
    assert not attacker.errors
    # A rebound name: the page and the server are of one origin, so the page reads
    # whatever the browser would show.
    rebound = wire.authority.replace("127.0.0.1", "evil.test")
    page = shown(f"http://{rebound}/v1/projects", profile)
    reads = dict(attacker.heard)
    if CANARY in page:
        reads["rebinding"] = [page]
    return Outcome(reads, _records(machine) - before)


def _records(machine: Machine) -> int:
    _, projects = machine.call("GET", "/v1/projects")
    _, jobs = machine.call("GET", "/v1/jobs")
    return len(projects["projects"]) + len(jobs["jobs"])


def test_there_are_pages_enough() -> None:
    assert len(PAGES) >= 12


def test_no_page_reads_or_writes_anything(machine) -> None:
    assert attacked(machine) == Outcome({}, 0)


def test_the_checks_alone_keep_every_page_out(machine) -> None:
    assert attacked(machine, *WITHOUT_KEYS) == Outcome({}, 0)


def test_without_the_checks_pages_read_and_write(machine) -> None:
    outcome = attacked(machine, *WITHOUT_CHECKS)

    assert "rebinding" in outcome.reads
    assert outcome.writes
